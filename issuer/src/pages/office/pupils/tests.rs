//! Pupils: who is found, who may see whom, and what two clerks at once are told.

use axum::http::StatusCode;

use super::testing::linked;
use crate::pages::testing::House;

#[tokio::test]
async fn pupils_are_found_without_polish_marks_and_stand_in_polish_order() {
    let house = House::new().await;
    let zolc = house.enter_pupil("Łucja", "Nowak-Żółć", "8c", 1).await;
    let cma = house.enter_pupil("Ewa", "Ćma", "8c", 2).await;
    let zak = house.enter_pupil("Jan", "Żak", "8c", 3).await;
    let zrebak = house.enter_pupil("Jan", "Źrebak", "8c", 4).await;
    let mut browser = house.office("sekretariat").await;
    let all = linked(&browser.open("/office/pupils?class=8c").await);
    let expected = [&cma, &zolc, &zrebak, &zak].map(|pupil| pupil.id.to_string());
    assert_eq!(all, expected, "Ć after C, Ź before Ż");
    for (typed, found) in [
        ("nowak", vec![&zolc]),
        ("zolc", vec![&zolc]),
        ("%C5%BB%C3%93%C5%81+luc", vec![&zolc]),
        ("jan+8c", vec![&zrebak, &zak]),
        (zak.pesel.as_deref().unwrap(), vec![&zak]),
        ("owak", vec![]),
        ("%25", vec![]),
        ("_ak", vec![]),
        ("jan+nowak", vec![]),
        ("%00", vec![&cma, &zolc, &zrebak, &zak]),
    ] {
        let page = browser.open(&format!("/office/pupils?class=8c&q={typed}")).await;
        let found: Vec<String> = found.iter().map(|pupil| pupil.id.to_string()).collect();
        assert_eq!(linked(&page), found, "{typed}");
    }
    let page = browser.open("/office/pupils?q=nowak").await;
    assert!(page.contains("1 uczeń") && page.contains("value=\"nowak\""));
}

#[tokio::test]
async fn long_lists_are_turned_page_by_page_in_both_directions() {
    let house = House::new().await;
    house.crowd(120).await;
    let mut browser = house.office("sekretariat").await;
    let link = |html: &str, rel: &str| {
        let end = html.find(&format!("\" rel=\"{rel}\""))?;
        let start = html[..end].rfind("href=\"")? + 6;
        Some(html[start..end].replace("&#38;", "&"))
    };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    let mut next = Some("/office/pupils?q=o".to_owned());
    while let Some(address) = next {
        let html = browser.open(&address).await;
        assert!(html.contains("120 uczniów"), "the count is that of all pages");
        pages.push(linked(&html));
        seen.extend(linked(&html));
        next = link(&html, "next");
        assert_eq!(link(&html, "prev").is_some(), pages.len() > 1);
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), 120);
    let back = link(&browser.html, "prev").unwrap();
    let html = browser.open(&back).await;
    assert_eq!(linked(&html), pages[1]);
    let html = browser.open(&link(&html, "prev").unwrap()).await;
    assert_eq!((linked(&html), link(&html, "prev")), (pages[0].clone(), None));
}

