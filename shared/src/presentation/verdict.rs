//! The verdict on whatever somebody presented: one of ten outcomes, the reason, and what was checked by which data.
//!
//! Nothing in it is personal data: what the holder disclosed stands beside the verdict, in
//! [`Inspection::disclosed`], and is there only if an issuer's signature over it held.
//!
//! As JSON a verdict is one object; its `verdict` and `reason` are stable codes:
//!
//! ```json
//! {"verdict": "unknown_since", "since": "2026-11-20T06:00:00Z", "reason": "list_outdated",
//!  "at": "2026-11-21T18:30:00Z",
//!  "checked": [{"what": "chain", "by": "mLegitymacja", "as_of": "2026-11-20T06:00:00Z"}]}
//! ```

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// A verdict, and what was disclosed to whoever asked for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Inspection<D> {
    /// The verdict.
    pub verdict: Verdict,
    /// What an issuer's signature vouches for, even where the verdict is not [`Outcome::Valid`] (an expired card has a
    /// name too). `None` when nothing that was presented can be believed.
    pub disclosed: Option<D>,
}

impl<D> fmt::Debug for Inspection<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspection").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

/// What an inspector is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Which of the ten.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Why, wherever the outcome alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The time by which it was judged, corrected; `None` when no time was known well enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What was found to be in order, in the order in which it was looked at.
    pub checked: Vec<Check>,
}

impl Verdict {
    /// A verdict without a reason, judged at no time, with nothing checked yet.
    pub fn new(outcome: Outcome) -> Self {
        Self { outcome, reason: None, at: None, checked: Vec::new() }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The same, judged by this time.
    #[must_use]
    pub fn judged_at(self, at: Timestamp) -> Self {
        Self { at: Some(at), ..self }
    }

    /// The same, after these checks held.
    #[must_use]
    pub fn after(self, checked: Vec<Check>) -> Self {
        Self { checked, ..self }
    }

    /// Whether the card counts.
    pub fn is_valid(&self) -> bool {
        self.outcome == Outcome::Valid
    }

    /// Its stable name for programs.
    pub fn code(&self) -> &'static str {
        self.outcome.code()
    }
}

/// The ten outcomes. Each is a screen with a word of its own, in the colour and with the sign and the sound of its
/// [`Tone`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Outcome {
    /// Genuine, current, not revoked by data that are current, and shown by the phone that it was issued to.
    Valid,
    /// Genuine once; its time is over.
    Expired {
        /// The first instant at which it no longer counted.
        since: Timestamp,
    },
    /// Genuine; its time has not come.
    NotYetValid {
        /// The first instant at which it counts.
        from: Timestamp,
    },
    /// Taken back by its issuer.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Whether that is the instant of revocation itself; otherwise it is the date of the data that tell of it
        /// (a status list says who is revoked, not since when).
        exact: bool,
    },
    /// Genuine and in its time; whether it was revoked meanwhile is not known.
    UnknownSince {
        /// Until when it is known not to have been revoked; `None` when there are no data about it at all.
        since: Option<Timestamp>,
    },
    /// A code of an earlier moment: a picture of one, or one that was used already.
    CodeTooOld {
        /// When the phone made it.
        made_at: Timestamp,
    },
    /// The right time is not known well enough, on this side or on the other.
    ClockUncertain,
    /// Signed, but by nobody who is trusted for this.
    NotTrusted,
    /// Not what was signed.
    Altered,
    /// Nothing that this could be judged as a card.
    NotACard,
}

impl Outcome {
    /// Its stable name for programs, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Revoked { .. } => "revoked",
            Self::UnknownSince { .. } => "unknown_since",
            Self::CodeTooOld { .. } => "code_too_old",
            Self::ClockUncertain => "clock_uncertain",
            Self::NotTrusted => "not_trusted",
            Self::Altered => "altered",
            Self::NotACard => "not_a_card",
        }
    }

    /// How it should look and sound; never the only sign of what it is.
    pub fn tone(self) -> Tone {
        match self {
            Self::Valid => Tone::Good,
            Self::UnknownSince { .. } | Self::CodeTooOld { .. } | Self::ClockUncertain => Tone::Doubtful,
            Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::Revoked { .. }
            | Self::NotTrusted
            | Self::Altered
            | Self::NotACard => Tone::Bad,
        }
    }
}

