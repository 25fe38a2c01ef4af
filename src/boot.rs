//! Puts the application together: the only file that names concrete adapters.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actors::bus::{Bus, LocalBus};
use gateways::mail::{DirectoryMailer, Mailer, SmtpMailer, SmtpOptions};
use kernel::{Clock, IdSource as _, RandomIds, SecretBytes, SettableClock, SystemClock};
use media::storage::{DiskStore, ObjectStore, S3Config, S3Store};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{App, Parts};
use crate::platform::BootError;
use crate::platform::config::{Config, MailKind, SmtpTls, StorageKind};
use crate::platform::db::Db;
use crate::platform::ear::{Ear, Way};
use crate::platform::http::Limits;
use crate::platform::live::Live;
use crate::platform::redis::Redis;
use crate::platform::redis_bus::RedisBus;
use crate::platform::secrets::Secrets;
use crate::platform::telemetry::Metrics;
use crate::{courses, identity, learning, messaging, video, wiring};

/// Adapters that tests put in the place of the configured ones.
#[derive(Default)]
pub struct Overrides {
    /// In place of SMTP or the directory.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// In place of the directory or S3.
    pub store: Option<Arc<dyn ObjectStore>>,
}

impl std::fmt::Debug for Overrides {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overrides").finish_non_exhaustive()
    }
}

/// Builds the application that `config` describes. Connects to nothing that may be away for a
/// moment; `doctor` and readiness look at that.
pub async fn app(config: Config, overrides: Overrides) -> Result<App, BootError> {
    let secrets = Secrets::load(&config.secrets)?;
    let movable_clock = config.sandbox.then(|| Arc::new(SettableClock::new()));
    let clock: Arc<dyn Clock> = match &movable_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let db = Db::new(&config.database)?;
    let store = match overrides.store {
        Some(store) => store,
        None => object_store(config.storage.kind, &config, &secrets).await?,
    };
    let mailer = match overrides.mailer {
        Some(mailer) => mailer,
        None => mailer(&config, &secrets)?,
    };
    let node_id = RandomIds.new_id(SystemClock.now());
    let live = Live::default();
    let stop = CancellationToken::new();
    let bus = bus(&config, node_id, &live, &stop)?;
    let way = Way {
        url: config.database.url.clone(),
        db: db.clone(),
        node: node_id,
        live: live.clone(),
        bus: Arc::clone(&bus),
        has_redis: !config.redis.url.expose_secret().is_empty(),
    };
    let ear = Ear::start(way, &stop);
    let parts = Parts {
        node_id,
        clock,
        movable_clock,
        ids: Arc::new(RandomIds),
        db,
        store,
        mailer,
        limits: limits(&config)?,
        live,
        bus,
        ear,
        redis: redis(&config)?,
        stop,
        metrics: Metrics::new().map_err(|error| BootError::Metrics(error.to_string()))?,
        draining: AtomicBool::new(false),
        sockets: wiring::sockets(),
        identity: identity::Services::new(&config, &secrets)?,
        video: video::Services::new(&config, &secrets)?,
        courses: courses::Services::new(&config)?,
        learning: learning::Services::new(&config)?,
        messaging: messaging::Services::new(&config)?,
        secrets,
        config,
    };
    Ok(App::new(parts))
}

/// Limits, counted by all nodes together where they have a Redis.
fn limits(config: &Config) -> Result<Limits, BootError> {
    let limits = Limits::new(config.limits.factor);
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Ok(limits);
    }
    limits
        .shared_at(url, config.sandbox)
        .map_err(|error| BootError::Service(format!("redis.url: {error}")))
}

/// Redis for what may be lost, if there is one.
fn redis(config: &Config) -> Result<Option<Arc<Redis>>, BootError> {
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Ok(None);
    }
    let redis = Redis::new(url);
    redis
        .map(|redis| Some(Arc::new(redis)))
        .map_err(|error| BootError::Service(format!("redis.url: {error}")))
}

/// Redis where there is one; else this node is alone.
fn bus(
    config: &Config,
    node_id: Uuid,
    live: &Live,
    stop: &CancellationToken,
) -> Result<Arc<dyn Bus>, BootError> {
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Ok(Arc::new(LocalBus::alone(node_id)));
    }
    let bus = RedisBus::start(url, node_id, live, stop.clone())
        .map_err(|error| BootError::Service(format!("redis.url: {error}")))?;
    Ok(Arc::new(bus))
}

/// Calls to the object store take at most this long.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// The object store of a kind, as `config` describes it: mostly its own kind.
pub async fn object_store(
    kind: StorageKind,
    config: &Config,
    secrets: &Secrets,
) -> Result<Arc<dyn ObjectStore>, BootError> {
    let failed = |error: media::storage::StorageError| BootError::Storage(error.to_string());
    match kind {
        StorageKind::Directory => {
            let store = DiskStore::open(&config.storage.directory).await.map_err(failed)?;
            Ok(Arc::new(store))
        }
        StorageKind::S3 => {
            let s3 = &config.storage.s3;
            let missing = || {
                BootError::Storage("the secrets s3_access_key and s3_secret_key are missing".into())
            };
            let access = secrets.s3_access_key.as_ref().ok_or_else(missing)?;
            let access_key_id = text(access);
            let secret_access_key = secrets.s3_secret_key.clone().ok_or_else(missing)?;
            let store = S3Store::new(S3Config {
                endpoint: (!s3.endpoint.is_empty()).then(|| s3.endpoint.clone()),
                region: s3.region.clone(),
                bucket: s3.bucket.clone(),
                path_style: s3.path_style,
                access_key_id,
                secret_access_key,
                timeout: STORAGE_TIMEOUT,
            })
            .map_err(failed)?;
            Ok(Arc::new(store))
        }
    }
}

/// A mail relay that takes longer is away.
const SMTP_TIMEOUT: Duration = Duration::from_secs(20);

fn mailer(config: &Config, secrets: &Secrets) -> Result<Arc<dyn Mailer>, BootError> {
    let mail = &config.mail;
    match mail.kind {
        MailKind::Directory => Ok(Arc::new(DirectoryMailer::new(&mail.directory))),
        MailKind::Smtp => {
            let credentials = match (&secrets.smtp_password, mail.smtp.user.as_str()) {
                (_, "") => None,
                (Some(password), user) => Some((user.to_owned(), text(password).into())),
                (None, _) => {
                    return Err(BootError::Mail("the secret smtp_password is missing".into()));
                }
            };
            let smtp = SmtpMailer::new(SmtpOptions {
                host: mail.smtp.host.clone(),
                port: mail.smtp.port,
                tls: match mail.smtp.tls {
                    SmtpTls::Starttls => gateways::mail::SmtpTls::Starttls,
                    SmtpTls::Tls => gateways::mail::SmtpTls::Tls,
                    SmtpTls::None => gateways::mail::SmtpTls::None,
                },
                credentials,
                from: mail.from.clone(),
                timeout: SMTP_TIMEOUT,
            })
            .map_err(|error| BootError::Mail(error.to_string()))?;
            Ok(Arc::new(smtp))
        }
    }
}

/// A secret that is text, without the line break that an editor leaves.
fn text(secret: &SecretBytes) -> String {
    String::from_utf8_lossy(secret.expose()).trim_end_matches(['\r', '\n']).to_owned()
}
