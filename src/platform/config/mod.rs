//! Configuration: one typed struct a section. `config/default.toml` is compiled in and holds every
//! option with its default and its comment; a file named by `ILM_CONFIG` and variables such as
//! `ILM__SERVER__BIND` override it. Secrets are not here but in `platform::secrets`.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use kernel::Currency;
use secrecy::SecretString;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde::{Deserialize, Deserializer};

const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Why the configuration could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is missing, a value has the wrong type, an option is unknown.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// The values are readable but cannot be meant.
    #[error("the configuration is wrong: {0}")]
    Wrong(String),
}

/// The whole configuration of one process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Development and tests only: the mailbox page and the movable clock.
    pub sandbox: bool,
    pub site: Site,
    pub server: Server,
    pub database: Database,
    pub redis: Redis,
    pub storage: Storage,
    pub mail: Mail,
    pub secrets: Secrets,
    pub auth: Auth,
    pub limits: Limits,
    pub uploads: Uploads,
    pub media: Media,
    pub cdn: Cdn,
    pub chat: Chat,
    pub log: Log,
}

/// How the school presents itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Scheme, host and port, without a slash at the end.
    pub base_url: String,
    /// Further hosts that the server answers for.
    #[serde(deserialize_with = "list")]
    pub allowed_hosts: Vec<String>,
    /// WEB-18: the footer's link.
    pub repository_url: String,
    pub default_locale: String,
    pub default_currency: Currency,
}

impl Site {
    /// Whether people reach us over TLS: decides the cookies' names and attributes.
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// `host[:port]` of the base URL.
    pub fn host(&self) -> &str {
        self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, host)| host)
    }
}

/// The listening server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub bind: String,
    /// Web worker threads; 0 = one a core.
    pub workers: usize,
    pub max_connections: usize,
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<IpNet>,
    pub client_ip_header: String,
    pub body_seconds: u64,
    pub request_seconds: u64,
    pub drain_seconds: u64,
    /// Address of the metrics listener; empty = none.
    pub metrics_bind: String,
    #[serde(deserialize_with = "list")]
    pub roles: Vec<Role>,
}

/// A part of the work that a process can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves HTTP and sockets.
    Web,
    /// Runs the outbox relay, jobs, schedules and transcoding.
    Worker,
}

/// PostgreSQL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// May hold a password, so it is never printed.
    pub url: SecretString,
    pub pool_size: usize,
    pub pool_wait_seconds: u64,
    pub statement_timeout_ms: u64,
}

/// Redis, if there is one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Empty = none.
    pub url: SecretString,
}

/// Where media and files lie.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub kind: StorageKind,
    pub directory: PathBuf,
    pub spool: PathBuf,
    pub s3: S3,
}

/// Which object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageKind {
    Directory,
    S3,
}

/// An S3-compatible store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Empty = AWS itself.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub path_style: bool,
}

/// Outgoing mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub kind: MailKind,
    pub directory: PathBuf,
    /// The From header, with a display name.
    pub from: String,
    pub smtp: Smtp,
}

/// Which way mail goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    Smtp,
    Directory,
}

/// The mail relay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// Empty = no authentication; the password is the secret `smtp_password`.
    pub user: String,
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    Starttls,
    Tls,
    None,
}

/// Where secrets are read from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub directory: PathBuf,
    pub generate: bool,
    /// Versions of keys; the first makes, all are understood.
    #[serde(deserialize_with = "list")]
    pub master_keys: Vec<u8>,
    #[serde(deserialize_with = "list")]
    pub playback_keys: Vec<u8>,
    #[serde(deserialize_with = "list")]
    pub file_keys: Vec<u8>,
}

/// Sign-in and sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub access_token_seconds: u32,
    pub session_idle_days: u32,
    pub session_absolute_days: u32,
    pub author_session_idle_days: u32,
    pub author_session_absolute_days: u32,
    pub staff_session_idle_minutes: u32,
    pub staff_session_absolute_hours: u32,
    pub password_min_length: usize,
    pub sign_in_by_password: bool,
    pub sign_in_by_code: bool,
    /// Names of roles that this deployment does not use.
    #[serde(deserialize_with = "list")]
    pub roles_off: Vec<String>,
    pub moderators_by_command_only: bool,
}

