//! Pupils, their guardians, applications and photos.

use jiff::{Timestamp, civil::Date};

use super::{row, words};
use crate::store::id::{ApplicationId, GrantId, GuardianId, PhotoId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Query, Statements, StoreError, Value};

words! {
    /// Who applied.
    Applicant {
        /// A parent or legal guardian.
        Guardian = "guardian",
        /// The pupil, being of age.
        Pupil = "pupil",
    }
    /// Where an application stands.
    ApplicationState {
        /// Received, not yet checked.
        Received = "received",
        /// Checked and correct: the time to issue runs.
        Complete = "complete",
        /// Sent back to be mended.
        SentBack = "sent_back",
        /// The applicant objects to a mobile card (sprzeciw).
        Objection = "objection",
    }
}

row! {
    /// A pupil.
    Pupil in "pupil" {
        /// Name in the store.
        id: PupilId,
        /// Present school.
        school_id: SchoolId,
        /// Given names.
        given_names: String,
        /// Surname.
        surname: String,
        /// PESEL, if the pupil has one.
        pesel: Option<String>,
        /// Another identity document, where there is no PESEL.
        other_document: Option<String>,
        /// Birth date.
        birth_date: Date,
        /// Street and number of the home address.
        street_line: String,
        /// `00-000`.
        postal_code: String,
        /// Town.
        city: String,
        /// Class, such as `3b`.
        class_name: String,
        /// Raised by every change, so that two clerks notice each other.
        version: i64,
        /// When entered.
        created_at: Timestamp,
        /// What is searched: name, class and PESEL without marks ([`crate::registry::sorting::folded`]).
        search_text: String,
        /// Where the pupil stands in the Polish alphabet ([`crate::registry::sorting::sort_key`]).
        sort_key: Option<Vec<u8>>,
        /// When everything personal was erased.
        erased_at: Option<Timestamp>,
    }
}

row! {
    /// A parent or legal guardian.
    Guardian in "guardian" {
        /// Name in the store.
        id: GuardianId,
        /// Whose guardian.
        pupil_id: PupilId,
        /// Given names.
        given_names: String,
        /// Surname.
        surname: String,
        /// Where notices go.
        email: Option<String>,
        /// When entered.
        created_at: Timestamp,
        /// When taken off the pupil. The row is kept for the name on an application alone.
        removed_at: Option<Timestamp>,
    }
}

row! {
    /// An application (wniosek).
    Application in "application" {
        /// Name in the store.
        id: ApplicationId,
        /// For whom.
        pupil_id: PupilId,
        /// By whom.
        applicant: Applicant,
        /// Which guardian, if a guardian applied.
        guardian_id: Option<GuardianId>,
        /// The day on which the office received it.
        received_on: Date,
        /// Whether a minor may collect the codes.
        minor_may_collect: bool,
        /// Where it stands.
        state: ApplicationState,
        /// Why it was sent back, or what was objected to.
        note: Option<String>,
        /// The day from which the deadline is counted.
        completed_on: Option<Date>,
        /// When entered.
        created_at: Timestamp,
        /// When it was decided on last.
        settled_at: Option<Timestamp>,
    }
}

row! {
    /// An accepted photo, already derived: what the phone shows.
    Photo in "photo" {
        /// Name in the store.
        id: PhotoId,
        /// Of whom.
        pupil_id: PupilId,
        /// SHA-256 of the file that was sent in.
        source_sha256: [u8; 32],
        /// The derived JPEG.
        jpeg: Vec<u8>,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// When accepted.
        created_at: Timestamp,
    }
}

