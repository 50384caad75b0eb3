//! Where on a phone its owner stands. What is shown there comes from the phone itself, each time anew.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use shared::presentation::verdict::Verdict;
use shared::vp::preset::Preset;

use super::trouble::Trouble;
use crate::acquire::event::{Event, Step};
use crate::app_kind::AppKind;
use crate::documents::{CardId, ReceiptId};
use crate::present::show_code::CodeInHand;
use crate::verify::online::Asked;

/// A place on a phone.
#[derive(Debug, Clone)]
pub(super) enum View {
    /// The first start: which app.
    Welcome,
    /// mObywatel Junior: the pupil signs in on the portal, in a browser.
    SignIn,
    /// The first start: a PIN or a password, with what was wrong with it.
    SetPin { app: AppKind, fault: Option<&'static str> },
    /// The lock, with what was wrong with the last try.
    Lock { fault: Option<LockFault> },
    /// The documents on this phone.
    Documents,
    /// A card; `drawer` is the developer's.
    Card { id: CardId, drawer: bool },
    /// Shall the card go?
    ConfirmDelete { id: CardId },
    /// The phone's own settings.
    Settings,
    /// A new PIN, with what was wrong with the last try.
    ChangePin { fault: Option<LockFault> },
    /// On the way to a card.
    Add(Add),
    /// A card is shown to somebody.
    Prove(Prove),
    /// Somebody else's card is checked.
    Inspect(Inspect),
    /// Something is being done.
    Working(Working),
    /// Something went wrong.
    Trouble(Trouble),
}

/// The steps to a card, in the order of the schools' pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Add {
    /// Which document.
    Choose,
    /// How activation works.
    How,
    /// The terms of use, to their end.
    Terms,
    /// The privacy notice.
    Privacy,
    /// May the camera be used?
    Camera,
    /// The QR code: by camera or from a picture.
    Scan,
    /// The code printed below the QR code, or the text of a link.
    Typed { typed: String, fault: Option<&'static str> },
    /// What will be downloaded, and from whom.
    Offer,
    /// The activation code.
    Code { fault: Option<&'static str> },
    /// Really?
    Confirm,
    /// The card is here.
    Done { id: CardId, replaced: bool },
}

/// The ways to show a card to somebody who checks it.
#[derive(Debug, Clone)]
pub(super) enum Prove {
    /// For what?
    Purposes { id: CardId },
    /// The code, which changes every 15 seconds.
    Code { id: CardId, hand: Arc<CodeInHand> },
    /// A verifier's request: its code is scanned, or its digits are typed.
    Scan { fault: Option<&'static str> },
    /// Who asks, what and why; with what was wrong with the PIN.
    Asked { fault: Option<LockFault> },
    /// What became of a request.
    Receipt { id: ReceiptId },
}

/// The ways to check somebody's card.
#[derive(Debug, Clone)]
pub(super) enum Inspect {
    /// What for.
    Choose,
    /// Scan, or ask?
    How { purpose: Preset },
    /// The holder's code: by camera or from a picture.
    Scan { purpose: Preset },
    /// The holder is asked.
    Waiting { purpose: Preset, asked: Arc<Asked> },
    /// Nobody answered in time.
    Over,
    /// The holder said no.
    Declined,
    /// The verdict, for three minutes.
    Verdict(Arc<Found>),
}

/// What an inspector found.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    /// What an issuer's signature vouches for: claims by their paths.
    pub(super) claims: Vec<(String, Value)>,
    /// Whether a name was proven and no face.
    pub(super) no_face: bool,
    /// When it was found, by the phone's own clock.
    pub(super) at: Timestamp,
    /// When it is gone.
    pub(super) until: Timestamp,
}

/// Personal data.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

/// What was wrong at the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockFault {
    /// Not the PIN; so many tries are left.
    Wrong { tries_left: u8 },
    /// A text that can be no PIN; it cost no try.
    Malformed,
    /// Too early.
    Wait,
    /// A new PIN that will not do: the name of the reason.
    New(&'static str),
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// The portal is asked where pupils sign in, or who has.
    SigningIn,
    /// The offer is opened.
    Opening,
    /// The card is fetched.
    Activating,
    /// Cards are refreshed.
    Refreshing,
    /// A card is given up.
    Deleting,
    /// A verifier's request is read.
    Reading,
    /// What was agreed is shared.
    Presenting,
    /// A code is judged.
    Inspecting,
    /// What codes are judged by is fetched.
    Fetching,
}

impl Work {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::SigningIn => "signing_in",
            Self::Opening => "opening",
            Self::Activating => "activating",
            Self::Refreshing => "refreshing",
            Self::Deleting => "deleting",
            Self::Reading => "reading",
            Self::Presenting => "presenting",
            Self::Inspecting => "inspecting",
            Self::Fetching => "fetching",
        }
    }

