//! The first page: what is to be done today, in numbers that lead to what they count.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Office;
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages};
use crate::registry::rights::Right;
use crate::registry::today::{ReadToday, Today};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office", get(today))
}

/// A number, what it counts, and where the rows behind it are.
struct Figure {
    number: i64,
    /// Key of the text.
    key: &'static str,
    href: &'static str,
    /// How it looks when it is not 0: `bad`, `warn` or plain.
    kind: &'static str,
}

impl Figure {
    const fn new(number: i64, key: &'static str, href: &'static str, kind: &'static str) -> Self {
        Self { number, key, href, kind }
    }

    fn class(&self) -> &'static str {
        if self.number == 0 { "none" } else { self.kind }
    }
}

/// Numbers under a heading.
struct Group {
    /// Key of the heading.
    key: &'static str,
    figures: Vec<Figure>,
}

#[derive(Template)]
#[template(path = "office/today.html")]
struct TodayPage {
    page: Page,
    day: String,
    /// The only class that is counted, or empty.
    class: String,
    groups: Vec<Group>,
    may_enter: bool,
}

async fn today(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::ReadPupils)?;
    let class = office.only_class(Right::ReadPupils).map(str::to_owned);
    let read = ReadToday { school: office.school.id.clone(), class: class.clone(), now: pages.now() };
    let found = pages.issuance.store.read(read).await?;
    let page = office.page("/office", "today-title");
    let day = page.long_date(&pages.today());
    let groups = groups(&office, &found);
    let class = class.unwrap_or_default();
    Ok(render(&TodayPage { page, day, class, groups, may_enter: office.may(Right::EditPupils) }))
}

/// What this member of staff can do something about.
fn groups(office: &Office, found: &Today) -> Vec<Group> {
    let (orders, slips, photos, pupils) = (&found.orders, &found.slips, &found.photos, &found.pupils);
    let mut groups = vec![Group {
        key: "today-orders",
        figures: vec![
            Figure::new(orders.overdue, "today-overdue", "/office/pupils?where=order-overdue", "bad"),
            Figure::new(orders.due, "today-due", "/office/pupils?where=order-due", "warn"),
            Figure::new(orders.later, "today-later", "/office/pupils?where=order-later", ""),
            Figure::new(orders.waiting, "today-waiting", "/office/pupils?where=order-waiting", "warn"),
        ],
    }];
    if office.may(Right::HandOutSlips) {
        groups.push(Group {
            key: "today-slips",
            figures: vec![
                Figure::new(slips.expiring, "today-expiring", "/office/slips?state=expiring", "warn"),
                Figure::new(slips.uncollected, "today-uncollected", "/office/slips?state=not_collected", ""),
                Figure::new(slips.not_activated, "today-not-activated", "/office/slips?state=collected", ""),
            ],
        });
    }
    if office.may(Right::KeepPhotos) {
        groups.push(Group {
            key: "today-photos",
            figures: vec![
                Figure::new(photos.waiting, "today-photos-waiting", "/office/photos?state=waiting", "warn"),
                Figure::new(photos.refused, "today-photos-refused", "/office/photos?state=refused", ""),
            ],
        });
    }
    groups.push(Group {
        key: "today-cards",
        figures: vec![
            Figure::new(pupils.ends_soon, "today-ends-soon", "/office/pupils?where=ends-soon", "warn"),
            Figure::new(pupils.expired, "today-expired", "/office/pupils?where=expired", "bad"),
            Figure::new(
                pupils.no_base_card,
                "today-no-base-card",
                "/office/pupils?where=no-base-card",
                "warn",
            ),
            Figure::new(
                pupils.no_mobile_card,
                "today-no-mobile-card",
                "/office/pupils?where=no-mobile-card",
                "",
            ),
            Figure::new(pupils.none_active, "today-none-active", "/office/pupils?where=none-active", ""),
            Figure::new(pupils.active, "today-active", "/office/pupils?where=active", ""),
        ],
    });
    groups
}
