//! What pupils and guardians meet on the portal, with phones that really activate.

use axum::http::StatusCode;
use jiff::SignedDuration;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use shared::jose::jwk::PublicJwk;
use shared::typed_code::TypedCode;
use shared::vci::proof::signing_input;

use crate::audit::{Act, Actor};
use crate::issuance::enrolment::DeviceClaim;
use crate::pages::testing::{Browser, House, PASSWORD};
use crate::registry::line::{Login, Password};
use crate::registry::portal_account::{EnterPortalAccount, NewPortalAccount};
use crate::registry::staff::HashedPassword;
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::portal_account::PortalKind;
use crate::store::{Statements, StoreError, Value, Verb};

impl House {
    /// The pupil at this place of a demo school: `legacy-2019` is the first, `zpe-2025` the second.
    pub(super) fn child(&self, school: usize, pupil: usize) -> PupilId {
        self.schools[school].pupils[pupil].id.clone()
    }

    /// Makes an account on the portal with [`PASSWORD`].
    pub(super) async fn portal_account(&self, login: &str, school: usize, children: &[usize], first: bool) {
        let entropy = &*self.issuance.entropy;
        let act = Act::new(Actor::System, self.issuance.now(), entropy);
        let kind = if login.starts_with("u-") { PortalKind::Pupil } else { PortalKind::Guardian };
        let mut list = Vec::new();
        for child in children {
            let child = self.child(school, *child);
            let guardian = self.issuance.store.read(FirstGuardian(child.clone())).await.unwrap();
            list.push((child, Some(guardian).filter(|_| kind == PortalKind::Guardian)));
        }
        let account = NewPortalAccount {
            kind,
            logins: vec![Login::parse(login).unwrap()],
            full_name: format!("Osoba {login}"),
            school: self.schools[school].id.clone(),
            children: list,
            must_change: first,
        };
        let password = HashedPassword::of(&Password::parse(PASSWORD).unwrap(), entropy).unwrap();
        let verb = EnterPortalAccount::new(account, password, act, entropy);
        self.issuance.store.write(verb).await.unwrap().unwrap();
    }

    /// A browser whose user is signed in to the portal.
    pub(super) async fn portal(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        browser.open("/portal/sign-in").await;
        let answer = browser.post("/portal/sign-in", &[("login", login), ("password", PASSWORD)]).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::SEE_OTHER, "/portal"),
            "{}",
            browser.html
        );
        browser
    }

    /// A phone activates by the code that can be typed.
    pub(super) async fn activate(&self, typed: &str, name: &str) {
        let issuance = &self.issuance;
        let offer = issuance.resolve_typed(&TypedCode::parse(typed).unwrap()).await.unwrap();
        let tokens = issuance.redeem(&offer.pre_authorized_code, None, None, None).await.unwrap();
        let access = issuance.open_access(tokens.access.expose(), None).unwrap();
        let nonce = issuance.fresh_nonce();
        let secret: [u8; 32] = issuance.entropy.bytes();
        let phone = SigningKey::from_slice(&secret).unwrap();
        let point = phone.verifying_key().to_sec1_point(false);
        let key = PublicJwk::from_sec1(point.as_bytes()).unwrap();
        let input = signing_input(&key, "http://127.0.0.1:1", Some(&nonce), issuance.now()).unwrap();
        let signature: p256::ecdsa::Signature = phone.sign(input.as_bytes());
        let proven = issuance.prove(&input.finish(signature.to_bytes().into()), true).unwrap();
        let claim = DeviceClaim {
            name: Some(name.to_owned()),
            platform: Some("android".into()),
            os_version: Some("15".into()),
            ..DeviceClaim::default()
        };
        issuance.enrol(access, proven, claim).await.unwrap();
    }
}

struct FirstGuardian(PupilId);

#[async_trait::async_trait]
impl Verb for FirstGuardian {
    type Answer = GuardianId;

    async fn run(&self, tx: &mut dyn Statements) -> Result<GuardianId, StoreError> {
        use crate::store::tables::pupil::Guardian;
        Ok(Guardian::of_pupil(tx, &self.0).await?.remove(0).id)
    }
}

