//! What can happen, and what is answered.

use super::config::Config;
use super::state::{CertificateState, DeviceState, State};

/// Who sends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// A phone that knows QR code and activation code of every slip.
    First,
    /// Another phone that knows both, and has another key.
    Second,
    /// Somebody with a key, who has seen the QR codes and does not know the activation codes.
    Stranger,
}

/// Whether an answer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// It does.
    Arrives,
    /// It is lost on the way.
    Lost,
}

/// Which pre-authorized code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeChoice {
    /// One of the slip's present epoch.
    Current,
    /// One that was handed out before the last token: a message that comes late or twice.
    Superseded,
}

/// Which activation code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TxCode {
    /// The slip's, where it has one; else none.
    Right,
    /// Another one; where there is none, an unexpected one.
    Wrong,
    /// None, where there is one.
    Missing,
}

/// Which access token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenChoice {
    /// The one of the slip's present epoch.
    Current,
    /// An older one.
    Superseded,
}

/// Which nonce is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NonceChoice {
    /// A fresh one.
    Fresh,
    /// The one that was spent on this certificate: a request that comes late or twice.
    SpentOn(u8),
}

/// What the office makes a slip from (`issuance::grant::GrantSource`, `issuance::reissue::ReissueCard`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The card's order.
    Order,
    /// In the place of a slip.
    InPlaceOf(u8),
    /// A reissue for a device that keeps its certificate until the new one is activated.
    Swap(u8),
    /// A reissue for a device that is taken off at once.
    Lost(u8),
}

/// One commit of the issuer, or what befalls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The offer behind a QR code is fetched: `Issuance::resolve_offer` in `issuance/offer.rs`.
    Offer {
        /// Of which slip.
        grant: u8,
    },
    /// A code is exchanged for a token: the verb `RedeemGrant` in `issuance/token.rs`.
    Redeem {
        /// By whom.
        client: Client,
        /// Of which slip.
        grant: u8,
        /// Which code.
        code: CodeChoice,
        /// Which activation code.
        tx_code: TxCode,
        /// Whether the answer arrives.
        reply: Reply,
    },
    /// The device asks for a token with its refresh token: the verb `RefreshGrant` in `issuance/token.rs`.
    Refresh {
        /// The slip that opened the device.
        grant: u8,
        /// Whether the answer arrives.
        reply: Reply,
    },
    /// A credential request up to its first commit: the verb `Prepare` in `issuance/enrolment/prepare.rs`. What is
    /// stored already is released with it.
    Ask {
        /// By whom.
        client: Client,
        /// Under a token of which slip.
        grant: u8,
        /// Which token.
        token: TokenChoice,
        /// Which nonce.
        nonce: NonceChoice,
    },
    /// A request signs and makes its second commit: the verb `Settle` in `issuance/enrolment/settle.rs`, after
    /// `Issuance::finish` in `issuance/enrolment/mod.rs`.
    Finish {
        /// What it signs.
        certificate: u8,
    },
    /// A request ends between its commits: a connection broke, or one of several issuers was killed.
    Abandon {
        /// What it would have signed.
        certificate: u8,
    },
    /// A certificate that was left prepared is finished: `Issuance::settle_leftovers` in `issuance/enrolment/mod.rs`
    /// as `upkeep.rs` calls it. Here it may come at any time, even while a request is at it.
    Sweep {
        /// Which.
        certificate: u8,
    },
    /// The issuer is killed and started again: every request between its commits is gone, and `app` settles what
    /// was left prepared before anybody is served.
    Crash,
    /// The phone's holder deletes the card: the verb `RecordEvent` in `issuance/notification.rs`.
    Delete {
        /// The slip that opened the device; under its present token.
        grant: u8,
    },
    /// The office makes a slip: the verbs `MakeGrant` in `issuance/grant.rs`, `ReissueCard` in `issuance/reissue.rs`.
    MakeSlip(Source),
    /// The office takes the card off a device: the verb `RevokeDevice` in `issuance/revocation.rs`.
    RevokeDevice {
        /// Which.
        device: u8,
    },
    /// The office takes the card off all devices: the verb `RevokeCard` in `issuance/revocation.rs`.
    RevokeCard,
    /// The base card is voided: the verb `VoidBaseCard` in `issuance/reissue.rs`. A transfer to another school does
    /// the same to each card.
    VoidBaseCard,
    /// The base card is confirmed for longer: the verb `ConfirmBaseCard` in `issuance/reissue.rs`.
    Confirm,
    /// Time passes: slips expire, then the card; codes, tokens and nonces are dead after each step.
    Tick,
    /// The revocation list is fetched: the verbs `CurrentList` and `SignList` in `issuance/revocation.rs`.
    FetchList,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// An offer.
    Offered,
    /// A token.
    Token,
    /// The request stands between its two commits and signs this certificate.
    Signing(u8),
    /// This certificate.
    Released(u8),
    /// Done, or nothing to tell.
    Nothing,
    /// The revocation list, with these certificates.
    Listed(u16),
    /// A refusal.
    Refused(Reason),
}