#[tokio::test]
async fn a_tutor_sees_the_own_class_and_changes_nothing() {
    let house = House::new().await;
    let [own, _, other] = &house.schools[0].pupils[..] else { panic!() };
    let base = house.base_card_of(0, 0).await;
    let mut browser = house.office("wychowawca").await;
    for asked in ["/office/pupils", "/office/pupils?class=7b", "/office/pupils?q=zmyslona"] {
        let html = browser.open(asked).await;
        assert!(!html.contains("Zmyślona"), "{asked}");
    }
    assert!(browser.open("/office/pupils").await.contains("Przykładowa Zofia"));
    let html = browser.open(&format!("/office/pupils/{}", own.id)).await;
    for act in ["/correct", "/transfer", "/guardians/new", "/base-cards/", "/photo\"", "/orders/new"] {
        assert!(!html.contains(&format!("{act}\"")) && !html.contains(&format!("{act}new")), "{act}");
    }
    for (path, status) in [
        (format!("/office/pupils/{}", other.id), StatusCode::NOT_FOUND),
        (format!("/office/pupils/{}/picture", other.id), StatusCode::NOT_FOUND),
        ("/office/classes/7b".into(), StatusCode::NOT_FOUND),
        (format!("/office/pupils/{}/correct", own.id), StatusCode::FORBIDDEN),
        (format!("/office/pupils/{}/transfer", own.id), StatusCode::FORBIDDEN),
        ("/office/pupils/new".into(), StatusCode::FORBIDDEN),
        (format!("/office/base-cards/{}/void", base.id), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(browser.get(&path).await.status, status, "{path}");
    }
    browser.open("/office/classes/7a").await;
    let fields = [("until", "2028-09-30"), ("base_card", base.id.as_str())];
    let answer = browser.post("/office/classes/7a/confirm", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(house.base_card_of(0, 0).await.valid_until, base.valid_until);
}

#[tokio::test]
async fn pupils_of_another_school_are_as_unknown_as_ones_that_do_not_exist() {
    let house = House::new().await;
    let stranger = &house.schools[1].pupils[0].id;
    let base = house.base_card_of(1, 0).await;
    let slip = house.slip_of(1, 0).await;
    let phone = house.seat_phone(&slip, 1, "Obcy telefon").await;
    let mut browser = house.office("dyrektor").await;
    assert!(!browser.open("/office/pupils?q=niebyly").await.contains("Niebyły"));
    let paths = [
        format!("/office/pupils/{stranger}"),
        format!("/office/pupils/{stranger}/picture"),
        format!("/office/pupils/{stranger}/correct"),
        format!("/office/pupils/{stranger}/transfer"),
        format!("/office/pupils/{stranger}/guardians/new"),
        format!("/office/pupils/{stranger}/base-cards/new"),
        format!("/office/base-cards/{}/confirm", base.id),
        format!("/office/base-cards/{}/void", base.id),
        format!("/office/cards/{}", slip.card_id),
        format!("/office/cards/{}/revoke", slip.card_id),
        format!("/office/devices/{phone}/revoke"),
        format!("/office/devices/{phone}/replace"),
        "/office/classes/5a".to_owned(),
        "/office/pupils/nobody".to_owned(),
    ];
    for path in &paths {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in &paths[2..11] {
        browser.open("/office/pupils").await;
        let fields = [("reason", "lost"), ("surname", "Inny"), ("version", "1"), ("until", "2028-09-30")];
        let answer = browser.post(path, &fields).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    assert_eq!(house.base_card_of(1, 0).await.valid_until, base.valid_until);
}

#[tokio::test]
async fn a_pupil_called_script_is_shown_as_text() {
    let house = House::new().await;
    let pupil = house.enter_pupil("Robert", "Tabelka", "<b>7</b>", 1).await;
    let name = "<script>alert(1)</script>";
    house.scribble(&pupil.id, "surname", name).await;
    house.scribble(&pupil.id, "street_line", "<img src=x onerror=alert(2)>").await;
    let mut browser = house.office("sekretariat").await;
    for path in [
        "/office/pupils?q=robert".to_owned(),
        format!("/office/pupils/{}", pupil.id),
        format!("/office/pupils/{}/correct", pupil.id),
        format!("/office/pupils/{}/transfer", pupil.id),
        "/office/classes".to_owned(),
        "/office/classes/%3Cb%3E7%3C%2Fb%3E".to_owned(),
    ] {
        let html = browser.open(&path).await;
        assert!(
            !html.contains("<script>alert") && !html.contains("<img src=x") && !html.contains("<b>7"),
            "{path}"
        );
        assert!(html.contains("alert(1)") || path == "/office/classes", "{path}");
    }
}

#[tokio::test]
async fn a_pupil_is_entered_once_and_faults_stand_at_their_fields() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    browser.open("/office/pupils/new").await;
    let good = super::testing::pesel(3, 7);
    let mut fields = vec![
        ("given_names", "Zofia"),
        ("surname", "Łąka"),
        ("birth_date", "2012-09-04"),
        ("pesel", good.as_str()),
        ("class_name", "7a"),
        ("address.street_line", "ul. Polna 1"),
        ("address.postal_code", "42200"),
        ("address.city", "Częstochowa"),
    ];
    let answer = browser.post("/office/pupils/new", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = answer.text();
    assert!(html.contains("2 pola wymagają poprawienia") && html.contains("value=\"Łąka\""), "{html}");
    assert!(html.contains("id=\"e-address.postal_code\"") && html.contains("id=\"e-birth_date\""));
    fields[2].1 = "2012-09-03";
    fields[6].1 = "42-200";
    let first = browser.post("/office/pupils/new", &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let again = browser.post("/office/pupils/new", &fields).await;
    assert_eq!(again.location(), first.location(), "sent twice, entered once");
    let html = browser.open(first.location()).await;
    assert!(html.contains("Uczeń został wpisany") && html.contains(&good), "{html}");
    browser.open("/office/pupils/new").await;
    let taken = browser.post("/office/pupils/new", &fields).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.text().contains("Uczeń o tym numerze PESEL jest już wpisany"));
}

#[tokio::test]
async fn the_second_of_two_clerks_is_told_and_sees_both_versions() {
    let house = House::new().await;
    let pupil = house.enter_pupil("Ewa", "Stara", "7a", 1).await;
    let path = format!("/office/pupils/{}/correct", pupil.id);
    let (mut first, mut second) = (house.office("dyrektor").await, house.office("sekretariat").await);
    first.open(&path).await;
    second.open(&path).await;
    let pesel = pupil.pesel.clone().unwrap();
    let fields = |surname: &'static str, class: &'static str| {
        [
            ("given_names", "Ewa".to_owned()),
            ("surname", surname.to_owned()),
            ("birth_date", "2012-09-03".to_owned()),
            ("pesel", pesel.clone()),
            ("class_name", class.to_owned()),
            ("address.street_line", "ul. Lipowa 3/7".to_owned()),
            ("address.postal_code", "42-200".to_owned()),
            ("address.city", "Częstochowa".to_owned()),
        ]
    };
    let with = |version: String, fields: [(&'static str, String); 8]| {
        let mut all = vec![("version", version)];
        all.extend(fields);
        all
    };
    fn borrowed<'a>(all: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
        all.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    let sent = with(first.hidden("version"), fields("Pierwsza", "7a"));
    assert_eq!(first.post(&path, &borrowed(&sent)).await.status, StatusCode::SEE_OTHER);
    let sent = with(second.hidden("version"), fields("Druga", "7b"));
    let answer = second.post(&path, &borrowed(&sent)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let html = answer.text();
    assert!(html.contains("Ktoś inny zmienił") && html.contains("<td>Pierwsza</td><td>Druga</td>"), "{html}");
    assert!(html.contains("<td>7a</td><td>7b</td>") && html.contains("value=\"Druga\""), "typed values stay");
    let sent = with(second.hidden("version"), fields("Druga", "7b"));
    assert_eq!(second.post(&path, &borrowed(&sent)).await.status, StatusCode::SEE_OTHER, "having seen both");
    let html = second.open(&format!("/office/pupils/{}", pupil.id)).await;
    assert!(html.contains("Ewa Druga") && html.contains("nazwisko, klasa"), "{html}");
    // An identity that is emptied is a fault, not a wish to keep the old one.
    second.open(&path).await;
    let mut sent = with(second.hidden("version"), fields("Druga", "7b"));
    sent[4].1.clear();
    assert_eq!(second.post(&path, &borrowed(&sent)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_file_shows_what_there_is_and_who_did_it() {
    let house = House::new().await;
    let zofia = house.schools[0].pupils[0].id.clone();
    let slip = house.slip_of(0, 0).await;
    house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let mut browser = house.office("sekretariat").await;
    let path = format!("/office/pupils/{zofia}");
    browser.open(&format!("{path}/guardians/new")).await;
    let fields = [("given_names", "Jan"), ("surname", "Przykładowy"), ("email", "zły adres")];
    let answer = browser.post(&format!("{path}/guardians/new"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("given_names", "Jan"), ("surname", "Przykładowy"), ("email", "jan@example.pl")];
    assert_eq!(browser.post(&format!("{path}/guardians/new"), &fields).await.status, StatusCode::SEE_OTHER);
    let html = browser.open(&path).await;
    for text in [
        "12290100012",
        "ul. Zmyślona 7/3",
        "Jan Przykładowy",
        "Pixel Zosi",
        "1 z 1",
        "Android 15",
        "Utworzono komplet kodów",
        "Wpisano opiekuna",
        "sekretariat",
        "05.12.2026",
    ] {
        assert!(html.contains(text), "{text} is missing");
    }
    let picture = browser.get(&format!("{path}/picture")).await;
    assert_eq!(
        (picture.status, picture.headers["content-type"].to_str().unwrap()),
        (StatusCode::OK, "image/jpeg")
    );
    assert_eq!(picture.headers["cache-control"], "no-store");
    assert!(picture.body.starts_with(&[0xff, 0xd8]));
    let html = browser.open(&format!("/office/cards/{}", slip.card_id)).await;
    assert!(html.contains("Pixel Zosi") && html.contains("Wpisano legitymację"), "{html}");
    browser.get("/language/en?back=/office").await;
    assert!(browser.open(&path).await.contains("Guardian entered"));
}

#[tokio::test]
async fn a_transfer_says_what_it_ends_and_the_old_office_sees_the_pupil_no_more() {
    let house = House::new().await;
    let zofia = house.schools[0].pupils[0].id.clone();
    let slip = house.slip_of(0, 0).await;
    house.seat_phone(&slip, 1, "Pixel Zosi").await;
    let mut browser = house.office("sekretariat").await;
    let path = format!("/office/pupils/{zofia}/transfer");
    let html = browser.open(&path).await;
    assert!(
        html.contains("1 telefon straci mLegitymację") && html.contains("1 komplet kodów przestanie"),
        "{html}"
    );
    let (there, here) = (house.schools[1].id.to_string(), house.schools[0].id.to_string());
    let answer = browser.post(&path, &[("school_id", &here), ("class_name", "5a")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the own school is no choice");
    let fields = [("school_id", there.as_str()), ("class_name", "5a")];
    let first = browser.post(&path, &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post(&path, &fields).await.location(), first.location(), "sent twice, done once");
    assert_eq!(browser.get(&format!("/office/pupils/{zofia}")).await.status, StatusCode::NOT_FOUND);
    assert!(!browser.open("/office/pupils").await.contains("Przykładowa"));
    // A fresh form for a pupil who is gone leads nowhere.
    assert_eq!(browser.post(&path, &fields).await.status, StatusCode::NOT_FOUND);
}

/// `cargo test -p issuer --lib two_thousand -- --ignored --nocapture`
#[tokio::test]
#[ignore = "measures; says what it took"]
async fn two_thousand_pupils() {
    let house = House::new().await;
    house.crowd(2000).await;
    let mut browser = house.office("sekretariat").await;
    for path in [
        "/office",
        "/office/pupils",
        "/office/pupils?q=now",
        "/office/pupils?where=no-base-card",
        "/office/pupils?where=order-later",
        "/office/classes",
        "/office/classes/3a",
    ] {
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            browser.open(path).await;
        }
        println!("{path}: {:.1} ms", begun.elapsed().as_secs_f64() * 50.0);
    }
}
