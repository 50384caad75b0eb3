//! The desk: phones side by side, the issuer beside them, and a clock that they share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::clock::{Clock, MovableClock};
use shared::entropy::Entropy;
use shared::vci::sign_in::RedirectUri;
use shared::vci::uri::IssuerUrl;
use tokio::sync::broadcast;

use super::gate::Gate;
use super::phone::{Change, DeskPhone, Tools};
use super::sandbox::{Beside, Leap};
use super::trusted::TrustList;
use crate::junior;
use crate::phone::Parts;
use crate::pin::PinCost;
use crate::store::Stores;
use crate::transport::Transport;
use crate::transport::serve::serve;

/// The most phones on a desk.
pub const MAX_PHONES: u8 = 12;

/// How often the desk looks whether phones are to be locked or to forget a verdict, and what the sandbox's clock
/// shows.
const TICK: Duration = Duration::from_secs(3);

/// What a desk is made of; an embedding test brings its own.
pub struct DeskParts {
    /// The folder with the phones, a directory each; made if missing.
    pub home: PathBuf,
    /// How many phones, 1 to [`MAX_PHONES`].
    pub phones: u8,
    /// Where the desk is served, on this machine: sign-ins on the portal come back there.
    pub address: SocketAddr,
    /// The issuer whose cards the phones take.
    pub issuer: IssuerUrl,
    /// SHA-256 of the issuer's root certificate in hexadecimal digits, as it was told by another way. Without one
    /// the root is believed as it comes, which is good for nothing but an issuer on this machine.
    pub fingerprint: Option<String>,
    /// How often unlocked phones ask about their cards by themselves; never, if `None`.
    pub refresh_every: Option<Duration>,
    /// What a try of a PIN costs.
    pub pin_cost: PinCost,
    /// Where the phones keep their documents.
    pub stores: Arc<dyn Stores>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The machine's randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The network.
    pub network: Arc<dyn Transport>,
}

/// Phones on a desk. Clones are the same desk; the last one to go switches the phones off.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    phones: Vec<Arc<DeskPhone>>,
    beside: Beside,
    clock: Arc<MovableClock>,
    /// Whether the issuer's clock can be moved from here.
    sandbox: AtomicBool,
    address: SocketAddr,
    changes: broadcast::Sender<Change>,
    refresh_every: Option<Duration>,
}

