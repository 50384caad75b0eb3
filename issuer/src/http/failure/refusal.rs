//! Which code goes with which refusal. Every enum is matched whole: a new refusal must choose its code.

use super::code::Code;
use crate::issuance::dossier::CardRefusal;
use crate::issuance::grant::GrantRefusal;
use crate::issuance::order::OrderRefusal;
use crate::issuance::reissue::{BaseCardRefusal, TransferRefusal};
use crate::issuance::revocation::RevocationRefusal;
use crate::notify::link::LinkRefusal;
use crate::notify::outbox::NoticeRefusal;
use crate::registry::application::ApplicationRefusal;
use crate::registry::base_card::BaseCardEntryRefusal;
use crate::registry::card_file::FileRefusal;
use crate::registry::fault::FieldFault;
use crate::registry::federated::FederatedRefusal;
use crate::registry::guardian_removal::GuardianRefusal;
use crate::registry::photo_book::PhotoBookRefusal;
use crate::registry::photo_inbox::InboxRefusal;
use crate::registry::portal_account::PortalAccountRefusal;
use crate::registry::pupil::PupilRefusal;
use crate::registry::school::SchoolRefusal;
use crate::registry::staff::StaffRefusal;

/// A refusal with a code.
pub trait Coded {
    /// Its code.
    fn code(&self) -> Code;

    /// What is wrong with which field, if that is why.
    fn fields(&self) -> Vec<FieldFault> {
        Vec::new()
    }
}

macro_rules! coded {
    ($($refusal:ident { $($variant:ident => $code:ident,)* })*) => {$(
        impl Coded for $refusal {
            fn code(&self) -> Code {
                match self { $(Self::$variant => Code::$code,)* }
            }
        }
    )*};
}

coded! {
    SchoolRefusal {
        UnknownSchool => UnknownSchool,
        RspoTaken => RspoTaken,
        NoAgreement => UnknownAgreement,
        ProfileInPast => ProfileInPast,
    }
    ApplicationRefusal {
        UnknownPupil => UnknownPupil,
        UnknownGuardian => UnknownGuardian,
        UnknownApplication => UnknownApplication,
        Decided => ApplicationDecided,
        CompletedBeforeReceived => CompletedBeforeReceived,
    }
    PhotoBookRefusal {
        UnknownPupil => UnknownPupil,
        NoPhoto => UnknownPhoto,
    }
    InboxRefusal {
        UnknownPicture => UnknownPicture,
        UnknownPupil => UnknownPupil,
        Settled => PictureSettled,
        Reassigned => PictureReassigned,
        PhotoChanged => PhotoChanged,
        Full => PicturesFull,
    }
    BaseCardEntryRefusal {
        UnknownPupil => UnknownPupil,
        UnknownDuplicate => UnknownBaseCard,
        NumberTaken => NumberTaken,
        HoldsCard => HoldsCard,
        RegisterFull => RegisterFull,
    }
    BaseCardRefusal {
        UnknownCard => UnknownBaseCard,
        AlreadyVoid => BaseCardVoid,
        NotLonger => NotLonger,
    }
    TransferRefusal {
        UnknownPupil => UnknownPupil,
        UnknownSchool => UnknownSchool,
        SameSchool => SameSchool,
    }
    CardRefusal {
        SchoolNotEligible => SchoolNotEligible,
        NoAgreement => NoAgreement,
        NoPesel => NoPesel,
        BirthDateDiffers => BirthDateDiffers,
        NoPhoto => NoPhoto,
        NoBaseCard => NoBaseCard,
        BaseCardVoid => BaseCardVoid,
        BaseCardExpired => BaseCardExpired,
        FormNotAccepted => FormNotAccepted,
        MovedSchool => MovedSchool,
    }
    RevocationRefusal {
        UnknownDevice => UnknownDevice,
        UnknownCard => UnknownCard,
    }
    FileRefusal {
        UnknownPupil => UnknownPupil,
        UnknownCard => UnknownCard,
        UnknownOrder => UnknownOrder,
    }
    StaffRefusal {
        UnknownStaff => UnknownStaff,
        UnknownToken => UnknownToken,
        UnknownSchool => UnknownSchool,
        LoginTaken => LoginTaken,
        LastPrincipal => LastPrincipal,
        AccountClosed => AccountClosed,
    }
    NoticeRefusal {
        UnknownNotice => UnknownNotice,
        PupilErased => NoticeOfErased,
        OnPortal => NoticeOnPortal,
    }
    LinkRefusal {
        UnknownSchool => UnknownSchool,
        NotLinked => DiaryNotLinked,
    }
    FederatedRefusal {
        UnknownStaff => UnknownStaff,
        Taken => FederatedTaken,
    }
    GuardianRefusal {
        UnknownGuardian => UnknownGuardian,
    }
    PortalAccountRefusal {
        UnknownPupil => UnknownPupil,
        UnknownGuardian => UnknownGuardian,
        UnknownAccount => UnknownPortalAccount,
        LoginTaken => LoginTaken,
        HasAccount => HasPortalAccount,
    }
}

impl Coded for PupilRefusal {
    fn code(&self) -> Code {
        match self {
            Self::UnknownPupil => Code::UnknownPupil,
            Self::UnknownSchool => Code::UnknownSchool,
            Self::PeselTaken => Code::PeselTaken,
            Self::ChangedMeanwhile => Code::ChangedMeanwhile,
            Self::Implausible(_) => Code::FieldsInvalid,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Implausible(code) => vec![FieldFault { field: "birth_date".to_owned(), code: *code }],
            Self::UnknownPupil | Self::UnknownSchool | Self::PeselTaken | Self::ChangedMeanwhile => {
                Vec::new()
            }
        }
    }
}

impl Coded for OrderRefusal {
    fn code(&self) -> Code {
        match self {
            Self::UnknownPupil => Code::UnknownPupil,
            Self::UnknownOrder => Code::UnknownOrder,
            Self::AlreadyIssued => Code::OrderIssued,
            Self::AlreadyOrdered => Code::OrderOpen,
            Self::NoApplication => Code::NoApplication,
            Self::ApplicationNotComplete => Code::ApplicationNotComplete,
            Self::ApplicantNotEntitled => Code::ApplicantNotEntitled,
            Self::Objection => Code::Objection,
            Self::Card(refusal) => refusal.code(),
        }
    }
}

impl Coded for GrantRefusal {
    fn code(&self) -> Code {
        match self {
            Self::UnknownOrder => Code::UnknownOrder,
            Self::OrderCancelled => Code::OrderCancelled,
            Self::UnknownCard => Code::UnknownCard,
            Self::MinorMayNotCollect => Code::MinorMayNotCollect,
            Self::UnknownGrant => Code::UnknownSlip,
            Self::AlreadyUsed => Code::SlipUsed,
            Self::UnknownDevice => Code::UnknownDevice,
            Self::NoFreePlace { .. } => Code::NoFreePlace,
            Self::OrderIssued => Code::OrderIssued,
            Self::NotApproved => Code::OrderNotApproved,
            Self::Objection => Code::Objection,
            Self::Dead => Code::SlipDead,
            Self::Collected => Code::SlipCollected,
            Self::Card(refusal) => refusal.code(),
        }
    }
}
