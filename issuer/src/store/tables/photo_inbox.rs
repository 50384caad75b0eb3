//! Pictures that wait to be looked at, and for a while what became of them.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{InboxId, NoticeId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError, Value};

words! {
    /// How a picture came.
    Origin {
        /// By mail, imported by the office.
        Mail = "mail",
        /// By a pupil or guardian, on the portal.
        Portal = "portal",
        /// Chosen in the office itself.
        Office = "office",
    }
    /// What a picture is for, by what came with it.
    Purpose {
        /// A mobile card (title *mLegitymacja*).
        MobileCard = "mobile_card",
        /// A base card, for a pupil who has none yet (title *Legitymacja szkolna*).
        BaseCard = "base_card",
        /// It does not say.
        NotSaid = "not_said",
    }
    /// Where a picture stands.
    InboxState {
        /// Nobody decided yet.
        Waiting = "waiting",
        /// It became a pupil's photo.
        Accepted = "accepted",
        /// It did not, and never will.
        Refused = "refused",
    }
}

row! {
    /// A picture that waits, without the picture.
    InboxPicture in "photo_inbox" {
        /// Name in the store.
        id: InboxId,
        /// Which school's.
        school_id: SchoolId,
        /// Whose photo, once somebody said so.
        pupil_id: Option<PupilId>,
        /// How it came.
        origin: Origin,
        /// Who sent it, as the mail says.
        sender: Option<String>,
        /// The address in that, in small letters.
        sender_address: Option<String>,
        /// The mail's subject.
        subject: Option<String>,
        /// What the file is called.
        file_name: Option<String>,
        /// What it is for.
        purpose: Purpose,
        /// Length of the file in bytes.
        length: u32,
        /// Where it stands.
        state: InboxState,
        /// While it waits: the code of the rule that it breaks. Refused: the word of the reason.
        reason: Option<String>,
        /// What the office added to the reason.
        note: Option<String>,
        /// Refused: what there is to say to whoever sent it.
        answer: Option<String>,
        /// The notice that says it, where one may be sent.
        notice_id: Option<NoticeId>,
        /// Whose photo it may be, as JSON: ids and numbers.
        guesses: String,
        /// Hash of mail and picture, so that a mail that is imported again does not wait twice.
        same_mail: Option<Vec<u8>>,
        /// When the mail was sent, as it says.
        sent_at: Option<Timestamp>,
        /// When it came to us.
        received_at: Timestamp,
        /// When it was accepted or refused.
        settled_at: Option<Timestamp>,
        /// When everything about it is erased.
        expires_at: Timestamp,
    }
}

impl InboxPicture {
    /// Writes the picture itself.
    pub async fn keep_picture(&self, tx: &mut dyn Statements, picture: &[u8]) -> Result<(), StoreError> {
        tx.execute("UPDATE photo_inbox SET picture = $2 WHERE id = $1", params![&self.id, picture])
            .await
            .map(|_| ())
    }

    /// The picture itself; none once it was decided about.
    pub async fn picture(&self, tx: &mut dyn Statements) -> Result<Option<Vec<u8>>, StoreError> {
        match tx.first("SELECT picture FROM photo_inbox WHERE id = $1", params![&self.id]).await? {
            Some(row) => row.take(0),
            None => Ok(None),
        }
    }

    /// Keeps a small picture of it for lists, or an empty one where none can be made, so that nobody tries again.
    pub async fn keep_thumbnail(&self, tx: &mut dyn Statements, small: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE photo_inbox SET thumbnail = $2 WHERE id = $1 AND picture IS NOT NULL";
        tx.execute(sql, params![&self.id, small]).await.map(|_| ())
    }

    /// The small picture of it, if it was made.
    pub async fn thumbnail(&self, tx: &mut dyn Statements) -> Result<Option<Vec<u8>>, StoreError> {
        match tx.first("SELECT thumbnail FROM photo_inbox WHERE id = $1", params![&self.id]).await? {
            Some(row) => row.take(0),
            None => Ok(None),
        }
    }

