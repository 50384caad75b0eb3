//! The phone with a network: what an embedding program holds and calls.
//!
//! ```text
//! LockedPhone ──unlock(PIN)──► UnlockedPhone ──OnlinePhone::new(…, Surroundings)──► OnlinePhone
//! ```
//!
//! | call | does | in |
//! |---|---|---|
//! | [`trust_root`](OnlinePhone::trust_root), [`fetch_root`](OnlinePhone::fetch_root) | believes an issuer from now on | [`trust`](crate::trust) |
//! | [`accept_terms`](OnlinePhone::accept_terms) | agrees to the terms | [`acquire::consent`](crate::acquire::consent) |
//! | [`begin_sign_in`](OnlinePhone::begin_sign_in), [`finish_sign_in`](OnlinePhone::finish_sign_in) | says whose phone it is, in mObywatel Junior | [`junior`](crate::junior) |
//! | [`open_offer`](OnlinePhone::open_offer), [`activate`](OnlinePhone::activate) | gets a card | [`acquire`](crate::acquire) |
//! | [`cards`](OnlinePhone::cards), [`show`](OnlinePhone::show) | reads what is held | [`show`](crate::show) |
//! | [`refresh`](OnlinePhone::refresh) | asks whether it still holds, and renews it | [`refresh`](crate::refresh) |
//! | [`read_request`](OnlinePhone::read_request), [`present`](OnlinePhone::present), [`decline`](OnlinePhone::decline) | answers a verifier | [`present`](crate::present) |
//! | [`delete`](OnlinePhone::delete) | gives it up | [`delete`](crate::delete) |
//!
//! ```no_run
//! # use std::{error::Error, path::Path};
//! # use shared::secret::Secret;
//! use wallet::acquire::event::Unobserved;
//! use wallet::acquire::offer::OfferSource;
//! use wallet::online::{OnlinePhone, Surroundings};
//! use wallet::phone::{LockedPhone, Parts};
//! use wallet::pin::Pin;
//!
//! # async fn activate(home: &Path, parts: Parts, surroundings: Surroundings) -> Result<(), Box<dyn Error>> {
//! let now = surroundings.clock.now();
//! let locked = LockedPhone::open(home, parts)?;
//! let phone = OnlinePhone::unlock(locked, Pin::parse("493027")?, now, surroundings).await?;
//! phone.accept_terms().await?;
//! let source = OfferSource::from_text("openid-credential-offer://?credential_offer_uri=…")?;
//! let offer = phone.open_offer(source, &Unobserved).await?;
//! let code = Secret::new("12345678");
//! let activated = phone.activate(&offer, Some(&code), &Unobserved).await?;
//! println!("{}", activated.standing);
//! # Ok(())
//! # }
//! ```
//!
//! Clock, randomness and network come with [`Surroundings`]; secure element and [store](crate::store) with the phone's
//! [`Parts`](crate::phone::Parts). A test that embeds phones may bring its own of each.
//!
//! Nothing here is global: any number of phones live in one process, each with its own clock, entropy and transport.
//! Whatever waits for the disk or stretches a PIN does so on tokio's blocking threads.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::entropy::Entropy;

use crate::documents::StoreError;
use crate::phone::{LockedPhone, StillLocked, UnlockedPhone};
use crate::pin::Pin;
use crate::transport::Transport;

/// What a phone needs of the world around it; the composition root, or a test, hands it in.
#[derive(Clone)]
pub struct Surroundings {
    /// The phone's clock, which its owner may set as they like; under `--now`, the time that was asked for.
    pub clock: Arc<dyn Clock>,
    /// Where proofs get their unique ids from.
    pub entropy: Arc<dyn Entropy>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// How long to go on when the network fails.
    pub patience: Patience,
}

impl Surroundings {
    /// Surroundings with the usual patience.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, transport: Arc<dyn Transport>) -> Self {
        Self { clock, entropy, transport, patience: Patience::default() }
    }
}

/// How often a request is sent that may safely be repeated, and how long the pauses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries in all; 0 counts as 1.
    pub tries: u32,
    /// The pause after the first try; each further one is twice as long.
    pub first_pause: Duration,
}

impl Patience {
    /// One try and no pause.
    pub const NONE: Self = Self { tries: 1, first_pause: Duration::ZERO };
}

impl Default for Patience {
    /// Three tries within about a second.
    fn default() -> Self {
        Self { tries: 3, first_pause: Duration::from_millis(300) }
    }
}

/// An unlocked phone with a network.
pub struct OnlinePhone {
    phone: Arc<UnlockedPhone>,
    surroundings: Surroundings,
    /// Held while an offer is followed: two that follow one slip would kill each other's tokens, and the later
    /// one would take the earlier one's card for a second one and give its place back.
    activation_turn: tokio::sync::Mutex<()>,
}

impl OnlinePhone {
    /// Gives a phone its surroundings.
    pub fn new(phone: UnlockedPhone, surroundings: Surroundings) -> Self {
        Self { phone: Arc::new(phone), surroundings, activation_turn: tokio::sync::Mutex::default() }
    }

    /// Unlocks a phone and gives it its surroundings. `machine_now` is for the PIN's delays and should be the machine's
    /// clock even where the surroundings have another; see [`LockedPhone::unlock`].
    ///
    /// # Errors
    /// [`StillLocked`] gives the phone back, with the reason.
    pub async fn unlock(
        phone: LockedPhone,
        pin: Pin,
        machine_now: Timestamp,
        surroundings: Surroundings,
    ) -> Result<Self, Box<StillLocked>> {
        let phone = blocking(move || phone.unlock(&pin, machine_now)).await?;
        Ok(Self::new(phone, surroundings))
    }

    /// Locks the phone.
    ///
    /// # Errors
    /// Gives the phone back while a call that was given up is still writing; it is to be locked again in a moment.
    pub fn lock(self) -> Result<LockedPhone, Self> {
        let Self { phone, surroundings, activation_turn } = self;
        let locked = Arc::try_unwrap(phone).map(UnlockedPhone::lock);
        locked.map_err(|phone| Self { phone, surroundings, activation_turn })
    }

    /// The phone itself: documents, history, secure element. Its calls wait for the disk.
    pub fn phone(&self) -> &UnlockedPhone {
        &self.phone
    }

    /// What it was given.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    pub(crate) fn shared_phone(&self) -> Arc<UnlockedPhone> {
        Arc::clone(&self.phone)
    }

    /// The turn to follow an offer; activations on one phone happen one after the other.
    pub(crate) async fn activation_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.activation_turn.lock().await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }

    /// The time that is noted beside what issuers say: the clock's, but not before what somebody has signed.
    pub(crate) async fn trusted_now(&self) -> Result<Timestamp, StoreError> {
        let floor = self.with_phone(|phone| phone.documents().time_floor()).await?;
        Ok(floor.at_least(self.now()))
    }

    /// The time that verifiers are answered by: the clock's, corrected where that may be relied on, but not before what
    /// somebody has signed.
    pub(crate) async fn reckoned_now(&self) -> Result<Timestamp, StoreError> {
        let raw = self.now();
        self.with_phone(move |phone| {
            let documents = phone.documents();
            Ok(documents.time_floor()?.at_least(documents.reckoned(raw)?))
        })
        .await
    }

    /// Does something with the phone that waits for the disk.
    pub(crate) async fn with_phone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&UnlockedPhone) -> T + Send + 'static,
    ) -> T {
        let phone = self.shared_phone();
        blocking(move || work(&phone)).await
    }
}

/// Runs `work` where it keeps no other task waiting.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down and nobody will poll this again.
            Err(_) => std::future::pending().await,
        },
    }
}
