//! The desk's pages. They are for the person at this machine alone: whoever calls by another name, or from another
//! page, is sent away, so that no page on the web can press buttons on these phones.

use std::convert::Infallible;

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use shared::words::Lang;
use tokio::sync::broadcast::error::RecvError;
use tower::ServiceExt as _;

use super::acts::Given;
use super::assets;
use super::camera;
use super::desk::Desk;
use super::gate;
use super::page::{DeskPage, PhonePage};
use super::sandbox::Leap;
use super::words::Say;
use crate::documents::CardId;

/// The largest picture that is taken, in bytes; what it unpacks to is limited by who reads it.
const MAX_PICTURE: usize = 24 * 1024 * 1024;
/// The largest camera frame, in bytes.
const MAX_FRAME: usize = 4 * 1024 * 1024;

impl Desk {
    /// The desk's pages.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(desk))
            .route("/phones/{phone}", get(alone))
            .route("/phones/{phone}/screen", get(screen))
            .route("/phones/{phone}/portrait/{card}", get(portrait))
            .route("/phones/{phone}/picture", post(picture).layer(DefaultBodyLimit::max(MAX_PICTURE)))
            .route("/phones/{phone}/frame", post(frame).layer(DefaultBodyLimit::max(MAX_FRAME)))
            .route("/phones/{phone}/{act}", post(act))
            .route("/desk/clock", post(clock))
            .route("/desk/again", post(start_again))
            .route("/desk/copy", post(copy))
            .route("/junior/signed-in", get(signed_in))
            .route("/events", get(events))
            .nest_service(gate::PATH, tower::service_fn(check(self.clone())))
            .route("/language/{lang}", get(language))
            .layer(middleware::from_fn(never_stored))
            .route("/assets/{version}/{name}", get(assets::asset))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(middleware::from_fn(at_this_desk))
            .layer(middleware::from_fn(confined))
            .with_state(self.clone())
    }
}

