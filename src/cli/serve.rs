//! `serve`: runs until it is asked to stop.

use secrecy::ExposeSecret as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::server;

/// Serves until Ctrl-C or SIGTERM.
pub async fn run(config: Config, migrate: bool) -> Result<(), String> {
    let url = config.database.url.expose_secret().to_owned();
    if migrate {
        for name in Db::migrate(&url).await.map_err(|error| error.to_string())? {
            tracing::info!(name, "migrated");
        }
    } else if let Ok(pending) = Db::pending_migrations(&url).await
        && !pending.is_empty()
    {
        return Err(format!(
            "the database lacks {} migrations: run `ilmspace migrate` first",
            pending.len()
        ));
    }
    let base_url = config.site.base_url.clone();
    let app = super::app(config).await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let running = server::start(app).map_err(|error| format!("cannot listen: {error}"))?;
    if let Some(address) = running.address {
        tracing::info!(%address, base_url, "serving");
        println!("IlmSpace serves {base_url} (listening on {address})");
    }
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}
