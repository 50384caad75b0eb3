//! What is varied: the school's rules, how far is looked, and what is broken on purpose.

/// The school's rules, the people and the bounds of a model.
#[derive(Debug, Clone)]
pub struct Config {
    /// Places for devices on the card (`registry::profile::DevicePolicy`).
    pub limit: u8,
    /// Whether slips have an activation code (`registry::profile::ActivationMode`).
    pub asks_code: bool,
    /// Whether devices are renewed over the air (`registry::profile::Renewal`).
    pub over_the_air: bool,
    /// Whether a certificate is signed in the commit that records it (`issuance::Issuance::intent_first` is the contrary).
    pub at_once: bool,
    /// Whether there is somebody who has seen the QR code and does not know the activation code.
    pub stranger: bool,
    /// How far is looked.
    pub bounds: Bounds,
    /// What is broken on purpose, to see that an invariant notices.
    pub fault: Option<Fault>,
}

/// How far is looked: what would lead beyond cannot happen in the model.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Phones that know the activation code: 1 or 2.
    pub phones: u8,
    /// Slips ever made for the card.
    pub grants: usize,
    /// Devices ever opened, void ones among them.
    pub devices: usize,
    /// Certificates ever prepared.
    pub certificates: usize,
    /// Credential requests that stand between their two commits at once.
    pub requests: usize,
    /// Steps of time: at the first one slips have expired, at the second one the card.
    pub ticks: u8,
    /// How often the base card is confirmed for a longer time.
    pub confirmations: u8,
    /// Wrong activation codes before a slip is dead; the issuer's is [`MAX_FAILURES`](issuer::issuance::grant::MAX_FAILURES).
    pub failures: u8,
    /// Whether the office may take the whole card away: revoke it or void the base card.
    pub whole_card: bool,
    /// Whether the office replaces slips, takes single devices off and reissues for them.
    pub again: bool,
}

impl Config {
    /// One place, activation code, new slip for a changed card: the procedure of 2019. One phone more than there are
    /// places; two wrong codes in the place of five, for the sake of the rest.
    pub fn single() -> Self {
        Self {
            limit: 1,
            asks_code: true,
            over_the_air: false,
            at_once: false,
            stranger: false,
            fault: None,
            bounds: Bounds {
                phones: 2,
                grants: 2,
                devices: 2,
                certificates: 2,
                requests: 2,
                ticks: 0,
                confirmations: 0,
                failures: 2,
                whole_card: true,
                again: true,
            },
        }
    }

    /// One slip and all five tries, with somebody who does not know the code, and time that passes.
    pub fn guessing() -> Self {
        let single = Self::single();
        let failures = issuer::issuance::grant::MAX_FAILURES;
        let bounds = Bounds { grants: 1, devices: 2, failures, ticks: 2, ..single.bounds };
        Self { stranger: true, bounds, ..single }
    }

    /// Two places with activation codes, and so two open slips at once.
    pub fn paper() -> Self {
        let single = Self::single();
        let bounds = Bounds { failures: 1, requests: 1, whole_card: false, ..single.bounds };
        Self { limit: 2, bounds, ..single }
    }

    /// Three open slips for two places, and no office that puts anything right.
    pub fn race() -> Self {
        let paper = Self::paper();
        let bounds =
            Bounds { phones: 1, grants: 3, devices: 3, certificates: 3, again: false, ..paper.bounds };
        Self { bounds, ..paper }
    }

    /// Two places without an activation code, and three slips: the procedure of 2025 with two places in the place of
    /// five. One phone opens them all: to the issuer each slip makes a device of its own.
    pub fn several() -> Self {
        let single = Self::single();
        let bounds = Bounds {
            phones: 1,
            grants: 3,
            devices: 3,
            certificates: 3,
            requests: 1,
            whole_card: false,
            ..single.bounds
        };
        Self { limit: 2, asks_code: false, over_the_air: true, bounds, ..single }
    }

    /// One slip whose device is renewed over the air after the base card was confirmed, and time that passes.
    pub fn renewal() -> Self {
        let several = Self::several();
        let bounds = Bounds {
            grants: 1,
            devices: 2,
            certificates: 3,
            confirmations: 1,
            ticks: 2,
            whole_card: true,
            ..several.bounds
        };
        Self { bounds, ..several }
    }

    /// All of them, with the names that the command line knows.
    pub fn named() -> [(&'static str, Self); 6] {
        [
            ("single", Self::single()),
            ("guessing", Self::guessing()),
            ("paper", Self::paper()),
            ("race", Self::race()),
            ("several", Self::several()),
            ("renewal", Self::renewal()),
        ]
    }

    /// The same with one commit for a credential request in the place of two.
    #[must_use]
    pub fn in_one_commit(self) -> Self {
        Self { at_once: true, ..self }
    }

    /// The same with `fault`.
    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    pub(super) fn broken(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

/// What can be broken on purpose: each of them makes an invariant fail, or the invariant is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A wrong activation code costs no try.
    SkipCount,
    /// A dead slip still compares codes.
    CompareWhenLocked,
    /// A request without an activation code passes where one is asked for.
    MissingCodePasses,
    /// A place is given out without counting the devices.
    ForgetLimit,
    /// Devices whose certificate is being made are not counted.
    ForgetPending,
    /// The device whose place the new one takes keeps its certificate.
    KeepReplaced,
    /// A slip that has opened a device opens another one for another key.
    OpenAgain,
    /// What was signed leaves the house before it is committed.
    ReleaseBeforeCommit,
    /// What was signed leaves the house, not what was read back.
    ReleaseOwnSignature,
    /// Taking a device off leaves the certificate alone that is being made for it.
    RevokeSparesPrepared,
    /// The second commit does not look whether the certificate was taken back meanwhile.
    SettleUnchecked,
    /// Taking a device off does not say that the revocation list is out of date.
    RevokeUncounted,
    /// A certificate that was never released answers its nonce as if the device had ended.
    VoidedMeansEnded,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SkipCount,
        Self::CompareWhenLocked,
        Self::MissingCodePasses,
        Self::ForgetLimit,
        Self::ForgetPending,
        Self::KeepReplaced,
        Self::OpenAgain,
        Self::ReleaseBeforeCommit,
        Self::ReleaseOwnSignature,
        Self::RevokeSparesPrepared,
        Self::SettleUnchecked,
        Self::RevokeUncounted,
        Self::VoidedMeansEnded,
    ];
}
