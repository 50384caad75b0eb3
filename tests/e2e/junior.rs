//! mObywatel Junior: a pupil signs in on the portal, and only that pupil's card comes to the phone.

use issuer::demo_school::accounts::PASSWORD;
use jiff::SignedDuration;
use serde_json::json;
use shared::vci::error::Reason;
use shared::vci::sign_in::RedirectUri;
use tests::reader::{Answer, Reader, forms, tags};
use tests::scene::{CLERK, PORTAL_TUTOR, Scene};
use tests::world::{PIN, Phone, Plan};
use wallet::acquire::event::Unobserved;
use wallet::acquire::refusal::ActivateError;
use wallet::app_kind::AppKind;
use wallet::junior::{Holder, SignIn, SignInError};
use wallet::phone::{CreateError, LockedPhone, UnlockedPhone};
use wallet::pin::{NewPin, PinError};

/// The first pupil of the school with slips.
const PUPIL: &str = "sp0.uczen";
/// The first pupil of the school with codes on the portal, and a parent there.
const PORTAL_PUPIL: &str = "zsn.uczen";
const PORTAL_PARENT: &str = "zsn.rodzic";
/// The page where pupils are asked.
const ASKED: &str = "/portal/authorize";

pub(crate) fn loopback() -> RedirectUri {
    RedirectUri::loopback(8090).unwrap()
}

/// Opens an app's question in a browser, signs in on the way, and comes to the page that asks.
pub(crate) async fn asked(browser: &mut Reader, url: &str, login: &str) -> Answer {
    let path = url.split_once("/portal").map(|(_, rest)| format!("/portal{rest}")).unwrap();
    let door = browser.follow(&path).await;
    let Some(form) = forms(&door.body).into_iter().find(|form| form.action == "/portal/sign-in") else {
        return door;
    };
    let entered = browser.send(&form.with("login", login).with("password", PASSWORD)).await;
    assert_eq!((entered.status, entered.location()), (303, path.as_str()), "{}", entered.body);
    browser.get(&path).await
}

/// What the pupil answers, and where the browser goes with it.
pub(crate) async fn answers(browser: &mut Reader, page: &Answer, answer: &str) -> Answer {
    assert_eq!(page.status, 200, "{}", page.body);
    let form = forms(&page.body).into_iter().find(|form| form.action == ASKED).expect("a question");
    browser.send(&form.with("answer", answer)).await
}

async fn signs_in(scene: &Scene, phone: &Phone, login: &str) -> Result<Holder, SignInError> {
    let sign_in = phone.online.begin_sign_in(&scene.world.issuer(), loopback(), &Unobserved).await?;
    let mut browser = Reader::new(scene.world.base());
    let page = asked(&mut browser, sign_in.url().as_str(), login).await;
    let gone = answers(&mut browser, &page, "allow").await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert!(sign_in.is_answered_by(gone.location()), "{}", gone.location());
    phone.online.finish_sign_in(&sign_in, gone.location(), &Unobserved).await
}

fn reason(error: &ActivateError) -> Option<Reason> {
    error.refusal().and_then(|refusal| refusal.reason.clone())
}

