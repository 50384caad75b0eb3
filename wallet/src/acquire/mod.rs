//! From a slip of paper to a verified card: OpenID4VCI 1.0, pre-authorized code flow.
//!
//! ```text
//! picture ──scan──► OfferSource ──open_offer──► OpenedOffer ──activate(code)──► Activated
//! ```
//!
//! 1. [`consent`] the owner has accepted the terms
//! 2. [`scan`], [`offer`] a picture, a link or a typed code becomes the offer
//! 3. [`metadata`] the issuer says who it is; it must be one that the phone trusts, before any code is asked for
//! 4. `token` the activation code is exchanged, bound to the device key by DPoP
//! 5. `nonce`, `proof` the device key answers the issuer's challenge
//! 6. `credential` the card comes, and everything about it is verified before it is kept
//! 7. [`notification`] the issuer is told
//! 8. [`copies`] for selective disclosure come, where the issuer gives any
//!
//! Every step may be repeated. The device key is kept together with the offer before anything is asked, so that after
//! a lost reply or a kill the same slip meets the same key, and the issuer delivers the same card again. The refresh
//! token is kept before the card is asked for, so that a card that is bound to the key comes even if the slip has run
//! out.

pub mod activation;
pub mod consent;
pub mod copies;
pub mod event;
pub mod failure;
pub mod metadata;
pub mod notification;
pub mod offer;
pub mod opened;
pub mod refusal;
pub mod scan;

pub(crate) mod challenge;
pub(crate) mod credential;
pub(crate) mod delivery;
pub(crate) mod exchange;
pub(crate) mod nonce;
pub(crate) mod placement;
pub(crate) mod proof;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod token;

pub use activation::Activated;
pub use opened::OpenedOffer;
pub use refusal::ActivateError;
