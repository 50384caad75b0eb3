//! One phone on the desk: switched off or on, where its owner stands on it, and who is told when that changes.
//!
//! ```text
//!            set-pin                     unlock
//! Welcome ───────────► on ── lock ──► Lock ──────► on
//!    ▲                                  │
//!    └───────────── reinstall ◄─────────┘ (erased, copied, damaged)
//! ```
//!
//! Acts of the owner happen one after the other. What takes longer than a moment is work of its own: the view says
//! how far it is, and an act that locks or loses the phone leaves the work without a screen.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::secret::Secret;
use shared::vci::sign_in::RedirectUri;
use tokio::sync::broadcast;

use super::gate::Gate;
use super::profile::Profile;
use super::radio::Radio;
use super::trouble::{Kind, Trouble};
use super::trusted::TrustList;
use super::view::{Inspect, View, Work, Working};
use crate::acquire::OpenedOffer;
use crate::acquire::event::Event;
use crate::acquire::offer::OfferSource;
use crate::junior::{HolderSession, SignIn};
use crate::online::{OnlinePhone, Surroundings, blocking};
use crate::phone::{LockedPhone, OpenError, Parts};
use crate::present::AskedFor;
use crate::secure_element::Standing as LockStanding;
use crate::transport::Transport;
use crate::transport::transcript::{Recorder, Transcript};
use crate::verify::offline::Inspector;

/// How long a phone stays unlocked that nobody touches.
pub(super) const AUTO_LOCK: SignedDuration = SignedDuration::from_mins(5);

/// A phone changed: whoever shows it asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) phone: u8,
    pub(super) version: u64,
}

/// What every phone on the desk is given.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) parts: Parts,
    /// The phones' clock, which the sandbox moves.
    pub(super) clock: Arc<dyn Clock>,
    /// The machine's clock, by which delays after wrong PINs and the auto-lock go.
    pub(super) machine: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) network: Arc<dyn Transport>,
    pub(super) trusted: Arc<TrustList>,
    /// Who asks for the inspectors on the desk.
    pub(super) gate: Arc<Gate>,
    /// Where a browser comes back to after a sign-in.
    pub(super) redirect: RedirectUri,
    pub(super) changes: broadcast::Sender<Change>,
}

/// One phone.
pub(super) struct DeskPhone {
    pub(super) number: u8,
    pub(super) home: PathBuf,
    pub(super) tools: Tools,
    pub(super) radio: Radio,
    pub(super) transcript: Transcript,
    /// Held by whoever acts.
    pub(super) turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// What an inspector's phone judges codes by; read from its folder when it is needed first.
    pub(super) offline: tokio::sync::Mutex<Option<Inspector>>,
    /// How many codes it has judged.
    pub(super) counted: AtomicU64,
}

/// What is known of a phone at this moment.
pub(super) struct State {
    pub(super) profile: Profile,
    /// The phone, while it is unlocked.
    pub(super) online: Option<Arc<OnlinePhone>>,
    pub(super) view: View,
    /// How the lock stands, while it is locked.
    pub(super) lock: Option<LockStanding>,
    pub(super) errand: Errand,
    pub(super) last_used: Timestamp,
    /// How the cards stood when somebody last looked.
    stood: Vec<&'static str>,
    version: u64,
    /// Which work the view belongs to.
    job: u64,
}

/// What is carried from step to step on the way to a card; forgotten with the lock.
#[derive(Default)]
pub(super) struct Errand {
    pub(super) source: Option<OfferSource>,
    pub(super) offer: Option<Arc<OpenedOffer>>,
    pub(super) code: Option<Secret>,
    /// A sign-in that a browser has still to answer.
    pub(super) sign_in: Option<Arc<SignIn>>,
    /// Who signed in before the phone was set up.
    pub(super) session: Option<HolderSession>,
    /// What a verifier asks.
    pub(super) asked: Option<Arc<AskedFor>>,
    /// What a try again repeats.
    pub(super) again: Option<Work>,
}

impl State {
    /// Grows with every change.
    pub(super) fn version(&self) -> u64 {
        self.version
    }
}

impl DeskPhone {
    /// The phone whose directory is `home`: as it was left, or from the shop.
    pub(super) fn lay(number: u8, home: &Path, tools: Tools) -> Option<Arc<Self>> {
        let profile = Profile::load(home).or_else(|| Profile::from_shop(number))?;
        let radio = Radio::new(Arc::clone(&tools.network));
        let now = tools.machine.now();
        let state = State {
            profile,
            online: None,
            view: View::Welcome,
            lock: None,
            errand: Errand::default(),
            last_used: now,
            stood: Vec::new(),
            version: 1,
            job: 0,
        };
        Some(Arc::new(Self {
            number,
            home: home.to_owned(),
            tools,
            radio,
            transcript: Transcript::default(),
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            offline: tokio::sync::Mutex::default(),
            counted: AtomicU64::new(0),
        }))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells whoever looks.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let made = change(&mut state);
        state.version += 1;
        let told = Change { phone: self.number, version: state.version };
        drop(state);
        // Nobody may be looking.
        let _heard = self.tools.changes.send(told);
        made
    }

    pub(super) fn view(&self) -> View {
        self.state().view.clone()
    }