/// Why something is refused: as on the wire, or the office's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The slip's time is up.
    Expired,
    /// Five wrong codes.
    Locked,
    /// A newer slip took its place.
    Replaced,
    /// It was taken back.
    Cancelled,
    /// The code was used, or a later token took this one's place.
    Used,
    /// The activation code is wrong, and so many tries are left.
    WrongCode(u8),
    /// There is no activation code.
    CodeMissing,
    /// An activation code that was not asked for.
    CodeUnexpected,
    /// The base card is void.
    CardVoid,
    /// The base card has run out.
    CardExpired,
    /// The device has ended.
    DeviceEnded,
    /// The slip has opened another device.
    OtherDevice,
    /// The slip was closed since the token was given.
    SlipClosed,
    /// The nonce was spent on something else, or on what was never released.
    NonceSpent,
    /// No place is free.
    PlacesTaken,
    /// What the card shows has changed: ask again.
    BooksChanged,
    /// The office: no place is free.
    NoFreePlace,
    /// The office: the slip has opened a device.
    SlipUsed,
    /// The office: a newer slip took its place.
    SlipDead,
    /// The office: the device does not hold the card.
    UnknownDevice,
    /// The office: the base card is void already.
    BaseCardVoid,
}

impl Config {
    /// Everything that may happen in `state`.
    pub fn actions(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        for grant in 0..number(state.grants.len()) {
            self.actions_of_slip(state, grant, &mut actions);
        }
        let mut requests = state.requests.clone();
        requests.dedup();
        for certificate in requests {
            actions.push(Action::Finish { certificate });
            actions.push(Action::Abandon { certificate });
        }
        for (certificate, _) in prepared(state) {
            actions.push(Action::Sweep { certificate });
        }
        if !state.requests.is_empty() || prepared(state).next().is_some() {
            actions.push(Action::Crash);
        }
        self.actions_of_office(state, &mut actions);
        if state.time < self.bounds.ticks {
            actions.push(Action::Tick);
        }
        actions.push(Action::FetchList);
        actions
    }

    fn clients(&self) -> impl Iterator<Item = Client> {
        let phones = [Client::First, Client::Second].into_iter().take(usize::from(self.bounds.phones));
        phones.chain(self.stranger.then_some(Client::Stranger))
    }

    fn actions_of_slip(&self, state: &State, grant: u8, actions: &mut Vec<Action>) {
        let slip = &state.grants[usize::from(grant)];
        actions.push(Action::Offer { grant });
        for client in self.clients() {
            for (tx_code, reply) in [
                (TxCode::Right, Reply::Arrives),
                (TxCode::Right, Reply::Lost),
                (TxCode::Wrong, Reply::Arrives),
                (TxCode::Missing, Reply::Arrives),
            ] {
                let knows = client != Client::Stranger || !self.asks_code;
                let possible = match tx_code {
                    TxCode::Right => knows,
                    // Who errs is all the same to the issuer: one of them is enough.
                    TxCode::Wrong => client == self.erring(),
                    TxCode::Missing => self.asks_code && client == self.erring(),
                };
                if possible {
                    let code = CodeChoice::Current;
                    actions.push(Action::Redeem { client, grant, code, tx_code, reply });
                }
            }
        }
        let client = Client::First;
        // A code or token of an older epoch changes nothing, whoever sends it whenever: that is tried where it is
        // certain that there is one.
        if slip.token.is_some() {
            let (code, tx_code, reply) = (CodeChoice::Superseded, TxCode::Right, Reply::Arrives);
            actions.push(Action::Redeem { client, grant, code, tx_code, reply });
        }
        if slip.device.is_some() {
            for reply in [Reply::Arrives, Reply::Lost] {
                actions.push(Action::Refresh { grant, reply });
            }
            if slip.token.is_some() {
                actions.push(Action::Delete { grant });
            }
        }
        if let Some(token) = slip.token {
            let (client, token) = (token.client, TokenChoice::Current);
            actions.push(Action::Ask { client, grant, token, nonce: NonceChoice::Fresh });
            for certificate in 0..number(state.certificates.len()) {
                let nonce = NonceChoice::SpentOn(certificate);
                actions.push(Action::Ask { client, grant, token, nonce });
            }
        }
        if slip.token.is_some_and(|token| token.renews) {
            let (token, nonce) = (TokenChoice::Superseded, NonceChoice::Fresh);
            actions.push(Action::Ask { client, grant, token, nonce });
        }
    }

    fn erring(&self) -> Client {
        if self.stranger { Client::Stranger } else { Client::First }
    }

    fn actions_of_office(&self, state: &State, actions: &mut Vec<Action>) {
        actions.push(Action::MakeSlip(Source::Order));
        let slips = if self.bounds.again { number(state.grants.len()) } else { 0 };
        actions.extend((0..slips).map(|grant| Action::MakeSlip(Source::InPlaceOf(grant))));
        let devices = if self.bounds.again { state.devices.as_slice() } else { &[] };
        for (device, found) in devices.iter().enumerate() {
            let device = number(device);
            if found.state == DeviceState::Live {
                actions.push(Action::MakeSlip(Source::Swap(device)));
                actions.push(Action::MakeSlip(Source::Lost(device)));
            }
            if found.holds_place() {
                actions.push(Action::RevokeDevice { device });
            }
        }
        if state.base_held {
            if self.bounds.whole_card {
                actions.extend([Action::RevokeCard, Action::VoidBaseCard]);
            }
            if state.confirmed < self.bounds.confirmations {
                actions.push(Action::Confirm);
            }
        }
    }
}

/// The certificates that are prepared, in the order in which they were.
pub(super) fn prepared(state: &State) -> impl Iterator<Item = (u8, &super::state::Certificate)> {
    let numbered = state.certificates.iter().enumerate().map(|(n, c)| (number(n), c));
    numbered.filter(|(_, certificate)| certificate.state == CertificateState::Prepared)
}

/// A place in a list; there are never more than a handful.
pub(super) fn number(place: usize) -> u8 {
    u8::try_from(place).expect("a handful")
}
