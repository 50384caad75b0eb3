//! The outbox: notices are claimed, handed over, and settled, at least once each.
//!
//! A claim is a lease: until it runs out nobody else takes the notice, and a worker that dies gives it back by
//! doing nothing. A receiver that hears of a notice twice (the answer was lost) knows it by its id.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::watch;

use super::ediary::{Diaries, Webhook};
use super::mail::{Letter, Mailer};
use super::remind::RemindOfSlips;
use crate::audit::{Act, Actor};
use crate::issuance::Issuance;
use crate::store::id::{NoticeId, SchoolId};
use crate::store::tables::e_diary::EDiary;
use crate::store::tables::notice::{Channel, Notice, NoticeState};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// How long a claimed notice belongs to whoever claimed it.
pub const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long nothing more is tried at a diary that did not answer.
const SILENCE: SignedDuration = SignedDuration::from_mins(1);
/// How many notices are claimed, and handed over at the same time.
const BATCH: u32 = 16;
/// How often the worker looks for something to do.
const BEAT: Duration = Duration::from_secs(1);
/// How often it looks for slips to remind of.
const BEAT_OF_REMINDERS: Duration = Duration::from_secs(60);

/// The wait after so many tries: 1, 5 and 30 minutes, 2 hours, then 12 hours each. None after the tenth, when
/// almost three days have gone by: then the notice is given up.
pub fn wait_after(attempts: u32) -> Option<SignedDuration> {
    match attempts {
        0 | 1 => Some(SignedDuration::from_mins(1)),
        2 => Some(SignedDuration::from_mins(5)),
        3 => Some(SignedDuration::from_mins(30)),
        4 => Some(SignedDuration::from_hours(2)),
        5..=9 => Some(SignedDuration::from_hours(12)),
        _ => None,
    }
}

/// Why a notice could not be handed over. Its words are kept and shown: nothing personal, no address.
/// Messages complete "cannot hand over the notice: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nobody answers at the address, or not in TLS.
    #[error("unreachable")]
    Unreachable,
    /// No answer in time.
    #[error("timed_out")]
    TimedOut,
    /// The electronic diary answered, but not with 2xx.
    #[error("diary_status:{0}")]
    DiaryStatus(u16),
    /// The mail server refused.
    #[error("mail_status:{0}")]
    MailStatus(u16),
    /// The address cannot be one.
    #[error("address_malformed")]
    AddressMalformed,
    /// The address lies where notices must not go.
    #[error("address_forbidden")]
    AddressForbidden,
    /// The link's secret was sealed with other keys.
    #[error("secret_unreadable")]
    SecretUnreadable,
    /// The pupil's data were erased.
    #[error("pupil_erased")]
    PupilErased,
}

impl SendError {
    /// Whether trying again would be of no use.
    fn is_final(&self) -> bool {
        matches!(self, Self::AddressMalformed | Self::PupilErased)
    }
}

/// A notice that is ours to hand over until its lease runs out.
#[derive(Clone)]
pub struct Claimed {
    /// The notice; its next try is the end of the lease.
    pub notice: Notice,
    /// In whose name.
    pub school: School,
    /// Of whom: the first given name, which is all that a letter says.
    pub given_name: String,
    /// The school's electronic diary, if there is one.
    pub e_diary: Option<EDiary>,
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claimed({:?})", self.notice)
    }
}

