//! The doors: sessions that cannot be planted, passwords that cannot be tried out.

use issuer::demo_school::accounts::PASSWORD;
use jiff::SignedDuration;
use tests::reader::{Reader, TOKEN, forms};
use tests::scene::{CLERK, Scene};

const DOOR: &str = "/office/sign-in";
const INSIDE: &str = "/office/components";
const SESSION: &str = "mleg_office";

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_session_is_never_signed_in() {
    let scene = Scene::fresh().await;
    let mut victim = Reader::new(scene.world.base());
    let planted = "A".repeat(43);
    victim.cookies.insert(SESSION.to_owned(), planted.clone());
    let page = victim.get(DOOR).await;
    let form = forms(&page.body).into_iter().find(|form| form.action == DOOR).unwrap();
    let answer = victim.send(&form.with("login", CLERK).with("password", PASSWORD)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_ne!(victim.cookies[SESSION], planted, "the planted cookie became a session");
    assert_eq!(victim.get(INSIDE).await.status, 200);

    let mut attacker = Reader::new(scene.world.base());
    attacker.cookies.insert(SESSION.to_owned(), planted);
    let answer = attacker.get(INSIDE).await;
    assert_eq!((answer.status, answer.location().split('?').next().unwrap()), (303, DOOR));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sign_in_begins_a_new_session_and_ends_the_old_one() {
    let scene = Scene::fresh().await;
    let mut clerk = scene.reader(CLERK).await;
    let first = clerk.clone();
    let token = forms(&clerk.get(INSIDE).await.body)[0].value(TOKEN).to_owned();
    assert_eq!(clerk.signs_in(DOOR, CLERK, PASSWORD).await.status, 303);
    assert_ne!(clerk.cookies[SESSION], first.cookies[SESSION]);
    let fresh = forms(&clerk.get(INSIDE).await.body)[0].value(TOKEN).to_owned();
    assert_ne!(fresh, token, "the token of the old session's forms still holds");
    assert_eq!(first.clone().get(INSIDE).await.status, 303, "the old session is still open");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_for_this_site_and_no_script() {
    let scene = Scene::fresh().await;
    let mut clerk = Reader::new(scene.world.base());
    let door = clerk.get(DOOR).await;
    let signed_in = clerk.signs_in(DOOR, CLERK, PASSWORD).await;
    let language = clerk.get("/language/en?back=/office").await;
    let mut seen = 0;
    for answer in [door, signed_in, language] {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            for must in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                assert!(cookie.contains(must), "{must} is missing in {}", cookie.split('=').next().unwrap());
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "visitor, session, known browser, language");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_takes_longer_and_longer() {
    let scene = Scene::fresh().await;
    let clock = &scene.world.clock;
    let mut guesser = Reader::new(scene.world.base());
    for _ in 0..5 {
        assert_eq!(guesser.signs_in(DOOR, CLERK, "to nie jest to hasło").await.status, 422);
    }
    // 30 seconds after the fifth wrong one, then twice as long each time.
    let mut wait = 30;
    for _ in 0..3 {
        let told = guesser.signs_in(DOOR, CLERK, PASSWORD).await;
        assert_eq!(told.status, 429, "the right password passes while one has to wait");
        clock.advance(SignedDuration::from_secs(wait - 1));
        assert_eq!(guesser.signs_in(DOOR, CLERK, PASSWORD).await.status, 429);
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(guesser.signs_in(DOOR, CLERK, "znowu nie to hasło").await.status, 422);
        wait *= 2;
    }
    // Another login is not concerned, and whoever has the password gets in when the wait is over.
    assert_eq!(Reader::new(scene.world.base()).signs_in(DOOR, "sp0.dyrektor", PASSWORD).await.status, 303);
    clock.advance(SignedDuration::from_secs(wait));
    assert_eq!(guesser.signs_in(DOOR, CLERK, PASSWORD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_login_is_answered_like_a_known_one() {
    let scene = Scene::fresh().await;
    let mut said = Vec::new();
    for login in [CLERK, "nie.ma.takiego"] {
        let mut guesser = Reader::new(scene.world.base());
        let mut answers = Vec::new();
        for _ in 0..6 {
            let answer = guesser.signs_in(DOOR, login, "to nie jest to hasło").await;
            // The sandbox's note names the school's logins on every door, so only the field is covered.
            let page = answer.body.replace(&format!("value=\"{login}\""), "value=\"•\"");
            assert_ne!(page, answer.body, "the login that was typed is kept");
            let form = forms(&page).into_iter().find(|form| form.action == DOOR).unwrap();
            let page = page.replace(form.value(TOKEN), "•").replace(form.value("form_key"), "•");
            answers.push((answer.status, page));
        }
        said.push(answers);
    }
    assert!(said[0] == said[1], "the pages differ");
}