async fn the_order_of_the_schools_guide(scene: Scene) {
    let world = &scene.world;
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    let phone = world.junior("Telefon Zosi").await;

    let error = phone.activate(&slip).await.unwrap_err();
    assert!(matches!(error, ActivateError::SignInNeeded { expired: false }), "{error}");
    assert_eq!(error.reason(), "sign_in_needed");
    assert!(world.transcript.exchanges().is_empty(), "somebody was asked");
    assert_eq!(phone.online.holder().await.unwrap(), None);

    let holder = signs_in(&scene, &phone, PORTAL_PUPIL).await.unwrap();
    let card = phone.activate(&slip).await.unwrap();
    let shown = phone.show(&card.id).await.card;
    assert_eq!(shown.data().given_names.as_str(), holder.info.given_names);
    assert!(!holder.info.class_name.is_empty());

    let written = world.account();
    assert!(written.contains("mleg_holder_token=•••") && written.contains("code_verifier=•••"));
    assert!(!written.contains(&holder.info.sub) && !written.contains(&holder.info.given_names), "{written}");

    // The same pupil is the same, another phone and day later; and nobody else is.
    let again = signs_in(&scene, &world.junior("Tablet Zosi").await, PORTAL_PUPIL).await.unwrap();
    assert_eq!(again.info.sub, holder.info.sub);
    let other = signs_in(&scene, &world.junior("Telefon Kuby").await, PUPIL).await.unwrap();
    assert_ne!(other.info.sub, holder.info.sub);
    assert!(!scene.pupils(1).contains(&holder.info.sub), "the books' own name of the pupil");

    // An hour later the card needs no sign-in, the next one does.
    world.clock.advance(SignedDuration::from_hours(1));
    let kept = phone.online.holder().await.unwrap().unwrap();
    assert_eq!((kept.info, kept.counts_until), (holder.info, None));
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome.reason(), "unchanged");
    let before = world.transcript.exchanges().len();
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert!(matches!(error, ActivateError::SignInNeeded { expired: true }), "{error}");
    assert_eq!(world.transcript.exchanges().len(), before, "somebody was asked");

    phone.online.sign_out().await.unwrap();
    assert_eq!(phone.online.holder().await.unwrap(), None);
    assert!(phone.standing(&card.id).await.is_valid());
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_in_scans_and_has_the_card() {
    the_order_of_the_schools_guide(Scene::fresh().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    the_order_of_the_schools_guide(Scene::of(plan).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_pupils_code_is_refused_and_has_lost_nothing() {
    let scene = Scene::fresh().await;
    let office = scene.office();
    let phone = scene.world.junior("Telefon Zosi").await;
    signs_in(&scene, &phone, PUPIL).await.unwrap();
    let slip = office.codes(&scene.orders(0)[1]).await;
    for code in [slip.activation_code.clone().unwrap(), "00000000".to_owned()] {
        for _ in 0..6 {
            let error = phone.activate_with(&slip, &code).await.unwrap_err();
            assert_eq!(reason(&error), Some(Reason::OtherPupil));
            let refusal = error.refusal().unwrap();
            assert_eq!((refusal.error.as_str(), refusal.tries_left), ("invalid_grant", None));
            assert!(refusal.message_pl.as_ref().unwrap().contains("innego ucznia"));
        }
    }
    let seen = office.slip_state(&slip).await;
    assert_eq!((&seen["state"], &seen["tries_left"]), (&json!("ready"), &json!(5)));
    assert!(office.devices(&slip.card_id, "live").await.is_empty());

    // One's own is counted as ever, and comes.
    let own = office.codes(&scene.orders(0)[0]).await;
    let error = phone.activate_with(&own, "00000000").await.unwrap_err();
    assert_eq!(reason(&error), Some(Reason::WrongCode));
    phone.activate(&own).await.unwrap();
    // And a phone that says nothing of its holder takes whatever its owner has the code for.
    scene.world.phone("Telefon mamy").await.activate(&slip).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_bound_is_finished_by_its_own_pupil_only() {
    let scene = Scene::fresh().await;
    let world = &scene.world;
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    let phone = world.junior("Telefon Zosi").await;
    signs_in(&scene, &phone, PORTAL_PUPIL).await.unwrap();
    world.lose_reply("/credential");
    assert_eq!(phone.activate(&slip).await.unwrap_err().reason(), "cannot_reach");
    world.clock.set(slip.expires_at + SignedDuration::from_mins(1));

    signs_in(&scene, &phone, PUPIL).await.unwrap();
    assert_eq!(reason(&phone.activate(&slip).await.unwrap_err()), Some(Reason::Expired));
    phone.online.refresh_all(&Unobserved).await.unwrap();
    assert_eq!(phone.cards().await, 0);

    let holder = signs_in(&scene, &phone, PORTAL_PUPIL).await.unwrap();
    let card = phone.activate(&slip).await.unwrap();
    let shown = phone.show(&card.id).await.card;
    assert_eq!(shown.data().given_names.as_str(), holder.info.given_names);
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_is_told_to_use_the_standard_app() {
    let scene = Scene::fresh().await;
    let phone = scene.world.junior("Telefon Zosi").await;
    let sign_in = phone.online.begin_sign_in(&scene.world.issuer(), RedirectUri::app(), &Unobserved).await;
    let sign_in = sign_in.unwrap();
    let mut browser = Reader::new(scene.world.base());
    let page = asked(&mut browser, sign_in.url().as_str(), PORTAL_PARENT).await;
    assert!(page.body.contains("zwykłej aplikacji mObywatel"), "{}", page.body);
    let choices = tags(&page.body).into_iter().filter(|tag| tag.get("name") == Some("answer"));
    assert_eq!(choices.map(|tag| tag.get("value").unwrap().to_owned()).collect::<Vec<_>>(), ["cancel"]);
    assert_eq!(answers(&mut browser, &page, "allow").await.status, 403, "a parent is let in");

    let gone = answers(&mut browser, &page, "cancel").await;
    assert!(gone.location().starts_with("pl.mlegitymacja.junior:/signed-in?error=access_denied&state="));
    let error = phone.online.finish_sign_in(&sign_in, gone.location(), &Unobserved).await.unwrap_err();
    assert_eq!(error.reason(), "sign_in_cancelled");
    assert_eq!(phone.online.holder().await.unwrap(), None);
}

/// Sends a form of the office's page about a pupil's logins.
async fn new_password(scene: &Scene, pupil: &str) -> (String, String) {
    let mut tutor = scene.reader(PORTAL_TUTOR).await;
    let page = tutor.get(&format!("/office/pupils/{pupil}/logins")).await.body;
    let reset = |form: &tests::reader::Form| form.value("act") == "reset" && form.value("whose") == "pupil";
    let form = forms(&page).into_iter().find(reset).expect("a login to reset");
    let letter = tutor.send(&form).await.body;
    let keys = tags(&letter).into_iter().filter(|tag| tag.get("class") == Some("code key"));
    let [login, password] = keys.map(|tag| tag.text).collect::<Vec<_>>().try_into().expect("a letter");
    (login, password)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_with_the_password_that_it_rested_on() {
    let scene = Scene::fresh().await;
    let (world, pupil) = (&scene.world, scene.pupils(1)[0].clone());
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    let (phone, tablet) = (world.junior("Telefon Zosi").await, world.junior("Tablet Zosi").await);
    for signed_in in [&phone, &tablet] {
        signs_in(&scene, signed_in, PORTAL_PUPIL).await.unwrap();
    }
    let (login, password) = new_password(&scene, &pupil).await;

    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!(reason(&error), Some(Reason::SignInAgain));
    assert!(error.refusal().unwrap().message_pl.as_ref().unwrap().contains("Zaloguj się jeszcze raz"));
    // The phone knows it now and asks nobody until the pupil has signed in again.
    assert_eq!(phone.online.holder().await.unwrap().unwrap().counts_until, None);
    assert_eq!(phone.activate(&slip).await.unwrap_err().reason(), "sign_in_needed");

    // With a password for the first time: it is changed on the way, and the question comes back.
    let sign_in = phone.online.begin_sign_in(&world.issuer(), loopback(), &Unobserved).await.unwrap();
    let mut browser = Reader::new(world.base());
    let path = sign_in.url().as_str().strip_prefix(world.base()).unwrap().to_owned();
    let door = browser.follow(&path).await;
    let form = forms(&door.body).into_iter().find(|form| form.action == "/portal/sign-in").unwrap();
    browser.send(&form.with("login", &login).with("password", &password)).await;
    let page = browser.follow(&path).await;
    let form = forms(&page.body).into_iter().find(|form| form.action == "/portal/password").unwrap();
    let chosen = "trzy zielone parasole";
    let changed = browser.send(&form.with("password", chosen).with("again", chosen)).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let page = browser.get(changed.location()).await;
    let gone = answers(&mut browser, &page, "allow").await;
    phone.online.finish_sign_in(&sign_in, gone.location(), &Unobserved).await.unwrap();
    phone.activate(&slip).await.unwrap();
    // What was signed in before stays out, though the account is open again.
    let another = world.office.codes(&scene.orders(1)[0]).await;
    assert_eq!(reason(&tablet.activate(&another).await.unwrap_err()), Some(Reason::SignInAgain));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_signed_in_nowhere() {
    let scene = Scene::fresh().await;
    let (world, pupil) = (&scene.world, scene.pupils(0)[0].clone());
    let slip = world.office.codes(&scene.orders(0)[0]).await;
    let phone = world.junior("Telefon Zosi").await;
    signs_in(&scene, &phone, PUPIL).await.unwrap();
    let sign_in = phone.online.begin_sign_in(&world.issuer(), loopback(), &Unobserved).await.unwrap();
    let mut browser = Reader::new(world.base());
    let page = asked(&mut browser, sign_in.url().as_str(), PUPIL).await;
    let gone = answers(&mut browser, &page, "allow").await;

    let mut clerk = scene.reader(CLERK).await;
    let place = format!("/office/pupils/{pupil}/logins/pupil/close");
    let question = clerk.get(&place).await;
    let form = forms(&question.body).into_iter().find(|form| form.action == place).expect("a question");
    let closed = clerk.send(&form).await;
    assert_eq!(closed.status, 303, "{}", closed.body);

    assert_eq!(reason(&phone.activate(&slip).await.unwrap_err()), Some(Reason::SignInAgain));
    // Nor does the code count that was on its way.
    let error = phone.online.finish_sign_in(&sign_in, gone.location(), &Unobserved).await.unwrap_err();
    assert_eq!((error.reason(), error.refusal().unwrap().status), ("invalid_grant", 400));
    assert_eq!(browser.get("/portal").await.status, 303, "the browser is still signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_school_is_signed_out() {
    let scene = Scene::fresh().await;
    let (world, pupil) = (&scene.world, scene.pupils(1)[0].clone());
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    let phone = world.junior("Telefon Zosi").await;
    signs_in(&scene, &phone, PORTAL_PUPIL).await.unwrap();
    let form = json!({ "school_id": scene.school(0), "class_name": "7a" });
    world.office.done("POST", &format!("/pupils/{pupil}/transfer"), Some(form)).await;
    let said = reason(&phone.activate(&slip).await.unwrap_err());
    // The slip may be dead before anybody asks whose phone it is.
    assert!(matches!(said, Some(Reason::SignInAgain | Reason::Cancelled)), "{said:?}");

    let sign_in = phone.online.begin_sign_in(&world.issuer(), loopback(), &Unobserved).await.unwrap();
    let mut browser = Reader::new(world.base());
    let page = asked(&mut browser, sign_in.url().as_str(), PORTAL_PUPIL).await;
    assert!(page.body.contains("nie widzi teraz żadnego ucznia"), "{}", page.body);
    assert_eq!(answers(&mut browser, &page, "allow").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_comes_before_the_pin() {
    let scene = Scene::fresh().await;
    let world = &scene.world;
    let surroundings = world.phone_surroundings();
    let sign_in = SignIn::begin(&surroundings, &world.issuer(), loopback(), &Unobserved).await.unwrap();
    let mut browser = Reader::new(world.base());
    let page = asked(&mut browser, sign_in.url().as_str(), PORTAL_PUPIL).await;
    let gone = answers(&mut browser, &page, "allow").await;
    let session = sign_in.finish(&surroundings, gone.location(), &Unobserved).await.unwrap();

    let phone = world.junior("Telefon Zosi").await;
    phone.online.keep_sign_in(session.clone()).await.unwrap();
    let slip = world.office.codes(&scene.orders(1)[0]).await;
    phone.activate(&slip).await.unwrap();

    // Neither a standard phone nor one that trusts nobody keeps it.
    let standard = world.phone("Telefon mamy").await;
    assert_eq!(standard.online.keep_sign_in(session).await.unwrap_err().reason(), "not_junior");
    let begun = standard.online.begin_sign_in(&world.issuer(), loopback(), &Unobserved).await;
    assert_eq!(begun.unwrap_err().reason(), "not_junior");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_stays_what_it_was_set_up_as() {
    let scene = Scene::fresh().await;
    let phone = scene.world.junior("Telefon Zosi").await;
    let device = phone.online.phone().documents().device().unwrap();
    let holder = signs_in(&scene, &phone, PUPIL).await.unwrap();
    let home = phone.home.clone();
    drop(phone);
    let phone = scene.world.reopen(&home).await;
    assert_eq!(phone.online.app_kind(), AppKind::Junior);
    assert_eq!(phone.online.holder().await.unwrap(), Some(holder));
    let long = NewPin::parse("4930271").unwrap();
    let pin = wallet::pin::Pin::parse(PIN).unwrap();
    let refused = phone.online.phone().change_pin(&pin, &long, scene.world.now()).unwrap_err();
    assert_eq!(refused.reason(), "pin_not_six_digits");
    drop(phone);

    // What the file in the clear says is for the lock screen alone.
    std::fs::write(home.join("phone.json"), br#"{"version":1}"#).unwrap();
    let locked = LockedPhone::open(&home, tests::world::parts()).unwrap();
    assert_eq!(locked.app_kind(), AppKind::Standard);
    let unlocked = locked.unlock(&pin, scene.world.now()).unwrap();
    assert_eq!(unlocked.app_kind(), AppKind::Junior);

    let (other, now) = (home.join("other"), scene.world.now());
    let parts = tests::world::parts();
    let refused =
        UnlockedPhone::create_as(AppKind::Junior, &other, &device, &long, now, parts).err().unwrap();
    assert!(matches!(refused, CreateError::Pin(PinError::NotSixDigits)), "{refused}");
    assert!(!other.exists());
}
