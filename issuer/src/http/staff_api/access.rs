//! Which right each operation asks for, and about whom: one table, read before any handler runs.
//!
//! A token acts in its owner's role and at its owner's school. What is out of reach is as unknown as what does
//! not exist; what the role does not allow is `forbidden_role`.

use axum::http::Method;

use super::BASE_PATH;
use crate::http::failure::Code;
use crate::registry::rights::{Reach, Right};
use crate::store::id::{ApplicationId, BaseCardId, CardId, DeviceId, GrantId, GuardianId, OrderId, PupilId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::device::Device;
use crate::store::tables::grant::Grant;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::Order;
use crate::store::tables::pupil::{Application, Guardian, Pupil};
use crate::store::tables::staff::{ApiToken, Staff};
use crate::store::{Statements, StoreError, Verb};

/// Whom or what an operation is about: what the id in its address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The installation: nobody of one school alone.
    House,
    /// Nobody in particular: the operation itself keeps to what the caller may reach.
    Nobody,
    /// A school.
    School,
    /// A pupil.
    Pupil,
    /// A guardian of a pupil.
    Guardian,
    /// An application of a pupil.
    Application,
    /// A base card of a pupil.
    BaseCard,
    /// An order for a pupil.
    Order,
    /// A slip for a pupil's card.
    Slip,
    /// A pupil's mobile card.
    Card,
    /// A device with a pupil's card.
    Device,
}

/// An operation of the API.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// Relative to [`BASE_PATH`].
    pub(super) path: &'static str,
    pub(super) right: Right,
    about: About,
}

macro_rules! operations {
    ($($method:ident $path:literal => $right:ident, $about:ident;)*) => {
        /// Every operation.
        pub(super) const OPERATIONS: &[Operation] = &[$(
            Operation { method: Method::$method, path: $path, right: Right::$right, about: About::$about },
        )*];
    };
}

operations! {
    GET    "/schools"                       => ReadPupils, Nobody;
    POST   "/schools"                       => EditSchool, House;
    GET    "/schools/{id}"                  => ReadSchool, School;
    PUT    "/schools/{id}/agreement"        => EditSchool, School;
    DELETE "/schools/{id}/agreement"        => EditSchool, School;
    GET    "/schools/{id}/profiles"         => ReadSchool, School;
    POST   "/schools/{id}/profiles"         => EditSchool, School;
    POST   "/schools/{id}/approvals"        => ApproveOrders, School;
    GET    "/schools/{id}/pupils"           => ReadPupils, School;
    POST   "/schools/{id}/pupils"           => EditPupils, School;
    GET    "/pupils/{id}"                   => ReadPupils, Pupil;
    PATCH  "/pupils/{id}"                   => EditPupils, Pupil;
    POST   "/pupils/{id}/transfer"          => TransferPupils, Pupil;
    POST   "/pupils/{id}/guardians"         => EditPupils, Pupil;
    DELETE "/guardians/{id}"                => EditPupils, Guardian;
    POST   "/pupils/{id}/applications"      => JudgeApplications, Pupil;
    POST   "/pupils/{id}/objections"        => JudgeApplications, Pupil;
    POST   "/applications/{id}/complete"    => JudgeApplications, Application;
    POST   "/applications/{id}/send-back"   => JudgeApplications, Application;
    POST   "/applications/{id}/objection"   => JudgeApplications, Application;
    PUT    "/pupils/{id}/photo"             => KeepPhotos, Pupil;
    GET    "/pupils/{id}/photo"             => ReadPupils, Pupil;
    POST   "/pupils/{id}/base-cards"        => KeepBaseCards, Pupil;
    POST   "/base-cards/{id}/confirm"       => KeepBaseCards, BaseCard;
    POST   "/base-cards/{id}/void"          => KeepBaseCards, BaseCard;
    POST   "/pupils/{id}/orders"            => PlaceOrders, Pupil;
    GET    "/orders/{id}"                   => ReadPupils, Order;
    POST   "/orders/{id}/cancel"            => PlaceOrders, Order;
    POST   "/orders/{id}/slips"             => MakeSlips, Order;
    POST   "/slips/{id}/replace"            => MakeSlips, Slip;
    POST   "/slips/{id}/collected"          => HandOutSlips, Slip;
    POST   "/slips/{id}/cancel"             => HandOutSlips, Slip;
    GET    "/pupils/{id}/cards"             => ReadPupils, Pupil;
    GET    "/cards/{id}"                    => ReadPupils, Card;
    POST   "/cards/{id}/revoke"             => RevokeCards, Card;
    POST   "/devices/{id}/revoke"           => RevokeCards, Device;
    // Shows codes and may take the card off a device; whoever may make slips may do the other as well.
    POST   "/cards/{id}/reissue"            => MakeSlips, Card;
    GET    "/notices"                       => ReadNotices, Nobody;
    // One chain for the whole installation: it can be checked as a whole alone, and holds ids and words only.
    GET    "/audit"                         => ReadAudit, Nobody;
    GET    "/audit/verify"                  => ReadAudit, Nobody;
    GET    "/staff"                         => KeepStaff, Nobody;
    POST   "/staff"                         => KeepStaff, Nobody;
    POST   "/staff/{id}/end"                => KeepStaff, Nobody;
    POST   "/tokens"                        => KeepTokens, Nobody;
    POST   "/tokens/{id}/end"               => KeepTokens, Nobody;
}

