//! `doctor`: what is well and what is not, each with the next step.

use std::path::Path;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use secrecy::ExposeSecret as _;

use crate::app::App;
use crate::platform::config::Config;
use crate::platform::db::Db;

enum Finding {
    Well(String),
    Ill { what: String, next: String },
}

/// Looks at everything that the server needs.
pub async fn run(config: Config) -> Result<(), String> {
    let mut findings = vec![migrations(&config).await, redis(&config).await];
    match super::app(config).await {
        Err(error) => findings.push(Finding::Ill {
            what: format!("start: {error}"),
            next: "mend the configuration; config/default.toml explains every option".into(),
        }),
        Ok(app) => {
            findings.push(database(&app).await);
            findings.push(storage(&app).await);
            findings.push(mail(&app).await);
            findings.push(disk("spool", &app.config.storage.spool));
            findings.push(disk("objects", &app.config.storage.directory));
        }
    }
    findings.push(codecs());
    let mut ill = 0;
    for finding in findings {
        match finding {
            Finding::Well(text) => println!("ok    {text}"),
            Finding::Ill { what, next } => {
                ill += 1;
                println!("NOT   {what}\n      next: {next}");
            }
        }
    }
    if ill == 0 { Ok(()) } else { Err(format!("{ill} things need attention")) }
}

async fn database(app: &App) -> Finding {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let look = async {
        let mut conn = app.db.conn().await.map_err(|problem| problem.to_string())?;
        let row: Version = diesel::sql_query("select version()")
            .get_result(&mut *conn)
            .await
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(row.version)
    };
    match look.await {
        Ok(version) => {
            Finding::Well(format!("database: {}", version.split(',').next().unwrap_or(&version)))
        }
        Err(error) => Finding::Ill {
            what: format!("database: {error}"),
            next: "start PostgreSQL, or set DATABASE_URL to where it is".into(),
        },
    }
}

async fn migrations(config: &Config) -> Finding {
    match Db::pending_migrations(config.database.url.expose_secret()).await {
        Ok(pending) if pending.is_empty() => Finding::Well("migrations: none pending".into()),
        Ok(pending) => Finding::Ill {
            what: format!("migrations: {} pending, first {}", pending.len(), pending.join(", ")),
            next: "run `ilmspace migrate`".into(),
        },
        Err(error) => Finding::Ill {
            what: format!("migrations: {error}"),
            next: "start PostgreSQL, or set DATABASE_URL to where it is".into(),
        },
    }
}

async fn storage(app: &App) -> Finding {
    match app.store.health().await {
        Ok(()) => Finding::Well(format!("object store: {:?} writes", app.config.storage.kind)),
        Err(error) => Finding::Ill {
            what: format!("object store: {error}"),
            next: "look at storage.* in the configuration: rights of the directory, or endpoint, \
                   bucket and key pair"
                .into(),
        },
    }
}

async fn mail(app: &App) -> Finding {
    match app.mailer.check().await {
        Ok(()) => Finding::Well(format!("mail: {:?} answers", app.config.mail.kind)),
        Err(error) => Finding::Ill {
            what: format!("mail: {error}"),
            next: "look at mail.* in the configuration".into(),
        },
    }
}

async fn redis(config: &Config) -> Finding {
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Finding::Well("bus: in this process (one node)".into());
    }
    let ping = async {
        let client = redis::Client::open(url)?;
        let mut conn = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut conn).await
    };
    match tokio::time::timeout(std::time::Duration::from_secs(3), ping).await {
        Ok(Ok(_)) => Finding::Well("bus: redis answers".into()),
        Ok(Err(error)) => Finding::Ill {
            what: format!("bus: redis: {error}"),
            next: "start Redis, or empty redis.url for one node".into(),
        },
        Err(_) => Finding::Ill {
            what: "bus: redis does not answer within 3 s".into(),
            next: "start Redis, or empty redis.url for one node".into(),
        },
    }
}

const ROOM: u64 = 2 * 1024 * 1024 * 1024;

fn disk(name: &str, path: &Path) -> Finding {
    match free_bytes(path) {
        Some(free) if free >= ROOM => {
            Finding::Well(format!("disk: {name} has {} GiB free", free >> 30))
        }
        Some(free) => Finding::Ill {
            what: format!("disk: {name} has only {} MiB free", free >> 20),
            next: format!("free some room under {}", path.display()),
        },
        None => Finding::Ill {
            what: format!("disk: {} cannot be looked at", path.display()),
            next: "create the directory and give the server's user the right to write".into(),
        },
    }
}

/// Free bytes of the file system that holds `path` or its nearest existing parent.
fn free_bytes(path: &Path) -> Option<u64> {
    let path = path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."));
    crate::platform::disk::free_bytes(path)
}

fn codecs() -> Finding {
    let report = media::codecs::report();
    let missing: Vec<String> = report
        .missing()
        .map(|need| format!("{} {} ({})", need.kind, need.name, need.purpose))
        .collect();
    if !missing.is_empty() {
        return Finding::Ill {
            what: format!("codecs: {} lacks {}", report.version, missing.join(", ")),
            next: "install a build of the libav libraries that has them (Debian: the libav*-extra \
                   packages)"
                .into(),
        };
    }
    let absent: Vec<&str> =
        report.needs.iter().filter(|need| !need.present).map(|need| need.name).collect();
    if absent.is_empty() {
        Finding::Well(format!("codecs: {} has everything", report.version))
    } else {
        Finding::Well(format!(
            "codecs: {} has what is needed, and not {}",
            report.version,
            absent.join(", ")
        ))
    }
}
