//! Does to the real issuer what the model does to itself, and compares after every step.

mod books;
mod office;
mod phone;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use issuer::config::Given;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::gate::Stopped;
use tests::model::walk::{Kind, kind};
use tests::model::{Action, Answer, Client, CodeChoice, Config, Reason, Reply as Arrival, State, TxCode};
use tests::office::Slip;
use tests::world::{BEGINNING, Plan, World, instant};
use tokio::task::JoinHandle;

use crate::wire::{Key, Reply, Wire};

/// Where time stands after no, one and two steps: slips live for thirty days, the card to the end of September.
const TIMES: [&str; 3] = [BEGINNING, "2026-12-23T12:00:00+01:00", "2027-10-01T12:00:00+02:00"];
/// To which day the card is confirmed.
const CONFIRMED_UNTIL: &str = "2028-09-30";

/// An issuer and everything that clients hold.
pub(crate) struct Replay {
    world: World,
    wire: Wire,
    config: Config,
    keys: [Key; 3],
    /// How often a credential request asks for the time up to its first commit.
    asks: usize,
    now: Timestamp,
    card: Card,
    /// The kinds of steps that the issuer has made as the model says.
    pub(crate) shown: BTreeSet<Kind>,
}

/// One card with its slips, and what has been seen of it.
struct Card {
    state: State,
    id: String,
    base_card: String,
    order: String,
    slips: Vec<Slip>,
    devices: Vec<String>,
    serials: Vec<String>,
    held: Vec<Held>,
    /// The nonce that was spent on a certificate, since time last moved.
    nonces: BTreeMap<u8, String>,
    /// What was released, by certificate: the answer's body.
    released: BTreeMap<u8, Value>,
    requests: Vec<Waiting>,
}

/// What clients hold of a slip.
#[derive(Default)]
struct Held {
    token: Option<(Client, String)>,
    old_token: Option<(Client, String)>,
    old_code: Option<String>,
    refresh: BTreeMap<Client, String>,
}

/// A credential request between its commits.
struct Waiting {
    certificate: u8,
    stopped: Stopped,
    reply: JoinHandle<Option<Reply>>,
}

/// What an answer says, model and issuer alike.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    what: String,
    tries_left: Option<u64>,
}

impl Said {
    fn word(what: impl Into<String>) -> Self {
        Self { what: what.into(), tries_left: None }
    }

    /// What the model's answer sounds like on the wire.
    fn of(answer: Answer) -> Self {
        let word = match answer {
            Answer::Refused(Reason::WrongCode(left)) => {
                return Self { what: "wrong_code".into(), tries_left: Some(left.into()) };
            }
            Answer::Refused(reason) => match reason {
                Reason::Expired => "expired",
                Reason::Locked => "locked",
                Reason::Replaced => "replaced",
                Reason::Cancelled | Reason::SlipClosed => "cancelled",
                Reason::Used => "used",
                Reason::WrongCode(_) => "wrong_code",
                Reason::CodeMissing => "code_missing",
                Reason::CodeUnexpected => "code_unexpected",
                Reason::CardVoid => "card_void",
                Reason::CardExpired => "card_expired",
                Reason::DeviceEnded => "revoked",
                Reason::OtherDevice => "other_device",
                Reason::NonceSpent => "bad_nonce",
                Reason::PlacesTaken => "slots_full",
                Reason::BooksChanged => "temporarily_unavailable",
                Reason::NoFreePlace => "no_free_place",
                Reason::SlipUsed => "slip_used",
                Reason::SlipDead => "slip_dead",
                Reason::UnknownDevice => "unknown_device",
                Reason::BaseCardVoid => "base_card_void",
            },
            Answer::Offered => "offered",
            Answer::Token => "token",
            Answer::Signing(_) => "signing",
            Answer::Released(certificate) => return Self::word(format!("released {certificate}")),
            Answer::Nothing => "done",
            Answer::Listed(entries) => return Self::word(format!("listed {entries:b}")),
        };
        Self::word(word)
    }

    /// A refusal as it came.
    fn refusal(body: &Value) -> Self {
        let text = |member: &str| body[member].as_str();
        let what = text("reason").or(text("code")).or(text("error")).unwrap_or("?");
        let tries_left = body["tries_left"].as_u64().filter(|_| what == "wrong_code");
        Self { what: what.to_owned(), tries_left }
    }
}

impl Replay {
    /// The world in which a configuration is replayed.
    pub(crate) fn plan(config: &Config) -> Plan {
        let overrides = json!({
            "devices": config.limit,
            "activation": if config.asks_code { "qr_with_code" } else { "portal_qr" },
            "renewal": if config.over_the_air { "over_the_air" } else { "new_grant" },
        });
        let settings: fn(&mut Given) =
            if config.at_once { |_| {} } else { |given| given.intent_first = Some(true) };
        Plan { overrides, settings, ..Plan::of("legacy-2019") }
    }

    /// Makes the world, and learns how often a request asks for the time.
    pub(crate) async fn new(plan: Plan, config: Config) -> Self {
        let world = World::of(plan).await;
        let wire = Wire::of(&world);
        let keys = [Key::fresh(), Key::fresh(), Key::fresh()];
        let now = instant(BEGINNING);
        let card = Card::fresh(&world, &config).await;
        let mut replay = Self { world, wire, config, keys, asks: 0, now, card, shown: BTreeSet::new() };
        replay.learn().await;
        replay
    }

