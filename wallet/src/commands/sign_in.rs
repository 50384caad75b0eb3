//! `wallet sign-in`: the pupil signs in on the portal, in a browser; the answer comes back to a port of this machine that
//! is open for this one sign-in (RFC 8252 §7.3).

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use super::output::{Reply, printable, say};
use super::trust::issuer_or_only;
use crate::cli;
use crate::junior::{self, SignIn};
use crate::transport::serve::serve;

/// What the browser shows at the end. It knows nothing yet of what the portal will say about the code.
const PAGE: &str = "<!doctype html><html lang=\"pl\"><meta charset=\"utf-8\"><title>mLegitymacja</title>\
    <p>Portal odpowiedział. Wróć do programu; tę kartę można zamknąć.\
    <p lang=\"en\">The portal has answered. Go back to the program; this tab can be closed.";

pub(super) async fn run(context: &Context, options: cli::SignIn) -> Result<Reply, Failure> {
    let phone = context.open().await?;
    let issuer = issuer_or_only(&phone, options.issuer.as_deref(), "on whose portal?").await?;
    let cannot_listen =
        || Failure::new(Exit::Machine, "cannot_listen", "cannot sign in: no port of this machine is free");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|_| cannot_listen())?;
    let address = listener.local_addr().map_err(|_| cannot_listen())?;
    let redirect = junior::loopback(address).ok_or_else(cannot_listen)?;
    let progress = context.progress();
    let sign_in = Arc::new(phone.begin_sign_in(&issuer, redirect, &progress).await?);
    say("Open this address in a browser on this machine, and sign in there:");
    context.show_address(sign_in.url());

    let patience = Duration::from_secs(options.timeout);
    let answer = tokio::time::timeout(patience, answered(listener, format!("http://{address}"), &sign_in));
    let redirected = answer.await.ok().flatten().ok_or_else(|| {
        Failure::new(
            Exit::RefusedByWallet,
            "nobody_signed_in",
            "cannot sign in: no answer came from a browser",
        )
    })?;
    let holder = phone.finish_sign_in(&sign_in, &redirected, &progress).await?;
    let (given_names, class) = (printable(&holder.info.given_names), printable(&holder.info.class_name));
    Ok(Reply::new(
        json!({
            "issuer": holder.issuer,
            "given_names": holder.info.given_names,
            "class_name": holder.info.class_name,
            "counts_until": holder.counts_until,
        }),
        format!(
            "Signed in: {given_names}, {class}. Now the code of this pupil's own account can be scanned."
        ),
    ))
}

/// Who waits for the browser.
struct Waiting {
    origin: String,
    sign_in: Arc<SignIn>,
    heard: Mutex<Option<oneshot::Sender<String>>>,
}

/// Serves the one address until a browser comes back with the answer to this very sign-in; `None` if the port fails.
async fn answered(listener: TcpListener, origin: String, sign_in: &Arc<SignIn>) -> Option<String> {
    let (heard, hears) = oneshot::channel();
    let waiting = Arc::new(Waiting { origin, sign_in: Arc::clone(sign_in), heard: Mutex::new(Some(heard)) });
    let router = Router::new().fallback(get(came_back)).with_state(waiting);
    let (told, tells) = oneshot::channel();
    // The browser gets its page before the port closes.
    let until_answered = async move {
        if let Ok(redirected) = hears.await {
            let _waiting = told.send(redirected);
        }
    };
    serve(listener, router, until_answered).await.ok()?;
    tells.await.ok()
}

/// Any page may send a browser here, so what answers another sign-in is nothing.
async fn came_back(State(waiting): State<Arc<Waiting>>, uri: Uri) -> Response {
    let redirected = format!("{}{uri}", waiting.origin);
    if !waiting.sign_in.is_answered_by(&redirected) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(heard) = waiting.heard.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _waits = heard.send(redirected);
    }
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(PAGE)).into_response()
}
