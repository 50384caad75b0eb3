//! From the command line to an open phone: directories, PINs, clocks and the network.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::clock::{Clock, ManualClock};
use shared::secret::Secret;
use url::Url;

use super::failure::Failure;
use super::output::Progress;
use super::{Exit, Machine};
use crate::cli::Global;
use crate::documents::CardId;
use crate::online::{OnlinePhone, Surroundings, blocking};
use crate::phone::{LockedPhone, Parts};
use crate::pin::Pin;
use crate::show::ShownCard;
use crate::transport::http::{HttpOptions, HttpTransport};

/// What every command starts from.
pub(super) struct Context {
    home: Option<PathBuf>,
    pin_file: Option<PathBuf>,
    pub(super) json: bool,
    pub(super) parts: Parts,
    machine_clock: Arc<dyn Clock>,
    show_address: Arc<dyn Fn(&Url) + Send + Sync>,
    surroundings: Surroundings,
}

impl Context {
    pub(super) fn new(global: Global, machine: Machine) -> Result<Self, Failure> {
        let authorities = global.ca_file.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
        let options = HttpOptions { certificate_authorities: authorities, ..HttpOptions::default() };
        let transport = HttpTransport::new(&options).map_err(|error| {
            Failure::new(Exit::Usage, "bad_ca_file", format!("cannot set up the network: {error}"))
        })?;
        let clock: Arc<dyn Clock> = match global.now {
            Some(now) => Arc::new(ManualClock::new(now)),
            None => Arc::clone(&machine.clock),
        };
        Ok(Self {
            home: global.home,
            pin_file: global.pin_file,
            json: global.json,
            parts: Parts::simulated(Arc::clone(&machine.entropy)),
            surroundings: Surroundings::new(clock, machine.entropy, Arc::new(transport)),
            machine_clock: machine.clock,
            show_address: machine.show_address,
        })
    }

    /// What a desk of phones is made of: the same clock, randomness and network as one phone's.
    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// The directory that was named, if one was.
    pub(super) fn given_home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The phone's directory.
    pub(super) fn home(&self) -> Result<&Path, Failure> {
        self.home.as_deref().ok_or_else(|| Failure::new(Exit::Usage, "home_needed", "which phone?"))
    }

    /// The machine's own time, which delays after wrong PINs are judged by.
    pub(super) fn machine_now(&self) -> jiff::Timestamp {
        self.machine_clock.now()
    }

    /// Shows an address that the person at this machine is to open or to hand on.
    pub(super) fn show_address(&self, url: &Url) {
        (self.show_address)(url);
    }

    /// Who says on stderr what is being done; with `--json` only what matters.
    pub(super) fn progress(&self) -> Progress {
        Progress::new(self.json)
    }

    /// Opens and unlocks the phone.
    pub(super) async fn open(&self) -> Result<OnlinePhone, Failure> {
        let (home, parts) = (self.home()?.to_owned(), self.parts.clone());
        let locked = blocking(move || LockedPhone::open(&home, parts)).await?;
        let pin = self.pin()?;
        let phone = OnlinePhone::unlock(locked, pin, self.machine_now(), self.surroundings.clone()).await;
        phone.map_err(|still_locked| still_locked.refusal.into())
    }

    /// The PIN: from the file, the environment or a prompt.
    pub(super) fn pin(&self) -> Result<Pin, Failure> {
        let text = secret(self.pin_file.as_deref(), "MLEG_PIN", "PIN: ")?.ok_or_else(|| {
            Failure::new(Exit::Usage, "pin_needed", "the phone is locked: what is its PIN?")
        })?;
        Ok(Pin::typed(text.expose())?)
    }

    /// The PIN file, where a command reads it by itself.
    pub(super) fn pin_file(&self) -> Option<&Path> {
        self.pin_file.as_deref()
    }
}

/// A secret: from a file, the environment or a prompt; `None` where there is nobody to ask.
pub(super) fn secret(file: Option<&Path>, variable: &str, prompt: &str) -> Result<Option<Secret>, Failure> {
    if let Some(file) = file {
        let bytes = read(file)?;
        let text = Secret::new(String::from_utf8(bytes).unwrap_or_default());
        return Ok(Some(Secret::new(text.expose().trim_end_matches(['\r', '\n']))));
    }
    if let Ok(text) = std::env::var(variable) {
        return Ok(Some(Secret::new(text)));
    }
    ask(prompt)
}

/// Asks for a secret at the terminal; `None` where there is none.
pub(super) fn ask(prompt: &str) -> Result<Option<Secret>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    match rpassword::prompt_password(prompt) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(_) => Err(Failure::new(Exit::Usage, "no_answer", "nothing was typed")),
    }
}

/// Asks a question that is answered with yes; `None` where nobody can be asked.
pub(super) fn confirm(question: &str) -> Option<bool> {
    use std::io::{BufRead as _, Write as _};
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question} [t/N] ").and_then(|()| stderr.flush()).ok()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_lowercase().as_str(), "t" | "tak" | "y" | "yes"))
}

/// A file that was named on the command line.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::new(Exit::Usage, "file_unreadable", format!("cannot read {}: {error}", file.display()))
    })
}

/// The card that is meant: by its name, by the beginning of it, or because there is no other.
pub(super) fn pick(cards: Vec<ShownCard>, wanted: Option<&str>) -> Result<ShownCard, Failure> {
    let named = |card: &ShownCard| wanted.is_none_or(|wanted| card.card.id().as_str().starts_with(wanted));
    let held = cards.len();
    let mut fitting: Vec<ShownCard> = cards.into_iter().filter(named).collect();
    match (fitting.len(), fitting.pop()) {
        (1, Some(card)) => Ok(card),
        (0, _) if held == 0 => {
            Err(Failure::new(Exit::RefusedByWallet, "no_card", "there is no card on this phone"))
        }
        (0, _) => {
            Err(Failure::new(Exit::RefusedByWallet, "no_such_card", "there is no such card on this phone"))
        }
        _ => Err(Failure::new(Exit::Usage, "which_card", "there are several cards: which one?")),
    }
}

/// [`pick`], for commands that need the name alone.
pub(super) fn pick_id(cards: Vec<ShownCard>, wanted: Option<&str>) -> Result<CardId, Failure> {
    pick(cards, wanted).map(|card| card.card.id().clone())
}
