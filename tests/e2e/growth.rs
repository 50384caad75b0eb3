//! A country grown from one school: rows that the issuer takes for its own.

use rusqlite::Connection;
use shared::x509::crl::RevocationStatus;
use shared::x509::serial::SerialNumber;
use tests::growth::{Grown, multiply};
use tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_works_on_what_was_grown() {
    let world = World::zpe().await;
    let phone = world.phone("Pixel").await;
    let slip = world.slip_for_a_pupil().await;
    let card = phone.activate(&slip).await.unwrap();
    let lost = world.slip_for_a_pupil().await;
    world.phone("Lost").await.activate(&lost).await.unwrap();
    let device = world.office.devices(&lost.card_id, "live").await;
    world.office.revoke_device(&device[0], "phone_lost").await;

    let file = world.database_file();
    let grown = multiply(&file, world.school(), 0..40).unwrap();
    assert_eq!(grown, Grown { schools: 40, pupils: 80, cards: 80, certificates: 80 });
    multiply(&file, world.school(), 39..41).unwrap_err();
    assert_eq!(multiply(&file, world.school(), 40..41).unwrap().pupils, 2);
    let books = Connection::open(&file).unwrap();
    let broken: i64 =
        books.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0, "what refers to nothing");
    let text = |sql: &str| -> String { books.query_row(sql, [], |row| row.get(0)).unwrap() };

    // The office lists a copy's pupils, and finds one by name.
    let school = text("SELECT id FROM school WHERE rspo = 1000017");
    let listed = world.office.done("GET", &format!("/schools/{school}/pupils"), None).await;
    assert_eq!(listed["pupils"].as_array().unwrap().len(), 2, "{listed}");
    let name = listed["pupils"][1]["surname"].as_str().unwrap();
    let found = world.office.done("GET", &format!("/schools/{school}/pupils?surname={name}"), None).await;
    assert_eq!(found["pupils"].as_array().unwrap().len(), 1, "{found}");
    let pupil = found["pupils"][0]["id"].as_str().unwrap();
    let cards = world.office.done("GET", &format!("/pupils/{pupil}/cards"), None).await;
    assert_eq!(cards["cards"].as_array().unwrap().len(), 1, "{cards}");

    // A copy's revoked certificate is on the list; one's own card is not, and holds.
    let sql = "SELECT serial FROM certificate WHERE state = 'revoked' AND length(card_data) = 32 LIMIT 1";
    let serial: SerialNumber = text(sql).parse().unwrap();
    let list = world.revocation_list().await;
    assert_eq!(list.len(), 42, "one of the school, one of each copy");
    assert!(matches!(list.status_at(serial, world.now()), RevocationStatus::Revoked(_)));
    phone.refresh(&card.id).await.unwrap();
    assert!(phone.standing(&card.id).await.is_valid());

    // And pupils go on activating.
    world.phone("New").await.activate(&world.slip_for_a_pupil().await).await.unwrap();
    let verdict = issuer::audit::verify(&world.issuance().store).await.unwrap();
    assert!(matches!(verdict, issuer::audit::ChainVerdict::Whole { .. }), "{verdict:?}");
}
