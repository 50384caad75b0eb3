//! What the office does, what time does, and the revocation list.

use super::action::{Answer, Reason, Source};
use super::config::Config;
use super::phone::card_stands;
use super::state::{Device, DeviceState, GrantState, List, State};

impl Config {
    /// The verbs `MakeGrant` and `ReissueCard`. `None` where the model's bounds end.
    pub(super) fn make_slip(&self, state: &mut State, source: Source) -> Option<Answer> {
        // A refused act leaves nothing behind (`Verb::keeps`).
        let before = state.clone();
        match self.slip(state, source) {
            Ok(()) if state.grants.len() > self.bounds.grants => None,
            Ok(()) => Some(Answer::Nothing),
            Err(reason) => {
                *state = before;
                Some(Answer::Refused(reason))
            }
        }
    }

    fn slip(&self, state: &mut State, source: Source) -> Result<(), Reason> {
        let live = |state: &State, device: u8| state.devices[usize::from(device)].state == DeviceState::Live;
        let (replaces, old) = match source {
            Source::Order => (None, None),
            Source::InPlaceOf(old) => (state.grants[usize::from(old)].replaces, Some(usize::from(old))),
            Source::Swap(device) | Source::Lost(device) if !live(state, device) => {
                return Err(Reason::UnknownDevice);
            }
            Source::Swap(device) => (Some(device), None),
            Source::Lost(device) => {
                self.end_device(state, device);
                (None, None)
            }
        };
        card_stands(state).map_err(|reason| match reason {
            Reason::CardVoid => Reason::BaseCardVoid,
            reason => reason,
        })?;
        if let Some(old) = old {
            match state.grants[old].state {
                GrantState::Bound => return Err(Reason::SlipUsed),
                GrantState::Replaced => return Err(Reason::SlipDead),
                GrantState::Ready | GrantState::Locked | GrantState::Cancelled => {}
            }
        }
        // `has_place` in `issuance/grant.rs`
        match replaces {
            Some(device) if !live(state, device) => return Err(Reason::UnknownDevice),
            Some(_) => {}
            None if state.devices.iter().filter(|d| d.holds_place()).count() >= usize::from(self.limit) => {
                return Err(Reason::NoFreePlace);
            }
            None => {}
        }
        for (n, slip) in state.grants.iter_mut().enumerate() {
            let named = old == Some(n);
            if slip.state == GrantState::Ready && (named || self.one_slip_at_a_time()) {
                slip.state = GrantState::Replaced;
            }
        }
        state.add_slip(replaces);
        Ok(())
    }

    /// One live slip where there is one place, one live QR code on the portal.
    fn one_slip_at_a_time(&self) -> bool {
        self.limit == 1 || !self.asks_code
    }

    /// The verb `RevokeDevice`.
    pub(super) fn revoke_device(&self, state: &mut State, device: u8) -> Answer {
        self.end_device(state, device);
        Answer::Nothing
    }

    /// `end` in `issuance/revocation.rs`.
    fn end_device(&self, state: &mut State, device: u8) {
        let found: &mut Device = &mut state.devices[usize::from(device)];
        found.state = match found.state {
            DeviceState::Live => DeviceState::Revoked,
            DeviceState::Pending => DeviceState::Void,
            DeviceState::Revoked | DeviceState::Deleted | DeviceState::Void => return,
        };
        self.end_certificates(state, device, None);
    }

    /// The verb `RevokeCard`: `end_all` in `issuance/revocation.rs`.
    pub(super) fn revoke_card(&self, state: &mut State) -> Answer {
        for slip in &mut state.grants {
            if slip.state == GrantState::Ready {
                slip.state = GrantState::Cancelled;
            }
        }
        for device in 0..state.devices.len() {
            self.end_device(state, super::action::number(device));
        }
        Answer::Nothing
    }

    /// The verb `VoidBaseCard`: paper rules mobile.
    pub(super) fn void_base_card(&self, state: &mut State) -> Answer {
        state.base_held = false;
        self.revoke_card(state)
    }

    /// The verb `ConfirmBaseCard`: the card lasts longer, and so what it shows has changed.
    pub(super) fn confirm(&self, state: &mut State) -> Option<Answer> {
        (state.confirmed < self.bounds.confirmations).then(|| state.confirmed += 1)?;
        Some(Answer::Nothing)
    }

    /// A step of time, longer than codes, tokens and nonces live.
    pub(super) fn tick(&self, state: &mut State) -> Option<Answer> {
        (state.time < self.bounds.ticks).then(|| state.time += 1)?;
        for slip in &mut state.grants {
            slip.token = None;
        }
        // A list is signed anew when it is half a day old.
        state.list = List::default();
        Some(Answer::Nothing)
    }

    /// The verbs `CurrentList`, `SignList` and `KeepList`: the stored list, or a new one if something was revoked since.
    pub(super) fn fetch_list(&self, state: &mut State) -> Answer {
        state.list = List { current: true, entries: state.list_now() };
        Answer::Listed(state.list.entries)
    }
}
