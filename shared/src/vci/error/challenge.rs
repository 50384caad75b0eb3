//! The `WWW-Authenticate` header that goes with 401 and 403 (RFC 6750 §3, RFC 9449 §7.1).

use super::body::ErrorBody;
use crate::jose::jws::ES256;
use crate::vci::token::TokenType;

/// The header for a refused access token.
///
/// `presented` says how the request tried to authenticate; without any attempt the header carries no error (RFC 6750
/// §3.1), so `error` is `None` then.
pub fn www_authenticate(presented: TokenType, error: Option<&ErrorBody>) -> String {
    let mut parameters = Vec::new();
    if presented == TokenType::Dpop {
        parameters.push(format!(r#"algs="{ES256}""#));
    }
    if let Some(body) = error {
        parameters.push(format!(r#"error="{}""#, body.error));
        if let Some(description) = &body.error_description {
            parameters.push(format!(r#"error_description="{description}""#));
        }
    }
    let scheme = presented.as_str();
    if parameters.is_empty() { scheme.to_owned() } else { format!("{scheme} {}", parameters.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vci::error::CredentialErrorCode;

    #[test]
    fn challenges_name_scheme_and_error() {
        let body = ErrorBody::new(CredentialErrorCode::InvalidToken).with_description("token is \"old\"");
        let cases = [
            (TokenType::Bearer, None, "Bearer"),
            (
                TokenType::Bearer,
                Some(&body),
                r#"Bearer error="invalid_token", error_description="token is 'old'""#,
            ),
            (TokenType::Dpop, None, r#"DPoP algs="ES256""#),
            (
                TokenType::Dpop,
                Some(&body),
                r#"DPoP algs="ES256", error="invalid_token", error_description="token is 'old'""#,
            ),
        ];
        for (scheme, error, expected) in cases {
            assert_eq!(www_authenticate(scheme, error), expected);
        }
    }
}
