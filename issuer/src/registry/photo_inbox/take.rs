//! Taking pictures in, to be looked at.

use serde_json::json;
use sha2::{Digest, Sha256};
use shared::entropy::Entropy;

use super::guess::{Guess, Roster};
use super::letter::{Letter, line};
use super::settle::InboxRefusal;
use super::{KEPT_FOR, MAX_PICTURE};
use crate::audit::Act;
use crate::registry::photo::{PhotoRefusal, PhotoRules, glance, without_whereabouts};
use crate::store::id::{InboxId, PupilId, SchoolId};
use crate::store::tables::photo_inbox::{InboxPicture, InboxState, Origin, Purpose, RosterEntry};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// So many pictures of a pupil that were sent from home may wait for the office at the same time.
pub const MOST_FROM_HOME: usize = 3;

/// A picture to be taken in.
pub struct NewPicture {
    origin: Origin,
    pupil: Option<PupilId>,
    sender: Option<String>,
    sender_address: Option<String>,
    subject: Option<String>,
    file_name: Option<String>,
    purpose: Purpose,
    sent_at: Option<jiff::Timestamp>,
    same_mail: Option<[u8; 32]>,
    guesses: Vec<Guess>,
    /// Why it could not be accepted as it is.
    refusal: Option<PhotoRefusal>,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for NewPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewPicture({:?}, {} bytes)", self.origin, self.bytes.len())
    }
}

impl NewPicture {
    /// A picture of which it is known whose it is: chosen in the office, or sent on the portal, and found fit.
    pub fn of_pupil(origin: Origin, pupil: PupilId, file_name: &str, bytes: Vec<u8>) -> Self {
        Self {
            origin,
            pupil: Some(pupil),
            sender: None,
            sender_address: None,
            subject: None,
            file_name: line(file_name),
            purpose: Purpose::NotSaid,
            sent_at: None,
            same_mail: None,
            guesses: Vec::new(),
            refusal: None,
            bytes: without_whereabouts(bytes),
        }
    }

    /// The pictures of a letter, each with the pupils whose it may be and with what the school's rules say of it
    /// at a glance. None is unpacked before somebody looks at it: a letter may hold sixty large ones.
    pub fn of_letter(letter: Letter, roster: &[RosterEntry], rules: &PhotoRules) -> Vec<Self> {
        let guesses = Roster::of(roster).guess(&letter);
        let purpose = letter.purpose();
        let pictures = letter.pictures.into_iter().zip(guesses).map(|(picture, guesses)| {
            let mut hash = Sha256::new();
            for part in [&letter.sender, &letter.subject, &picture.file_name] {
                hash.update(part.as_deref().unwrap_or_default());
                hash.update([0]);
            }
            hash.update(letter.sent_at.map_or(0, jiff::Timestamp::as_second).to_be_bytes());
            hash.update(&picture.bytes);
            let refusal = glance(&picture.bytes, rules).err();
            // A file that is too long must not become short enough by what is left out.
            let bytes = match refusal {
                Some(PhotoRefusal::TooManyBytes { .. }) => picture.bytes,
                _ => without_whereabouts(picture.bytes),
            };
            Self {
                origin: Origin::Mail,
                pupil: None,
                sender: letter.sender.clone(),
                sender_address: letter.sender_address.clone(),
                subject: letter.subject.clone(),
                file_name: picture.file_name,
                purpose,
                sent_at: letter.sent_at,
                same_mail: Some(hash.finalize().into()),
                guesses,
                refusal,
                bytes,
            }
        });
        pictures.collect()
    }
}

/// Takes pictures in. A picture that came with the same mail before is not taken twice.
#[derive(Debug)]
pub struct TakePictures {
    school: SchoolId,
    pictures: Vec<(InboxId, NewPicture)>,
    act: Act,
}

impl TakePictures {
    /// The act of taking these in at `school`.
    pub fn new(school: SchoolId, pictures: Vec<NewPicture>, act: Act, entropy: &dyn Entropy) -> Self {
        let named = pictures.into_iter().map(|picture| (InboxId::fresh(act.at, entropy), picture));
        Self { school, pictures: named.collect(), act }
    }
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The pictures, by their names in the store.
    pub ids: Vec<InboxId>,
    /// How many had come before.
    pub again: usize,
}

#[async_trait::async_trait]
impl Verb for TakePictures {
    type Answer = Result<Taken, InboxRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut taken = Taken { ids: Vec::new(), again: 0 };
        let mut trail = self.act.trail();
        for (id, new) in &self.pictures {
            if let Some(pupil) = &new.pupil {
                let pupil = Pupil::find(tx, pupil).await?;
                if pupil.is_none_or(|pupil| pupil.school_id != self.school || pupil.erased_at.is_some()) {
                    return Ok(Err(InboxRefusal::UnknownPupil));
                }
            }
            if let (Origin::Portal, Some(pupil)) = (new.origin, &new.pupil) {
                // Held, so that two that are sent at the same time are counted one after the other.
                Pupil::lock(tx, pupil).await?;
                let waiting = InboxPicture::sent_from_home(tx, pupil, self.act.at).await?;
                let waiting = waiting.iter().filter(|row| row.state == InboxState::Waiting);
                if waiting.count() >= MOST_FROM_HOME {
                    return Ok(Err(InboxRefusal::Full));
                }
            }
            let expires_at = self.act.at.saturating_add(KEPT_FOR);
            let row = InboxPicture {
                id: id.clone(),
                school_id: self.school.clone(),
                pupil_id: new.pupil.clone(),
                origin: new.origin,
                sender: new.sender.clone(),
                sender_address: new.sender_address.clone(),
                subject: new.subject.clone(),
                file_name: new.file_name.clone(),
                purpose: new.purpose,
                length: u32::try_from(new.bytes.len()).unwrap_or(u32::MAX),
                state: InboxState::Waiting,
                reason: new.refusal.map(|refusal| refusal.code().to_owned()),
                note: None,
                answer: None,
                notice_id: None,
                guesses: json!(new.guesses).to_string(),
                same_mail: new.same_mail.map(|hash| hash.to_vec()),
                sent_at: new.sent_at,
                received_at: self.act.at,
                settled_at: None,
                expires_at: expires_at.map_err(|_| StoreError::Damaged("a day beyond all calendars"))?,
            };
            if !row.insert_if_new(tx).await? {
                taken.again += 1;
                continue;
            }
            // What is too large for every profile is told of and not kept.
            if new.bytes.len() <= MAX_PICTURE {
                row.keep_picture(tx, &new.bytes).await?;
            }
            let detail = json!({ "school": self.school, "origin": new.origin.word() });
            trail.record(tx, "picture.taken", id.as_str(), detail).await?;
            taken.ids.push(id.clone());
        }
        Ok(Ok(taken))
    }
}
