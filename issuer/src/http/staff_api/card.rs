//! `/pupils/{id}/cards`, `/cards/{id}` and `/devices/{id}/revoke`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::base_card::BaseCardView;
use super::idempotent::Reply;
use super::problems::problems;
use super::request::{Asked, Named, Posted};
use super::slip::{SlipQuery, SlipReply, SlipView};
use crate::audit::Actor;
use crate::http::failure::{Code, Failure};
use crate::issuance::reissue::{ReissueCard, ReissueReason};
use crate::issuance::revocation::{RevokeCard, RevokeDevice};
use crate::registry::card_file::{CardFile, CertificateFile, DeviceFile, ReadCard, ReadCards};
use crate::store::id::{CardId, DeviceId, GrantId, PupilId, SchoolId};
use crate::store::tables::certificate::CertificateState;
use crate::store::tables::device::{Device, DeviceState, EndReason};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(revoke))
        .routes(routes!(reissue))
        .routes(routes!(revoke_device))
}

/// A mobile card with everything that hangs on it; no secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct CardView {
    id: CardId,
    pupil_id: PupilId,
    /// The school that issues it.
    school_id: SchoolId,
    /// The card that it copies.
    base_card: BaseCardView,
    /// How many places for devices there are under the rules of today.
    places: u8,
    /// Its slips, oldest first.
    slips: Vec<SlipView>,
    /// Its devices, oldest first.
    devices: Vec<DeviceFileView>,
    created_at: Timestamp,
}

impl CardView {
    pub(super) fn of(file: &CardFile, now: Timestamp) -> Self {
        Self {
            id: file.card.id.clone(),
            pupil_id: file.card.pupil_id.clone(),
            school_id: file.card.school_id.clone(),
            base_card: BaseCardView::from(&file.base_card),
            places: file.places,
            slips: file.grants.iter().map(|grant| SlipView::of(grant, now)).collect(),
            devices: file.devices.iter().map(DeviceFileView::from).collect(),
            created_at: file.card.created_at,
        }
    }
}

/// A device with its certificates.
#[derive(Serialize, ToSchema)]
struct DeviceFileView {
    device: DeviceView,
    /// Oldest first.
    certificates: Vec<CertificateView>,
}

impl From<&DeviceFile> for DeviceFileView {
    fn from(file: &DeviceFile) -> Self {
        Self {
            device: DeviceView::from(&file.device),
            certificates: file.certificates.iter().map(CertificateView::from).collect(),
        }
    }
}

/// A device that holds, or held, a card. Name and versions are what the phone said.
#[derive(Serialize, ToSchema)]
struct DeviceView {
    id: DeviceId,
    card_id: CardId,
    /// The slip that opened it.
    slip_id: GrantId,
    /// Its place, from 1.
    slot: u8,
    /// How many places there were.
    slots: u8,
    /// RFC 7638 thumbprint of its key.
    thumbprint: String,
    name: String,
    platform: String,
    os_version: String,
    app_version: String,
    state: DeviceState,
    activated_at: Timestamp,
    ended_at: Option<Timestamp>,
    end_reason: Option<EndReason>,
}

impl From<&Device> for DeviceView {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.clone(),
            card_id: device.card_id.clone(),
            slip_id: device.grant_id.clone(),
            slot: device.slot,
            slots: device.slots,
            thumbprint: device.thumbprint.clone(),
            name: device.name.clone(),
            platform: device.platform.clone(),
            os_version: device.os_version.clone(),
            app_version: device.app_version.clone(),
            state: device.state,
            activated_at: device.activated_at,
            ended_at: device.ended_at,
            end_reason: device.end_reason,
        }
    }
}

/// A device certificate, without its bytes.
#[derive(Serialize, ToSchema)]
struct CertificateView {
    /// Serial number, hexadecimal.
    serial: String,
    state: CertificateState,
    /// Last instant of validity.
    not_after: Timestamp,
    prepared_at: Timestamp,
    issued_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    end_reason: Option<EndReason>,
    /// Whether the books still say what this card shows; if not, it is to be issued again.
    current: bool,
}

impl From<&CertificateFile> for CertificateView {
    fn from(file: &CertificateFile) -> Self {
        let certificate = &file.certificate;
        Self {
            serial: certificate.serial.clone(),
            state: certificate.state,
            not_after: certificate.not_after,
            prepared_at: certificate.prepared_at,
            issued_at: certificate.issued_at,
            ended_at: certificate.ended_at,
            end_reason: certificate.end_reason,
            current: file.current,
        }
    }
}

/// A pupil's mobile cards.
#[derive(Serialize, ToSchema)]
struct CardList {
    /// Oldest first.
    cards: Vec<CardView>,
}

/// The devices of a card.
#[derive(Serialize, ToSchema)]
struct DeviceList {
    devices: Vec<DeviceView>,
}

/// Why an office takes a card off a phone. What ends with the base card is not for it to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RevocationReason {
    /// Phone lost.
    PhoneLost,
    /// Phone damaged or misbehaving.
    PhoneDamaged,
    /// Identity stolen.
    IdentityStolen,
    /// The service was given up.
    ServiceGivenUp,
    /// The data on the card were wrong.
    DataWrong,
}

