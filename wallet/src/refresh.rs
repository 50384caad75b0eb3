//! Asking whether a card still holds, and renewing it.
//!
//! First the revocation list, which needs no secret and raises the trusted time; then, with the refresh token and the
//! device key, the credential endpoint: it delivers the same bytes again, or a renewed card that takes the old one's
//! place in one step.

use jiff::Timestamp;
use shared::vci::token::TokenResponse;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use shared::x509::ca::CaCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::{Revocation, RevocationReason};

use crate::acquire::activation::{VerifyError, identity};
use crate::acquire::credential::{CredentialEndpoint, DeliveredCard};
use crate::acquire::event::{Observer, Step};
use crate::acquire::exchange::Line;
use crate::acquire::failure::{ExchangeError, IssuerRefusal};
use crate::acquire::notification::Delivery;
use crate::acquire::opened::anchors_of;
use crate::acquire::proof::DeviceKey;
use crate::acquire::token::TokenEndpoint;
use crate::documents::{CardId, CardState, ClockVerdict, HeldCard, KeepError, KeptBytes, StoreError};
use crate::online::OnlinePhone;
use crate::revocation::ListVerdict;
use crate::show::OpenedCard;
use crate::standing::Standing;
use crate::verify_card::{CardFault, VerifiedCard};

/// What a refresh found out about one card.
#[derive(Debug)]
pub struct Refreshed {
    /// The card's name; a renewed card may have another than before.
    pub id: CardId,
    /// What became of it.
    pub outcome: Outcome,
    /// What the revocation list said; `None` if it did not have to be asked.
    pub list: Option<ListVerdict>,
    /// How the card stands now.
    pub standing: Standing,
}

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The issuer delivered the same bytes again.
    Unchanged,
    /// A new one took its place.
    Renewed,
    /// It is revoked, by this refresh or since before.
    Revoked,
    /// It was superseded, and its successor is not for this phone.
    Superseded,
    /// Its issuer renews nothing over the air; the revocation list alone was asked.
    ListOnly,
}

impl Outcome {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Renewed => "renewed",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::ListOnly => "list_only",
        }
    }
}

/// A refresh of all cards.
#[derive(Debug)]
pub struct RefreshReport {
    /// One entry for each card, the longest held first.
    pub cards: Vec<(CardId, Result<Refreshed, RefreshError>)>,
    /// What became of notices that issuers had still to get.
    pub notices: Delivery,
}

impl OnlinePhone {
    /// Finishes activations whose cards issuers have bound to this phone, refreshes every card and delivers what
    /// issuers have still to hear. Cards do not hinder each other.
    ///
    /// # Errors
    /// When the phone's own store fails; what issuers say is in the report.
    pub async fn refresh_all(&self, observer: &dyn Observer) -> Result<RefreshReport, StoreError> {
        let now = self.now();
        self.finish_activations(observer).await?;
        let cards = self
            .with_phone(move |phone| {
                forget_old_activations(phone, now)?;
                phone.documents().cards()
            })
            .await?;
        let notices = self.deliver_notices(observer).await?;
        let mut report = RefreshReport { cards: Vec::with_capacity(cards.len()), notices };
        for (id, _) in cards {
            let refreshed = self.refresh(&id, observer).await;
            report.cards.push((id, refreshed));
        }
        Ok(report)
    }

    /// Refreshes one card.
    ///
    /// # Errors
    /// See [`RefreshError`]; the card stays as it was, or as the revocation list has it.
    pub async fn refresh(&self, id: &CardId, observer: &dyn Observer) -> Result<Refreshed, RefreshError> {
        let (name, now) = (id.clone(), self.now());
        let (card, anchors) = self
            .with_phone(move |phone| {
                let documents = phone.documents();
                let held = documents.card(&name)?.ok_or(RefreshError::NoSuchCard)?;
                if let ClockVerdict::Behind { floor } = documents.time_floor()?.judge(now) {
                    return Err(RefreshError::ClockBehind { floor });
                }
                let roots = documents.roots_for(&held.issuer.identifier)?;
                Ok((OpenedCard::read(name, held)?, anchors_of(&roots)?))
            })
            .await?;
        let line = Line::new(self.surroundings(), observer);
        if let CardState::Revoked { .. } = card.held().state {
            return self.revoked_before(&line, &card).await;
        }
        let authority = issuing_authority(&card)?;
        let list = self.consult_list(&line, card.certificate(), &authority).await?.verdict;
        self.try_to_learn_clock(card.certificate(), &authority).await;
        if let ListVerdict::Revoked(revocation) = list
            && revocation.reason != Some(RevocationReason::Superseded)
        {
            self.note(card.id(), revoked(revocation)).await?;
            return self.settled(card.id(), Outcome::Revoked, Some(list)).await;
        }
        self.redeliver(&line, card, &anchors, list).await
    }

