//! Looking at the pictures that wait.

use jiff::Timestamp;

use super::guess::Guess;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{InboxId, PupilId, SchoolId};
use crate::store::tables::base_card::{BaseCard, BaseCardState};
use crate::store::tables::photo_inbox::{InboxPicture, InboxState, RosterEntry};
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::tables::school::Profile;
use crate::store::{Statements, StoreError, Verb};

/// Reads who is at a school and what it asks of photos.
#[derive(Debug)]
pub struct ReadRoster {
    /// Which school.
    pub school: SchoolId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadRoster {
    type Answer = (Vec<RosterEntry>, SchoolProfile);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok((RosterEntry::of_school(tx, &self.school).await?, rules(tx, &self.school, self.now).await?))
    }
}

async fn rules(
    tx: &mut dyn Statements,
    school: &SchoolId,
    now: Timestamp,
) -> Result<SchoolProfile, StoreError> {
    match Profile::holding(tx, school, now).await? {
        Some(profile) => SchoolProfile::from_row(&profile),
        None => Err(StoreError::Damaged("a school has no profile")),
    }
}

/// Lists a school's pictures.
#[derive(Debug)]
pub struct ListPictures {
    /// Which school's.
    pub school: SchoolId,
    /// In which state.
    pub state: InboxState,
    /// Only those that came before this one.
    pub before: Option<InboxId>,
    /// At most so many.
    pub limit: u32,
    /// When "now" is.
    pub now: Timestamp,
}

/// A picture of the list.
#[derive(Debug, Clone)]
pub struct ListedPicture {
    /// The picture.
    pub row: InboxPicture,
    /// Whose it is said to be.
    pub pupil: Option<Pupil>,
    /// Whose it may be, the likeliest.
    pub likeliest: Option<(Pupil, u8)>,
    /// Whether another pupil is as likely.
    pub tied: bool,
}

/// A school's pictures.
#[derive(Debug)]
pub struct PictureList {
    /// In the state that was asked for, the newest first.
    pub pictures: Vec<ListedPicture>,
    /// How many wait, were accepted, were refused.
    pub counts: [i64; 3],
}

#[async_trait::async_trait]
impl Verb for ListPictures {
    type Answer = PictureList;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let before = self.before.as_ref();
        let rows = InboxPicture::page(tx, &self.school, self.state, self.now, before, self.limit).await?;
        let mut pictures = Vec::with_capacity(rows.len());
        for row in rows {
            let pupil = match &row.pupil_id {
                Some(id) => own_pupil(tx, &self.school, id).await?,
                None => None,
            };
            let guesses = guesses(&row);
            let tied = matches!(guesses.as_slice(), [one, other, ..] if one.percent == other.percent);
            let likeliest = match guesses.into_iter().next() {
                Some(guess) if pupil.is_none() => {
                    own_pupil(tx, &self.school, &guess.pupil).await?.map(|pupil| (pupil, guess.percent))
                }
                _ => None,
            };
            pictures.push(ListedPicture { row, pupil, likeliest, tied });
        }
        let mut counts = [0; 3];
        let states = [InboxState::Waiting, InboxState::Accepted, InboxState::Refused];
        for (count, state) in counts.iter_mut().zip(states) {
            *count = InboxPicture::count(tx, &self.school, state, self.now).await?;
        }
        Ok(PictureList { pictures, counts })
    }
}

/// A pupil who is at this school now.
async fn own_pupil(
    tx: &mut dyn Statements,
    school: &SchoolId,
    id: &PupilId,
) -> Result<Option<Pupil>, StoreError> {
    let found = Pupil::find(tx, id).await?;
    Ok(found.filter(|pupil| pupil.school_id == *school && pupil.erased_at.is_none()))
}

fn guesses(row: &InboxPicture) -> Vec<Guess> {
    serde_json::from_str(&row.guesses).unwrap_or_default()
}

/// Reads a picture with everything that is needed to decide about it.
#[derive(Debug)]
pub struct ReadPicture {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A picture with everything that is needed to decide about it.
pub struct Picture {
    /// The picture's entry.
    pub row: InboxPicture,
    /// The file; none once it was decided about, or if it was too large to be kept.
    pub bytes: Option<Vec<u8>>,
    /// Whose it is said to be.
    pub pupil: Option<Pupil>,
    /// The photo that this pupil has now.
    pub present: Option<Photo>,
    /// Whether this pupil holds a base card.
    pub has_base_card: bool,
    /// Whose it may be, the likeliest first.
    pub guesses: Vec<(RosterEntry, Guess)>,
    /// The school's pupils.
    pub roster: Vec<RosterEntry>,
    /// What the school asks of photos.
    pub rules: SchoolProfile,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({:?})", self.row)
    }
}

