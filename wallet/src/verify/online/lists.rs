//! Status lists as a verifier with a network keeps them: fetched when asked about, and again when they say so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use shared::presentation::revocation::{RevocationData, Standing};
use shared::status::StatusReference;
use shared::status::token::{self, CopyStatus, UnverifiedStatusToken, VerifiedStatusList};
use shared::x509::chain::TrustAnchor;
use url::Url;

use crate::transport::{Channel, Request, Transport};

/// The most lists that are kept at a time.
const MAX_LISTS: usize = 64;

/// Lists by address, and by the fingerprint of the root whose word they are.
type Kept = HashMap<(String, [u8; 32]), VerifiedStatusList>;

/// The lists.
pub struct StatusLists {
    transport: Arc<dyn Transport>,
    kept: Mutex<Kept>,
}

impl StatusLists {
    /// No lists yet; they are fetched through `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, kept: Mutex::default() }
    }

    /// Fetches the list at `reference` if it is due. A list that cannot be had or believed leaves what is known as it is.
    pub async fn refresh(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) {
        let name = name(reference, root);
        let current = self.kept().get(&name).is_some_and(|list| now < list.fetch_again_at());
        if current {
            return;
        }
        let Ok(url) = reference.uri().parse::<Url>() else { return };
        let request = Request { channel: Channel::SignedContent, ..Request::get(url, token::MAX_LENGTH) };
        let Ok(response) = self.transport.send(request).await else {
            tracing::warn!(reason = "unreachable", "a status list cannot be fetched");
            return;
        };
        let text = std::str::from_utf8(&response.body).ok().filter(|_| response.is_success());
        let verified = text
            .and_then(|text| UnverifiedStatusToken::parse(text).ok())
            .and_then(|list| list.verify(std::slice::from_ref(root), now).ok())
            .filter(|list| list.uri() == reference.uri());
        let Some(list) = verified else {
            tracing::warn!(reason = "untrustworthy", "a status list is not believed");
            return;
        };
        let mut kept = self.kept();
        // A list that is older than the one that is kept says who was revoked before, and we knew that.
        if kept.get(&name).is_none_or(|known| known.issued_at() <= list.issued_at()) {
            if kept.len() >= MAX_LISTS && !kept.contains_key(&name) {
                kept.clear();
            }
            kept.insert(name, list);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(reference: &StatusReference, root: &TrustAnchor) -> (String, [u8; 32]) {
    (reference.uri().to_owned(), *root.certificate().fingerprint().as_bytes())
}

impl RevocationData for StatusLists {
    fn standing(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) -> Standing {
        let kept = self.kept();
        let Some(list) = kept.get(&name(reference, root)) else { return Standing::Unknown };
        let as_of = list.issued_at();
        let place = token::StatusReference { idx: reference.index().into(), uri: reference.uri().to_owned() };
        // A clock that is a little slow must not take a list of this minute for none.
        match list.status_at(&place, now.max(as_of)) {
            CopyStatus::Good => Standing::Good { as_of, until: list.expires_at() },
            // Suspension is nothing that our issuers do; whatever it means elsewhere, it is not valid.
            CopyStatus::Revoked | CopyStatus::Suspended => Standing::Revoked { since: as_of, exact: false },
            CopyStatus::Stale { .. } => Standing::Outdated { as_of },
            CopyStatus::FromTheFuture { .. } | CopyStatus::NotOnList | CopyStatus::AnotherList => {
                Standing::Unknown
            }
        }
    }

    fn latest_signed(&self) -> Option<Timestamp> {
        self.kept().values().map(VerifiedStatusList::issued_at).max()
    }
}
