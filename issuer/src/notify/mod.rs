//! Notices: what the school tells pupils and guardians. They are written in the same transaction as the act
//! that they tell of, and never hold a code.

use jiff::Timestamp;
use shared::validity::warsaw_date;

use crate::issuance::dossier::Dossier;
use crate::store::id::{NoticeId, SchoolId};
use crate::store::tables::grant::Grant;
use crate::store::tables::notice::{Channel, Notice, NoticeState};
use crate::store::tables::pupil::Guardian;
use crate::store::{Statements, StoreError, Verb};

/// Tells by every channel of the profile that a card can be fetched; `ids` bounds how many notices are written.
pub(crate) async fn card_ready(
    tx: &mut dyn Statements,
    dossier: &Dossier,
    grant: &Grant,
    ids: &[NoticeId],
) -> Result<(), StoreError> {
    let subject = "mLegitymacja gotowa do pobrania";
    let until = warsaw_date(grant.expires_at);
    let body = if grant.code_mac.is_some() {
        format!(
            "Kod QR i kod aktywacyjny mLegitymacji są do odbioru w sekretariacie szkoły. Kody są ważne do {until}."
        )
    } else {
        "Kod QR mLegitymacji jest dostępny po zalogowaniu, w sekcji Aplikacje.".to_owned()
    };
    let mut recipients = Vec::new();
    for channel in &dossier.office.profile.notify {
        match channel {
            Channel::EDiary | Channel::Portal => recipients.push((*channel, dossier.pupil.id.to_string())),
            Channel::Email => {
                let guardians = Guardian::of_pupil(tx, &dossier.pupil.id).await?;
                recipients.extend(guardians.into_iter().filter_map(|g| g.email).map(|to| (*channel, to)));
            }
        }
    }
    for (id, (channel, recipient)) in ids.iter().zip(recipients) {
        let notice = Notice {
            id: id.clone(),
            pupil_id: dossier.pupil.id.clone(),
            channel,
            recipient,
            subject: subject.to_owned(),
            body: body.clone(),
            state: NoticeState::Queued,
            created_at: grant.created_at,
        };
        notice.insert(tx).await?;
    }
    Ok(())
}

/// Reads notices, oldest first.
#[derive(Debug)]
pub struct ReadNotices {
    /// Written then or later.
    pub since: Timestamp,
    /// At most so many.
    pub limit: u32,
    /// Only those about pupils of this school.
    pub school: Option<SchoolId>,
}

#[async_trait::async_trait]
impl Verb for ReadNotices {
    type Answer = Vec<Notice>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match &self.school {
            None => Notice::since(tx, self.since, self.limit).await,
            Some(school) => Notice::since_at(tx, school, self.since, self.limit).await,
        }
    }
}
