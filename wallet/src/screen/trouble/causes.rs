//! Which trouble each error of the library is.

use shared::qr::scan::ScanError;
use shared::vci::error::Reason;

use super::{Kind, Trouble};
use crate::acquire::ActivateError;
use crate::acquire::failure::{Endpoint, ExchangeError, IssuerRefusal};
use crate::acquire::metadata::MetadataFault;
use crate::acquire::scan::ScanRefusal;
use crate::delete::DeleteError;
use crate::device::DeviceRefusal;
use crate::documents::{KeepError, StoreError};
use crate::junior::SignInError;
use crate::phone::{CreateError, OpenError, UnlockRefusal};
use crate::present::PresentError;
use crate::present::code::CodeError;
use crate::present::show_code::ShowCodeError;
use crate::refresh::RefreshError;
use crate::standing::Standing;

/// What befell somebody who shows a code.
impl From<&ShowCodeError> for Trouble {
    fn from(error: &ShowCodeError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            ShowCodeError::Standing(Standing::ClockBehind { floor }) => {
                Self { floor: Some(*floor), ..Self::new(Kind::ClockBehind, detail) }
            }
            ShowCodeError::NoSuchCard | ShowCodeError::Standing(_) => Self::new(Kind::NotToShow, detail),
            ShowCodeError::NoCopy | ShowCodeError::Over => Self::new(Kind::NoCopies, detail),
            ShowCodeError::Code(CodeError::NoStatement) => Self::new(Kind::NotOfAge, detail),
            ShowCodeError::Code(_) => Self::new(Kind::Damaged, detail),
            ShowCodeError::Store(error) => Self::from(error),
        }
    }
}

/// What befell somebody who answers a verifier.
impl From<&PresentError> for Trouble {
    fn from(error: &PresentError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            PresentError::Request(refusal) if refusal.reason() == "request_expired" => {
                Self::new(Kind::RequestOver, detail)
            }
            PresentError::Rendezvous(_) | PresentError::NoRequest { status: 404 | 410 } => {
                Self::new(Kind::RequestOver, detail)
            }
            PresentError::NoAnswer(_) => Self::new(Kind::NoNetwork, detail),
            PresentError::NoMatchingCredential => Self::new(Kind::NothingToShow, detail),
            PresentError::ClockBehind { floor } => {
                Self { floor: Some(*floor), ..Self::new(Kind::ClockBehind, detail) }
            }
            PresentError::RefusedByVerifier { .. } => Self::new(Kind::AnswerRefused, detail),
            PresentError::Store(error) => Self::from(error),
            PresentError::Element(_) | PresentError::Copy(_) => Self::new(Kind::Damaged, detail),
            PresentError::Link(_)
            | PresentError::NoRequest { .. }
            | PresentError::Request(_)
            | PresentError::Formats
            | PresentError::NoEncryptionKey
            | PresentError::Disclosure(_)
            | PresentError::Response(_) => Self::new(Kind::BadRequest, detail),
        }
    }
}

impl From<ScanRefusal> for Trouble {
    fn from(refusal: ScanRefusal) -> Self {
        let kind = match refusal {
            ScanRefusal::Unread(ScanError::NoCode) => Kind::NoCode,
            ScanRefusal::Unread(ScanError::TooLarge) => Kind::LargePicture,
            ScanRefusal::Unread(ScanError::UnknownFormat | ScanError::Broken) => Kind::BadPicture,
            ScanRefusal::NoOffer => Kind::NotAnOffer,
            ScanRefusal::SeveralOffers => Kind::SeveralOffers,
            ScanRefusal::BadOffer(_) => Kind::BrokenOffer,
        };
        Self::new(kind, refusal.reason())
    }
}

