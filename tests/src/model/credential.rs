//! The credential request and its two commits, or the one in the place of both.

use super::action::{Answer, Client, NonceChoice, Reason, TokenChoice, number, prepared};
use super::config::{Config, Fault};
use super::phone::card_stands;
use super::state::{Certificate, CertificateState, Device, DeviceState, GrantState, List, Released, State};

impl Config {
    /// The verb `Prepare`: the first commit. `None` where the model's bounds end.
    pub(super) fn prepare(
        &self,
        state: &mut State,
        client: Client,
        grant: u8,
        token: TokenChoice,
        nonce: NonceChoice,
    ) -> Option<Answer> {
        let slip = &state.grants[usize::from(grant)];
        if token == TokenChoice::Superseded {
            return Some(Answer::Refused(Reason::Used));
        }
        let renews = slip.token.is_some_and(|token| token.renews);
        if !matches!(slip.state, GrantState::Ready | GrantState::Bound) {
            return Some(Answer::Refused(Reason::SlipClosed));
        }
        if let Err(reason) = card_stands(state) {
            return Some(Answer::Refused(reason));
        }
        if let NonceChoice::SpentOn(certificate) = nonce {
            return self.spent(state, client, grant, certificate);
        }
        let certificate = match slip.device {
            Some(device)
                if self.broken(Fault::OpenAgain) && state.devices[usize::from(device)].key != client =>
            {
                self.first(state, client, grant)?
            }
            Some(device) => self.again(state, client, device, renews)?,
            None => self.first(state, client, grant)?,
        };
        match certificate {
            Ok(certificate) => self.go_on(state, certificate),
            Err(reason) => Some(Answer::Refused(reason)),
        }
    }

    /// A nonce that was spent before: the same answer to the same grant and key.
    fn spent(&self, state: &mut State, client: Client, grant: u8, certificate: u8) -> Option<Answer> {
        let spent = &state.certificates[usize::from(certificate)];
        let device = &state.devices[usize::from(spent.device)];
        if device.grant != grant || spent.key != client {
            return Some(Answer::Refused(Reason::NonceSpent));
        }
        let ended = match spent.state {
            CertificateState::Prepared | CertificateState::Issued => return self.go_on(state, certificate),
            CertificateState::Voided | CertificateState::Revoked => !may_hold(state, grant, client),
        };
        let by_word = self.broken(Fault::VoidedMeansEnded);
        let by_word = by_word && state.grants[usize::from(grant)].state != GrantState::Ready;
        if ended || by_word {
            state.seen.told_ended_wrongly |= !ended;
            return Some(Answer::Refused(Reason::DeviceEnded));
        }
        Some(Answer::Refused(Reason::NonceSpent))
    }

    /// `Prepare::again`: a bound slip delivers the same certificate to the same key, or renews it if it may. The
    /// outer `None` is the end of the bounds.
    fn again(
        &self,
        state: &mut State,
        client: Client,
        device: u8,
        renews: bool,
    ) -> Option<Result<u8, Reason>> {
        let found = &state.devices[usize::from(device)];
        if found.key != client {
            return Some(Err(Reason::OtherDevice));
        }
        if !found.holds_place() {
            return Some(Err(Reason::DeviceEnded));
        }
        if let Some((prepared, _)) = prepared(state).find(|(_, c)| c.device == device) {
            return Some(Ok(prepared));
        }
        let issued = |c: &Certificate| c.device == device && c.state == CertificateState::Issued;
        let Some(current) = state.certificates.iter().rposition(issued) else {
            return if found.state == DeviceState::Live {
                self.record(state, client, device).map(Ok)
            } else {
                Some(Err(Reason::DeviceEnded))
            };
        };
        if !(renews && self.over_the_air) || state.certificates[current].inputs == state.confirmed {
            return Some(Ok(number(current)));
        }
        self.record(state, client, device).map(Ok)
    }

    /// `Prepare::first` and `place::open`: a ready slip takes a place on the card and is bound.
    fn first(&self, state: &mut State, client: Client, grant: u8) -> Option<Result<u8, Reason>> {
        let slot = match self.free_slot(state, state.grants[usize::from(grant)].replaces) {
            Ok(slot) => slot,
            Err(reason) => return Some(Err(reason)),
        };
        if state.devices.len() >= self.bounds.devices {
            return None;
        }
        let device = number(state.devices.len());
        state.devices.push(Device { grant, key: client, slot, state: DeviceState::Pending });
        let slip = &mut state.grants[usize::from(grant)];
        slip.state = GrantState::Bound;
        slip.device = Some(device);
        self.record(state, client, device).map(Ok)
    }

    /// `free_slot` in `issuance/enrolment/place.rs`.
    fn free_slot(&self, state: &State, replaces: Option<u8>) -> Result<u8, Reason> {
        let in_state = |wanted| state.devices.iter().filter(move |device| device.state == wanted);
        let replaced = replaces.map(|device| &state.devices[usize::from(device)]);
        if let Some(replaced) = replaced.filter(|device| device.state == DeviceState::Live) {
            let waited_for = in_state(DeviceState::Pending).any(|device| device.slot == replaced.slot);
            return if waited_for { Err(Reason::PlacesTaken) } else { Ok(replaced.slot) };
        }
        let pending = (!self.broken(Fault::ForgetPending)).then(|| in_state(DeviceState::Pending));
        let taken: Vec<u8> =
            in_state(DeviceState::Live).chain(pending.into_iter().flatten()).map(|d| d.slot).collect();
        if self.broken(Fault::ForgetLimit) {
            return Ok(number(taken.len()) + 1);
        }
        if taken.len() >= usize::from(self.limit) {
            return Err(Reason::PlacesTaken);
        }
        (1..=self.limit).find(|slot| !taken.contains(slot)).ok_or(Reason::PlacesTaken)
    }

