//! Why a command did not do what it was told: for people, for programs, and as an exit code.

use serde_json::{Value, json};
use shared::vci::error::Reason;

use super::Exit;
use crate::acquire::ActivateError;
use crate::acquire::failure::{ExchangeError, IssuerRefusal};
use crate::acquire::metadata::MetadataFault;
use crate::acquire::scan::ScanRefusal;
use crate::delete::DeleteError;
use crate::documents::{KeepError, StoreError};
use crate::junior::SignInError;
use crate::phone::{CreateError, OpenError, UnlockRefusal};
use crate::pin::PinError;
use crate::refresh::RefreshError;
use crate::trust::TrustError;

/// A failure, ready to be told.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// A stable name.
    pub(super) code: String,
    message: String,
    details: Option<Box<Value>>,
    refusal: Option<Box<IssuerRefusal>>,
}

impl Failure {
    pub(super) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), details: None, refusal: None }
    }

    /// Adds members to the JSON.
    pub(super) fn with_details(self, details: Value) -> Self {
        Self { details: Some(Box::new(details)), ..self }
    }

    fn refused(self, refusal: Option<&IssuerRefusal>) -> Self {
        Self { refusal: refusal.cloned().map(Box::new), ..self }
    }

    /// What is printed under `error`.
    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "exit": self.exit as u8,
        });
        if let Some(hint) = self.hint() {
            error["hint"] = hint.into();
        }
        if let Some(refusal) = &self.refusal {
            error["issuer"] = refusal_json(refusal);
        }
        if let Some(Value::Object(details)) = self.details.as_deref() {
            for (name, value) in details {
                error[name] = value.clone();
            }
        }
        error
    }

    /// What is said on stderr.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("error: {}", self.message)];
        if let Some(refusal) = &self.refusal {
            lines.extend(refusal.message_pl.clone());
        }
        lines.extend(self.hint().map(|hint| format!("hint: {hint}")));
        lines
    }

    fn hint(&self) -> Option<&'static str> {
        let reason = self.refusal.as_ref().and_then(|refusal| refusal.reason.as_ref());
        reason.and_then(hint_for_reason).or_else(|| hint_for_code(&self.code))
    }
}

/// The issuer's own words, for programs.
pub(super) fn refusal_json(refusal: &IssuerRefusal) -> Value {
    json!({
        "endpoint": refusal.endpoint,
        "status": refusal.status,
        "error": refusal.error,
        "error_description": refusal.description,
        "reason": refusal.reason.as_ref().map(Reason::as_str),
        "tries_left": refusal.tries_left,
        "message_pl": refusal.message_pl,
        "message_en": refusal.message_en,
    })
}

fn hint_for_reason(reason: &Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::WrongCode => "check the code on the slip and try again",
        Reason::Locked | Reason::Expired | Reason::Cancelled | Reason::Replaced => {
            "ask the school office for a new slip"
        }
        Reason::OtherDevice => {
            "if this phone began with the printed QR code, go on with that; else ask the school office for a new slip"
        }
        Reason::SlotsFull => "delete the card from another device first",
        Reason::Revoked | Reason::CardVoid | Reason::NoAgreement => "ask at the school office",
        Reason::CardExpired => "have the school card confirmed at the school office, then refresh",
        Reason::OtherPupil => "scan the code that your own account on the portal shows",
        Reason::SignInAgain => "sign in again with `wallet sign-in`",
        Reason::BadDpop | Reason::BadProof => "check the phone's clock (`--now` in a sandbox)",
        _ => return None,
    })
}

