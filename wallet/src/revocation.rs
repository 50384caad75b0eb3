//! The revocation list: fetched where the certificate says, believed if the authority that signed the certificate
//! signed it too. Its date raises the phone's trusted time, and its number is remembered: a list that is older than one
//! seen before says who is revoked, but no longer who is not.

use jiff::Timestamp;
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::crl::{CrlFault, Revocation, RevocationStatus, UnverifiedCrl, VerifiedCrl};
use url::Url;

use crate::acquire::event::{Event, Step};
use crate::acquire::exchange::{Call, Line};
use crate::acquire::failure::{Endpoint, ExchangeError};
use crate::documents::{AuthenticatedTime, AuthorityId, SeenList, StoreError};
use crate::online::OnlinePhone;
use crate::transport::{Channel, Request};

/// The largest list that is read, in bytes: some 200 000 entries.
pub const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;

/// What the list says about one certificate.
#[derive(Debug)]
pub enum ListVerdict {
    /// The certificate is not on the list, which is current.
    Good,
    /// It is on the list.
    Revoked(Revocation),
    /// It is not on the list, but there should be a newer one by now, or this phone has even seen one.
    Stale {
        /// When the newer one was due, or was made.
        next_update: Timestamp,
    },
    /// There is no list to be had.
    Unreachable(ExchangeError),
    /// There is a list, but not one to be believed.
    Untrustworthy(CrlFault),
}

impl ListVerdict {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked(_) => "revoked",
            Self::Stale { .. } => "stale",
            Self::Unreachable(_) => "unreachable",
            Self::Untrustworthy(_) => "untrustworthy",
        }
    }
}

/// A verdict, with the list that it rests on.
pub(crate) struct Consultation {
    pub(crate) verdict: ListVerdict,
    pub(crate) list: Option<VerifiedCrl>,
}

impl OnlinePhone {
    /// Consults the list that `leaf` points to, which `authority` must have signed.
    pub(crate) async fn consult_list(
        &self,
        line: &Line<'_>,
        leaf: &DeviceCertificate,
        authority: &CaCertificate,
    ) -> Result<Consultation, StoreError> {
        line.began(Step::RevocationList);
        let list = match fetch_list(line, leaf.crl_url(), authority).await {
            Ok(list) => list,
            Err(verdict) => {
                line.tell(Event::ListNotConsulted);
                return Ok(Consultation { verdict, list: None });
            }
        };
        let signed = AuthenticatedTime::from(&list);
        let (signer, found) = (AuthorityId::of_list(authority, &list), SeenList::from(&list));
        let (floor, latest) = self
            .with_phone(move |phone| {
                let documents = phone.documents();
                Ok::<_, StoreError>((documents.learn_time(signed)?, documents.see_list(&signer, found)?))
            })
            .await?;
        let verdict = match list.status_at(leaf.serial(), floor.at_least(self.now())) {
            RevocationStatus::Revoked(revocation) => {
                line.tell(Event::Listed(revocation));
                ListVerdict::Revoked(revocation)
            }
            _ if found < latest => {
                line.tell(Event::ListStale);
                ListVerdict::Stale { next_update: latest.this_update }
            }
            RevocationStatus::Good => ListVerdict::Good,
            RevocationStatus::Stale { next_update } => {
                line.tell(Event::ListStale);
                ListVerdict::Stale { next_update }
            }
            // The floor is at the list's date by now.
            RevocationStatus::FromTheFuture { .. } => ListVerdict::Good,
        };
        Ok(Consultation { verdict, list: Some(list) })
    }
}

/// The list at `point`, signed by `authority`, for certificates that name that point.
pub(crate) async fn fetch_list(
    line: &Line<'_>,
    point: &str,
    authority: &CaCertificate,
) -> Result<VerifiedCrl, ListVerdict> {
    let endpoint = Endpoint::RevocationList;
    let url: Url = point.parse().map_err(|_| {
        ListVerdict::Unreachable(ExchangeError::Unreadable { endpoint, what: "it is at no address" })
    })?;
    let request = Request { channel: Channel::SignedContent, ..Request::get(url, MAX_LIST_BYTES) };
    let response = line.ask(&Call::open(endpoint, request)).await.map_err(ListVerdict::Unreachable)?;
    UnverifiedCrl::parse(&response.body)
        .and_then(|list| list.verify_for(authority, point))
        .map_err(ListVerdict::Untrustworthy)
}