    /// What is known needs no network. Only where nobody has said why a card is revoked, as when its issuer alone has
    /// said that it is, the list is asked.
    async fn revoked_before(&self, line: &Line<'_>, card: &OpenedCard) -> Result<Refreshed, RefreshError> {
        let known = &card.held().state;
        if matches!(known, CardState::Revoked { reason, .. } if reason != reason_word(None)) {
            return self.settled(card.id(), Outcome::Revoked, None).await;
        }
        let list = self.consult_list(line, card.certificate(), &issuing_authority(card)?).await?.verdict;
        let (state, outcome) = ended_by(&list, known.clone());
        if state != *known {
            self.note(card.id(), state).await?;
        }
        self.settled(card.id(), outcome, Some(list)).await
    }

    /// The issuer's own word, whether its list can be had or not. One that has just stood by the card is asked again,
    /// since it was signed before: it says since when, and why.
    async fn revoked_by_word(
        &self,
        line: &Line<'_>,
        card: &OpenedCard,
        list: ListVerdict,
    ) -> Result<Refreshed, RefreshError> {
        let list = match list {
            ListVerdict::Good => {
                self.consult_list(line, card.certificate(), &issuing_authority(card)?).await?.verdict
            }
            other => other,
        };
        let since = self.trusted_now().await?;
        let (state, outcome) = ended_by(&list, revoked(Revocation { since, reason: None }));
        self.note(card.id(), state).await?;
        self.settled(card.id(), outcome, Some(list)).await
    }

    /// Asks for the card again. A card that is on the list as superseded may have a successor whose delivery was lost.
    async fn redeliver(
        &self,
        line: &Line<'_>,
        card: OpenedCard,
        anchors: &[TrustAnchor],
        list: ListVerdict,
    ) -> Result<Refreshed, RefreshError> {
        let superseded = match &list {
            ListVerdict::Revoked(revocation) => Some(CardState::Superseded { since: revocation.since }),
            ListVerdict::Good
            | ListVerdict::Stale { .. }
            | ListVerdict::Unreachable(_)
            | ListVerdict::Untrustworthy(_) => None,
        };
        if card.held().refresh_token.is_none() {
            let outcome = if superseded.is_some() { Outcome::Superseded } else { Outcome::ListOnly };
            match (superseded, &list) {
                (Some(state), _) => self.note(card.id(), state).await?,
                (None, ListVerdict::Good) => self.note(card.id(), card.held().state.clone()).await?,
                // Nobody has stood by the card, so nothing is noted.
                (None, _) => {}
            }
            return self.settled(card.id(), outcome, Some(list)).await;
        }
        if anchors.is_empty() {
            return Err(RefreshError::UntrustedIssuer(card.held().issuer.identifier.clone()));
        }
        let delivered = self.ask_again(line, card.held()).await;
        if let (Err(RefreshError::Exchange(error)), ListVerdict::Good) = (&delivered, &list)
            && error.may_pass()
        {
            // The signed list stands by the card, even if nothing more can be had for now.
            self.note(card.id(), card.held().state.clone()).await?;
        }
        if let (Err(RefreshError::Exchange(error)), Some(state)) = (&delivered, &superseded)
            && error.refusal().is_some()
        {
            self.note(card.id(), state.clone()).await?;
            return self.settled(card.id(), Outcome::Superseded, Some(list)).await;
        }
        if let Err(RefreshError::Exchange(error)) = &delivered
            && error.refusal().is_some_and(IssuerRefusal::says_revoked)
        {
            return self.revoked_by_word(line, &card, list).await;
        }
        let Redelivered { card: new, tokens, key } = delivered?;
        let verified = self.verify(line, &new, &key, anchors).await?;
        let same = verified.leaf().der() == card.certificate().der()
            && verified.bytes() == card.held().card_data.as_slice();
        if same {
            // The old bytes of a superseded card are no news: what the list says stands.
            let (state, outcome) = match superseded {
                Some(state) => (state, Outcome::Superseded),
                None => (CardState::Valid, Outcome::Unchanged),
            };
            self.note(card.id(), state).await?;
            if outcome == Outcome::Unchanged {
                self.refill(line, card.id(), &tokens, &key).await;
            }
            return self.settled(card.id(), outcome, Some(list)).await;
        }
        let renewed = self.consult_list(line, verified.leaf(), verified.issuing_authority()).await?.verdict;
        if let ListVerdict::Revoked(revocation) = renewed {
            self.note(card.id(), revoked(revocation)).await?;
            return self.settled(card.id(), Outcome::Revoked, Some(renewed)).await;
        }
        line.began(Step::Keeping);
        let now = self.trusted_now().await?;
        let held = renewed_card(card.held(), &verified, &new, &tokens, now);
        let old = card.id().clone();
        let id = self.with_phone(move |phone| phone.replace_card(&old, &held, None, now)).await?;
        self.refill(line, &id, &tokens, &key).await;
        self.settled(&id, Outcome::Renewed, Some(renewed)).await
    }

