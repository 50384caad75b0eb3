//! `wallet pin change`

use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::init::new_pin;
use super::output::Reply;
use crate::cli::{Pin, PinCommand};
use crate::online::blocking;
use crate::phone::LockedPhone;

pub(super) async fn run(context: &Context, options: Pin) -> Result<Reply, Failure> {
    let PinCommand::Change(options) = options.command;
    let (home, parts) = (context.home()?.to_owned(), context.parts.clone());
    let locked = blocking(move || LockedPhone::open(&home, parts)).await?;
    let current = context.pin()?;
    let new = new_pin(options.new_pin_file.as_deref(), "MLEG_NEW_PIN", "new_pin_needed")?;
    let now = context.machine_now();
    blocking(move || {
        let phone = locked.unlock(&current, now).map_err(|still_locked| still_locked.refusal)?;
        phone.change_pin(&current, &new, now)
    })
    .await?;
    Ok(Reply::new(json!({ "pin": "changed" }), "The PIN is changed."))
}
