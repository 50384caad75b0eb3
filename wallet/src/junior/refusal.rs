//! Why nobody is signed in, each reason with a stable name.

use shared::vci::uri::IssuerUrl;

use crate::acquire::failure::{ExchangeError, IssuerRefusal};
use crate::acquire::metadata::MetadataFault;
use crate::documents::StoreError;

/// Why nobody is signed in. Messages complete "cannot sign in: …".
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The phone was set up as the standard app, which asks for no sign-in.
    #[error("this phone is not mObywatel Junior")]
    NotJunior,
    /// The issuer is none that this phone trusts.
    #[error("the issuer {0} is not trusted on this phone")]
    UntrustedIssuer(IssuerUrl),
    /// Pupils cannot sign in at this issuer, or not safely enough.
    #[error("this issuer lets no pupils sign in")]
    NoSignIn,
    /// The issuer's documents will not do.
    #[error(transparent)]
    Metadata(MetadataFault),
    /// What the browser brought back is no answer to anything.
    #[error("the browser's answer makes no sense")]
    Unreadable,
    /// What the browser brought back answers another sign-in, or one that somebody else began (RFC 6749 §10.12).
    #[error("the browser's answer belongs to another sign-in")]
    OtherSignIn,
    /// The answer is from another server than the one that was asked (RFC 9207 §4).
    #[error("the answer is from another issuer")]
    AnotherIssuer,
    /// The pupil went back instead, or has a login that is not for this app.
    #[error("it was cancelled on the portal")]
    Cancelled,
    /// The portal says no, with a code of RFC 6749 §4.1.2.1.
    #[error("the portal refuses with {0}")]
    Refused(String),
    /// The phone holds a card of another pupil than the one who signed in; mObywatel Junior is for one.
    #[error("another pupil's card is on this phone")]
    SecondPupil,
    /// An endpoint did not do its part.
    #[error(transparent)]
    Exchange(ExchangeError),
    /// The phone could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    /// A stable name for programs.
    pub fn reason(&self) -> &str {
        match self {
            Self::NotJunior => "not_junior",
            Self::UntrustedIssuer(_) => "untrusted_issuer",
            Self::NoSignIn => "no_sign_in",
            Self::Metadata(MetadataFault::Exchange(error)) | Self::Exchange(error) => error.reason(),
            Self::Metadata(_) => "unusable_issuer",
            Self::Unreadable => "unreadable_answer",
            Self::OtherSignIn => "other_sign_in",
            Self::AnotherIssuer => "another_issuer",
            Self::Cancelled => "sign_in_cancelled",
            Self::Refused(_) => "sign_in_refused",
            Self::SecondPupil => "second_pupil",
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

impl From<ExchangeError> for SignInError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Key(error) => Self::Store(error),
            other => Self::Exchange(other),
        }
    }
}

impl From<MetadataFault> for SignInError {
    fn from(fault: MetadataFault) -> Self {
        match fault {
            MetadataFault::Exchange(error) => error.into(),
            other => Self::Metadata(other),
        }
    }
}
