//! The database goes in the middle of a request: the wallet is told that it may try again, and once the database is
//! back everything goes on, without a restart and with nothing lost or doubled.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tests::world::{Plan, World};

use crate::wire::{Key, Wire, credential_request};

/// A database of the test's PostgreSQL server.
struct Database {
    address: String,
    name: String,
}

impl Database {
    fn of(plan: &Plan) -> Self {
        let address = plan.database.clone().unwrap();
        let name = address.rsplit('/').next().unwrap().to_owned();
        Self { address, name }
    }

    fn psql(address: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args([address, "-qtAX", "-v", "ON_ERROR_STOP=1"]);
        psql
    }

    /// Runs `sql` in the server's own database, where nobody is thrown out.
    fn server(&self, sql: &str) -> String {
        let server = self.address.replace(&self.name, "postgres");
        let output = Self::psql(&server).args(["-c", sql]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Somebody who holds a table, so that whoever needs it waits.
    fn hold(&self, table: &str) -> Child {
        let mut holder = Self::psql(&self.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sql = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60);\n");
        holder.stdin.as_mut().unwrap().write_all(sql.as_bytes()).unwrap();
        holder
    }

    fn waiting(&self) -> usize {
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.name
        );
        self.server(&count).parse().unwrap()
    }

    async fn until(&self, what: &str, reached: impl Fn(&Self) -> bool) {
        for _ in 0..200 {
            if reached(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{what} never came");
    }

    /// Throws everybody out and lets nobody in.
    fn gone(&self) {
        self.server(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name));
        let all =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.server(&all);
    }

    fn back(&self) {
        self.server(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_in_mid_request_is_a_pause_and_no_more() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    let database = Database::of(&plan);
    let world = World::of(plan).await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let key = Key::fresh();
    let (code, token, nonce) = (wire.code(&slip).await, wire.access(&slip).await, wire.nonce().await);
    let request = credential_request(&wire.proof(&key, &nonce));

    // The request has begun its transaction and waits for a table when the server lets everybody go.
    let mut holder = database.hold("device");
    let holds = format!(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = '{}' \
         AND mode = 'AccessExclusiveLock' AND granted",
        database.name
    );
    database.until("the lock", |database| database.server(&holds) != "0").await;
    let asked = tokio::spawn({
        let (wire, token, request) = (wire.clone(), token.clone(), request.clone());
        async move { wire.ask(&token, &request).await }
    });
    database.until("the request", |database| database.waiting() >= 1).await;
    database.gone();
    asked.await.unwrap().out_of_order("in mid-request");
    holder.wait().unwrap();

    wire.offer(&slip).await.out_of_order("an offer");
    wire.typed(&slip.typed_code).await.out_of_order("a typed code");
    wire.token(&code, slip.activation_code.as_deref()).await.out_of_order("a token");
    wire.ask(&token, &request).await.out_of_order("a card");
    assert_eq!(wire.send(wire.request("GET", "/health/ready")).await.status, 503);
    assert_eq!(wire.send(wire.request("GET", "/health/live")).await.status, 200);
    let office = world.office.call("GET", &format!("/cards/{}", slip.card_id), None).await;
    assert_eq!((office.status, office.code()), (503, "temporarily_unavailable"));
    // A phone calls that an issuer that is out of order for now, not a refusal.
    let phone = world.phone("Pixel").await;
    let error = phone.activate(&slip).await.unwrap_err();
    assert_eq!((error.reason(), error.refusal()), ("try_again", None));

    database.back();
    let reply = wire.ask(&token, &request).await;
    assert_eq!(reply.status, 200, "the same request, once the database is back: {}", reply.body);
    assert_eq!(wire.send(wire.request("GET", "/health/ready")).await.status, 200);
    let file = world.office.card(&slip.card_id).await;
    assert_eq!(file["devices"].as_array().unwrap().len(), 1);
    assert_eq!(file["devices"][0]["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(world.office.slip_state(&slip).await["tries_left"], 5);
}