    pub(super) fn go(&self, view: View) {
        self.change(|state| state.view = view);
    }

    pub(super) fn fail(&self, trouble: impl Into<Trouble>) {
        self.go(View::Trouble(trouble.into()));
    }

    /// Shows what went wrong while the phone was looked at, unless it has changed since `version`.
    pub(super) fn fail_since(&self, version: u64, trouble: &Trouble) {
        self.go_since(version, View::Trouble(trouble.clone()));
    }

    /// Goes on to `view`, unless the phone has changed since `version`.
    pub(super) fn go_since(&self, version: u64, view: View) {
        if self.state().version == version {
            self.go(view);
        }
    }

    /// The unlocked phone, if it is.
    pub(super) fn online(&self) -> Option<Arc<OnlinePhone>> {
        self.state().online.clone()
    }

    pub(super) fn profile(&self) -> Profile {
        self.state().profile.clone()
    }

    /// Changes what can be read off the phone, and keeps it.
    pub(super) async fn keep_profile(&self, change: impl FnOnce(&mut Profile)) -> Result<(), Trouble> {
        let profile = self.change(|state| {
            change(&mut state.profile);
            state.profile.clone()
        });
        let home = self.home.clone();
        let kept = blocking(move || profile.keep(&home)).await;
        kept.map_err(|error| Trouble::new(Kind::Damaged, format!("phone_io: {error}")))
    }

    /// What the phone's library gets of the world around it.
    pub(super) fn surroundings(&self) -> Surroundings {
        let recorder = Recorder::new(Arc::new(self.radio.clone()), self.transcript.clone());
        Surroundings::new(Arc::clone(&self.tools.clock), Arc::clone(&self.tools.entropy), Arc::new(recorder))
    }

    /// Opens the phone's directory; waits a moment where a call that was given up is still writing.
    pub(super) async fn open(&self) -> Result<LockedPhone, OpenError> {
        let mut tries = 20;
        loop {
            let (home, parts) = (self.home.clone(), self.tools.parts.clone());
            match blocking(move || LockedPhone::open(&home, parts)).await {
                Err(OpenError::InUse) if tries > 0 => {
                    tries -= 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Switches the phone on, or locks it: shows the lock, the first start, or why neither is to be had.
    pub(super) async fn lock(&self) {
        self.change(|state| {
            state.online = None;
            state.errand = Errand::default();
            state.job += 1;
        });
        let (view, lock) = match self.open().await {
            Err(OpenError::NoPhone) if self.profile().inspector => (View::Inspect(Inspect::Choose), None),
            Err(OpenError::NoPhone) => (View::Welcome, None),
            Err(error) => (View::Trouble(Trouble::from(&error)), None),
            Ok(phone) => match phone.standing(self.tools.machine.now()) {
                Ok(LockStanding::Erased) => {
                    (View::Trouble(Trouble::new(Kind::Erased, "erased")), Some(LockStanding::Erased))
                }
                Ok(standing) => (View::Lock { fault: None }, Some(standing)),
                Err(error) => (View::Trouble(Trouble::new(Kind::Damaged, error.reason())), None),
            },
        };
        self.change(|state| {
            state.view = view;
            state.lock = lock;
        });
    }

    /// Somebody touched the phone.
    pub(super) fn touch(&self) {
        self.state().last_used = self.tools.machine.now();
    }

    /// Shows the phone anew if a card stands otherwise than before, as at midnight after its last day.
    pub(super) async fn watch_cards(&self) {
        let Some(online) = self.online() else { return };
        let Ok(cards) = online.cards().await else { return };
        let stand: Vec<_> = cards.iter().map(|shown| shown.standing.reason()).collect();
        if self.state().stood != stand {
            self.change(|state| state.stood = stand);
        }
    }

    /// Locks the phone if nobody has touched it for a while and nothing is being done on it.
    pub(super) async fn lock_if_idle(&self) {
        let idle = {
            let state = self.state();
            let unused = self.tools.machine.now().duration_since(state.last_used);
            state.online.is_some() && !matches!(state.view, View::Working(_)) && unused > AUTO_LOCK
        };
        if idle {
            let _turn = self.turn.lock().await;
            self.lock().await;
        }
    }

    /// Shows that something is being done, and does it; the view that it ends in is shown unless the phone was
    /// locked meanwhile.
    pub(super) fn work<F>(self: &Arc<Self>, work: Work, job: F)
    where
        F: Future<Output = View> + Send + 'static,
    {
        let number = self.change(|state| {
            state.view = View::Working(Working::new(work));
            state.errand.again = Some(work);
            state.job += 1;
            state.job
        });
        let phone = Arc::clone(self);
        tokio::spawn(async move {
            let view = job.await;
            phone.change(|state| {
                if state.job == number {
                    state.view = view;
                    state.last_used = phone.tools.machine.now();
                }
            });
        });
    }

    /// An observer that shows every step.
    pub(super) fn watcher(self: &Arc<Self>) -> impl Fn(Event) + Send + Sync + use<> {
        let phone = Arc::clone(self);
        move |event: Event| {
            let now = std::time::Instant::now();
            phone.change(|state| {
                if let View::Working(working) = &mut state.view {
                    working.take(&event, now);
                }
            });
        }
    }
}
