//! Passwords at rest: argon2id over HMAC(pepper, password), hashed on a small pool of its own whose
//! queue is bounded, so that a storm of sign-ins costs 503s and not gigabytes.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, Mac as _};
use kernel::SecretBytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

/// KiB of memory, passes, lanes, bytes of output: one of OWASP's equally strong sets.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT: usize = 32;
/// Hashes that may wait; the next one is refused.
const QUEUE: usize = 64;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full: come again in two seconds.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The work itself failed, or the pool is gone.
    #[error("the password could not be hashed")]
    Failed,
}

/// A stored password: the PHC string, and which pepper went in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// `$argon2id$v=19$m=…`
    pub phc: String,
    /// Id of the pepper.
    pub pepper: String,
}

/// What comparing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or no account at all.
    Wrong,
    /// The right one.
    Right,
    /// The right one, and it should be stored anew, with today's parameters.
    RightAndStale(Stored),
}

type Work = Box<dyn FnOnce() + Send>;

/// The hashing pool.
#[derive(Debug, Clone)]
pub struct Passwords {
    work: SyncSender<Work>,
    pepper: Arc<Pepper>,
}

#[derive(Debug)]
struct Pepper {
    id: String,
    key: SecretBytes,
    /// Compared with when there is no account, so that both ways cost the same.
    nobody: Stored,
}

impl Passwords {
    /// Starts `threads` workers (at least one).
    ///
    /// # Errors
    /// When a thread cannot be started or the first hash fails.
    pub fn new(pepper: SecretBytes, threads: usize) -> Result<Self, HashError> {
        let mut hasher = Sha256::new();
        hasher.update(b"ilm-kid-v1\0");
        hasher.update(pepper.expose());
        let id = hex::encode(hasher.finalize().iter().take(4).copied().collect::<Vec<_>>());
        let nobody = hash(&pepper, &id, "no account has this password")?;
        let (work, queue) = sync_channel::<Work>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new()
                .name(format!("passwords-{number}"))
                .spawn(move || run(&queue))
                .map_err(|_| HashError::Failed)?;
        }
        Ok(Self { work, pepper: Arc::new(Pepper { id, key: pepper, nobody }) })
    }

    /// Hashes a password in its normal form.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn hash(&self, password: String) -> Result<Stored, HashError> {
        let pepper = Arc::clone(&self.pepper);
        self.run(move || hash(&pepper.key, &pepper.id, &password)).await?
    }

    /// Compares a password in its normal form with what is stored; with nothing stored takes the
    /// same time and says `Wrong`.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<Stored>,
    ) -> Result<Verdict, HashError> {
        let pepper = Arc::clone(&self.pepper);
        self.run(move || {
            let known = stored.as_ref().filter(|stored| stored.pepper == pepper.id);
            if stored.is_some() && known.is_none() {
                tracing::error!("a password was stored under a pepper that is not loaded");
            }
            let compared = known.unwrap_or(&pepper.nobody);
            let right = is_right(&pepper.key, &password, compared)?;
            if !right || known.is_none() {
                return Ok(Verdict::Wrong);
            }
            if is_current(&compared.phc) {
                return Ok(Verdict::Right);
            }
            hash(&pepper.key, &pepper.id, &password).map(Verdict::RightAndStale)
        })
        .await?
    }

    /// Runs other slow work about passwords on the pool, such as judging one.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, HashError> {
        let (done, result) = oneshot::channel();
        let work: Work = Box::new(move || {
            // Nobody waits any more when the request was dropped.
            let _ = done.send(work());
        });
        match self.work.try_send(work) {
            Ok(()) => result.await.map_err(|_| HashError::Failed),
            Err(TrySendError::Full(_)) => Err(HashError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(HashError::Failed),
        }
    }
}

