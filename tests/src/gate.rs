//! Stops a request of the issuer between two commits: the issuer asks its clock before each of them, and this clock
//! lets it wait.
//!
//! A request that is let go goes on; one that is dropped ends there, as it does when a connection breaks or the
//! power fails. Requests are told apart by their tasks, so each one that is to be stopped needs a connection of its
//! own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use shared::clock::{Clock, ManualClock};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task;

/// The issuer's clock in a world; it shows what the world's clock shows.
pub struct Gate {
    clock: Arc<ManualClock>,
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    /// Tasks that have asked while nobody watched: none of them is the request that is waited for.
    others: HashSet<task::Id>,
    watch: Option<Watch>,
    stopped: BTreeMap<u64, Option<Fate>>,
    next: u64,
}

struct Watch {
    stop_at: Option<usize>,
    asked: HashMap<task::Id, usize>,
    tell: UnboundedSender<Stopped>,
}

/// A request that stands at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped(u64);

#[derive(Clone, Copy)]
enum Fate {
    GoOn,
    End,
}

impl Gate {
    /// A gate before this clock.
    pub fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, state: Mutex::default(), told: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the next new task is stopped when it asks for the time once more than `asks` times; the receiver
    /// is told. Without `asks` nothing is stopped, only counted.
    pub fn watch(&self, asks: Option<usize>) -> UnboundedReceiver<Stopped> {
        let (tell, told) = unbounded_channel();
        let stop_at = asks.map(|asks| asks + 1);
        self.state().watch = Some(Watch { stop_at, asked: HashMap::new(), tell });
        told
    }

    /// Stops nobody any more; answers how often the busiest new task has asked.
    pub fn unwatch(&self) -> usize {
        let mut state = self.state();
        let Some(watch) = state.watch.take() else { return 0 };
        state.others.extend(watch.asked.keys());
        watch.asked.values().copied().max().unwrap_or_default()
    }

    /// Lets a request go on.
    pub fn let_go(&self, stopped: Stopped) {
        self.decide(stopped, Fate::GoOn);
    }

    /// Ends a request where it stands.
    pub fn end(&self, stopped: Stopped) {
        self.decide(stopped, Fate::End);
    }

    /// Ends every request that stands here: whoever stops the issuer must not leave its threads waiting.
    pub fn end_all(&self) {
        let mut state = self.state();
        state.watch = None;
        state.stopped.values_mut().for_each(|fate| *fate = Some(Fate::End));
        drop(state);
        self.told.notify_all();
    }

    fn decide(&self, stopped: Stopped, fate: Fate) {
        self.state().stopped.insert(stopped.0, Some(fate));
        self.told.notify_all();
    }

    /// The request that stops here, if this one does.
    fn stops(&self) -> Option<Stopped> {
        let id = task::try_id()?;
        let mut state = self.state();
        let state = &mut *state;
        let Some(watch) = &mut state.watch else {
            state.others.insert(id);
            return None;
        };
        if state.others.contains(&id) {
            return None;
        }
        let asked = watch.asked.entry(id).or_default();
        *asked += 1;
        if watch.stop_at != Some(*asked) {
            return None;
        }
        let stopped = Stopped(state.next);
        state.next += 1;
        state.stopped.insert(stopped.0, None);
        // Nobody to tell is nobody who waits.
        let _ = watch.tell.send(stopped);
        Some(stopped)
    }

    fn fate(&self, stopped: Stopped) -> Fate {
        let mut state = self.state();
        loop {
            if let Some(Some(fate)) = state.stopped.get(&stopped.0).copied() {
                state.stopped.remove(&stopped.0);
                return fate;
            }
            state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Clock for Gate {
    fn now(&self) -> Timestamp {
        if let Some(stopped) = self.stops() {
            // Whoever waits here holds a thread; the others' work moves to another one.
            match task::block_in_place(|| self.fate(stopped)) {
                Fate::GoOn => {}
                // Unwound without the noise of a panic: nothing is wrong, the request is over.
                Fate::End => std::panic::resume_unwind(Box::new("ended at the gate")),
            }
        }
        self.clock.now()
    }
}