impl Desk {
    /// Lays the phones out and switches them on. The issuer need not be in reach yet.
    pub async fn lay(parts: DeskParts) -> Self {
        let clock = Arc::new(MovableClock::new(Arc::clone(&parts.clock)));
        let beside = Beside::new(parts.issuer, Arc::clone(&parts.network));
        let (changes, _) = broadcast::channel(256);
        let trusted = Arc::new(TrustList::new(beside.clone(), parts.fingerprint));
        let gate = Gate::new(
            parts.address,
            Arc::clone(&trusted),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&parts.entropy),
            Arc::clone(&parts.network),
        );
        let tools = Tools {
            parts: Parts {
                stores: parts.stores,
                ..Parts::with_pin_cost(Arc::clone(&parts.entropy), parts.pin_cost)
            },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            machine: parts.clock,
            entropy: parts.entropy,
            network: parts.network,
            redirect: junior::loopback(parts.address).unwrap_or_else(RedirectUri::app),
            trusted,
            gate: Arc::new(gate),
            changes: changes.clone(),
        };
        let home = |number: u8| parts.home.join(format!("phone-{number}"));
        let phones = (1..=parts.phones.clamp(1, MAX_PHONES))
            .filter_map(|number| DeskPhone::lay(number, &home(number), tools.clone()))
            .collect();
        let desk = Self(Arc::new(Inner {
            phones,
            beside,
            clock,
            sandbox: AtomicBool::new(false),
            address: parts.address,
            changes,
            refresh_every: parts.refresh_every,
        }));
        desk.follow_clock().await;
        for phone in desk.phones() {
            phone.lock().await;
        }
        desk.keep_watch();
        desk
    }

    /// Serves the desk's pages until the listener fails; the address is the one that the desk was laid for.
    ///
    /// # Errors
    /// When the listener does not work.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        serve(listener, self.router(), std::future::pending()).await
    }

    pub(super) fn gate(&self) -> Option<Arc<Gate>> {
        self.phones().first().map(|phone| Arc::clone(&phone.tools.gate))
    }

    pub(super) fn phones(&self) -> &[Arc<DeskPhone>] {
        &self.0.phones
    }

    /// The phone with a number, counted from 1.
    pub(super) fn phone(&self, number: u8) -> Option<&Arc<DeskPhone>> {
        self.0.phones.iter().find(|phone| phone.number == number)
    }

    /// The issuer that the desk's phones believe.
    pub fn issuer(&self) -> &IssuerUrl {
        self.0.beside.issuer()
    }

    /// What the phones' clock shows.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn is_sandbox(&self) -> bool {
        self.0.sandbox.load(Ordering::SeqCst)
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Every phone is looked at anew.
    fn show_all(&self) {
        for phone in self.phones() {
            phone.change(|_| ());
        }
    }

    /// Sets the phones' clock by the sandbox's, if the issuer has one.
    async fn follow_clock(&self) {
        let Ok(shown) = self.0.beside.now().await else { return };
        let first = !self.0.sandbox.swap(true, Ordering::SeqCst);
        let apart = shown.duration_since(self.now()).abs();
        if first || apart > SignedDuration::from_secs(2) {
            self.0.clock.set(shown);
            self.show_all();
        }
    }

    /// What a browser brings back from the portal, for the phone that waits for it. The phone's number, if one does.
    pub(super) async fn signed_in(&self, path_and_query: &str) -> Option<u8> {
        let redirected = format!("http://{}{path_and_query}", self.0.address);
        let waits = |phone: &&Arc<DeskPhone>| {
            let sign_in = phone.state().errand.sign_in.clone();
            sign_in.is_some_and(|sign_in| sign_in.is_answered_by(&redirected))
        };
        let phone = self.phones().iter().find(waits)?;
        phone.finish_sign_in(redirected).await;
        Some(phone.number)
    }

    /// Moves issuer and phones forward together. `false` if the issuer did not.
    pub(super) async fn leap(&self, leap: Leap) -> bool {
        let Some(to) = leap.from(self.now()) else { return false };
        let Ok(shown) = self.0.beside.move_clock(to).await else { return false };
        self.0.clock.set(shown);
        self.show_all();
        // So much later phones would have asked about their cards long ago.
        for phone in self.phones() {
            let phone = Arc::clone(phone);
            tokio::spawn(async move { phone.refresh_quietly().await });
        }
        true
    }

    /// Issuer and phones begin again, today. `false` if the issuer did not.
    pub(super) async fn start_again(&self) -> bool {
        let Ok(shown) = self.0.beside.start_again().await else { return false };
        self.0.clock.set(shown);
        for phone in self.phones() {
            let given = super::acts::Given::default();
            for act in ["find", "reinstall"] {
                let _known = phone.act(act, &given).await;
            }
            phone.radio.set_airplane(false);
        }
        self.show_all();
        true
    }

    /// Locks phones that nobody touches, forgets old verdicts, follows the sandbox's clock, and refreshes cards; as
    /// long as there is a desk.
    fn keep_watch(&self) {
        let desk = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                let Some(inner) = desk.upgrade() else { break };
                let desk = Self(inner);
                desk.follow_clock().await;
                for phone in desk.phones() {
                    phone.lock_if_idle().await;
                    phone.forget_old_verdict();
                    phone.watch_cards().await;
                }
            }
        });
        let Some(every) = self.0.refresh_every else { return };
        let desk = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(inner) = desk.upgrade() else { break };
                for phone in Self(inner).phones() {
                    phone.refresh_quietly().await;
                }
            }
        });
    }
}