impl From<&ActivateError> for Trouble {
    fn from(error: &ActivateError) -> Self {
        use ActivateError as E;
        let detail = format!("{}: {error}", error.reason());
        match error {
            E::ClockBehind { floor } => Self { floor: Some(*floor), ..Self::new(Kind::ClockBehind, detail) },
            E::ConsentMissing(_) => Self::new(Kind::Terms, detail),
            E::UntrustedIssuer(issuer) => {
                Self { issuer: Some(issuer.to_string()), ..Self::new(Kind::UntrustedIssuer, detail) }
            }
            E::AnotherIssuer | E::NotPreAuthorized | E::UnknownCredential => {
                Self::new(Kind::BrokenOffer, detail)
            }
            E::Exchange(error) | E::Metadata(MetadataFault::Exchange(error)) => Self::from(error),
            E::Metadata(_) | E::NoTypedCodes => Self::new(Kind::UnusableIssuer, detail),
            E::PhoneTooOld(unmet) => {
                let kind = if unmet.reason == Reason::AppTooOld { Kind::AppTooOld } else { Kind::OsTooOld };
                Self { least: Some(unmet.least.clone()), ..Self::new(kind, detail) }
            }
            E::SignInNeeded { .. } => Self::new(Kind::SignInNeeded, detail),
            E::SignedInElsewhere(_) => Self::new(Kind::OtherPupil, detail),
            E::CodeNeeded | E::CodeMalformed { .. } => Self::new(Kind::WrongCode, detail),
            E::AlreadyHeld { id, .. } => {
                Self { card: Some(id.clone()), ..Self::new(Kind::AlreadyHeld, detail) }
            }
            E::Card(fault) => Self::new(Kind::CardRefused, format!("{}: {fault}", fault.reason())),
            E::Revoked(_) => Self::new(Kind::Revoked, detail),
            E::Store(error) => Self::from(error),
        }
    }
}

impl From<&ExchangeError> for Trouble {
    fn from(error: &ExchangeError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            ExchangeError::NoAnswer { error, .. } if error.may_pass() => Self::new(Kind::NoNetwork, detail),
            ExchangeError::NoAnswer { .. } => Self::new(Kind::UnsafeNetwork, detail),
            ExchangeError::TryAgain { .. } => Self::new(Kind::ServerBusy, detail),
            ExchangeError::Refused(refusal) => Self {
                tries_left: refusal.tries_left,
                ..Self::new(refused(refusal), refused_detail(refusal))
            },
            ExchangeError::Unreadable { .. } => Self::new(Kind::Nonsense, detail),
            ExchangeError::Key(error) => Self::from(error),
        }
    }
}

pub(super) fn refused(refusal: &IssuerRefusal) -> Kind {
    let about_slip = matches!(refusal.endpoint, Endpoint::Offer | Endpoint::TypedCode);
    match refusal.reason.as_ref() {
        Some(Reason::WrongCode) => Kind::WrongCode,
        Some(Reason::Locked) => Kind::SlipDead,
        Some(Reason::Expired) => Kind::SlipExpired,
        Some(Reason::Used) => Kind::Used,
        Some(Reason::Cancelled) => Kind::Cancelled,
        Some(Reason::Unknown) => Kind::UnknownSlip,
        Some(Reason::Replaced) => Kind::Replaced,
        Some(Reason::Revoked) => Kind::Revoked,
        Some(Reason::OtherDevice) => Kind::OtherDevice,
        Some(Reason::OsTooOld) => Kind::OsTooOld,
        Some(Reason::AppTooOld) => Kind::AppTooOld,
        Some(Reason::CardVoid) => Kind::CardVoid,
        Some(Reason::CardExpired) => Kind::CardExpired,
        Some(Reason::NoAgreement) => Kind::NoAgreement,
        Some(Reason::SlotsFull) => Kind::SlotsFull,
        Some(Reason::OtherPupil) => Kind::OtherPupil,
        Some(Reason::SignInAgain) => Kind::SignInNeeded,
        Some(Reason::RateLimited) => Kind::ServerBusy,
        None if about_slip => Kind::UnknownSlip,
        None | Some(_) => Kind::Refused,
    }
}

fn refused_detail(refusal: &IssuerRefusal) -> String {
    let reason = refusal.reason.as_ref().map_or("", Reason::as_str);
    format!("{} {} {reason} (HTTP {})", refusal.endpoint, refusal.error, refusal.status)
}

