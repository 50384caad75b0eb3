//! What changes while somebody looks: the code, the counter and the devices, and the stream that tells of it.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use super::shelf::{Seen, Wish};
use super::{FindVisitor, Visitor};
use crate::pages::frame::Page;
use crate::pages::{PageFailure, Pages};
use crate::registry::portal_standing::{Next, Standing};
use crate::registry::rights::PortalRight;
use crate::registry::sign_in::FindSession;
use crate::store::id::{DeviceId, GrantId, PupilId};
use crate::store::tables::device::Device;
use crate::store::tables::pupil::Pupil;
use crate::store::tables::session::Realm;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/portal/children/{id}/events", get(events))
}

/// How often the books are looked at though nothing was heard: another process may have written.
const TICK: Duration = Duration::from_secs(10);
/// Writes that come close together are looked at once.
const GATHER: Duration = Duration::from_millis(250);
/// How often a silent stream shows that it is alive.
const BREATH: Duration = Duration::from_secs(20);

/// A code as it is shown.
struct CodeView {
    svg: String,
    typed: String,
    expires_at: Timestamp,
}

/// A device as it is shown.
pub(super) struct DeviceView {
    pub(super) id: DeviceId,
    pub(super) name: String,
    pub(super) system: String,
    pub(super) activated_at: Timestamp,
}

impl DeviceView {
    pub(super) fn of(device: &Device) -> Self {
        let platform = match device.platform.as_str() {
            "android" => "Android",
            "ios" => "iOS",
            other => other,
        };
        Self {
            id: device.id.clone(),
            name: device.name.clone(),
            system: format!("{platform} {}", device.os_version).trim().to_owned(),
            activated_at: device.activated_at,
        }
    }
}

/// The part of the page that changes by itself.
#[derive(Template)]
#[template(path = "portal/live.html")]
pub(super) struct Live {
    page: Page,
    child: PupilId,
    code: Option<CodeView>,
    /// The word of what is shown instead of a code.
    instead: String,
    /// Where the slip is collected, under rules with slips.
    pub(super) slip: Option<SlipView>,
    devices: Vec<DeviceView>,
    places: u8,
    may_drop: bool,
    may_show: bool,
    /// What all of this is known by: the same again needs no word.
    mark: String,
    grant: Option<GrantId>,
    expires_at: Option<Timestamp>,
}

/// Where the slip is, under rules with slips.
pub(super) struct SlipView {
    pub(super) school: String,
    pub(super) address: String,
    pub(super) until: Option<Timestamp>,
    /// Who comes for it: `guardian`, `adult`, or `minor` where the application lets a minor.
    pub(super) who: &'static str,
}

impl SlipView {
    fn of(standing: &Standing) -> Self {
        let school = &standing.office.school;
        let today = shared::validity::warsaw_date(standing.now);
        let minor_may = standing.application.as_ref().is_some_and(|newest| newest.minor_may_collect);
        Self {
            school: school.name.clone(),
            address: format!("{}, {} {}", school.street_line, school.postal_code, school.city),
            until: standing.grant.as_ref().map(|grant| grant.expires_at),
            who: if shared::validity::is_of_age(standing.pupil.birth_date, today) {
                "adult"
            } else if minor_may {
                "minor"
            } else {
                "guardian"
            },
        }
    }
}

impl Live {
    /// Looks at a child's card for a visitor, by this wish.
    pub(super) async fn look(
        pages: &Pages,
        visitor: &Visitor,
        child: &Pupil,
        wish: &Wish,
    ) -> Result<Self, PageFailure> {
        let may_show = visitor.may(PortalRight::ShowCode, child);
        let (standing, seen) = if may_show {
            pages.look(&child.id, wish, visitor.actor()).await?
        } else {
            (pages.standing(&child.id).await?, Seen::None)
        };
        let next = standing.next();
        let mut grant = None;
        let (code, instead) = match seen {
            Seen::Code(code) => {
                grant = Some(code.grant);
                let (svg, typed) = (code.svg.expose().to_owned(), code.typed.expose().to_owned());
                (Some(CodeView { svg, typed, expires_at: code.expires_at }), String::new())
            }
            Seen::Same(same) => {
                grant = Some(same);
                (None, "same".to_owned())
            }
            Seen::Elsewhere => (None, "elsewhere".to_owned()),
            Seen::Refused => (None, "refused".to_owned()),
            Seen::None if next == Next::PortalCode => (None, "not_yours".to_owned()),
            Seen::None => (None, next.word().to_owned()),
        };
        let devices: Vec<DeviceView> = standing.devices.iter().map(DeviceView::of).collect();
        let shown = grant.as_ref().map_or(instead.as_str(), GrantId::as_str);
        let mark = devices.iter().fold(shown.to_owned(), |mark, device| mark + "." + device.id.as_str());
        let expires_at = code.as_ref().map(|code| code.expires_at);
        Ok(Self {
            page: visitor.page("", "portal-applications-title"),
            child: child.id.clone(),
            code,
            instead,
            slip: (!standing.shows_codes()).then(|| SlipView::of(&standing)),
            devices,
            places: standing.places(),
            may_drop: visitor.may(PortalRight::DropDevice, child),
            may_show,
            mark,
            grant,
            expires_at,
        })
    }

