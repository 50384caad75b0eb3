//! The activation state machine as a model: what the issuer decides about slips, devices and certificates, small
//! enough that every order of events can be tried.
//!
//! A state is what stands in the books plus what is on its way; an [`Action`] is one commit of the issuer, or what
//! befalls it. Everything that a client may hold (a code, a token, a nonce) may be used at any time and as often as
//! it likes, so that lost, doubled and delayed messages need no network of their own: what was sent and comes late
//! is what somebody still holds and sends now. See `shared/docs/model.md`.
//!
//! The model knows no checker: `tests/model/checker.rs` hands it to stateright, and `tests/model/replay` replays
//! its paths against the real issuer.

mod action;
mod alike;
mod config;
mod credential;
mod invariants;
mod office;
mod phone;
mod state;
pub mod walk;

pub use self::action::{
    Action, Answer, Client, CodeChoice, NonceChoice, Reason, Reply, Source, TokenChoice, TxCode,
};
pub use self::config::{Bounds, Config, Fault};
pub use self::invariants::{Invariant, Sometimes};
pub use self::state::{
    Certificate, CertificateState, Device, DeviceState, Grant, GrantState, List, State, Token,
};

impl Config {
    /// The state before anything has happened: a card without devices, and one slip.
    pub fn beginning(&self) -> State {
        State::of_one_slip()
    }

    /// What `action` does in `state`, and what is answered; `None` where it cannot happen or the bounds end.
    pub fn step(&self, state: &State, action: Action) -> Option<(State, Answer)> {
        let mut next = state.clone();
        let answer = match action {
            Action::Offer { grant } => self.offer(&next, grant),
            Action::Redeem { client, grant, code, tx_code, reply } => {
                self.redeem(&mut next, client, grant, code, tx_code, reply)
            }
            Action::Refresh { grant, reply } => self.refresh(&mut next, grant, reply),
            Action::Ask { client, grant, token, nonce } => {
                self.prepare(&mut next, client, grant, token, nonce)?
            }
            Action::Finish { certificate } => {
                next.end_request(certificate)?;
                self.settle(&mut next, certificate, true)
            }
            Action::Abandon { certificate } => {
                next.end_request(certificate)?;
                Answer::Nothing
            }
            Action::Sweep { certificate } => self.settle(&mut next, certificate, false),
            Action::Crash => {
                next.requests.clear();
                self.settle_leftovers(&mut next)
            }
            Action::Delete { grant } => self.delete(&mut next, grant)?,
            Action::MakeSlip(source) => self.make_slip(&mut next, source)?,
            Action::RevokeDevice { device } => self.revoke_device(&mut next, device),
            Action::RevokeCard => self.revoke_card(&mut next),
            Action::VoidBaseCard => self.void_base_card(&mut next),
            Action::Confirm => self.confirm(&mut next)?,
            Action::Tick => self.tick(&mut next)?,
            Action::FetchList => self.fetch_list(&mut next),
        };
        Some((next, answer))
    }
}
