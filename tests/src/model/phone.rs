//! Offer, token and deletion: what phones ask for beside the card itself.

use super::action::{Answer, Client, CodeChoice, Reason, Reply, TxCode};
use super::config::{Config, Fault};
use super::state::{CertificateState, DeviceState, Grant, GrantState, List, State, Token};

impl Config {
    /// Whether a slip leads anywhere now (`usable` in `issuance/offer.rs`).
    fn usable(&self, grant: &Grant, now: u8) -> Result<(), Reason> {
        let dead = grant.failures >= self.bounds.failures && !self.broken(Fault::CompareWhenLocked);
        match grant.state {
            GrantState::Replaced => Err(Reason::Replaced),
            GrantState::Cancelled => Err(Reason::Cancelled),
            GrantState::Locked if !self.broken(Fault::CompareWhenLocked) => Err(Reason::Locked),
            _ if dead => Err(Reason::Locked),
            _ if grant.expires <= now => Err(Reason::Expired),
            GrantState::Ready | GrantState::Bound | GrantState::Locked => Ok(()),
        }
    }

    pub(super) fn offer(&self, state: &State, grant: u8) -> Answer {
        match self.usable(&state.grants[usize::from(grant)], state.time) {
            Ok(()) => Answer::Offered,
            Err(reason) => Answer::Refused(reason),
        }
    }

    /// The verb `RedeemGrant`: checks the activation code and raises the epoch, in one commit.
    pub(super) fn redeem(
        &self,
        state: &mut State,
        client: Client,
        grant: u8,
        code: CodeChoice,
        tx_code: TxCode,
        reply: Reply,
    ) -> Answer {
        let now = state.time;
        let slip = &mut state.grants[usize::from(grant)];
        if let Err(reason) = self.usable(slip, now) {
            return Answer::Refused(reason);
        }
        if code == CodeChoice::Superseded {
            return Answer::Refused(Reason::Used);
        }
        let tried = slip.tries;
        match (self.asks_code, tx_code) {
            (true, TxCode::Missing) if !self.broken(Fault::MissingCodePasses) => {
                return Answer::Refused(Reason::CodeMissing);
            }
            (false, TxCode::Wrong) => return Answer::Refused(Reason::CodeUnexpected),
            (true, TxCode::Wrong) => return self.count_failure(slip),
            (true | false, TxCode::Right | TxCode::Missing) => {}
        }
        // `leads_to_card`
        if let Err(reason) = card_stands(state) {
            return Answer::Refused(reason);
        }
        if state.device_of(grant).is_some_and(|device| !device.holds_place()) {
            return Answer::Refused(Reason::DeviceEnded);
        }
        let unknown = self.asks_code && (tx_code != TxCode::Right || client == Client::Stranger);
        state.seen.token_without_code |= unknown || tried >= self.bounds.failures;
        raise(&mut state.grants[usize::from(grant)], client, false, reply)
    }

    /// `count_failure` in `issuance/token.rs`.
    fn count_failure(&self, slip: &mut Grant) -> Answer {
        slip.tries = (slip.tries + 1).min(self.bounds.failures + 1);
        if !self.broken(Fault::SkipCount) {
            slip.failures = (slip.failures + 1).min(self.bounds.failures + 1);
        }
        let left = self.bounds.failures.saturating_sub(slip.failures);
        if left == 0 && slip.state == GrantState::Ready {
            slip.state = GrantState::Locked;
        }
        Answer::Refused(if left == 0 { Reason::Locked } else { Reason::WrongCode(left) })
    }

    /// The verb `RefreshGrant`. Only the device that the slip has opened has got that far with its refresh token.
    pub(super) fn refresh(&self, state: &mut State, grant: u8, reply: Reply) -> Answer {
        let Some(device) = state.device_of(grant) else { return Answer::Nothing };
        if !device.holds_place() {
            return Answer::Refused(Reason::DeviceEnded);
        }
        let client = device.key;
        raise(&mut state.grants[usize::from(grant)], client, true, reply)
    }

    /// The verb `RecordEvent` for a deletion, with a proof by the device key. Only who was given a certificate knows
    /// what to quote.
    pub(super) fn delete(&self, state: &mut State, grant: u8) -> Option<Answer> {
        let place = state.grants[usize::from(grant)].device?;
        let token = state.grants[usize::from(grant)].token?;
        let device = &mut state.devices[usize::from(place)];
        let quoted = state.certificates.iter().any(|c| c.device == place && c.released.any());
        if !quoted || token.client != device.key {
            return None;
        }
        if device.state == DeviceState::Live {
            device.state = DeviceState::Deleted;
            self.end_certificates(state, place, None);
        }
        Some(Answer::Nothing)
    }

    /// `Certificate::end_of_device` in `store/tables/certificate.rs`.
    pub(super) fn end_certificates(&self, state: &mut State, device: u8, except: Option<u8>) {
        let mut ended = 0;
        for (n, certificate) in state.certificates.iter_mut().enumerate() {
            if certificate.device != device || except.is_some_and(|except| usize::from(except) == n) {
                continue;
            }
            certificate.state = match certificate.state {
                CertificateState::Issued => CertificateState::Revoked,
                CertificateState::Prepared if !self.broken(Fault::RevokeSparesPrepared) => {
                    CertificateState::Voided
                }
                ended => ended,
            };
            ended += 1;
        }
        if ended > 0 && !self.broken(Fault::RevokeUncounted) {
            state.list = List::default();
        }
    }
}

/// Whether the card stands, with the word that a phone is given if not (`Dossier::may_issue`).
pub(super) fn card_stands(state: &State) -> Result<(), Reason> {
    if !state.base_held {
        return Err(Reason::CardVoid);
    }
    if state.time >= state.card_expires() { Err(Reason::CardExpired) } else { Ok(()) }
}

fn raise(slip: &mut Grant, client: Client, renews: bool, reply: Reply) -> Answer {
    slip.token = (reply == Reply::Arrives).then_some(Token { client, renews });
    Answer::Token
}
