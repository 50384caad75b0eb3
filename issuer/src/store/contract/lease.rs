//! The outbox's lease: two workers never hold the same notice, and a killed one's come free.

use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;

use super::{Breach, Rows, ensure};
use crate::store::id::NoticeId;
use crate::store::tables::notice::{Channel, Event, Notice, NoticeState};
use crate::store::{Statements, Store, StoreError, Verb};

/// How long a claimed notice is somebody's.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How many notices wait.
const WAITING: usize = 12;

/// Writes notices that are due at `now`.
struct WriteNotices {
    rows: Rows,
    ids: Vec<NoticeId>,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for WriteNotices {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        for id in &self.ids {
            let notice = Notice {
                id: id.clone(),
                school_id: self.rows.school.id.clone(),
                pupil_id: self.rows.pupil.id.clone(),
                event: Event::CardReady,
                channel: Channel::Email,
                recipient: "opiekun@przyklad.example".into(),
                subject: "Temat".into(),
                body: "Treść".into(),
                state: NoticeState::Queued,
                created_at: self.now,
                attempts: 0,
                next_attempt_at: Some(self.now),
                settled_at: None,
                last_error: None,
            };
            notice.insert(tx).await?;
        }
        Ok(())
    }
}

/// Takes a few notices that are due, as a worker does: until the lease runs out they are its own.
struct TakeNotices {
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for TakeNotices {
    type Answer = Vec<NoticeId>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut taken = Vec::new();
        for mut notice in Notice::due(tx, self.now, Channel::Email, 5).await? {
            notice.attempts += 1;
            notice.next_attempt_at = self.now.saturating_add(LEASE).ok();
            notice.update(tx).await?;
            taken.push(notice.id);
        }
        Ok(taken)
    }
}

/// Workers take notices all at once until none is left; answers what they took, in order of names.
async fn all_taken(store: &Store, now: Timestamp) -> Result<Vec<NoticeId>, Breach> {
    let mut all = Vec::new();
    loop {
        let workers = (0..6).map(|_| store.write(TakeNotices { now }));
        let taken: Vec<NoticeId> = futures::future::try_join_all(workers).await?.concat();
        if taken.is_empty() {
            all.sort_by(|a, b| NoticeId::as_str(a).cmp(b.as_str()));
            return Ok(all);
        }
        all.extend(taken);
        ensure(all.len() <= 2 * WAITING, "what was taken is not offered again")?;
    }
}

pub(super) async fn is_one_workers_until_it_runs_out(
    store: &Store,
    rows: &Rows,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), Breach> {
    let mut ids: Vec<NoticeId> = (0..WAITING).map(|_| NoticeId::fresh(now, entropy)).collect();
    ids.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    store.write(WriteNotices { rows: rows.clone(), ids: ids.clone(), now }).await?;
    ensure(all_taken(store, now).await? == ids, "a notice is taken by one worker, however many ask at once")?;
    let almost = now.saturating_add(LEASE - SignedDuration::from_micros(1)).unwrap_or(now);
    ensure(all_taken(store, almost).await?.is_empty(), "a notice is its worker's until the lease runs out")?;
    let later = now.saturating_add(LEASE).unwrap_or(now);
    ensure(all_taken(store, later).await? == ids, "what a killed worker held comes free with its lease")
}
