//! What travels together, or shares a commit, is worked off as if it had come alone.

use shared::entropy::Entropy;

use super::{Breach, End, Raise, Rows, ensure};
use crate::store::id::{CardId, GrantId};
use crate::store::tables::dossier::{DossierOf, DossierRows};
use crate::store::tables::grant::Grant;
use crate::store::{Statements, Store, StoreError, Verb};

/// Leaves a row for later, and then the same row once more if told to.
struct Later {
    grant: Grant,
    twice: bool,
}

#[async_trait::async_trait]
impl Verb for Later {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        self.grant.insert_later(tx).await?;
        // What is asked afterwards sees it.
        let there = Grant::find(tx, &self.grant.id).await?.is_some();
        if self.twice {
            self.grant.insert_later(tx).await?;
        }
        Ok(there)
    }
}

pub(super) async fn what_is_left_for_later_belongs_to_the_act(
    store: &Store,
    rows: &Rows,
    entropy: &dyn Entropy,
) -> Result<(), Breach> {
    let another = || Grant {
        id: GrantId::fresh(rows.grant.created_at, entropy),
        offer_hash: entropy.bytes(),
        typed_hash: entropy.bytes(),
        ..rows.grant.clone()
    };
    let (one, two) = (another(), another());
    let there = store.write(Later { grant: one.clone(), twice: false }).await?;
    ensure(there, "what was left for later is there for what comes next")?;
    ensure(store.read(FindGrant(one.id)).await?.is_some(), "and afterwards")?;
    let refused = store.write(Later { grant: two.clone(), twice: true }).await;
    ensure(matches!(refused, Err(StoreError::Constraint(_))), "it fails the act when it is refused")?;
    ensure(store.read(FindGrant(two.id)).await?.is_none(), "which then leaves nothing behind")
}

struct FindGrant(GrantId);

#[async_trait::async_trait]
impl Verb for FindGrant {
    type Answer = Option<Grant>;

    const GLANCE: bool = true;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Grant::find(tx, &self.0).await
    }
}

/// Asks for a grant, a school and a grant that is not there, at once.
struct AskAll {
    rows: Rows,
    nobody: CardId,
}

#[async_trait::async_trait]
impl Verb for AskAll {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        let mut raised = self.rows.grant.clone();
        raised.epoch += 1000;
        raised.update(tx).await?;
        let card = DossierOf::Card(&self.rows.card.id);
        let [_, grant, dossier, nothing] = tx
            .ask([
                card.hold(tx),
                Grant::hold(&self.rows.grant.id, tx),
                card.rows(self.rows.card.created_at),
                DossierOf::Card(&self.nobody).rows(self.rows.card.created_at),
            ])
            .await?;
        let grant = Grant::read(grant)?;
        let dossier = DossierRows::read(dossier)?;
        let whole = dossier.is_some_and(|rows| {
            rows.card.id == self.rows.card.id
                && rows.base.id == self.rows.base.id
                && rows.pupil.surname == self.rows.pupil.surname
                && rows.school.name == self.rows.school.name
                && rows.agreement.is_none()
                && rows.profile.id == self.rows.profile.id
                && rows.photo.is_none()
        });
        let seen = grant.first().is_some_and(|grant| grant.epoch == raised.epoch);
        Ok(whole && seen && DossierRows::read(nothing)?.is_none())
    }
}

pub(super) async fn queries_are_answered_in_their_order(
    store: &Store,
    rows: &Rows,
    entropy: &dyn Entropy,
) -> Result<(), Breach> {
    let nobody = CardId::fresh(rows.card.created_at, entropy);
    let answered = store.write(AskAll { rows: rows.clone(), nobody }).await?;
    ensure(answered, "several queries are answered each with its own rows")
}

pub(super) async fn refusals_among_others_take_back_their_own(
    store: &Store,
    rows: &Rows,
) -> Result<(), Breach> {
    let raise = |end| Raise { grant: rows.grant.id.clone(), end };
    let (before, _) = store.write(raise(End::Keep)).await?;
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..60 {
        let end = [End::TakeBack, End::Keep, End::Fail][n % 3];
        let (store, raise) = (store.clone(), raise(end));
        racers.spawn(async move { store.write(raise).await.is_ok() == (end != End::Fail) });
    }
    while let Some(as_told) = racers.join_next().await {
        ensure(as_told.is_ok_and(|as_told| as_told), "each act among others ends as it was told")?;
    }
    let (after, _) = store.write(raise(End::Keep)).await?;
    ensure(after == before + 21, "acts that share a commit take back their own changes alone")
}
