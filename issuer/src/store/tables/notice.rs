//! Notices to pupils and guardians, waiting to be sent.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{NoticeId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

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
    }
}

row! {
    /// A notice.
    Notice in "notice" {
        /// Name in the store.
        id: NoticeId,
        /// About whom.
        pupil_id: PupilId,
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
    }
}

impl Notice {
    /// Notices from `since` on, oldest first, at most `limit`.
    pub async fn since(
        tx: &mut dyn Statements,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE created_at >= $1 ORDER BY created_at, id LIMIT $2", params![since, limit])
            .await
    }

    /// As [`Self::since`], about pupils of one school alone.
    pub async fn since_at(
        tx: &mut dyn Statements,
        school: &SchoolId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE created_at >= $1 AND pupil_id IN (SELECT id FROM pupil WHERE school_id = $3) \
                         ORDER BY created_at, id LIMIT $2";
        Self::select(tx, condition, params![since, limit, school]).await
    }
}
