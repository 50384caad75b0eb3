//! Status lists: a place is one copy's, and turns in the act that ends its device.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::entropy::Entropy;
use shared::status::LIST_SIZE;

use super::{Breach, ensure};
use crate::store::id::DeviceId;
use crate::store::tables::certificate::Certificate;
use crate::store::tables::device::EndReason;
use crate::store::tables::status_entry::{StatusEntry, StatusPlace};
use crate::store::{Statements, Store, StoreError, Verb};

/// Draws one of four numbers, then for ever the next.
struct Stubborn(std::sync::atomic::AtomicU64);

impl Entropy for Stubborn {
    fn fill(&self, out: &mut [u8]) {
        // A few draws hit the same place before the next place comes up.
        let draw = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) / 3 % 4;
        out.fill(0);
        if let Some(last) = out.last_mut() {
            *last = u8::try_from(draw).unwrap_or_default();
        }
    }
}

struct Take {
    device: DeviceId,
    until: Timestamp,
    now: Timestamp,
    entropy: Arc<dyn Entropy>,
}

#[async_trait::async_trait]
impl Verb for Take {
    type Answer = StatusPlace;

    async fn run(&self, tx: &mut dyn Statements) -> Result<StatusPlace, StoreError> {
        StatusEntry::take(tx, &self.device, "copy", self.until, self.now, &*self.entropy).await
    }
}

struct End(DeviceId, Timestamp);

#[async_trait::async_trait]
impl Verb for End {
    type Answer = u64;

    async fn run(&self, tx: &mut dyn Statements) -> Result<u64, StoreError> {
        Certificate::end_of_device(tx, &self.0, "", self.1, EndReason::PhoneLost).await
    }
}

struct Ended(i64, Timestamp);

#[async_trait::async_trait]
impl Verb for Ended {
    type Answer = Option<Vec<u32>>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        StatusEntry::ended(tx, self.0, self.1).await
    }
}

/// How many lists may have been lost.
const SKIPPED: i64 = 1000;

struct GoOn {
    until: Timestamp,
    now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for GoOn {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        StatusEntry::go_on(tx, SKIPPED, self.until, self.now).await
    }
}

struct Forget(Timestamp);

#[async_trait::async_trait]
impl Verb for Forget {
    type Answer = u64;

    async fn run(&self, tx: &mut dyn Statements) -> Result<u64, StoreError> {
        StatusEntry::forget(tx, self.0).await
    }
}

pub(super) async fn places_are_taken_once_and_turned_with_their_device(
    store: &Store,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), Breach> {
    let (one, other) = (DeviceId::fresh(now, entropy), DeviceId::fresh(now, entropy));
    let until = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now);
    let stubborn: Arc<dyn Entropy> = Arc::new(Stubborn(0.into()));
    let take = |device: &DeviceId| Take { device: device.clone(), until, now, entropy: stubborn.clone() };
    ensure(store.read(Ended(1, now)).await?.is_none(), "a list that was never opened is none")?;

    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..6 {
        let (store, verb) = (store.clone(), take(if racer % 2 == 0 { &one } else { &other }));
        racers.spawn(async move { (racer, store.write(verb).await) });
    }
    let (mut places, mut ones) = (Vec::new(), Vec::new());
    while let Some(raced) = racers.join_next().await {
        let (racer, place) = raced.map_err(|_| Breach::Broken("a racer panicked"))?;
        let StatusPlace { list, index } = place?;
        places.push((list, index));
        if racer % 2 == 0 {
            ones.push((list, index));
        }
    }
    places.sort_unstable();
    places.dedup();
    ensure(places.len() == 6, "six who take a place at once get six places")?;
    ensure(places.iter().all(|(_, index)| *index < LIST_SIZE), "every place is on its list")?;
    ensure(
        places.last().is_some_and(|(list, _)| *list == 2),
        "a list that seems full is followed by the next",
    )?;

    store.write(End(one, now)).await?;
    let mut turned = Vec::new();
    for list in [1, 2] {
        let ended = store.read(Ended(list, now)).await?.unwrap_or_default();
        turned.extend(ended.into_iter().map(|index| (list, index)));
    }
    turned.sort_unstable();
    ones.sort_unstable();
    ensure(turned == ones, "the act that ends a device turns its places, all of them and no other's")?;
    let late = until.saturating_add(SignedDuration::from_secs(1)).unwrap_or(until);
    let later = store.read(Ended(1, late)).await?;
    ensure(later.is_some_and(|ended| ended.is_empty()), "what has run out is told no more")?;
    let forgotten = store.write(Forget(late)).await?;
    let on_first = places.iter().filter(|(list, _)| *list == 1).count();
    ensure(forgotten == on_first as u64, "places that ran out are forgotten, but not on the newest list")?;
    let ended = store.read(Ended(1, now)).await?.unwrap_or_default();
    ensure(ended.len() == LIST_SIZE as usize, "a clock that is set right finds what it forgot turned")?;
    let ended = store.read(Ended(1, late)).await?;
    ensure(ended.is_some_and(|ended| ended.is_empty()), "one that was right finds nothing")?;

    store.write(GoOn { until, now }).await?;
    let known: Vec<u32> =
        places.iter().filter(|place| place.0 == 2 && !ones.contains(place)).map(|place| place.1).collect();
    let ended = store.read(Ended(2, now)).await?.unwrap_or_default();
    ensure(ended.len() == LIST_SIZE as usize - known.len(), "in a gap all that is not known is turned")?;
    ensure(!ended.iter().any(|place| known.contains(place)), "what is known to be good stays good")?;
    let next = store.write(take(&other)).await?;
    ensure(next.list == 2 + SKIPPED, "nobody takes a place in a gap, or on a list that was lost")?;
    let later = store.read(Ended(2, late)).await?;
    ensure(later.is_some_and(|ended| ended.is_empty()), "a gap is over when all its copies are")
}