    /// Writes back whose it is, where it stands and why. What is decided needs no picture any more.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE photo_inbox SET pupil_id = $2, state = $3, reason = $4, note = $5, settled_at = $6, \
                   answer = $7, notice_id = $8 WHERE id = $1";
        let values = params![
            &self.id,
            self.pupil_id.clone(),
            self.state,
            self.reason.clone(),
            self.note.clone(),
            self.settled_at,
            self.answer.clone(),
            self.notice_id.clone(),
        ];
        tx.execute(sql, values).await?;
        if self.state != InboxState::Waiting {
            let sql = "UPDATE photo_inbox SET picture = NULL, thumbnail = NULL WHERE id = $1";
            tx.execute(sql, params![&self.id]).await?;
        }
        Ok(())
    }

    /// A school's pictures in this state, the newest first, at most `limit` of those before `before`.
    pub async fn page(
        tx: &mut dyn Statements,
        school: &SchoolId,
        state: InboxState,
        now: Timestamp,
        before: Option<&InboxId>,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let mut condition = "WHERE school_id = $1 AND state = $2 AND expires_at > $3".to_owned();
        let mut values = vec![Value::from(school), Value::from(state), Value::from(now)];
        if let Some(before) = before {
            condition += " AND id < $4";
            values.push(Value::from(before));
        }
        condition += &format!(" ORDER BY id DESC LIMIT ${}", values.len() + 1);
        values.push(Value::from(limit));
        Self::select(tx, &condition, &values).await
    }

    /// How many of a school's pictures are in this state.
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        state: InboxState,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM photo_inbox WHERE school_id = $1 AND state = $2 AND expires_at > $3";
        tx.number(sql, params![school, state, now]).await
    }

    /// Those that wait for a decision and are said to be this pupil's, the newest first.
    pub async fn waiting_for(
        tx: &mut dyn Statements,
        pupil: &PupilId,
        now: Timestamp,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE pupil_id = $1 AND state = $2 AND expires_at > $3 ORDER BY id DESC";
        Self::select(tx, condition, params![pupil, InboxState::Waiting, now]).await
    }

    /// What was sent in for this pupil on the portal, the newest first.
    pub async fn sent_from_home(
        tx: &mut dyn Statements,
        pupil: &PupilId,
        now: Timestamp,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE pupil_id = $1 AND origin = $2 AND expires_at > $3 ORDER BY id DESC";
        Self::select(tx, condition, params![pupil, Origin::Portal, now]).await
    }

    /// Those whose time is over, oldest first, at most `limit`.
    pub async fn expired(
        tx: &mut dyn Statements,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE expires_at <= $1 ORDER BY id LIMIT $2", params![now, limit]).await
    }

    /// Erases everything about it.
    pub async fn erase(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("DELETE FROM photo_inbox WHERE id = $1", params![&self.id]).await.map(|_| ())
    }
}

/// A pupil as far as letters name one.
#[derive(Clone)]
pub struct RosterEntry {
    /// Name in the store.
    pub id: PupilId,
    /// Given names.
    pub given_names: String,
    /// Surname.
    pub surname: String,
    /// Class.
    pub class_name: String,
}

impl std::fmt::Debug for RosterEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RosterEntry({})", self.id)
    }
}

impl RosterEntry {
    /// A school's pupils in the Polish order.
    pub async fn of_school(tx: &mut dyn Statements, school: &SchoolId) -> Result<Vec<Self>, StoreError> {
        let sql = "SELECT id, given_names, surname, class_name FROM pupil \
                   WHERE school_id = $1 AND erased_at IS NULL ORDER BY sort_key, id";
        let rows = tx.query(sql, params![school]).await?;
        let entry = |row: &crate::store::Row| {
            Ok(Self {
                id: row.take(0)?,
                given_names: row.take(1)?,
                surname: row.take(2)?,
                class_name: row.take(3)?,
            })
        };
        rows.iter().map(entry).collect()
    }
}
