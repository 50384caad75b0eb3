//! What can go wrong between the wallet and an issuer, whatever was asked.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use shared::vci::error::{
    CredentialErrorCode, ErrorBody, ErrorCode as _, NotificationErrorCode, Reason, TokenErrorCode,
};

use crate::documents::StoreError;
use crate::transport::TransportError;

/// Whom something was asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The address in the QR code.
    Offer,
    /// The lookup of typed codes.
    TypedCode,
    /// The issuer's metadata.
    IssuerMetadata,
    /// The authorization server's metadata.
    AuthorizationServerMetadata,
    /// The token endpoint.
    Token,
    /// The nonce endpoint.
    Nonce,
    /// The credential endpoint.
    Credential,
    /// The notification endpoint.
    Notification,
    /// The revocation list.
    RevocationList,
    /// The root certificate.
    Root,
    /// What says who is signed in.
    Holder,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offer => "offer",
            Self::TypedCode => "typed code lookup",
            Self::IssuerMetadata => "issuer metadata",
            Self::AuthorizationServerMetadata => "authorization server metadata",
            Self::Token => "token endpoint",
            Self::Nonce => "nonce endpoint",
            Self::Credential => "credential endpoint",
            Self::Notification => "notification endpoint",
            Self::RevocationList => "revocation list",
            Self::Root => "root certificate",
            Self::Holder => "holder endpoint",
        })
    }
}

/// The issuer understood and said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerRefusal {
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// The HTTP status.
    pub status: u16,
    /// The standard's code, such as `invalid_grant`.
    pub error: String,
    /// For developers.
    pub description: Option<String>,
    /// Why, as our issuers say it.
    pub reason: Option<Reason>,
    /// How many wrong activation codes are still borne.
    pub tries_left: Option<u8>,
    /// What the pupil should know, in Polish.
    pub message_pl: Option<String>,
    /// The same in English.
    pub message_en: Option<String>,
}

impl IssuerRefusal {
    /// Reads the body of a refusal; `None` if it is none. Both ways of saying "wrong code" become the same reason: the
    /// `reason` that our issuers give, and the `invalid_tx_code` of the draft of OpenID4VCI 1.1.
    pub(crate) fn read(endpoint: Endpoint, status: u16, body: &[u8]) -> Option<Self> {
        let body = ErrorBody::parse(body)?;
        let wrong_code = body.is_wrong_code();
        Some(Self {
            endpoint,
            status,
            error: plain(&body.error),
            description: body.error_description.map(|description| description.to_string()),
            reason: body.reason.or(wrong_code.then_some(Reason::WrongCode)),
            tries_left: body.tries_left,
            message_pl: body.message_pl.as_deref().map(plain),
            message_en: body.message_en.as_deref().map(plain),
        })
    }

    /// The refusal of an access token, with what the body `said` besides.
    pub(crate) fn of_token(endpoint: Endpoint, status: u16, said: Option<Self>) -> Self {
        let error = CredentialErrorCode::InvalidToken.as_str().to_owned();
        match said {
            Some(said) => Self { error, ..said },
            None => Self {
                endpoint,
                status,
                error,
                description: None,
                reason: None,
                tries_left: None,
                message_pl: None,
                message_en: None,
            },
        }
    }

    /// Whether this slip opens nothing on this phone any more, so that nothing need be kept for another try.
    pub fn is_final(&self) -> bool {
        !self.is_about_token()
            && matches!(
                self.reason,
                Some(
                    Reason::Locked
                        | Reason::Cancelled
                        | Reason::Replaced
                        | Reason::Revoked
                        | Reason::OtherDevice
                )
            )
    }

    /// Whether the issuer knows of nothing that a notice could be about: the device is off the card already, or the
    /// card was never there. Any other refusal may pass, as when the phone's clock is wrong for a while.
    pub(crate) fn leaves_nothing_to_tell(&self) -> bool {
        let unknown_grant = self.error == TokenErrorCode::InvalidGrant.as_str();
        match self.reason {
            _ if self.is_about_notification_id() => true,
            Some(Reason::Revoked | Reason::OtherDevice) => !self.is_about_token(),
            Some(Reason::Unknown) => unknown_grant,
            _ => false,
        }
    }

    /// Whether it is the notification id that was refused: it is unknown, or not known under this access token, as
    /// when a later token of the same slip was drawn meanwhile.
    pub(crate) fn is_about_notification_id(&self) -> bool {
        self.error == NotificationErrorCode::InvalidNotificationId.as_str()
    }

