//! The simulated element: `HOME/element/` with `element.json` and one sealed file per device key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use shared::entropy::Entropy;

use super::session::SimulatedSession;
use super::state::{self, InnerSecret, Ready, State};
use super::tries::{Admission, Tries};
use super::{ElementError, ElementId, ElementSession, Elements, PinRefusal, SecureElement, Standing};
use crate::home::{self, DirLock, DirLockError};
use crate::pin::{NewPin, Pin, PinCost};

/// Makes the element of a phone out of files in `HOME/element/`.
pub struct SimulatedElements {
    entropy: Arc<dyn Entropy>,
    cost: PinCost,
}

impl SimulatedElements {
    /// Elements that draw from `entropy` and whose PINs, when set, get this `cost`.
    pub fn new(entropy: Arc<dyn Entropy>, cost: PinCost) -> Self {
        Self { entropy, cost }
    }
}

impl Elements for SimulatedElements {
    fn at(&self, home: &Path) -> Result<Box<dyn SecureElement>, ElementError> {
        let element = SimulatedElement::open(&home.join("element"), Arc::clone(&self.entropy), self.cost)?;
        Ok(Box::new(element))
    }
}

/// A secure element out of files. One handle at a time has it, whatever the process.
pub struct SimulatedElement {
    dir: PathBuf,
    entropy: Arc<dyn Entropy>,
    cost: PinCost,
    /// Two threads' tries are counted one after the other.
    one_try_at_a_time: Mutex<()>,
    _lock: DirLock,
}

impl SimulatedElement {
    /// The element in `dir`, which is made if missing; blank until it is provisioned.
    ///
    /// # Errors
    /// [`ElementError::InUse`] while another handle has it; when the directory cannot be used.
    pub fn open(dir: &Path, entropy: Arc<dyn Entropy>, cost: PinCost) -> Result<Self, ElementError> {
        home::private_dir(&dir.join("keys"))?;
        let lock = DirLock::take(dir)?;
        Ok(Self { dir: dir.to_owned(), entropy, cost, one_try_at_a_time: Mutex::new(()), _lock: lock })
    }

    fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }

    fn generation(&self) -> PathBuf {
        self.dir.join("generation")
    }

    /// Read anew each time: what is on disk is the truth, also after a failed write.
    fn read(&self) -> Result<State, ElementError> {
        match fs::read(self.dir.join("element.json")) {
            Ok(bytes) => State::read(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ElementError::Blank),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), ElementError> {
        Ok(home::write_atomically(&self.dir.join("element.json"), bytes)?)
    }

    /// Secret first: once that is gone, what remains of the keys is noise.
    fn erase_as(&self, id: &ElementId) -> Result<(), ElementError> {
        self.write(&state::write_erased(id)?)?;
        self.drop_rest()
    }

    /// Keys and counter of a secret that is gone.
    fn drop_rest(&self) -> Result<(), ElementError> {
        home::remove_file(&self.generation())?;
        home::remove_dir(&self.keys())?;
        home::private_dir(&self.keys())?;
        Ok(home::sync_dir(&self.dir)?)
    }

    /// Counts a try, writes the count, and only then looks at `pin`; a right one resets the count.
    fn try_pin(&self, pin: &Pin, now: Timestamp) -> Result<(Ready, InnerSecret), PinRefusal> {
        let mut ready = self.count_try(now)?;
        match ready.open(pin)? {
            Some(inner) => {
                ready.tries = Tries::default();
                self.write(&ready.write()?)?;
                Ok((ready, inner))
            }
            None if ready.tries.left() == 0 => {
                self.erase_as(&ready.id)?;
                Err(PinRefusal::Erased)
            }
            None => Err(PinRefusal::WrongPin { tries_left: ready.tries.left(), wait: ready.tries.delay() }),
        }
    }

    /// The element, with one more try on disk than before.
    fn count_try(&self, now: Timestamp) -> Result<Ready, PinRefusal> {
        let mut ready = match self.read()? {
            State::Ready(ready) => ready,
            State::Erased(_) => return Err(PinRefusal::Erased),
        };
        match ready.tries.admit(now) {
            Admission::Counted(counted) => ready.tries = counted,
            Admission::Wait { until, restarted } => {
                if let Some(restarted) = restarted {
                    ready.tries = restarted;
                    self.write(&ready.write()?)?;
                }
                return Err(PinRefusal::Wait { until });
            }
            // Killed between the last count and the erasure: finish it.
            Admission::Exhausted => {
                self.erase_as(&ready.id)?;
                return Err(PinRefusal::Erased);
            }
        }
        self.write(&ready.write()?)?;
        Ok(ready)
    }
}

