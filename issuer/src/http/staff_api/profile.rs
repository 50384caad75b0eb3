//! `/schools/{id}/profiles`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use shared::photo_rule::{ColourRule, PhotoRule};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::Reply;
use super::problems::problems;
use super::request::{Named, Posted};
use crate::http::failure::Failure;
use crate::registry::profile::{ActivationMode, IssueBasis, Preset, Renewal, SchoolProfile};
use crate::registry::rules::{ListProfiles, ProfileForm, SetProfile};
use crate::store::StoreError;
use crate::store::id::{ProfileId, SchoolId};
use crate::store::tables::base_card::Form;
use crate::store::tables::notice::Channel;
use crate::store::tables::pupil::Applicant;
use crate::store::tables::school::Profile;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, set))
}

/// Dated rules of a school; their id is stamped on every card issued under them.
#[derive(Serialize, ToSchema)]
pub(super) struct ProfileView {
    id: ProfileId,
    /// From when they hold, until later ones take effect.
    effective_from: Timestamp,
    created_at: Timestamp,
    rules: RulesView,
}

impl ProfileView {
    pub(super) fn of(profile: &Profile) -> Result<Self, StoreError> {
        let rules = SchoolProfile::from_row(profile)?;
        Ok(Self::with_rules(profile, rules))
    }

    fn with_rules(profile: &Profile, rules: SchoolProfile) -> Self {
        Self {
            id: profile.id.clone(),
            effective_from: profile.effective_from,
            created_at: profile.created_at,
            rules: rules.into(),
        }
    }
}

/// The rules of a school.
#[derive(Serialize, ToSchema)]
struct RulesView {
    /// The procedure that they started from.
    preset: Preset,
    /// How many devices a card may have.
    devices: u8,
    activation: ActivationMode,
    grant_ttl_hours: u32,
    photo_source: PhotoRuleView,
    photo_derived: PhotoRuleView,
    /// Whether a photo that already meets `photo_derived` is taken as it is.
    small_source_passes: bool,
    applicants: Vec<Applicant>,
    basis: IssueBasis,
    accepted_forms: Vec<Form>,
    /// Whether the principal approves an order before anything is made for it.
    principal_approves: bool,
    notify: Vec<Channel>,
    /// Days from a correct application to the deadline.
    issue_deadline_days: Option<u8>,
    min_android: String,
    min_ios: String,
    min_app: String,
    renewal: Renewal,
}

impl From<SchoolProfile> for RulesView {
    fn from(rules: SchoolProfile) -> Self {
        Self {
            preset: rules.preset,
            devices: rules.devices.limit(),
            activation: rules.activation,
            grant_ttl_hours: rules.grant_ttl_hours,
            photo_source: (&rules.photo_source).into(),
            photo_derived: (&rules.photo_derived).into(),
            small_source_passes: rules.small_source_passes,
            applicants: rules.applicants,
            basis: rules.basis,
            accepted_forms: rules.accepted_forms,
            principal_approves: rules.principal_approves,
            notify: rules.notify,
            issue_deadline_days: rules.issue_deadline_days,
            min_android: rules.min_android,
            min_ios: rules.min_ios,
            min_app: rules.min_app,
            renewal: rules.renewal,
        }
    }
}

/// What a photo must be like; sizes in pixels.
#[derive(Serialize, ToSchema)]
struct PhotoRuleView {
    max_bytes: u32,
    min_width: u32,
    min_height: u32,
    max_width: Option<u32>,
    max_height: Option<u32>,
    /// Whether shades of grey are in.
    grey_allowed: bool,
    /// Lowest JPEG quality, 1–100.
    min_quality: Option<u8>,
    /// Highest JPEG quality, 1–100.
    max_quality: Option<u8>,
    /// The shape that is cut out, width to height, such as `35:45`.
    aspect: Option<String>,
}

impl From<&PhotoRule> for PhotoRuleView {
    fn from(rule: &PhotoRule) -> Self {
        let limits = rule.limits();
        Self {
            max_bytes: limits.max_bytes,
            min_width: limits.min_size.width,
            min_height: limits.min_size.height,
            max_width: limits.max_size.map(|size| size.width),
            max_height: limits.max_size.map(|size| size.height),
            grey_allowed: match limits.colour {
                ColourRule::Rgb => false,
                ColourRule::RgbOrGrey => true,
            },
            min_quality: limits.quality.map(|quality| quality.min),
            max_quality: limits.quality.map(|quality| quality.max),
            aspect: limits.aspect.map(|aspect| format!("{}:{}", aspect.width, aspect.height)),
        }
    }
}

/// Every rules that a school has had or will have.
#[derive(Serialize, ToSchema)]
struct ProfileList {
    /// In the order in which they take effect.
    profiles: Vec<ProfileView>,
}

problems! {
    ListProblems: UnknownSchool;
    SetProblems: UnknownSchool, ProfileInPast, FieldsInvalid;
}

/// List a school's rules
#[utoipa::path(get, path = "/schools/{id}/profiles", operation_id = "list_profiles", tag = "Schools",
    params(("id" = SchoolId, Path, description = "The school")),
    responses((status = 200, body = ProfileList, description = "Past, present and future rules"), ListProblems))]
async fn list(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
) -> Result<Json<ProfileList>, Failure> {
    let profiles = api.read(ListProfiles(school)).await?;
    let profiles = profiles.iter().map(ProfileView::of).collect::<Result<_, _>>()?;
    Ok(Json(ProfileList { profiles }))
}

/// Set a school's rules
///
/// A published procedure and the school's own changes to it, from now or from a later instant on. Slips that are
/// out keep the rules under which they were made.
#[utoipa::path(post, path = "/schools/{id}/profiles", operation_id = "set_profile", tag = "Schools",
    params(("id" = SchoolId, Path, description = "The school")), request_body = ProfileForm,
    responses((status = 201, body = ProfileView, description = "The rules"), SetProblems))]
async fn set(
    State(api): State<ApiState>,
    Named(school): Named<SchoolId>,
    posted: Posted<ProfileForm>,
) -> Result<Reply, Failure> {
    let profile = posted.form.parse()?;
    let rules = profile.rules().clone();
    let verb = SetProfile::new(school, profile, api.act_of(&posted.caller), &*api.issuance.entropy);
    let view = move |profile: &Profile| ProfileView::with_rules(profile, rules.clone());
    api.answer(posted.once, StatusCode::CREATED, verb, view).await
}
