//! The vendor's library: loaded once in a process, and started again when its token was away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use shared::secret::Secret;

use super::TokenFault;

/// A library that cannot be reached is not started again more often than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// PKCS#11 is one library a process: initialised once, whoever uses it.
static LOADED: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

pub(super) struct Module {
    context: RwLock<Context>,
    /// PINs that a token of this label has refused: none of them is tried again.
    refused: Mutex<Vec<(String, Secret)>>,
}

/// While it is lent, the library is not started again.
pub(super) struct Context {
    pub(super) library: Pkcs11,
    /// Sessions and handles of an earlier run are dead, and their numbers may be given to others.
    pub(super) run: u64,
    begun: Instant,
}

impl Module {
    pub(super) fn load(path: &Path) -> Result<Arc<Self>, TokenFault> {
        let mut loaded = lock(&LOADED);
        if let Some(module) = loaded.get(path) {
            return Ok(Arc::clone(module));
        }
        let failed = |cause: Error| TokenFault::Module { module: path.to_owned(), cause: cause.to_string() };
        let library = Pkcs11::new(path).map_err(failed)?;
        initialize(&library).map_err(failed)?;
        let context = RwLock::new(Context { library, run: 1, begun: Instant::now() });
        let module = Arc::new(Self { context, refused: Mutex::default() });
        loaded.insert(path.to_owned(), Arc::clone(&module));
        Ok(module)
    }

    pub(super) fn context(&self) -> RwLockReadGuard<'_, Context> {
        self.context.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the library again, if it is still in its run `failed` and not too young. A token that was taken out and
    /// put back is only seen again by that with some.
    pub(super) fn start_again(&self, failed: u64) -> Result<(), TokenFault> {
        let mut context = self.context.write().unwrap_or_else(PoisonError::into_inner);
        if context.run != failed || context.begun.elapsed() < PATIENCE {
            return Ok(());
        }
        context.begun = Instant::now();
        context.run += 1;
        tracing::warn!(run = context.run, "the PKCS#11 module is started again");
        context.library.clone().finalize().or_else(already).map_err(fault)?;
        initialize(&context.library).map_err(fault)
    }

    pub(super) fn was_refused(&self, label: &str, pin: &Secret) -> bool {
        lock(&self.refused).iter().any(|(refused, earlier)| refused == label && earlier == pin)
    }

    pub(super) fn note_refused(&self, label: &str, pin: &Secret) {
        lock(&self.refused).push((label.to_owned(), pin.clone()));
    }
}

fn initialize(library: &Pkcs11) -> Result<(), Error> {
    library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).or_else(already)
}

/// Whoever else is in this process may have been first.
fn already(error: Error) -> Result<(), Error> {
    match error {
        Error::Pkcs11(RvError::CryptokiAlreadyInitialized | RvError::CryptokiNotInitialized, _) => Ok(()),
        other => Err(other),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn fault(error: Error) -> TokenFault {
    match error {
        Error::Pkcs11(RvError::SessionCount, _) => TokenFault::Busy,
        Error::Pkcs11(code, call) => {
            TokenFault::Failed { call: format!("C_{call:?}"), code: format!("{code:?}") }
        }
        other => TokenFault::Failed { call: "PKCS#11".to_owned(), code: other.to_string() },
    }
}