impl Pupil {
    /// Given names and surname.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_names, self.surname)
    }

    /// The pupil with this PESEL.
    pub async fn by_pesel(tx: &mut dyn Statements, pesel: &str) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE pesel = $1", params![pesel]).await?.into_iter().next())
    }

    /// A page of a school's pupils by the Polish alphabet: at most `limit` of those after `after` whose surname begins like
    /// one of `surname`'s spellings and who are in class `class_name`.
    pub async fn page(
        tx: &mut dyn Statements,
        school: &SchoolId,
        surname: Option<&[String; 3]>,
        class_name: Option<&str>,
        after: Option<&Self>,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let mut condition = "WHERE school_id = $1 AND erased_at IS NULL".to_owned();
        let mut values = vec![Value::from(school)];
        if let Some(spellings) = surname {
            condition += " AND (";
            for (at, spelling) in spellings.iter().enumerate() {
                let or = if at > 0 { " OR " } else { "" };
                let next = values.len() + 1;
                // No LIKE, in which some of the prefix's own characters would be jokers.
                condition += &format!("{or}substr(surname, 1, CAST(${next} AS INTEGER)) = ${}", next + 1);
                values.push(Value::Int(i64::try_from(spelling.chars().count()).unwrap_or(i64::MAX)));
                values.push(Value::from(spelling));
            }
            condition += ")";
        }
        if let Some(class_name) = class_name {
            condition += &format!(" AND class_name = ${}", values.len() + 1);
            values.push(Value::from(class_name));
        }
        if let Some(after) = after {
            let next = values.len() + 1;
            condition += &format!(" AND (sort_key, id) > (${next}, ${})", next + 1);
            values.extend([Value::from(after.sort_key.clone()), Value::from(&after.id)]);
        }
        condition += &format!(" ORDER BY sort_key, id LIMIT ${}", values.len() + 1);
        values.push(Value::from(limit));
        Self::select(tx, &condition, &values).await
    }

    /// Pupils who were entered before there was an index.
    pub async fn not_indexed(tx: &mut dyn Statements, limit: u32) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE sort_key IS NULL ORDER BY id LIMIT $1", params![limit]).await
    }

    /// Writes what the pupil is sorted and searched by, and nothing else.
    pub async fn keep_index(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE pupil SET search_text = $2, sort_key = $3 WHERE id = $1";
        tx.execute(sql, params![&self.id, &self.search_text, self.sort_key.clone()]).await.map(|_| ())
    }

    /// Writes every column but the id back and raises the version.
    ///
    /// Answers whether the row still had the version that was read.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<bool, StoreError> {
        let sql = "UPDATE pupil SET school_id = $3, given_names = $4, surname = $5, pesel = $6, other_document = $7, \
                   birth_date = $8, street_line = $9, postal_code = $10, city = $11, class_name = $12, \
                   search_text = $13, sort_key = $14, erased_at = $15, version = version + 1 WHERE id = $1 AND version = $2";
        let values = params![
            &self.id,
            self.version,
            &self.school_id,
            &self.given_names,
            &self.surname,
            self.pesel.clone(),
            self.other_document.clone(),
            self.birth_date,
            &self.street_line,
            &self.postal_code,
            &self.city,
            &self.class_name,
            &self.search_text,
            self.sort_key.clone(),
            self.erased_at,
        ];
        Ok(tx.execute(sql, values).await? == 1)
    }
}

impl Pupil {
    /// A class of a school in the Polish order of names.
    pub async fn of_class(
        tx: &mut dyn Statements,
        school: &SchoolId,
        class_name: &str,
    ) -> Result<Vec<Self>, StoreError> {
        let rest = "WHERE school_id = $1 AND class_name = $2 AND erased_at IS NULL ORDER BY sort_key, id";
        Self::select(tx, rest, params![school, class_name]).await
    }

    /// The classes of a school, as they are written.
    pub async fn classes(tx: &mut dyn Statements, school: &SchoolId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT class_name FROM pupil WHERE school_id = $1 AND erased_at IS NULL ORDER BY class_name";
        tx.query(sql, params![school]).await?.iter().map(|row| row.take(0)).collect()
    }
}

impl Guardian {
    /// A pupil's guardians, in the order of entry.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 AND removed_at IS NULL ORDER BY id", params![pupil]).await
    }

    /// Those who were a pupil's guardians when they applied, and are no longer.
    pub async fn former(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 AND removed_at IS NOT NULL ORDER BY id", params![pupil]).await
    }

    /// Those of a school's pupils who have this address (in small letters), in the order of entry.
    pub async fn at_address(
        tx: &mut dyn Statements,
        school: &SchoolId,
        address: &str,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE lower(email) = $2 AND removed_at IS NULL AND pupil_id IN \
                         (SELECT id FROM pupil WHERE school_id = $1 AND erased_at IS NULL) ORDER BY id";
        Self::select(tx, condition, params![school, address]).await
    }

    /// Keeps the name alone of somebody who is no longer a guardian.
    pub async fn remove(&self, tx: &mut dyn Statements, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE guardian SET email = NULL, removed_at = $2 WHERE id = $1";
        tx.execute(sql, params![&self.id, at]).await.map(|_| ())
    }

    /// Erases somebody who is no longer a guardian.
    pub async fn erase(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("DELETE FROM guardian WHERE id = $1", params![&self.id]).await.map(|_| ())
    }
}

/// Which applications a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationFilter {
    /// All of them.
    All,
    /// Those in one state.
    In(ApplicationState),
    /// Complete ones, the newest word on their pupil, that no order rests on.
    NoOrder,
}

