//! `/orders/{id}/slips` and `/slips/{id}/…`: a slip is a grant on paper, a QR code with its activation code.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::qr::render;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::{Done, Reply};
use super::problems::problems;
use super::request::{Asked, Caller, Named, Nothing, Once, Posted};
use crate::audit::Actor;
use crate::http::failure::{Code, Failure};
use crate::issuance::grant::{GrantRefusal, GrantSource, MAX_FAILURES, MakeGrant, SlipSecrets};
use crate::issuance::handover::{MarkSlip, SlipEvent};
use crate::store::Verb;
use crate::store::id::{CardId, DeviceId, GrantId, OrderId, ProfileId};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Applicant;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(make))
        .routes(routes!(replace))
        .routes(routes!(collected))
        .routes(routes!(cancel))
}

/// Where a slip stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SlipState {
    /// May open a device.
    Ready,
    /// Has opened a device.
    Bound,
    /// Five wrong activation codes: dead.
    Locked,
    /// Its time is up.
    Expired,
    /// A newer slip took its place.
    Replaced,
    /// Taken back.
    Cancelled,
}

/// A slip, without its codes.
#[derive(Serialize, ToSchema)]
pub(super) struct SlipView {
    id: GrantId,
    /// The mobile card that it opens.
    card_id: CardId,
    order_id: Option<OrderId>,
    /// The rules under which it was made.
    profile_id: ProfileId,
    state: SlipState,
    /// Whether the phone asks for an activation code.
    asks_code: bool,
    /// Wrong activation codes that it still bears.
    tries_left: u8,
    /// The device that it opened.
    device_id: Option<DeviceId>,
    /// The device whose place the new one takes.
    replaces_device: Option<DeviceId>,
    created_at: Timestamp,
    /// The first instant at which it opens nothing any more.
    expires_at: Timestamp,
    collected_at: Option<Timestamp>,
    /// To whom it was handed out.
    collected_by: Option<String>,
    /// When it was laid into the pupil's file, handed back or never collected.
    filed_at: Option<Timestamp>,
}

impl SlipView {
    pub(super) fn of(grant: &Grant, now: Timestamp) -> Self {
        let state = match grant.state {
            GrantState::Ready if grant.expires_at <= now => SlipState::Expired,
            GrantState::Ready => SlipState::Ready,
            GrantState::Bound => SlipState::Bound,
            GrantState::Locked => SlipState::Locked,
            GrantState::Replaced => SlipState::Replaced,
            GrantState::Cancelled => SlipState::Cancelled,
        };
        Self {
            id: grant.id.clone(),
            card_id: grant.card_id.clone(),
            order_id: grant.order_id.clone(),
            profile_id: grant.profile_id.clone(),
            state,
            asks_code: grant.code_mac.is_some(),
            tries_left: MAX_FAILURES.saturating_sub(grant.failures),
            device_id: grant.device_id.clone(),
            replaces_device: grant.replaces_device.clone(),
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            collected_at: grant.collected_at,
            collected_by: grant.collected_by.clone(),
            filed_at: grant.filed_at,
        }
    }
}

/// Whether this answer has the secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretsCode {
    /// Here they are, for the only time.
    ShownNow,
    /// They were in the first answer to this Idempotency-Key; only hashes are kept. Replace the slip or the
    /// token to get new ones.
    AlreadyShown,
}

/// A new slip. Its secrets are shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct SlipReply {
    slip: SlipView,
    /// What to print or show; none when this answer repeats an earlier one.
    secrets: Option<SecretsView>,
    secrets_code: SecretsCode,
}

/// What a slip says. Whoever has it can fetch the card.
#[derive(Serialize, ToSchema)]
struct SecretsView {
    /// The text of the QR code.
    #[schema(examples(
        "openid-credential-offer://?credential_offer_uri=https://mleg.example/o/Zm9vYmFyYmF6cXV4Cg"
    ))]
    offer_uri: String,
    /// What can be typed instead of scanning.
    #[schema(examples("7Q2H-5MZ8-V4K3"))]
    typed_code: String,
    /// What the phone asks for, if it does.
    #[schema(examples("04712558"))]
    activation_code: Option<String>,
    /// When the slip ends.
    expires_at: Timestamp,
    /// The QR code as an `<svg>` element, if asked for.
    qr_svg: Option<String>,
    /// The QR code as a PNG file, base64, if asked for.
    qr_png_base64: Option<String>,
}

/// Which pictures of the QR code to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum QrPicture {
    Svg,
    Png,
    Both,
}

/// What to add to a new slip.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SlipQuery {
    /// Pictures of the QR code; none by default.
    #[param(inline)]
    qr: Option<QrPicture>,
}

/// Pixels of a module in PNG pictures: 5 cm at 300 dpi for an offer of usual length.
const MODULE_PX: u32 = 12;

impl SecretsView {
    fn of(grant: &Grant, secrets: &SlipSecrets, uri: &str, qr: Option<QrPicture>) -> Result<Self, Failure> {
        let drawn = |error: render::RenderError| Failure::ours(Code::InternalError, &error);
        let svg = matches!(qr, Some(QrPicture::Svg | QrPicture::Both)).then(|| render::svg(uri)).transpose();
        let png = matches!(qr, Some(QrPicture::Png | QrPicture::Both))
            .then(|| render::png(uri, MODULE_PX))
            .transpose();
        Ok(Self {
            offer_uri: uri.to_owned(),
            typed_code: secrets.typed.expose().to_owned(),
            activation_code: grant.code_mac.map(|_| secrets.code.expose().to_owned()),
            expires_at: grant.expires_at,
            qr_svg: svg.map_err(drawn)?,
            qr_png_base64: png.map_err(drawn)?.map(|png| BASE64_STANDARD.encode(png)),
        })
    }
}

