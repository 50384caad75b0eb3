//! Whole activations per second: offer, token, nonce, credential, each durable, over HTTP on this machine.
//! Metadata are left out, as a wallet caches them. `cargo bench -p tests --bench activation`
//!
//! Issuer and clients share the machine's cores, so the figures are ratios of one run, not promises.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use issuer::app::SystemEntropy;
use jiff::Timestamp;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use shared::clock::Clock as _;
use shared::entropy::Entropy;
use shared::jose::jwk::PublicJwk;
use shared::secret::Secret;
use shared::vci::proof::signing_input;
use tests::world::{Plan, World};

const PLACES: usize = 20;

struct Slip {
    offer: String,
    code: String,
}

/// Slips of cards with twenty places each, so that a few pupils give many activations.
async fn slips(world: &World, count: usize) -> Vec<Slip> {
    let mut slips = Vec::with_capacity(count);
    while slips.len() < count {
        let pupil = world.pupil().await;
        let order = world.office.order(&pupil.id).await;
        for _ in 0..PLACES.min(count - slips.len()) {
            let made = world.office.done("POST", &format!("/orders/{order}/slips"), Some(json!({}))).await;
            let uri = made["secrets"]["offer_uri"].as_str().unwrap();
            let offer = uri.split_once("credential_offer_uri=").unwrap().1.to_owned();
            slips.push(Slip { offer, code: made["secrets"]["activation_code"].as_str().unwrap().to_owned() });
        }
    }
    slips
}

async fn activate(http: &reqwest::Client, base: &str, slip: &Slip, now: Timestamp) {
    let offer: Value = http.get(&slip.offer).send().await.unwrap().json().await.unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
    let code = offer["grants"][grant]["pre-authorized_code"].as_str().unwrap();
    let form = [("grant_type", grant), ("pre-authorized_code", code), ("tx_code", &slip.code)];
    let token: Value =
        http.post(format!("{base}/token")).form(&form).send().await.unwrap().json().await.unwrap();
    let nonce: Value = http.post(format!("{base}/nonce")).send().await.unwrap().json().await.unwrap();
    let nonce = Secret::new(nonce["c_nonce"].as_str().unwrap());
    let key = SigningKey::from_slice(&(&SystemEntropy as &dyn Entropy).bytes::<32>()).unwrap();
    let jwk = PublicJwk::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
    let input = signing_input(&jwk, base, Some(&nonce), now).unwrap();
    let signature: Signature = key.sign(input.as_bytes());
    let proof = input.finish(signature.to_bytes().into());
    let request = json!({ "credential_configuration_id": "mlegitymacja_x509", "proofs": { "jwt": [proof] } });
    let access = token["access_token"].as_str().unwrap();
    let answer =
        http.post(format!("{base}/credential")).bearer_auth(access).json(&request).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let _credential: Value = answer.json().await.unwrap();
}

async fn measure(world: &World, clients: usize, count: usize) {
    let queue = Arc::new(Mutex::new(slips(world, count).await));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let start = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (queue, http, base) = (Arc::clone(&queue), http.clone(), world.base().to_owned());
        let now = world.clock.now();
        running.spawn(async move {
            let mut took = Vec::new();
            loop {
                let next = queue.lock().unwrap().pop();
                let Some(slip) = next else { break };
                let begun = Instant::now();
                activate(&http, &base, &slip, now).await;
                took.push(begun.elapsed());
            }
            took
        });
    }
    let mut took: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    let elapsed = start.elapsed();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{clients:>3} clients  {count:>5} activations  {:>7.0}/s  p50 {:>6.2} ms  p95 {:>6.2} ms  p99 {:>6.2} ms",
        count as f64 / elapsed.as_secs_f64(),
        at(0.50),
        at(0.95),
        at(0.99),
    );
}

#[tokio::main]
async fn main() {
    let plan = || Plan {
        overrides: json!({ "devices": PLACES, "activation": "qr_with_code", "grant_ttl_hours": 720 }),
        ..Plan::of("zpe-2025")
    };
    let postgres = plan().on_postgres();
    for (name, plan) in [("SQLite", Some(plan())), ("PostgreSQL", postgres)] {
        let Some(plan) = plan else { continue };
        let world = World::of(plan).await;
        println!("{name}");
        for (clients, count) in [(1, 400), (8, 2000)] {
            measure(&world, clients, count).await;
        }
    }
}