/// How often is too often.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub api_per_minute: u32,
    pub api_anonymous_per_minute: u32,
    /// Multiplies every limit; 0 switches them off.
    pub factor: u32,
}

/// Uploads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    pub max_bytes: u64,
    pub max_open_per_user: u32,
    pub quota_bytes: u64,
    pub expire_hours: u32,
    /// Bytes that stay free on the disks that uploads fill.
    pub free_reserve_bytes: u64,
}

/// Transcoding and playback.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub jobs: usize,
    pub sandbox: MediaSandbox,
    pub lease_seconds: u32,
    /// A child that says nothing for so long is ended.
    pub silence_seconds: u32,
    /// Computing without getting further in a file.
    pub work_patience_seconds: u32,
    /// Computing for each second of film, beyond that.
    pub work_per_second: u32,
    /// The binary that has the `media-worker` command; empty = this one.
    pub worker_program: PathBuf,
    pub max_lesson_seconds: u32,
    pub max_trailer_seconds: u32,
    pub playback_token_seconds: u32,
    pub max_streams_per_user: u32,
    /// Bytes of memory for segments that several players ask for.
    pub hot_segment_bytes: u64,
}

/// What the media child must be locked into before it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSandbox {
    Required,
    BestEffort,
}

/// The content delivery network in front of segments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cdn {
    pub kind: CdnKind,
    /// Scheme and host, without a slash at the end; empty without a network.
    pub base_url: String,
    /// CloudFront's id of the public key.
    pub key_id: String,
    /// Seconds for which a signed address works.
    pub url_seconds: u32,
}

/// Which network, that is, how its addresses are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CdnKind {
    None,
    CloudFront,
    Bunny,
    Cloudflare,
}

/// Chat.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    pub max_sessions_per_user: usize,
    pub send_per_minute: u32,
    pub sign_in_check_seconds: u64,
    pub seat_check_seconds: u64,
}

/// Log lines.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// An `EnvFilter` directive; RUST_LOG wins.
    pub filter: String,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Json,
    Text,
}

/// A list as a file has it, or as one variable of the environment can: `web,worker`.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written<T> {
        List(Vec<T>),
        Line(String),
    }
    let line = match Written::deserialize(deserializer)? {
        Written::List(list) => return Ok(list),
        Written::Line(line) => line,
    };
    let words = line.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| match word.parse::<u8>() {
            Ok(number) => T::deserialize(number.into_deserializer()),
            Err(_) => T::deserialize(word.into_deserializer()),
        })
        .collect()
}