impl ApiState {
    /// Makes a slip by `verb` and shows its secrets, unless this repeats an earlier call.
    pub(super) async fn make_slip<V>(
        &self,
        once: Option<Once>,
        verb: V,
        secrets: SlipSecrets,
        query: SlipQuery,
    ) -> Result<Reply, Failure>
    where
        V: Verb<Answer = Result<Grant, GrantRefusal>>,
    {
        // Before the act: a slip that cannot be shown must not be made.
        let uri = secrets.offer_uri(&self.issuance.addresses);
        let uri = uri.map_err(|error| Failure::ours(Code::InternalError, &error))?;
        let now = self.issuance.now();
        let without = move |grant: &Grant| SlipReply {
            slip: SlipView::of(grant, now),
            secrets: None,
            secrets_code: SecretsCode::AlreadyShown,
        };
        match self.act(once, StatusCode::CREATED, verb, without).await? {
            Done::Replayed(reply) => Ok(reply),
            Done::Fresh(grant) => {
                let reply = SlipReply {
                    slip: SlipView::of(&grant, now),
                    secrets: Some(SecretsView::of(&grant, &secrets, uri.expose(), query.qr)?),
                    secrets_code: SecretsCode::ShownNow,
                };
                Reply::fresh(StatusCode::CREATED, &reply)
            }
        }
    }

    async fn mark(
        &self,
        grant: GrantId,
        event: SlipEvent,
        caller: &Caller,
        once: Option<Once>,
    ) -> Result<Reply, Failure> {
        let now = self.issuance.now();
        let verb = MarkSlip { grant, event, act: self.act_of(caller) };
        self.answer(once, StatusCode::OK, verb, move |grant| SlipView::of(grant, now)).await
    }
}

/// To whom a slip is handed out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "by": "guardian" })))]
struct CollectedForm {
    /// Who collects it against a receipt.
    by: Applicant,
}

problems! {
    MakeProblems: UnknownOrder, OrderCancelled, OrderNotApproved, Objection, NoFreePlace, SchoolNotEligible, NoAgreement,
        NoPesel, BirthDateDiffers, NoPhoto, NoBaseCard, BaseCardVoid, BaseCardExpired, FormNotAccepted, MovedSchool,
        QueryInvalid;
    ReplaceProblems: UnknownSlip, UnknownOrder, UnknownDevice, SlipUsed, SlipDead, OrderCancelled, Objection, NoFreePlace,
        SchoolNotEligible, NoAgreement, NoPesel, BirthDateDiffers, NoPhoto, NoBaseCard, BaseCardVoid,
        BaseCardExpired, FormNotAccepted, MovedSchool, QueryInvalid;
    CollectedProblems: UnknownSlip, MinorMayNotCollect, SlipDead, SlipCollected;
    CancelProblems: UnknownSlip, SlipUsed, SlipDead;
}

/// Make a slip
///
/// Carries out the order: a QR code, and the activation code where the rules want one. The answer has the secrets
/// this one time; a repetition with the same Idempotency-Key has the slip, with `secrets` null.
#[utoipa::path(post, path = "/orders/{id}/slips", operation_id = "make_slip", tag = "Orders and slips",
    params(("id" = OrderId, Path, description = "The order"), SlipQuery),
    responses((status = 201, body = SlipReply, description = "The slip, with its secrets"), MakeProblems))]
async fn make(
    State(api): State<ApiState>,
    Named(order): Named<OrderId>,
    Asked(query): Asked<SlipQuery>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    let source = GrantSource::Order(order, None);
    let (verb, secrets) = MakeGrant::new(&api.issuance, source, Actor::Token(posted.caller.token));
    api.make_slip(posted.once, verb, secrets, query).await
}

/// Replace a slip
///
/// For one that was lost, spoilt, locked or has expired: the old codes open nothing any more.
#[utoipa::path(post, path = "/slips/{id}/replace", operation_id = "replace_slip", tag = "Orders and slips",
    params(("id" = GrantId, Path, description = "The slip"), SlipQuery),
    responses((status = 201, body = SlipReply, description = "The new slip, with its secrets"), ReplaceProblems))]
async fn replace(
    State(api): State<ApiState>,
    Named(grant): Named<GrantId>,
    Asked(query): Asked<SlipQuery>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    let source = GrantSource::InPlaceOf(grant);
    let (verb, secrets) = MakeGrant::new(&api.issuance, source, Actor::Token(posted.caller.token));
    api.make_slip(posted.once, verb, secrets, query).await
}

/// Record that a slip was handed out
///
/// A minor may collect it only if the application says so.
#[utoipa::path(post, path = "/slips/{id}/collected", operation_id = "collect_slip", tag = "Orders and slips",
    params(("id" = GrantId, Path, description = "The slip")), request_body = CollectedForm,
    responses((status = 200, body = SlipView, description = "The slip"), CollectedProblems))]
async fn collected(
    State(api): State<ApiState>,
    Named(grant): Named<GrantId>,
    posted: Posted<CollectedForm>,
) -> Result<Reply, Failure> {
    api.mark(grant, SlipEvent::Collected(posted.form.by, None), &posted.caller, posted.once).await
}

/// Cancel a slip
///
/// Handed back, or laid into the pupil's file: its codes open nothing any more.
#[utoipa::path(post, path = "/slips/{id}/cancel", operation_id = "cancel_slip", tag = "Orders and slips",
    params(("id" = GrantId, Path, description = "The slip")),
    responses((status = 200, body = SlipView, description = "The slip"), CancelProblems))]
async fn cancel(
    State(api): State<ApiState>,
    Named(grant): Named<GrantId>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    api.mark(grant, SlipEvent::Cancelled, &posted.caller, posted.once).await
}