/// Three kinds of outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Let them pass.
    Good,
    /// Try again: with a new code, newer data or the right time.
    Doubtful,
    /// Refuse.
    Bad,
}

/// Why the outcome is what it is; stable codes, each below the outcome that it explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Unknown: no data about this card.
    NoList,
    /// Unknown: there should be newer data by now.
    ListOutdated,

    /// Too old: made longer ago than a code lives.
    Stale,
    /// Too old: this code, or a later one of the same phone, was seen here before.
    SeenBefore,

    /// Uncertain: this device has never learnt a signed time.
    NoSignedTime,
    /// Uncertain: the last signed time was learnt too long ago to go by.
    SignedTimeOld,
    /// Uncertain: the clock stands before an instant that a signature has vouched for.
    ClockBehind,
    /// Uncertain: the holder's phone has never learnt a signed time and says so.
    HolderWithoutSignedTime,
    /// Uncertain: the code says that it was made at a time that has not come.
    FromTheFuture,

    /// Not trusted: no root that is trusted stands above it.
    UnknownRoot,
    /// Not trusted: the root above it is trusted for something else.
    RootForAnotherPurpose,
    /// Not trusted: nobody who is known made this signature.
    UnknownSigner,
    /// Not trusted: the signer's certificate is not one for this.
    SignerCertificate,
    /// Not trusted: the signer's certificate does not hold at this time.
    SignerOutdated,
    /// Not trusted: the list of roots that this device goes by is too old.
    TrustListOutdated,
    /// Not trusted: a genuine card, shown for another purpose than the one that was asked for.
    AnotherPurpose,
    /// Not trusted: an answer to somebody else.
    AnotherAudience,
    /// Not trusted: an answer to another question, or to this one a second time.
    AnotherNonce,
    /// Not trusted: nothing proves that its holder shows it.
    NoHolderProof,
    /// Not trusted: less was disclosed than was asked for.
    TooLittle,
    /// Not trusted: more was disclosed than was asked for.
    TooMuch,

    /// Altered: the issuer did not sign this.
    IssuerSignature,
    /// Altered: the phone to which it was issued did not sign this.
    HolderSignature,
    /// Altered: written in another way than its signer writes.
    Encoding,
    /// Altered: a disclosed value is not the one that was signed.
    Disclosure,

    /// No card: longer or larger than anything that is read.
    TooLarge,
    /// No card: not in a form that is known.
    UnknownForm,
    /// No card: in a known form, with contents that no card has.
    UnknownContent,
}

impl Reason {
    /// Its stable name for programs, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoList => "no_list",
            Self::ListOutdated => "list_outdated",
            Self::Stale => "stale",
            Self::SeenBefore => "seen_before",
            Self::NoSignedTime => "no_signed_time",
            Self::SignedTimeOld => "signed_time_old",
            Self::ClockBehind => "clock_behind",
            Self::HolderWithoutSignedTime => "holder_without_signed_time",
            Self::FromTheFuture => "from_the_future",
            Self::UnknownRoot => "unknown_root",
            Self::RootForAnotherPurpose => "root_for_another_purpose",
            Self::UnknownSigner => "unknown_signer",
            Self::SignerCertificate => "signer_certificate",
            Self::SignerOutdated => "signer_outdated",
            Self::TrustListOutdated => "trust_list_outdated",
            Self::AnotherPurpose => "another_purpose",
            Self::AnotherAudience => "another_audience",
            Self::AnotherNonce => "another_nonce",
            Self::NoHolderProof => "no_holder_proof",
            Self::TooLittle => "too_little",
            Self::TooMuch => "too_much",
            Self::IssuerSignature => "issuer_signature",
            Self::HolderSignature => "holder_signature",
            Self::Encoding => "encoding",
            Self::Disclosure => "disclosure",
            Self::TooLarge => "too_large",
            Self::UnknownForm => "unknown_form",
            Self::UnknownContent => "unknown_content",
        }
    }
}

