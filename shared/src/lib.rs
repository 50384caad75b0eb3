//! What the issuer and the wallet of mLegitymacja both speak.
//!
//! Pure: no sockets, no storage, no clock reads. The modules stand in the order of a card's life.

pub mod age_limit;
pub mod card;
pub mod card_data;
pub mod device;
pub mod pesel;
pub mod school_id;
pub mod validity;

pub mod activation_code;
pub mod photo_rule;
pub mod qr;
pub mod typed_code;
pub mod vci;

pub mod jose;
pub mod x509;

pub mod status;

pub mod card_claims;
pub mod holder_code;
pub mod sd_jwt;

pub mod presentation;
pub mod vp;

pub mod clock;
pub mod entropy;
pub mod secret;

pub mod assets;
#[cfg(feature = "words")]
pub mod words;

#[cfg(test)]
mod fuzz_corpus_tests;
