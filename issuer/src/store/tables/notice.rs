//! Notices to pupils and guardians: the outbox.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{NoticeId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError, Value};

words! {
    /// How a notice travels.
    Channel {
        /// The school's electronic diary (dziennik elektroniczny).
        EDiary = "e_diary",
        /// E-mail.
        Email = "email",
        /// The banner on the portal.
        Portal = "portal",
    }
    /// Where a notice stands.
    NoticeState {
        /// To be fetched or sent.
        Queued = "queued",
        /// Handed over.
        Delivered = "delivered",
        /// Given up: it could not be handed over.
        Failed = "failed",
    }
    /// What a notice tells of.
    Event {
        /// The codes can be fetched.
        CardReady = "card_ready",
        /// The codes end soon and nobody has used them.
        GrantExpiring = "grant_expiring",
        /// The mobile card was taken off its devices, or off one of them.
        CardRevoked = "card_revoked",
        /// The application must be mended.
        ApplicationSentBack = "application_sent_back",
        /// A photo that was sent in was not taken.
        PhotoRefused = "photo_refused",
    }
}

row! {
    /// A notice.
    Notice in "notice" {
        /// Name in the store; receivers tell doubles by it.
        id: NoticeId,
        /// In whose name.
        school_id: SchoolId,
        /// About whom.
        pupil_id: PupilId,
        /// What of.
        event: Event,
        /// How it travels.
        channel: Channel,
        /// Address or name of the recipient.
        recipient: String,
        /// Subject.
        subject: String,
        /// Text; never a code.
        body: String,
        /// Where it stands.
        state: NoticeState,
        /// When written.
        created_at: Timestamp,
        /// How often it was tried to hand it over.
        attempts: u32,
        /// Not before then is it tried (again).
        next_attempt_at: Option<Timestamp>,
        /// When it was handed over or given up.
        settled_at: Option<Timestamp>,
        /// Why the last try failed: a word, nothing personal.
        last_error: Option<String>,
    }
}

/// Which notices of a school to list; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct NoticeFilter {
    /// How they travel.
    pub channel: Option<Channel>,
    /// Where they stand.
    pub state: Option<NoticeState>,
    /// Written before this one.
    pub before: Option<(Timestamp, NoticeId)>,
}

/// What of a channel can be handed over now; a diary takes something if it is linked.
const DUE: &str = "WHERE state = 'queued' AND next_attempt_at <= $1 AND channel = $2 \
                   AND (channel <> 'e_diary' OR EXISTS \
                   (SELECT 1 FROM e_diary WHERE e_diary.school_id = notice.school_id)) \
                   ORDER BY next_attempt_at, id";

impl Notice {
    /// Notices from `since` on, of that very instant those after `after`, oldest first, at most `limit`.
    pub async fn since(
        tx: &mut dyn Statements,
        since: Timestamp,
        after: Option<&NoticeId>,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3";
        Self::select(tx, condition, params![since, after.map_or("", |id| id.as_str()), limit]).await
    }

    /// The newest notices, newest first, at most `limit`.
    pub async fn newest(tx: &mut dyn Statements, limit: u32) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "ORDER BY created_at DESC, id DESC LIMIT $1", params![limit]).await
    }

    /// A school's notices, newest first, at most `limit`.
    pub async fn of_school(
        tx: &mut dyn Statements,
        school: &SchoolId,
        filter: &NoticeFilter,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let mut condition = "WHERE school_id = $1".to_owned();
        let mut values = vec![Value::from(school)];
        for (column, word) in
            [("channel", filter.channel.map(Channel::word)), ("state", filter.state.map(NoticeState::word))]
        {
            if let Some(word) = word {
                condition += &format!(" AND {column} = ${}", values.len() + 1);
                values.push(Value::from(word));
            }
        }
        if let Some((at, id)) = &filter.before {
            let next = values.len() + 1;
            condition += &format!(" AND (created_at, id) < (${next}, ${})", next + 1);
            values.extend([Value::from(*at), Value::from(id)]);
        }
        condition += &format!(" ORDER BY created_at DESC, id DESC LIMIT ${}", values.len() + 1);
        values.push(Value::from(limit));
        Self::select(tx, &condition, &values).await
    }

    /// How many of a school's notices wait on a channel.
    pub async fn waiting(
        tx: &mut dyn Statements,
        school: &SchoolId,
        channel: Channel,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM notice WHERE school_id = $1 AND channel = $2 AND state = 'queued'";
        tx.number(sql, params![school, channel]).await
    }

    /// Whether anything of a channel can be handed over at `now`.
    pub async fn any_due(
        tx: &mut dyn Statements,
        now: Timestamp,
        channel: Channel,
    ) -> Result<bool, StoreError> {
        let condition = format!("{DUE} LIMIT 1");
        Ok(!Self::select(tx, &condition, params![now, channel]).await?.is_empty())
    }

    /// What of a channel can be handed over at `now`, longest due first; the rows are held until the act ends.
    pub async fn due(
        tx: &mut dyn Statements,
        now: Timestamp,
        channel: Channel,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = format!("{DUE} LIMIT $3{}", tx.for_update());
        Self::select(tx, &condition, params![now, channel, limit]).await
    }

    /// Puts off all that is due on a channel of a school, and claimed by nobody: nobody answers there.
    pub async fn put_off(
        tx: &mut dyn Statements,
        school: &SchoolId,
        channel: Channel,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET next_attempt_at = $4 WHERE school_id = $1 AND channel = $2 \
                   AND state = 'queued' AND next_attempt_at <= $3";
        tx.execute(sql, params![school, channel, now, until]).await.map(|_| ())
    }

    /// Writes where it stands back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE notice SET state = $2, attempts = $3, next_attempt_at = $4, settled_at = $5, \
                   last_error = $6 WHERE id = $1";
        let values = params![
            &self.id,
            self.state,
            self.attempts,
            self.next_attempt_at,
            self.settled_at,
            self.last_error.clone(),
        ];
        tx.execute(sql, values).await.map(|_| ())
    }

    /// As [`Self::since`], about pupils of one school alone.
    pub async fn since_at(
        tx: &mut dyn Statements,
        school: &SchoolId,
        since: Timestamp,
        after: Option<&NoticeId>,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE (created_at, id) > ($1, $2) \
                         AND pupil_id IN (SELECT id FROM pupil WHERE school_id = $4) \
                         ORDER BY created_at, id LIMIT $3";
        let after = after.map_or("", |id| id.as_str());
        Self::select(tx, condition, params![since, after, limit, school]).await
    }

    /// Strikes out letters about a pupil to an address that have not gone yet; answers how many.
    pub async fn strike_out(
        tx: &mut dyn Statements,
        pupil: &PupilId,
        address: &str,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM notice WHERE pupil_id = $1 AND channel = 'email' AND state = 'queued' \
                   AND lower(recipient) = lower($2)";
        tx.execute(sql, params![pupil, address]).await
    }

    /// How many letters about a pupil to an address have not gone yet.
    pub async fn waiting_for(
        tx: &mut dyn Statements,
        pupil: &PupilId,
        address: &str,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM notice WHERE pupil_id = $1 AND channel = 'email' AND state = 'queued' \
                   AND lower(recipient) = lower($2)";
        tx.number(sql, params![pupil, address]).await
    }
}
