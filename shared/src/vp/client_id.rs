//! Who asks: the client identifier with its prefix (OpenID4VP 1.0 §5.9).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::jose::{base64url, from_base64url};
use crate::vci::uri::{HttpUrl, UrlPolicy};

/// The longest client identifier, in bytes.
pub const MAX_CLIENT_ID_LENGTH: usize = 2048;

/// A verifier's identifier, of one of the three kinds that this project knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ClientId {
    /// `redirect_uri:…`: whoever receives at this address. Nothing is signed, nobody vouches.
    RedirectUri(String),
    /// `x509_san_dns:…`: whoever has a certificate with this DNS name.
    X509SanDns(String),
    /// `x509_hash:…`: whoever has the certificate with this SHA-256 over its DER.
    X509Hash([u8; 32]),
}

impl ClientId {
    /// Reads an identifier with its prefix.
    ///
    /// # Errors
    /// See [`ClientIdError`].
    pub fn parse(text: &str) -> Result<Self, ClientIdError> {
        if text.len() > MAX_CLIENT_ID_LENGTH {
            return Err(ClientIdError::TooLong);
        }
        let (prefix, original) = text.split_once(':').ok_or(ClientIdError::UnknownPrefix)?;
        match prefix {
            "redirect_uri" => {
                HttpUrl::parse(original, UrlPolicy::default()).map_err(|_| ClientIdError::Malformed)?;
                Ok(Self::RedirectUri(original.to_owned()))
            }
            "x509_san_dns" if is_dns_name(original) => Ok(Self::X509SanDns(original.to_owned())),
            "x509_hash" => {
                let hash = from_base64url(original).and_then(|bytes| bytes.try_into().ok());
                hash.map(Self::X509Hash).ok_or(ClientIdError::Malformed)
            }
            "x509_san_dns" => Err(ClientIdError::Malformed),
            _ => Err(ClientIdError::UnknownPrefix),
        }
    }

    /// Whether requests under this identifier must be signed; those of the other kind must not be (§5.9.3).
    pub fn is_signed(&self) -> bool {
        !matches!(self, Self::RedirectUri(_))
    }
}

/// A name as certificates have it: labels of letters, digits and hyphens; `localhost` for a desk.
pub(super) fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// The whole identifier, prefix included: what `client_id` says, and what a key binding's `aud` must be.
impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RedirectUri(address) => write!(f, "redirect_uri:{address}"),
            Self::X509SanDns(name) => write!(f, "x509_san_dns:{name}"),
            Self::X509Hash(hash) => write!(f, "x509_hash:{}", base64url(hash)),
        }
    }
}

/// The path of a response address may be a secret of the session; host and kind are not.
impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RedirectUri(_) => f.write_str("ClientId(redirect_uri:…)"),
            other => write!(f, "ClientId({other})"),
        }
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Messages complete "cannot accept client identifier: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientIdError {
    /// Longer than [`MAX_CLIENT_ID_LENGTH`].
    #[error("it is too long")]
    TooLong,
    /// No prefix, or one of which this project knows nothing; §5.9.2: such a request is refused.
    #[error("its prefix is not known")]
    UnknownPrefix,
    /// Not what its prefix says.
    #[error("it is not what its prefix says")]
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds_are_read_and_written_as_they_came() {
        for (text, signed) in [
            ("redirect_uri:https://client.example.org/cb", false),
            ("redirect_uri:http://127.0.0.1:9000/response/abc", false),
            ("x509_san_dns:client.example.org", true),
            ("x509_san_dns:localhost", true),
            ("x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk", true),
        ] {
            let id = ClientId::parse(text).unwrap();
            assert_eq!((id.to_string().as_str(), id.is_signed()), (text, signed));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("x509_san_dns:{}", "a.".repeat(2000));
        let cases = [
            ("client.example.org", ClientIdError::UnknownPrefix),
            ("https://client.example.org", ClientIdError::UnknownPrefix),
            ("X509_san_dns:client.example.org", ClientIdError::UnknownPrefix),
            ("decentralized_identifier:did:example:123", ClientIdError::UnknownPrefix),
            ("redirect_uri:http://client.example.org/cb", ClientIdError::Malformed),
            ("redirect_uri:", ClientIdError::Malformed),
            ("x509_san_dns:*.example.org", ClientIdError::Malformed),
            ("x509_san_dns:", ClientIdError::Malformed),
            ("x509_san_dns:a..b", ClientIdError::Malformed),
            ("x509_hash:Uvo3", ClientIdError::Malformed),
            ("x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk=", ClientIdError::Malformed),
            (long.as_str(), ClientIdError::TooLong),
        ];
        for (text, reason) in cases {
            assert_eq!(ClientId::parse(text), Err(reason), "{text}");
        }
    }
}
