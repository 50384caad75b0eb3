//! What erasing and exporting one pupil does to others: nothing.

use axum::http::StatusCode;

use crate::demo_school::accounts;
use crate::pages::testing::{Browser, House};

const HEAD: &str = "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica;Kod;Miasto";

async fn send_table(staff: &mut Browser, name: &str, rows: &str) {
    staff.open("/office/pupils/import").await;
    let csv = format!("{HEAD}\n{rows}\n");
    let answer = staff.post_files("/office/pupils/import", &[], &[("file", name, csv.as_bytes())]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

async fn erase(house: &House, id: &str) {
    let mut principal = house.office("dyrektor").await;
    let place = format!("/office/pupils/{id}/erase");
    principal.open(&place).await;
    let answer = principal.post(&place, &[("reason", "service_given_up"), ("sure", "on")]).await;
    assert_eq!(answer.location(), "/office/pupils?done=pupil-erased");
}

#[tokio::test]
async fn erasing_a_pupil_ends_only_the_imports_in_which_the_pupil_stands() {
    let house = House::new().await;
    let id = house.schools[0].pupils[0].id.to_string();
    house
        .run(&format!("UPDATE pupil SET surname = 'Nowa', given_names = 'Zofia Maria' WHERE id = '{id}'"))
        .await;
    let mut clerk = house.office("sekretariat").await;
    // The PESEL was typed wrong and the name in capitals: the row is rejected, and about her all the same.
    send_table(&mut clerk, "a.csv", "NOWA;ZOFIA;12290155532;2012-09-01;7b;ul. A 1;42-200;Łódź").await;
    // Neither a part of a name nor a namesake is she.
    let others =
        "Nowak;Zofia;;2012-09-01;7b;ul. A 1;42-200;Łódź\nNowa;Ewa;;2012-09-01;7b;ul. Nowa 1;42-200;Łódź";
    send_table(&mut clerk, "b.csv", others).await;
    let mut neighbour = house.browser();
    neighbour.open("/office/sign-in").await;
    let fields = [("login", "zsn.sekretariat"), ("password", accounts::PASSWORD)];
    assert_eq!(neighbour.post("/office/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
    send_table(&mut neighbour, "c.csv", "Nowa;Zofia;;2012-09-01;7b;ul. A 1;42-200;Łódź").await;

    erase(&house, &id).await;
    let left = |name: &str| {
        format!("SELECT COUNT(*) FROM import_batch WHERE file_name = '{name}' AND state = 'preview'")
    };
    assert_eq!(house.count(&left("a.csv")).await, 0, "her own row is still kept");
    assert_eq!(house.count("SELECT COUNT(*) FROM import_reject WHERE instr(cells, 'NOWA') > 0").await, 0);
    assert_eq!(house.count(&left("b.csv")).await, 1, "another pupil's import was ended");
    assert_eq!(house.count(&left("c.csv")).await, 1, "another school's import was ended");
}

#[tokio::test]
async fn erasing_a_pupil_erases_the_guardians_mail_but_not_what_it_brought_for_another_child() {
    let house = House::new().await;
    let [ours, sibling] = [0, 1].map(|n| house.schools[0].pupils[n].id.to_string());
    let school = house.schools[0].id.to_string();
    for (n, pupil) in [&ours, &sibling].into_iter().enumerate() {
        house.run(&format!("INSERT INTO guardian (id, pupil_id, given_names, surname, email, created_at) VALUES ('01m7znyn200000k3c5z1374g8{n}', '{pupil}', 'Ewa', 'Osobliwa', 'Ewa@osobliwa.example', 1)")).await;
    }
    for (n, whose, sender, guesses) in [
        (0, "NULL".to_owned(), "Ewa Osobliwa <ewa@OSOBLIWA.example>", "[]".to_owned()),
        (1, "NULL".to_owned(), "ktos@inny.example", format!("[{{\"pupil\":\"{ours}\"}}]")),
        (
            2,
            format!("'{sibling}'"),
            "Ewa Osobliwa <ewa@osobliwa.example>",
            format!("[{{\"pupil\":\"{ours}\"}}]"),
        ),
        (3, "NULL".to_owned(), "Inna <nie-ewa@osobliwa.example>", "[]".to_owned()),
    ] {
        // As a letter's address is kept: without the name, in small letters.
        let address = sender.rsplit('<').next().unwrap().trim_end_matches('>').to_lowercase();
        house.run(&format!("INSERT INTO photo_inbox (id, school_id, pupil_id, origin, sender, sender_address, subject, file_name, purpose, length, picture, state, guesses, received_at, expires_at) VALUES ('01m7znyn200000k3c5z1374g9{n}', '{school}', {whose}, 'mail', '{sender}', '{address}', 's', 'f.jpg', 'not_said', 1, x'00', 'waiting', '{guesses}', 1, 1)")).await;
    }
    erase(&house, &ours).await;
    let left = |n: u8| format!("SELECT COUNT(*) FROM photo_inbox WHERE id = '01m7znyn200000k3c5z1374g9{n}'");
    assert_eq!(house.count(&left(0)).await, 0, "the guardian's mail is still kept");
    assert_eq!(house.count(&left(1)).await, 0, "a picture that may be the pupil's is still kept");
    assert_eq!(house.count(&left(2)).await, 1, "the sibling's picture is gone");
    assert_eq!(house.count(&left(3)).await, 1, "somebody else's picture is gone");
    let named = format!("SELECT COUNT(*) FROM photo_inbox WHERE guesses LIKE '%{ours}%'");
    assert_eq!(house.count(&named).await, 0);
}

#[tokio::test]
async fn an_export_names_no_other_child_of_the_same_guardian() {
    let house = House::new().await;
    // Both have a guardian of the same name and address, who gets one login.
    let mut tutor = house.office("wychowawca").await;
    let [ours, sibling] = [0, 1].map(|n| house.schools[0].pupils[n].id.to_string());
    let class: Vec<String> = [&ours, &sibling].map(|id| format!("'{id}'")).into();
    let class = class.join(", ");
    house.run(&format!("UPDATE guardian SET given_names = 'Ewa', surname = 'Osobliwa', email = 'ewa@osobliwa.example' WHERE pupil_id IN ({class})")).await;
    tutor.open("/office/classes/7a/logins").await;
    let made = tutor.post("/office/classes/7a/logins", &[("pupils", "on"), ("guardians", "on")]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let shared = format!(
        "SELECT COUNT(*) FROM audit_entry WHERE action = 'portal_account.entered' AND detail LIKE '%{ours}%' AND detail LIKE '%{sibling}%'"
    );
    assert!(house.count(&shared).await > 0, "one login for both");
    let mut clerk = house.office("sekretariat").await;
    let place = format!("/office/pupils/{ours}/export");
    clerk.open(&place).await;
    let told = clerk.post(&place, &[]).await.text();
    assert!(told.contains(&ours) && told.contains("portal_account.entered"), "{told}");
    assert!(!told.contains(&sibling), "the export names another pupil");
}
