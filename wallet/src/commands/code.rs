//! `wallet present --code`: the code of this moment, for an inspector without a network.

use std::path::Path;

use serde_json::json;
use shared::holder_code::{HolderClock, Proves, Purpose};
use shared::qr::render;

use super::Exit;
use super::context::{Context, pick_id};
use super::failure::{Failure, store_exit};
use super::output::{Reply, say};
use crate::present::code::CodeError;
use crate::present::show_code::ShowCodeError;

/// The width of a module in a picture, in pixels.
const MODULE_PX: u32 = 6;

pub(super) async fn run(
    context: &Context,
    purpose: &str,
    card: Option<&str>,
    png: Option<&Path>,
) -> Result<Reply, Failure> {
    let purpose: Purpose = purpose
        .parse()
        .map_err(|error| Failure::new(Exit::Usage, "bad_purpose", format!("cannot read purpose: {error}")))?;
    let phone = context.open().await?;
    let card = pick_id(phone.cards().await?, card)?;
    let hand = phone.take_code_in_hand(&card, purpose).await?;
    let code = phone.code_now(&hand).await?;
    let knows_the_time = code.clock == HolderClock::Corrected;
    if !knows_the_time {
        say("warning: this phone knows no signed time, so nobody will find the code valid; refresh the card");
    }
    if !hand.is_fresh() {
        say("warning: no fresh copy is left: who saw this one can tell that it is the same card");
    }
    let mut json = json!({
        "card": card,
        "purpose": purpose,
        "made_at": code.made_at,
        "next_at": code.next_at,
        "knows_the_time": knows_the_time,
        "fresh": hand.is_fresh(),
        "proves": hand.content().proves(),
        "discloses": hand.content().to_json(),
    });
    let Some(file) = png else {
        json["text"] = code.text.as_str().into();
        return Ok(Reply::new(json, code.text));
    };
    let picture = render::png(&code.text, MODULE_PX).map_err(|error| {
        Failure::new(Exit::Machine, "cannot_draw", format!("cannot draw QR code: {error}"))
    })?;
    std::fs::write(file, picture).map_err(|error| {
        let why = format!("cannot write {}: {error}", file.display());
        Failure::new(Exit::Machine, "file_unwritable", why)
    })?;
    json["png"] = file.display().to_string().into();
    let proves = match hand.content().proves() {
        Proves::Face => "it proves the face",
        Proves::Name => "it proves the name, not the face",
        Proves::Bearer => "it proves neither name nor face",
    };
    Ok(Reply::new(json, format!("{}: the code of {}; {proves}", file.display(), code.made_at)))
}

impl From<ShowCodeError> for Failure {
    fn from(error: ShowCodeError) -> Self {
        use ShowCodeError as E;
        let exit = match &error {
            E::NoSuchCard | E::Standing(_) | E::NoCopy | E::Over | E::Code(CodeError::NoStatement) => {
                Exit::RefusedByWallet
            }
            E::Code(_) => Exit::Machine,
            E::Store(error) => store_exit(error),
        };
        Self::new(exit, error.reason(), format!("cannot show the card: {error}"))
    }
}