impl SecureElement for SimulatedElement {
    fn id(&self) -> Result<Option<ElementId>, ElementError> {
        match self.read() {
            Ok(State::Ready(Ready { id, .. }) | State::Erased(id)) => Ok(Some(id)),
            Err(ElementError::Blank) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn standing(&self, now: Timestamp) -> Result<Standing, ElementError> {
        match self.read() {
            Ok(State::Ready(ready)) if ready.tries.left() > 0 => Ok(Standing::Ready {
                tries_left: ready.tries.left(),
                wait_until: ready.tries.wait_until(now),
            }),
            Ok(State::Ready(_) | State::Erased(_)) => Ok(Standing::Erased),
            Err(ElementError::Blank) => Ok(Standing::Blank),
            Err(error) => Err(error),
        }
    }

    fn provision(&self, pin: &NewPin) -> Result<ElementId, ElementError> {
        let _turn = self.one_try_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = Ready::new(pin.pin(), self.cost, &*self.entropy).ok_or(COST_OUT_OF_BOUNDS)?;
        self.write(&ready.write()?)?;
        self.drop_rest()?;
        Ok(ready.id)
    }

    fn unlock(&self, pin: &Pin, now: Timestamp) -> Result<Box<dyn ElementSession>, PinRefusal> {
        let _turn = self.one_try_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let (ready, inner) = self.try_pin(pin, now)?;
        Ok(Box::new(SimulatedSession::new(ready.id, self.keys(), self.generation(), &inner)))
    }

    fn change_pin(&self, current: &Pin, new: &NewPin, now: Timestamp) -> Result<(), PinRefusal> {
        let _turn = self.one_try_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut ready, inner) = self.try_pin(current, now)?;
        ready.set_pin(new.pin(), self.cost, &inner, &*self.entropy).ok_or(COST_OUT_OF_BOUNDS)?;
        self.write(&ready.write()?)?;
        Ok(())
    }

    fn erase(&self) -> Result<(), ElementError> {
        let _turn = self.one_try_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read() {
            Ok(State::Ready(Ready { id, .. }) | State::Erased(id)) => self.erase_as(&id),
            Err(ElementError::Io(error)) => Err(error.into()),
            Err(_) => {
                home::remove_file(&self.dir.join("element.json"))?;
                self.drop_rest()
            }
        }
    }
}

const COST_OUT_OF_BOUNDS: ElementError = ElementError::Damaged("the cost of a try is out of bounds");

impl From<DirLockError> for ElementError {
    fn from(error: DirLockError) -> Self {
        match error {
            DirLockError::Held => Self::InUse,
            DirLockError::Io(error) => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::TRY_LIMIT;
    use super::*;
    use crate::testing::TestEntropy;

    const RIGHT: &str = "493027";
    const WRONG: &str = "493028";

    fn pin(text: &str) -> Pin {
        Pin::parse(text).unwrap()
    }

    fn open(dir: &Path, seed: u64) -> SimulatedElement {
        SimulatedElement::open(dir, Arc::new(TestEntropy::new(seed)), PinCost::FOR_TESTS).unwrap()
    }

    fn provisioned(dir: &Path) -> SimulatedElement {
        let element = open(dir, 1);
        element.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
        element
    }

    fn start() -> Timestamp {
        "2026-11-21T18:30:00Z".parse().unwrap()
    }

    fn tries_left(element: &SimulatedElement, now: Timestamp) -> u8 {
        match element.standing(now).unwrap() {
            Standing::Ready { tries_left, .. } => tries_left,
            other => panic!("expected a ready element, got {other:?}"),
        }
    }

    /// Tries wrong PINs, waiting out every delay, until the final lock; yields when it fell.
    fn guess_until_erased(element: &SimulatedElement) -> (u8, Timestamp) {
        let (mut now, mut tries) = (start(), 0);
        loop {
            tries += 1;
            match element.unlock(&pin(WRONG), now).err().unwrap() {
                PinRefusal::WrongPin { tries_left, wait } => {
                    assert_eq!(tries_left, TRY_LIMIT - tries);
                    now += wait;
                }
                PinRefusal::Erased => return (tries, now),
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_blank_element_does_not_unlock() {
        let dir = tempfile::tempdir().unwrap();
        let element = open(dir.path(), 1);
        assert_eq!(element.standing(start()).unwrap(), Standing::Blank);
        let refusal = element.unlock(&pin(RIGHT), start()).err().unwrap();
        assert!(matches!(refusal, PinRefusal::Element(ElementError::Blank)));
    }

    #[test]
    fn the_right_pin_always_yields_the_same_store_key() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let first = *element.unlock(&pin(RIGHT), start()).unwrap().store_key().expose();
        drop(element);
        let again = open(dir.path(), 2);
        assert_eq!(again.unlock(&pin(RIGHT), start()).unwrap().store_key().expose(), &first);
    }

    #[test]
    fn two_elements_behind_one_pin_share_nothing() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (provisioned(one.path()), open(two.path(), 2));
        two.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
        let key =
            |element: &SimulatedElement| *element.unlock(&pin(RIGHT), start()).unwrap().store_key().expose();
        assert_ne!(key(&one), key(&two));
    }

    #[test]
    fn a_right_pin_resets_the_count() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        for _ in 0..3 {
            assert!(element.unlock(&pin(WRONG), start()).is_err());
        }
        assert_eq!(tries_left(&element, start()), TRY_LIMIT - 3);
        assert!(element.unlock(&pin(RIGHT), start()).is_ok());
        assert_eq!(tries_left(&element, start()), TRY_LIMIT);
    }

    #[test]
    fn a_try_during_a_delay_is_not_looked_at_not_even_a_right_one() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        for _ in 0..4 {
            assert!(element.unlock(&pin(WRONG), start()).is_err());
        }
        let until = start() + SignedDuration::from_secs(30);
        let early = until - SignedDuration::from_secs(1);
        for _ in 0..20 {
            let refusal = element.unlock(&pin(RIGHT), early).err().unwrap();
            assert!(matches!(refusal, PinRefusal::Wait { until: at } if at == until), "{refusal}");
        }
        assert_eq!(tries_left(&element, early), TRY_LIMIT - 4);
        assert!(element.unlock(&pin(RIGHT), until).is_ok());
    }

    #[test]
    fn a_clock_turned_back_restarts_the_delay_across_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        for _ in 0..4 {
            assert!(element.unlock(&pin(WRONG), start()).is_err());
        }
        let earlier = start() - SignedDuration::from_hours(24);
        assert!(matches!(element.unlock(&pin(RIGHT), earlier), Err(PinRefusal::Wait { .. })));
        drop(element);
        let element = open(dir.path(), 2);
        let soon = earlier + SignedDuration::from_secs(29);
        assert!(matches!(element.unlock(&pin(RIGHT), soon), Err(PinRefusal::Wait { .. })));
        assert!(element.unlock(&pin(RIGHT), earlier + SignedDuration::from_secs(30)).is_ok());
    }

