//! Status lists as a verifier with a network keeps them: fetched when asked about, and again when they say so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::presentation::revocation::{RevocationData, Standing, StatusLists};
use shared::status::{StatusReference, token};
use shared::x509::chain::TrustAnchor;
use url::Url;

use super::check::CLOCKS_DIFFER;
use crate::transport::{Channel, Request, Transport};

/// Who has a network need not go by a list that is older, whatever it allows: a card that was revoked just now is caught.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

/// The lists, and the way to new ones.
pub struct FetchedLists {
    transport: Arc<dyn Transport>,
    kept: Mutex<StatusLists>,
}

impl FetchedLists {
    /// No lists yet; they are fetched through `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, kept: Mutex::default() }
    }

    /// Fetches the list at `reference` if it is due. A list that cannot be had or believed leaves what is known as it is.
    ///
    /// Only for references out of credentials whose issuer was verified: nobody else may send us anywhere.
    pub async fn refresh(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) {
        if self.is_current(reference, root, now) {
            return;
        }
        let Ok(url) = reference.uri.parse::<Url>() else { return };
        let request = Request { channel: Channel::SignedContent, ..Request::get(url, token::MAX_LENGTH) };
        let Ok(response) = self.transport.send(request).await else {
            tracing::warn!(reason = "unreachable", "a status list cannot be fetched");
            return;
        };
        let text = std::str::from_utf8(&response.body).ok().filter(|_| response.is_success());
        let taken = text.map(|text| self.kept().take(text, std::slice::from_ref(root), now));
        if !matches!(taken, Some(Ok(_))) {
            tracing::warn!(reason = "untrustworthy", "a status list is not believed");
        }
    }

    /// Whether the list below this very root is of the last minute. One that is dated well in the future is not: by a
    /// clock that stands so far back, it would stay current until the clock has caught up.
    fn is_current(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) -> bool {
        let kept = self.kept();
        let Some(list) = kept.list(&reference.uri, root) else { return false };
        let issued = list.issued_at();
        let until = issued.saturating_add(FRESH).unwrap_or(Timestamp::MAX).min(list.fetch_again_at());
        let fresh = issued.duration_since(now) <= CLOCKS_DIFFER && now < until;
        fresh && kept.standing(reference, root, now) != Standing::Unknown
    }

    fn kept(&self) -> MutexGuard<'_, StatusLists> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationData for FetchedLists {
    fn standing(&self, reference: &StatusReference, root: &TrustAnchor, now: Timestamp) -> Standing {
        self.kept().standing(reference, root, now)
    }

    fn latest_signed(&self) -> Option<Timestamp> {
        self.kept().latest_signed()
    }
}
