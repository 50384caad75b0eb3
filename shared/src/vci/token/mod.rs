//! Code for access token, and renewal (OpenID4VCI 1.0 §6, RFC 6749 §5 and §6).

mod request;
mod response;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::secret::Secret;

pub use request::{HolderProof, MAX_TOKEN_REQUEST_LENGTH, TokenRequest, TokenRequestError};
pub use response::{AuthorizationDetail, TokenResponse};

/// How an access token is presented; read without regard to case (RFC 6749 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Whoever holds it may use it (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449).
    Dpop,
}

impl TokenType {
    /// The name, which is the scheme of the `Authorization` header too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// Reads a name, whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Bearer, Self::Dpop].into_iter().find(|kind| name.eq_ignore_ascii_case(kind.as_str()))
    }

    /// Takes an `Authorization` header apart into scheme and token.
    pub fn from_authorization(header: &str) -> Option<(Self, Secret)> {
        let (scheme, token) = header.split_once(' ')?;
        let token = token.trim_matches(' ');
        let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        Self::parse(scheme).filter(|_| plain).map(|kind| (kind, Secret::new(token)))
    }

    /// The `Authorization` header for `token`.
    pub fn authorization(self, token: &Secret) -> Secret {
        Secret::new(format!("{} {}", self.as_str(), token.expose()))
    }
}

impl Serialize for TokenType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TokenType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom("token type is neither Bearer nor DPoP"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn authorization_headers_are_taken_apart() {
        let token = Secret::new("czZCaGRSa3F0Mzpn");
        assert_eq!(TokenType::Dpop.authorization(&token).expose(), "DPoP czZCaGRSa3F0Mzpn");
        for (header, kind) in
            [("BEARER czZCaGRSa3F0Mzpn", TokenType::Bearer), ("dpop   czZCaGRSa3F0Mzpn", TokenType::Dpop)]
        {
            assert_eq!(TokenType::from_authorization(header), Some((kind, token.clone())));
        }
        for wrong in ["", "Bearer", "Bearer ", "Basic czZC", "Bearer a b", "Bearer \u{17c}"] {
            assert_eq!(TokenType::from_authorization(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(header in any::<String>()) {
            let _ = TokenType::from_authorization(&header);
        }
    }
}
