//! Mail over SMTP, with a small pool of connections and a time limit on every step.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Mail, MailError, Mailer};

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Plain, then TLS by STARTTLS; refused when the relay does not offer it.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: a relay on this machine.
    None,
}

/// The relay and the sender.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Host name, also checked against the certificate.
    pub host: String,
    /// Usually 587 (STARTTLS), 465 (TLS) or 25.
    pub port: u16,
    /// Protection of the connection.
    pub tls: SmtpTls,
    /// User and password, where the relay wants them.
    pub credentials: Option<(String, SecretString)>,
    /// The From header, with or without a display name.
    pub from: String,
    /// Time limit of each step.
    pub timeout: Duration,
}

/// Sends through a relay.
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Connections kept open, at most.
const CONNECTIONS: u32 = 4;

impl SmtpMailer {
    /// Connects at the first message. `Refused` when the options cannot be meant.
    pub fn new(options: SmtpOptions) -> Result<Self, MailError> {
        let from = options
            .from
            .parse::<Mailbox>()
            .map_err(|error| MailError::Refused(format!("mail.from: {error}")))?;
        let parameters = || {
            TlsParameters::new(options.host.clone())
                .map_err(|error| MailError::Refused(format!("mail.smtp.host: {error}")))
        };
        let tls = match options.tls {
            SmtpTls::Starttls => Tls::Required(parameters()?),
            SmtpTls::Tls => Tls::Wrapper(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(options.timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        if let Some((user, password)) = options.credentials {
            builder =
                builder.credentials(Credentials::new(user, password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let refused = |error: &dyn std::fmt::Display| MailError::Refused(error.to_string());
        let to = mail.to.parse::<Address>().map_err(|error| refused(&error))?;
        let domain = self.from.email.domain();
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            // One line: a subject is made of our sentences and of people's names.
            .subject(mail.subject.split(char::is_control).collect::<Vec<_>>().join(" "))
            .date(SystemTime::from(mail.at))
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        match &mail.html {
            Some(html) => builder
                .multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
            None => builder.singlepart(SinglePart::plain(mail.text.clone())),
        }
        .map_err(|error| refused(&error))
    }
}

fn of(error: &lettre::transport::smtp::Error) -> MailError {
    // The relay's own words may name the address; callers log them at debug level only.
    if error.is_permanent() {
        MailError::Refused(error.to_string())
    } else {
        MailError::Temporary(error.to_string())
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        self.transport.send(message).await.map(drop).map_err(|error| of(&error))
    }

    async fn check(&self) -> Result<(), MailError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Temporary("the relay does not answer".to_owned())),
            Err(error) => Err(of(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// A relay that takes one message and answers RCPT with `rcpt`; gives back what it was told.
    async fn relay(rcpt: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut told = String::new();
            let mut data = false;
            write.write_all(b"220 sink ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                told.push_str(&line);
                told.push('\n');
                let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
                let answer = match verb.as_str() {
                    _ if data && line == "." => {
                        data = false;
                        "250 taken"
                    }
                    _ if data => continue,
                    "EHLO" => "250-sink\r\n250 8BITMIME",
                    "RCPT" => rcpt,
                    "DATA" => {
                        data = true;
                        "354 go on"
                    }
                    "QUIT" => break,
                    _ => "250 ok",
                };
                if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
            told
        });
        (port, told)
    }

    fn mailer(port: u16) -> SmtpMailer {
        SmtpMailer::new(SmtpOptions {
            host: "127.0.0.1".to_owned(),
            port,
            tls: SmtpTls::None,
            credentials: None,
            from: "IlmSpace <no-reply@ilm.test>".to_owned(),
            timeout: Duration::from_secs(5),
        })
        .unwrap()
    }

    fn mail() -> Mail {
        Mail {
            id: uuid::Uuid::nil(),
            at: "2026-11-20T15:00:00Z".parse().unwrap(),
            to: "ann@example.com".to_owned(),
            subject: "Code\r\nBcc: mallory@example.com".to_owned(),
            text: "Ваш код: 042917".to_owned(),
            html: Some("<p>042917</p>".to_owned()),
        }
    }

    /// IDN-16: names and subjects cannot add a recipient.
    #[tokio::test]
    async fn a_message_goes_to_its_one_recipient_whatever_the_subject_holds() {
        let (port, told) = relay("250 ok").await;
        let mailer = mailer(port);
        mailer.send(&mail()).await.unwrap();
        drop(mailer);
        let told = told.await.unwrap();
        assert_eq!(told.matches("RCPT TO:").count(), 1, "{told}");
        assert!(told.contains("RCPT TO:<ann@example.com>"));
        assert!(told.contains("Subject: Code  Bcc: mallory@example.com"), "{told}");
        assert!(!told.contains("\nBcc:"), "{told}");
        assert!(told.contains("Message-ID: <00000000-0000-0000-0000-000000000000@ilm.test>"));
        assert!(told.contains("Auto-Submitted: auto-generated"));
        assert!(told.contains("Date: Fri, 20 Nov 2026 15:00:00 +0000"), "{told}");
    }

    /// JOB-01
    #[tokio::test]
    async fn a_relay_that_is_busy_or_away_is_worth_another_attempt_and_a_refusal_is_not() {
        let (port, _told) = relay("451 come back later").await;
        assert!(matches!(mailer(port).send(&mail()).await, Err(MailError::Temporary(_))));
        let (port, _told) = relay("550 no such mailbox").await;
        assert!(matches!(mailer(port).send(&mail()).await, Err(MailError::Refused(_))));
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        assert!(matches!(mailer(free).send(&mail()).await, Err(MailError::Temporary(_))));
        assert!(mailer(free).check().await.is_err());
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused_at_the_start() {
        let options = SmtpOptions {
            host: "localhost".to_owned(),
            port: 25,
            tls: SmtpTls::None,
            credentials: None,
            from: "nobody".to_owned(),
            timeout: Duration::from_secs(1),
        };
        assert!(matches!(SmtpMailer::new(options), Err(MailError::Refused(_))));
    }
}
