//! A school's rules: where the published procedures differ, the profile says which holds.
//!
//! A profile is dated and its id is stamped on every card issued under it. Nothing here can relax what is
//! common to all: a valid PESEL, a valid base card, validity no longer than its, single-use grants.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shared::device::DevicePolicy;
use shared::photo_rule::PhotoRule;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::store::tables::base_card::Form;
use crate::store::tables::notice::Channel;
use crate::store::tables::pupil::Applicant;
use crate::store::tables::school::Profile as ProfileRow;

/// What a wallet must show to activate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivationMode {
    /// A QR code on a slip and an activation code beside it.
    QrWithCode,
    /// The QR code shown on the portal after sign-in, alone.
    PortalQr,
}

/// On what basis a card is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IssueBasis {
    /// Somebody entitled has applied.
    Application,
    /// Every pupil, unless there is an objection.
    OptOut,
}

/// How a card whose base card was confirmed gets its new certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// By a new slip.
    NewGrant,
    /// The phone fetches it by itself.
    OverTheAir,
}

/// Which published procedure a profile starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Preset {
    /// One device, QR code with activation code, 30 days, on application.
    #[serde(rename = "legacy-2019")]
    Legacy2019,
    /// Five devices, portal QR code, for every pupil, renewal over the air.
    #[serde(rename = "zpe-2025")]
    Zpe2025,
}

/// The rules of one school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolProfile {
    /// Where it started from.
    pub preset: Preset,
    /// How many devices a card may have.
    pub devices: DevicePolicy,
    /// What a wallet must show.
    pub activation: ActivationMode,
    /// How long a grant opens a device, in hours of UTC.
    pub grant_ttl_hours: u32,
    /// What a photo that is sent in must be.
    pub photo_source: PhotoRule,
    /// What is made of it.
    pub photo_derived: PhotoRule,
    /// Whether a source that already meets `photo_derived`'s limits is taken as it is.
    pub small_source_passes: bool,
    /// Who may apply.
    pub applicants: Vec<Applicant>,
    /// Whether an application is needed at all.
    pub basis: IssueBasis,
    /// Which base cards may be copied.
    pub accepted_forms: Vec<Form>,
    /// Whether the principal approves an order before anything is made for it. Profiles that were stored before
    /// there was such a rule do not ask for it.
    #[serde(default)]
    pub principal_approves: bool,
    /// How pupils and guardians are told.
    pub notify: Vec<Channel>,
    /// Days from a correct application to the deadline; none without applications.
    pub issue_deadline_days: Option<u8>,
    /// Oldest Android, such as `6.0`.
    pub min_android: String,
    /// Oldest iOS, such as `10.3`.
    pub min_ios: String,
    /// Oldest wallet application.
    pub min_app: String,
    /// How a confirmed card is renewed.
    pub renewal: Renewal,
}

/// Changes to a preset; what is absent stays as the preset has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// 1 to 20 devices.
    #[schema(minimum = 1, maximum = 20)]
    pub devices: Option<u8>,
    /// What a wallet must show.
    pub activation: Option<ActivationMode>,
    /// 1 to 2160 hours (90 days).
    #[schema(minimum = 1, maximum = 2160)]
    pub grant_ttl_hours: Option<u32>,
    /// Whether an application is needed.
    pub basis: Option<IssueBasis>,
    /// Who may apply.
    #[schema(min_items = 1)]
    pub applicants: Option<Vec<Applicant>>,
    /// Which base cards may be copied.
    #[schema(min_items = 1)]
    pub accepted_forms: Option<Vec<Form>>,
    /// Whether the principal approves an order before anything is made for it.
    pub principal_approves: Option<bool>,
    /// How people are told.
    pub notify: Option<Vec<Channel>>,
    /// Days from a correct application to the deadline, 1 to 60.
    #[schema(minimum = 1, maximum = 60)]
    pub issue_deadline_days: Option<u8>,
    /// Oldest Android.
    #[schema(pattern = r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$")]
    pub min_android: Option<String>,
    /// Oldest iOS.
    #[schema(pattern = r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$")]
    pub min_ios: Option<String>,
    /// Oldest wallet application.
    #[schema(pattern = r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$")]
    pub min_app: Option<String>,
    /// How a confirmed card is renewed.
    pub renewal: Option<Renewal>,
}

