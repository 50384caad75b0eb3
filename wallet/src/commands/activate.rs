//! `wallet activate`

use std::io::IsTerminal as _;

use serde_json::json;
use shared::secret::Secret;
use shared::typed_code::TypedCode;
use shared::vci::error::Reason;
use shared::vci::uri::is_loopback;

use super::Exit;
use super::context::{Context, ask, confirm, read, secret};
use super::failure::Failure;
use super::list::{brief, line};
use super::output::{Reply, printable, say};
use super::trust::issuer_or_only;
use crate::acquire::offer::OfferSource;
use crate::acquire::{ActivateError, Activated, OpenedOffer, scan};
use crate::cli::{self, Source};
use crate::documents::StoreError;
use crate::online::{OnlinePhone, blocking};

pub(super) async fn run(context: &Context, options: cli::Activate) -> Result<Reply, Failure> {
    // What can be wrong with the picture is found before the PIN is asked for.
    let ready = ready_source(&options.source).await?;
    let code = given_code(&options)?;
    let phone = context.open().await?;
    accept_terms(&phone, options.accept_terms).await?;
    let source = match ready {
        Ready::Offer(source) => source,
        Ready::Typed(code) => {
            let named = options.issuer.as_deref();
            OfferSource::typed(code, issuer_or_only(&phone, named, "whose typed code is this?").await?)
        }
    };
    let progress = context.progress();
    let offer = phone.open_offer(source, &progress).await?;
    if options.code.is_some() && !is_loopback(offer.issuer().as_url()) {
        say(
            "warning: others on this machine can see a code on the command line; use --code-file or the prompt",
        );
    }
    let activated = follow(context, &phone, &offer, code).await?;
    tell(&phone, &activated).await
}

enum Ready {
    Offer(OfferSource),
    Typed(TypedCode),
}

async fn ready_source(source: &Source) -> Result<Ready, Failure> {
    if let Some(path) = &source.qr {
        let picture = read(path)?;
        return Ok(Ready::Offer(blocking(move || scan::offer(&picture)).await?));
    }
    if let Some(text) = &source.offer {
        return OfferSource::from_text(text).map(Ready::Offer).map_err(|error| {
            Failure::new(Exit::Usage, "bad_offer", format!("cannot read the offer: {error}"))
        });
    }
    let typed = source.typed.as_deref().unwrap_or_default();
    TypedCode::parse(typed).map(Ready::Typed).map_err(|error| {
        Failure::new(Exit::Usage, "typed_code_malformed", format!("cannot accept the typed code: {error}"))
    })
}

/// The code, if it was given beforehand; a prompt waits until the offer says what it wants.
fn given_code(options: &cli::Activate) -> Result<Option<Secret>, Failure> {
    match &options.code {
        Some(code) => Ok(Some(Secret::new(code.as_str()))),
        None if options.code_file.is_some() || std::env::var_os("MLEG_CODE").is_some() => {
            secret(options.code_file.as_deref(), "MLEG_CODE", "")
        }
        None => Ok(None),
    }
}

/// Shows what is to be accepted, and takes the answer.
async fn accept_terms(phone: &OnlinePhone, accepted: bool) -> Result<(), Failure> {
    let missing = phone.missing_consents().await?;
    if missing.is_empty() {
        return Ok(());
    }
    if !accepted {
        for text in &missing {
            say(&format!("{}\n(wersja {})\n", text.text, text.version));
        }
        if confirm("Akceptuję regulamin i zapoznałem/-am się z informacją o przetwarzaniu danych")
            != Some(true)
        {
            return Err(ActivateError::ConsentMissing(missing).into());
        }
    }
    Ok(phone.accept_terms().await?)
}

/// Follows the offer. Where the code is typed at a terminal, a wrong one may be typed again.
async fn follow(
    context: &Context,
    phone: &OnlinePhone,
    offer: &OpenedOffer,
    given: Option<Secret>,
) -> Result<Activated, Failure> {
    let progress = context.progress();
    let Some(wanted) = offer.asks_code().filter(|_| given.is_none()) else {
        return Ok(phone.activate(offer, given.as_ref(), &progress).await?);
    };
    if !std::io::stdin().is_terminal() {
        return Err(ActivateError::CodeNeeded.into());
    }
    say(&format!("{} ({})", printable(offer.issuer_name()), offer.issuer()));
    if let Some(description) = &wanted.description {
        say(&printable(description));
    }
    loop {
        let code = ask("Kod aktywacyjny: ")?.ok_or(ActivateError::CodeNeeded)?;
        match phone.activate(offer, Some(&code), &progress).await {
            Err(error) if may_be_typed_again(&error) => {
                Failure::from(error).lines().iter().for_each(|l| say(l))
            }
            outcome => return Ok(outcome?),
        }
    }
}

fn may_be_typed_again(error: &ActivateError) -> bool {
    match error {
        ActivateError::CodeMalformed { .. } => true,
        error => error.refusal().is_some_and(|refusal| {
            refusal.reason == Some(Reason::WrongCode) && refusal.tries_left.is_none_or(|tries| tries > 0)
        }),
    }
}

async fn tell(phone: &OnlinePhone, activated: &Activated) -> Result<Reply, Failure> {
    let shown = phone.show(&activated.id).await?.ok_or(StoreError::Damaged("a card vanished"))?;
    let mut json = brief(&shown);
    json["replaced"] = json!(activated.replaced);
    json["list"] = activated.list.reason().into();
    json["told"] = activated.told.reason().into();
    let done =
        if activated.replaced.is_some() { "Activated in the place of the old card" } else { "Activated" };
    Ok(Reply::new(json, format!("{done}: {}", line(&shown))))
}
