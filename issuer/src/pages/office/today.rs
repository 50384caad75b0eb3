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
    if office.may(Right::JudgeApplications) {
        let received = "/office/applications?state=received";
        let mut figures = vec![Figure::new(found.unchecked, "today-unchecked", received, "warn")];
        figures.extend(found.no_order.map(|number| {
            Figure::new(number, "today-no-order", "/office/applications?state=no_order", "warn")
        }));
        groups.insert(0, Group { key: "today-applications", figures });
    }
    if let (Some(number), true) = (found.not_approved, office.may(Right::ApproveOrders)) {
        let figure = Figure::new(number, "today-not-approved", "/office/orders/approve", "warn");
        groups.extend([Group { key: "today-approval", figures: vec![figure] }]);
    }
    if office.may(Right::HandOutSlips) {
        groups.push(Group {
            key: "today-slips",
            figures: vec![
                Figure::new(slips.locked, "today-locked", "/office/slips?state=locked", "bad"),
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::pages::office::pupils::testing::linked;
    use crate::pages::testing::{Browser, House};

    /// The figures of the page: address and number.
    fn figures(html: &str) -> Vec<(String, usize)> {
        let list = html
            .split("<ul class=\"figures\">")
            .skip(1)
            .flat_map(|rest| rest.split("</ul>").next().unwrap_or_default().split("<a href=\"").skip(1));
        list.map(|figure| {
            let number = figure.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
            (figure.split('"').next().unwrap().to_owned(), number.parse().unwrap())
        })
        .collect()
    }

    fn of(figures: &[(String, usize)], end: &str) -> usize {
        figures.iter().find(|(href, _)| href.ends_with(end)).map(|(_, number)| *number).unwrap()
    }

    /// Every figure that leads to pupils counts the pupils that stand there.
    async fn agree(browser: &mut Browser) -> Vec<(String, usize)> {
        let html = browser.open("/office").await;
        let figures = figures(&html);
        for (href, number) in figures.iter().filter(|(href, _)| href.starts_with("/office/pupils")) {
            assert_eq!(linked(&browser.open(href).await).len(), *number, "{href}");
        }
        figures
    }

    #[tokio::test]
    async fn every_number_is_that_of_the_rows_behind_it() {
        let house = House::new().await;
        house.enter_pupil("Ola", "Nowa", "7b", 1).await;
        house.enter_pupil("Iga", "Nowa", "7b", 2).await;
        let slip = house.slip_of(0, 0).await;
        house.seat_phone(&slip, 1, "Pixel Zosi").await;
        house.slip_of(0, 1).await;
        let mut browser = house.office("dyrektor").await;
        let now = agree(&mut browser).await;
        let expected = [
            ("=order-overdue", 0),
            ("=order-due", 0),
            ("=order-later", 1),
            ("=no-base-card", 2),
            ("=no-mobile-card", 1),
            ("=none-active", 1),
            ("=active", 1),
            ("=ends-soon", 0),
            ("=expired", 0),
            ("=not_collected", 2),
            ("=expiring", 0),
        ];
        for (end, number) in expected {
            assert_eq!(of(&now, end), number, "{end}");
        }
        // The deadline is 5 December; slips end on 21 December.
        for (days, end, number) in [
            (11, "=order-due", 1),
            (3, "=order-due", 1),
            (1, "=order-overdue", 1),
            (8, "=expiring", 2),
            (8, "=not_collected", 0),
        ] {
            house.clock.advance(SignedDuration::from_hours(24 * days));
            let mut browser = house.office("dyrektor").await;
            let now = agree(&mut browser).await;
            assert_eq!(of(&now, end), number, "{end} after {days} more days");
        }
        // Base cards end on 30 September.
        for (days, end, number) in [(200, "=ends-soon", 0), (60, "=ends-soon", 3), (60, "=expired", 3)] {
            house.clock.advance(SignedDuration::from_hours(24 * days));
            let mut browser = house.office("dyrektor").await;
            let now = agree(&mut browser).await;
            assert_eq!(of(&now, end), number, "{end} after {days} more days");
        }
    }

    #[tokio::test]
    async fn a_tutor_counts_the_own_class() {
        let house = House::new().await;
        house.slip_of(0, 0).await;
        house.slip_of(0, 2).await;
        let mut browser = house.office("wychowawca").await;
        let now = agree(&mut browser).await;
        assert_eq!(of(&now, "=order-later"), 1, "of two open orders");
        assert_eq!(of(&now, "=not_collected"), 1, "of two slips");
        assert!(!now.iter().any(|(href, _)| href.contains("/office/photos")), "photos are not a tutor's");
        assert!(browser.html.contains("Klasa 7a"));
    }
}
