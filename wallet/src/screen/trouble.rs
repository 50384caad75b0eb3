//! What went wrong, as a screen: one kind per cause, each with what to do about it.

mod causes;

use jiff::Timestamp;
use shared::vp::preset::Preset;

use crate::documents::CardId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal, $ways:expr;)*) => {
        /// The causes. Each has three texts: `trouble-WORD`, `trouble-WORD-text` and `trouble-WORD-advice`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            pub(super) const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// A stable name.
            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            /// What can be done at once, the best first.
            pub(super) fn ways(self) -> &'static [Way] {
                match self { $(Self::$kind => $ways,)* }
            }
        }
    };
}

impl Kind {
    /// The ways that lead on from here: a phone that is locked, or not set up yet, can only begin.
    pub(super) fn ways_on(self, unlocked: bool) -> Vec<Way> {
        let ways: Vec<Way> =
            self.ways().iter().copied().filter(|way| unlocked || way.leads_on_when_locked()).collect();
        if ways.is_empty() && !self.ways().is_empty() { vec![Way::Begin] } else { ways }
    }
}

/// A way on from a screen of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Another picture.
    Scan,
    /// Type the code below the QR code.
    Type,
    /// Type the activation code again.
    Code,
    /// The same once more.
    Retry,
    /// To the card that is there.
    Card,
    /// To the documents.
    Documents,
    /// Set the phone up anew.
    Reinstall,
    /// Sign in on the portal.
    SignIn,
    /// Another code of a verifier.
    Answer,
    /// Another code of a holder.
    ScanAgain,
    /// To the beginning of the set-up, or to the lock.
    Begin,
}

impl Way {
    /// Whether it leads anywhere on a phone that is locked, or not set up yet.
    fn leads_on_when_locked(self) -> bool {
        matches!(self, Self::Retry | Self::Reinstall | Self::SignIn | Self::Begin)
    }

    /// The name of the act behind the button.
    pub(super) fn act(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Type => "type",
            Self::Code => "code-again",
            Self::Retry => "retry",
            Self::Card => "held-card",
            Self::Documents => "documents",
            Self::Reinstall => "reinstall",
            Self::SignIn => "sign-in",
            Self::Answer => "answer",
            Self::ScanAgain => "inspect-again",
            Self::Begin => "restart-setup",
        }
    }

    /// The key of the button's text.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Scan => "way-scan",
            Self::Type => "way-type",
            Self::Code => "way-code",
            Self::Retry => "way-retry",
            Self::Card => "way-card",
            Self::Documents => "way-documents",
            Self::Reinstall => "way-reinstall",
            Self::SignIn => "way-sign-in",
            Self::Answer | Self::ScanAgain => "way-answer",
            Self::Begin => "back",
        }
    }
}

kinds! {
    /// No QR code was found in the picture.
    NoCode = "no_code", &[Way::Scan, Way::Type];
    /// The file is no picture that can be read.
    BadPicture = "bad_picture", &[Way::Scan, Way::Type];
    /// The picture is too large.
    LargePicture = "large_picture", &[Way::Scan, Way::Type];
    /// The QR code is something else.
    NotAnOffer = "not_an_offer", &[Way::Scan, Way::Type];
    /// Two slips in one picture.
    SeveralOffers = "several_offers", &[Way::Scan, Way::Type];
    /// An offer that cannot be followed.
    BrokenOffer = "broken_offer", &[Way::Scan, Way::Documents];
    /// Nobody knows this slip.
    UnknownSlip = "unknown_slip", &[Way::Scan, Way::Type, Way::Documents];
    /// The issuer is not trusted; it has not seen the activation code.
    UntrustedIssuer = "untrusted_issuer", &[Way::Documents];
    /// The issuer's own documents will not do.
    UnusableIssuer = "unusable_issuer", &[Way::Documents];
    /// The slip was used.
    Used = "used", &[Way::Documents];
    /// The slip is over.
    SlipExpired = "slip_expired", &[Way::Documents];
    /// The office took the slip back.
    Cancelled = "cancelled", &[Way::Documents];
    /// A newer slip was printed.
    Replaced = "replaced", &[Way::Scan, Way::Documents];
    /// The card on this device was revoked.
    Revoked = "revoked", &[Way::Documents];
    /// Wrong activation code.
    WrongCode = "wrong_code", &[Way::Code, Way::Documents];
    /// Too many wrong codes.
    SlipDead = "slip_dead", &[Way::Documents];
    /// The slip was begun on another phone.
    OtherDevice = "other_device", &[Way::Documents];
    /// The app is too old.
    AppTooOld = "app_too_old", &[Way::Documents];
    /// The system is too old.
    OsTooOld = "os_too_old", &[Way::Documents];
    /// The card is on as many devices as it may be.
    SlotsFull = "slots_full", &[Way::Retry, Way::Documents];
    /// The card is on this phone already.
    AlreadyHeld = "already_held", &[Way::Card, Way::Documents];
    /// The school card itself is void.
    CardVoid = "card_void", &[Way::Documents];
    /// The school card itself is over.
    CardExpired = "card_expired", &[Way::Documents];
    /// The school may not issue.
    NoAgreement = "no_agreement", &[Way::Documents];
    /// There is no network.
    NoNetwork = "no_network", &[Way::Retry, Way::Documents];
    /// The connection cannot be trusted.
    UnsafeNetwork = "unsafe_network", &[Way::Documents];
    /// The server is busy.
    ServerBusy = "server_busy", &[Way::Retry, Way::Documents];
    /// The issuer says no for a reason that this version does not know, or that only a developer can mend.
    Refused = "refused", &[Way::Retry, Way::Documents];
    /// The answer makes no sense.
    Nonsense = "nonsense", &[Way::Retry, Way::Documents];
    /// The card that came failed a check.
    CardRefused = "card_refused", &[Way::Documents];
    /// The phone's clock is wrong.
    ClockBehind = "clock_behind", &[Way::Documents];
    /// The terms are not accepted.
    Terms = "terms", &[Way::Documents];
    /// Nobody is signed in on a Junior phone, or not any more.
    SignInNeeded = "sign_in_needed", &[Way::SignIn, Way::Documents];
    /// The sign-in was broken off or refused.
    SignInFailed = "sign_in_failed", &[Way::SignIn, Way::Begin];
    /// The card is another pupil's than the one who is signed in.
    OtherPupil = "other_pupil", &[Way::Scan, Way::SignIn, Way::Documents];
    /// Another pupil's card is on this Junior phone.
    SecondPupil = "second_pupil", &[Way::SignIn, Way::Documents];
    /// The code is no verifier's.
    NotARequest = "not_a_request", &[Way::Answer, Way::Documents];
    /// A verifier's request that cannot be believed or followed.
    BadRequest = "bad_request", &[Way::Answer, Way::Documents];
    /// A verifier's request that nobody waits at any more.
    RequestOver = "request_over", &[Way::Answer, Way::Documents];
    /// No card on this phone answers what is asked.
    NothingToShow = "nothing_to_show", &[Way::Documents];
    /// The verifier took the answer and refused it.
    AnswerRefused = "answer_refused", &[Way::Documents];
    /// A card that does not hold is shown to nobody.
    NotToShow = "not_to_show", &[Way::Documents];
    /// There is no copy of the card for codes.
    NoCopies = "no_copies", &[Way::Documents];
    /// The pupil is younger than what the code would say.
    NotOfAge = "not_of_age", &[Way::Documents];
    /// What codes are judged by cannot be fetched or believed.
    NoData = "no_data", &[Way::Begin];
    /// The store was copied from another phone.
    Copied = "copied", &[Way::Reinstall];
    /// An older copy of the store was put back.
    RolledBack = "rolled_back", &[Way::Reinstall];
    /// Too many wrong PINs.
    Erased = "erased", &[Way::Reinstall];
    /// The phone is in use by another program.
    InUse = "in_use", &[Way::Retry];
    /// The disk is full.
    DiskFull = "disk_full", &[Way::Retry];
    /// The phone was set up by a later version.
    Newer = "newer", &[];
    /// Store or secure element are damaged.
    Damaged = "damaged", &[Way::Retry, Way::Reinstall];
}

