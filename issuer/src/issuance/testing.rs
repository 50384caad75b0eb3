//! Issuance in a folder of its own, for tests.

use std::path::Path;
use std::sync::Arc;

use shared::clock::ManualClock;
use shared::entropy::Entropy;

use super::keys::Keys;
use super::{Addresses, Issuance};
use crate::authority::{Authority, PkiUrls};
use crate::store::{Location, Store};

/// Where every issuer of these tests is.
pub(crate) const BASE: &str = "http://127.0.0.1:1";

/// Issuance by `authority` with its books in `folder`.
pub(crate) async fn issuance(
    folder: &Path,
    authority: Authority,
    clock: &Arc<ManualClock>,
    entropy: Arc<dyn Entropy>,
) -> Issuance {
    let pki = PkiUrls::new(&format!("{BASE}/pki/crl/x.crl"), &format!("{BASE}/pki/ca/x.cer"), None);
    Issuance {
        store: Store::open(&Location::Sqlite(folder.join("issuer.db"))).await.unwrap(),
        authority: Arc::new(authority),
        keys: Arc::new(Keys::derive(&[3; 32])),
        clock: clock.clone(),
        entropy,
        addresses: Arc::new(Addresses { issuer: BASE.into(), pki: pki.unwrap() }),
        list_turn: Arc::default(),
        intent_first: false,
    }
}