    /// What all of it is known by: with this the page asks the stream for what is newer.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// What is said to somebody who does not see the page change.
    fn news(&self) -> String {
        let lang = self.page.lang;
        let counted = lang.t2("portal-live-counter", "n", self.devices.len(), "places", self.places);
        let key = match (&self.code, self.instead.as_str()) {
            (Some(_), _) => "portal-live-news-code",
            (None, "full") => "portal-live-news-full",
            (None, _) => "portal-live-news-none",
        };
        format!("{counted} {}", lang.t(key))
    }
}

/// Follows one child's card for one browser.
struct Follower {
    pages: Pages,
    session: [u8; 32],
    visitor: Visitor,
    child: PupilId,
    changes: watch::Receiver<u64>,
    mark: String,
    expires_at: Option<Timestamp>,
    first: bool,
}

impl Follower {
    /// Waits until there is something new; none when the stream is over.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        loop {
            if !self.first {
                self.wait().await;
            }
            self.first = false;
            // Before looking: what is written while we look is heard.
            self.changes.borrow_and_update();
            let find = FindSession { realm: Realm::Portal, hash: self.session, now: self.pages.now() };
            let found = self.pages.issuance.store.read(FindVisitor(find)).await;
            let Some(found) = found.inspect_err(|error| tracing::error!(%error, "cannot follow")).ok()?
            else {
                return Some((Ok(Event::default().event("over").data("-")), None));
            };
            self.visitor.children = found.children;
            self.visitor.visit.act = self.pages.issuance.act(self.visitor.actor());
            let Some(child) = self.visitor.children.iter().find(|child| child.id == self.child) else {
                return Some((Ok(Event::default().event("over").data("-")), None));
            };
            let wish = Wish::Follow(self.mark.split('.').next().and_then(GrantId::parse));
            let live = Live::look(&self.pages, &self.visitor, child, &wish).await.ok()?;
            self.expires_at = live.expires_at.or(self.expires_at.filter(|_| live.grant.is_some()));
            if live.mark == self.mark {
                continue;
            }
            self.mark.clone_from(&live.mark);
            let html = live.render().inspect_err(|error| tracing::error!(%error, "cannot render")).ok()?;
            let data = json!({ "html": html, "news": live.news() }).to_string();
            let event = Event::default().event("card").id(&live.mark).data(data);
            return Some((Ok(event), Some(self)));
        }
    }

    /// Until something was written, the code ends, or a while has passed.
    async fn wait(&mut self) {
        let left = self.expires_at.map(|end| end.duration_since(self.pages.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or(TICK);
        let pause = left.clamp(Duration::from_secs(1), TICK);
        tokio::select! {
            written = self.changes.changed() => match written {
                Ok(()) => tokio::time::sleep(GATHER).await,
                Err(_) => tokio::time::sleep(TICK).await,
            },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[derive(Deserialize)]
struct Shown {
    shown: Option<String>,
}

/// `card` whenever the page shows something else than what stands in the books, `over` when nobody is signed in.
async fn events(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(Shown { shown }): Query<Shown>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let child = visitor.child(&id)?.id.clone();
    // A browser that lost the stream names what it heard last.
    let heard = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let follower = Follower {
        session: visitor.session().hash,
        changes: pages.issuance.store.changes(),
        mark: heard.or(shown).unwrap_or_default(),
        expires_at: None,
        first: true,
        child,
        visitor,
        pages,
    };
    let stream = futures::stream::unfold(Some(follower), async |follower| follower?.next().await);
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(BREATH)).into_response();
    // A code is a secret: the stream's own "no-cache" would let a copy be kept.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Or a proxy keeps events until it has enough of them.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(unbuffered, HeaderValue::from_static("no"));
    Ok(response)
}
