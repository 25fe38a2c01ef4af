//! Mail kept in memory, for tests: what was sent can be read back, and failures can be asked for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Mail, MailError, Mailbox, Mailer};

/// More than this and the oldest is forgotten.
const KEPT: usize = 10_000;

/// Keeps what is sent.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    sent: Mutex<VecDeque<Mail>>,
    failures: Mutex<VecDeque<MailError>>,
}

impl MemoryMailer {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything sent so far, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.sent).iter().cloned().collect()
    }

    /// Makes the next attempt fail with `error`; several line up.
    pub fn fail_next(&self, error: MailError) {
        lock(&self.failures).push_back(error);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A poisoned lock only says that another test panicked; the queue itself is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if let Some(error) = lock(&self.failures).pop_front() {
            return Err(error);
        }
        let mut sent = lock(&self.sent);
        if sent.len() == KEPT {
            sent.pop_front();
        }
        sent.push_back(mail.clone());
        Ok(())
    }

    async fn check(&self) -> Result<(), MailError> {
        Ok(())
    }

    fn mailbox(&self) -> Option<&dyn Mailbox> {
        Some(self)
    }
}

#[async_trait]
impl Mailbox for MemoryMailer {
    async fn newest(&self, to: Option<&str>, limit: usize) -> Result<Vec<Mail>, MailError> {
        let sent = lock(&self.sent);
        Ok(sent
            .iter()
            .rev()
            .filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)))
            .take(limit)
            .cloned()
            .collect())
    }
}
