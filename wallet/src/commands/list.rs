//! `wallet list`, and how a card is written in one line or one object.

use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::output::Reply;
use crate::show::ShownCard;

pub(super) async fn run(context: &Context) -> Result<Reply, Failure> {
    let cards = context.open().await?.cards().await?;
    let json = json!({ "cards": cards.iter().map(brief).collect::<Vec<_>>() });
    let text = if cards.is_empty() {
        "There is no card on this phone.".to_owned()
    } else {
        cards.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Reply::new(json, text))
}

/// A card in few members.
pub(super) fn brief(shown: &ShownCard) -> Value {
    let data = shown.card.data();
    json!({
        "id": shown.card.id(),
        "valid": shown.standing.is_valid(),
        "standing": shown.standing,
        "given_names": data.given_names.as_str(),
        "surname": data.surname.as_str(),
        "card_number": data.card_number,
        "school": data.school.name,
        "issued_on": data.validity.first_day(),
        "valid_until": data.validity.last_day(),
        "issuer": shown.card.held().issuer.identifier,
        "last_refresh": shown.card.held().last_refresh,
    })
}

/// A card in one line.
pub(super) fn line(shown: &ShownCard) -> String {
    let data = shown.card.data();
    let id = shown.card.id().as_str();
    format!(
        "{}  {} {}, {}, {}, until {}: {}",
        id.get(..8).unwrap_or(id),
        data.given_names.as_str(),
        data.surname.as_str(),
        data.card_number,
        data.school.name,
        data.validity.last_day(),
        shown.standing,
    )
}
