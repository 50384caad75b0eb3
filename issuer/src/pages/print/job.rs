//! Print jobs: the only place where the codes of slips outlive their making, in memory and for minutes.
//!
//! A job belongs to the session that began it and hands its sheets out once. Afterwards, and when its time is up,
//! there are only the hashes in the books: a slip that was not printed is replaced by a new one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::http::failure::Code;
use crate::store::id::GrantId;

/// How long finished sheets are kept for whoever prints them.
pub const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// The same, for the timer that wipes them.
const KEPT_BY_TIMER: Duration = Duration::from_mins(10);

/// All print jobs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<HashMap<String, Job>>>);

struct Job {
    owner: [u8; 32],
    at: Timestamp,
    progress: Progress,
    sheets: Sheets,
}

enum Sheets {
    InWork,
    Ready(Zeroizing<Vec<u8>>),
    HandedOut,
    /// The slips are made, the sheets could not be.
    Spoilt,
}

/// How far a job is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The class, if it is for a whole one.
    pub class_name: Option<String>,
    /// For how many pupils.
    pub total: usize,
    /// The slips that were made so far, with the name of the pupil.
    pub made: Vec<(GrantId, String)>,
    /// Pupils for whom none could be made, and why.
    pub refused: Vec<(String, Code)>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Slips are being made.
    InWork,
    /// The sheets can be fetched.
    Ready,
    /// They were fetched.
    HandedOut,
    /// They could not be made.
    Spoilt,
    /// There were none to make.
    Empty,
}

/// What a second hand reaching for the sheets finds.
#[derive(Debug)]
pub enum Taken {
    /// The sheets, this one time.
    Sheets(Zeroizing<Vec<u8>>),
    /// None: not yet, not any more, or never.
    Nothing,
}

impl Jobs {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        // A thread that panicked left whole jobs behind: every change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a job for the session `owner`.
    pub fn begin(&self, id: &str, owner: [u8; 32], now: Timestamp, total: usize, class_name: Option<String>) {
        let progress = Progress { class_name, total, ..Progress::default() };
        let mut jobs = self.all();
        jobs.retain(|_, job| job.lives(now));
        jobs.insert(id.to_owned(), Job { owner, at: now, progress, sheets: Sheets::InWork });
    }

    /// Says how far it is.
    pub fn advance(&self, id: &str, progress: Progress) {
        if let Some(job) = self.all().get_mut(id) {
            job.progress = progress;
        }
    }

    /// Ends it with its sheets, or without. From now on they are kept for [`KEPT`], whatever the sandbox's clock does.
    pub fn finish(&self, id: &str, now: Timestamp, progress: Progress, sheets: Option<Vec<u8>>) {
        if let Some(job) = self.all().get_mut(id) {
            job.progress = progress;
            job.at = now;
            job.sheets = sheets.map_or(Sheets::Spoilt, |sheets| Sheets::Ready(Zeroizing::new(sheets)));
        }
        let (jobs, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_BY_TIMER).await;
            jobs.forget(&id);
        });
    }

    /// Forgets a job that came to nothing.
    pub fn forget(&self, id: &str) {
        self.all().remove(id);
    }

    /// How a job of this session stands; a job of another one is as unknown as none.
    pub fn look(&self, id: &str, owner: &[u8; 32], now: Timestamp) -> Option<(Stage, Progress)> {
        let jobs = self.all();
        let job = jobs.get(id).filter(|job| job.owner == *owner && job.lives(now))?;
        let stage = match &job.sheets {
            Sheets::InWork => Stage::InWork,
            Sheets::Ready(_) => Stage::Ready,
            Sheets::HandedOut => Stage::HandedOut,
            Sheets::Spoilt if job.progress.made.is_empty() => Stage::Empty,
            Sheets::Spoilt => Stage::Spoilt,
        };
        Some((stage, job.progress.clone()))
    }

    /// Hands the sheets out, once and to the session that began the job.
    pub fn take(&self, id: &str, owner: &[u8; 32], now: Timestamp) -> Taken {
        let mut jobs = self.all();
        let Some(job) = jobs.get_mut(id).filter(|job| job.owner == *owner && job.lives(now)) else {
            return Taken::Nothing;
        };
        match std::mem::replace(&mut job.sheets, Sheets::HandedOut) {
            Sheets::Ready(sheets) => Taken::Sheets(sheets),
            other => {
                job.sheets = other;
                Taken::Nothing
            }
        }
    }
}

impl Job {
    fn lives(&self, now: Timestamp) -> bool {
        // A clock that was set back does not lengthen a job's life.
        matches!(self.sheets, Sheets::InWork) || now.duration_since(self.at).abs() < KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    #[tokio::test]
    async fn sheets_are_handed_out_once_to_their_session_within_ten_minutes() {
        let jobs = Jobs::default();
        let (mine, other) = ([1; 32], [2; 32]);
        jobs.begin("a", mine, at(0), 1, None);
        assert!(matches!(jobs.take("a", &mine, at(0)), Taken::Nothing), "nothing is ready");
        assert_eq!(jobs.look("a", &mine, at(0)).unwrap().0, Stage::InWork);
        jobs.finish("a", at(1), Progress::default(), Some(b"sheets".to_vec()));
        assert!(jobs.look("a", &other, at(1)).is_none());
        assert!(matches!(jobs.take("a", &other, at(1)), Taken::Nothing), "somebody else's");
        let Taken::Sheets(sheets) = jobs.take("a", &mine, at(10)) else { panic!("not handed out") };
        assert_eq!(&**sheets, b"sheets");
        assert!(matches!(jobs.take("a", &mine, at(10)), Taken::Nothing), "a second time");
        assert_eq!(jobs.look("a", &mine, at(10)).unwrap().0, Stage::HandedOut);

        jobs.begin("b", mine, at(20), 1, None);
        jobs.finish("b", at(20), Progress::default(), Some(b"sheets".to_vec()));
        assert!(matches!(jobs.take("b", &mine, at(30)), Taken::Nothing), "after ten minutes");
        assert!(jobs.look("b", &mine, at(9)).is_none(), "nor with the clock set back");
        jobs.begin("c", mine, at(40), 1, None);
        assert!(!jobs.all().contains_key("b"), "and it is gone");
    }
}