impl From<RevocationReason> for EndReason {
    fn from(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::PhoneLost => Self::PhoneLost,
            RevocationReason::PhoneDamaged => Self::PhoneDamaged,
            RevocationReason::IdentityStolen => Self::IdentityStolen,
            RevocationReason::ServiceGivenUp => Self::ServiceGivenUp,
            RevocationReason::DataWrong => Self::DataWrong,
        }
    }
}

/// Why to revoke.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "reason": "phone_lost" })))]
struct RevocationForm {
    #[schema(inline)]
    reason: RevocationReason,
}

/// For which device to issue again, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "device_id": "01jd7q2h5mz8v4k3t9w6x0ybrn", "reason": "data_wrong" })))]
struct ReissueForm {
    /// The device whose place the new one takes.
    device_id: DeviceId,
    /// `superseded` after a confirmation; `card_void`, `moved_school`, `deleted` and `never_released` are no
    /// reasons to issue again.
    reason: EndReason,
}

problems! {
    ListProblems: UnknownPupil;
    ShowProblems: UnknownCard;
    RevokeDeviceProblems: UnknownDevice;
    ReissueProblems: UnknownCard, UnknownOrder, UnknownDevice, OrderCancelled, Objection, NoFreePlace, SchoolNotEligible,
        NoAgreement, NoPesel, BirthDateDiffers, NoPhoto, NoBaseCard, BaseCardVoid, BaseCardExpired,
        FormNotAccepted, MovedSchool, ReasonNotAllowed, QueryInvalid;
}

/// List a pupil's mobile cards
#[utoipa::path(get, path = "/pupils/{id}/cards", operation_id = "list_cards", tag = "Mobile cards",
    params(("id" = PupilId, Path, description = "The pupil")),
    responses((status = 200, body = CardList, description = "The cards"), ListProblems))]
async fn list(State(api): State<ApiState>, Named(pupil): Named<PupilId>) -> Result<Json<CardList>, Failure> {
    let now = api.issuance.now();
    let files = api.read(ReadCards { pupil, now }).await?;
    Ok(Json(CardList { cards: files.iter().map(|file| CardView::of(file, now)).collect() }))
}

/// Show a mobile card
///
/// With its slips, its devices and their certificates.
#[utoipa::path(get, path = "/cards/{id}", operation_id = "show_card", tag = "Mobile cards",
    params(("id" = CardId, Path, description = "The card")),
    responses((status = 200, body = CardView, description = "The card"), ShowProblems))]
async fn show(State(api): State<ApiState>, Named(card): Named<CardId>) -> Result<Json<CardView>, Failure> {
    let now = api.issuance.now();
    let file = api.read(ReadCard { card, now }).await?;
    Ok(Json(CardView::of(&file, now)))
}

/// Revoke a mobile card
///
/// Takes it off all its devices and cancels its open slips. The base card stays.
#[utoipa::path(post, path = "/cards/{id}/revoke", operation_id = "revoke_card", tag = "Mobile cards",
    params(("id" = CardId, Path, description = "The card")), request_body = RevocationForm,
    responses((status = 200, body = DeviceList, description = "Its devices, all of them ended"), ShowProblems))]
async fn revoke(
    State(api): State<ApiState>,
    Named(card): Named<CardId>,
    posted: Posted<RevocationForm>,
) -> Result<Reply, Failure> {
    let verb = RevokeCard { card, reason: posted.form.reason.into(), act: api.act_of(&posted.caller) };
    let view = |devices: &Vec<Device>| DeviceList { devices: devices.iter().map(DeviceView::from).collect() };
    api.answer(posted.once, StatusCode::OK, verb, view).await
}

/// Revoke one device
///
/// Takes the card off it; its place is free again.
#[utoipa::path(post, path = "/devices/{id}/revoke", operation_id = "revoke_device", tag = "Mobile cards",
    params(("id" = DeviceId, Path, description = "The device")), request_body = RevocationForm,
    responses((status = 200, body = DeviceView, description = "The ended device"), RevokeDeviceProblems))]
async fn revoke_device(
    State(api): State<ApiState>,
    Named(device): Named<DeviceId>,
    posted: Posted<RevocationForm>,
) -> Result<Reply, Failure> {
    let verb = RevokeDevice { device, reason: posted.form.reason.into(), act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |device| DeviceView::from(device)).await
}

/// Issue a card again for one device
///
/// A lost phone, a stolen identity: the old certificate is revoked at once. Wrong data, a damaged phone: when the
/// new one is activated. The answer has a new slip with its secrets, this one time.
#[utoipa::path(post, path = "/cards/{id}/reissue", operation_id = "reissue_card", tag = "Mobile cards",
    params(("id" = CardId, Path, description = "The card"), SlipQuery), request_body = ReissueForm,
    responses((status = 201, body = SlipReply, description = "The slip, with its secrets"), ReissueProblems))]
async fn reissue(
    State(api): State<ApiState>,
    Named(card): Named<CardId>,
    Asked(query): Asked<SlipQuery>,
    posted: Posted<ReissueForm>,
) -> Result<Reply, Failure> {
    let reason = ReissueReason::new(posted.form.reason).ok_or_else(|| Failure::of(Code::ReasonNotAllowed))?;
    let actor = Actor::Token(posted.caller.token);
    let (verb, secrets) = ReissueCard::new(&api.issuance, card, posted.form.device_id, reason, actor);
    api.make_slip(posted.once, verb, secrets, query).await
}