    async fn ask_again(&self, line: &Line<'_>, held: &HeldCard) -> Result<Redelivered, RefreshError> {
        let key = DeviceKey::load(self.shared_phone(), held.key.clone()).await?;
        let issuer = IssuerUrl::parse(&held.issuer.identifier, UrlPolicy::default())
            .map_err(|_| StoreError::Damaged("an issuer has no address"))?;
        let device = self.with_phone(|phone| phone.documents().device()).await?;
        let refresh_token =
            held.refresh_token.as_ref().ok_or(StoreError::Damaged("a refresh token vanished"))?;
        let endpoint = TokenEndpoint { url: &held.endpoints.token, prover: Some(&key), holder: None };
        let tokens = endpoint.refresh(line, refresh_token).await?;
        let endpoint = CredentialEndpoint {
            issuer: &issuer,
            url: &held.endpoints.credential,
            nonce: held.endpoints.nonce.as_ref(),
            configuration: &held.configuration,
        };
        let card = endpoint.fetch(line, self.surroundings(), &tokens, &key, &device).await?;
        Ok(Redelivered { card, tokens, key })
    }

    /// Copies are no part of the card's standing: without new ones the refresh is done all the same.
    async fn refill(&self, line: &Line<'_>, id: &CardId, tokens: &TokenResponse, key: &DeviceKey) {
        if let Err(error) = self.learn_copy_offers(line, id).await {
            tracing::info!(%error, "in which formats a card has copies is not learnt for now");
        }
        if let Err(error) = self.refill_copies(line, id, tokens, key).await {
            tracing::info!(%error, "a card gets no new copies for now");
        }
    }

    async fn note(&self, id: &CardId, state: CardState) -> Result<(), RefreshError> {
        let (id, now) = (id.clone(), self.trusted_now().await?);
        Ok(self.with_phone(move |phone| phone.documents().refreshed(&id, state, now)).await?)
    }

    async fn settled(
        &self,
        id: &CardId,
        outcome: Outcome,
        list: Option<ListVerdict>,
    ) -> Result<Refreshed, RefreshError> {
        let shown = self.show(id).await?.ok_or(RefreshError::NoSuchCard)?;
        Ok(Refreshed { id: id.clone(), outcome, list, standing: shown.standing })
    }
}

struct Redelivered {
    card: DeliveredCard,
    tokens: TokenResponse,
    key: DeviceKey,
}

/// Activations that were begun and never ended, after which no slip lives any more: 30 days and as many again.
fn forget_old_activations(phone: &crate::phone::UnlockedPhone, now: Timestamp) -> Result<(), StoreError> {
    let old = jiff::SignedDuration::from_hours(60 * 24);
    // By trusted time, so that a wrong date in the future gives no activation up.
    let Some(reached) = phone.documents().time_floor()?.instant() else { return Ok(()) };
    for begun in phone.documents().activations()? {
        if reached.min(now).duration_since(begun.started_at) > old {
            phone.abandon_activation(&begun.offer)?;
        }
    }
    Ok(())
}