impl From<&SignInError> for Trouble {
    fn from(error: &SignInError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            SignInError::UntrustedIssuer(issuer) => {
                Self { issuer: Some(issuer.to_string()), ..Self::new(Kind::UntrustedIssuer, detail) }
            }
            SignInError::SecondPupil => Self::new(Kind::SecondPupil, detail),
            SignInError::NoSignIn | SignInError::Metadata(_) => Self::new(Kind::UnusableIssuer, detail),
            SignInError::Exchange(error) => Self::from(error),
            SignInError::Store(error) => Self::from(error),
            SignInError::NotJunior
            | SignInError::Unreadable
            | SignInError::OtherSignIn
            | SignInError::AnotherIssuer
            | SignInError::Cancelled
            | SignInError::Refused(_) => Self::new(Kind::SignInFailed, detail),
        }
    }
}

impl From<&StoreError> for Trouble {
    fn from(error: &StoreError) -> Self {
        let kind = match error {
            StoreError::OtherDevice => Kind::Copied,
            StoreError::RolledBack => Kind::RolledBack,
            StoreError::Newer { .. } => Kind::Newer,
            StoreError::AfterFailure { full: true } => Kind::DiskFull,
            error if error.reason() == "disk_full" => Kind::DiskFull,
            _ => Kind::Damaged,
        };
        Self::new(kind, format!("{}: {error}", error.reason()))
    }
}

impl From<&OpenError> for Trouble {
    fn from(error: &OpenError) -> Self {
        match error {
            OpenError::InUse => Self::new(Kind::InUse, error.reason()),
            OpenError::Newer { .. } => Self::new(Kind::Newer, error.to_string()),
            OpenError::Store(error) => Self::from(error),
            OpenError::NoPhone | OpenError::Element(_) | OpenError::Io(_) => {
                Self::new(Kind::Damaged, format!("{}: {error}", error.reason()))
            }
        }
    }
}

impl From<&CreateError> for Trouble {
    fn from(error: &CreateError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            CreateError::Device(refusal) => {
                let (kind, least) = match refusal {
                    DeviceRefusal::OsTooOld { minimum, .. } => (Kind::OsTooOld, minimum),
                    DeviceRefusal::AppTooOld { minimum, .. } => (Kind::AppTooOld, minimum),
                };
                Self { least: Some(least.to_string()), ..Self::new(kind, detail) }
            }
            CreateError::InUse => Self::new(Kind::InUse, detail),
            CreateError::Store(error) => Self::from(error),
            CreateError::AlreadySetUp
            | CreateError::Pin(_)
            | CreateError::Element(_)
            | CreateError::Io(_) => Self::new(Kind::Damaged, detail),
        }
    }
}

/// For what is no matter of a wrong PIN.
impl From<&UnlockRefusal> for Trouble {
    fn from(refusal: &UnlockRefusal) -> Self {
        match refusal {
            UnlockRefusal::Erased => Self::new(Kind::Erased, refusal.reason()),
            UnlockRefusal::Store(error) => Self::from(error),
            UnlockRefusal::WrongPin { .. }
            | UnlockRefusal::Wait { .. }
            | UnlockRefusal::NewPin(_)
            | UnlockRefusal::Element(_) => {
                Self::new(Kind::Damaged, format!("{}: {refusal}", refusal.reason()))
            }
        }
    }
}

impl From<&RefreshError> for Trouble {
    fn from(error: &RefreshError) -> Self {
        let detail = format!("{}: {error}", error.reason());
        match error {
            RefreshError::NoSuchCard => Self::new(Kind::Damaged, detail),
            RefreshError::ClockBehind { floor } => {
                Self { floor: Some(*floor), ..Self::new(Kind::ClockBehind, detail) }
            }
            RefreshError::UntrustedIssuer(issuer) => {
                Self { issuer: Some(issuer.clone()), ..Self::new(Kind::UntrustedIssuer, detail) }
            }
            RefreshError::Exchange(error) => Self::from(error),
            RefreshError::Card(fault) => Self::new(Kind::CardRefused, format!("{}: {fault}", fault.reason())),
            RefreshError::AlreadyHeld { .. } => Self::new(Kind::AlreadyHeld, detail),
            RefreshError::Store(error) => Self::from(error),
        }
    }
}

impl From<&DeleteError> for Trouble {
    fn from(error: &DeleteError) -> Self {
        match error {
            DeleteError::Store(error) | DeleteError::Keep(KeepError::Store(error)) => Self::from(error),
            DeleteError::Keep(error) => Self::new(Kind::Damaged, format!("{}: {error}", error.reason())),
        }
    }
}