    /// Whether the issuer says that this device no longer holds the card.
    pub(crate) fn says_revoked(&self) -> bool {
        self.reason == Some(Reason::Revoked) && !self.is_about_token()
    }

    /// Whether it is the access token that was refused. Whatever the reason, that says nothing of the slip or of the
    /// device key, to which the slip may be bound already: only another token is needed.
    pub(crate) fn is_about_token(&self) -> bool {
        self.error == CredentialErrorCode::InvalidToken.as_str()
    }
}

/// What came over the wire goes to terminals and pages: one line, without control characters, not endless.
fn plain(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    line.filter(|c| !c.is_control()).take(500).collect()
}

impl fmt::Display for IssuerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the issuer's {} refuses with {}", self.endpoint, self.error)?;
        if let Some(reason) = &self.reason {
            write!(f, " ({reason})")?;
        }
        match self.tries_left {
            Some(1) => write!(f, ", 1 try is left"),
            Some(tries) => write!(f, ", {tries} tries are left"),
            None => Ok(()),
        }
    }
}

/// Why an exchange with an issuer brought nothing. Messages complete "cannot …: …".
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// There was no answer.
    #[error("no answer from the {endpoint}: {error}")]
    NoAnswer {
        /// Whose.
        endpoint: Endpoint,
        /// Why.
        error: TransportError,
    },
    /// The issuer is overloaded or out of order; it does not say no.
    #[error("the {endpoint} is out of order for now (status {status})")]
    TryAgain {
        /// Which.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
        /// How long the issuer asks to wait.
        after: Option<Duration>,
    },
    /// The issuer says no.
    #[error("{0}")]
    Refused(Box<IssuerRefusal>),
    /// The answer is not what the standard says.
    #[error("the answer of the {endpoint} makes no sense: {what}")]
    Unreadable {
        /// Whose.
        endpoint: Endpoint,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The device key did not sign.
    #[error("the device key did not sign: {0}")]
    Key(#[from] StoreError),
}

impl ExchangeError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::NoAnswer { error, .. } if error.may_pass() => "cannot_reach",
            Self::NoAnswer { error, .. } => error.reason(),
            Self::TryAgain { .. } => "try_again",
            Self::Refused(refusal) => &refusal.error,
            Self::Unreadable { .. } => "unreadable_answer",
            Self::Key(error) => error.reason(),
        }
    }

    /// What the issuer said, if it said no.
    pub fn refusal(&self) -> Option<&IssuerRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::NoAnswer { .. } | Self::TryAgain { .. } | Self::Unreadable { .. } | Self::Key(_) => None,
        }
    }

    /// Whether it is worth trying again later as it is.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer { error, .. } => error.may_pass(),
            Self::TryAgain { .. } => true,
            Self::Refused(_) | Self::Unreadable { .. } | Self::Key(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> IssuerRefusal {
        IssuerRefusal::read(Endpoint::Token, 400, json.as_bytes()).unwrap()
    }

    #[test]
    fn both_ways_of_saying_wrong_code_are_understood() {
        for json in [
            r#"{"error":"invalid_grant","reason":"wrong_code","tries_left":4}"#,
            r#"{"error":"invalid_tx_code","tries_left":4}"#,
        ] {
            let refusal = read(json);
            assert_eq!(refusal.reason, Some(Reason::WrongCode), "{json}");
            assert_eq!(refusal.tries_left, Some(4));
            assert!(!refusal.is_final());
        }
        assert_eq!(read(r#"{"error":"invalid_grant"}"#).reason, None);
        assert!(read(r#"{"error":"invalid_grant","reason":"locked"}"#).is_final());
        for reason in Reason::KNOWN {
            let refusal = read(&format!(r#"{{"error":"invalid_token","reason":"{reason}"}}"#));
            assert!(!refusal.is_final(), "{reason}");
        }
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal() {
        let refusal = read(r#"{"error":"x\u001b[31m","message_pl":"a\nb\u0007"}"#);
        assert_eq!((refusal.error.as_str(), refusal.message_pl.as_deref()), ("x[31m", Some("a b")));
    }

    #[test]
    fn a_proxys_page_is_no_refusal() {
        assert_eq!(IssuerRefusal::read(Endpoint::Token, 400, b"<html>"), None);
    }
}
