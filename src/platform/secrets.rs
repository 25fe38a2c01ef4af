//! Secrets: one file each, from systemd's credentials or the configured directory. They are never
//! logged, never in the configuration, and in production never made up on the way.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use kernel::SecretBytes;
use rand::TryRngCore as _;

use super::config;

/// Why the secrets could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// In production a missing secret stops the start.
    #[error(
        "the secret `{0}` is missing: put it into {1} (mode 0400), or allow secrets.generate in development"
    )]
    Missing(String, PathBuf),
    /// Shorter than its use demands.
    #[error("the secret `{0}` must hold at least {1} bytes")]
    TooShort(String, usize),
    /// The directory or a file cannot be read or written.
    #[error("the secret `{0}` cannot be read: {1}")]
    Io(String, std::io::Error),
}

/// Keys of one use by their versions: the current one makes, all of them are understood.
#[derive(Debug, Clone)]
pub struct VersionedKeys {
    current: (u8, SecretBytes),
    others: Vec<(u8, SecretBytes)>,
}

impl VersionedKeys {
    /// The current key, and those that were or will be it.
    pub fn new(current: (u8, SecretBytes), others: Vec<(u8, SecretBytes)>) -> Self {
        Self { current, others }
    }

    /// The version and the key that new things are made with.
    pub fn current(&self) -> &(u8, SecretBytes) {
        &self.current
    }

    /// The others.
    pub fn others(&self) -> &[(u8, SecretBytes)] {
        &self.others
    }

    /// The key of a version.
    pub fn get(&self, version: u8) -> Option<&SecretBytes> {
        let all = std::iter::once(&self.current).chain(&self.others);
        all.into_iter().find(|key| key.0 == version).map(|key| &key.1)
    }
}

/// Everything that must stay secret, each with its one use.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Ed25519 seed that signs access tokens.
    pub access_token: SecretBytes,
    /// HMAC key of refresh tokens.
    pub refresh_token: SecretBytes,
    /// HMAC key of one-time codes and identifiers in limits.
    pub code_pepper: SecretBytes,
    /// HMAC key applied to passwords before argon2id.
    pub password_pepper: SecretBytes,
    /// HMAC keys of playback tokens.
    pub playback_tokens: VersionedKeys,
    /// HMAC keys of file links.
    pub file_tokens: VersionedKeys,
    /// Key-encryption keys of segment keys.
    pub master_keys: VersionedKeys,
    /// What signs addresses of the delivery network.
    pub cdn_key: Option<SecretBytes>,
    /// What the delivery network proves itself by.
    pub cdn_origin_secret: Option<SecretBytes>,
    /// Password of the mail relay.
    pub smtp_password: Option<SecretBytes>,
    /// Key pair of the object store.
    pub s3_access_key: Option<SecretBytes>,
    pub s3_secret_key: Option<SecretBytes>,
}

impl Secrets {
    /// Reads all secrets; makes the missing ones of 32 random bytes when that is allowed.
    pub fn load(config: &config::Secrets) -> Result<Self, SecretsError> {
        let source = Source {
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            directory: config.directory.clone(),
            generate: config.generate,
        };
        Ok(Self {
            access_token: source.key("access_token")?,
            refresh_token: source.key("refresh_token")?,
            code_pepper: source.key("code_pepper")?,
            password_pepper: source.key("password_pepper")?,
            playback_tokens: source.versions("playback_token", &config.playback_keys)?,
            file_tokens: source.versions("file_token", &config.file_keys)?,
            master_keys: source.versions("master_key", &config.master_keys)?,
            cdn_key: source.read("cdn_key")?,
            cdn_origin_secret: source.read("cdn_origin_secret")?,
            smtp_password: source.read("smtp_password")?,
            s3_access_key: source.read("s3_access_key")?,
            s3_secret_key: source.read("s3_secret_key")?,
        })
    }
}

const KEY_BYTES: usize = 32;

struct Source {
    credentials: Option<PathBuf>,
    directory: PathBuf,
    generate: bool,
}

impl Source {
    /// The keys of one use. Version 1 lies under the plain name, version n under `name_n`.
    fn versions(&self, name: &str, versions: &[u8]) -> Result<VersionedKeys, SecretsError> {
        let key = |version: u8| {
            let file = if version == 1 { name.to_owned() } else { format!("{name}_{version}") };
            Ok((version, self.key(&file)?))
        };
        // The configuration is checked to name one at least.
        let (first, rest) = versions.split_first().unwrap_or((&1, &[]));
        let others: Result<_, SecretsError> = rest.iter().map(|version| key(*version)).collect();
        Ok(VersionedKeys::new(key(*first)?, others?))
    }

    /// A key of exactly 32 bytes.
    fn key(&self, name: &str) -> Result<SecretBytes, SecretsError> {
        match self.read(name)? {
            Some(secret) if secret.expose().len() == KEY_BYTES => Ok(secret),
            Some(_) => Err(SecretsError::TooShort(name.to_owned(), KEY_BYTES)),
            None if self.generate => self.make(name),
            None => Err(SecretsError::Missing(name.to_owned(), self.directory.clone())),
        }
    }

    fn read(&self, name: &str) -> Result<Option<SecretBytes>, SecretsError> {
        for directory in self.credentials.iter().chain([&self.directory]) {
            match fs::read(directory.join(name)) {
                Ok(bytes) => return Ok(Some(SecretBytes::new(bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(SecretsError::Io(name.to_owned(), error)),
            }
        }
        Ok(None)
    }

    fn make(&self, name: &str) -> Result<SecretBytes, SecretsError> {
        let io = |error| SecretsError::Io(name.to_owned(), error);
        fs::create_dir_all(&self.directory).map_err(io)?;
        let mut bytes = vec![0; KEY_BYTES];
        rand::rngs::OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| io(std::io::Error::other(error)))?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o400)
            .open(self.directory.join(name))
            .map_err(io)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io)?;
        Ok(SecretBytes::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(
        directory: &std::path::Path,
        generate: bool,
        master_keys: Vec<u8>,
    ) -> config::Secrets {
        let directory = directory.to_owned();
        let (playback_keys, file_keys) = (vec![1], vec![1]);
        config::Secrets { directory, generate, master_keys, playback_keys, file_keys }
    }

    #[test]
    fn secrets_are_made_once_and_then_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), true, vec![1]);
        let first = Secrets::load(&config).unwrap();
        let second = Secrets::load(&config).unwrap();
        let key = |keys: &VersionedKeys| keys.current().1.expose().to_vec();
        assert_eq!(key(&first.master_keys), key(&second.master_keys));
        assert_ne!(key(&first.master_keys), key(&first.file_tokens));
    }

    /// MED-12: what was `master_key` is its version 1.
    #[test]
    fn a_key_of_before_stays_as_version_one_beside_the_newer_one() {
        let directory = tempfile::tempdir().unwrap();
        let load = |versions| Secrets::load(&config(directory.path(), true, versions)).unwrap();
        let old = load(vec![1]).master_keys;
        let both = load(vec![2, 1]).master_keys;
        assert_eq!(both.get(1).unwrap().expose(), old.current().1.expose());
        assert_eq!(both.current().0, 2);
        assert_ne!(both.current().1.expose(), old.current().1.expose());
        assert!(both.get(3).is_none() && directory.path().join("master_key_2").exists());
    }

    #[test]
    fn a_missing_secret_stops_a_production_start() {
        let directory = tempfile::tempdir().unwrap();
        let missing = Secrets::load(&config(directory.path(), false, vec![1])).unwrap_err();
        assert!(matches!(missing, SecretsError::Missing(name, _) if name == "access_token"));
    }
}
