//! What the office decides about a picture: whose it is, and whether it becomes that pupil's photo.

use jiff::Timestamp;
use serde_json::json;

use super::answer::answer;
use crate::audit::Act;
use crate::notify;
use crate::registry::fault::{Checked, FaultCode, Faults};
use crate::registry::line::Reason;
use crate::registry::photo::{Crop, PhotoRefusal};
use crate::registry::photo_book::KeepPhoto;
use crate::store::id::{InboxId, PhotoId, PupilId, SchoolId};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::photo_inbox::{InboxPicture, InboxState, Origin};
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// What no program sees in a photo and the office looks for, as in a photo for an identity card.
pub const CRITERIA: [&str; 6] = ["background", "head", "glasses", "recent", "likeness", "eyes"];

/// Why the office refuses a picture.
pub const REASONS: [&str; 9] =
    ["technical", "background", "head", "glasses", "old", "likeness", "eyes", "not_a_pupil", "other"];

/// The office's word for a photo, as typed.
#[derive(Debug, Default)]
pub struct AcceptanceForm<'a> {
    /// Which part of the photo to show: left, top, width, height, in pixels as seen upright; all or none.
    pub crop: [&'a str; 4],
    /// Which of [`CRITERIA`] were ticked.
    pub ticked: Vec<&'a str>,
}

impl AcceptanceForm<'_> {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field: a cut that is none, a criterion that was not ticked.
    pub fn parse(&self) -> Result<Option<Crop>, Faults> {
        let mut checked = Checked::default();
        let crop = checked.field("crop", crop(self.crop));
        for criterion in CRITERIA {
            if !self.ticked.contains(&criterion) {
                checked.fault(criterion, FaultCode::CriterionNotTicked);
            }
        }
        checked.finish(crop)
    }
}

/// Reads a cut: four whole numbers, or nothing at all for the middle of the photo.
///
/// # Errors
/// [`FaultCode::CropMalformed`]
pub fn crop(typed: [&str; 4]) -> Result<Option<Crop>, FaultCode> {
    if typed.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    match typed.map(|text| text.parse().ok()) {
        [Some(x), Some(y), Some(width), Some(height)] => Ok(Some(Crop { x, y, width, height })),
        _ => Err(FaultCode::CropMalformed),
    }
}

/// Why a picture is refused, as typed.
#[derive(Debug, Default)]
pub struct RefusalForm<'a> {
    /// One of [`REASONS`].
    pub reason: &'a str,
    /// What there is to add.
    pub note: Option<&'a str>,
}

impl RefusalForm<'_> {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<NewRefusal, Faults> {
        let mut checked = Checked::default();
        let known = REASONS.into_iter().find(|reason| *reason == self.reason);
        let reason = checked.field("reason", known.ok_or(FaultCode::PictureReasonMissing));
        let note = checked.maybe("note", self.note.map(Reason::parse));
        let made = reason.zip(note).map(|(reason, note)| NewRefusal { reason, note });
        checked.finish(made)
    }
}

/// Why a picture is refused, checked.
#[derive(Debug, Clone)]
pub struct NewRefusal {
    /// One of [`REASONS`].
    pub(super) reason: &'static str,
    /// What there is to add.
    pub(super) note: Option<Reason>,
}

/// A picture of this school about which nothing is decided yet, held until the act ends.
async fn waiting(
    tx: &mut dyn Statements,
    school: &SchoolId,
    id: &InboxId,
    now: Timestamp,
) -> Result<Result<InboxPicture, InboxRefusal>, StoreError> {
    let found = InboxPicture::lock(tx, id).await?;
    Ok(match found.filter(|row| row.school_id == *school && row.expires_at > now) {
        None => Err(InboxRefusal::UnknownPicture),
        Some(row) if row.state != InboxState::Waiting => Err(InboxRefusal::Settled),
        Some(row) => Ok(row),
    })
}

/// Says whose photo a picture is.
#[derive(Debug)]
pub struct AssignPicture {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// Whose.
    pub pupil: PupilId,
    /// By whom.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for AssignPicture {
    type Answer = Result<(), InboxRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut row = match waiting(tx, &self.school, &self.id, self.act.at).await? {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let pupil = Pupil::find(tx, &self.pupil).await?;
        if pupil.is_none_or(|pupil| pupil.school_id != self.school || pupil.erased_at.is_some()) {
            return Ok(Err(InboxRefusal::UnknownPupil));
        }
        row.pupil_id = Some(self.pupil.clone());
        row.update(tx).await?;
        let detail = json!({ "pupil": self.pupil });
        self.act.trail().record(tx, "picture.assigned", self.id.as_str(), detail).await?;
        Ok(Ok(()))
    }
}

/// Refuses a picture. It is erased at once; why it was refused is kept until its time is over.
#[derive(Debug)]
pub struct RefusePicture {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// Why.
    pub why: NewRefusal,
    /// The rule that the file breaks, if it breaks one.
    pub fault: Option<PhotoRefusal>,
    /// By whom.
    pub act: Act,
}

