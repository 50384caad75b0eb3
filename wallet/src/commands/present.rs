//! `wallet present`: a verifier's request is read, shown and answered; or a code is shown.

use serde_json::{Value, json};
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::rendezvous::RendezvousError;
use shared::vp::request::link::RequestLink;

use super::Exit;
use super::code;
use super::context::{Context, confirm, read};
use super::failure::{Failure, store_exit};
use super::output::{Reply, printable, say};
use super::receipts::{brief, line};
use crate::acquire::scan::{self, ScanRefusal};
use crate::cli::Present;
use crate::online::{OnlinePhone, blocking};
use crate::present::asked::{AskedItem, ConsentError, ItemId, Warning};
use crate::present::{AskedFor, PresentError, RequestSource};

pub(super) async fn run(context: &Context, options: Present) -> Result<Reply, Failure> {
    if let Some(purpose) = &options.source.code {
        return code::run(context, purpose, options.card.as_deref(), options.png.as_deref()).await;
    }
    // What can be wrong with the picture is found before the PIN is asked for.
    let source = source(&options).await?;
    let phone = context.open().await?;
    let asked = phone.read_request(source).await?;
    for line in told(&asked) {
        say(&line);
    }
    if options.decline {
        return declined(&phone, &asked).await;
    }
    let refused = refused(&asked, &options.refuse)?;
    let agreed = asked.consent(&refused)?;
    if !options.yes {
        match confirm(&format!("Share {}?", agreed.shared().join(", "))) {
            Some(true) => {}
            Some(false) => return declined(&phone, &asked).await,
            None => {
                let why = "cannot share anything that nobody has agreed to";
                let details = json!({ "asked": asked_json(&asked), "would_share": agreed.shared() });
                return Err(Failure::new(Exit::Usage, "consent_needed", why).with_details(details));
            }
        }
    }
    let presented = phone.present(&agreed).await?;
    if let Some(back) = &presented.redirect_uri {
        say(&format!("Go on in the browser: {}", printable(back.expose())));
    }
    Ok(Reply::new(brief(&presented.receipt), line(&presented.receipt)))
}

async fn declined(phone: &OnlinePhone, asked: &AskedFor) -> Result<Reply, Failure> {
    let receipt = phone.decline(asked).await?;
    Ok(Reply::new(brief(&receipt), line(&receipt)))
}

async fn source(options: &Present) -> Result<RequestSource, Failure> {
    if let Some(path) = &options.source.qr {
        let picture = read(path)?;
        let texts = blocking(move || scan::texts(&picture)).await.map_err(ScanRefusal::from)?;
        let link = texts.iter().find(|text| RequestLink::is_one(text)).ok_or_else(|| {
            let why = "cannot read the picture: its QR code is not a verifier's request";
            Failure::new(Exit::UnreadableQr, "not_a_request", why)
        })?;
        return Ok(RequestSource::from_text(link).map_err(PresentError::from)?);
    }
    if let Some(text) = &options.source.request {
        return RequestSource::from_text(text.trim()).map_err(|error| {
            Failure::new(Exit::Usage, error.reason(), format!("cannot read the link: {error}"))
        });
    }
    let place = options.at.as_deref().unwrap_or_default();
    let place = HttpUrl::parse(place, UrlPolicy::default()).map_err(|error| {
        Failure::new(Exit::Usage, "bad_address", format!("cannot ask there what the digits mean: {error}"))
    })?;
    let digits = options.source.digits.as_deref().unwrap_or_default();
    RequestSource::from_digits(digits, &place).ok_or_else(|| {
        Failure::new(Exit::Usage, "bad_digits", "cannot read the digits: a verifier shows six of them")
    })
}

/// Who asks, what and why, and what to think of first; with the values, since it is for the holder.
fn told(asked: &AskedFor) -> Vec<String> {
    let verifier = asked.verifier();
    let mut lines = vec![match &verifier.vouched_by {
        Some(root) => format!("{} asks (vouched for by {})", printable(&verifier.name), printable(root)),
        None => format!("{} asks (nobody vouches for that name)", printable(&verifier.name)),
    }];
    lines.push(format!("  the answer goes to {}", printable(&verifier.host)));
    lines.extend(asked.purpose().map(|why| format!("  why: {}", printable(&why))));
    lines.extend(asked.items().iter().map(|item| {
        let may = if item.required { "" } else { "  (may be refused)" };
        format!("  {}: {}{may}", printable(&item.claim), value(item))
    }));
    lines.extend(asked.warnings().into_iter().map(|warning| {
        let text = match warning {
            Warning::UnknownVerifier => "nobody whom this phone trusts vouches for who asks",
            Warning::AsksPesel => "the PESEL is asked",
            Warning::AsksAddress => "the home address is asked",
            Warning::Linkable => "no fresh copy is left: who saw this one can tell that it is the same card",
        };
        format!("warning: {text}")
    }));
    lines
}

fn value(item: &AskedItem) -> String {
    match item.value() {
        Value::String(text) if text.starts_with("data:") => "(a picture)".to_owned(),
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

/// What is asked, without what the answers would be.
fn asked_json(asked: &AskedFor) -> Value {
    json!({
        "verifier": asked.verifier(),
        "purpose": asked.purpose(),
        "items": asked.items(),
        "warnings": asked.warnings(),
        "expires_at": asked.expires_at(),
    })
}

/// The items that go by the names of `claims`, or stand below one of them.
fn refused(asked: &AskedFor, claims: &[String]) -> Result<Vec<ItemId>, Failure> {
    let items = asked.items();
    let mut refused = Vec::new();
    for claim in claims {
        let named = items.iter().filter(|item| {
            item.claim
                .strip_prefix(claim.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let before = refused.len();
        refused.extend(named.map(|item| item.id));
        if refused.len() == before {
            let why = format!("cannot refuse {}: it is not asked", printable(claim));
            return Err(Failure::new(Exit::Usage, "not_asked", why));
        }
    }
    Ok(refused)
}

impl From<ConsentError> for Failure {
    fn from(error: ConsentError) -> Self {
        Self::new(Exit::RefusedByWallet, error.reason(), format!("cannot agree to this: {error}"))
    }
}

impl From<PresentError> for Failure {
    fn from(error: PresentError) -> Self {
        use PresentError as E;
        let exit = match &error {
            E::RefusedByVerifier { .. }
            | E::Rendezvous(RendezvousError::Nothing | RendezvousError::TooFast)
            | E::NoRequest { status: 400..=499 } => Exit::RefusedByIssuer,
            E::NoAnswer(error) if !error.may_pass() && !error.may_have_arrived() => Exit::RefusedByWallet,
            E::NoAnswer(_) | E::NoRequest { .. } | E::Rendezvous(_) => Exit::CannotReach,
            E::Copy(_) | E::Disclosure(_) | E::Response(_) | E::Element(_) => Exit::Machine,
            E::Store(error) => store_exit(error),
            E::Link(_)
            | E::Request(_)
            | E::Formats
            | E::NoEncryptionKey
            | E::NoMatchingCredential
            | E::ClockBehind { .. } => Exit::RefusedByWallet,
        };
        let details = match &error {
            E::RefusedByVerifier { status, code } => {
                json!({ "verifier": { "status": status, "reason": code } })
            }
            E::ClockBehind { floor } => json!({ "floor": floor }),
            _ => Value::Null,
        };
        let why = match &error {
            E::RefusedByVerifier { code: Some(code), .. } => format!(" ({code})"),
            _ => String::new(),
        };
        Self::new(exit, error.reason(), format!("cannot answer the verifier: {error}{why}"))
            .with_details(details)
    }
}