/// Makes a pupil older, or gives the guardian another address.
pub(super) struct Sql(pub(super) &'static str, pub(super) Vec<Value>);

#[async_trait::async_trait]
impl Verb for Sql {
    type Answer = u64;

    async fn run(&self, tx: &mut dyn Statements) -> Result<u64, StoreError> {
        tx.execute(self.0, &self.1).await
    }
}

/// The code that can be typed, as the page shows it.
pub(super) fn typed(html: &str) -> Option<String> {
    Some(html.split("class=\"code\">").nth(1)?.split('<').next()?.to_owned())
}

pub(super) fn attribute(html: &str, name: &str) -> String {
    html.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_password_is_changed_before_anything_else() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], true).await;
    let mut browser = house.portal("u-1111-1111").await;
    let page = format!("/portal/children/{}/applications", house.child(1, 0));
    for path in ["/portal", &page, "/portal/applications"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/portal/password"), "{path}");
    }
    let html = browser.open("/portal/password").await;
    assert!(html.contains("Ustal własne hasło") && !html.contains("Obecne hasło"));
    for (password, again, told) in [
        ("kotek", "kotek", "od 8 do 128"),
        ("kotek na płocie", "kotek na plocie", "Hasła nie są takie same"),
        (PASSWORD, PASSWORD, "dotychczasowe"),
    ] {
        browser.open("/portal/password").await;
        let answer = browser.post("/portal/password", &[("password", password), ("again", again)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(told), "{told}");
        assert!(!answer.text().contains(&format!("value=\"{password}\"")), "no password is shown again");
    }
    let mut other = house.portal("u-1111-1111").await;
    browser.open("/portal/password").await;
    let answer = browser.post("/portal/password", &[("password", "kotek-na8"), ("again", "kotek-na8")]).await;
    assert_eq!(answer.location(), "/portal?done=portal-password");
    assert!(browser.open("/portal?done=portal-password").await.contains("Hasło zostało zmienione"));
    assert_eq!(other.get("/portal").await.location(), "/portal/sign-in?next=%2Fportal", "others are out");
    // From now on the present password is asked for.
    assert!(browser.open("/portal/password").await.contains("Obecne hasło"));
    let fields = [("current", "nie-to"), ("password", "nowe-haslo"), ("again", "nowe-haslo")];
    assert_eq!(browser.post("/portal/password", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.open("/portal/password").await;
    let fields = [("current", "kotek-na8"), ("password", "nowe-haslo"), ("again", "nowe-haslo")];
    assert_eq!(browser.post("/portal/password", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn wrong_passwords_lock_the_portal_and_not_the_office() {
    let house = House::new().await;
    house.portal_account("r-sekretariat", 1, &[0], false).await;
    let mut browser = house.browser();
    for _ in 0..5 {
        browser.open("/portal/sign-in").await;
        let answer =
            browser.post("/portal/sign-in", &[("login", "R-sekretariat"), ("password", "zle")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains("Login lub hasło się nie zgadza"));
    }
    browser.open("/portal/sign-in").await;
    let right = [("login", "r-sekretariat"), ("password", PASSWORD)];
    assert_eq!(browser.post("/portal/sign-in", &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(SignedDuration::from_secs(31));
    house.portal("r-sekretariat").await;
    // A session of one realm opens nothing in the other.
    let office = house.office("sekretariat").await;
    let mut mixed = house.browser();
    mixed.cookies.insert("mleg_portal".into(), office.cookies["mleg_office"].clone());
    assert_eq!(mixed.get("/portal").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn five_devices_one_after_the_other_and_then_no_code() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    house.portal_account("r-1111-1111", 1, &[0, 1], false).await;
    let (mut pupil, mut parent) = (house.portal("u-1111-1111").await, house.portal("r-1111-1111").await);
    assert!(pupil.open("/portal").await.contains("gotowy do pobrania"));
    let place = format!("/portal/children/{}/applications", house.child(1, 0));
    assert_eq!(pupil.get("/portal/applications").await.location(), place);
    let mut seen = Vec::new();
    for n in 0..5 {
        let html = pupil.open(&place).await;
        assert!(html.contains(&format!("{n} z 5 urządzeń")), "{html}");
        assert!(html.contains("role=\"img\"") && html.contains("<svg"), "the code is there");
        let code = typed(&html).unwrap();
        // A reload, and the other parent's look, leave the code alive that a phone is just scanning.
        assert_eq!(typed(&pupil.open(&place).await).unwrap(), code);
        assert_eq!(typed(&parent.open(&place).await).unwrap(), code);
        assert!(!seen.contains(&code), "each code opens one device");
        house.activate(&code, &format!("<script>{n}")).await;
        seen.push(code);
    }
    let html = pupil.open(&place).await;
    assert!(html.contains("5 z 5 urządzeń") && html.contains("na wszystkich urządzeniach"), "{html}");
    assert!(typed(&html).is_none() && !html.contains("class=\"qr\""));
    assert!(html.contains("&#60;script&#62;0") && !html.contains("<script>0"));
    assert!(!parent.open("/portal").await.contains(&format!("{place}\">Pokaż kod QR")));

    // Dropping one frees its place.
    let drop = attribute(&html, "class=\"button small danger\" href");
    let ask = pupil.open(&drop).await;
    assert!(ask.contains("4 innych urządzeniach") && ask.contains("unieważniona od razu"));
    let answer = pupil.post(&drop, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is asked for");
    let moved = [("reason", "moved_school")];
    assert_eq!(pupil.post(&drop, &moved).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the school's own");
    pupil.open(&drop).await;
    let first = pupil.post(&drop, &[("reason", "phone_lost")]).await;
    let second = pupil.post(&drop, &[("reason", "phone_lost")]).await;
    assert_eq!(first.location(), format!("{place}?done=portal-dropped"));
    assert_eq!(second.location(), first.location());
    let html = pupil.open(&place).await;
    assert!(html.contains("4 z 5 urządzeń") && typed(&html).is_some());
    let trail = crate::audit::ReadTrail::After { position: 0, limit: 500 };
    crate::audit::seal(&house.issuance.store).await.unwrap();
    let trail = house.issuance.store.read(trail).await.unwrap();
    let dropped: Vec<_> = trail.iter().filter(|entry| entry.action == "device.revoked").collect();
    assert_eq!(dropped.len(), 1);
    assert!(dropped[0].actor.starts_with("portal:") && dropped[0].detail.contains("phone_lost"));
}

#[tokio::test]
async fn a_new_code_is_shown_when_asked_for_and_when_the_old_one_is_over() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    let mut parent = house.portal("r-1111-1111").await;
    let child = house.child(1, 0);
    let place = format!("/portal/children/{child}/applications");
    let first = typed(&parent.open(&place).await).unwrap();
    let answer = parent.post(&format!("/portal/children/{child}/code"), &[]).await;
    assert_eq!(answer.location(), place);
    let second = typed(&parent.open(&place).await).unwrap();
    assert_ne!(first, second);
    let old = TypedCode::parse(&first).unwrap();
    assert!(house.issuance.resolve_typed(&old).await.is_err(), "one live code for each card");
    house.clock.advance(SignedDuration::from_mins(10));
    assert_ne!(typed(&parent.open(&place).await).unwrap(), second);
}

#[tokio::test]
async fn nobody_sees_or_changes_anothers_card() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    house.portal_account("u-2222-2222", 1, &[1], false).await;
    let (mine, other) = (house.child(1, 0), house.child(1, 1));
    let mut parent = house.portal("r-1111-1111").await;
    let html = parent.open(&format!("/portal/children/{mine}/applications")).await;
    house.activate(&typed(&html).unwrap(), "Telefon Gniewka").await;
    let html = parent.open(&format!("/portal/children/{mine}/applications")).await;
    let drop = attribute(&html, "class=\"button small danger\" href");

    let mut pupil = house.portal("u-2222-2222").await;
    assert!(!pupil.open("/portal").await.contains("Gniewko"));
    for path in [
        format!("/portal/children/{mine}"),
        format!("/portal/children/{mine}/applications"),
        format!("/portal/children/{mine}/events"),
        drop.clone(),
        // The other's device by the own name.
        drop.replace(mine.as_str(), other.as_str()),
        "/portal/children/nobody".to_owned(),
        format!("/portal/children/{}", house.child(0, 0)),
    ] {
        assert_eq!(pupil.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [drop.clone(), drop.replace(mine.as_str(), other.as_str())] {
        pupil.open("/portal").await;
        let answer = pupil.post(&path, &[("reason", "phone_lost")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(parent.open(&format!("/portal/children/{mine}/applications")).await.contains("1 z 5"));
    assert_eq!(parent.get(&format!("/portal/children/{other}")).await.status, StatusCode::NOT_FOUND);
    // A form that is not ours does nothing.
    let answer = parent.post_raw(&format!("/portal/children/{mine}/code"), &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_guardian_of_an_adult_looks_and_no_more() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let child = house.child(1, 0);
    let grown = "UPDATE pupil SET birth_date = '2008-11-21', pesel = '08312112303' WHERE id = $1";
    house.issuance.store.write(Sql(grown, vec![Value::from(&child)])).await.unwrap();
    let place = format!("/portal/children/{child}/applications");
    let html = house.portal("u-1111-1111").await.open(&place).await;
    house.activate(&typed(&html).unwrap(), "Telefon").await;
    let mut parent = house.portal("r-1111-1111").await;
    let html = parent.open(&place).await;
    assert!(html.contains("Uczeń jest pełnoletni") && typed(&html).is_none());
    assert!(html.contains("1 z 5 urządzeń") && !html.contains("/drop"));
    let answer = parent.post(&format!("/portal/children/{child}/code"), &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_photo_from_home_is_judged_at_once_and_waits_for_the_office() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 0, &[0], false).await;
    house.portal_account("u-1111-1111", 0, &[0], false).await;
    let child = house.child(0, 0);
    let place = format!("/portal/children/{child}/photo");
    let (good, small) =
        (crate::registry::testing::photo(354, 496), crate::registry::testing::photo(300, 400));
    let mut parent = house.portal("r-1111-1111").await;
    assert_eq!(parent.get("/portal/photo").await.location(), place);
    assert!(parent.open(&place).await.contains("co najmniej 354×496 pikseli"), "the rules stand there first");
    let answer = parent.post_files(&place, &[], &[]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text().contains("Wybierz plik"));
    let answer = parent.post_files(&place, &[], &[("photo", "Zofia.jpg", &small)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = answer.text();
    assert!(
        html.contains("Zdjęcie ma 300×400 pikseli")
            && html.contains("badge bad")
            && html.contains("badge good")
    );
    for n in 0..3 {
        parent.open(&place).await;
        let answer = parent.post_files(&place, &[], &[("photo", "Zofia.jpg", &good)]).await;
        assert_eq!(answer.location(), format!("{place}?done=portal-photo"), "{n}");
        let again = parent.post_files(&place, &[], &[("photo", "Zofia.jpg", &good)]).await;
        assert_eq!(again.location(), answer.location(), "the same form is worked off once");
    }
    let html = parent.open(&place).await;
    assert_eq!(html.matches("czeka na sprawdzenie").count(), 3);
    assert!(html.contains("trzy zdjęcia") && !html.contains("type=\"file\""));
    assert!(house.office("sekretariat").await.open("/office/photos").await.contains("portal"));

    // A minor looks and does not send; one of age does.
    let mut pupil = house.portal("u-1111-1111").await;
    let html = pupil.open(&place).await;
    assert!(html.contains("Zdjęcie przesyła rodzic") && !html.contains("type=\"file\""));
    let answer = pupil.post_files(&place, &[], &[("photo", "ja.jpg", &good)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let grown = "UPDATE pupil SET birth_date = '2008-11-21' WHERE id = $1";
    house.issuance.store.write(Sql(grown, vec![Value::from(&child)])).await.unwrap();
    house
        .issuance
        .store
        .write(Sql("UPDATE photo_inbox SET state = 'refused', reason = 'other'", vec![]))
        .await
        .unwrap();
    assert!(pupil.open(&place).await.contains("odrzucone"));
    let answer = pupil.post_files(&place, &[], &[("photo", "ja.jpg", &good)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let mut parent = house.portal("r-1111-1111").await;
    assert!(!parent.open(&place).await.contains("type=\"file\""), "now the pupil decides");
}
