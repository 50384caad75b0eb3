//! What the issuer says over HTTP. Nothing is decided here: requests are read, decisions asked, answers written.

pub mod front;
pub mod own_host;
pub mod router;
pub mod staff_api;

pub mod failure;
mod openapi_page;

mod credential;
mod dpop;
mod health;
mod junior;
pub(crate) mod limits;
mod messages;
mod metadata;
pub mod metrics;
mod nonce;
mod notification;
mod ocsp;
mod offer;
mod reply;
mod revocation;
pub mod sandbox;
mod status;
mod token;
pub mod told;
mod trust_list;

use std::sync::Arc;

pub(crate) use junior::HOLDER_PATH;
pub(crate) use revocation::{ISSUING_NAME, LIST_NAME, ROOT_PEM_NAME};

use shared::vci::uri::IssuerUrl;

use crate::issuance::Issuance;

/// What every handler can reach.
#[derive(Clone)]
pub struct ServerState {
    /// The decisions.
    pub issuance: Issuance,
    /// What is the same for every request.
    pub wire: Arc<Wire>,
}

/// What is the same for every request.
pub struct Wire {
    /// The credential issuer identifier.
    pub issuer: IssuerUrl,
    metadata: metadata::Documents,
    replays: dpop::Replays,
    guesses: limits::Guesses,
    readiness: health::Readiness,
    /// Whether proofs are held against the issuer's clock. In the sandbox, where that clock is moved under
    /// wallets that cannot know, only nonces and replay guards count.
    pub strict_time: bool,
    /// Whether a wrong activation code is `invalid_tx_code`, as a draft of OpenID4VCI 1.1 has it.
    pub invalid_tx_code: bool,
}

impl Wire {
    /// What an issuer known as `issuer` says.
    pub fn new(issuer: IssuerUrl, strict_time: bool, invalid_tx_code: bool, limits: &front::Limits) -> Self {
        Self {
            metadata: metadata::Documents::of(&issuer),
            issuer,
            replays: dpop::Replays::default(),
            guesses: limits::Guesses::within(limits),
            readiness: health::Readiness::default(),
            strict_time,
            invalid_tx_code,
        }
    }
}
