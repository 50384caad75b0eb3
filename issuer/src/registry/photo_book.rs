//! The photos in the books: one for each pupil, the last one that was accepted.

use jiff::SignedDuration;
use serde_json::json;
use shared::entropy::Entropy;

use super::photo::AcceptedPhoto;
use super::profile::SchoolProfile;
use crate::audit::Act;
use crate::issuance::order::advance_waiting;
use crate::store::id::{PhotoId, PupilId};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::tables::school::Profile;
use crate::store::{Statements, StoreError, Verb};

/// What the books tell instants apart by.
const TICK: SignedDuration = SignedDuration::from_micros(1);

/// Reads the rules that a pupil's photo must meet now.
#[derive(Debug)]
pub struct ReadPhotoRules {
    /// Whose photo.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: jiff::Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadPhotoRules {
    type Answer = Result<SchoolProfile, PhotoBookRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else {
            return Ok(Err(PhotoBookRefusal::UnknownPupil));
        };
        let Some(profile) = Profile::holding(tx, &pupil.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a school has no profile"));
        };
        SchoolProfile::from_row(&profile).map(Ok)
    }
}

/// Keeps an accepted photo in the place of the one before; orders that waited for one go on.
///
/// The same photo again changes nothing, so that cards which show it stay current.
#[derive(Debug)]
pub struct KeepPhoto {
    id: PhotoId,
    pupil: PupilId,
    photo: AcceptedPhoto,
    act: Act,
}

impl KeepPhoto {
    /// The act of keeping `photo` as that of `pupil`.
    pub fn new(pupil: PupilId, photo: AcceptedPhoto, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: PhotoId::fresh(act.at, entropy), pupil, photo, act }
    }
}

#[async_trait::async_trait]
impl Verb for KeepPhoto {
    type Answer = Result<Photo, PhotoBookRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // A certificate that is being issued attests the photo that it was made of: only afterwards is it seen which may go.
        MobileCard::hold_of_pupil(tx, &self.pupil).await?;
        // Nothing is put back of somebody who was erased while the photo was judged.
        let pupil = Pupil::lock(tx, &self.pupil).await?.filter(|pupil| pupil.erased_at.is_none());
        let Some(pupil) = pupil else { return Ok(Err(PhotoBookRefusal::UnknownPupil)) };
        let mut created_at = self.act.at;
        if let Some(present) = Photo::latest(tx, &self.pupil).await? {
            if present.jpeg == self.photo.derived_jpeg() {
                return Ok(Ok(present));
            }
            // The newest is the one that counts, also when the clock was ahead and has been set right.
            created_at = created_at.max(present.created_at.saturating_add(TICK).unwrap_or(created_at));
        }
        let photo = Photo {
            id: self.id.clone(),
            pupil_id: self.pupil.clone(),
            source_sha256: self.photo.source_sha256(),
            jpeg: self.photo.derived_jpeg().to_vec(),
            width: self.photo.width(),
            height: self.photo.height(),
            created_at,
        };
        photo.insert(tx).await?;
        Photo::forget_others(tx, &self.pupil, &photo.id).await?;
        let detail = json!({ "photo": photo.id });
        self.act.trail().record(tx, "photo.accepted", self.pupil.as_str(), detail).await?;
        advance_waiting(tx, &pupil, &self.act).await?;
        Ok(Ok(photo))
    }
}

/// Reads the photo that a pupil's card shows.
#[derive(Debug)]
pub struct ReadPhoto(pub PupilId);

#[async_trait::async_trait]
impl Verb for ReadPhoto {
    type Answer = Result<Photo, PhotoBookRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if Pupil::find(tx, &self.0).await?.is_none() {
            return Ok(Err(PhotoBookRefusal::UnknownPupil));
        }
        Ok(Photo::latest(tx, &self.0).await?.ok_or(PhotoBookRefusal::NoPhoto))
    }
}

/// Messages complete "cannot find the photo: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoBookRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// None was accepted yet.
    #[error("pupil has no accepted photo")]
    NoPhoto,
}