fn hint_for_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "home_needed" => "name its directory with --home",
        "no_phone" => "set one up with `wallet --home DIR init`",
        "already_set_up" => "choose another directory with --home",
        "phone_in_use" => "another program has this phone open; wait until it ends",
        "pin_needed" => "use --pin-file, MLEG_PIN or a terminal",
        "new_pin_needed" => "use --new-pin-file, MLEG_NEW_PIN or a terminal",
        "wait" => "wait, then try again; --now does not shorten the delay",
        "erased" => "the phone is lost: delete its directory and set it up again",
        "terms_not_accepted" => "read them, then accept them with --accept-terms",
        "untrusted_issuer" => "if you know this issuer: `wallet trust --issuer URL --fingerprint HEX`",
        "untrusted_root" => "the issuer may have a new root: ask for its fingerprint, then `wallet trust`",
        "untrusted_server" => "name the server's certificate authority with --ca-file",
        "plain_http" => "use https, or an issuer on this machine",
        "fingerprint_needed" => "compare it with the issuer's and repeat with --fingerprint, or with --yes",
        "fingerprint_differs" => "do not trust this root; ask the issuer",
        "sign_in_needed" | "signed_in_elsewhere" => "sign in first, with `wallet sign-in`",
        "not_junior" => {
            "only mObywatel Junior asks who holds it: `wallet init --app junior` in another directory"
        }
        "second_pupil" => "sign in as the pupil whose card is on this phone, or delete that card first",
        "sign_in_cancelled" | "nobody_signed_in" => {
            "repeat `wallet sign-in`; the way of guardians is the standard app"
        }
        "code_needed" => "use --code-file, MLEG_CODE or a terminal",
        "code_malformed" => "check the code on the slip; nothing was sent",
        "already_held" => "see `wallet list`",
        "no_card" => "get one with `wallet activate`",
        "no_such_card" | "which_card" => "see `wallet list` for the names",
        "which_issuer" => "name it with --issuer",
        "clock_behind" => "set the phone's clock (`--now` in a sandbox)",
        "cannot_reach" => "check the network and whether the issuer runs, then try again",
        "try_again" => "try again in a moment",
        "consent_needed" => "read what is asked, then agree with --yes, or say no with --decline",
        "item_required" | "nothing_left" => "say no to everything with --decline",
        "no_copy" | "copy_over" => "ask the issuer for new copies with `wallet refresh`",
        "no_matching_credential" => {
            "see `wallet show` for what the card says; new copies come with `wallet refresh`"
        }
        "not_a_request" => "take a picture of the code that the verifier shows",
        "no_code_found" | "picture_damaged" | "picture_too_large" | "not_a_picture" => {
            "take a sharper picture, or type the code below the QR code: --typed"
        }
        "several_offers" => "photograph one slip at a time",
        "disk_full" => "free some space; nothing was lost",
        "os_too_old" | "app_too_old" => "update it, or use another phone; the slip stays valid",
        _ => return None,
    })
}

pub(super) fn store_exit(error: &StoreError) -> Exit {
    match error {
        StoreError::RolledBack | StoreError::OtherDevice => Exit::RefusedByWallet,
        _ => Exit::Machine,
    }
}

fn exchange_exit(error: &ExchangeError) -> Exit {
    match error {
        ExchangeError::Refused(_) => Exit::RefusedByIssuer,
        ExchangeError::NoAnswer { error, .. } if !error.may_pass() && !error.may_have_arrived() => {
            Exit::RefusedByWallet
        }
        ExchangeError::NoAnswer { .. }
        | ExchangeError::TryAgain { .. }
        | ExchangeError::Unreadable { .. } => Exit::CannotReach,
        ExchangeError::Key(error) => store_exit(error),
    }
}

impl From<ActivateError> for Failure {
    fn from(error: ActivateError) -> Self {
        use ActivateError as E;
        let exit = match &error {
            E::Metadata(MetadataFault::Exchange(exchange)) | E::Exchange(exchange) => exchange_exit(exchange),
            E::CodeNeeded | E::CodeMalformed { .. } => Exit::Usage,
            E::Store(store) => store_exit(store),
            E::ClockBehind { .. }
            | E::ConsentMissing(_)
            | E::UntrustedIssuer(_)
            | E::AnotherIssuer
            | E::Metadata(_)
            | E::NoTypedCodes
            | E::NotPreAuthorized
            | E::UnknownCredential
            | E::PhoneTooOld(_)
            | E::SignInNeeded { .. }
            | E::SignedInElsewhere(_)
            | E::AlreadyHeld { .. }
            | E::Card(_)
            | E::Revoked(_) => Exit::RefusedByWallet,
        };
        let details = match &error {
            E::AlreadyHeld { id, freed } => {
                json!({ "card": id, "freed": freed.as_ref().map(|told| told.reason()) })
            }
            E::ClockBehind { floor } => json!({ "floor": floor }),
            _ => Value::Null,
        };
        Self::new(exit, error.reason(), format!("cannot activate the card: {error}"))
            .with_details(details)
            .refused(error.refusal())
    }
}

impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Self {
        use RefreshError as E;
        let exit = match &error {
            E::Exchange(exchange) => exchange_exit(exchange),
            E::Store(store) => store_exit(store),
            E::NoSuchCard
            | E::ClockBehind { .. }
            | E::UntrustedIssuer(_)
            | E::Card(_)
            | E::AlreadyHeld { .. } => Exit::RefusedByWallet,
        };
        let failure = Self::new(exit, error.reason(), format!("cannot refresh the card: {error}"));
        failure.refused(error.refusal())
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        use SignInError as E;
        let exit = match &error {
            E::Metadata(MetadataFault::Exchange(exchange)) | E::Exchange(exchange) => exchange_exit(exchange),
            E::Store(store) => store_exit(store),
            E::Cancelled | E::Refused(_) => Exit::RefusedByIssuer,
            E::NotJunior
            | E::UntrustedIssuer(_)
            | E::NoSignIn
            | E::Metadata(_)
            | E::Unreadable
            | E::OtherSignIn
            | E::AnotherIssuer
            | E::SecondPupil => Exit::RefusedByWallet,
        };
        let failure = Self::new(exit, error.reason(), format!("cannot sign in: {error}"));
        failure.refused(error.refusal())
    }
}

impl From<DeleteError> for Failure {
    fn from(error: DeleteError) -> Self {
        let exit = match &error {
            DeleteError::Keep(KeepError::Store(store)) | DeleteError::Store(store) => store_exit(store),
            DeleteError::Keep(_) => Exit::RefusedByWallet,
        };
        Self::new(exit, error.reason(), format!("cannot delete the card: {error}"))
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        let (exit, refusal) = match &error {
            TrustError::Exchange(exchange) => (exchange_exit(exchange), exchange.refusal().cloned()),
            TrustError::Root(_) => (Exit::RefusedByWallet, None),
        };
        Self::new(exit, error.reason(), format!("cannot fetch the root certificate: {error}"))
            .refused(refusal.as_ref())
    }
}

impl From<ScanRefusal> for Failure {
    fn from(refusal: ScanRefusal) -> Self {
        Self::new(Exit::UnreadableQr, refusal.reason(), format!("cannot read the picture: {refusal}"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(store_exit(&error), error.reason(), format!("cannot use the document store: {error}"))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::NoPhone => Exit::Usage,
            OpenError::Store(store) => store_exit(store),
            OpenError::InUse | OpenError::Newer { .. } | OpenError::Element(_) | OpenError::Io(_) => {
                Exit::Machine
            }
        };
        Self::new(exit, error.reason(), format!("cannot open the phone: {error}"))
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        let exit = match &error {
            CreateError::Pin(_) => Exit::Usage,
            CreateError::Device(_) | CreateError::AlreadySetUp => Exit::RefusedByWallet,
            CreateError::Store(store) => store_exit(store),
            CreateError::InUse | CreateError::Element(_) | CreateError::Io(_) => Exit::Machine,
        };
        Self::new(exit, error.reason(), format!("cannot set up the phone: {error}"))
    }
}

impl From<UnlockRefusal> for Failure {
    fn from(refusal: UnlockRefusal) -> Self {
        let exit = match &refusal {
            UnlockRefusal::WrongPin { .. } | UnlockRefusal::Wait { .. } | UnlockRefusal::Erased => {
                Exit::RefusedByWallet
            }
            UnlockRefusal::NewPin(_) => Exit::Usage,
            UnlockRefusal::Store(store) => store_exit(store),
            UnlockRefusal::Element(_) => Exit::Machine,
        };
        let details = match &refusal {
            UnlockRefusal::WrongPin { tries_left, wait } => {
                json!({ "tries_left": tries_left, "wait_seconds": wait.as_secs() })
            }
            UnlockRefusal::Wait { until } => json!({ "until": until }),
            _ => Value::Null,
        };
        Self::new(exit, refusal.reason(), format!("cannot unlock: {refusal}")).with_details(details)
    }
}

impl From<PinError> for Failure {
    fn from(error: PinError) -> Self {
        Self::new(Exit::Usage, error.reason(), format!("cannot take this PIN: {error}"))
    }
}