impl Config {
    /// Reads the defaults, then `file` if there is one, then `ILM__…` variables and `DATABASE_URL`.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment =
            config::Environment::with_prefix("ILM").prefix_separator("__").separator("__");
        Self::of(file, environment)
    }

    fn of(file: Option<&Path>, environment: config::Environment) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(path) = file {
            builder = builder.add_source(config::File::from(path));
        }
        builder = builder.add_source(environment);
        if let Ok(url) = std::env::var("DATABASE_URL") {
            builder = builder.set_override("database.url", url)?;
        }
        let config: Self = builder.build()?.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |text: &str| Err(ConfigError::Wrong(text.to_owned()));
        let site = &self.site;
        if site.base_url.ends_with('/') || !site.base_url.contains("://") {
            return wrong("site.base_url is scheme and host, without a slash at the end");
        }
        let loopback = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| site.host() == *name || site.host().starts_with(&format!("{name}:")));
        if !site.is_https() && !loopback {
            return wrong("site.base_url must be https unless the host is this machine itself");
        }
        if self.sandbox && !loopback {
            return wrong("sandbox is for this machine only: site.base_url names another host");
        }
        if !LOCALES.contains(&site.default_locale.as_str()) {
            return wrong("site.default_locale is one of uz, ru, en, he");
        }
        if self.server.body_seconds == 0 || self.server.request_seconds == 0 {
            return wrong("server.body_seconds and server.request_seconds are at least 1");
        }
        if self.cdn.kind != CdnKind::None {
            let host = self.cdn.base_url.split_once("://").map(|(_, host)| host);
            let plain = host.is_some_and(|host| {
                !host.is_empty()
                    && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            });
            let safe = self.cdn.base_url.starts_with("https://")
                || ["localhost", "127.0.0.1"]
                    .iter()
                    .any(|name| host.is_some_and(|h| h.starts_with(name)));
            if !plain || !safe {
                return wrong("cdn.base_url is https:// and a host, without a path");
            }
            let id = &self.cdn.key_id;
            let id_ok = id.bytes().all(|b| b.is_ascii_alphanumeric());
            if self.cdn.kind == CdnKind::CloudFront && (id.is_empty() || !id_ok) {
                return wrong("cdn.key_id is the id of the public key at CloudFront");
            }
        }
        let keys = &self.secrets;
        for (versions, most) in
            [(&keys.master_keys, 16), (&keys.playback_keys, 2), (&keys.file_keys, 2)]
        {
            let distinct: std::collections::HashSet<&u8> = versions.iter().collect();
            let right = (1..=most).contains(&versions.len()) && distinct.len() == versions.len();
            if !right || distinct.contains(&0) {
                return wrong(
                    "secrets.master_keys (up to 16), secrets.playback_keys and secrets.file_keys (up \
                     to 2) list different versions from 1 on, the one in use first",
                );
            }
        }
        if self.media.jobs > 64 || self.database.pool_size == 0 {
            return wrong("media.jobs is at most 64, database.pool_size at least 1");
        }
        let work = [self.media.work_patience_seconds, self.media.work_per_second];
        if self.media.silence_seconds == 0 || work.contains(&0) {
            return wrong(
                "media.silence_seconds, work_patience_seconds, work_per_second are at least 1",
            );
        }
        Ok(())
    }

    /// Whether this process takes that part of the work.
    pub fn has_role(&self, role: Role) -> bool {
        self.server.roles.contains(&role)
    }
}

/// LOC-01: the languages of the interface; the first is the home market's.
pub const LOCALES: [&str; 4] = ["uz", "ru", "en", "he"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_whole_and_name_no_unknown_option() {
        let config = Config::load(None).unwrap();
        assert!(!config.sandbox);
        assert_eq!(config.site.host(), "localhost:8080");
    }

    #[test]
    fn the_shipped_files_can_be_read() {
        for name in ["development", "test", "production"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("config/{name}.toml"));
            Config::load(Some(&path)).unwrap();
        }
    }

    #[test]
    fn lists_can_stand_in_the_environment() {
        let read = |name: &str, value: &str| {
            let source = [(format!("ILM__{name}"), value.to_owned())].into_iter().collect();
            let environment =
                config::Environment::with_prefix("ILM").prefix_separator("__").separator("__");
            Config::of(None, environment.source(Some(source)))
        };
        assert_eq!(read("SERVER__ROLES", "worker").unwrap().server.roles, [Role::Worker]);
        let both = read("SERVER__ROLES", "web, worker").unwrap().server.roles;
        assert_eq!(both, [Role::Web, Role::Worker]);
        assert_eq!(read("SECRETS__MASTER_KEYS", "3,1").unwrap().secrets.master_keys, [3, 1]);
        let proxies = read("SERVER__TRUSTED_PROXIES", "10.0.0.0/8,::1/128").unwrap();
        assert_eq!(proxies.server.trusted_proxies.len(), 2);
        assert!(read("SITE__ALLOWED_HOSTS", "").unwrap().site.allowed_hosts.is_empty());
        assert!(read("SERVER__ROLES", "cook").is_err());
    }

    #[test]
    fn versions_of_keys_are_some_and_different() {
        let mut config = Config::load(None).unwrap();
        assert_eq!(config.secrets.master_keys, [1]);
        for wrong in [vec![], vec![1, 1], vec![0], vec![3, 2, 1]] {
            config.secrets.playback_keys = wrong;
            assert!(config.check().is_err());
        }
        config.secrets.playback_keys = vec![2, 1];
        config.check().unwrap();
    }

    #[test]
    fn plain_http_to_another_host_is_refused() {
        let mut config = Config::load(None).unwrap();
        config.site.base_url = "http://ilm.example".to_owned();
        assert!(config.check().is_err());
        config.site.base_url = "https://ilm.example".to_owned();
        config.check().unwrap();
        config.sandbox = true;
        assert!(config.check().is_err());
    }
}
