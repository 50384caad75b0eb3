//! What an issuer does while its database is out of order: everybody is told so by a code that they know, and once the
//! fault is over everything goes on without a hand and without a restart.

mod disk;
mod server;
mod upgrade;

use tests::office::{Office, Slip};
use tests::world::Phone;

use crate::wire::{Key, Wire};

/// The words of `/health/ready` that mean that nothing can be written.
const NO_CHANGES: &str = "the database takes no changes\n";
/// The words that mean that nothing can be read either.
const NO_ANSWER: &str = "the database does not answer\n";

/// What `/health/ready` says.
async fn readiness(wire: &Wire) -> (u16, String) {
    let answer = wire.request("GET", "/health/ready").send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(status == 503, answer.headers().contains_key("retry-after"));
    (status, answer.text().await.unwrap())
}

/// Waits until the issuer calls itself ready, untouched by anybody.
async fn ready_again(wire: &Wire) {
    for _ in 0..400 {
        if readiness(wire).await.0 == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never ready again: {:?}", readiness(wire).await);
}

/// A request for a token that was prepared while all was well.
struct Prepared {
    code: String,
    token: String,
    nonce: String,
    key: Key,
}

impl Prepared {
    async fn of(wire: &Wire, slip: &Slip) -> Self {
        let token = wire.access(slip).await;
        // A code that is fetched after that is good for another token.
        let code = wire.code(slip).await;
        Self { code, token, nonce: wire.nonce().await, key: Key::fresh() }
    }

    /// What can write nothing says so, to wallets and to the office alike, and lives on.
    async fn writes_nothing(&self, wire: &Wire, office: &Office, slip: &Slip, what: &str) {
        wire.token(&self.code, slip.activation_code.as_deref()).await.out_of_order(what);
        wire.credential(&self.token, &wire.proof(&self.key, &self.nonce)).await.out_of_order(what);
        let body = Some(serde_json::json!({}));
        let refused = office.call("POST", &format!("/slips/{}/cancel", slip.id), body).await;
        assert_eq!((refused.status, refused.code()), (503, "temporarily_unavailable"), "{what}");
        assert_eq!(wire.send(wire.request("GET", "/health/live")).await.status, 200, "{what}");
    }

    /// The same request, once the fault is over, leads to the card; and nothing was doubled.
    async fn goes_on(&self, wire: &Wire, office: &Office, slip: &Slip, what: &str) {
        let reply = wire.credential(&self.token, &wire.proof(&self.key, &self.nonce)).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.body);
        let file = office.card(&slip.card_id).await;
        assert_eq!(file["devices"].as_array().unwrap().len(), 1, "{what}");
        assert_eq!(file["devices"][0]["certificates"].as_array().unwrap().len(), 1, "{what}");
        assert_eq!(office.slip_state(slip).await["tries_left"], 5, "{what}");
    }
}

/// A phone calls it an issuer that is out of order for now, and the slip is as good as before.
async fn phone_waits(phone: &Phone, slip: &Slip, what: &str) {
    let error = phone.activate(slip).await.unwrap_err();
    assert_eq!((error.reason(), error.refusal()), ("try_again", None), "{what}: {error}");
}
