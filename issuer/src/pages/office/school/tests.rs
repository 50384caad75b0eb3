//! The school's own pages, and what the law lets a pupil ask for.

use axum::http::StatusCode;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use shared::clock::Clock as _;
use shared::jose::jwk::PublicJwk;
use shared::secret::Secret;
use shared::vci::proof::signing_input;
use shared::x509::crl::UnverifiedCrl;

use crate::audit::{self, Actor, ChainVerdict};
use crate::issuance::enrolment::DeviceClaim;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::pages::testing::{House, PASSWORD};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

const NEW_PASSWORD: &str = "zupełnie inne hasło";

#[tokio::test]
async fn a_principal_edits_the_school_and_a_clerk_reads_it() {
    let house = House::new().await;
    let mut clerk = house.office("sekretariat").await;
    let html = clerk.open("/office/school").await;
    assert!(html.contains("Szkoła Podstawowa nr 0") && html.contains("procedura z 2019"), "{html}");
    assert!(!html.contains("/office/school/staff") && !html.contains("/office/school/agreement"));
    for path in ["agreement", "agreement/end", "rules/new", "staff", "staff/new", "tokens", "audit"] {
        let answer = clerk.get(&format!("/office/school/{path}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        let answer = clerk.post(&format!("/office/school/{path}"), &[]).await;
        assert!([StatusCode::FORBIDDEN, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status), "{path}");
    }
    clerk.open("/office/school/rules").await;
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get("/office/school").await.status, StatusCode::FORBIDDEN);
    assert_eq!(tutor.get("/office/account").await.status, StatusCode::OK);
    let mut principal = house.office("dyrektor").await;
    for path in [
        "",
        "/agreement",
        "/agreement/end",
        "/rules",
        "/rules/new",
        "/staff",
        "/staff/new",
        "/tokens",
        "/audit",
    ] {
        principal.open(&format!("/office/school{path}")).await;
    }
}

#[tokio::test]
async fn an_agreement_is_set_and_ended() {
    let house = House::new().await;
    let mut browser = house.office("dyrektor").await;
    browser.open("/office/school/agreement").await;
    let fields = [("number", "MC/<b>9</b>"), ("signed_on", "2026-09-01"), ("ended_on", "2026-08-01")];
    let answer = browser.post("/office/school/agreement", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("MC/&#60;b&#62;9"), "what was typed stays, as text");
    let fields = [("number", "MC/<b>9</b>"), ("signed_on", "2026-09-01"), ("ended_on", "")];
    let answer = browser.post("/office/school/agreement", &fields).await;
    assert_eq!(answer.location(), "/office/school?done=agreement-set");
    let html = browser.open("/office/school?done=agreement-set").await;
    assert!(html.contains("Zapisano porozumienie") && html.contains("obowiązuje"));
    let html = browser.open("/office/school/agreement/end").await;
    assert!(html.contains("żadne urządzenie ich nie traci"));
    browser.post("/office/school/agreement/end", &[]).await;
    assert!(browser.open("/office/school").await.contains("nie obowiązuje"));
}

#[tokio::test]
async fn rules_are_changed_with_every_fault_at_its_field() {
    let house = House::new().await;
    let mut browser = house.office("dyrektor").await;
    browser.open("/office/school/rules/new").await;
    let answer = browser
        .post(
            "/office/school/rules/new",
            &[
                ("preset", "legacy-2019"),
                ("devices", "21"),
                ("grant_ttl_hours", "x"),
                ("min_ios", "dziesięć"),
            ],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for id in ["e-devices", "e-grant_ttl_hours", "e-min_ios"] {
        assert!(answer.text().contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(!answer.text().contains("e-min_android"));
    let past = [("preset", "legacy-2019"), ("effective_from", "2026-11-20")];
    assert_eq!(browser.post("/office/school/rules/new", &past).await.status, StatusCode::CONFLICT);
    let nonsense = [("preset", "legacy-2019"), ("effective_from", "jutro")];
    assert!(browser.post("/office/school/rules/new", &nonsense).await.text().contains("e-effective_from"));
    let answer = browser
        .post(
            "/office/school/rules/new",
            &[
                ("preset", "zpe-2025"),
                ("devices", "3"),
                ("notify_email", "on"),
                ("form_plastic", "on"),
                ("effective_from", "2026-11-21"),
            ],
        )
        .await;
    assert_eq!(answer.location(), "/office/school/rules?done=rules-set", "{}", answer.text());
    let html = browser.open("/office/school").await;
    assert!(html.contains("najwyżej 3 urządzenia") && html.contains("<dd>e-mail</dd>"), "{html}");
    assert!(html.contains("<dd>plastikowa</dd>"));
    // The form begins with what holds now, and sends it back unchanged.
    let html = browser.open("/office/school/rules/new").await;
    assert!(html.contains("name=\"devices\" type=\"text\" value=\"3\""), "{html}");
    let later = [("preset", "legacy-2019"), ("effective_from", "2027-01-01")];
    browser.post("/office/school/rules/new", &later).await;
    let html = browser.open("/office/school/rules").await;
    assert!(html.contains("Od 01.01.2027, 00:00") && html.contains("przyszłe") && html.contains("dawne"));
}

#[tokio::test]
async fn rights_are_given_and_taken_by_name() {
    let house = House::new().await;
    let mut principal = house.office("dyrektor").await;
    principal.open("/office/school/staff/new").await;
    let fields =
        [("login", "anna"), ("role", "tutor"), ("password", PASSWORD), ("full_name", "Anna <Łącka>")];
    let answer = principal.post("/office/school/staff/new", &fields).await;
    assert!(answer.text().contains("Wychowawca musi mieć klasę"), "{}", answer.text());
    assert!(!answer.text().contains(PASSWORD), "a password is not shown again");
    let fields = [fields.as_slice(), &[("class_name", "8z")]].concat();
    let answer = principal.post("/office/school/staff/new", &fields).await;
    assert_eq!(answer.location(), "/office/school/staff?done=staff-entered");
    let html = principal.open("/office/school/staff").await;
    assert!(html.contains("Anna &#60;Łącka&#62;") && html.contains("8z"));
    principal.open("/office/school/staff/new").await;
    let answer = principal.post("/office/school/staff/new", &fields).await;
    assert!(answer.text().contains("id=\"e-login\""), "{}", answer.text());

    // The new member is of this school alone, and loses the session with the rights.
    let mut anna = house.office("anna").await;
    assert_eq!(anna.get("/office/account").await.status, StatusCode::OK);
    let html = principal.open("/office/school/staff").await;
    let place = html.split("href=\"/office/school/staff/").find(|rest| rest.contains("Anna &#60;")).unwrap();
    let place = format!("/office/school/staff/{}", place.split('"').next().unwrap());
    principal.open(&place).await;
    let clerk = [("role", "clerk"), ("full_name", "Anna Łącka"), ("class_name", "")];
    assert_eq!(principal.post(&place, &clerk).await.location(), "/office/school/staff?done=staff-changed");
    assert_eq!(anna.get("/office/school").await.status, StatusCode::OK, "at once");
    principal.open(&place).await;
    let short = principal.post(&format!("{place}/password"), &[("password", "krótkie")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reset = principal.post(&format!("{place}/password"), &[("password", NEW_PASSWORD)]).await;
    assert_eq!(reset.location(), "/office/school/staff?done=staff-password-reset");
    assert_eq!(anna.get("/office/account").await.status, StatusCode::SEE_OTHER, "signed out everywhere");
    anna.get("/office/sign-in").await;
    let answer = anna.post("/office/sign-in", &[("login", "anna"), ("password", NEW_PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let html = principal.open(&format!("{place}/close")).await;
    assert!(html.contains("zostanie od razu wylogowany"));
    principal.post(&format!("{place}/close"), &[]).await;
    assert_eq!(anna.get("/office/account").await.status, StatusCode::SEE_OTHER);
    anna.get("/office/sign-in").await;
    let answer = anna.post("/office/sign-in", &[("login", "anna"), ("password", NEW_PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn accounts_of_another_school_are_not_there() {
    let house = House::new().await;
    let mut principal = house.office("dyrektor").await;
    let sql = format!("UPDATE staff SET school_id = '{}' WHERE login = 'wychowawca'", house.schools[1].id);
    house.run(&sql).await;
    let html = principal.open("/office/school/staff").await;
    assert!(
        html.contains(">sekretariat</td><td role=\"cell\" data-label=\"Rola\">sekretariat</td>"),
        "login and role: {html}"
    );
    assert!(!html.contains("data-label=\"Login\">wychowawca</td>"));
    let all = crate::registry::staff::ListStaff(crate::registry::staff::Within::all());
    let all = house.issuance.store.read(all).await.unwrap();
    let other =
        all.iter().find(|(staff, _)| staff.login == house.schools[1].staff[0].login).unwrap().0.id.clone();
    for path in ["", "/close"] {
        let answer = principal.get(&format!("/office/school/staff/{other}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    principal.open("/office/school/tokens").await;
    let fields = [("name", "obcy"), ("staff_id", other.as_str())];
    assert_eq!(principal.post("/office/school/tokens", &fields).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn everybody_changes_their_own_password() {
    let house = House::new().await;
    let mut here = house.office("wychowawca").await;
    let mut elsewhere = house.office("wychowawca").await;
    here.open("/office/account").await;
    let change = |old: &'static str, new: &'static str, again: &'static str| {
        [("old_password", old), ("new_password", new), ("repeated", again)]
    };
    for (fields, id) in [
        (change("nieprawda", NEW_PASSWORD, NEW_PASSWORD), "e-old_password"),
        (change(PASSWORD, "krótkie", "krótkie"), "e-new_password"),
        (change(PASSWORD, NEW_PASSWORD, "coś innego wcale"), "e-repeated"),
    ] {
        let answer = here.post("/office/account", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(&format!("id=\"{id}\"")), "{id}: {}", answer.text());
        assert!(!answer.text().contains(NEW_PASSWORD));
    }
    let answer = here.post("/office/account", &change(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)).await;
    assert_eq!(answer.location(), "/office/account?done=password-changed");
    assert_eq!(here.get("/office/account").await.status, StatusCode::OK, "this browser stays signed in");
    assert_eq!(elsewhere.get("/office/account").await.status, StatusCode::SEE_OTHER, "others do not");
    // Passwords cannot be guessed here without end either.
    here.open("/office/account").await;
    for _ in 0..5 {
        here.post("/office/account", &change("nieprawda", NEW_PASSWORD, NEW_PASSWORD)).await;
    }
    let answer = here.post("/office/account", &change(NEW_PASSWORD, PASSWORD, PASSWORD)).await;
    assert!(answer.text().contains("Zbyt wiele nieudanych prób"), "{}", answer.text());
}

#[tokio::test]
async fn a_token_is_shown_once_and_taken_back() {
    let house = House::new().await;
    let mut browser = house.office("dyrektor").await;
    let html = browser.open("/office/school/tokens").await;
    let own = html.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("name", "e-dziennik"), ("staff_id", own.as_str())];
    let (token, key) = (browser.hidden("form_token"), browser.hidden("form_key"));
    let all = [[("form_token", token.as_str()), ("form_key", key.as_str())], fields].concat();
    let first = browser.post_raw("/office/school/tokens", &all).await;
    let secret = first.text().split("mleg_").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let again = browser.post_raw("/office/school/tokens", &all).await;
    assert_eq!(again.location(), "/office/school/tokens", "sent twice, made once");
    let html = browser.open("/office/school/tokens").await;
    assert!(html.contains("e-dziennik") && !html.contains(&secret));
    let hash = house.issuance.keys.api_token_hash(&Secret::new(format!("mleg_{secret}")));
    let known = async || {
        house.issuance.store.read(crate::registry::staff::RecogniseToken(hash)).await.unwrap().is_some()
    };
    assert!(known().await);
    let end = html.split("/office/school/tokens/").nth(1).unwrap().split('"').next().unwrap();
    let end = format!("/office/school/tokens/{end}");
    browser.open(&end).await;
    assert_eq!(browser.post(&end, &[]).await.location(), "/office/school/tokens?done=token-ended");
    assert!(!known().await);
}

/// More entries than a page shows.
struct Noise(audit::Act);

#[async_trait::async_trait]
impl Verb for Noise {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let mut trail = self.0.trail();
        for _ in 0..60 {
            trail.record(tx, "slip.noted", "nobody", serde_json::json!({})).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_audit_trail_is_searched_checked_and_taken_out() {
    let house = House::new().await;
    house.issuance.store.write(Noise(house.issuance.act(Actor::System))).await.unwrap();
    let mut browser = house.office("dyrektor").await;
    let html = browser.open("/office/school/audit").await;
    assert!(html.contains("session.begun") && html.contains("Starsze wpisy"), "{html}");
    let older = html.split("href=\"/office/school/audit?before=").nth(1).unwrap().split('"').next().unwrap();
    let page = browser.open(&format!("/office/school/audit?before={older}")).await;
    assert!(!page.contains("<code>session.begun</code></td>"), "the next page goes on");
    let pupil = house.schools[0].pupils[0].id.as_str().to_owned();
    let html = browser.open(&format!("/office/school/audit?subject={pupil}")).await;
    assert!(html.contains("pupil.entered") && !html.contains("<code>session.begun</code></td>"));
    assert!(browser.open("/office/school/audit?from=2026-11-22").await.contains("Nie ma takich wpisów"));
    assert!(!browser.open("/office/school/audit?until=2026-11-21").await.contains("Nie ma takich wpisów"));
    let wrong = browser.get("/office/school/audit?from=wczoraj").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.post("/office/school/audit/verify", &[]).await;
    assert!(answer.text().contains("Łańcuch jest nienaruszony"), "{}", answer.text());
    let csv = browser.get(&format!("/office/school/audit/export.csv?subject={pupil}")).await.text();
    assert!(csv.starts_with("\u{feff}\"position\";") && csv.contains("\"pupil.entered\""), "{csv}");
    let lines = browser.get("/office/school/audit/export.jsonl").await.text();
    let total = house.count("SELECT COUNT(*) FROM audit_entry").await;
    assert_eq!(i64::try_from(lines.lines().count()).unwrap(), total);
    for line in lines.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).unwrap()["hash"].is_string());
    }
    // Somebody who may write to the database leaves a trace.
    house.run("UPDATE audit_entry SET subject = 'x' WHERE position = 3").await;
    let answer = browser.post("/office/school/audit/verify", &[]).await;
    assert!(answer.text().contains("naruszony od wpisu nr 3"), "{}", answer.text());
}

/// Activates the card of a demo pupil on a phone.
async fn activate(house: &House, order: &crate::store::id::OrderId, name: &str) {
    let issuance = &house.issuance;
    let source = GrantSource::Order(order.clone(), None);
    let (verb, secrets) = MakeGrant::new(issuance, source, Actor::System);
    issuance.store.write(verb).await.unwrap().unwrap();
    let offer = issuance.resolve_offer(secrets.offer_id.expose()).await.unwrap();
    let code = Secret::new(secrets.code.expose());
    let tokens = issuance.redeem(&offer.pre_authorized_code, Some(&code), None, None).await.unwrap();
    let access = issuance.open_access(tokens.access.expose(), None).unwrap();
    let nonce = issuance.fresh_nonce();
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let jwk = PublicJwk::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
    let input = signing_input(&jwk, "http://127.0.0.1:1", Some(&nonce), house.clock.now()).unwrap();
    let signature: p256::ecdsa::Signature = key.sign(input.as_bytes());
    let proven = issuance.prove(&input.finish(signature.to_bytes().into()), true).unwrap();
    let claim = DeviceClaim {
        name: Some(name.to_owned()),
        platform: Some("android".into()),
        os_version: Some("14".into()),
        app_version: Some("5.0.0".into()),
    };
    issuance.enrol(access, proven, claim).await.unwrap();
}

struct FindPupil(crate::store::id::PupilId);

#[async_trait::async_trait]
impl Verb for FindPupil {
    type Answer = Pupil;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Pupil, StoreError> {
        Ok(Pupil::find(tx, &self.0).await?.unwrap())
    }
}

/// Every column of every table of the database in which one of these stands, whatever its type.
struct Grep(Vec<String>);

#[async_trait::async_trait]
impl Verb for Grep {
    type Answer = Vec<String>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
        let mut found = Vec::new();
        for row in tx.query(sql, &[]).await? {
            let (table, column): (String, String) = (row.take(0)?, row.take(1)?);
            for word in &self.0 {
                let hex: String = word.bytes().map(|byte| format!("{byte:02X}")).collect();
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE instr(hex({column}), '{hex}') > 0");
                if tx.number(&sql, &[]).await? > 0 {
                    found.push(format!("{table}.{column}: {word}"));
                }
            }
        }
        Ok(found)
    }
}

#[tokio::test]
async fn an_erased_pupil_leaves_nothing_but_ids_and_the_list_still_names_the_card() {
    let house = House::new().await;
    let seeded = &house.schools[0].pupils[0];
    let (id, store) = (seeded.id.clone(), &house.issuance.store);
    activate(&house, &seeded.order_id, "Telefon Osobliwy").await;
    let pupil = store.read(FindPupil(id.clone())).await.unwrap();
    let pesel = pupil.pesel.clone().unwrap();
    // Whatever else the system comes to know of a pupil.
    for sql in [
        format!("UPDATE pupil SET surname = 'Niepowtarzalska', search_text = ' niepowtarzalska {pesel} ', street_line = 'ul. Osobliwa 17' WHERE id = '{id}'"),
        "UPDATE application SET note = 'Niepowtarzalska prosi' WHERE pupil_id = (SELECT id FROM pupil WHERE surname = 'Niepowtarzalska')".to_owned(),
        format!("INSERT INTO guardian (id, pupil_id, given_names, surname, email, created_at) VALUES ('01m7znyn200000k3c5z1374g99', '{id}', 'Ewa', 'Niepowtarzalska', 'ewa@osobliwa.example', 1)"),
        format!("INSERT INTO notice (id, pupil_id, channel, recipient, subject, body, state, created_at) VALUES ('01m7znyn200000k3c5z1374g98', '{id}', 'email', 'ewa@osobliwa.example', 'x', 'Niepowtarzalska', 'queued', 1)"),
        format!("INSERT INTO portal_account (id, kind, login, full_name, school_id, password_hash, must_change, created_at) SELECT '01m7znyn200000k3c5z1374g97', 'guardian', 'ewa@osobliwa.example', 'Ewa Niepowtarzalska', school_id, 'x', 0, 1 FROM pupil WHERE id = '{id}'"),
        format!("INSERT INTO portal_access (account_id, pupil_id, created_at) VALUES ('01m7znyn200000k3c5z1374g97', '{id}', 1)"),
        format!("INSERT INTO idempotent_reply (token_id, key, request_hash, status, body, expires_at) VALUES ('t', 'k', x'00', 200, '{{\"id\":\"{id}\",\"surname\":\"Niepowtarzalska\"}}', 1)"),
        format!("INSERT INTO photo_inbox (id, school_id, pupil_id, origin, sender, sender_address, subject, file_name, purpose, length, picture, state, guesses, received_at, expires_at) VALUES ('01m7znyn200000k3c5z1374g96', '{}', NULL, 'mail', 'Ewa <ewa@osobliwa.example>', 'ewa@osobliwa.example', 'Niepowtarzalska 7a', 'Niepowtarzalska.jpg', 'card', 1, x'00', 'waiting', '[]', 1, 1)", pupil.school_id),
    ] {
        house.run(&sql).await;
    }
    let words: Vec<String> =
        [pesel.as_str(), "Niepowtarzalska", "niepowtarzalska", "Osobliw", "osobliwa.example"]
            .map(str::to_owned)
            .into();
    let before = store.read(Grep(words.clone())).await.unwrap();
    assert!(before.len() > 12, "the search finds what is there: {before:#?}");

    // A file that waits to be imported knows the pupil as well.
    let mut clerk = house.office("sekretariat").await;
    clerk.open("/office/pupils/import").await;
    let csv = format!(
        "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica;Kod;Miasto\nNiepowtarzalska;Ewa;{pesel};2012-01-01;7a;ul. A 1;42-200;Łódź\n"
    );
    clerk.post_files("/office/pupils/import", &[], &[("file", "Niepowtarzalska.csv", csv.as_bytes())]).await;

    let erase = format!("/office/pupils/{id}/erase");
    assert_eq!(clerk.get(&erase).await.status, StatusCode::FORBIDDEN, "a clerk erases nobody");
    let mut principal = house.office("dyrektor").await;
    let html = principal.open(&erase).await;
    assert!(html.contains("straci ważność na jednym urządzeniu"), "{html}");
    let answer = principal.post(&erase, &[("reason", "service_given_up")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "not without the tick");
    let sure = [("reason", "service_given_up"), ("sure", "on")];
    assert_eq!(principal.post(&erase, &sure).await.location(), "/office/pupils?done=pupil-erased");
    assert_eq!(
        principal.post(&erase, &sure).await.location(),
        "/office/pupils?done=pupil-erased",
        "twice is once"
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'pupil.erased'").await, 1);

    assert_eq!(store.read(Grep(words)).await.unwrap(), Vec::<String>::new());
    assert!(matches!(audit::verify(store).await.unwrap(), ChainVerdict::Whole { .. }));
    for path in ["", "/erase", "/export"] {
        let answer = principal.get(&format!("/office/pupils/{id}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    // The serial number is on the list, and stays there until the certificate would have ended.
    let list = house.issuance.revocation_list().await.unwrap();
    UnverifiedCrl::parse(&list.der).unwrap();
    assert_eq!(
        house.count("SELECT COUNT(*) FROM certificate WHERE state = 'revoked' AND der IS NULL").await,
        1
    );
    let serial = house.count("SELECT COUNT(*) FROM certificate c, revocation_list l WHERE instr(hex(l.der), upper(c.serial)) > 0").await;
    assert!(serial > 0, "the list names it");
    // A number of the register is not given twice, and the start of the program finds nothing to mend.
    assert_eq!(
        house
            .count(&format!("SELECT COUNT(*) FROM base_card WHERE pupil_id = '{id}' AND state = 'voided'"))
            .await,
        1
    );
    assert_eq!(store.write(crate::registry::pupil::IndexPupils).await.unwrap(), 0);
    house.issuance.settle_leftovers(jiff::SignedDuration::ZERO).await.unwrap();
    // Other pupils are as they were.
    let other = &house.schools[0].pupils[1];
    assert!(!store.read(FindPupil(other.id.clone())).await.unwrap().surname.is_empty());
}

#[tokio::test]
async fn all_that_is_kept_on_a_pupil_comes_in_one_file() {
    let house = House::new().await;
    let seeded = &house.schools[0].pupils[0];
    activate(&house, &seeded.order_id, "Telefon Osobliwy").await;
    let mut clerk = house.office("sekretariat").await;
    let place = format!("/office/pupils/{}/export", seeded.id);
    clerk.open(&place).await;
    let answer = clerk.post(&place, &[]).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let file: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let pupil = house.issuance.store.read(FindPupil(seeded.id.clone())).await.unwrap();
    assert_eq!(file["pupil"][0]["pesel"], serde_json::json!(pupil.pesel));
    assert_eq!(file["device"][0]["name"], "Telefon Osobliwy");
    use base64::Engine as _;
    let photo = file["photo"][0]["jpeg"].as_str().unwrap();
    let photo = base64::prelude::BASE64_STANDARD.decode(photo).unwrap();
    assert!(photo.starts_with(b"\xff\xd8"), "the picture is whole");
    for member in ["certificate", "base_card", "issue_grant", "audit_trail", "issue_order"] {
        assert!(!file[member].as_array().unwrap().is_empty(), "{member}");
    }
    let text = answer.text();
    assert!(!text.contains("code_mac") && !text.contains("_hash") && !text.contains("thumbprint"));
    assert_eq!(house.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'pupil.exported'").await, 1);
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(&place).await.status, StatusCode::FORBIDDEN);
    let other = &house.schools[1].pupils[0].id;
    assert_eq!(clerk.get(&format!("/office/pupils/{other}/export")).await.status, StatusCode::NOT_FOUND);
}
