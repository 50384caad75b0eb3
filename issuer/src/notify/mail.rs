//! Handing notices to people by e-mail: plain text, in the school's name, never a code.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::address::Address;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::Url;

use super::outbox::{Claimed, SendError};
use crate::store::tables::notice::Notice;
use crate::store::tables::school::School;

/// How long the mail server may take with one letter.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The sender in a sandbox that was told none; the name can be nobody's (RFC 2606).
pub const SANDBOX_SENDER: &str = "mlegitymacja@szkola.example";

/// A letter as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The notice that it brings; the same letter twice has it twice.
    pub id: String,
    /// The school, which the sender is called.
    pub from_name: String,
    /// The recipient's address.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub body: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({})", self.id)
    }
}

impl Letter {
    /// The letter that brings a notice.
    pub fn of(claimed: &Claimed) -> Self {
        Self::write(&claimed.notice, &claimed.school, &claimed.given_name)
    }

    /// The letter of `school` that brings a notice about a pupil, whose given name is all that it tells.
    pub fn write(notice: &Notice, school: &School, given_name: &str) -> Self {
        let School { name, street_line, postal_code, city, .. } = school;
        let whom = if given_name.is_empty() { String::new() } else { format!("Dotyczy: {given_name}.\n\n") };
        let body = format!(
            "Dzień dobry,\n\n{text}\n\n{whom}Z poważaniem\n{name}\n{street_line}, {postal_code} {city}\n\n\
             Wiadomość została wysłana automatycznie; prosimy na nią nie odpowiadać.\n",
            text = notice.body,
        );
        Self {
            id: notice.id.as_str().to_owned(),
            from_name: one_line(name),
            to: notice.recipient.clone(),
            subject: one_line(&notice.subject),
            body,
        }
    }

    /// The letter as mail servers take it.
    fn message(&self, sender: &Address, now: Timestamp) -> Result<Message, SendError> {
        let to: Address = self.to.parse().map_err(|_| SendError::AddressMalformed)?;
        Message::builder()
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{}@{}>", self.id, sender.domain())))
            .from(Mailbox::new(Some(self.from_name.clone()), sender.clone()))
            .to(Mailbox::new(None, to))
            .subject(self.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(self.body.clone())
            .map_err(|_| SendError::AddressMalformed)
    }
}

/// The text without line ends and other characters that nobody sees: a header is one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Where letters go and whom they come from, checked.
#[derive(Clone)]
pub struct MailRoute {
    server: Url,
    sender: Address,
}

impl std::fmt::Debug for MailRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of the server may hold a password.
        f.write_str("MailRoute(…)")
    }
}

impl MailRoute {
    /// Reads `smtp://…` (STARTTLS, which must succeed, except on this machine) or `smtps://…` (TLS from the
    /// beginning), with user and password in it if the server wants them; and the sender's address.
    ///
    /// # Errors
    /// Which of the two cannot be used.
    pub fn parse(server: &str, sender: &str) -> Result<Self, MailRouteFault> {
        let url: Url = server.parse().map_err(|_| MailRouteFault::Server)?;
        let fits = matches!(url.scheme(), "smtp" | "smtps")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && matches!(url.path(), "" | "/")
            && url.query().is_none();
        if !fits {
            return Err(MailRouteFault::Server);
        }
        let sender = sender.trim().parse().map_err(|_| MailRouteFault::Sender)?;
        Ok(Self { server: url, sender })
    }
}

/// A user or password as it is: `user%40school.pl` is how an address writes `user@school.pl`.
fn without_percents(text: &str) -> String {
    // What a form's text would read otherwise.
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let read = url::form_urlencoded::parse(text.as_bytes()).next();
    read.map_or_else(String::new, |(text, _)| text.into_owned())
}

/// Which setting cannot be used. Messages complete "cannot send e-mail: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailRouteFault {
    /// The server.
    #[error("smtp-url is not smtp://… or smtps://…")]
    Server,
    /// The sender.
    #[error("mail-from is not an e-mail address")]
    Sender,
    /// One without the other.
    #[error("smtp-url and mail-from belong together")]
    Half,
}

/// Sends letters, or catches them.
pub enum Mailer {
    /// To a mail server.
    Server {
        /// The way there.
        transport: Box<AsyncSmtpTransport<Tokio1Executor>>,
        /// The sender's address.
        sender: Address,
    },
    /// Nowhere: in the sandbox letters stay in the outbox, where `/sandbox/mail` shows them.
    Caught,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Server { .. } => "Mailer::Server",
            Self::Caught => "Mailer::Caught",
        })
    }
}

