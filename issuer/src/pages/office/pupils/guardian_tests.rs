//! Taking a guardian off a pupil.

use axum::http::StatusCode;

use crate::pages::testing::{Browser, House};

impl House {
    /// The first guardian of a pupil of the first school, by the link that removes the guardian.
    async fn removal(&self, clerk: &mut Browser, pupil: usize) -> String {
        let html = clerk.open(&format!("/office/pupils/{}", self.schools[0].pupils[pupil].id)).await;
        let link = html.split("href=\"").map(|part| part.split('"').next().unwrap());
        link.filter(|link| link.ends_with("/remove")).map(str::to_owned).next().expect("a guardian to remove")
    }
}

#[tokio::test]
async fn what_will_happen_is_told_and_happens_once() {
    let house = House::new().await;
    let pupil = &house.schools[0].pupils[0].id;
    let file = format!("/office/pupils/{pupil}");
    let mut clerk = house.office("sekretariat").await;
    let remove = house.removal(&mut clerk, 0).await;
    let guardian = remove.split('/').nth(5).unwrap().to_owned();

    // With a login, a letter that waits, and an application.
    let logins = format!("{file}/logins");
    clerk.open(&logins).await;
    let answer = clerk.post(&logins, &[("act", "enter"), ("whose", &guardian)]).await;
    let html = answer.text();
    let mut keys = html.split("class=\"code key\">").skip(1).map(|key| key.split('<').next().unwrap());
    let (login, password) = (keys.next().unwrap().to_owned(), keys.next().unwrap().to_owned());
    let mut parent = house.browser();
    parent.open("/portal/sign-in").await;
    parent.post("/portal/sign-in", &[("login", &login), ("password", &password)]).await;
    parent.open("/portal/password").await;
    house
        .run(&format!(
            "INSERT INTO notice (id, pupil_id, channel, recipient, subject, body, state, created_at, school_id, \
             next_attempt_at) SELECT 'n' || c.n, '{pupil}', 'email', CASE c.n WHEN 1 THEN upper(email) ELSE 'inny@example.pl' END, '', '', 'queued', 1, '', 1 \
             FROM guardian, (SELECT 1 AS n UNION SELECT 2) c WHERE guardian.id = '{guardian}'"
        ))
        .await;
    house.run(&format!("UPDATE application SET guardian_id = '{guardian}' WHERE pupil_id = '{pupil}'")).await;
    let applied = house.count(&format!("SELECT COUNT(*) FROM application WHERE pupil_id = '{pupil}'")).await;
    assert!(applied > 0, "the demo school's pupils have applied");

    let html = clerk.open(&remove).await;
    for told in [
        "Maria Przykładowa przestanie być opiekunem",
        &format!("Konto {login} w portalu widzi tylko tego ucznia"),
        "1 powiadomienie e-mail",
        "przy wniosku zostanie jej imię i nazwisko",
        "nie ma teraz na żadnym urządzeniu",
    ] {
        assert!(html.contains(told), "{told}: {html}");
    }
    // Two clerks at once: the second one is told.
    let mut other = house.office("dyrektor").await;
    other.open(&remove).await;
    let (token, key) = (clerk.hidden("form_token"), clerk.hidden("form_key"));
    let fields = [("form_token", token.as_str()), ("form_key", key.as_str())];
    for _ in 0..2 {
        let answer = clerk.post_raw(&remove, &fields).await;
        assert_eq!(answer.location(), format!("{file}?done=guardian-removed"), "sent twice, done once");
    }
    let answer = other.post(&remove, &[]).await;
    assert_eq!(answer.location(), format!("{file}?done=guardian-gone"));
    assert!(other.open(&format!("{file}?done=guardian-gone")).await.contains("usunął go wcześniej"));
    assert_eq!(other.get(&remove).await.status, StatusCode::NOT_FOUND);

    assert_eq!(parent.get("/portal/password").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(house.count("SELECT COUNT(*) FROM notice WHERE id IN ('n1', 'n2')").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'guardian.removed'").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%Maria%'").await, 0);
    let html = clerk.open(&file).await;
    assert!(html.contains("Nie wpisano nikogo.") && html.contains("Usunięto opiekuna"), "{html}");
    assert!(html.contains("Maria Przykładowa"), "the application keeps the name");
    assert!(!html.contains("mailto:"), "and no address");
    // The removed guardian applies for nothing and gets no login.
    let answer = clerk.get(&format!("{file}/applications/new")).await;
    assert!(!answer.text().contains(&format!("value=\"{guardian}\"")));
    assert!(clerk.open(&logins).await.contains("Uczeń nie ma wpisanych opiekunów."));
}

#[tokio::test]
async fn whoever_never_applied_is_erased_and_the_other_child_stays() {
    let house = House::new().await;
    let pupils = &house.schools[0].pupils;
    let mut clerk = house.office("sekretariat").await;
    let remove = house.removal(&mut clerk, 0).await;
    let guardian = remove.split('/').nth(5).unwrap().to_owned();
    let other = house.removal(&mut clerk, 2).await.split('/').nth(5).unwrap().to_owned();
    house.run("UPDATE application SET guardian_id = NULL").await;
    let path = |n: usize| format!("/office/pupils/{}/logins", pupils[n].id);
    clerk.open(&path(0)).await;
    let html = clerk.post(&path(0), &[("act", "enter"), ("whose", &guardian)]).await.text();
    let login = html.split("class=\"code key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    clerk.open(&path(2)).await;
    clerk.post(&path(2), &[("act", "join"), ("whose", &other), ("login", &login)]).await;
    let html = clerk.open(&remove).await;
    assert!(html.contains("nadal widzi 1 inne dziecko") && html.contains("zostaną usunięte z wpisu ucznia"));
    clerk.post(&remove, &[]).await;
    assert_eq!(house.count(&format!("SELECT COUNT(*) FROM guardian WHERE id = '{guardian}'")).await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM portal_account WHERE ended_at IS NULL").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM portal_access").await, 1);
    assert!(clerk.open(&path(2)).await.contains(&login));
}

#[tokio::test]
async fn a_guardian_elsewhere_is_out_of_reach() {
    let house = House::new().await;
    let (own, elsewhere) = (&house.schools[0].pupils[0].id, &house.schools[1].pupils[0].id);
    let mut clerk = house.office("sekretariat").await;
    let remove = house.removal(&mut clerk, 0).await;
    let guardian = remove.split('/').nth(5).unwrap().to_owned();
    let foreign = house.count(&format!("SELECT COUNT(*) FROM guardian WHERE pupil_id = '{elsewhere}'")).await;
    assert!(foreign > 0);
    for path in [
        format!("/office/pupils/{elsewhere}/guardians/{guardian}/remove"),
        remove.replace(own.as_str(), house.schools[0].pupils[1].id.as_str()),
        format!("/office/pupils/{own}/guardians/nobody/remove"),
    ] {
        assert_eq!(clerk.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        clerk.open(&remove).await;
        let answer = clerk.post(&path, &[]).await;
        assert!(
            answer.status == StatusCode::NOT_FOUND || answer.location().ends_with("guardian-gone"),
            "{path}"
        );
    }
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(&remove).await.status, StatusCode::FORBIDDEN);
    assert!(!tutor.open(&format!("/office/pupils/{own}")).await.contains("/remove"));
    assert_eq!(house.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'guardian.removed'").await, 0);
}