/// How a card stands that its issuer has revoked, in the words of the list if it has any.
fn ended_by(list: &ListVerdict, otherwise: CardState) -> (CardState, Outcome) {
    match list {
        ListVerdict::Revoked(revocation) if revocation.reason == Some(RevocationReason::Superseded) => {
            (CardState::Superseded { since: revocation.since }, Outcome::Superseded)
        }
        ListVerdict::Revoked(revocation) => (revoked(*revocation), Outcome::Revoked),
        ListVerdict::Good
        | ListVerdict::Stale { .. }
        | ListVerdict::Unreachable(_)
        | ListVerdict::Untrustworthy(_) => (otherwise, Outcome::Revoked),
    }
}

fn issuing_authority(card: &OpenedCard) -> Result<CaCertificate, StoreError> {
    let authority = card.held().x5c.get(1).and_then(|der| CaCertificate::parse(der.as_slice()).ok());
    authority.ok_or(StoreError::Damaged("a card has no issuing authority"))
}

fn revoked(revocation: Revocation) -> CardState {
    CardState::Revoked { since: revocation.since, reason: reason_word(revocation.reason).to_owned() }
}

/// The reason in the words of RFC 5280 §5.3.1, as configuration files and programs write them.
pub fn reason_word(reason: Option<RevocationReason>) -> &'static str {
    match reason {
        None => "unspecified",
        Some(RevocationReason::KeyCompromise) => "key_compromise",
        Some(RevocationReason::AffiliationChanged) => "affiliation_changed",
        Some(RevocationReason::Superseded) => "superseded",
        Some(RevocationReason::CessationOfOperation) => "cessation_of_operation",
        Some(RevocationReason::PrivilegeWithdrawn) => "privilege_withdrawn",
    }
}

fn renewed_card(
    old: &HeldCard,
    new: &VerifiedCard,
    delivered: &DeliveredCard,
    tokens: &TokenResponse,
    now: Timestamp,
) -> HeldCard {
    HeldCard {
        identity: identity(&old.issuer.identifier, new),
        x5c: new.x5c().iter().cloned().map(KeptBytes::from).collect(),
        card_data: new.bytes().to_vec().into(),
        notification_id: delivered.notification_id.clone(),
        refresh_token: tokens.refresh_token.clone().or_else(|| old.refresh_token.clone()),
        last_refresh: Some(now),
        state: CardState::Valid,
        ..old.clone()
    }
}

/// Why a card could not be refreshed. Messages complete "cannot refresh the card: …".
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is not on this phone.
    #[error("there is no such card on this phone")]
    NoSuchCard,
    /// The phone's clock is certainly wrong.
    #[error("the phone's clock is behind, it is at least {floor}")]
    ClockBehind {
        /// What it should read at least.
        floor: Timestamp,
    },
    /// Its issuer is no longer trusted.
    #[error("the issuer {0} is not trusted on this phone")]
    UntrustedIssuer(String),
    /// The issuer did not do its part.
    #[error(transparent)]
    Exchange(ExchangeError),
    /// What came is not a card to be trusted.
    #[error(transparent)]
    Card(#[from] CardFault),
    /// The phone could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new card is one that is held besides.
    #[error("the renewed card is on this phone already")]
    AlreadyHeld {
        /// Its name.
        id: CardId,
    },
}

impl RefreshError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::NoSuchCard => "no_such_card",
            Self::ClockBehind { .. } => "clock_behind",
            Self::UntrustedIssuer(_) => "untrusted_issuer",
            Self::Exchange(error) => error.reason(),
            Self::Card(fault) => fault.reason(),
            Self::Store(error) => error.reason(),
            Self::AlreadyHeld { .. } => "already_held",
        }
    }

    /// What the issuer said, if it said no.
    pub fn refusal(&self) -> Option<&IssuerRefusal> {
        match self {
            Self::Exchange(error) => error.refusal(),
            _ => None,
        }
    }
}

impl From<ExchangeError> for RefreshError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Key(error) => Self::Store(error),
            other => Self::Exchange(other),
        }
    }
}

impl From<VerifyError> for RefreshError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Card(fault) => Self::Card(fault),
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<KeepError> for RefreshError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::AlreadyHeld { id } => Self::AlreadyHeld { id },
            KeepError::NoSuchCard => Self::NoSuchCard,
            KeepError::KeyMissing => Self::Store(StoreError::Damaged("a device key vanished")),
            KeepError::Store(error) => Self::Store(error),
        }
    }
}