/// Claims what can be handed over. Two workers never hold the same notice at the same time.
#[derive(Debug)]
pub struct ClaimNotices {
    /// Of this channel.
    pub channel: Channel,
    /// The issuer's own act, now.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ClaimNotices {
    type Answer = Vec<Claimed>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.act.at;
        let mut claimed = Vec::new();
        for mut notice in Notice::due(tx, now, self.channel, BATCH).await? {
            let pupil = Pupil::find(tx, &notice.pupil_id).await?.filter(|pupil| pupil.erased_at.is_none());
            let school = School::find(tx, &notice.school_id).await?;
            let (Some(pupil), Some(school)) = (pupil, school) else {
                notice.settle(tx, Err(SendError::PupilErased), &self.act).await?;
                continue;
            };
            // Counted before it is tried, so that one whose worker never comes to say what became of it is given up too.
            if wait_after(notice.attempts).is_none() {
                notice.settle(tx, Err(SendError::TimedOut), &self.act).await?;
                continue;
            }
            notice.attempts = notice.attempts.saturating_add(1);
            notice.next_attempt_at = now.saturating_add(LEASE).ok();
            notice.update(tx).await?;
            let e_diary = EDiary::find(tx, &school.id).await?;
            let given_name = pupil.given_names.split(' ').next().unwrap_or_default().to_owned();
            claimed.push(Claimed { notice, school, given_name, e_diary });
        }
        Ok(claimed)
    }
}

impl Notice {
    /// Writes down what came of a try at the instant of `act`.
    async fn settle(
        &mut self,
        tx: &mut dyn Statements,
        outcome: Result<(), SendError>,
        act: &Act,
    ) -> Result<(), StoreError> {
        let now = act.at;
        let wait = wait_after(self.attempts);
        let action = match outcome {
            Ok(()) => {
                self.state = NoticeState::Delivered;
                self.last_error = None;
                Some("notice.delivered")
            }
            Err(error) => {
                let given_up = error.is_final() || wait.is_none();
                self.last_error = Some(error.to_string());
                if given_up {
                    self.state = NoticeState::Failed;
                }
                given_up.then_some("notice.failed")
            }
        };
        match action {
            Some(action) => {
                self.settled_at = Some(now);
                self.next_attempt_at = None;
                let detail = json!({ "channel": self.channel, "attempts": self.attempts });
                act.part(self.id.as_str()).trail().record(tx, action, self.id.as_str(), detail).await?;
            }
            None => self.next_attempt_at = wait.and_then(|wait| now.saturating_add(wait).ok()),
        }
        self.update(tx).await
    }
}

/// Writes down what came of handing over a claimed notice; nothing, if its lease has run out meanwhile and
/// somebody else has claimed it.
#[derive(Debug)]
pub struct SettleNotice {
    /// Which.
    pub notice: NoticeId,
    /// The end of the lease.
    pub lease: Option<Timestamp>,
    /// What came of it.
    pub outcome: Result<(), SendError>,
    /// The issuer's own act, now.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for SettleNotice {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let Some(mut notice) = Notice::lock(tx, &self.notice).await? else { return Ok(()) };
        if notice.state == NoticeState::Queued && notice.next_attempt_at == self.lease {
            notice.settle(tx, self.outcome.clone(), &self.act).await?;
        }
        Ok(())
    }
}

/// A notice that was tried, and whether anybody was there.
struct Tried {
    school: SchoolId,
    heard: bool,
}

/// Leaves a school's diary alone for a while.
struct PutOff {
    school: SchoolId,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for PutOff {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let until = self.now.saturating_add(SILENCE).unwrap_or(Timestamp::MAX);
        Notice::put_off(tx, &self.school, Channel::EDiary, self.now, until).await
    }
}

