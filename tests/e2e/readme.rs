//! The example of the world's documentation, run; and what a world tells when a test fails.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tests::network::Meddled;
use tests::world::World;
use wallet::online::Surroundings;
use wallet::transport::Response;

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_test_has_five_lines() {
    let world = World::legacy().await;
    let slip = world.slip_for_a_pupil().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&slip).await.unwrap();
    world.at("2027-10-01T00:00:00+02:00");
    assert!(!phone.standing(&card.id).await.is_valid());
}

/// Every bearer secret that the issuer hands out, as it goes over the wire.
fn secrets_in(body: &[u8], found: &mut Vec<String>) {
    fn walk(value: &Value, found: &mut Vec<String>) {
        const SECRET: [&str; 7] = [
            "pre-authorized_code",
            "access_token",
            "refresh_token",
            "c_nonce",
            "notification_id",
            "card",
            "x5c",
        ];
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) if SECRET.contains(&name.as_str()) => found.push(text.clone()),
                        Value::Array(texts) if SECRET.contains(&name.as_str()) => {
                            found.extend(texts.iter().filter_map(|text| text.as_str().map(str::to_owned)));
                        }
                        other => walk(other, found),
                    }
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, found)),
            _ => {}
        }
    }
    if let Ok(value) = serde_json::from_slice(body) {
        walk(&value, found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_test_leaves_behind_tells_the_time_and_every_exchange_and_no_secret() {
    let world = World::legacy().await;
    let pupil = world.pupil().await;
    let slip = world.codes_for(&pupil).await;
    let handed_out = Arc::new(Mutex::new(Vec::new()));
    let transport = {
        let handed_out = Arc::clone(&handed_out);
        let listen = move |_: &str, answer: &mut Response| {
            secrets_in(&answer.body, &mut handed_out.lock().unwrap());
        };
        Arc::new(Meddled::new(world.network(), listen))
    };
    let phone =
        world.phone_in("Telefon Zosi", Surroundings { transport, ..world.phone_surroundings() }).await;
    phone.activate_with(&slip, &crate::wire::another_code(&slip, 0)).await.expect_err("a wrong code");
    phone.activate_typed(&slip).await.unwrap();

    let account = world.account();
    assert!(account.starts_with("the clock stood at 2026-11-21T18:30:00Z\n"), "{account}");
    for told in
        ["POST", "/token 400", "wrong_code", "/typed-code 200", "/credential 200", "/notification 204"]
    {
        assert!(account.contains(told), "{told} is missing: {account}");
    }
    // What goes to the log of a failed build, in full and not only as far as it is shown.
    let everything = format!("{account}{:?}", world.transcript.exchanges());
    let mut secrets = std::mem::take(&mut *handed_out.lock().unwrap());
    assert!(
        secrets.len() >= 8,
        "codes, tokens, nonce, certificates and card were handed out: {}",
        secrets.len()
    );
    secrets.extend([
        slip.activation_code.clone().unwrap(),
        crate::wire::another_code(&slip, 0),
        slip.typed_code.clone(),
        slip.offer_uri.rsplit('/').next().unwrap().to_owned(),
        pupil.spec.pesel.clone(),
        pupil.spec.surname.clone(),
        "Telefon Zosi".to_owned(),
    ]);
    for secret in secrets {
        assert!(!everything.contains(&secret), "{secret} is told: {everything}");
    }
}