    #[test]
    fn the_tenth_wrong_pin_erases_secret_and_keys_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let session = element.unlock(&pin(RIGHT), start()).unwrap();
        let handle = session.generate_key(&TestEntropy::new(9)).unwrap();
        let before = fs::read_to_string(dir.path().join("element.json")).unwrap();
        assert!(before.contains("root"));

        let (tries, now) = guess_until_erased(&element);
        assert_eq!(tries, TRY_LIMIT);
        assert!(matches!(element.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
        assert!(matches!(session.sign(&handle, b"x"), Err(ElementError::NoSuchKey)));
        assert!(!fs::read_to_string(dir.path().join("element.json")).unwrap().contains("root"));
        assert_eq!(fs::read_dir(dir.path().join("keys")).unwrap().count(), 0);
        drop((session, element));
        let again = open(dir.path(), 2);
        assert!(matches!(again.standing(now).unwrap(), Standing::Erased));
        assert!(matches!(again.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
    }

    #[test]
    fn a_kill_between_count_and_check_does_not_give_the_try_back() {
        let dir = tempfile::tempdir().unwrap();
        drop(provisioned(dir.path()));
        for killed in 1..=3 {
            let element = open(dir.path(), killed);
            // As far as `unlock` gets before it looks at the PIN; then the process is gone.
            element.count_try(start()).unwrap();
            drop(element);
            let left = TRY_LIMIT - u8::try_from(killed).unwrap();
            assert_eq!(tries_left(&open(dir.path(), 9), start()), left);
        }
    }

    #[test]
    fn a_kill_between_the_last_count_and_the_erasure_is_made_good() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let mut now = start();
        for _ in 1..TRY_LIMIT {
            if let Err(PinRefusal::WrongPin { wait, .. }) = element.unlock(&pin(WRONG), now) {
                now += wait;
            }
        }
        assert_eq!(tries_left(&element, now), 1);
        element.count_try(now).unwrap();
        drop(element);
        let element = open(dir.path(), 2);
        assert!(matches!(element.standing(now).unwrap(), Standing::Erased));
        assert!(matches!(element.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
        assert!(!fs::read_to_string(dir.path().join("element.json")).unwrap().contains("root"));
    }

    #[test]
    fn a_new_pin_replaces_the_old_one_and_keeps_keys() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let session = element.unlock(&pin(RIGHT), start()).unwrap();
        let handle = session.generate_key(&TestEntropy::new(9)).unwrap();
        let new = NewPin::parse("720394").unwrap();

        let refusal = element.change_pin(&pin(WRONG), &new, start()).unwrap_err();
        assert!(matches!(refusal, PinRefusal::WrongPin { tries_left: 9, .. }));
        element.change_pin(&pin(RIGHT), &new, start()).unwrap();

        assert!(element.unlock(&pin(RIGHT), start()).is_err());
        let later = element.unlock(new.pin(), start()).unwrap();
        assert_eq!(later.store_key().expose(), session.store_key().expose());
        assert_eq!(later.public_key(&handle).unwrap(), session.public_key(&handle).unwrap());
    }

    #[test]
    fn provisioning_anew_leaves_nothing_of_before() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let session = element.unlock(&pin(RIGHT), start()).unwrap();
        let handle = session.generate_key(&TestEntropy::new(7)).unwrap();
        element.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
        let fresh = element.unlock(&pin(RIGHT), start()).unwrap();
        assert_ne!(fresh.store_key().expose(), session.store_key().expose());
        assert!(matches!(fresh.sign(&handle, b"x"), Err(ElementError::NoSuchKey)));
    }

    #[test]
    fn one_handle_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let element = provisioned(dir.path());
        let second = SimulatedElement::open(dir.path(), Arc::new(TestEntropy::new(2)), PinCost::FOR_TESTS);
        assert!(matches!(second, Err(ElementError::InUse)));
        drop(element);
        assert!(
            SimulatedElement::open(dir.path(), Arc::new(TestEntropy::new(2)), PinCost::FOR_TESTS).is_ok()
        );
    }
}
