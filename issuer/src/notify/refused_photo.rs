//! Telling whoever sent a photo that it was not taken.

use super::{News, ids_of, tell};
use crate::audit::Act;
use crate::issuance::dossier::SchoolFile;
use crate::registry::photo_inbox::Answer;
use crate::store::id::{NoticeId, PupilId};
use crate::store::tables::notice::{Channel, Event, Notice, NoticeState};
use crate::store::tables::photo_inbox::{InboxPicture, Origin};
use crate::store::tables::pupil::{Guardian, Pupil};
use crate::store::{Statements, StoreError};

/// Tells the sender; answers with the first notice, if there is one.
///
/// What came from the portal is told by every channel of the school. What came by mail is told to the address that it
/// came from, and only if that is a guardian's of the pupil whose photo it is or, where nobody said whose it is, a
/// guardian's of one pupil alone: anybody can write any address into a letter.
pub(crate) async fn photo_refused(
    tx: &mut dyn Statements,
    picture: &InboxPicture,
    answer: &Answer,
    act: &Act,
) -> Result<Option<NoticeId>, StoreError> {
    let Some(office) = SchoolFile::load(tx, &picture.school_id, act.at).await? else { return Ok(None) };
    match picture.origin {
        Origin::Office => Ok(None),
        Origin::Portal => {
            let Some(pupil) = &picture.pupil_id else { return Ok(None) };
            let Some(pupil) = Pupil::find(tx, pupil).await? else { return Ok(None) };
            let news = News {
                event: Event::PhotoRefused,
                school: &picture.school_id,
                profile: &office.profile,
                pupil: &pupil,
                only: None,
                subject: answer.subject,
                body: answer.body.clone(),
                at: act.at,
            };
            tell(tx, news, ids_of(act, picture.id.as_str())).await?;
            let first = ids_of(act, picture.id.as_str()).next();
            match first {
                Some(id) => Ok(Notice::find(tx, &id).await?.map(|notice| notice.id)),
                None => Ok(None),
            }
        }
        Origin::Mail => {
            let Some((pupil, recipient)) = known_sender(tx, picture).await? else { return Ok(None) };
            if !office.profile.notify.contains(&Channel::Email) {
                return Ok(None);
            }
            let notice = Notice {
                id: act.notice_id(picture.id.as_str(), 0),
                school_id: picture.school_id.clone(),
                pupil_id: pupil,
                event: Event::PhotoRefused,
                channel: Channel::Email,
                recipient,
                subject: answer.subject.to_owned(),
                body: answer.body.clone(),
                state: NoticeState::Queued,
                created_at: act.at,
                attempts: 0,
                next_attempt_at: Some(act.at),
                settled_at: None,
                last_error: None,
            };
            notice.insert(tx).await?;
            Ok(Some(notice.id))
        }
    }
}

/// Whose guardian sent a picture, and the address as the school knows it.
async fn known_sender(
    tx: &mut dyn Statements,
    picture: &InboxPicture,
) -> Result<Option<(PupilId, String)>, StoreError> {
    let Some(address) = &picture.sender_address else { return Ok(None) };
    let guardians = Guardian::at_address(tx, &picture.school_id, address).await?;
    let known = match &picture.pupil_id {
        Some(pupil) => guardians.into_iter().find(|guardian| guardian.pupil_id == *pupil),
        None => {
            let mut pupils: Vec<&PupilId> = guardians.iter().map(|guardian| &guardian.pupil_id).collect();
            pupils.dedup();
            let one = pupils.len() == 1;
            guardians.into_iter().next().filter(|_| one)
        }
    };
    Ok(known.and_then(|guardian| Some((guardian.pupil_id, guardian.email?))))
}