/// The two sides of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckSide {
    /// Who is asked.
    Holder,
    /// Who scans, and what for.
    Inspector(Preset),
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    /// For developers: stable names and which check, in English; no secret, no personal data.
    pub(super) detail: String,
    /// How many wrong codes are still borne.
    pub(super) tries_left: Option<u8>,
    /// The card that is meant.
    pub(super) card: Option<CardId>,
    /// What a wrong clock should show at least.
    pub(super) floor: Option<Timestamp>,
    /// The issuer that is meant.
    pub(super) issuer: Option<String>,
    /// The least version of the system or the app that would do.
    pub(super) least: Option<String>,
    /// Whom it befell, if not somebody on the way to a card: then another picture is another one of a check.
    pub(super) check: Option<CheckSide>,
}

impl Trouble {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            tries_left: None,
            card: None,
            floor: None,
            issuer: None,
            least: None,
            check: None,
        }
    }

    /// The ways that lead on from here.
    pub(super) fn ways(&self, unlocked: bool) -> Vec<Way> {
        match self.check {
            Some(CheckSide::Holder) => vec![Way::Answer, Way::Documents],
            Some(CheckSide::Inspector(_)) => vec![Way::ScanAgain, Way::Begin],
            None => self.kind.ways_on(unlocked),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::words::Lang;

    use super::super::words::Say;
    use shared::vci::error::Reason;

    use super::causes::refused;
    use super::*;
    use crate::acquire::failure::{Endpoint, IssuerRefusal};

    #[test]
    fn every_trouble_has_its_words_and_a_way_on() {
        for lang in [Lang::Pl, Lang::En] {
            let say = Say(lang);
            for kind in Kind::ALL {
                let key = format!("trouble-{}", kind.word().replace('_', "-"));
                for key in [key.clone(), format!("{key}-text"), format!("{key}-advice")] {
                    assert!(say.has(&key), "{key} is missing in {}", lang.tag());
                }
            }
        }
        let stuck: Vec<_> = Kind::ALL.iter().filter(|kind| kind.ways().is_empty()).collect();
        assert_eq!(stuck, [&Kind::Newer], "only a later version helps");
    }

    #[test]
    fn a_phone_that_is_not_set_up_is_led_back_to_its_beginning() {
        assert_eq!(Kind::OsTooOld.ways_on(true), [Way::Documents]);
        assert_eq!(Kind::OsTooOld.ways_on(false), [Way::Begin]);
        assert_eq!(Kind::Copied.ways_on(false), Kind::Copied.ways());
        assert!(Kind::Newer.ways_on(false).is_empty());
    }

    #[test]
    fn every_reason_that_issuers_give_is_known_or_a_developers() {
        for reason in Reason::KNOWN {
            let json = format!(r#"{{"error":"invalid_grant","reason":"{reason}"}}"#);
            let refusal = IssuerRefusal::read(Endpoint::Token, 400, json.as_bytes()).unwrap();
            let ours = [
                Reason::CodeMissing,
                Reason::CodeUnexpected,
                Reason::Malformed,
                Reason::BadProof,
                Reason::BadNonce,
                Reason::BadToken,
                Reason::BadDpop,
            ];
            assert_eq!(refused(&refusal) == Kind::Refused, ours.contains(reason), "{reason}");
        }
    }
}