/// Sends a notice again: one that waits or was given up at once and with all its tries, one that was delivered
/// as a new notice, which the receiver does not take for the old one.
#[derive(Debug)]
pub struct SendAgain {
    /// At which school.
    pub school: SchoolId,
    /// Which.
    pub notice: NoticeId,
    /// Who asks for it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for SendAgain {
    /// The notice that is sent.
    type Answer = Result<Notice, NoticeRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = Notice::lock(tx, &self.notice).await?.filter(|found| found.school_id == self.school);
        let Some(mut notice) = found else { return Ok(Err(NoticeRefusal::UnknownNotice)) };
        if Pupil::find(tx, &notice.pupil_id).await?.is_none_or(|pupil| pupil.erased_at.is_some()) {
            return Ok(Err(NoticeRefusal::PupilErased));
        }
        if notice.channel == Channel::Portal {
            return Ok(Err(NoticeRefusal::OnPortal));
        }
        let before = notice.id.clone();
        notice.attempts = 0;
        notice.next_attempt_at = Some(self.act.at);
        notice.settled_at = None;
        notice.last_error = None;
        if notice.state == NoticeState::Delivered {
            notice.id = self.act.notice_id(before.as_str(), 0);
            notice.created_at = self.act.at;
            notice.state = NoticeState::Queued;
            notice.insert(tx).await?;
        } else {
            notice.state = NoticeState::Queued;
            notice.update(tx).await?;
        }
        let detail = json!({ "channel": notice.channel, "copy_of": before });
        self.act.trail().record(tx, "notice.sent_again", notice.id.as_str(), detail).await?;
        Ok(Ok(notice))
    }
}

/// Messages complete "cannot send the notice again: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// No such notice at this school.
    #[error("notice is unknown")]
    UnknownNotice,
    /// The pupil's data were erased.
    #[error("pupil was erased")]
    PupilErased,
    /// It stands on the portal; there is nothing to send.
    #[error("notice stands on the portal")]
    OnPortal,
}

struct AnyDue {
    now: Timestamp,
    channel: Channel,
}

#[async_trait::async_trait]
impl Verb for AnyDue {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        Notice::any_due(tx, self.now, self.channel).await
    }
}

/// Hands notices over. Any number of workers, in any number of issuers, may share a store.
#[derive(Clone)]
pub struct Worker {
    issuance: Issuance,
    mail: Option<Arc<Mailer>>,
    diaries: Diaries,
}

impl Worker {
    /// A worker; without a mailer letters wait.
    pub fn new(issuance: Issuance, mail: Option<Arc<Mailer>>, diaries: Diaries) -> Self {
        Self { issuance, mail, diaries }
    }