    /// `Prepare::prepare`: the bytes of a certificate, recorded before any signature exists.
    fn record(&self, state: &mut State, client: Client, device: u8) -> Option<u8> {
        if state.certificates.len() >= self.bounds.certificates {
            return None;
        }
        state.certificates.push(Certificate {
            device,
            key: client,
            inputs: state.confirmed,
            state: CertificateState::Prepared,
            expires: state.card_expires(),
            released: Released::default(),
        });
        Some(number(state.certificates.len() - 1))
    }

    /// `Next::of`: what is issued is released, what is prepared waits for its signature.
    fn go_on(&self, state: &mut State, certificate: u8) -> Option<Answer> {
        if state.certificates[usize::from(certificate)].state == CertificateState::Issued {
            release(state, certificate, How::Stored);
            return Some(Answer::Released(certificate));
        }
        if self.at_once {
            // Nothing comes between what `Prepare` decides and what it signs.
            return Some(self.settle(state, certificate, true));
        }
        if state.requests.len() >= self.bounds.requests {
            return None;
        }
        state.begin_request(certificate);
        if self.broken(Fault::ReleaseBeforeCommit) {
            release(state, certificate, How::Early);
        }
        Some(Answer::Signing(certificate))
    }

    /// The verb `Settle`: the second commit. What is settled is released to whoever asked, if anybody did.
    pub(super) fn settle(&self, state: &mut State, certificate: u8, asked: bool) -> Answer {
        let place = usize::from(certificate);
        let answer = self.settled(state, certificate);
        if matches!(answer, Answer::Released(_)) && asked {
            let own = state.certificates[place].state == CertificateState::Issued
                && self.broken(Fault::ReleaseOwnSignature)
                && state.certificates[place].released.any();
            release(state, certificate, if own { How::OwnSignature } else { How::Stored });
        }
        if asked { answer } else { Answer::Nothing }
    }

    fn settled(&self, state: &mut State, certificate: u8) -> Answer {
        let found = state.certificates[usize::from(certificate)].clone();
        let place = usize::from(found.device);
        let grant = state.devices[place].grant;
        match found.state {
            CertificateState::Issued => return Answer::Released(certificate),
            CertificateState::Revoked | CertificateState::Voided if self.broken(Fault::SettleUnchecked) => {}
            CertificateState::Revoked | CertificateState::Voided => {
                let ended = !may_hold(state, grant, found.key);
                if ended || self.broken(Fault::VoidedMeansEnded) {
                    state.seen.told_ended_wrongly |= !ended;
                    return Answer::Refused(Reason::DeviceEnded);
                }
                return Answer::Refused(Reason::BooksChanged);
            }
            CertificateState::Prepared => {}
        }
        let current = if found.inputs == state.confirmed { Ok(()) } else { Err(Reason::BooksChanged) };
        if let Err(reason) = card_stands(state).and(current) {
            if state.devices[place].state == DeviceState::Pending {
                state.devices[place].state = DeviceState::Void;
                let slip = &mut state.grants[usize::from(grant)];
                slip.state = GrantState::Ready;
                slip.device = None;
            }
            state.certificates[usize::from(certificate)].state = CertificateState::Voided;
            state.list = List::default();
            return Answer::Refused(reason);
        }
        if state.devices[place].state == DeviceState::Pending {
            self.go_live(state, grant, found.device);
        } else {
            let earlier = |c: &Certificate| c.device == found.device && c.state == CertificateState::Issued;
            if state.certificates.iter().any(earlier) {
                self.end_certificates(state, found.device, Some(certificate));
            }
        }
        state.certificates[usize::from(certificate)].state = CertificateState::Issued;
        Answer::Released(certificate)
    }

    /// `go_live` in `issuance/enrolment/place.rs`.
    fn go_live(&self, state: &mut State, grant: u8, device: u8) {
        let replaces = state.grants[usize::from(grant)].replaces;
        let old = replaces.filter(|old| state.devices[usize::from(*old)].state == DeviceState::Live);
        if let Some(old) = old.filter(|_| !self.broken(Fault::KeepReplaced)) {
            state.devices[usize::from(old)].state = DeviceState::Revoked;
            self.end_certificates(state, old, None);
            for (n, other) in state.grants.iter_mut().enumerate() {
                let open = other.state == GrantState::Ready && n != usize::from(grant);
                if open && other.replaces == Some(old) {
                    other.state = GrantState::Replaced;
                }
            }
        }
        state.devices[usize::from(device)].state = DeviceState::Live;
    }

    /// `Issuance::settle_leftovers`, which `app` calls before anybody is served.
    pub(super) fn settle_leftovers(&self, state: &mut State) -> Answer {
        let left: Vec<u8> = prepared(state).map(|(certificate, _)| certificate).collect();
        for certificate in left {
            self.settle(state, certificate, false);
        }
        Answer::Nothing
    }
}

/// `may_hold` in `issuance/enrolment/place.rs`: whether the phone may still get a card under this slip with its key.
fn may_hold(state: &State, grant: u8, key: Client) -> bool {
    match state.device_of(grant) {
        Some(device) => device.key == key && device.holds_place(),
        None => state.grants[usize::from(grant)].state == GrantState::Ready,
    }
}

enum How {
    Stored,
    OwnSignature,
    Early,
}

fn release(state: &mut State, certificate: u8, how: How) {
    let device = usize::from(state.certificates[usize::from(certificate)].device);
    state.seen.released_after_end |= !state.devices[device].holds_place();
    let released = &mut state.certificates[usize::from(certificate)].released;
    match how {
        How::Stored => released.stored = true,
        How::OwnSignature => released.other = true,
        How::Early => released.early = true,
    }
}
