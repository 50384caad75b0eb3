//! The messages of OpenID4VCI 1.0 (pre-authorized code flow), in the order in which wallet and issuer exchange them.
//!
//! Unknown members are ignored, wrong types refused; bearer secrets are [`crate::secret::Secret`]s.
//!
//! - [`uri`] which addresses may be spoken to at all, and the issuer's identifier
//! - [`offer_uri`] the text of the QR code
//! - [`offer`] what it leads to: the credential offer
//! - [`requirements`] what the offer asks of the phone (extension)
//! - [`typed_code`] the way to the offer without a camera (extension)
//! - [`metadata`] what the issuer and its authorization server say of themselves
//! - [`sign_in`] who holds a phone for pupils (extension)
//! - [`token`] code for access token
//! - [`nonce`] the challenge
//! - [`proof`] the device key's answer to it
//! - [`credential`] the request and the card
//! - [`notification`] what became of it
//! - [`error`] and every way to say no
//! - [`json`] how each of them is read

pub mod credential;
pub mod error;
pub mod json;
pub mod metadata;
pub mod nonce;
pub mod notification;
pub mod offer;
pub mod offer_uri;
pub mod proof;
pub mod requirements;
pub mod sign_in;
pub mod token;
pub mod typed_code;
pub mod uri;

/// The configuration of the mobile card whose credential is an X.509 device certificate.
pub const CONFIGURATION_X509: &str = "mlegitymacja_x509";

/// That configuration's credential format; private, see [`credential::X509Credential`].
pub const FORMAT_X509: &str = "vnd.mleg.x509+json";

/// The configuration of the mobile card as SD-JWT VC; its format is [`DC_SD_JWT`](crate::sd_jwt::DC_SD_JWT).
pub const CONFIGURATION_SD_JWT: &str = "mlegitymacja_sd_jwt";

/// The configuration of the statements for the [holder's code](crate::holder_code), one for each purpose.
pub const CONFIGURATION_CODE: &str = "mlegitymacja_code";

/// That configuration's credential format; private: an object with base64url of a CWT for each purpose.
pub const FORMAT_CODE: &str = "vnd.mleg.code+cwt";

/// The most copies of a card that one request gives: one for each key that it proves.
pub const MAX_BATCH: usize = 10;

/// Grant type of the pre-authorized code flow (OpenID4VCI 1.0 §4.1.1).
pub const GRANT_PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// Grant type of a sign-in in the browser (RFC 6749 §4.1.3).
pub const GRANT_AUTHORIZATION_CODE: &str = "authorization_code";

/// Grant type of renewal (RFC 6749 §6).
pub const GRANT_REFRESH_TOKEN: &str = "refresh_token";