/// The operation at an address, with the id that the address names.
pub(super) fn operation<'a>(
    method: &Method,
    template: &str,
    path: &'a str,
) -> Option<(&'static Operation, &'a str)> {
    // A HEAD is a GET whose body nobody reads.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let template = template.strip_prefix(BASE_PATH).unwrap_or(template);
    let path = path.strip_prefix(BASE_PATH).unwrap_or(path);
    let found = OPERATIONS.iter().find(|one| one.method == *method && one.path == template)?;
    let place = found.path.split('/').position(|part| part == "{id}");
    Some((found, place.and_then(|place| path.split('/').nth(place)).unwrap_or_default()))
}

/// Lets an operation through, or says why not.
pub(super) struct Admit {
    /// Keyed hashes of the token, under every master secret that counts.
    pub(super) token_hashes: Vec<[u8; 32]>,
    /// The operation; none at an address that does not take this method.
    pub(super) operation: Option<&'static Operation>,
    /// What its address names.
    pub(super) id: String,
}

#[async_trait::async_trait]
impl Verb for Admit {
    type Answer = Result<(ApiToken, Staff), Code>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut known = None;
        for hash in &self.token_hashes {
            known = crate::registry::staff::RecogniseToken(*hash).run(tx).await?;
            if known.is_some() {
                break;
            }
        }
        let Some((token, staff)) = known else { return Ok(Err(Code::TokenUnknown)) };
        if let Some(operation) = self.operation
            && let Err(code) = reach(tx, operation, &self.id, &staff).await?
        {
            return Ok(Err(code));
        }
        Ok(Ok((token, staff)))
    }
}

/// The row that an id names, if it can be one.
macro_rules! find {
    ($tx:ident, $table:ident, $id:expr) => {
        match $id {
            Some(id) => $table::find($tx, &id).await?,
            None => None,
        }
    };
}
async fn reach(
    tx: &mut dyn Statements,
    operation: &Operation,
    id: &str,
    staff: &Staff,
) -> Result<Result<(), Code>, StoreError> {
    let reach = operation.right.reach(staff.role);
    if reach == Reach::Nobody {
        return Ok(Err(Code::ForbiddenRole));
    }
    let (pupil, unknown) = match operation.about {
        About::Nobody => return Ok(Ok(())),
        About::House => {
            return Ok(if staff.school_id.is_none() { Ok(()) } else { Err(Code::ForbiddenRole) });
        }
        About::School => {
            let here = staff.school_id.as_ref().is_none_or(|own| own.as_str() == id);
            return Ok(if here { Ok(()) } else { Err(Code::UnknownSchool) });
        }
        About::Pupil => (PupilId::parse(id), Code::UnknownPupil),
        About::Guardian => {
            let found = find!(tx, Guardian, GuardianId::parse(id));
            let found = found.filter(|guardian| guardian.removed_at.is_none());
            (found.map(|guardian| guardian.pupil_id), Code::UnknownGuardian)
        }
        About::Application => {
            let found = find!(tx, Application, ApplicationId::parse(id));
            (found.map(|application| application.pupil_id), Code::UnknownApplication)
        }
        About::BaseCard => {
            let found = find!(tx, BaseCard, BaseCardId::parse(id));
            (found.map(|card| card.pupil_id), Code::UnknownBaseCard)
        }
        About::Order => {
            let found = find!(tx, Order, OrderId::parse(id));
            (found.map(|order| order.pupil_id), Code::UnknownOrder)
        }
        About::Slip => {
            let found = find!(tx, Grant, GrantId::parse(id));
            (holder(tx, found.map(|grant| grant.card_id)).await?, Code::UnknownSlip)
        }
        About::Card => (holder(tx, CardId::parse(id)).await?, Code::UnknownCard),
        About::Device => {
            let found = find!(tx, Device, DeviceId::parse(id));
            (holder(tx, found.map(|device| device.card_id)).await?, Code::UnknownDevice)
        }
    };
    let pupil = find!(tx, Pupil, pupil);
    let reached = pupil.is_some_and(|pupil| {
        let here = staff.school_id.as_ref().is_none_or(|own| *own == pupil.school_id);
        let in_class = match reach {
            Reach::School => true,
            Reach::OwnClass => staff.class_name.as_ref() == Some(&pupil.class_name),
            Reach::Nobody => false,
        };
        here && in_class && pupil.erased_at.is_none()
    });
    Ok(if reached { Ok(()) } else { Err(unknown) })
}

/// Whose a mobile card is.
async fn holder(tx: &mut dyn Statements, card: Option<CardId>) -> Result<Option<PupilId>, StoreError> {
    let Some(card) = card else { return Ok(None) };
    Ok(MobileCard::find(tx, &card).await?.map(|card| card.pupil_id))
}
