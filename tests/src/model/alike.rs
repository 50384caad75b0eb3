//! States that differ in nothing that can still matter are one state for the search.

use super::action::Client;
use super::state::{DeviceState, GrantState, State};

impl State {
    /// The state that stands for all that are like this one: phones in the order in which they appear, no details of
    /// slips that open nothing any more, and no difference between the ways in which a device has ended.
    #[must_use]
    pub fn alike(mut self) -> Self {
        self.forget_dead_slips();
        for device in &mut self.devices {
            if device.state == DeviceState::Deleted {
                device.state = DeviceState::Revoked;
            }
        }
        let of_tokens = self.grants.iter().filter_map(|grant| Some(grant.token?.client));
        let mut phones = self.devices.iter().map(|device| device.key).chain(of_tokens);
        if phones.find(|client| *client != Client::Stranger) == Some(Client::Second) {
            self.exchange_phones();
        }
        self
    }

    /// Wrong codes and the holder of a token say nothing about a slip that is dead; that there is a token may, for
    /// it must open nothing.
    fn forget_dead_slips(&mut self) {
        for grant in &mut self.grants {
            let over = match grant.state {
                GrantState::Ready => false,
                GrantState::Bound => grant.device.is_some_and(|device| {
                    let state = self.devices[usize::from(device)].state;
                    !matches!(state, DeviceState::Live | DeviceState::Pending)
                }),
                GrantState::Locked | GrantState::Replaced | GrantState::Cancelled => true,
            };
            if over {
                grant.expires = 0;
            }
            if over && grant.state != GrantState::Locked {
                grant.failures = 0;
                grant.tries = 0;
                if let Some(token) = &mut grant.token {
                    token.renews = false;
                }
            }
        }
    }

    fn exchange_phones(&mut self) {
        let other = |client: &mut Client| {
            *client = match *client {
                Client::First => Client::Second,
                Client::Second => Client::First,
                Client::Stranger => Client::Stranger,
            };
        };
        self.grants
            .iter_mut()
            .filter_map(|grant| grant.token.as_mut())
            .for_each(|token| other(&mut token.client));
        self.devices.iter_mut().for_each(|device| other(&mut device.key));
        self.certificates.iter_mut().for_each(|certificate| other(&mut certificate.key));
    }
}
