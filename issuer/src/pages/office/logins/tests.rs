//! Logins for the portal as the office hands them out.

use axum::http::StatusCode;

use crate::pages::testing::{Browser, House};

/// What stands on the sheets: name, login, password.
fn letters(html: &str) -> Vec<(String, String, String)> {
    let after = |text: &str, mark: &str| {
        text.split(mark).nth(1).unwrap().split('<').next().unwrap().trim().to_owned()
    };
    let sheets = html.split("<section class=\"card sheet login-letter\">").skip(1);
    sheets
        .map(|sheet| {
            let mut keys =
                sheet.split("class=\"code key\">").skip(1).map(|key| key.split('<').next().unwrap());
            let (login, password) = (keys.next().unwrap().to_owned(), keys.next().unwrap().to_owned());
            (after(sheet, "<strong>"), login, password)
        })
        .collect()
}

async fn sign_in(house: &House, login: &str, password: &str) -> (Browser, StatusCode) {
    let mut browser = house.browser();
    browser.open("/portal/sign-in").await;
    let answer = browser.post("/portal/sign-in", &[("login", login), ("password", password)]).await;
    (browser, answer.status)
}

#[tokio::test]
async fn a_class_gets_its_letters_once() {
    let house = House::new().await;
    let mut tutor = house.office("wychowawca").await;
    let html = tutor.open("/office/classes/7a/logins").await;
    assert!(
        html.contains("Uczniowie bez loginu: 2 osoby") && html.contains("Opiekunowie bez loginu: 2 osoby")
    );
    let answer = tutor.post("/office/classes/7a/logins", &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    tutor.open("/office/classes/7a/logins").await;
    let (token, key) = (tutor.hidden("form_token"), tutor.hidden("form_key"));
    let fields =
        [("form_token", token.as_str()), ("form_key", key.as_str()), ("pupils", "on"), ("guardians", "on")];
    let answer = tutor.post_raw("/office/classes/7a/logins", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let letters = letters(&answer.text());
    assert_eq!(letters.len(), 4);
    // The same form once more: nothing new, and no password again.
    let again = tutor.post_raw("/office/classes/7a/logins", &fields).await;
    assert_eq!(again.location(), "/office/classes/7a/logins?done=logins-once");
    assert!(tutor.open("/office/classes/7a/logins").await.contains("bez loginu: 0 osób"));

    for (name, login, password) in &letters {
        assert!(login.starts_with(if name.starts_with("Maria") { "r-" } else { "u-" }), "{name}: {login}");
        let (browser, status) = sign_in(&house, login, password).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{name}");
        let mut browser = browser;
        assert!(browser.get("/portal").await.location().starts_with("/portal/password"), "to be changed");
    }
    let text = letters.iter().map(|letter| format!("{}{}", letter.1, letter.2)).collect::<String>();
    crate::audit::seal(&house.issuance.store).await.unwrap();
    let trail = crate::audit::ReadTrail::After { position: 0, limit: 500 };
    for entry in house.issuance.store.read(trail).await.unwrap() {
        assert!(!entry.detail.contains("u-") && !text.contains(&entry.subject), "nothing that opens is told");
    }
}

#[tokio::test]
async fn a_tutor_reaches_the_own_class() {
    let house = House::new().await;
    let pupils = &house.schools[0].pupils;
    let (own, other, elsewhere) = (&pupils[0].id, &pupils[2].id, &house.schools[1].pupils[0].id);
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(&format!("/office/pupils/{own}/logins")).await.status, StatusCode::OK);
    for path in [
        format!("/office/pupils/{other}/logins"),
        format!("/office/pupils/{elsewhere}/logins"),
        "/office/pupils/nobody/logins".to_owned(),
        "/office/classes/7b/logins".to_owned(),
    ] {
        assert_eq!(tutor.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        tutor.open(&format!("/office/pupils/{own}/logins")).await;
        let answer = tutor.post(&path, &[("act", "enter"), ("whose", "pupil"), ("pupils", "on")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let mut clerk = house.office("sekretariat").await;
    assert_eq!(clerk.get(&format!("/office/pupils/{other}/logins")).await.status, StatusCode::OK);
    assert_eq!(clerk.get("/office/classes/9z/logins").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_login_for_all_children_and_a_new_password_from_whoever_reaches_them_all() {
    let house = House::new().await;
    let pupils = &house.schools[0].pupils;
    let path = |n: usize| format!("/office/pupils/{}/logins", pupils[n].id);
    let mut clerk = house.office("sekretariat").await;
    let file = clerk.open(path(0).trim_end_matches("/logins")).await;
    assert!(file.contains(&format!("href=\"{}\"", path(0))), "a link away");
    let html = clerk.open(&path(0)).await;
    let whose = |html: &str| {
        let part =
            html.split("name=\"whose\" value=\"").map(|part| part.split('"').next().unwrap().to_owned());
        part.skip(1).find(|whose| whose != "pupil").unwrap()
    };
    let guardian = whose(&html);
    let answer = clerk.post(&path(0), &[("act", "enter"), ("whose", &guardian)]).await;
    let (name, login, first) = letters(&answer.text()).remove(0);
    assert_eq!(name, "Maria Przykładowa");

    // The other child's guardian has the same address: offered, and joined by a click.
    let html = clerk.open(&path(2)).await;
    assert!(html.contains("Konto z tym samym adresem e-mail") && html.contains(&login), "{html}");
    let guardian = whose(&html);
    let join = [("act", "join"), ("whose", guardian.as_str()), ("login", login.as_str())];
    let unknown = [("act", "join"), ("whose", guardian.as_str()), ("login", "r-0000-0001")];
    let answer = clerk.post(&path(2), &unknown).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("nie ma takiego konta"));
    clerk.open(&path(2)).await;
    assert!(clerk.post(&path(2), &join).await.location().ends_with("?done=logins-joined"));
    let (mut parent, _) = sign_in(&house, &login, &first).await;
    parent.open("/portal/password").await;
    let own = [("password", "cztery zwykłe słowa"), ("again", "cztery zwykłe słowa")];
    assert_eq!(parent.post("/portal/password", &own).await.status, StatusCode::SEE_OTHER);
    let html = parent.open("/portal").await;
    assert!(html.contains("Zofia Przykładowa") && html.contains("Żaneta Zmyślona"));

    // The tutor of one of them would come to see the other.
    let mut tutor = house.office("wychowawca").await;
    let html = tutor.open(&path(0)).await;
    let reset = |whose: String| [("act", "reset".to_owned()), ("whose", whose)];
    let fields = reset(whose(&html));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = tutor.post(&path(0), &fields).await;
    assert!(answer.text().contains("spoza Twojej klasy") && letters(&answer.text()).is_empty());
    clerk.open(&path(0)).await;
    let answer = clerk.post(&path(0), &fields).await;
    let (_, same, second) = letters(&answer.text()).remove(0);
    assert_eq!(same, login);
    assert_ne!(first, second);
    assert_eq!(parent.get("/portal").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(sign_in(&house, &login, "cztery zwykłe słowa").await.1, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&house, &login, &second).await.1, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_login_stays_with_the_school_that_made_it() {
    let house = House::new().await;
    let pupil = &house.schools[0].pupils[0].id;
    let path = format!("/office/pupils/{pupil}/logins");
    let mut clerk = house.office("sekretariat").await;
    clerk.open(&path).await;
    let answer = clerk.post(&path, &[("act", "enter"), ("whose", "pupil")]).await;
    let (_, login, password) = letters(&answer.text()).remove(0);
    clerk.open(&path).await;
    let answer = clerk.post(&path, &[("act", "enter"), ("whose", "pupil")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "one account for each pupil");
    use crate::issuance::reissue::TransferPupil;
    let act = house.issuance.act(crate::audit::Actor::System);
    let (to, class_name) = (house.schools[1].id.clone(), "1b".to_owned());
    let transfer = TransferPupil { pupil: pupil.clone(), to, class_name, act };
    house.issuance.store.write(transfer).await.unwrap().unwrap();
    let (mut browser, _) = sign_in(&house, &login, &password).await;
    browser.open("/portal/password").await;
    browser.post("/portal/password", &[("password", "nowe-haslo"), ("again", "nowe-haslo")]).await;
    assert!(browser.open("/portal").await.contains("nie widzi teraz żadnego ucznia"));
    assert_eq!(browser.get(&format!("/portal/children/{pupil}")).await.status, StatusCode::NOT_FOUND);
}

/// Whose account a form of the page means: the first guardian.
fn first_guardian(html: &str) -> String {
    let mut whose = html.split("name=\"whose\" value=\"").skip(1).map(|part| part.split('"').next().unwrap());
    whose.find(|whose| *whose != "pupil").unwrap().to_owned()
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_and_opened_again_on_purpose() {
    let house = House::new().await;
    let pupil = &house.schools[0].pupils[0].id;
    let path = format!("/office/pupils/{pupil}/logins");
    let mut clerk = house.office("sekretariat").await;
    clerk.open(&path).await;
    let answer = clerk.post(&path, &[("act", "enter"), ("whose", "pupil")]).await;
    let (_, login, first) = letters(&answer.text()).remove(0);
    let (mut browser, _) = sign_in(&house, &login, &first).await;
    browser.open("/portal/password").await;

    let html = clerk.open(&path).await;
    let close = format!("{path}/pupil/close");
    assert!(html.contains(&format!("href=\"{close}\"")));
    let html = clerk.open(&close).await;
    assert!(html.contains("zostanie od razu wylogowany") && html.contains("zostaje na urządzeniach"));
    // Two clerks at once: both looked, one closes, the other is told.
    let mut other = house.office("dyrektor").await;
    other.open(&close).await;
    let before = house.count("SELECT COUNT(*) FROM session WHERE realm = 'portal'").await;
    let (token, key) = (clerk.hidden("form_token"), clerk.hidden("form_key"));
    let fields = [("form_token", token.as_str()), ("form_key", key.as_str())];
    for _ in 0..2 {
        let answer = clerk.post_raw(&close, &fields).await;
        assert_eq!(answer.location(), format!("{path}?done=logins-closed"), "sent twice, done once");
    }
    let answer = other.post(&close, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Ktoś inny właśnie zmienił to konto"));
    assert_eq!(
        house.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'portal_account.closed'").await,
        1
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM session WHERE realm = 'portal'").await, before - 1);
    assert_eq!(browser.get("/portal/password").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(sign_in(&house, &login, &first).await.1, StatusCode::UNPROCESSABLE_ENTITY);

    // A class's letters do not undo it: whoever closed it meant it.
    let html = clerk.open("/office/classes/7a/logins").await;
    assert!(html.contains("zamknięte") && html.contains("Uczniowie bez loginu: 1 osoba"), "{html}");
    let answer = clerk.post("/office/classes/7a/logins", &[("pupils", "on")]).await;
    assert_eq!(letters(&answer.text()).len(), 1);

    let html = clerk.open(&path).await;
    assert!(html.contains("zamknięte") && html.contains(&login));
    let answer = clerk.post(&path, &[("act", "reopen"), ("whose", "pupil")]).await;
    let (_, same, second) = letters(&answer.text()).remove(0);
    assert_eq!(same, login);
    let (mut browser, status) = sign_in(&house, &login, &second).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(browser.get("/portal").await.location().starts_with("/portal/password"), "to be changed");
    // Open already: another clerk's form finds nothing closed.
    other.open(&path).await;
    let answer = other.post(&path, &[("act", "reopen"), ("whose", "pupil")]).await;
    assert!(
        answer.text().contains("Ktoś inny właśnie zmienił to konto") && letters(&answer.text()).is_empty()
    );
}

#[tokio::test]
async fn a_child_is_taken_out_and_the_last_one_closes_the_account() {
    let house = House::new().await;
    let pupils = &house.schools[0].pupils;
    let path = |n: usize| format!("/office/pupils/{}/logins", pupils[n].id);
    let mut clerk = house.office("sekretariat").await;
    let own = first_guardian(&clerk.open(&path(0)).await);
    let answer = clerk.post(&path(0), &[("act", "enter"), ("whose", &own)]).await;
    let (_, login, first) = letters(&answer.text()).remove(0);
    let theirs = first_guardian(&clerk.open(&path(2)).await);
    let join = [("act", "join"), ("whose", theirs.as_str()), ("login", login.as_str())];
    assert_eq!(clerk.post(&path(2), &join).await.status, StatusCode::SEE_OTHER);
    let (mut parent, _) = sign_in(&house, &login, &first).await;
    parent.open("/portal/password").await;
    let words = [("password", "cztery zwykłe słowa"), ("again", "cztery zwykłe słowa")];
    parent.post("/portal/password", &words).await;
    assert_eq!(parent.get(&format!("/portal/children/{}", pupils[2].id)).await.status, StatusCode::OK);

    // A tutor takes the own class's child out, and does not end what the others see.
    let mut tutor = house.office("wychowawca").await;
    let close = format!("{}/{own}/close", path(0));
    tutor.open(&close).await;
    assert!(tutor.post(&close, &[]).await.text().contains("Konto zamyka sekretariat"));
    assert_eq!(tutor.get(&format!("{}/{theirs}/leave", path(2))).await.status, StatusCode::NOT_FOUND);
    let leave = format!("{}/{own}/leave", path(0));
    let html = tutor.open(&leave).await;
    assert!(html.contains("nadal będzie widzieć: Żaneta Zmyślona"), "{html}");
    assert_eq!(tutor.post(&leave, &[]).await.location(), format!("{}?done=logins-left", path(0)));
    assert!(!parent.open("/portal").await.contains("Zofia Przykładowa"));
    assert_eq!(parent.get(&format!("/portal/children/{}", pupils[0].id)).await.status, StatusCode::NOT_FOUND);

    let leave = format!("{}/{theirs}/leave", path(2));
    assert!(clerk.open(&leave).await.contains("Konto nie widzi nikogo innego, więc zostanie zamknięte"));
    assert_eq!(clerk.post(&leave, &[]).await.location(), format!("{}?done=logins-closed", path(2)));
    assert_eq!(parent.get("/portal").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(sign_in(&house, &login, "cztery zwykłe słowa").await.1, StatusCode::UNPROCESSABLE_ENTITY);
    // It saw nobody: there is nothing to open again, and a new one may be made.
    let html = clerk.open(&path(2)).await;
    assert!(!html.contains("value=\"reopen\"") && html.contains("Utwórz login"));

    // Nobody's, another school's, a pupil's own: there is nothing to take out.
    let elsewhere = &house.schools[1].pupils[0].id;
    for place in [
        format!("{}/nobody/close", path(0)),
        format!("{}/pupil/leave", path(0)),
        format!("{}/{theirs}/close", path(0)),
        format!("/office/pupils/{elsewhere}/logins/pupil/close"),
    ] {
        let status = clerk.get(&place).await.status;
        assert!(
            matches!(status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY),
            "{place}: {status}"
        );
    }
}