#[async_trait::async_trait]
impl Verb for ReadPicture {
    type Answer = Option<Picture>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = InboxPicture::find(tx, &self.id).await?;
        let found = found.filter(|row| row.school_id == self.school && row.expires_at > self.now);
        let Some(row) = found else { return Ok(None) };
        let pupil = match &row.pupil_id {
            Some(id) => own_pupil(tx, &self.school, id).await?,
            None => None,
        };
        let (mut present, mut has_base_card) = (None, false);
        if let Some(pupil) = &pupil {
            present = Photo::latest(tx, &pupil.id).await?;
            let cards = BaseCard::of_pupil(tx, &pupil.id).await?;
            has_base_card = cards.iter().any(|card| card.state == BaseCardState::Held);
        }
        let roster = RosterEntry::of_school(tx, &self.school).await?;
        let known = guesses(&row).into_iter().filter_map(|guess| {
            roster.iter().find(|entry| entry.id == guess.pupil).map(|entry| (entry.clone(), guess))
        });
        Ok(Some(Picture {
            guesses: known.collect(),
            bytes: row.picture(tx).await?,
            rules: rules(tx, &self.school, self.now).await?,
            row,
            pupil,
            present,
            has_base_card,
            roster,
        }))
    }
}

/// Reads a pupil with the photo on the card and the pictures that wait to take its place.
#[derive(Debug)]
pub struct ReadPupilPhoto {
    /// Whose.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A pupil's photo.
#[derive(Debug)]
pub struct PupilPhoto {
    /// The pupil.
    pub pupil: Pupil,
    /// The photo on the card.
    pub present: Option<Photo>,
    /// What waits to take its place.
    pub waiting: Vec<InboxPicture>,
    /// What the school asks of photos.
    pub rules: SchoolProfile,
}

#[async_trait::async_trait]
impl Verb for ReadPupilPhoto {
    type Answer = Option<PupilPhoto>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else { return Ok(None) };
        let mut waiting = InboxPicture::waiting_for(tx, &pupil.id, self.now).await?;
        waiting.retain(|row| row.school_id == pupil.school_id);
        Ok(Some(PupilPhoto {
            present: Photo::latest(tx, &pupil.id).await?,
            waiting,
            rules: rules(tx, &pupil.school_id, self.now).await?,
            pupil,
        }))
    }
}

/// Reads what there is for a list's picture of a picture that waits.
#[derive(Debug)]
pub struct ReadThumbnail {
    /// At which school.
    pub school: SchoolId,
    /// Which picture.
    pub id: InboxId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A small picture, or what it is made of.
pub enum Thumbnail {
    /// Made before; empty where none can be made.
    Made(Vec<u8>),
    /// The file; somebody must make it.
    ToMake(Box<InboxPicture>, Vec<u8>),
}

impl std::fmt::Debug for Thumbnail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Made(_) => "Made(…)",
            Self::ToMake(..) => "ToMake(…)",
        })
    }
}

#[async_trait::async_trait]
impl Verb for ReadThumbnail {
    type Answer = Option<Thumbnail>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = InboxPicture::find(tx, &self.id).await?;
        let found = found.filter(|row| row.school_id == self.school && row.expires_at > self.now);
        let Some(row) = found.filter(|row| row.state == InboxState::Waiting) else { return Ok(None) };
        if let Some(made) = row.thumbnail(tx).await? {
            return Ok(Some(Thumbnail::Made(made)));
        }
        Ok(row.picture(tx).await?.map(|bytes| Thumbnail::ToMake(Box::new(row), bytes)))
    }
}

/// Keeps a list's picture; nothing, if the picture was decided about meanwhile.
pub struct KeepThumbnail {
    /// Of which.
    pub picture: Box<InboxPicture>,
    /// The small JPEG; empty where none can be made.
    pub small: Vec<u8>,
}

impl std::fmt::Debug for KeepThumbnail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeepThumbnail({:?}, {} bytes)", self.picture, self.small.len())
    }
}

#[async_trait::async_trait]
impl Verb for KeepThumbnail {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.picture.keep_thumbnail(tx, &self.small).await
    }
}
