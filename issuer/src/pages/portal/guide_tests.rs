//! Where a pupil is told what comes next: the three cases of the guides, and slips that wait at the school.

use super::tests::{Sql, typed};
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::pages::testing::House;
use crate::store::Value;

#[tokio::test]
async fn under_slips_the_portal_says_where_they_are() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 0, &[0], false).await;
    let mut parent = house.portal("r-1111-1111").await;
    let place = format!("/portal/children/{}/applications", house.child(0, 0));
    let html = parent.open(&place).await;
    assert!(html.contains("Szkoła przygotowuje kod QR") && html.contains("rodzic lub opiekun prawny"));
    assert!(typed(&html).is_none());
    let order = GrantSource::Order(house.schools[0].pupils[0].order_id.clone(), None);
    let (verb, _) = MakeGrant::new(&house.issuance, order, Actor::System);
    house.issuance.store.write(verb).await.unwrap().unwrap();
    let html = parent.open(&place).await;
    assert!(html.contains("do odbioru w sekretariacie") && html.contains("21.12.2026, 19:30"), "{html}");
    assert!(html.contains("ul. Szkolna 1, 00-950 Przykładowo"));
    assert!(parent.open("/portal").await.contains("do odbioru w sekretariacie"));
}

#[tokio::test]
async fn the_guide_follows_the_card() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let mut pupil = house.portal("u-1111-1111").await;
    let html = pupil.open("/portal").await;
    assert!(html.contains("legitymację papierową") && html.contains("mObywatel Junior"));
    let child = vec![Value::from(&house.child(1, 0))];
    let write = async |sql: &'static str| house.issuance.store.write(Sql(sql, child.clone())).await.unwrap();
    write("UPDATE base_card SET form = 'plastic' WHERE pupil_id = $1").await;
    assert!(pupil.open("/portal").await.contains("legitymację plastikową"));
    write("DELETE FROM photo WHERE pupil_id = $1").await;
    let html = pupil.open("/portal").await;
    assert!(html.contains("Najpierw potrzebne jest zdjęcie") && html.contains("class=\"next\""));
    write("UPDATE base_card SET state = 'voided' WHERE pupil_id = $1").await;
    let html = pupil.open("/portal").await;
    let (photo, card) = (html.find("<strong>Zdjęcie").unwrap(), html.find("<strong>Legitymacja").unwrap());
    assert!(html.contains("nie ma jeszcze legitymacji") && photo < card, "the photo comes first");
    let english = pupil.get("/language/en?back=/portal").await;
    assert_eq!(english.location(), "/portal");
    assert!(pupil.open("/portal").await.contains("The pupil has no school card yet"));
}

/// Slips are printed by the school alone: once they are used up or over, nobody is preparing the next one.
#[tokio::test]
async fn after_the_slip_the_portal_sends_people_to_the_office() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 0, &[0], false).await;
    let place = format!("/portal/children/{}/applications", house.child(0, 0));
    let order = GrantSource::Order(house.schools[0].pupils[0].order_id.clone(), None);
    let (verb, _) = MakeGrant::new(&house.issuance, order, Actor::System);
    house.issuance.store.write(verb).await.unwrap().unwrap();
    house.clock.advance(jiff::SignedDuration::from_hours(24 * 31));
    let mut parent = house.portal("r-1111-1111").await;
    for path in ["/portal", place.as_str()] {
        let html = parent.open(path).await;
        assert!(html.contains("O nowe poproś w sekretariacie"), "{html}");
        assert!(!html.contains("Poczekaj na wiadomość"));
    }
    let html = parent.open(&place).await;
    assert!(html.contains("ul. Szkolna 1, 00-950 Przykładowo"), "and says where that is");
}

#[tokio::test]
async fn a_card_that_ran_out_is_not_called_missing() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let mut pupil = house.portal("u-1111-1111").await;
    let child = vec![Value::from(&house.child(1, 0))];
    let write = async |sql: &'static str| house.issuance.store.write(Sql(sql, child.clone())).await.unwrap();
    write("UPDATE base_card SET valid_until = '2026-09-30' WHERE pupil_id = $1").await;
    let html = pupil.open("/portal").await;
    assert!(html.contains("Legitymacja szkolna straciła ważność 30.09.2026"), "{html}");
    assert!(html.contains("Zanieś ją do sekretariatu") && !html.contains("nie ma jeszcze legitymacji"));
    write("UPDATE base_card SET state = 'voided' WHERE pupil_id = $1").await;
    assert!(pupil.open("/portal").await.contains("nie ma jeszcze legitymacji"), "a voided one is gone");
}