/// Only this machine's own names lead here, and only these pages send forms.
async fn at_this_desk(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default().to_owned();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host.as_str() }
    });
    let number = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let by_number = number.is_ok_and(|address| address.is_loopback());
    let ours = by_number || name.eq_ignore_ascii_case("localhost");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let origin = text(header::ORIGIN);
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let from_here = origin.is_none_or(|origin| origin == format!("http://{host}"))
        && site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    if ours && (reads || from_here) { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// Everything here is about people.
async fn never_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Nothing but what comes from here, and nothing inline.
async fn confined(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; \
             media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        (
            "permissions-policy",
            "camera=(self), display-capture=(self), accelerometer=(self), gyroscope=(self), microphone=()",
        ),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        response
            .headers_mut()
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn lang(headers: &HeaderMap) -> Lang {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "lang").and_then(|(_, tag)| Lang::parse(tag)).unwrap_or_default()
}

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Desk {
    async fn page(&self, only: Option<u8>, lang: Lang, fault: Option<&'static str>) -> DeskPage {
        let mut phones = Vec::new();
        for phone in self.phones().iter().filter(|phone| only.is_none_or(|only| only == phone.number)) {
            phones.push(self.phone_page(phone.number, lang).await);
        }
        DeskPage {
            say: Say(lang),
            alone: only.is_some(),
            phones: phones.into_iter().flatten().collect(),
            issuer: self.issuer().to_string(),
            now: self.now(),
            sandbox: self.is_sandbox(),
            path: only.map_or_else(|| "/".to_owned(), |number| format!("/phones/{number}")),
            fault,
        }
    }

    async fn phone_page(&self, number: u8, lang: Lang) -> Option<PhonePage> {
        let phone = self.phone(number)?;
        // Nobody sees it a moment longer, however seldom the desk looks.
        phone.forget_old_verdict();
        let others = self.phones().iter().filter(|other| other.number != number).filter_map(|other| {
            let profile = other.profile();
            (profile.app.is_some() && !profile.lost).then(|| (other.number, profile.name.to_string()))
        });
        Some(PhonePage { others: others.collect(), ..PhonePage::of(phone, lang).await })
    }
}

async fn desk(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    html(&desk.page(None, lang(&headers), None).await)
}

async fn alone(State(desk): State<Desk>, Path(phone): Path<u8>, headers: HeaderMap) -> Response {
    if desk.phone(phone).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    html(&desk.page(Some(phone), lang(&headers), None).await)
}

async fn screen(State(desk): State<Desk>, Path(phone): Path<u8>, headers: HeaderMap) -> Response {
    match desk.phone_page(phone, lang(&headers)).await {
        Some(page) => html(&page),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The answer to a form: the phone's screen alone for the script, else the page where the form stood.
async fn answer(desk: &Desk, phone: u8, headers: &HeaderMap, back: &str) -> Response {
    if headers.contains_key("x-part") {
        return screen(State(desk.clone()), Path(phone), headers.clone()).await;
    }
    // Only to pages of this desk.
    let own = format!("/phones/{phone}");
    Redirect::to(if back == "/" { "/" } else { &own }).into_response()
}

async fn act(
    State(desk): State<Desk>,
    Path((number, name)): Path<(u8, String)>,
    headers: HeaderMap,
    form: Result<Form<std::collections::HashMap<String, String>>, FormRejection>,
) -> Response {
    let Some(phone) = desk.phone(number) else { return StatusCode::NOT_FOUND.into_response() };
    // A button without fields sends no form.
    let given = Given(form.map(|Form(fields)| fields).unwrap_or_default());
    match phone.act(&name, &given).await {
        Ok(()) => answer(&desk, number, &headers, given.get("back")).await,
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn picture(
    State(desk): State<Desk>,
    Path(number): Path<u8>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Response {
    let Some(phone) = desk.phone(number) else { return StatusCode::NOT_FOUND.into_response() };
    let (mut back, mut file) = (String::new(), None);
    loop {
        match form.next_field().await {
            Ok(Some(field)) if field.name() == Some("back") => back = field.text().await.unwrap_or_default(),
            Ok(Some(field)) if field.name() == Some("picture") => file = field.bytes().await.ok(),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    // A form that was cut off, or was sent without a picture, is a picture that cannot be read.
    phone.picture(file.map(Vec::from).unwrap_or_default()).await;
    answer(&desk, number, &headers, &back).await
}

#[derive(Deserialize)]
struct Shot {
    #[serde(default)]
    n: usize,
}

/// A camera's frame, JPEG: what the phone says to whoever holds the slip.
async fn frame(
    State(desk): State<Desk>,
    Path(number): Path<u8>,
    Query(Shot { n }): Query<Shot>,
    picture: Bytes,
) -> Response {
    let Some(phone) = desk.phone(number) else { return StatusCode::NOT_FOUND.into_response() };
    match camera::look(phone, picture.to_vec(), n).await {
        Ok(hint) => Json(json!({ "hint": hint })).into_response(),
        Err(_) => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

/// The verifier that asks for the inspectors here.
fn check(
    desk: Desk,
) -> impl Fn(Request) -> BoxFuture<'static, Result<Response, Infallible>> + Clone + Send + 'static {
    move |request| {
        let gate = desk.gate();
        async move {
            let router = match gate {
                Some(gate) => gate.router().await,
                None => None,
            };
            match router {
                Some(router) => router.oneshot(request).await,
                None => Ok(StatusCode::NOT_FOUND.into_response()),
            }
        }
        .boxed()
    }
}

/// A card's portrait, only while the phone is unlocked.
async fn portrait(State(desk): State<Desk>, Path((number, card)): Path<(u8, String)>) -> Response {
    let phone = desk.phone(number).and_then(|phone| phone.online());
    let (Some(online), Ok(id)) = (phone, CardId::parse(&card)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match online.show(&id).await {
        Ok(Some(shown)) => {
            ([(header::CONTENT_TYPE, "image/jpeg")], shown.card.data().photo.jpeg().to_vec()).into_response()
        }
        Ok(None) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Forward {
    leap: String,
}

async fn clock(State(desk): State<Desk>, headers: HeaderMap, Form(forward): Form<Forward>) -> Response {
    let moved = match Leap::parse(&forward.leap) {
        Some(leap) => desk.leap(leap).await,
        None => return StatusCode::NOT_FOUND.into_response(),
    };
    settled(&desk, &headers, moved, "desk-clock-refused").await
}

async fn start_again(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let begun = desk.start_again().await;
    settled(&desk, &headers, begun, "desk-again-refused").await
}

#[derive(Deserialize)]
struct Copy {
    from: u8,
    to: u8,
}

async fn copy(State(desk): State<Desk>, headers: HeaderMap, Form(copy): Form<Copy>) -> Response {
    let (Some(from), Some(to)) = (desk.phone(copy.from), desk.phone(copy.to)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let copied = copy.from != copy.to && from.copy_store_to(to).await.is_ok();
    settled(&desk, &headers, copied, "desk-copy-refused").await
}

async fn settled(desk: &Desk, headers: &HeaderMap, done: bool, fault: &'static str) -> Response {
    if done {
        return Redirect::to("/").into_response();
    }
    let page = desk.page(None, lang(headers), Some(fault)).await;
    (StatusCode::CONFLICT, html(&page)).into_response()
}

/// The portal sends the browser back here.
async fn signed_in(State(desk): State<Desk>, uri: Uri) -> Response {
    let redirected = uri.path_and_query().map_or("", |path| path.as_str());
    match desk.signed_in(redirected).await {
        Some(phone) => Redirect::to(&format!("/phones/{phone}")).into_response(),
        // Any page may send a browser here.
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Which phone has changed, as it happens: its number and the version of what it shows; `0 0` for all. At first all
/// phones are told as they are, for what changed between the page and this stream.
async fn events(State(desk): State<Desk>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = desk.changes();
    let now = desk.phones().iter().map(|phone| format!("{} {}", phone.number, phone.state().version()));
    let now: Vec<_> = now.map(|told| Ok(Event::default().data(told))).collect();
    let heard = futures::stream::unfold(changes, |mut changes| async move {
        let told = match changes.recv().await {
            Ok(change) => format!("{} {}", change.phone, change.version),
            Err(RecvError::Lagged(_)) => "0 0".to_owned(),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(Event::default().data(told)), changes))
    });
    Sse::new(futures::stream::iter(now).chain(heard)).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Back {
    back: Option<String>,
}

/// Remembers the language for a year and goes back to where the link stood.
async fn language(Path(tag): Path<String>, Query(Back { back }): Query<Back>) -> Response {
    let Some(lang) = Lang::parse(&tag) else { return StatusCode::NOT_FOUND.into_response() };
    let phone = back.as_deref().and_then(|back| back.strip_prefix("/phones/")?.parse::<u8>().ok());
    let to = phone.map_or_else(|| "/".to_owned(), |number| format!("/phones/{number}"));
    let cookie = format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax", lang.tag());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response()
}
