//! Why there is no card, each reason with a stable name.

use jiff::Timestamp;
use shared::vci::error::Reason;
use shared::vci::requirements::Unmet;
use shared::vci::uri::IssuerUrl;
use shared::x509::crl::Revocation;

use super::consent::LegalText;
use super::failure::{ExchangeError, IssuerRefusal};
use super::metadata::MetadataFault;
use super::notification::Told;
use crate::documents::{CardId, KeepError, StoreError};
use crate::verify_card::CardFault;

/// Why there is no card. Messages complete "cannot activate the card: …".
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The phone's clock is certainly wrong.
    #[error("the phone's clock is behind, it is at least {floor}")]
    ClockBehind {
        /// What it should read at least.
        floor: Timestamp,
    },
    /// The owner has not accepted the terms.
    #[error("the terms of use and the privacy notice must be accepted first")]
    ConsentMissing(Vec<&'static LegalText>),
    /// The issuer is none that this phone trusts. It has not seen the activation code.
    #[error("the issuer {0} is not trusted on this phone")]
    UntrustedIssuer(IssuerUrl),
    /// The offer that came is not from the issuer that was asked.
    #[error("the offer is another issuer's")]
    AnotherIssuer,
    /// The issuer's documents will not do.
    #[error(transparent)]
    Metadata(MetadataFault),
    /// The issuer has no lookup for typed codes.
    #[error("this issuer resolves no typed codes")]
    NoTypedCodes,
    /// The offer wants its holder to sign in somewhere.
    #[error("the offer is not one with a pre-authorized code")]
    NotPreAuthorized,
    /// None of the offered credentials is one that this wallet understands.
    #[error("the offer holds no credential that this wallet understands")]
    UnknownCredential,
    /// The phone is older than the offer asks for; the code was not asked for and stays valid.
    #[error("{} is too old for this card, {} is needed", if .0.reason == Reason::AppTooOld { "the application" } else { "the phone's system" }, .0.least)]
    PhoneTooOld(Unmet),
    /// Nobody is signed in on this Junior phone, or not any more; nothing was sent to anybody.
    #[error("{}", if *.expired { "the sign-in on this phone has run out" } else { "nobody is signed in on this phone" })]
    SignInNeeded {
        /// Whether somebody was signed in.
        expired: bool,
    },
    /// The offer is of another issuer than the one where the pupil signed in.
    #[error("the pupil is signed in at {0}, and the offer is another issuer's")]
    SignedInElsewhere(String),
    /// The offer needs an activation code.
    #[error("an activation code is needed")]
    CodeNeeded,
    /// What was typed cannot be the code; it was not sent and cost no try.
    #[error("this cannot be the activation code{}", digits.map(|n| format!(", which has {n} digits")).unwrap_or_default())]
    CodeMalformed {
        /// How many characters it has, if the issuer says so.
        digits: Option<u32>,
    },
    /// The same card is on this phone and live.
    #[error("this card is on this phone already")]
    AlreadyHeld {
        /// Its name.
        id: CardId,
        /// Whether the place that was taken a second time was given back; `None` where none was taken.
        freed: Option<Told>,
    },
    /// An issuer's endpoint did not do its part.
    #[error(transparent)]
    Exchange(ExchangeError),
    /// What came is not a card to be trusted.
    #[error(transparent)]
    Card(#[from] CardFault),
    /// What came was revoked before it could be kept.
    #[error("the card was revoked on {}", .0.since)]
    Revoked(Revocation),
    /// The phone could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ActivateError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::ClockBehind { .. } => "clock_behind",
            Self::ConsentMissing(_) => "terms_not_accepted",
            Self::UntrustedIssuer(_) => "untrusted_issuer",
            Self::AnotherIssuer => "another_issuer",
            Self::Metadata(MetadataFault::Exchange(error)) | Self::Exchange(error) => error.reason(),
            Self::Metadata(_) => "unusable_issuer",
            Self::NoTypedCodes => "no_typed_codes",
            Self::NotPreAuthorized => "not_pre_authorized",
            Self::UnknownCredential => "unknown_credential",
            Self::PhoneTooOld(unmet) => unmet.reason.as_str(),
            Self::SignInNeeded { .. } => "sign_in_needed",
            Self::SignedInElsewhere(_) => "signed_in_elsewhere",
            Self::CodeNeeded => "code_needed",
            Self::CodeMalformed { .. } => "code_malformed",
            Self::AlreadyHeld { .. } => "already_held",
            Self::Card(fault) => fault.reason(),
            Self::Revoked(_) => "revoked",
            Self::Store(error) => error.reason(),
        }
    }

    /// What the issuer said, if it said no.
    pub fn refusal(&self) -> Option<&IssuerRefusal> {
        match self {
            Self::Exchange(error) => error.refusal(),
            _ => None,
        }
    }
}

impl From<ExchangeError> for ActivateError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Key(error) => Self::Store(error),
            other => Self::Exchange(other),
        }
    }
}

impl From<MetadataFault> for ActivateError {
    fn from(fault: MetadataFault) -> Self {
        match fault {
            MetadataFault::Exchange(error) => error.into(),
            other => Self::Metadata(other),
        }
    }
}

impl From<KeepError> for ActivateError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::AlreadyHeld { id } => Self::AlreadyHeld { id, freed: None },
            KeepError::NoSuchCard => {
                Self::Store(StoreError::Damaged("a card vanished while it was replaced"))
            }
            KeepError::KeyMissing => Self::Store(StoreError::Damaged("a device key vanished")),
            KeepError::Store(error) => Self::Store(error),
        }
    }
}
