//! What must always hold, and what must be possible, or the model says nothing.

use std::collections::BTreeSet;

use super::action::{Action, Answer, number};
use super::config::Config;
use super::state::{CertificateState, DeviceState, GrantState, State};

/// What must hold in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invariant {
    /// (a) Per card, the devices that hold a released, unrevoked, unexpired certificate never exceed the policy.
    DevicesWithinPolicy,
    /// (b) Per slip, all released certificates carry one key, and there is at most one device.
    OneKeyAndDevice,
    /// (c) Every released certificate is the one stored certificate of its serial, committed before its release.
    ReleasedAsStored,
    /// (d) After a device's end is committed nothing is released for it.
    NothingAfterEnd,
    /// (d) After a device's end is committed, every later revocation list names all its certificates.
    EndedAreListed,
    /// (e) No token unless the activation code matched, where there is one, while failures were below five.
    TokenNeedsCode,
    /// (e) Failures over all codes never exceed five.
    FailuresBounded,
    /// (f) No phone is told that its device has ended while it could still get its card: it would give its key up.
    ToldTheTruth,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::DevicesWithinPolicy,
        Self::OneKeyAndDevice,
        Self::ReleasedAsStored,
        Self::NothingAfterEnd,
        Self::EndedAreListed,
        Self::TokenNeedsCode,
        Self::FailuresBounded,
        Self::ToldTheTruth,
    ];

    /// The letter and words under which a checker names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DevicesWithinPolicy => "a: devices within policy",
            Self::OneKeyAndDevice => "b: one key and one device per slip",
            Self::ReleasedAsStored => "c: released as stored, after the commit",
            Self::NothingAfterEnd => "d: nothing released after the end",
            Self::EndedAreListed => "d: every later list names what ended",
            Self::TokenNeedsCode => "e: no token without the code",
            Self::FailuresBounded => "e: failures never exceed the limit",
            Self::ToldTheTruth => "f: told of an end only after it",
        }
    }

    /// Whether it holds.
    pub fn holds(self, config: &Config, state: &State) -> bool {
        match self {
            Self::DevicesWithinPolicy => {
                let good = state.certificates.iter().filter(|certificate| {
                    certificate.released.any()
                        && certificate.state == CertificateState::Issued
                        && state.time < certificate.expires
                });
                let holders: BTreeSet<u8> = good.map(|certificate| certificate.device).collect();
                holders.len() <= usize::from(config.limit)
            }
            Self::OneKeyAndDevice => (0..state.grants.len()).all(|grant| one_key(state, number(grant))),
            Self::ReleasedAsStored => {
                state.certificates.iter().all(|c| !c.released.other && !c.released.early)
            }
            Self::NothingAfterEnd => !state.seen.released_after_end,
            Self::EndedAreListed => {
                let listed = state.list_now();
                let mut numbered = state.certificates.iter().enumerate();
                numbered.all(|(n, c)| {
                    state.devices[usize::from(c.device)].holds_place() || listed & (1 << n) != 0
                })
            }
            Self::TokenNeedsCode => !state.seen.token_without_code,
            Self::FailuresBounded => state.grants.iter().all(|grant| {
                grant.tries <= config.bounds.failures && grant.failures <= config.bounds.failures
            }),
            Self::ToldTheTruth => !state.seen.told_ended_wrongly,
        }
    }
}

fn one_key(state: &State, grant: u8) -> bool {
    let of_grant = |device: u8| state.devices[usize::from(device)].grant == grant;
    let released = state.certificates.iter().filter(|c| of_grant(c.device) && c.released.any());
    let keys: BTreeSet<_> = released.clone().map(|certificate| certificate.key).collect();
    let holders: BTreeSet<u8> = released.map(|certificate| certificate.device).collect();
    let devices = state.devices.iter().filter(|d| d.grant == grant && d.state != DeviceState::Void);
    keys.len() <= 1 && holders.len() <= 1 && devices.count() <= 1
}

/// What must be possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sometimes {
    /// A device goes live and holds its certificate.
    Activated,
    /// As many devices hold the card as may.
    AllPlacesTaken,
    /// A certificate is released once more: the retry after a lost answer.
    ReleasedAgain,
    /// The fifth wrong code kills a slip that had opened nothing.
    LockedUnused,
    /// Four wrong codes, and then the right one opens the card.
    OpenedAtTheLastTry,
    /// A slip that has opened a device dies of wrong codes.
    LockedAfterUse,
    /// A device ends while its certificate is being made.
    EndedWhileSigning,
    /// A certificate is voided and its slip is open again.
    Reopened,
    /// A device is exchanged for another one.
    Exchanged,
    /// A device is renewed.
    Renewed,
    /// Two requests sign the same certificate at once.
    SignedTwice,
    /// The holder deletes the card from the phone.
    Deleted,
    /// A slip expires unused.
    Expired,
    /// A list names a certificate that was never released.
    VoidedIsListed,
}