/// A worker: takes one piece after another until the pool is dropped.
fn run(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // A panic ends this piece; its asker gets `Failed`, the worker goes on.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

fn argon() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).map_err(|_| HashError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn peppered(key: &SecretBytes, password: &str) -> Result<[u8; 32], HashError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| HashError::Failed)?;
    mac.update(password.as_bytes());
    Ok(mac.finalize().into_bytes().into())
}

fn hash(key: &SecretBytes, pepper: &str, password: &str) -> Result<Stored, HashError> {
    let salt: [u8; 16] = rand::random();
    let salt = SaltString::encode_b64(&salt).map_err(|_| HashError::Failed)?;
    let phc = argon()?
        .hash_password(&peppered(key, password)?, &salt)
        .map_err(|_| HashError::Failed)?
        .to_string();
    Ok(Stored { phc, pepper: pepper.to_owned() })
}

fn is_right(key: &SecretBytes, password: &str, stored: &Stored) -> Result<bool, HashError> {
    let phc = PasswordHash::new(&stored.phc).map_err(|_| HashError::Failed)?;
    Ok(argon()?.verify_password(&peppered(key, password)?, &phc).is_ok())
}

/// Whether the PHC string bears today's parameters.
fn is_current(phc: &str) -> bool {
    phc.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Passwords {
        Passwords::new(SecretBytes::new(vec![3; 32]), 1).unwrap()
    }

    /// IDN-15
    #[tokio::test]
    async fn a_password_is_stored_as_argon2id_under_a_pepper_and_compared() {
        let pool = pool();
        let stored = pool.hash("sunny river walk".to_owned()).await.unwrap();
        assert!(stored.phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.phc);
        let verify = async |password: &str, stored: Option<Stored>| {
            pool.verify(password.to_owned(), stored).await.unwrap()
        };
        assert_eq!(verify("sunny river walk", Some(stored.clone())).await, Verdict::Right);
        assert_eq!(verify("sunny river wall", Some(stored.clone())).await, Verdict::Wrong);
        assert_eq!(verify("no account has this password", None).await, Verdict::Wrong);
        // The same string under another pepper: the database alone is worth nothing.
        let other = Passwords::new(SecretBytes::new(vec![4; 32]), 1).unwrap();
        let verdict = other.verify("sunny river walk".to_owned(), Some(stored)).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_password_hashed_with_older_parameters_is_stored_anew() {
        let pool = pool();
        let key = SecretBytes::new(vec![3; 32]);
        let salt = SaltString::encode_b64(&[1; 16]).unwrap();
        let params = Params::new(8192, 1, 1, Some(OUTPUT)).unwrap();
        let phc = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password(&peppered(&key, "sunny river walk").unwrap(), &salt)
            .unwrap()
            .to_string();
        let old = Stored { phc, pepper: pool.pepper.id.clone() };
        let Verdict::RightAndStale(new) =
            pool.verify("sunny river walk".to_owned(), Some(old)).await.unwrap()
        else {
            panic!("not stored anew")
        };
        assert!(is_current(&new.phc));
    }

    /// IDN-20: a storm is refused, not queued without end; what was queued is done.
    #[tokio::test]
    async fn a_full_queue_answers_busy_and_drains() {
        let pool = pool();
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let busy = pool.clone();
        let first = tokio::spawn(async move {
            busy.run(move || {
                let _ = started.send(());
                let _ = gate.recv();
            })
            .await
        });
        running.await.unwrap();
        let waiting: Vec<_> = (0..QUEUE)
            .map(|n| {
                let pool = pool.clone();
                Box::pin(async move { pool.run(move || n).await })
            })
            .collect();
        let mut waiting = futures::future::join_all(waiting);
        // One poll puts all of them into the queue.
        assert!(futures::poll!(&mut waiting).is_pending());
        assert_eq!(pool.run(|| ()).await, Err(HashError::Busy));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(waiting.await, (0..QUEUE).map(Ok).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_costs_one_piece_of_work_and_no_worker() {
        let pool = pool();
        assert_eq!(pool.run(|| panic!("planned")).await, Err(HashError::Failed));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