/// The longest that a portal QR code lives, however long the profile's grants do.
pub const PORTAL_QR_TTL: SignedDuration = SignedDuration::from_mins(10);

impl SchoolProfile {
    /// The profile of a preset, unchanged.
    pub fn preset(preset: Preset) -> Self {
        let common = Self {
            preset,
            devices: DevicePolicy::Single,
            activation: ActivationMode::QrWithCode,
            grant_ttl_hours: 30 * 24,
            photo_source: PhotoRule::legacy_source(),
            photo_derived: PhotoRule::derived(),
            small_source_passes: false,
            applicants: vec![Applicant::Guardian, Applicant::Pupil],
            basis: IssueBasis::Application,
            accepted_forms: vec![Form::Paper, Form::Plastic],
            principal_approves: false,
            notify: vec![Channel::EDiary, Channel::Email],
            issue_deadline_days: Some(14),
            min_android: "6.0".into(),
            min_ios: "10.3".into(),
            min_app: "1.0.0".into(),
            renewal: Renewal::NewGrant,
        };
        match preset {
            Preset::Legacy2019 => common,
            Preset::Zpe2025 => Self {
                devices: DevicePolicy::UpTo(5),
                activation: ActivationMode::PortalQr,
                photo_source: PhotoRule::zpe(),
                small_source_passes: true,
                basis: IssueBasis::OptOut,
                notify: vec![Channel::Portal],
                issue_deadline_days: None,
                renewal: Renewal::OverTheAir,
                ..common
            },
        }
    }

    /// A preset with a school's own changes.
    ///
    /// # Errors
    /// When a change is outside what any profile may say.
    pub fn with(preset: Preset, changes: Overrides) -> Result<Self, ProfileError> {
        let mut profile = Self::preset(preset);
        if let Some(devices) = changes.devices {
            let policy = (devices <= 20).then(|| DevicePolicy::try_from(devices).ok()).flatten();
            profile.devices = policy.ok_or(ProfileError::Devices)?;
        }
        if let Some(hours) = changes.grant_ttl_hours {
            profile.grant_ttl_hours =
                (1..=2160).contains(&hours).then_some(hours).ok_or(ProfileError::GrantTtl)?;
        }
        if let Some(days) = changes.issue_deadline_days {
            let days = (1..=60).contains(&days).then_some(days).ok_or(ProfileError::Deadline)?;
            profile.issue_deadline_days = Some(days);
        }
        for (field, change) in [
            (&mut profile.min_android, changes.min_android),
            (&mut profile.min_ios, changes.min_ios),
            (&mut profile.min_app, changes.min_app),
        ] {
            if let Some(version) = change {
                *field = Some(version).filter(|v| is_version(v)).ok_or(ProfileError::Version)?;
            }
        }
        let lists = [
            changes.applicants.as_ref().is_some_and(Vec::is_empty),
            changes.accepted_forms.as_ref().is_some_and(Vec::is_empty),
        ];
        if lists.contains(&true) {
            return Err(ProfileError::EmptyList);
        }
        profile.activation = changes.activation.unwrap_or(profile.activation);
        profile.basis = changes.basis.unwrap_or(profile.basis);
        profile.renewal = changes.renewal.unwrap_or(profile.renewal);
        profile.applicants = changes.applicants.unwrap_or(profile.applicants);
        profile.accepted_forms = changes.accepted_forms.unwrap_or(profile.accepted_forms);
        profile.principal_approves = changes.principal_approves.unwrap_or(profile.principal_approves);
        profile.notify = changes.notify.unwrap_or(profile.notify);
        Ok(profile)
    }

