//! Issuers and networks that do not do their part.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use jiff::SignedDuration;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};
use shared::clock::ManualClock;
use tests::network::spoils_cards;
use tests::world::{Plan, World};
use wallet::store::MemoryStores;
use wallet::transport::Response;

use super::{Seen, desk, meddled, scanner, types, types_text};

pub(super) async fn an_issuer_that_the_phone_does_not_know(seen: &mut Seen) {
    let (world, other) = (World::legacy().await, World::legacy().await);
    let slip = other.slip_for_a_pupil().await;
    let table = scanner(&world).await;
    let shown = table.picture(1, &slip.qr_png).await;
    seen.shows(&shown, "untrusted_issuer");
    assert!(shown.html.contains(other.base()), "which one is not said: {}", shown.html);
}

/// As after a mistake in the configuration of whoever serves them.
pub(super) async fn an_issuer_whose_documents_are_anothers(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = meddled(&world, |path: &str, answer: &mut Response| {
        if path.starts_with("/.well-known/openid-credential-issuer") {
            let mut metadata: Value = serde_json::from_slice(&answer.body).unwrap();
            metadata["credential_issuer"] = json!("https://inny.example");
            answer.body = metadata.to_string().into_bytes();
        }
    })
    .await;
    seen.shows(&types(&table, &slip).await, "unusable_issuer");
}

pub(super) async fn no_network_and_a_busy_server_lose_nothing(seen: &mut Seen) {
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let table = scanner(&world).await;
    table.press(1, "airplane", &[]).await;
    let shown = types(&table, &slip).await;
    seen.shows(&shown, "no_network");
    table.press(1, "airplane", &[]).await;
    assert_eq!(table.press(1, "retry", &[]).await.view(), "offer");
    let http = tests::http::client();
    let fault = json!({ "path": "/token", "kind": "unavailable", "times": 1 });
    let told = http.post(format!("{}/sandbox/faults", world.base())).json(&fault).send().await.unwrap();
    assert_eq!(told.status(), 204);
    let shown = table.take(1, slip.activation_code.as_deref()).await;
    seen.shows(&shown, "server_busy");
    assert_eq!(table.press(1, "retry", &[]).await.view(), "done");
}

/// The address says https, and who answers there has made a certificate for themselves.
pub(super) async fn somebody_else_at_the_issuers_address(seen: &mut Seen) {
    let world = World::legacy().await;
    let table = scanner(&world).await;
    let link =
        format!("openid-credential-offer://?credential_offer_uri=https%3A%2F%2F{}%2Fo%2Fx", impostor());
    seen.shows(&types_text(&table, &link).await, "unsafe_network");
}

fn impostor() -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![made.cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let _refused = connection.complete_io(&mut stream.unwrap());
        }
    });
    address
}

pub(super) async fn an_answer_that_was_cut_off(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = meddled(&world, |path: &str, answer: &mut Response| {
        if path.ends_with("/token") {
            answer.body.truncate(10);
        }
    })
    .await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "nonsense");
}

pub(super) async fn a_phone_whose_clock_the_issuer_does_not_believe(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let clock = Arc::new(ManualClock::new(world.now() + SignedDuration::from_hours(5)));
    let table = desk(&world, 1, clock, world.network(), Arc::new(MemoryStores::default())).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    seen.shows(&table.take(1, slip.activation_code.as_deref()).await, "refused");
}

pub(super) async fn a_card_that_somebody_changed_on_the_way_is_refused_and_not_kept(seen: &mut Seen) {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let table = meddled(&world, spoils_cards).await;
    assert_eq!(types(&table, &slip).await.view(), "offer");
    let shown = table.take(1, slip.activation_code.as_deref()).await;
    seen.shows(&shown, "card_refused");
    assert!(table.press(1, "documents", &[]).await.cards().is_empty());
}
