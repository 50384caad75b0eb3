//! What stands in the books and what is on its way, as far as activation is concerned.
//!
//! Grants, devices and certificates are named by their place in the order in which they were made.

pub use issuer::store::tables::certificate::CertificateState;
pub use issuer::store::tables::device::DeviceState;
pub use issuer::store::tables::grant::GrantState;

use super::action::Client;

/// A state of the model: one card with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// Slips, in the order in which they were made (`store::tables::grant`).
    pub grants: Vec<Grant>,
    /// Devices (`store::tables::device`).
    pub devices: Vec<Device>,
    /// Certificates (`store::tables::certificate`).
    pub certificates: Vec<Certificate>,
    /// Credential requests between their two commits, by the certificate that they sign; sorted.
    pub requests: Vec<u8>,
    /// The stored revocation list (`store::tables::revocation_list`).
    pub list: List,
    /// Whether the base card is held and not void.
    pub base_held: bool,
    /// How often the base card was confirmed: what the card shows changes with it.
    pub confirmed: u8,
    /// Steps of time so far.
    pub time: u8,
    /// What an onlooker has seen happen that must not; for the invariants.
    pub seen: Seen,
}

/// What cannot be read off the books afterwards, noted when it happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// A token was given although the code did not match, or after five wrong ones.
    pub token_without_code: bool,
    /// Something was released for a device that had ended.
    pub released_after_end: bool,
    /// A phone was told that its device had ended, and it had not.
    pub told_ended_wrongly: bool,
}

/// A slip.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// As stored.
    pub state: GrantState,
    /// Wrong codes, as stored.
    pub failures: u8,
    /// Wrong codes that were compared in truth, up to one more than is allowed.
    pub tries: u8,
    /// The device that it opened.
    pub device: Option<u8>,
    /// The device whose place the new one takes.
    pub replaces: Option<u8>,
    /// The first instant at which it opens nothing.
    pub expires: u8,
    /// The token of the present epoch, if it has arrived and not expired.
    pub token: Option<Token>,
}

/// An access token of the present epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Who holds it, and the key to which it is bound.
    pub client: Client,
    /// Whether it came from a refresh token.
    pub renews: bool,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Device {
    /// The slip that opened it.
    pub grant: u8,
    /// Whose key it has.
    pub key: Client,
    /// Its place, from 1.
    pub slot: u8,
    /// As stored.
    pub state: DeviceState,
}

impl Device {
    pub(super) fn holds_place(&self) -> bool {
        matches!(self.state, DeviceState::Live | DeviceState::Pending)
    }
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    /// For which device.
    pub device: u8,
    /// Whose key stands in it: the one that the request proved.
    pub key: Client,
    /// What the card showed when it was prepared: how often the base card had been confirmed.
    pub inputs: u8,
    /// As stored.
    pub state: CertificateState,
    /// The first instant at which it is no longer valid.
    pub expires: u8,
    /// How it left the house so far.
    pub released: Released,
}

/// How a certificate left the house; whether it arrived is not for the issuer to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Released {
    /// As it is stored.
    pub stored: bool,
    /// With another signature than the stored one.
    pub other: bool,
    /// Before it was committed.
    pub early: bool,
}

impl Released {
    /// Whether any version of it is outside.
    pub fn any(self) -> bool {
        self.stored || self.other || self.early
    }
}

/// The stored revocation list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct List {
    /// Whether there is one that counts as up to date: its revision is the counter's.
    pub current: bool,
    /// The certificates that it names, a bit each; none when it is not current, since nobody is given it then.
    pub entries: u16,
}

/// One step of time after a slip was made it has expired.
const GRANT_TTL: u8 = 1;
/// The card lasts for two steps, and one more for each confirmation.
const CARD_TTL: u8 = 2;

impl State {
    pub(super) fn of_one_slip() -> Self {
        let mut state = Self {
            grants: Vec::new(),
            devices: Vec::new(),
            certificates: Vec::new(),
            requests: Vec::new(),
            list: List::default(),
            base_held: true,
            confirmed: 0,
            time: 0,
            seen: Seen::default(),
        };
        state.add_slip(None);
        state
    }

    pub(super) fn add_slip(&mut self, replaces: Option<u8>) {
        self.grants.push(Grant {
            state: GrantState::Ready,
            failures: 0,
            tries: 0,
            device: None,
            replaces,
            expires: (self.time + GRANT_TTL).min(self.card_expires()),
            token: None,
        });
    }

    /// The first instant at which the base card is no longer valid.
    pub fn card_expires(&self) -> u8 {
        CARD_TTL + self.confirmed
    }

    /// Whether a certificate may be issued now (`issuance::dossier::Dossier::may_issue`).
    pub fn may_issue(&self) -> bool {
        self.base_held && self.time < self.card_expires()
    }

    /// The device that a slip has opened.
    pub fn device_of(&self, grant: u8) -> Option<&Device> {
        self.grants[usize::from(grant)].device.map(|device| &self.devices[usize::from(device)])
    }

    /// The certificates that have ended, a bit each.
    pub fn ended(&self) -> u16 {
        let ended = |c: &Certificate| matches!(c.state, CertificateState::Revoked | CertificateState::Voided);
        self.certificates.iter().enumerate().filter(|(_, c)| ended(c)).fold(0, |set, (n, _)| set | 1 << n)
    }

    /// What whoever asks for the revocation list now is given.
    pub fn list_now(&self) -> u16 {
        if self.list.current { self.list.entries } else { self.ended() }
    }

    pub(super) fn begin_request(&mut self, certificate: u8) {
        self.requests.push(certificate);
        self.requests.sort_unstable();
    }

    /// Takes one request for this certificate off; `None` when there is none.
    pub(super) fn end_request(&mut self, certificate: u8) -> Option<()> {
        let at = self.requests.iter().position(|request| *request == certificate)?;
        self.requests.remove(at);
        Some(())
    }
}