    /// Works until it is told to stop; what is being handed over then is finished and written down. Channels do not
    /// wait for each other: a diary that answers slowly holds no letter up.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let letters = self.keep_handing_over(Channel::Email, stop.clone());
        let messages = self.keep_handing_over(Channel::EDiary, stop.clone());
        tokio::join!(letters, messages, self.keep_reminding(stop));
    }

    async fn keep_handing_over(&self, channel: Channel, mut stop: watch::Receiver<bool>) {
        let mut beat = beat(BEAT);
        while next(&mut beat, &mut stop).await {
            if let Err(error) = self.work_off_channel(channel, &stop).await {
                tracing::warn!(%error, "cannot work off the outbox");
            }
        }
    }

    async fn keep_reminding(&self, mut stop: watch::Receiver<bool>) {
        let mut beat = beat(BEAT_OF_REMINDERS);
        while next(&mut beat, &mut stop).await {
            if let Err(error) = self.remind().await {
                tracing::warn!(%error, "cannot remind of slips");
            }
        }
    }

    /// Hands over everything that is due; answers how many tries that took.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn work_off(&self) -> Result<usize, StoreError> {
        let (_stopping, stop) = watch::channel(false);
        let letters = self.work_off_channel(Channel::Email, &stop).await?;
        Ok(letters + self.work_off_channel(Channel::EDiary, &stop).await?)
    }

    async fn work_off_channel(
        &self,
        channel: Channel,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, StoreError> {
        if channel == Channel::Email && self.mail.is_none() {
            return Ok(0);
        }
        let store = &self.issuance.store;
        let mut tries = 0;
        // Looking does not hold anybody up; most of the time there is nothing.
        while !*stop.borrow() && store.read(AnyDue { now: self.issuance.now(), channel }).await? {
            let act = self.issuance.act(Actor::System);
            let claimed = store.write(ClaimNotices { channel, act }).await?;
            if claimed.is_empty() {
                break;
            }
            tries += claimed.len();
            let settled =
                futures::future::join_all(claimed.into_iter().map(|claimed| self.hand_over(claimed)));
            let settled: Vec<Tried> = settled.await.into_iter().collect::<Result<_, _>>()?;
            if channel == Channel::EDiary {
                self.leave_alone(&settled).await?;
            }
        }
        Ok(tries)
    }

    /// What else is due at a diary of which nobody has heard anything would wait for the same, and what is due elsewhere
    /// behind it.
    async fn leave_alone(&self, tried: &[Tried]) -> Result<(), StoreError> {
        let heard: BTreeSet<&SchoolId> =
            tried.iter().filter(|one| one.heard).map(|one| &one.school).collect();
        let silent: BTreeSet<&SchoolId> = tried.iter().map(|one| &one.school).collect();
        for school in silent.difference(&heard) {
            let verb = PutOff { school: (*school).clone(), now: self.issuance.now() };
            self.issuance.store.write(verb).await?;
        }
        Ok(())
    }

    async fn hand_over(&self, claimed: Claimed) -> Result<Tried, StoreError> {
        let school = claimed.school.id.clone();
        let outcome = match (claimed.notice.channel, &self.mail) {
            (Channel::Portal, _) => Ok(()),
            (Channel::Email, Some(mail)) => mail.send(&Letter::of(&claimed), self.issuance.now()).await,
            (Channel::Email, None) => return Ok(Tried { school, heard: true }),
            (Channel::EDiary, _) => match &claimed.e_diary {
                Some(link) => {
                    let webhook = Webhook::of(&claimed.notice, &claimed.school);
                    self.diaries.post(link, &webhook, &self.issuance).await
                }
                // The link was cut after it was claimed: it is not due until there is another one.
                None => return Ok(Tried { school, heard: true }),
            },
        };
        let heard = !matches!(outcome, Err(SendError::Unreachable | SendError::TimedOut));
        if let Err(error) = &outcome {
            tracing::info!(notice = %claimed.notice.id, %error, "a notice was not handed over");
        }
        let act = self.issuance.act(Actor::System);
        let (notice, lease) = (claimed.notice.id, claimed.notice.next_attempt_at);
        self.issuance.store.write(SettleNotice { notice, lease, outcome, act }).await?;
        Ok(Tried { school, heard })
    }

    /// Writes the reminders that are due; answers of how many slips.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remind(&self) -> Result<usize, StoreError> {
        let mut told = 0;
        while self.issuance.store.read(AnySlip(self.issuance.now())).await? {
            let act = self.issuance.act(Actor::System);
            match self.issuance.store.write(RemindOfSlips { act }).await? {
                0 => break,
                now => told += now,
            }
        }
        Ok(told)
    }
}

/// Waits for the next beat; false when it is told to stop.
async fn next(beat: &mut tokio::time::Interval, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => false,
        _ = beat.tick() => true,
    }
}

fn beat(every: Duration) -> tokio::time::Interval {
    let mut beat = tokio::time::interval(every);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    beat
}

struct AnySlip(Timestamp);

#[async_trait::async_trait]
impl Verb for AnySlip {
    type Answer = bool;

    async fn run(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        use crate::store::tables::grant::Grant;
        let until = self.0.saturating_add(super::remind::REMIND_BEFORE).unwrap_or(Timestamp::MAX);
        Ok(!Grant::to_remind_of(tx, self.0, until, 1).await?.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_end_within_three_days() {
        let waits: Vec<i64> = (1..10).filter_map(wait_after).map(|wait| wait.as_mins()).collect();
        assert_eq!(waits, [1, 5, 30, 120, 720, 720, 720, 720, 720]);
        assert_eq!(wait_after(10), None);
        let hours = waits.iter().sum::<i64>() / 60;
        assert!(hours < 72 && hours + 12 > 72, "the tenth try is the last within three days: {hours}");
    }
}