impl Mailer {
    /// A mailer for a route.
    ///
    /// # Errors
    /// When TLS cannot be set up for the server.
    pub fn new(route: &MailRoute) -> Result<Self, MailRouteFault> {
        let host = route.server.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::relay(host);
        let builder = match route.server.scheme() {
            "smtps" => transport,
            _ if loopback => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(25)),
            _ => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
        };
        let mut builder = builder.map_err(|_| MailRouteFault::Server)?.timeout(Some(TIMEOUT));
        if let Some(port) = route.server.port() {
            builder = builder.port(port);
        }
        if !route.server.username().is_empty() {
            let password = without_percents(route.server.password().unwrap_or_default());
            let user = without_percents(route.server.username());
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self::Server { transport: Box::new(builder.build()), sender: route.sender.clone() })
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, letter: &Letter, now: Timestamp) -> Result<(), SendError> {
        let Self::Server { transport, sender } = self else { return Ok(()) };
        let message = letter.message(sender, now)?;
        match tokio::time::timeout(TIMEOUT, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => SendError::MailStatus(code.into()),
                None if error.is_timeout() => SendError::TimedOut,
                // An address with letters that the server does not take (RFC 6531), seen before it is sent.
                None if error.is_client() && !letter.to.is_ascii() => SendError::AddressMalformed,
                // Among them a server that offers no encryption or no sign-in any more: it may again.
                None => SendError::Unreachable,
            }),
            Err(_) => Err(SendError::TimedOut),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_what_is_none_is_refused() {
        for server in
            ["smtp://mail.example.pl", "smtps://u%40s:p%3Aw@mail.example.pl:465", "smtp://127.0.0.1:25"]
        {
            assert!(MailRoute::parse(server, "szkola@example.pl").is_ok(), "{server}");
        }
        for server in
            ["mail.example.pl", "http://mail.example.pl", "smtp://", "smtp://a/b", "smtp://a?tls=none"]
        {
            assert_eq!(
                MailRoute::parse(server, "szkola@example.pl").err(),
                Some(MailRouteFault::Server),
                "{server}"
            );
        }
        let sender = MailRoute::parse("smtp://mail.example.pl", "szkola@example.pl\r\nBcc: a@b.pl");
        assert_eq!(sender.err(), Some(MailRouteFault::Sender));
        let secret = MailRoute::parse("smtps://user:hasło@mail.example.pl", "szkola@example.pl").unwrap();
        assert_eq!(format!("{secret:?}"), "MailRoute(…)");
    }

    #[test]
    fn users_and_passwords_are_read_as_they_are() {
        for (written, plain) in [("u%40s.pl", "u@s.pl"), ("a+b", "a+b"), ("a&b=c%3A", "a&b=c:"), ("", "")] {
            assert_eq!(without_percents(written), plain);
        }
    }

    #[test]
    fn nothing_that_is_written_becomes_a_header() {
        let letter = Letter {
            id: "01jd7q2h5mz8v4k3t9w6x0ybrn".into(),
            from_name: one_line("Szkoła\r\nBcc: a@evil.example"),
            to: "opiekun@example.pl".into(),
            subject: one_line("Temat\r\nBcc: b@evil.example\r\n\r\ntreść"),
            body: "Tekst\r\n.\r\nMAIL FROM:<c@evil.example>\r\n".into(),
        };
        let now = "2026-11-21T18:30:00Z".parse().unwrap();
        let sender: Address = "szkola@example.pl".parse().unwrap();
        let text = String::from_utf8(letter.message(&sender, now).unwrap().formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("Message-ID: <01jd7q2h5mz8v4k3t9w6x0ybrn@example.pl>"), "{head}");
        assert!(head.contains("Date: Sat, 21 Nov 2026 18:30:00 +0000"), "{head}");
        for to in ["a@b.pl\r\nRCPT TO:<c@d.pl>", "a@b.pl, c@d.pl", "", "a@b.pl>"] {
            let letter = Letter { to: to.into(), ..letter.clone() };
            assert_eq!(letter.message(&sender, now).err(), Some(SendError::AddressMalformed), "{to:?}");
        }
    }
}