    /// How long a slip's grant opens a device.
    pub fn grant_ttl(&self) -> SignedDuration {
        let slip = SignedDuration::from_hours(self.grant_ttl_hours.into());
        match self.activation {
            ActivationMode::QrWithCode => slip,
            ActivationMode::PortalQr => slip.min(PORTAL_QR_TTL),
        }
    }

    /// The text that is stored, with the version of its layout.
    pub(crate) fn to_record(&self) -> String {
        serde_json::json!({ "v": 1, "profile": self }).to_string()
    }

    /// Reads what [`Self::to_record`] wrote.
    pub(crate) fn from_row(row: &ProfileRow) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Record {
            v: u8,
            profile: SchoolProfile,
        }
        let record: Record =
            serde_json::from_str(&row.body).map_err(|_| StoreError::Damaged("expected a school profile"))?;
        if record.v == 1 { Ok(record.profile) } else { Err(StoreError::Damaged("profile layout is unknown")) }
    }
}

/// Dotted numbers, such as `10.3`; at most four.
fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() <= 4
        && parts
            .iter()
            .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Messages complete "cannot use these rules: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not 1 to 20.
    #[error("devices must be 1 to 20")]
    Devices,
    /// Not 1 to 2160.
    #[error("grant_ttl_hours must be 1 to 2160")]
    GrantTtl,
    /// Not 1 to 60.
    #[error("issue_deadline_days must be 1 to 60")]
    Deadline,
    /// Not dotted numbers.
    #[error("a version must be dotted numbers, such as 10.3")]
    Version,
    /// A list that would shut everybody out.
    #[error("applicants and accepted_forms must not be empty")]
    EmptyList,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_say_what_the_pages_say() {
        let legacy = SchoolProfile::preset(Preset::Legacy2019);
        assert_eq!(legacy.devices.limit(), 1);
        assert_eq!(legacy.grant_ttl(), SignedDuration::from_hours(720));
        assert_eq!(legacy.issue_deadline_days, Some(14));
        let zpe = SchoolProfile::preset(Preset::Zpe2025);
        assert_eq!(zpe.devices.limit(), 5);
        assert_eq!(zpe.grant_ttl(), SignedDuration::from_mins(10));
        assert!(zpe.small_source_passes);
    }

    #[test]
    fn a_profile_cannot_be_relaxed_beyond_reason() {
        let with = |changes| SchoolProfile::with(Preset::Legacy2019, changes);
        assert_eq!(with(Overrides { devices: Some(0), ..Default::default() }), Err(ProfileError::Devices));
        assert_eq!(with(Overrides { devices: Some(21), ..Default::default() }), Err(ProfileError::Devices));
        assert_eq!(
            with(Overrides { grant_ttl_hours: Some(0), ..Default::default() }),
            Err(ProfileError::GrantTtl)
        );
        assert_eq!(
            with(Overrides { applicants: Some(vec![]), ..Default::default() }),
            Err(ProfileError::EmptyList)
        );
        for version in ["ten", "+1", "1.", "", "1.2.3.4.5", "12345"] {
            let change = Overrides { min_ios: Some(version.into()), ..Default::default() };
            assert_eq!(with(change), Err(ProfileError::Version), "{version:?}");
        }
        assert_eq!(with(Overrides { devices: Some(2), ..Default::default() }).unwrap().devices.limit(), 2);
    }

    #[test]
    fn a_stored_profile_reads_back() {
        let profile = SchoolProfile::preset(Preset::Zpe2025);
        let at = "2026-09-01T00:00:00Z".parse().unwrap();
        let row = ProfileRow {
            id: crate::store::id::ProfileId::parse("01234567890123456789012345").unwrap(),
            school_id: crate::store::id::SchoolId::parse("01234567890123456789012345").unwrap(),
            body: profile.to_record(),
            effective_from: at,
            created_at: at,
        };
        assert_eq!(SchoolProfile::from_row(&row).unwrap(), profile);

        // As it was stored before principals could be asked.
        let older = row.body.replace("\"principal_approves\":false,", "");
        assert_ne!(older, row.body);
        assert_eq!(SchoolProfile::from_row(&ProfileRow { body: older, ..row }).unwrap(), profile);
    }
}
