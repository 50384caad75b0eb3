//! PostgreSQL that stops, is killed, is read-only, slow or silent, or has no space left.

use std::time::Duration;

use tests::killer::relay::{Line, Relay};
use tests::outside;
use tests::postgres::{Server, psql};
use tests::world::{Phone, Plan, World};

use super::disk::mounts;
use super::{NO_ANSWER, NO_CHANGES, Prepared, phone_waits, readiness, ready_again};
use crate::retry::activated_once;
use crate::wire::Wire;

/// An issuer whose database is a server of its own, at the end of a line that may be bad.
struct Far {
    world: World,
    wire: Wire,
    phone: Phone,
    relay: Relay,
    server: Server,
    address: String,
}

impl Far {
    async fn away() -> Option<Self> {
        let server = Server::start()?;
        let relay = Relay::to(&[([127, 0, 0, 1], server.port()).into()]).await;
        let address = server.database();
        let database =
            address.replace(&format!(":{}/", server.port()), &format!(":{}/", relay.address.port()));
        let world = World::of(Plan { database: Some(database), ..Plan::of("legacy-2019") }).await;
        let (wire, phone) = (Wire::of(&world), world.phone("Pixel").await);
        Some(Self { world, wire, phone, relay, server, address })
    }

    /// Everything goes on, on the same issuer.
    async fn goes_on(&self, prepared: &Prepared, slips: [&tests::office::Slip; 2], what: &str) {
        ready_again(&self.wire).await;
        prepared.goes_on(&self.wire, &self.world.office, slips[0], what).await;
        self.phone.activate(slips[1]).await.expect(what);
        activated_once(&self.world, slips[1], &self.phone, what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back_is_a_pause() {
    let Some(mut far) = Far::away().await else { return };
    for what in ["stopped", "killed", "cut off"] {
        let (slip, other) = (far.world.codes().await, far.world.codes().await);
        let prepared = Prepared::of(&far.wire, &slip).await;
        match what {
            "stopped" => far.server.stop(),
            "killed" => far.server.kill(),
            _ => far.relay.set(Line::Cut),
        }
        far.wire.offer(&slip).await.out_of_order(what);
        prepared.writes_nothing(&far.wire, &far.world.office, &slip, what).await;
        phone_waits(&far.phone, &other, what).await;
        assert_eq!(readiness(&far.wire).await, (503, NO_ANSWER.to_owned()), "{what}");
        match what {
            "cut off" => far.relay.set(Line::Good),
            _ => far.server.start_again(),
        }
        far.goes_on(&prepared, [&slip, &other], what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_not_ready_and_costs_no_try() {
    let Some(far) = Far::away().await else { return };
    let (slip, other) = (far.world.codes().await, far.world.codes().await);
    let prepared = Prepared::of(&far.wire, &slip).await;
    let only_reads = |yes: &str| {
        assert!(psql(&far.address, &format!("ALTER SYSTEM SET default_transaction_read_only = {yes}")));
        assert!(psql(&far.address, "SELECT pg_reload_conf()"));
        std::thread::sleep(Duration::from_millis(300));
    };
    only_reads("on");
    assert_eq!(far.wire.offer(&slip).await.status, 200, "what only reads goes on");
    prepared.writes_nothing(&far.wire, &far.world.office, &slip, "read-only").await;
    phone_waits(&far.phone, &other, "read-only").await;
    assert_eq!(readiness(&far.wire).await, (503, NO_CHANGES.to_owned()));
    only_reads("off");
    far.goes_on(&prepared, [&slip, &other], "read-only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_makes_slow_activations_and_no_wrong_ones() {
    let Some(far) = Far::away().await else { return };
    let slip = far.world.codes().await;
    far.relay.set(Line::Slow(Duration::from_millis(15)));
    far.phone.activate(&slip).await.expect("slowly");
    activated_once(&far.world, &slip, &far.phone, "slowly").await;
}

/// More requests than there are connections are given up while the server says nothing, and those connections stay silent
/// for ever: who comes next must not be handed one of them.
#[tokio::test(flavor = "multi_thread")]
async fn connections_on_which_nobody_answers_any_more_are_not_used_again() {
    let Some(far) = Far::away().await else { return };
    let (slip, other) = (far.world.codes().await, far.world.codes().await);
    let prepared = Prepared::of(&far.wire, &slip).await;
    far.relay.set(Line::Silent);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let asked = far.wire.request("GET", &crate::wire::offer_path(&slip));
        waiting.spawn(asked.timeout(Duration::from_secs(1)).send());
    }
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().is_err(), "the server said something");
    }
    assert_eq!(readiness(&far.wire).await.0, 503);
    far.relay.forget();
    far.goes_on(&prepared, [&slip, &other], "silent").await;
}

/// More than a database of nothing but its own tables needs, and an issuer's.
const SMALL_MB: u32 = 40;

/// What is there goes on where it finds room in what was asked of the disk before; the first that needs more is refused
/// whole, and comes through once somebody has made room.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_space_refuses_whole_and_loses_nothing() {
    if outside::allowed("a file system of one's own", mounts).is_none() {
        return;
    }
    let Some(server) = Server::start_with_small_disk(SMALL_MB) else { return };
    let address = server.on_small_disk();
    let database = Some(address.clone());
    let world = World::of(Plan { database, ..Plan::of("legacy-2019") }).await;
    let wire = Wire::of(&world);
    let mut waiting = Vec::new();
    for _ in 0..12 {
        let slip = world.codes().await;
        waiting.push((Prepared::of(&wire, &slip).await, slip));
    }
    assert!(psql(&address, "CREATE TABLE ballast (piece TEXT)"));
    // Row by row: a series to select from would be kept on the same disk first, and leave its room behind.
    let fill = "INSERT INTO ballast SELECT repeat(md5(generate_series(1, 1000000)::text), 30)";
    assert!(!psql(&address, fill), "a small disk that holds a gigabyte");

    let mut refused = Vec::new();
    for (prepared, slip) in waiting {
        let reply = wire.credential(&prepared.token, &wire.proof(&prepared.key, &prepared.nonce)).await;
        if reply.status == 200 {
            continue;
        }
        reply.out_of_order("no space");
        assert_eq!(
            world.office.devices(&slip.card_id, "live").await.len(),
            0,
            "refused, and a device is there"
        );
        refused.push((prepared, slip));
    }
    assert!(refused.len() > 2, "{} found no room", refused.len());
    assert_eq!(wire.send(wire.request("GET", "/health/live")).await.status, 200);
    assert!(psql(&address, "DROP TABLE ballast"));
    ready_again(&wire).await;
    for (prepared, slip) in &refused {
        prepared.goes_on(&wire, &world.office, slip, "no space").await;
    }
    let verdict = world.office.done("GET", "/audit/verify", None).await;
    assert_eq!(verdict["whole"], true, "{verdict}");
}
