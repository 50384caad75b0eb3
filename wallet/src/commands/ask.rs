//! `wallet verify --ask`: one question to one phone, over the network; the verdict, and then nothing of it is kept.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::card_claims::credential_type;
use shared::presentation::trust::RootPurpose;
use shared::presentation::verdict::{Reason, Verdict};
use shared::qr::render;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Exit;
use super::context::{Context, read};
use super::failure::Failure;
use super::output::{Reply, printable, say};
use super::trust::issuer;
use super::verify::{keep_clock, prepared, sentence};
use crate::cli::{Ask, Verify};
use crate::transport::serve::serve;
use crate::verify::offline::Inspector;
use crate::verify::online::{
    AskError, Asked, Checkpoint, CheckpointConfig, IdentifiedBy, Question, SessionId, SessionState, Shown,
    VerifierIdentity, router,
};

/// How often it is looked whether the holder has answered.
const GLANCE: Duration = Duration::from_millis(100);
/// How long the phone has to fetch the last word before the port closes.
const FAREWELL: Duration = Duration::from_secs(5);

pub(super) async fn run(context: &Context, options: &Verify, purpose: &str) -> Result<Reply, Failure> {
    let ask = &options.ask;
    let preset = Preset::named(purpose).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "bad_purpose",
            "cannot ask: ticket, cinema-13 to cinema-26, library or card?",
        )
    })?;
    let types = ask.issuer.iter().map(|text| Ok(credential_type(issuer(text)?.as_str())));
    let types = types.collect::<Result<Vec<String>, Failure>>()?;
    let identity = identity(ask)?;
    let mut inspector = prepared(context, options).await?;
    keep_clock(context, options, &mut inspector);
    let anchors = inspector.trust().anchors(RootPurpose::Cards);
    if anchors.is_empty() {
        let why = "cannot ask: whose cards count? --roots, or --folder with --trust-list-url";
        return Err(Failure::new(Exit::Usage, "no_roots", why));
    }
    let listener = listen(ask).await?;
    let base = base(ask, &listener)?;
    let surroundings = context.surroundings();
    warn(&inspector, surroundings.clock.now());
    let (clock, entropy) = (Arc::clone(&surroundings.clock), Arc::clone(&surroundings.entropy));
    let config = CheckpointConfig { base, identity, anchors, open_rendezvous: false };
    let network = Arc::clone(&surroundings.transport);
    let checkpoint = Arc::new(Checkpoint::new(config, clock, entropy, network).on_device(&inspector));
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let question = Question { purpose: ask.why.clone(), ..Question::new(preset.query(&types)) };
    let asked = checkpoint.ask(question)?;

    let (close, closed) = oneshot::channel::<()>();
    let endpoints = router(Arc::clone(&checkpoint));
    let serving = tokio::spawn(async move {
        let until = async move { drop(closed.await) };
        serve(listener, endpoints, until).await
    });
    show(context, &asked)?;
    let state = tokio::time::timeout(Duration::from_secs(ask.wait), answer(&checkpoint, &asked.id)).await;
    checkpoint.forget(&asked.id);
    // The phone gets its answer before the port closes.
    drop(close);
    let _late = tokio::time::timeout(FAREWELL, serving).await;
    tell(state.unwrap_or(SessionState::Expired))
}

/// Says before anybody is asked why no answer will count.
fn warn(inspector: &Inspector, raw: Timestamp) {
    let time = inspector.time(raw);
    if let Some(doubt) = time.doubt() {
        say(&format!(
            "warning: no answer will count, since the time is not known ({}): --folder with --trust-list-url \
             learns it; with --clock-is-right this machine's clock is gone by",
            Reason::from(doubt).code()
        ));
    }
    if inspector.trust().until.is_some_and(|until| time.now() >= until) {
        say(
            "warning: no answer will count, since the list of roots is too old: --trust-list-url fetches one",
        );
    }
}

