//! How many wrong guesses somebody may make, over all slips and accounts together
//! (shared/docs/adr/0079-guesses-are-counted-where-they-arrive.md).
//!
//! A guess takes its place before it is looked at and gives it back if it was right, so that many at once are many.
//! What is counted here is kept by each process; the five tries of a slip and the waits of an account are kept in the
//! books, which all processes share.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::front::Limits;
use super::front::client::Client;
use crate::store::id::SchoolId;

/// How many places there are, and how fast taken ones come back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    burst: u32,
    per_second: f64,
}

impl Rate {
    /// So many at once; a hundredth of them comes back every minute.
    pub(crate) fn slow(burst: u32) -> Self {
        Self { burst, per_second: f64::from(burst) / 6000.0 }
    }
}

/// Wrong typed codes of everybody together: 55 random bits, of which this leaves nothing to find.
const TYPED_OF_ALL: Rate = Rate { burst: 600, per_second: 10.0 };
/// What sums of parts may lack of a whole: whoever waited as long as they were told is let in.
const TOLERANCE: f64 = 1e-6;
/// How many keys are remembered before the oldest half is let go.
const GENERATION: usize = 50_000;

/// Token buckets, one for each key. Those that nobody touched while a bucket fills are full, and forgotten.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    rate: Rate,
    state: Mutex<Generations<K>>,
}

#[derive(Debug)]
struct Generations<K> {
    current: HashMap<K, Bucket>,
    previous: HashMap<K, Bucket>,
    until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    since: Timestamp,
    left: f64,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    /// Buckets of this size.
    pub(crate) fn new(rate: Rate) -> Self {
        let state = Generations { current: HashMap::new(), previous: HashMap::new(), until: None };
        Self { rate, state: Mutex::new(state) }
    }

    /// Takes a place, or says in how many seconds there is one.
    pub(crate) fn take(&self, key: &K, now: Timestamp) -> Result<(), u32> {
        let full = f64::from(self.rate.burst);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.current.len() >= GENERATION || state.until.is_none_or(|until| until <= now) {
            state.previous = std::mem::take(&mut state.current);
            let fills = SignedDuration::from_secs_f64(full / self.rate.per_second);
            state.until = now.saturating_add(fills).ok();
        }
        let known = state.current.get(key).or_else(|| state.previous.get(key)).copied();
        let Bucket { since, left } = known.unwrap_or(Bucket { since: now, left: full });
        // A clock that was set back earns nothing.
        let earned = now.duration_since(since).as_secs_f64().max(0.0) * self.rate.per_second;
        let left = (left + earned).min(full);
        let (left, verdict) = if left > 1.0 - TOLERANCE {
            ((left - 1.0).max(0.0), Ok(()))
        } else {
            let seconds = ((1.0 - left) / self.rate.per_second - TOLERANCE).ceil();
            (left, Err(seconds.clamp(1.0, 3600.0) as u32))
        };
        state.current.insert(key.clone(), Bucket { since: now, left });
        verdict
    }

    /// Gives a place back: what was guessed was right.
    pub(crate) fn give_back(&self, key: &K) {
        let full = f64::from(self.rate.burst);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Generations { current, previous, .. } = &mut *state;
        if let Some(bucket) = current.get_mut(key).or_else(|| previous.get_mut(key)) {
            bucket.left = (bucket.left + 1.0).min(full);
        }
    }
}

/// Guesses at what wallets send.
#[derive(Debug)]
pub(super) struct Guesses {
    offers: Limiter<Client>,
    typed: Limiter<Client>,
    typed_of_all: Limiter<()>,
    codes: Limiter<Client>,
    codes_at_school: Limiter<SchoolId>,
}

impl Guesses {
    pub(super) fn within(limits: &Limits) -> Self {
        let of_one = Rate::slow(limits.guesses_of_one);
        Self {
            offers: Limiter::new(of_one),
            typed: Limiter::new(of_one),
            typed_of_all: Limiter::new(TYPED_OF_ALL),
            codes: Limiter::new(of_one),
            codes_at_school: Limiter::new(Rate::slow(limits.guesses_at_school)),
        }
    }

    /// Takes the places that a guess needs, all of them or none; the error is how many seconds to wait.
    pub(super) fn begin(&self, what: Guessed, client: Client, now: Timestamp) -> Result<Guess<'_>, u32> {
        let guess = Guess { guesses: self, client, what };
        let own = guess.own();
        own.take(&client, now)?;
        let shared = match &guess.what {
            Guessed::Offer | Guessed::Code(None) => Ok(()),
            Guessed::Typed => self.typed_of_all.take(&(), now),
            Guessed::Code(Some(school)) => self.codes_at_school.take(school, now),
        };
        match shared {
            Ok(()) => Ok(guess),
            Err(seconds) => {
                own.give_back(&client);
                Err(seconds)
            }
        }
    }
}

