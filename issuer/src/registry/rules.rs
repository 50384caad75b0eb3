//! Giving a school its rules: a dated [`SchoolProfile`] after another.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use utoipa::ToSchema;

use super::fault::{Checked, Faults, instant};
use super::profile::{Overrides, Preset, SchoolProfile};
use super::school::SchoolRefusal;
use crate::audit::Act;
use crate::store::id::{ProfileId, SchoolId};
use crate::store::tables::school::{Profile, School};
use crate::store::{Statements, StoreError, Verb};

/// Rules as they are chosen: a published procedure and a school's own changes to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesForm {
    /// The procedure to start from.
    pub preset: Preset,
    /// Changes to it.
    pub overrides: Option<Overrides>,
}

impl RulesForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self) -> Result<SchoolProfile, Faults> {
        SchoolProfile::with(self.preset, self.overrides.unwrap_or_default())
            .map_err(|error| Faults::one("overrides", error))
    }
}

/// Rules as they are chosen, and when they take effect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "preset": "zpe-2025", "overrides": { "devices": 3 } })))]
pub struct ProfileForm {
    /// The procedure to start from.
    pub preset: Preset,
    /// Changes to it.
    pub overrides: Option<Overrides>,
    /// From when they hold, RFC 3339; by default from now, and never from earlier.
    #[schema(format = DateTime)]
    pub effective_from: Option<String>,
}

/// Rules, checked.
#[derive(Debug, Clone)]
pub struct NewProfile {
    rules: SchoolProfile,
    effective_from: Option<Timestamp>,
}

impl ProfileForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self) -> Result<NewProfile, Faults> {
        let mut checked = Checked::default();
        let rules = SchoolProfile::with(self.preset, self.overrides.unwrap_or_default());
        let rules = checked.field("overrides", rules);
        let from = checked.maybe("effective_from", self.effective_from.as_deref().map(instant));
        let made = rules.zip(from).map(|(rules, effective_from)| NewProfile { rules, effective_from });
        checked.finish(made)
    }
}

impl NewProfile {
    /// The rules.
    pub fn rules(&self) -> &SchoolProfile {
        &self.rules
    }
}

/// Gives a school new rules, from now or from a later instant on.
#[derive(Debug)]
pub struct SetProfile {
    id: ProfileId,
    school: SchoolId,
    profile: NewProfile,
    act: Act,
}

impl SetProfile {
    /// The act of giving `school` the rules of `profile`.
    pub fn new(school: SchoolId, profile: NewProfile, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: ProfileId::fresh(act.at, entropy), school, profile, act }
    }
}

#[async_trait::async_trait]
impl Verb for SetProfile {
    type Answer = Result<Profile, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::find(tx, &self.school).await?.is_none() {
            return Ok(Err(SchoolRefusal::UnknownSchool));
        }
        let effective_from = self.profile.effective_from.unwrap_or(self.act.at);
        if effective_from < self.act.at {
            return Ok(Err(SchoolRefusal::ProfileInPast));
        }
        let profile = Profile {
            id: self.id.clone(),
            school_id: self.school.clone(),
            body: self.profile.rules.to_record(),
            effective_from,
            created_at: self.act.at,
        };
        profile.insert(tx).await?;
        let detail = json!({ "school": self.school, "effective_from": effective_from });
        self.act.trail().record(tx, "profile.set", profile.id.as_str(), detail).await?;
        Ok(Ok(profile))
    }
}

/// Reads every rules that a school has had or will have, in the order in which they take effect.
#[derive(Debug)]
pub struct ListProfiles(pub SchoolId);

#[async_trait::async_trait]
impl Verb for ListProfiles {
    type Answer = Result<Vec<Profile>, SchoolRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::find(tx, &self.0).await?.is_none() {
            return Ok(Err(SchoolRefusal::UnknownSchool));
        }
        Profile::of_school(tx, &self.0).await.map(Ok)
    }
}
