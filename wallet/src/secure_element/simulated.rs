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
mod tests;