impl ApplicationFilter {
    /// The word of an address; empty for all.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::In(state) => state.word(),
            Self::NoOrder => "no_order",
        }
    }

    /// School $1.
    fn condition(self) -> String {
        let which = match self {
            Self::All => "1 = 1",
            Self::In(ApplicationState::Received) => "state = 'received'",
            Self::In(ApplicationState::Complete) => "state = 'complete'",
            Self::In(ApplicationState::SentBack) => "state = 'sent_back'",
            Self::In(ApplicationState::Objection) => "state = 'objection'",
            Self::NoOrder => {
                "state = 'complete' \
                 AND NOT EXISTS (SELECT 1 FROM issue_order o WHERE o.application_id = application.id AND o.state <> 'cancelled') \
                 AND NOT EXISTS (SELECT 1 FROM application n WHERE n.pupil_id = application.pupil_id AND n.id > application.id)"
            }
        };
        format!("pupil_id IN (SELECT id FROM pupil WHERE school_id = $1 AND erased_at IS NULL) AND {which}")
    }

    /// What waits for the office has the nearest deadline first, the books have the latest.
    fn order(self) -> &'static str {
        match self {
            Self::NoOrder | Self::In(ApplicationState::Received) => "",
            Self::All | Self::In(_) => " DESC",
        }
    }
}

impl Application {
    /// The day since which it is correct, if it is found correct today: that of its receipt, or today, if it had
    /// to be mended.
    pub fn correct_since(&self, today: Date) -> Date {
        if self.state == ApplicationState::SentBack { today } else { self.received_on }
    }

    /// A pupil's applications, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY id", params![pupil]).await
    }

    /// A page of what a school's pupils have applied for, by deadline, which is counted from the day of completion,
    /// and until there is one from the day of receipt: the nearest first where something is to be done, else the
    /// latest.
    pub async fn page(
        tx: &mut dyn Statements,
        school: &SchoolId,
        filter: ApplicationFilter,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let (condition, order) = (filter.condition(), filter.order());
        let rest = format!(
            "WHERE {condition} ORDER BY COALESCE(completed_on, received_on){order}, id{order} LIMIT $3 OFFSET $2"
        );
        Self::select(tx, &rest, params![school, skip, limit]).await
    }

    /// How many a list shows.
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        filter: ApplicationFilter,
    ) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM application WHERE {}", filter.condition());
        tx.number(&sql, params![school]).await
    }

    /// How many a school's pupils have of each state.
    pub async fn counts(
        tx: &mut dyn Statements,
        school: &SchoolId,
    ) -> Result<Vec<(ApplicationState, u32)>, StoreError> {
        let sql = "SELECT state, COUNT(*) FROM application \
                   WHERE pupil_id IN (SELECT id FROM pupil WHERE school_id = $1 AND erased_at IS NULL) GROUP BY state";
        let rows = tx.query(sql, params![school]).await?;
        rows.iter().map(|row| Ok((row.take(0)?, row.take(1)?))).collect()
    }

    /// Writes state, note, day of completion and time of the decision back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql =
            "UPDATE application SET state = $2, note = $3, completed_on = $4, settled_at = $5 WHERE id = $1";
        let values = params![&self.id, self.state, self.note.clone(), self.completed_on, self.settled_at];
        tx.execute(sql, values).await.map(|_| ())
    }
}

impl Photo {
    /// The photo accepted last.
    pub async fn latest(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE pupil_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
        Ok(Self::select(tx, condition, params![pupil]).await?.into_iter().next())
    }

    /// The photo accepted last of the pupil whose card a grant opens.
    pub(crate) fn of_grants_pupil(grant: &GrantId) -> Query {
        let rest = "WHERE pupil_id = (SELECT c.pupil_id FROM mobile_card c JOIN issue_grant g ON g.card_id = c.id \
                    WHERE g.id = $1) ORDER BY created_at DESC, id DESC LIMIT 1";
        Query::new(Self::selecting(rest), params![grant])
    }

    /// Forgets a pupil's photos but this one and those that certificates attest.
    pub async fn forget_others(
        tx: &mut dyn Statements,
        pupil: &PupilId,
        kept: &PhotoId,
    ) -> Result<u64, StoreError> {
        let attested = "SELECT t.photo_id FROM certificate t JOIN device d ON d.id = t.device_id \
                        JOIN mobile_card c ON c.id = d.card_id \
                        WHERE c.pupil_id = $1 AND t.photo_id IS NOT NULL";
        let sql = format!("DELETE FROM photo WHERE pupil_id = $1 AND id <> $2 AND id NOT IN ({attested})");
        tx.execute(&sql, params![pupil, kept]).await
    }

    /// Whether the pupil has a photo at all, without reading it.
    pub async fn exists(tx: &mut dyn Statements, pupil: &PupilId) -> Result<bool, StoreError> {
        Ok(tx.number("SELECT COUNT(*) FROM photo WHERE pupil_id = $1", params![pupil]).await? > 0)
    }
}
