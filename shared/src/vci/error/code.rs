//! The codes, one list per endpoint, each with the HTTP status that its standard gives it.

use std::fmt;

/// A code of one endpoint.
pub trait ErrorCode: Copy + fmt::Debug + Eq + 'static {
    /// Every code of this endpoint.
    const ALL: &'static [Self];

    /// The code as it stands in `error`.
    fn as_str(self) -> &'static str;

    /// The HTTP status that goes with it.
    fn status(self) -> u16;

    /// Reads a code; `None` for one that this endpoint does not have.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

/// An error that knows the code that its endpoint answers with.
pub trait Coded {
    /// The endpoint's codes.
    type Code: ErrorCode;

    /// This error's code.
    fn code(&self) -> Self::Code;
}

macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// Of the offer's address. Unknown and used up look alike to those who guess: the body's `reason` tells more only
    /// to who holds a real offer.
    OfferErrorCode {
        /// No such offer, or none any more.
        OfferNotFound = "offer_not_found", 404;
        /// The offer was real; its reason says why it opens nothing.
        OfferNotUsable = "offer_not_usable", 410;
        /// Too many requests.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the lookup of typed codes.
    TypedCodeErrorCode {
        /// The body is not the expected JSON, or the code's check character is wrong.
        InvalidRequest = "invalid_request", 400;
        /// No such code.
        UnknownCode = "unknown_code", 404;
        /// The code was real; its reason says why it opens nothing.
        CodeNotUsable = "code_not_usable", 410;
        /// Too many wrong codes came from there, or from all wallets together.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the token endpoint (RFC 6749 §5.2, OpenID4VCI 1.0 §6.3, RFC 9449 §5 and §8).
    TokenErrorCode {
        /// A parameter is missing, repeated or malformed; a transaction code is missing or unexpected.
        InvalidRequest = "invalid_request", 400;
        /// Client authentication failed, or an anonymous client is not welcome.
        InvalidClient = "invalid_client", 401;
        /// The pre-authorized code, the transaction code or the refresh token is wrong or no longer valid.
        InvalidGrant = "invalid_grant", 400;
        /// This client may not use this grant type.
        UnauthorizedClient = "unauthorized_client", 400;
        /// The grant type is not supported.
        UnsupportedGrantType = "unsupported_grant_type", 400;
        /// The scope is not one that can be had.
        InvalidScope = "invalid_scope", 400;
        /// The transaction code is wrong (draft of version 1.1).
        InvalidTxCode = "invalid_tx_code", 400;
        /// The DPoP proof is missing or wrong.
        InvalidDpopProof = "invalid_dpop_proof", 400;
        /// The DPoP proof must repeat the nonce of the answer's `DPoP-Nonce` header.
        UseDpopNonce = "use_dpop_nonce", 400;
        /// Too many requests.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the nonce endpoint, which has nothing of its own to refuse.
    NonceErrorCode {
        /// Too many requests.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the credential endpoint (OpenID4VCI 1.0 §8.3.1), with those of its access token (RFC 6750 §3.1, RFC 9449 §7.1).
    CredentialErrorCode {
        /// The request is malformed.
        InvalidCredentialRequest = "invalid_credential_request", 400;
        /// There is no such configuration.
        UnknownCredentialConfiguration = "unknown_credential_configuration", 400;
        /// There is no such credential.
        UnknownCredentialIdentifier = "unknown_credential_identifier", 400;
        /// The key proof is missing or wrong, or lacks a nonce.
        InvalidProof = "invalid_proof", 400;
        /// The key proof's nonce is wrong, too old or spent: fetch a new one.
        InvalidNonce = "invalid_nonce", 400;
        /// Encryption was asked for in a way that cannot be honoured.
        InvalidEncryptionParameters = "invalid_encryption_parameters", 400;
        /// There will be no credential, however often it is asked for.
        CredentialRequestDenied = "credential_request_denied", 400;
        /// The access token is missing, wrong or no longer valid.
        InvalidToken = "invalid_token", 401;
        /// The access token does not reach this far.
        InsufficientScope = "insufficient_scope", 403;
        /// The DPoP proof is missing or wrong.
        InvalidDpopProof = "invalid_dpop_proof", 401;
        /// The DPoP proof must repeat the nonce of the answer's `DPoP-Nonce` header.
        UseDpopNonce = "use_dpop_nonce", 401;
        /// Too many requests.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the notification endpoint (OpenID4VCI 1.0 §11.3), with those of its access token.
    NotificationErrorCode {
        /// The `notification_id` is not one that this token may speak of.
        InvalidNotificationId = "invalid_notification_id", 400;
        /// The request is malformed.
        InvalidNotificationRequest = "invalid_notification_request", 400;
        /// The access token is missing, wrong or no longer valid.
        InvalidToken = "invalid_token", 401;
        /// The access token does not reach this far.
        InsufficientScope = "insufficient_scope", 403;
        /// The DPoP proof is missing or wrong.
        InvalidDpopProof = "invalid_dpop_proof", 401;
        /// The DPoP proof must repeat the nonce of the answer's `DPoP-Nonce` header.
        UseDpopNonce = "use_dpop_nonce", 401;
        /// Too many requests.
        RateLimited = "rate_limited", 429;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of any address, before an endpoint is reached or where none is.
    AnywhereErrorCode {
        /// Nothing is there.
        NotFound = "not_found", 404;
        /// Not with this method: `Allow` names those that there are.
        MethodNotAllowed = "method_not_allowed", 405;
        /// The body did not arrive in time.
        RequestTimeout = "request_timeout", 408;
        /// The body is too large.
        BodyTooLarge = "body_too_large", 413;
        /// The body is of a kind that is not taken there.
        MediaTypeUnsupported = "media_type_unsupported", 415;
        /// Address and headers are too large, or too many.
        HeadersTooLarge = "headers_too_large", 431;
        /// Ours.
        ServerError = "server_error", 500;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

codes! {
    /// Of the endpoint that says who is signed in: those of its access token (RFC 6750 §3.1, RFC 9449 §7.1).
    HolderErrorCode {
        /// The access token is missing, wrong or no longer valid.
        InvalidToken = "invalid_token", 401;
        /// The DPoP proof is missing or wrong.
        InvalidDpopProof = "invalid_dpop_proof", 401;
        /// Ours, and soon over.
        TemporarilyUnavailable = "temporarily_unavailable", 503;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back<C: ErrorCode>() {
        for code in C::ALL {
            assert_eq!(C::parse(code.as_str()), Some(*code));
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
        assert_eq!(C::parse("no_such_code"), None);
        let mut texts: Vec<_> = C::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), C::ALL.len());
    }

    #[test]
    fn every_code_is_read_back_and_names_a_refusal() {
        read_back::<OfferErrorCode>();
        read_back::<TypedCodeErrorCode>();
        read_back::<TokenErrorCode>();
        read_back::<NonceErrorCode>();
        read_back::<CredentialErrorCode>();
        read_back::<NotificationErrorCode>();
        read_back::<HolderErrorCode>();
        read_back::<AnywhereErrorCode>();
    }

    #[test]
    fn the_standards_codes_are_all_there() {
        let credential = [
            "invalid_credential_request",
            "unknown_credential_configuration",
            "unknown_credential_identifier",
            "invalid_proof",
            "invalid_nonce",
            "invalid_encryption_parameters",
            "credential_request_denied",
        ];
        for text in credential {
            assert_eq!(CredentialErrorCode::parse(text).map(ErrorCode::status), Some(400), "{text}");
        }
        for text in [
            "invalid_request",
            "invalid_grant",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
        ] {
            assert_eq!(TokenErrorCode::parse(text).map(ErrorCode::status), Some(400), "{text}");
        }
        for text in ["invalid_notification_id", "invalid_notification_request"] {
            assert_eq!(NotificationErrorCode::parse(text).map(ErrorCode::status), Some(400), "{text}");
        }
    }
}
