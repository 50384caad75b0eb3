//! Who asks, what exactly and why; and what the holder agrees to.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::sd_jwt::{ClaimPath, UnverifiedSdJwt};
use shared::vp::certificate::Vouched;
use shared::vp::client_id::ClientId;
use shared::vp::dcql::{Offer, Plan};
use shared::vp::preset::is_sensitive;
use shared::vp::request::object::VerifiedRequest;

use crate::documents::{CardId, ReceiptVerifier};

/// A verified request that this phone can answer. `Debug` and the parts that serialise hold no values of claims.
#[derive(Clone)]
pub struct AskedFor {
    pub(super) request: VerifiedRequest,
    pub(super) plan: Plan,
    /// The copies that the plan's credentials would be shown from, in its order.
    pub(super) copies: Vec<ChosenCopy>,
    pub(super) verifier: Verifier,
}

/// A copy that may be shown.
#[derive(Clone)]
pub(super) struct ChosenCopy {
    pub(super) card: CardId,
    pub(super) configuration: String,
    pub(super) sd_jwt: UnverifiedSdJwt,
    pub(super) fresh: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verifier {
    /// The name to show: from the certificate, or what they call themselves.
    pub name: String,
    /// How they are identified.
    pub kind: VerifierKind,
    /// The full client identifier.
    pub client_id: String,
    /// The DNS names in the certificate.
    pub dns_names: Vec<String>,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub certificate_hash: Option<String>,
    /// The root that vouches for them; none for somebody unknown.
    pub vouched_by: Option<String>,
    /// The host that the answer goes to.
    pub host: String,
}

/// How a verifier is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifierKind {
    /// By an address alone; nobody signed.
    RedirectUri,
    /// By a DNS name in a certificate.
    X509SanDns,
    /// By the certificate itself.
    X509Hash,
}

impl Verifier {
    pub(super) fn of(request: &VerifiedRequest, vouched: Vouched) -> Self {
        let asked = request.request();
        let host = asked.response_uri.as_url().host_str().unwrap_or_default().to_owned();
        let certificate = request.certificate();
        let vouched_by = match vouched {
            Vouched::By { root } => Some(root),
            Vouched::ByNobody => None,
        };
        let kind = match asked.client_id {
            ClientId::RedirectUri(_) => VerifierKind::RedirectUri,
            ClientId::X509SanDns(_) => VerifierKind::X509SanDns,
            ClientId::X509Hash(_) => VerifierKind::X509Hash,
        };
        let certified =
            certificate.map(|certificate| certificate.name().to_owned()).filter(|name| !name.is_empty());
        // What strangers call themselves is shown only where there is nothing better, and never in the place of a host.
        let said = asked.client_metadata.client_name.as_deref().map(plain).filter(|name| !name.is_empty());
        Self {
            name: certified.or(said).unwrap_or_else(|| host.clone()),
            kind,
            client_id: asked.client_id.to_string(),
            dns_names: certificate.map(|certificate| certificate.dns_names().to_vec()).unwrap_or_default(),
            certificate_hash: certificate.map(|certificate| crate::hex_name::digits(&certificate.hash())),
            vouched_by,
            host,
        }
    }

    /// Whether somebody whom this phone trusts vouches for them.
    pub fn is_trusted(&self) -> bool {
        self.vouched_by.is_some()
    }

    pub(super) fn to_receipt(&self) -> ReceiptVerifier {
        ReceiptVerifier {
            name: self.name.clone(),
            client_id: self.client_id.clone(),
            vouched_by: self.vouched_by.clone(),
            host: self.host.clone(),
        }
    }
}

/// A name of reasonable length without characters that could rewrite what stands beside it.
fn plain(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(100).collect::<String>().trim().to_owned()
}

/// One thing that is asked.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AskedItem {
    /// Its name within this request.
    pub id: ItemId,
    /// Where it is in the card: `age_equal_or_over.18`.
    pub claim: String,
    /// Whether the holder can only say yes to it or no to everything.
    pub required: bool,
    /// Whether it is the PESEL, the address, or inside of one.
    pub sensitive: bool,
    /// What they would see.
    #[serde(skip)]
    value: Value,
}

impl AskedItem {
    /// What the verifier would see; personal data.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl fmt::Debug for AskedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskedItem")
            .field("id", &self.id)
            .field("claim", &self.claim)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

/// The place of an item in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ItemId {
    credential: usize,
    claim: usize,
}

/// What a holder should know before they say yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Nobody whom this phone trusts vouches for who asks.
    UnknownVerifier,
    /// The PESEL is asked.
    AsksPesel,
    /// The home address is asked.
    AsksAddress,
    /// No fresh copy is left: who saw this one before can tell that it is the same card.
    Linkable,
}

impl AskedFor {
    /// Who asks.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Why, as they say.
    pub fn purpose(&self) -> Option<String> {
        self.request.request().purpose.as_deref().map(plain).filter(|purpose| !purpose.is_empty())
    }