    /// The steps that are to be expected, in their order.
    pub(super) fn steps(self) -> &'static [Step] {
        match self {
            Self::Opening => &Step::ALL[..3],
            Self::Activating => &Step::ALL[3..],
            Self::SigningIn
            | Self::Refreshing
            | Self::Deleting
            | Self::Reading
            | Self::Presenting
            | Self::Inspecting
            | Self::Fetching => &[],
        }
    }
}

/// Work that goes on, and how far it is.
#[derive(Debug, Clone)]
pub(super) struct Working {
    pub(super) work: Work,
    /// The steps that were begun; the last one goes on.
    pub(super) begun: Vec<Begun>,
    /// Whether something is being tried again.
    pub(super) retrying: bool,
}

/// A step that was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    pub(super) step: Step,
    pub(super) at: Instant,
}

impl Working {
    pub(super) fn new(work: Work) -> Self {
        Self { work, begun: Vec::new(), retrying: false }
    }

    /// Takes notice of what the library tells; `at` is the machine's.
    pub(super) fn take(&mut self, event: &Event, at: Instant) {
        match event {
            Event::Began(step) => {
                self.retrying = false;
                if self.begun.last().is_none_or(|last| last.step != *step) {
                    self.begun.push(Begun { step: *step, at });
                }
            }
            Event::Retrying { .. } => self.retrying = true,
            Event::NewNonce
            | Event::NewOffer
            | Event::CodeNotNeeded
            | Event::ListNotConsulted
            | Event::ListStale
            | Event::Listed(_)
            | Event::NoticeQueued => {}
        }
    }
}

impl View {
    /// A stable name: for the page's own use, and for tests.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::SignIn => "sign-in",
            Self::SetPin { .. } => "set-pin",
            Self::Lock { .. } => "lock",
            Self::Documents => "documents",
            Self::Card { .. } => "card",
            Self::ConfirmDelete { .. } => "confirm-delete",
            Self::Settings => "settings",
            Self::ChangePin { .. } => "change-pin",
            Self::Add(add) => match add {
                Add::Choose => "choose",
                Add::How => "how",
                Add::Terms => "terms",
                Add::Privacy => "privacy",
                Add::Camera => "camera",
                Add::Scan => "scan",
                Add::Typed { .. } => "typed",
                Add::Offer => "offer",
                Add::Code { .. } => "code",
                Add::Confirm => "confirm",
                Add::Done { .. } => "done",
            },
            Self::Prove(prove) => match prove {
                Prove::Purposes { .. } => "purposes",
                Prove::Code { .. } => "shown-code",
                Prove::Scan { .. } => "answer",
                Prove::Asked { .. } => "asked",
                Prove::Receipt { .. } => "receipt",
            },
            Self::Inspect(inspect) => match inspect {
                Inspect::Choose => "inspect",
                Inspect::How { .. } => "inspect-how",
                Inspect::Scan { .. } => "inspect-scan",
                Inspect::Waiting { .. } => "inspect-waiting",
                Inspect::Over => "inspect-over",
                Inspect::Declined => "inspect-declined",
                Inspect::Verdict(_) => "verdict",
            },
            Self::Working(_) => "working",
            Self::Trouble(_) => "trouble",
        }
    }
}
