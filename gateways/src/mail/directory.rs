//! The development mailbox: one JSON file a message in a directory, newest last by name (ids sort
//! by time). The sandbox page reads them back.

use std::io;
use std::path::PathBuf;

use async_trait::async_trait;

use super::{Mail, MailError, Mailbox, Mailer};

/// Writes messages into a directory.
#[derive(Debug, Clone)]
pub struct DirectoryMailer {
    directory: PathBuf,
}

impl DirectoryMailer {
    /// Into `directory`, which is made at the first message.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    async fn write(&self, mail: &Mail) -> io::Result<()> {
        tokio::fs::create_dir_all(&self.directory).await?;
        let json = serde_json::to_vec_pretty(mail)?;
        let unfinished = self.directory.join(format!(".{}.part", mail.id));
        tokio::fs::write(&unfinished, json).await?;
        // Renamed when whole, so that a reader never meets half a message.
        tokio::fs::rename(unfinished, self.directory.join(format!("{}.json", mail.id))).await
    }

    async fn names(&self) -> io::Result<Vec<String>> {
        let mut entries = match tokio::fs::read_dir(&self.directory).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            if let Ok(name) = entry.file_name().into_string()
                && name.ends_with(".json")
            {
                names.push(name);
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    }
}

fn temporary(error: io::Error) -> MailError {
    MailError::Temporary(error.to_string())
}

#[async_trait]
impl Mailer for DirectoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.write(mail).await.map_err(temporary)
    }

    async fn check(&self) -> Result<(), MailError> {
        tokio::fs::create_dir_all(&self.directory).await.map_err(temporary)
    }

    fn mailbox(&self) -> Option<&dyn Mailbox> {
        Some(self)
    }
}

#[async_trait]
impl Mailbox for DirectoryMailer {
    async fn newest(&self, to: Option<&str>, limit: usize) -> Result<Vec<Mail>, MailError> {
        let mut mails = Vec::new();
        for name in self.names().await.map_err(temporary)? {
            if mails.len() == limit {
                break;
            }
            let bytes = tokio::fs::read(self.directory.join(&name)).await.map_err(temporary)?;
            match serde_json::from_slice::<Mail>(&bytes) {
                Ok(mail) if to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)) => {
                    mails.push(mail)
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%name, %error, "a file in the mailbox is no message"),
            }
        }
        Ok(mails)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{IdSource as _, RandomIds, Timestamp};

    use super::*;

    #[tokio::test]
    async fn messages_are_read_back_newest_first_and_by_recipient() {
        let directory = tempfile::tempdir().unwrap();
        let mailer = DirectoryMailer::new(directory.path().join("mail"));
        assert_eq!(mailer.newest(None, 10).await.unwrap(), []);
        let start = "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap();
        for (n, to) in
            ["ann@example.com", "bob@example.com", "ann@example.com"].into_iter().enumerate()
        {
            let at = start + chrono::TimeDelta::seconds(n as i64);
            let mail = Mail {
                id: RandomIds.new_id(at),
                at,
                to: to.to_owned(),
                subject: format!("№ {n}"),
                text: "Salom!".to_owned(),
                html: None,
            };
            mailer.send(&mail).await.unwrap();
        }
        let subjects = async |to: Option<&str>, limit| {
            let mails = mailer.newest(to, limit).await.unwrap();
            mails.into_iter().map(|mail| mail.subject).collect::<Vec<_>>()
        };
        assert_eq!(subjects(None, 2).await, ["№ 2", "№ 1"]);
        assert_eq!(subjects(Some("ANN@example.com"), 9).await, ["№ 2", "№ 0"]);
    }
}
