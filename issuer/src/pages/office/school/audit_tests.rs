//! The trail as it is shown, whatever the clock does.

use jiff::SignedDuration;
use shared::clock::Clock as _;

use crate::audit;
use crate::pages::testing::House;

#[tokio::test]
async fn the_last_thing_done_stands_first_even_when_the_clock_was_set_back() {
    let house = House::new().await;
    let began = house.clock.now();
    house.clock.advance(SignedDuration::from_hours(24 * 200));
    let mut principal = house.office("dyrektor").await;
    audit::seal(&house.issuance.store).await.unwrap();
    house.clock.set(began + SignedDuration::from_secs(1));
    let mut principal_again = house.office("dyrektor").await;
    principal_again.open("/office/account").await;
    let new = "zupełnie inne hasło";
    let fields =
        [("old_password", crate::pages::testing::PASSWORD), ("new_password", new), ("repeated", new)];
    let changed = principal_again.post("/office/account", &fields).await;
    assert_eq!(changed.location(), "/office/account?done=password-changed", "{}", changed.text());
    principal.cookies = principal_again.cookies.clone();
    let html = principal.open("/office/school/audit").await;
    let at = |action: &str| html.find(&format!(">{action}</code>")).unwrap_or(usize::MAX);
    assert!(at("staff.password_changed") < at("session.begun"), "{html}");
    let lines = principal.get("/office/school/audit/export.jsonl").await.text();
    let positions: Vec<i64> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["position"].as_i64().unwrap())
        .collect();
    let expected: Vec<i64> = (1..=i64::try_from(positions.len()).unwrap()).collect();
    assert_eq!(positions, expected, "the file is in the order of the chain, without gaps");
}
