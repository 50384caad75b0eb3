//! `wallet screen`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use shared::vci::uri::is_loopback;

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use super::output::{Reply, say};
use super::trust::issuer;
use crate::cli::Screen;
use crate::pin::PinCost;
use crate::screen::{Desk, DeskParts};

/// Where phones lie that nobody gave a place.
const DESK: &str = "mlegitymacja-desk";

pub(super) async fn run(context: &Context, options: Screen) -> Result<Reply, Failure> {
    let issuer = issuer(&options.issuer)?;
    if !is_loopback(issuer.as_url()) && options.fingerprint.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            "fingerprint_needed",
            "cannot trust an issuer on another machine without the fingerprint of its root",
        ));
    }
    if !options.listen.ip().is_loopback() {
        let why = "cannot show phones to other machines: they have no sign-in; listen on 127.0.0.1";
        return Err(Failure::new(Exit::Usage, "plain_http", why));
    }
    let home = context.given_home().map_or_else(|| PathBuf::from(DESK), PathBuf::from);
    let surroundings = context.surroundings();
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(|error| {
        Failure::new(Exit::Usage, "cannot_listen", format!("cannot listen on {}: {error}", options.listen))
    })?;
    let address = listener.local_addr().unwrap_or(options.listen);
    let desk = Desk::lay(DeskParts {
        home: home.clone(),
        phones: options.phones,
        address,
        issuer: issuer.clone(),
        fingerprint: options.fingerprint,
        refresh_every: (options.refresh_every > 0).then(|| Duration::from_secs(options.refresh_every)),
        pin_cost: PinCost::STANDARD,
        stores: Arc::clone(&context.parts.stores),
        clock: Arc::clone(&surroundings.clock),
        entropy: Arc::clone(&surroundings.entropy),
        network: Arc::clone(&surroundings.transport),
    })
    .await;
    say(&format!("{} phones lie in {}.", options.phones, home.display()));
    say(&format!("They trust {issuer}. Open http://{address}/ in a browser; Ctrl-C switches them off."));
    // Streams of events never end by themselves, so Ctrl-C cuts them off; what phones keep is kept at every step.
    let served = tokio::select! {
        served = desk.serve(listener) => served,
        _asked = tokio::signal::ctrl_c() => Ok(()),
    };
    served.map_err(|error| {
        Failure::new(Exit::Machine, "desk_failed", format!("cannot serve the desk: {error}"))
    })?;
    Ok(Reply::new(Value::Null, "The phones are switched off."))
}