    /// A request that is answered from the books makes one commit: it asks as often as another one up to its first.
    async fn learn(&mut self) {
        let (client, code, right) = (Client::First, CodeChoice::Current, TxCode::Right);
        self.redeem(client, 0, code, right, Arrival::Arrives).await.expect("a token");
        let (_, token) = self.card.held[0].token.clone().expect("a token");
        let key = &self.keys[0];
        let proof = self.wire.proof(key, &self.wire.nonce().await);
        let ask = || self.ask_request(Some(key), &token, &proof);
        let first = self.send_alone(ask()).await.expect("an answer");
        assert_eq!(first.status, 200, "{}", first.body);
        let _told = self.world.gate.watch(None);
        let again = self.send_alone(ask()).await.expect("an answer");
        self.asks = self.world.gate.unwatch();
        assert_eq!(again.body, first.body);
        assert!(self.asks > 0, "the issuer never asked for the time");
    }

    /// Follows a path on a fresh card; answers how many steps could be made.
    pub(crate) async fn follow(&mut self, name: &str, path: &[Action]) -> usize {
        self.set_time(0);
        self.card = Card::fresh(&self.world, &self.config).await;
        self.compare(&format!("{name}: at the beginning")).await;
        let mut made = 0;
        for (n, action) in path.iter().enumerate() {
            let what = || format!("{name}, step {n}, {action:?}; the path so far: {:#?}", &path[..=n]);
            let Some((next, answer)) = self.config.step(&self.card.state, *action) else {
                panic!("{}: the model cannot do that", what());
            };
            self.now = self.now.saturating_add(SignedDuration::from_secs(1)).expect("an instant");
            self.world.clock.set(self.now);
            // What clients of the model may hold and these ones do not: a code of before the last step of time.
            let Some(said) = self.act(*action, answer).await else {
                if next == self.card.state {
                    continue;
                }
                break;
            };
            assert_eq!(said, Said::of(answer), "the issuer's answer, then the model's: {}", what());
            self.card.state = next;
            self.compare(&what()).await;
            self.shown.insert(kind(*action, answer));
            made += 1;
        }
        self.listed_at_last(name).await;
        self.leave().await;
        made
    }

    fn set_time(&mut self, step: u8) {
        self.now = instant(TIMES[usize::from(step)]);
        self.world.clock.set(self.now);
    }

    /// `None` where nobody holds what would have to be sent.
    async fn act(&mut self, action: Action, expected: Answer) -> Option<Said> {
        match action {
            Action::Offer { grant } => Some(self.offer(grant).await),
            Action::Redeem { client, grant, code, tx_code, reply } => {
                self.redeem(client, grant, code, tx_code, reply).await
            }
            Action::Refresh { grant, reply } => self.refresh(grant, reply).await,
            Action::Ask { client, grant, token, nonce } => {
                self.ask(client, grant, token, nonce, expected).await
            }
            Action::Finish { certificate } => Some(self.finish(certificate).await),
            Action::Abandon { certificate } => Some(self.abandon(certificate).await),
            Action::Sweep { .. } => {
                self.world.issuance().settle_leftovers(SignedDuration::ZERO).await.expect("a settled rest");
                Some(Said::word("done"))
            }
            Action::Crash => {
                self.end_requests().await;
                self.world.restart_issuer().await;
                Some(Said::word("done"))
            }
            Action::Delete { grant } => self.delete(grant).await,
            Action::Tick => {
                self.set_time(self.card.state.time + 1);
                self.card.held.iter_mut().for_each(Held::grow_old);
                self.card.nonces.clear();
                Some(Said::word("done"))
            }
            Action::FetchList => Some(self.fetch_list().await),
            Action::MakeSlip(_)
            | Action::RevokeDevice { .. }
            | Action::RevokeCard
            | Action::VoidBaseCard
            | Action::Confirm => Some(self.office(action).await),
        }
    }

    /// Ends every request that stands between its commits.
    async fn end_requests(&mut self) {
        for waiting in std::mem::take(&mut self.card.requests) {
            self.world.gate.end(waiting.stopped);
            let reply = tokio::time::timeout(Duration::from_secs(30), waiting.reply).await.expect("an end");
            assert_eq!(phone::ended(&reply.expect("a task")), Said::word("done"));
        }
    }

    /// Leaves the card behind without anything on its way.
    async fn leave(&mut self) {
        self.end_requests().await;
        self.world.issuance().settle_leftovers(SignedDuration::ZERO).await.expect("a settled rest");
    }
}

impl Held {
    /// Codes and tokens do not last as long as a step of time.
    fn grow_old(&mut self) {
        self.token = None;
        self.old_token = None;
        self.old_code = None;
    }
}

impl Card {
    async fn fresh(world: &World, config: &Config) -> Self {
        let pupil = world.pupil().await;
        let order = world.office.order(&pupil.id).await;
        let slip = world.office.codes(&order).await;
        Self {
            state: config.beginning(),
            id: slip.card_id.clone(),
            base_card: pupil.base_card,
            order,
            slips: vec![slip],
            devices: Vec::new(),
            serials: Vec::new(),
            held: vec![Held::default()],
            nonces: BTreeMap::new(),
            released: BTreeMap::new(),
            requests: Vec::new(),
        }
    }
}