/// Who hears of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Whoever sent the picture: a notice is under way.
    Sender,
    /// Nobody yet: the sender's address is nobody's whom the school knows, so the office is offered the text.
    ToCopy,
    /// Nobody needs to: the office chose the file itself.
    Nobody,
}

#[async_trait::async_trait]
impl Verb for RefusePicture {
    type Answer = Result<Told, InboxRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut row = match waiting(tx, &self.school, &self.id, self.act.at).await? {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        row.state = InboxState::Refused;
        row.reason = Some(self.why.reason.to_owned());
        row.note = self.why.note.as_ref().map(|note| note.as_str().to_owned());
        row.settled_at = Some(self.act.at);
        if row.origin != Origin::Office {
            let answer = answer(&row, &self.why, self.fault.as_ref());
            row.notice_id = notify::photo_refused(tx, &row, &answer, &self.act).await?;
            row.answer = Some(answer.body);
        }
        row.update(tx).await?;
        let detail = json!({ "reason": self.why.reason, "pupil": row.pupil_id, "notice": row.notice_id });
        self.act.trail().record(tx, "picture.refused", self.id.as_str(), detail).await?;
        Ok(Ok(match (row.origin, &row.notice_id) {
            (Origin::Office, _) => Told::Nobody,
            (Origin::Mail | Origin::Portal, Some(_)) => Told::Sender,
            // It stands on the portal.
            (Origin::Portal, None) => Told::Nobody,
            (Origin::Mail, None) => Told::ToCopy,
        }))
    }
}

/// Makes a picture the photo of the pupil whose it is said to be.
#[derive(Debug)]
pub struct AcceptPicture {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// Whose, as the page showed it: the same unless somebody changed it meanwhile.
    pub pupil: PupilId,
    /// The photo that this pupil had when the page was shown: nobody replaces what they have not seen.
    pub present: Option<PhotoId>,
    /// The photo made of it; nothing where the picture is gone, so that the answer is why.
    pub keep: Option<KeepPhoto>,
    /// By whom.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for AcceptPicture {
    type Answer = Result<Photo, InboxRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut row = match waiting(tx, &self.school, &self.id, self.act.at).await? {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let here = Pupil::find(tx, &self.pupil).await?.filter(|pupil| pupil.school_id == self.school);
        if here.is_none_or(|pupil| pupil.erased_at.is_some()) {
            return Ok(Err(InboxRefusal::UnknownPupil));
        }
        let (Some(keep), true) = (&self.keep, row.pupil_id.as_ref() == Some(&self.pupil)) else {
            return Ok(Err(InboxRefusal::Reassigned));
        };
        // Held before the photo is compared, so that of two who accept at the same time one is told.
        MobileCard::hold_of_pupil(tx, &self.pupil).await?;
        Pupil::lock(tx, &self.pupil).await?;
        if Photo::latest(tx, &self.pupil).await?.map(|photo| photo.id) != self.present {
            return Ok(Err(InboxRefusal::PhotoChanged));
        }
        let Ok(photo) = keep.run(tx).await? else { return Ok(Err(InboxRefusal::UnknownPupil)) };
        row.state = InboxState::Accepted;
        row.reason = None;
        row.settled_at = Some(self.act.at);
        row.update(tx).await?;
        let detail = json!({ "pupil": self.pupil, "photo": photo.id });
        self.act.part("picture").trail().record(tx, "picture.accepted", self.id.as_str(), detail).await?;
        Ok(Ok(photo))
    }
}

/// Notes why a picture could not be accepted; it goes on waiting.
#[derive(Debug)]
pub struct NoteRefusal {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// Why.
    pub why: PhotoRefusal,
    /// By whom.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for NoteRefusal {
    type Answer = Result<(), InboxRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut row = match waiting(tx, &self.school, &self.id, self.act.at).await? {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if row.reason.as_deref() != Some(self.why.code()) {
            row.reason = Some(self.why.code().to_owned());
            row.update(tx).await?;
            let detail = json!({ "reason": self.why.code() });
            self.act.trail().record(tx, "picture.not_accepted", self.id.as_str(), detail).await?;
        }
        Ok(Ok(()))
    }
}

/// Messages complete "cannot decide about the picture: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InboxRefusal {
    /// No such picture at this school, or its time is over.
    #[error("picture is unknown")]
    UnknownPicture,
    /// No such pupil at this school.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// Somebody has decided already.
    #[error("picture was accepted or refused already")]
    Settled,
    /// It is not said to be this pupil's, or not any more.
    #[error("picture is said to be another pupil's, or nobody's")]
    Reassigned,
    /// The pupil was given another photo since the page was shown.
    #[error("pupil has another photo by now")]
    PhotoChanged,
    /// As many pictures of the pupil wait as may.
    #[error("too many pictures of the pupil wait")]
    Full,
}