/// What may be guessed.
#[derive(Debug)]
pub(super) enum Guessed {
    /// The id of an offer.
    Offer,
    /// A typed code.
    Typed,
    /// A code of the token endpoint, or the activation code to one; the school is the slip's.
    Code(Option<SchoolId>),
}

/// A guess that has its places. Dropped, as when whoever asked has hung up, it was a wrong one.
#[derive(Debug)]
#[must_use]
pub(super) struct Guess<'a> {
    guesses: &'a Guesses,
    client: Client,
    what: Guessed,
}

impl<'a> Guess<'a> {
    fn own(&self) -> &'a Limiter<Client> {
        match self.what {
            Guessed::Offer => &self.guesses.offers,
            Guessed::Typed => &self.guesses.typed,
            Guessed::Code(_) => &self.guesses.codes,
        }
    }

    /// Gives the places back: nothing was guessed, or it was right.
    pub(super) fn was_none(self) {
        self.own().give_back(&self.client);
        match &self.what {
            Guessed::Offer | Guessed::Code(None) => {}
            Guessed::Typed => self.guesses.typed_of_all.give_back(&()),
            Guessed::Code(Some(school)) => self.guesses.codes_at_school.give_back(school),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn start() -> Timestamp {
        "2026-11-21T18:30:00Z".parse().unwrap()
    }

    fn client(last: u8) -> Client {
        Client::of([192, 0, 2, last].into())
    }

    #[test]
    fn places_come_back_in_time_and_each_key_has_its_own() {
        let limiter = Limiter::new(Rate { burst: 3, per_second: 0.5 });
        let start = start();
        assert_eq!((0..5).filter(|_| limiter.take(&1, start).is_ok()).count(), 3);
        assert_eq!(limiter.take(&1, start), Err(2));
        assert!(limiter.take(&2, start).is_ok(), "another key");
        limiter.give_back(&1);
        assert!(limiter.take(&1, start).is_ok(), "one was given back");
        assert!(limiter.take(&1, start + SignedDuration::from_secs(2)).is_ok());
        let back = start - SignedDuration::from_secs(9999);
        assert_eq!(limiter.take(&1, back), Err(2), "a clock that was set back earns nothing");
    }

    #[test]
    fn a_flood_of_keys_fills_no_memory_and_time_forgets_full_buckets() {
        let limiter = Limiter::new(Rate { burst: 1, per_second: 1.0 });
        for key in 0..(3 * GENERATION) {
            let _ = limiter.take(&key, start());
        }
        let held = |limiter: &Limiter<usize>| {
            let state = limiter.state.lock().unwrap();
            state.current.len() + state.previous.len()
        };
        assert!(held(&limiter) <= 2 * GENERATION);
        for later in [2, 4] {
            let _ = limiter.take(&0, start() + SignedDuration::from_secs(later));
        }
        assert_eq!(held(&limiter), 2, "one key, of two generations");
    }

    #[test]
    fn many_at_once_are_no_more_than_there_are_places() {
        let limits = Limits { guesses_of_one: 40, guesses_at_school: 100, ..Limits::default() };
        let guesses = Guesses::within(&limits);
        let school = SchoolId::parse("01jd7q2h5mz8v4k3t9w6x0ybrn").unwrap();
        let let_in = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let (guesses, school, let_in) = (&guesses, &school, &let_in);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let what = Guessed::Code(Some(school.clone()));
                        // Four addresses, two threads each.
                        match guesses.begin(what, client(number / 2), start()) {
                            // Half of those who get in were right, and give their places back.
                            Ok(guess)
                                if let_in.load(Ordering::Relaxed).is_multiple_of(2)
                                    && number.is_multiple_of(2) =>
                            {
                                guess.was_none();
                            }
                            Ok(_) => {
                                let_in.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(_) => {}
                        }
                    }
                });
            }
        });
        let mut let_in = let_in.into_inner();
        assert!(let_in <= 100, "{let_in}");
        // Places that were given back last, nobody may have asked for again.
        while guesses.begin(Guessed::Code(Some(school.clone())), client(8), start()).is_ok() {
            let_in += 1;
        }
        assert_eq!(let_in, 100, "of the many places of addresses the school has 100");
        // Who is refused for the school's sake keeps the places of an address.
        for _ in 0..50 {
            assert!(guesses.begin(Guessed::Code(Some(school.clone())), client(9), start()).is_err());
        }
        let elsewhere = (0..50).filter(|_| guesses.begin(Guessed::Code(None), client(9), start()).is_ok());
        assert_eq!(elsewhere.count(), 40);
    }
}