    /// From when on the answer is too late, if they said so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.request.request().expires_at
    }

    /// What exactly.
    pub fn items(&self) -> Vec<AskedItem> {
        let mut items = Vec::new();
        for (credential, planned) in self.plan.credentials.iter().enumerate() {
            for claim in planned.offer.places() {
                let id = ItemId { credential, claim };
                let Some((path, value)) = self.path(id).and_then(|path| Some((path, self.value(id, path)?)))
                else {
                    continue;
                };
                items.push(AskedItem {
                    id,
                    claim: path.to_string(),
                    required: planned.required && planned.offer.is_required(claim),
                    sensitive: is_sensitive(path),
                    value: value.clone(),
                });
            }
        }
        items
    }

    /// What the holder should know.
    pub fn warnings(&self) -> Vec<Warning> {
        let asks = |name: &str| {
            self.plan.credentials.iter().enumerate().any(|(credential, planned)| {
                let mut places = planned.offer.places().into_iter();
                places.any(|claim| {
                    self.path(ItemId { credential, claim }).is_some_and(|path| path.top() == Some(name))
                })
            })
        };
        let warnings = [
            (!self.verifier.is_trusted(), Warning::UnknownVerifier),
            (asks("personal_administrative_number"), Warning::AsksPesel),
            (asks("address"), Warning::AsksAddress),
            (self.copies.iter().any(|copy| !copy.fresh), Warning::Linkable),
        ];
        warnings.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning).collect()
    }

    /// The holder agrees, but for the items of `refused`.
    ///
    /// # Errors
    /// [`ConsentError::Required`] when something refused is insisted on; [`ConsentError::NothingLeft`].
    pub fn consent(&self, refused: &[ItemId]) -> Result<Agreed, ConsentError> {
        if let Some(unknown) = refused.iter().find(|id| self.path(**id).is_none()) {
            return Err(ConsentError::NoSuchItem(*unknown));
        }
        let mut chosen = Vec::new();
        for (credential, planned) in self.plan.credentials.iter().enumerate() {
            let refused: BTreeSet<usize> =
                refused.iter().filter(|id| id.credential == credential).map(|id| id.claim).collect();
            match planned.offer.without(&refused) {
                Some(claims) => chosen.push((credential, claims.clone())),
                None if planned.required => {
                    let claim = insisted(&planned.offer, &refused);
                    return Err(ConsentError::Required(ItemId { credential, claim }));
                }
                None => {}
            }
        }
        if chosen.is_empty() {
            Err(ConsentError::NothingLeft)
        } else {
            Ok(Agreed { asked: self.clone(), chosen })
        }
    }

    fn path(&self, id: ItemId) -> Option<&ClaimPath> {
        let planned = self.plan.credentials.get(id.credential)?;
        let query = self.request.request().query.credentials().get(planned.query)?;
        query.claims.get(id.claim).map(|claim| &claim.path)
    }

    fn value(&self, id: ItemId, path: &ClaimPath) -> Option<&Value> {
        self.copies.get(id.credential)?.sd_jwt.unverified_claims().at(path)
    }
}

/// One of the refused that the verifier insists on.
fn insisted(offer: &Offer, refused: &BTreeSet<usize>) -> usize {
    let required = refused.iter().find(|claim| offer.is_required(**claim));
    required.or(refused.first()).copied().unwrap_or_default()
}

impl fmt::Debug for AskedFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskedFor")
            .field("verifier", &self.verifier.name)
            .field("items", &self.items())
            .finish()
    }
}

/// What the holder agreed to: some of what was asked, never more. Only [`AskedFor::consent`] makes it.
#[derive(Clone)]
pub struct Agreed {
    pub(super) asked: AskedFor,
    /// Places in the plan, and the places of the claims in their queries.
    chosen: Vec<(usize, BTreeSet<usize>)>,
}

impl Agreed {
    /// The claims that will be shown.
    pub fn shared(&self) -> Vec<String> {
        self.each().flat_map(|(_, _, paths)| paths).map(|path| path.to_string()).collect()
    }

    /// The claims that were asked and will not be shown.
    pub fn withheld(&self) -> Vec<String> {
        let shared = self.shared();
        self.asked
            .items()
            .into_iter()
            .map(|item| item.claim)
            .filter(|claim| !shared.contains(claim))
            .collect()
    }

    /// What will be shown: the id that its query gave it, from which copy, which claims.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &ChosenCopy, Vec<ClaimPath>)> {
        self.chosen.iter().filter_map(|(credential, claims)| {
            let planned = self.asked.plan.credentials.get(*credential)?;
            let query = self.asked.request.request().query.credentials().get(planned.query)?;
            let path =
                |claim: &usize| self.asked.path(ItemId { credential: *credential, claim: *claim }).cloned();
            Some((
                query.id.as_str(),
                self.asked.copies.get(*credential)?,
                claims.iter().filter_map(path).collect(),
            ))
        })
    }
}

impl fmt::Debug for Agreed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agreed").field("shared", &self.shared()).finish_non_exhaustive()
    }
}

/// Messages complete "cannot agree to this: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The verifier insists on an item: it is everything or nothing.
    #[error("the verifier insists on an item that was refused")]
    Required(ItemId),
    /// Everything was refused; that is to decline.
    #[error("nothing is left to share")]
    NothingLeft,
    /// An item of another request.
    #[error("an item is not one of this request")]
    NoSuchItem(ItemId),
}

impl ConsentError {
    /// A stable name for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Required(_) => "item_required",
            Self::NothingLeft => "nothing_left",
            Self::NoSuchItem(_) => "no_such_item",
        }
    }
}
