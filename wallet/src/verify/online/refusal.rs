//! Why an answer is refused: a code for the phone, a verdict for the inspector.

use jiff::Timestamp;
use shared::presentation::time::{CorrectedTime, Doubt};
use shared::presentation::verdict::{Outcome, Reason, Verdict};
use shared::sd_jwt::{DateFault, PresentationFault, VerifyFault};
use shared::x509::chain::ChainFault;
use shared::x509::signer::SignerFault;

/// Why what a phone posted does not reach a session: the session goes on waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// No such request, or not any more.
    #[error("there is no such request")]
    UnknownRequest,
    /// The request's time is over.
    #[error("the request's time is over")]
    RequestExpired,
    /// It was answered already.
    #[error("the request was answered already")]
    AlreadyAnswered,
    /// Not the form of an answer.
    #[error("the answer is not of the expected shape")]
    MalformedAnswer,
    /// An answer in the clear where an encrypted one was asked for, or the other way round.
    #[error("the answer did not come in the way that was asked for")]
    OtherResponseMode,
    /// It does not open with the request's key.
    #[error("the answer does not open")]
    DoesNotOpen,
    /// Not the request's `state`.
    #[error("the answer does not repeat the request's state")]
    WrongState,
}

impl Unheard {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownRequest => "unknown_request",
            Self::RequestExpired => "request_expired",
            Self::AlreadyAnswered => "already_answered",
            Self::MalformedAnswer => "malformed_answer",
            Self::OtherResponseMode => "other_response_mode",
            Self::DoesNotOpen => "does_not_open",
            Self::WrongState => "wrong_state",
        }
    }
}

/// Why an answer that reached its session is refused: the session ends with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefusal {
    /// It names a credential that was not asked for.
    #[error("it holds a credential that was not asked for")]
    UnknownCredential,
    /// More presentations of a credential than were asked for.
    #[error("it holds more presentations than were asked for")]
    TooManyPresentations,
    /// Something that is required is missing.
    #[error("a credential that was asked for is missing")]
    MissingCredential,
    /// A presentation that does not hold.
    #[error(transparent)]
    Presentation(#[from] PresentationFault),
    /// A credential of another type.
    #[error("it is a credential of another type")]
    OtherType,
    /// Claims that nobody asked for.
    #[error("it discloses more than was asked for")]
    TooMuch,
    /// Claims that were asked for are missing, or have other values than will do.
    #[error("it discloses less than was asked for")]
    TooLittle,
    /// Its time is over.
    #[error("the credential was valid until {since}")]
    Expired {
        /// The first instant at which it no longer counted.
        since: Timestamp,
    },
    /// Its time has not come.
    #[error("the credential is valid only from {from}")]
    NotYetValid {
        /// The first instant at which it counts.
        from: Timestamp,
    },
    /// The signer's certificates do not hold today.
    #[error("its signer's certificates are not valid now")]
    SignerOutdated,
    /// Taken back.
    #[error("the credential was revoked")]
    Revoked {
        /// Since when, or of when the data are that tell of it.
        since: Timestamp,
        /// Whether `since` is the instant of revocation itself.
        exact: bool,
    },
    /// The verifier does not know the time well enough; no fault of the holder's.
    #[error("the verifier does not know the time")]
    ClockUncertain(Doubt),
    /// The verifier's list of roots is too old; no fault of the holder's.
    #[error("the verifier's list of roots is too old")]
    TrustListOutdated,
}

