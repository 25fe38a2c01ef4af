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
    Missing(&'static str, PathBuf),
    /// Shorter than its use demands.
    #[error("the secret `{0}` must hold at least {1} bytes")]
    TooShort(&'static str, usize),
    /// The directory or a file cannot be read or written.
    #[error("the secret `{0}` cannot be read: {1}")]
    Io(&'static str, std::io::Error),
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
    /// HMAC key of playback tokens.
    pub playback_token: SecretBytes,
    /// HMAC key of file links.
    pub file_token: SecretBytes,
    /// Key-encryption key of segment keys.
    pub master_key: SecretBytes,
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
            playback_token: source.key("playback_token")?,
            file_token: source.key("file_token")?,
            master_key: source.key("master_key")?,
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
    /// A key of exactly 32 bytes.
    fn key(&self, name: &'static str) -> Result<SecretBytes, SecretsError> {
        match self.read(name)? {
            Some(secret) if secret.expose().len() == KEY_BYTES => Ok(secret),
            Some(_) => Err(SecretsError::TooShort(name, KEY_BYTES)),
            None if self.generate => self.make(name),
            None => Err(SecretsError::Missing(name, self.directory.clone())),
        }
    }

    fn read(&self, name: &'static str) -> Result<Option<SecretBytes>, SecretsError> {
        for directory in self.credentials.iter().chain([&self.directory]) {
            match fs::read(directory.join(name)) {
                Ok(bytes) => return Ok(Some(SecretBytes::new(bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(SecretsError::Io(name, error)),
            }
        }
        Ok(None)
    }

    fn make(&self, name: &'static str) -> Result<SecretBytes, SecretsError> {
        let io = |error| SecretsError::Io(name, error);
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

    #[test]
    fn secrets_are_made_once_and_then_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let config = config::Secrets { directory: directory.path().to_owned(), generate: true };
        let first = Secrets::load(&config).unwrap();
        let second = Secrets::load(&config).unwrap();
        assert_eq!(first.master_key.expose(), second.master_key.expose());
        assert_ne!(first.master_key.expose(), first.file_token.expose());
    }

    #[test]
    fn a_missing_secret_stops_a_production_start() {
        let directory = tempfile::tempdir().unwrap();
        let config = config::Secrets { directory: directory.path().to_owned(), generate: false };
        assert!(matches!(Secrets::load(&config), Err(SecretsError::Missing("access_token", _))));
    }
}