impl Sometimes {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Activated,
        Self::AllPlacesTaken,
        Self::ReleasedAgain,
        Self::LockedUnused,
        Self::OpenedAtTheLastTry,
        Self::LockedAfterUse,
        Self::EndedWhileSigning,
        Self::Reopened,
        Self::Exchanged,
        Self::Renewed,
        Self::SignedTwice,
        Self::Deleted,
        Self::Expired,
        Self::VoidedIsListed,
    ];

    /// The words under which a checker names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activated => "activated",
            Self::AllPlacesTaken => "all places taken",
            Self::ReleasedAgain => "the same certificate again",
            Self::LockedUnused => "dead after wrong codes",
            Self::OpenedAtTheLastTry => "opened at the last try",
            Self::LockedAfterUse => "dead after use",
            Self::EndedWhileSigning => "ended while signing",
            Self::Reopened => "voided and open again",
            Self::Exchanged => "exchanged",
            Self::Renewed => "renewed",
            Self::SignedTwice => "signed twice at once",
            Self::Deleted => "deleted",
            Self::Expired => "expired unused",
            Self::VoidedIsListed => "a voided certificate is listed",
        }
    }

    /// Whether the rules and bounds allow it at all.
    pub fn expected(self, config: &Config) -> bool {
        let bounds = &config.bounds;
        let between = !config.at_once;
        match self {
            Self::Activated | Self::ReleasedAgain | Self::Deleted => true,
            Self::EndedWhileSigning => between,
            Self::VoidedIsListed => between && (bounds.again || bounds.whole_card),
            Self::AllPlacesTaken => bounds.grants >= usize::from(config.limit),
            Self::LockedUnused | Self::OpenedAtTheLastTry | Self::LockedAfterUse => config.asks_code,
            Self::Reopened => between && (bounds.confirmations > 0 || bounds.ticks > 1),
            Self::Exchanged => {
                bounds.again && bounds.grants > 1 && bounds.devices > 1 && bounds.certificates > 1
            }
            Self::Renewed => config.over_the_air && bounds.confirmations > 0 && bounds.certificates > 1,
            Self::SignedTwice => between && bounds.requests > 1,
            Self::Expired => bounds.ticks > 0,
        }
    }

    /// Whether it is so.
    pub fn is_so(self, config: &Config, state: &State) -> bool {
        let failures = config.bounds.failures;
        let live = || state.devices.iter().filter(|device| device.state == DeviceState::Live);
        match self {
            Self::Activated => {
                let good = |c: &super::Certificate| c.released.stored && c.state == CertificateState::Issued;
                state.certificates.iter().any(good)
            }
            Self::AllPlacesTaken => live().count() == usize::from(config.limit),
            Self::ReleasedAgain => answers(config, state, |action, answer| {
                // One that the step itself makes is not there yet.
                let before = |certificate: u8| state.certificates.get(usize::from(certificate));
                let released = |certificate: u8| before(certificate).is_some_and(|c| c.released.stored);
                let asked = matches!(action, Action::Ask { .. } | Action::Finish { .. });
                asked && matches!(answer, Answer::Released(certificate) if released(certificate))
            }),
            Self::LockedUnused => {
                state.grants.iter().any(|g| g.state == GrantState::Locked && g.device.is_none())
            }
            Self::OpenedAtTheLastTry => {
                state.grants.iter().any(|g| g.state == GrantState::Bound && g.failures == failures - 1)
            }
            Self::LockedAfterUse => {
                state.grants.iter().any(|g| g.state == GrantState::Bound && g.failures == failures)
            }
            Self::EndedWhileSigning => state.requests.iter().any(|certificate| {
                let certificate = &state.certificates[usize::from(*certificate)];
                !state.devices[usize::from(certificate.device)].holds_place()
            }),
            Self::Reopened => state.devices.iter().any(|device| {
                let slip = &state.grants[usize::from(device.grant)];
                device.state == DeviceState::Void && slip.state == GrantState::Ready
            }),
            Self::Exchanged => state.grants.iter().any(|grant| {
                let old = grant.replaces.map(|old| state.devices[usize::from(old)].state);
                let new = grant.device.map(|new| state.devices[usize::from(new)].state);
                old == Some(DeviceState::Revoked) && new == Some(DeviceState::Live)
            }),
            Self::Renewed => {
                let issued = |c: &super::Certificate| c.state == CertificateState::Issued && c.inputs > 0;
                let mut certificates = state.certificates.iter().filter(|c| issued(c));
                certificates
                    .any(|new| state.certificates.iter().any(|old| old.device == new.device && old != new))
            }
            Self::SignedTwice => state.requests.windows(2).any(|pair| pair[0] == pair[1]),
            Self::Deleted => answers(config, state, |action, answer| {
                matches!(action, Action::Delete { .. }) && answer == Answer::Nothing
            }),
            Self::Expired => {
                state.grants.iter().any(|g| g.state == GrantState::Ready && g.expires <= state.time)
            }
            Self::VoidedIsListed => {
                let listed = |n: usize| state.list.entries & (1 << n) != 0;
                let mut numbered = state.certificates.iter().enumerate();
                numbered.any(|(n, c)| c.state == CertificateState::Voided && listed(n))
            }
        }
    }
}

/// Whether something may happen next, with its answer.
fn answers(config: &Config, state: &State, wanted: impl Fn(Action, Answer) -> bool) -> bool {
    let mut answers =
        config.actions(state).into_iter().filter_map(|action| Some((action, config.step(state, action)?.1)));
    answers.any(|(action, answer)| wanted(action, answer))
}