impl AnswerRefusal {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCredential => "unknown_credential",
            Self::TooManyPresentations => "too_many_presentations",
            Self::MissingCredential => "missing_credential",
            Self::Presentation(fault) => fault.code(),
            Self::OtherType => "other_type",
            Self::TooMuch => "over_disclosure",
            Self::TooLittle => "under_disclosure",
            Self::Expired { .. } => "credential_expired",
            Self::NotYetValid { .. } => "credential_not_yet_valid",
            Self::SignerOutdated => "signer_outdated",
            Self::Revoked { .. } => "credential_revoked",
            Self::ClockUncertain(_) => "clock_uncertain",
            Self::TrustListOutdated => "trust_list_outdated",
        }
    }

    /// What the inspector is told; `time` is the one by which it was judged.
    pub fn verdict(&self, time: CorrectedTime) -> Verdict {
        let (outcome, reason) = self.outcome(time.now());
        let verdict = Verdict::new(outcome);
        let verdict = if time.doubt().is_none() { verdict.judged_at(time.now()) } else { verdict };
        match reason {
            Some(reason) => verdict.because(reason),
            None => verdict,
        }
    }

    fn outcome(&self, now: Timestamp) -> (Outcome, Option<Reason>) {
        let not_trusted = |reason| (Outcome::NotTrusted, Some(reason));
        let altered = |reason| (Outcome::Altered, Some(reason));
        match self {
            Self::UnknownCredential | Self::TooManyPresentations | Self::TooMuch => {
                not_trusted(Reason::TooMuch)
            }
            Self::MissingCredential | Self::TooLittle => not_trusted(Reason::TooLittle),
            Self::OtherType => (Outcome::NotACard, Some(Reason::UnknownContent)),
            Self::Expired { since } => (Outcome::Expired { since: *since }, None),
            Self::NotYetValid { from } => (Outcome::NotYetValid { from: *from }, None),
            Self::SignerOutdated => not_trusted(Reason::SignerOutdated),
            Self::Revoked { since, exact } => (Outcome::Revoked { since: *since, exact: *exact }, None),
            Self::ClockUncertain(doubt) => (Outcome::ClockUncertain, Some((*doubt).into())),
            Self::TrustListOutdated => not_trusted(Reason::TrustListOutdated),
            Self::Presentation(fault) => match fault {
                PresentationFault::SdJwt(_) => (Outcome::NotACard, Some(Reason::UnknownForm)),
                PresentationFault::Issuer(VerifyFault::Signer(SignerFault::Chain(
                    ChainFault::UnknownRoot,
                ))) => not_trusted(Reason::UnknownRoot),
                PresentationFault::Issuer(
                    VerifyFault::Signer(_)
                    | VerifyFault::NoChain
                    | VerifyFault::MalformedChain(_)
                    | VerifyFault::IssuerName,
                ) => not_trusted(Reason::SignerCertificate),
                PresentationFault::Issuer(VerifyFault::BadSignature) => altered(Reason::IssuerSignature),
                PresentationFault::Issuer(VerifyFault::Type | VerifyFault::NoType) => {
                    (Outcome::NotACard, Some(Reason::UnknownContent))
                }
                PresentationFault::NoKeyBinding | PresentationFault::NotBound => {
                    not_trusted(Reason::NoHolderProof)
                }
                PresentationFault::KeyBinding(_)
                | PresentationFault::BindingType
                | PresentationFault::BindingSignature => altered(Reason::HolderSignature),
                PresentationFault::OtherDisclosures => altered(Reason::Disclosure),
                PresentationFault::Audience => not_trusted(Reason::AnotherAudience),
                PresentationFault::Nonce => not_trusted(Reason::AnotherNonce),
                PresentationFault::BindingTime { signed_at } if *signed_at > now => {
                    (Outcome::ClockUncertain, Some(Reason::FromTheFuture))
                }
                PresentationFault::BindingTime { signed_at } => {
                    (Outcome::CodeTooOld { made_at: *signed_at }, Some(Reason::Stale))
                }
            },
        }
    }
}

impl From<DateFault> for AnswerRefusal {
    fn from(fault: DateFault) -> Self {
        match fault {
            DateFault::NotYetValid { not_before } => Self::NotYetValid { from: not_before },
            DateFault::Expired { expires_at } => Self::Expired { since: expires_at },
            DateFault::Signer(_) => Self::SignerOutdated,
        }
    }
}