/// One thing that was in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: Checked,
    /// By which data: a root's name, a list's address. Never personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of when those data are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

impl Check {
    /// A check by nothing but what was presented.
    pub fn of(what: Checked) -> Self {
        Self { what, by: None, as_of: None }
    }

    /// The same by these data.
    #[must_use]
    pub fn by(self, data: impl Into<String>) -> Self {
        Self { by: Some(data.into()), ..self }
    }

    /// The same by data of this time.
    #[must_use]
    pub fn as_of(self, at: Timestamp) -> Self {
        Self { as_of: Some(at), ..self }
    }
}

/// What an inspector's device looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The issuer's certificates up to a trusted root.
    Chain,
    /// The issuer's signature.
    IssuerSignature,
    /// The signature of the phone to which it was issued.
    HolderSignature,
    /// That it answers this question of this verifier.
    Request,
    /// That it was made just now.
    Freshness,
    /// That it lies within its time.
    Validity,
    /// That it has not been revoked.
    Revocation,
    /// That it has not been seen here before.
    Replay,
}

impl Checked {
    /// Its stable name for programs, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::IssuerSignature => "issuer_signature",
            Self::HolderSignature => "holder_signature",
            Self::Request => "request",
            Self::Freshness => "freshness",
            Self::Validity => "validity",
            Self::Revocation => "revocation",
            Self::Replay => "replay",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_verdict_is_one_flat_object() {
        let since = at("2026-11-20T06:00:00Z");
        let verdict = Verdict::new(Outcome::UnknownSince { since: Some(since) })
            .because(Reason::ListOutdated)
            .judged_at(at("2026-11-21T18:30:00Z"))
            .after(vec![Check::of(Checked::Chain).by("mLegitymacja").as_of(since)]);
        assert_eq!(
            serde_json::to_value(&verdict).unwrap(),
            json!({
                "verdict": "unknown_since", "since": "2026-11-20T06:00:00Z", "reason": "list_outdated",
                "at": "2026-11-21T18:30:00Z",
                "checked": [{"what": "chain", "by": "mLegitymacja", "as_of": "2026-11-20T06:00:00Z"}],
            })
        );
        assert_eq!(
            serde_json::to_value(Verdict::new(Outcome::NotACard)).unwrap(),
            json!({"verdict": "not_a_card", "checked": []})
        );
    }

    #[test]
    fn codes_are_those_of_the_json() {
        let when = at("2026-11-20T06:00:00Z");
        let outcomes = [
            Outcome::Valid,
            Outcome::Expired { since: when },
            Outcome::NotYetValid { from: when },
            Outcome::Revoked { since: when, exact: true },
            Outcome::UnknownSince { since: None },
            Outcome::CodeTooOld { made_at: when },
            Outcome::ClockUncertain,
            Outcome::NotTrusted,
            Outcome::Altered,
            Outcome::NotACard,
        ];
        for outcome in outcomes {
            assert_eq!(serde_json::to_value(outcome).unwrap()["verdict"], outcome.code());
            assert_eq!(outcome.tone() == Tone::Good, outcome == Outcome::Valid);
        }
        for reason in [Reason::NoList, Reason::HolderWithoutSignedTime, Reason::RootForAnotherPurpose] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
        for checked in [Checked::IssuerSignature, Checked::Replay] {
            assert_eq!(serde_json::to_value(checked).unwrap(), checked.code());
        }
    }

    #[test]
    fn an_inspection_does_not_print_what_was_disclosed() {
        let inspection =
            Inspection { verdict: Verdict::new(Outcome::Valid), disclosed: Some("Anna Gęślą-Jaźń") };
        assert!(!format!("{inspection:?}").contains("Anna"));
    }
}
