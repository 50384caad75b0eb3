//! `wallet delete`

use serde_json::json;

use super::Exit;
use super::context::{Context, confirm, pick};
use super::failure::{Failure, refusal_json};
use super::list::line;
use super::output::{Reply, say};
use crate::acquire::notification::Told;
use crate::cli::OneCard;

pub(super) async fn run(context: &Context, options: OneCard) -> Result<Reply, Failure> {
    let phone = context.open().await?;
    let shown = pick(phone.cards().await?, options.id.as_deref())?;
    if !context.json {
        say(&line(&shown));
        // Whoever calls from a script has named the card and means it.
        if confirm("Delete this card? A new one needs a new code from the school.") == Some(false) {
            return Err(Failure::new(Exit::Usage, "not_confirmed", "the card stays"));
        }
    }
    let deleted = phone.delete(shown.card.id(), &context.progress()).await?;
    let told = match &deleted.told {
        Told::Delivered => "its issuer knows",
        Told::Queued => "its issuer could not be told yet and will be at the next refresh",
        Told::Refused(_) => "to its issuer it was gone already",
        Told::NotPossible => "its issuer takes no notice of that; tell the school",
    };
    let refusal = match &deleted.told {
        Told::Refused(refusal) => refusal_json(refusal),
        Told::Delivered | Told::Queued | Told::NotPossible => serde_json::Value::Null,
    };
    Ok(Reply::new(
        json!({ "id": deleted.id, "told": deleted.told.reason(), "issuer": refusal }),
        format!("The card is deleted; {told}."),
    ))
}
