//! Applications, orders and slips as the office lists them: the rows with the pupils that they are about.

pub mod application;
pub mod order;
pub mod slip;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::issuance::dossier::SchoolFile;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{PupilId, SchoolId};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// How many rows a page of a list has.
pub const PAGE: u32 = 50;

/// A page of a list.
#[derive(Debug)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Listed<T> {
    fn of(mut rows: Vec<T>) -> Self {
        let more = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        Self { rows, more }
    }
}

/// Pupils of rows, each read once.
#[derive(Default)]
struct Pupils(BTreeMap<PupilId, Pupil>);

impl Pupils {
    async fn of(&mut self, tx: &mut dyn Statements, id: &PupilId) -> Result<Pupil, StoreError> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let pupil = Pupil::find(tx, id).await?.ok_or(StoreError::Damaged("a row lacks its pupil"))?;
        self.0.insert(id.clone(), pupil.clone());
        Ok(pupil)
    }
}

/// The rules that hold at a school now.
#[derive(Debug)]
pub struct ReadRules {
    /// Which school.
    pub school: SchoolId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadRules {
    type Answer = Option<SchoolProfile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(SchoolFile::load(tx, &self.school, self.now).await?.map(|office| office.profile))
    }
}
