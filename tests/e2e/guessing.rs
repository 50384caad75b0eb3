//! Guesses over all slips and accounts together: by address, by school, and however many come at once.

use std::collections::BTreeMap;

use issuer::app::SystemEntropy;
use issuer::demo_school::accounts::PASSWORD;
use jiff::SignedDuration;
use shared::typed_code::TypedCode;
use tests::office::Slip;
use tests::reader::{Reader, forms};
use tests::scene::{CLERK, Scene};
use tests::world::{Plan, World};

use crate::wire::{Wire, another_code};

/// How often each status came.
type Tally = BTreeMap<u16, usize>;

async fn tally(requests: impl IntoIterator<Item = reqwest::RequestBuilder>) -> Tally {
    let sent: Vec<_> = requests.into_iter().map(|request| tokio::spawn(request.send())).collect();
    let mut tally = Tally::new();
    for answer in sent {
        *tally.entry(answer.await.unwrap().unwrap().status().as_u16()).or_default() += 1;
    }
    tally
}

/// A hundred typed codes at once from one address that has sixty guesses.
async fn typed_codes(plan: Plan) {
    let world = World::of(Plan { settings: |given| given.max_guesses_per_address = Some(60), ..plan }).await;
    let (wire, slip) = (Wire::of(&world), world.codes().await);
    let guess = |_| {
        let nobodys = TypedCode::generate(&SystemEntropy);
        wire.request("POST", "/typed-code").json(&serde_json::json!({ "typed_code": nobodys.expose() }))
    };
    assert_eq!(tally((0..100).map(guess)).await, Tally::from([(404, 60), (429, 40)]));
    let reply = wire.typed(&slip.typed_code).await;
    reply.refused("the right one, too late", 429, "rate_limited", "rate_limited");
    // A hundredth of sixty comes back every minute.
    assert_eq!(reply.headers["retry-after"], "100");
    assert_eq!(wire.offer(&slip).await.status, 200, "scanning goes on");
    world.clock.advance(SignedDuration::from_secs(100));
    for _ in 0..3 {
        assert_eq!(wire.typed(&slip.typed_code).await.status, 200, "right ones cost nothing");
    }
    assert_eq!(tally((0..3).map(guess)).await, Tally::from([(404, 1), (429, 2)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_typed_codes_at_once_are_sixty_guesses_on_sqlite() {
    typed_codes(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_typed_codes_at_once_are_sixty_guesses_on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    typed_codes(plan).await;
}

/// How many wrong codes the books have counted against these slips.
async fn counted(world: &World, slips: &[Slip]) -> u64 {
    let mut sum = 0;
    for slip in slips {
        sum += 5 - world.office.slip_state(slip).await["tries_left"].as_u64().unwrap();
    }
    sum
}

/// Sixty activation codes at once over four slips of a school that has seven guesses.
async fn activation_codes(plan: Plan) {
    let world = World::of(Plan { settings: |given| given.max_guesses_per_school = Some(7), ..plan }).await;
    let wire = Wire::of(&world);
    let mut slips = Vec::new();
    let mut guesses = Vec::new();
    for _ in 0..4 {
        let slip = world.codes().await;
        let code = wire.code(&slip).await;
        guesses.extend((0..15).map(|n| wire.token_request(&code, Some(&another_code(&slip, n)))));
        slips.push(slip);
    }
    let tally = tally(guesses).await;
    assert_eq!(tally.keys().copied().collect::<Vec<_>>(), [400, 429], "nobody was let in: {tally:?}");
    let at_once = counted(&world, &slips).await;
    assert!((1..=7).contains(&at_once), "{at_once} tries at once, {tally:?}");
    // Who asked for a locked slip gave the place back, so there may be some left: until there are none.
    let mut n = 20;
    for slip in &slips {
        while world.office.slip_state(slip).await["state"] == "ready" {
            let code = wire.code(slip).await;
            if wire.token(&code, Some(&another_code(slip, n))).await.status == 429 {
                break;
            }
            n += 1;
        }
    }
    assert_eq!(counted(&world, &slips).await, 7, "over all slips together");

    // The right code is not looked at either, and costs no try.
    let mut open = None;
    for slip in &slips {
        if world.office.slip_state(slip).await["state"] == "ready" {
            open = Some(slip);
        }
    }
    let open = open.expect("seven tries lock one of four slips at the most");
    let code = wire.code(open).await;
    let reply = wire.token(&code, open.activation_code.as_deref()).await;
    reply.refused("the right one", 429, "rate_limited", "rate_limited");
    assert_eq!(counted(&world, &slips).await, 7);
    // Another school's pupils are not concerned: it has seven of its own.
    let school = world.office.school(990_002, "Szkoła Obok", "legacy-2019", serde_json::json!({})).await;
    let neighbour = world.office.ready_pupil(&school, 77, tests::world::CARD_DAYS).await;
    let neighbour = world.codes_for(&neighbour).await;
    let code = wire.code(&neighbour).await;
    assert_eq!(wire.token(&code, neighbour.activation_code.as_deref()).await.status, 200);

    world.clock.advance(SignedDuration::from_secs(860));
    let code = wire.code(open).await;
    assert_eq!(wire.token(&code, open.activation_code.as_deref()).await.status, 200, "in time it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_activation_codes_at_once_are_seven_tries_on_sqlite() {
    activation_codes(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_activation_codes_at_once_are_seven_tries_on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    activation_codes(plan).await;
}

/// A hundred API tokens at once from one address that has sixty guesses.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_api_tokens_at_once_are_sixty_guesses() {
    let plan = Plan { settings: |given| given.max_guesses_per_address = Some(60), ..Plan::of("legacy-2019") };
    let world = World::of(plan).await;
    let (wire, slip) = (Wire::of(&world), world.codes().await);
    let ask = |token: String| wire.request("GET", "/api/v1/schools").bearer_auth(token);
    let guesses = (0..100).map(|n| ask(format!("mleg_{n:064x}")));
    assert_eq!(tally(guesses).await, Tally::from([(401, 60), (429, 40)]));
    // The right one is not looked at either, until a hundredth of sixty has come back.
    let refused = world.office.call("GET", "/schools", None).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"));
    let told = ask("mleg_nobodys".to_owned()).send().await.unwrap();
    assert_eq!(told.status(), 429);
    assert_eq!(told.headers()["retry-after"], "100");
    assert_eq!(wire.offer(&slip).await.status, 200, "scanning goes on");
    world.clock.advance(SignedDuration::from_secs(100));
    for _ in 0..3 {
        assert_eq!(world.office.call("GET", "/schools", None).await.status, 200, "right ones cost nothing");
    }
    assert_eq!(ask("mleg_nobodys".to_owned()).send().await.unwrap().status(), 401);
    assert_eq!(
        wire.request("GET", "/api/v1/schools").send().await.unwrap().status(),
        401,
        "none is no guess"
    );
    assert_eq!(ask("mleg_nobodys".to_owned()).send().await.unwrap().status(), 429);
}

const DOOR: &str = "/office/sign-in";
const PORTAL_DOOR: &str = "/portal/sign-in";

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_counted_by_address_whatever_the_login_and_the_door() {
    let plan = Plan { settings: |given| given.max_sign_ins_per_address = Some(6), ..Plan::of("legacy-2019") };
    let scene = Scene::of(plan).await;
    let base = scene.world.base();
    let guesses = (0..20).map(|n| {
        let mut guesser = Reader::new(base);
        let door = if n % 2 == 0 { DOOR } else { PORTAL_DOOR };
        // Another login each time, so that no account makes anybody wait.
        tokio::spawn(async move { guesser.signs_in(door, &format!("nikt{n}"), "to nie hasło").await.status })
    });
    let mut tally = Tally::new();
    for guess in guesses.collect::<Vec<_>>() {
        *tally.entry(guess.await.unwrap()).or_default() += 1;
    }
    assert_eq!(tally, Tally::from([(422, 6), (429, 14)]));
    assert_eq!(
        Reader::new(base).signs_in(DOOR, CLERK, PASSWORD).await.status,
        429,
        "the right one, too late"
    );

    // What a client says of itself counts nothing where no proxy is trusted.
    let http = tests::http::client();
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let mut guesser = Reader::new(base);
        let page = guesser.get(DOOR).await;
        let form = forms(&page.body).into_iter().find(|form| form.action == DOOR).unwrap();
        let cookies: Vec<_> = guesser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let fields = [("form_token", form.value("form_token")), ("login", CLERK), ("password", PASSWORD)];
        let answer = http
            .post(format!("{base}{DOOR}"))
            .header(header, "for=198.51.100.7")
            .header("cookie", cookies.join("; "))
            .form(&fields)
            .send();
        assert_eq!(answer.await.unwrap().status(), 429, "{header}");
    }
    scene.world.clock.advance(SignedDuration::from_secs(1000));
    for _ in 0..3 {
        assert_eq!(
            Reader::new(base).signs_in(DOOR, CLERK, PASSWORD).await.status,
            303,
            "right ones cost nothing"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_everybody_has_places_of_their_own() {
    let settings = |given: &mut issuer::config::Given| {
        given.max_guesses_per_address = Some(2);
        given.trusted_proxy = Some("127.0.0.0/8".to_owned());
    };
    let world = World::of(Plan { settings, ..Plan::of("legacy-2019") }).await;
    let wire = Wire::of(&world);
    let guess = |from: &str| wire.request("GET", "/o/nobodys").header("x-forwarded-for", from);
    for (from, expected) in [
        ("198.51.100.7", vec![404, 404, 429]),
        // What stands before the address that the proxy wrote, anybody may have written.
        ("203.0.113.5, 198.51.100.7", vec![429]),
        ("203.0.113.5", vec![404, 404, 429]),
        ("2001:db8:1:2::1", vec![404, 404, 429]),
        ("2001:db8:1:2:ffff::2", vec![429]),
        ("2001:db8:1:3::1", vec![404]),
    ] {
        for status in expected {
            assert_eq!(guess(from).send().await.unwrap().status().as_u16(), status, "{from}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_onlooker_who_kills_a_slip_is_noticed_by_the_office() {
    let scene = Scene::fresh().await;
    let (world, office) = (&scene.world, scene.office());
    let slip = office.codes(&scene.orders(0)[0]).await;
    let mut clerk = scene.reader(CLERK).await;
    let told = "zablokowany po pięciu błędnych kodach";
    assert!(!clerk.get("/office").await.body.contains(told));
    let wire = Wire::of(world);
    let code = wire.code(&slip).await;
    for n in 0..5 {
        wire.token(&code, Some(&another_code(&slip, n))).await;
    }
    // On the first page of the day, in the list that it leads to, on the slip itself, and in the audit trail.
    let desk = clerk.get("/office").await.body;
    assert!(desk.contains(told) && desk.contains("/office/slips?state=locked"), "{desk}");
    let list = clerk.get("/office/slips?state=locked").await.body;
    let page = format!("/office/slips/{}", slip.id);
    assert!(list.contains(&page), "{list}");
    assert!(clerk.get(&page).await.body.contains("zablokowany"));
    let mut principal = scene.reader(tests::scene::PRINCIPAL).await;
    assert!(principal.get("/office/school/audit").await.body.contains("grant.locked"));
    // A new slip is made in its place, and the dead one is laid into the pupil's file: that ends the alarm.
    office.replace(&slip.id).await;
    let place = format!("{page}/file");
    let form = forms(&clerk.get(&place).await.body).into_iter().find(|form| form.action == place).unwrap();
    assert_eq!(clerk.send(&form).await.status, 303);
    assert!(!clerk.get("/office").await.body.contains(told));
}