async fn listen(ask: &Ask) -> Result<TcpListener, Failure> {
    if !ask.listen.ip().is_loopback() {
        let why = "cannot listen there without TLS: put a server with a certificate before it, and name it with \
                   --public-url";
        return Err(Failure::new(Exit::Usage, "plain_http", why));
    }
    TcpListener::bind(ask.listen).await.map_err(|error| {
        Failure::new(Exit::Usage, "cannot_listen", format!("cannot listen on {}: {error}", ask.listen))
    })
}

/// Where phones find the endpoints.
fn base(ask: &Ask, listener: &TcpListener) -> Result<HttpUrl, Failure> {
    let own = listener.local_addr().unwrap_or(ask.listen);
    let text = ask.public_url.clone().unwrap_or_else(|| format!("http://{own}"));
    HttpUrl::parse(&text, UrlPolicy::default())
        .map_err(|error| Failure::new(Exit::Usage, "bad_address", format!("cannot be found there: {error}")))
}

fn identity(ask: &Ask) -> Result<VerifierIdentity, Failure> {
    let (Some(key), Some(chain)) = (&ask.key, &ask.certificate) else {
        return Ok(VerifierIdentity::unsigned(&ask.name));
    };
    let text = |file| read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by = if ask.by_hash { IdentifiedBy::Hash } else { IdentifiedBy::DnsName };
    VerifierIdentity::from_pem(&ask.name, &text(key)?, &text(chain)?, by).map_err(|error| {
        Failure::new(Exit::Usage, error.reason(), format!("cannot use the verifier's identity: {error}"))
    })
}

/// The link, as a QR code and as text, and the digits: on stderr, since they are no result.
fn show(context: &Context, asked: &Asked) -> Result<(), Failure> {
    if !context.json {
        let code = render::terminal(asked.link.expose()).map_err(|error| {
            Failure::new(Exit::Machine, "cannot_draw", format!("cannot draw QR code: {error}"))
        })?;
        say(&code);
    }
    if let Some(digits) = asked.digits {
        say(&format!("digits: {digits}"));
    }
    if let Ok(link) = asked.link.expose().parse() {
        context.show_address(&link);
    }
    Ok(())
}

async fn answer(checkpoint: &Checkpoint, id: &SessionId) -> SessionState {
    loop {
        match checkpoint.state(id, None) {
            Some(SessionState::Asked | SessionState::Returning) => tokio::time::sleep(GLANCE).await,
            Some(state) => return state,
            None => return SessionState::Expired,
        }
    }
}

fn tell(state: SessionState) -> Result<Reply, Failure> {
    match state {
        SessionState::Answered { verdict, shown } => Ok(told(&verdict, None, Some(&shown))),
        SessionState::Refused { code, verdict: Some(verdict), shown } => {
            Ok(told(&verdict, Some(code), shown.as_ref()))
        }
        SessionState::Refused { code, verdict: None, .. } => {
            let json = json!({ "verdict": null, "code": code });
            Ok(Reply { json, text: "The holder said no.".to_owned(), exit: Exit::RefusedByWallet })
        }
        SessionState::Asked | SessionState::Returning | SessionState::Expired => Err(Failure::new(
            Exit::RefusedByWallet,
            "nobody_answered",
            "cannot tell: nobody answered in time",
        )),
    }
}

/// `code` is what the phone was told, where its answer is refused.
fn told(verdict: &Verdict, code: Option<&str>, shown: Option<&Shown>) -> Reply {
    let mut json = serde_json::to_value(verdict).unwrap_or_default();
    let mut text = sentence(verdict, &[]);
    if let Some(code) = code {
        json["code"] = code.into();
    }
    if let Some(shown) = shown {
        json["disclosed"] = json!(shown);
        for (claim, value) in shown.claims() {
            text.push_str(&format!("\n{}: {}", printable(claim), plain(value)));
        }
    }
    let exit = if verdict.is_valid() { Exit::Done } else { Exit::RefusedByWallet };
    Reply { json, text, exit }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with("data:") => "(a picture; --json has it)".to_owned(),
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::new(Exit::Usage, error.reason(), format!("cannot ask: {error}"))
    }
}
