//! `POST /credential`.

use aws_lc_rs::signature::{ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::world::World;

use crate::wire::{Key, Wire, credential_request, proof_header};

/// An access token and a nonce for a new pupil's slip.
async fn ready(world: &World, wire: &Wire) -> (String, String) {
    (wire.access(&world.codes().await).await, wire.nonce().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_right_to_it_there_is_no_card() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let typed = slip.activation_code.as_deref();
    let (key, nonce) = (Key::fresh(), wire.nonce().await);
    let code = wire.code(&slip).await;
    let here = wire.url("/token");
    let bound = wire.token_request(&code, typed).header("dpop", key.dpop(&here, wire.now(), None));
    let bound = wire.send(bound).await.text("access_token").to_owned();
    let request = credential_request(&wire.proof(&key, &nonce));
    let there = wire.url("/credential");
    let right = key.dpop(&there, wire.now(), Some(&bound));
    for (what, authorization, proof, error, scheme) in [
        ("nothing", None, None, "invalid_token", "Bearer"),
        ("a password", Some("Basic dXNlcjpwYXNz".to_owned()), None, "invalid_token", "Bearer"),
        ("rubbish", Some("Bearer rubbish".to_owned()), None, "invalid_token", "Bearer"),
        ("the code", Some(format!("Bearer {code}")), None, "invalid_token", "Bearer"),
        ("a bound token as a bearer's", Some(format!("Bearer {bound}")), None, "invalid_token", "Bearer"),
        ("no proof", Some(format!("DPoP {bound}")), None, "invalid_dpop_proof", "DPoP"),
        (
            "a proof for another address",
            Some(format!("DPoP {bound}")),
            Some(key.dpop(&here, wire.now(), Some(&bound))),
            "invalid_dpop_proof",
            "DPoP",
        ),
        (
            "a proof without the token",
            Some(format!("DPoP {bound}")),
            Some(key.dpop(&there, wire.now(), None)),
            "invalid_dpop_proof",
            "DPoP",
        ),
        (
            "another key's proof",
            Some(format!("DPoP {bound}")),
            Some(Key::fresh().dpop(&there, wire.now(), Some(&bound))),
            "invalid_token",
            "DPoP",
        ),
    ] {
        let asked = wire.request("POST", "/credential").json(&request);
        let asked = authorization.iter().fold(asked, |asked, value| asked.header("authorization", value));
        let asked = proof.iter().fold(asked, |asked, value| asked.header("dpop", value));
        let reply = wire.send(asked).await;
        let reason = if error == "invalid_token" { "bad_token" } else { "bad_dpop" };
        reply.refused(what, 401, error, reason);
        let challenge = reply.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with(scheme), "{what}: {challenge}");
    }
    let asked = wire.request("POST", "/credential").json(&request);
    let reply = wire.send(asked.header("authorization", format!("DPoP {bound}")).header("dpop", right)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);

    let (token, nonce) = ready(&world, &wire).await;
    world.clock.advance(SignedDuration::from_mins(5));
    let reply = wire.credential(&token, &wire.proof(&key, &nonce)).await;
    reply.refused("five minutes old", 401, "invalid_token", "bad_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_read_are_refused() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let (token, nonce) = ready(&world, &wire).await;
    let key = Key::fresh();
    let proof = wire.proof(&key, &nonce);
    let right = credential_request(&proof);
    let with = |member: &str, value: Value| {
        let mut request = right.clone();
        request[member] = value;
        request
    };
    let without = |member: &str| {
        let mut request = right.clone();
        request.as_object_mut().unwrap().remove(member);
        request
    };
    let device = |name: &str| json!({ "name": name, "platform": "android", "os_version": "14", "app_version": "1.0.0" });
    for (what, request, error, reason) in [
        ("not an object", json!([]), "invalid_credential_request", "malformed"),
        (
            "a wrong type",
            with("credential_configuration_id", json!(1)),
            "invalid_credential_request",
            "malformed",
        ),
        ("unnamed", without("credential_configuration_id"), "invalid_credential_request", "malformed"),
        ("named twice", with("credential_identifier", json!("x")), "invalid_credential_request", "malformed"),
        (
            "another card",
            with("credential_configuration_id", json!("eu.europa.ec.eudi.pid.1")),
            "unknown_credential_configuration",
            "malformed",
        ),
        (
            "an identifier",
            json!({ "credential_identifier": "x", "proofs": { "jwt": [proof] } }),
            "unknown_credential_identifier",
            "malformed",
        ),
        (
            "encrypted",
            with("credential_response_encryption", json!({ "jwk": {}, "enc": "A256GCM" })),
            "invalid_encryption_parameters",
            "malformed",
        ),
        ("no proofs", without("proofs"), "invalid_proof", "malformed"),
        ("empty proofs", with("proofs", json!({ "jwt": [] })), "invalid_proof", "malformed"),
        ("two proofs", with("proofs", json!({ "jwt": [proof, proof] })), "invalid_proof", "malformed"),
        ("another kind of proof", with("proofs", json!({ "di_vp": [{}] })), "invalid_proof", "malformed"),
        (
            "a draft's proof",
            json!({ "credential_configuration_id": "mlegitymacja_x509", "proof": { "proof_type": "jwt", "jwt": proof } }),
            "invalid_proof",
            "malformed",
        ),
        (
            "a device without a name",
            with("mleg_device", device("")),
            "invalid_credential_request",
            "malformed",
        ),
        (
            "a device's endless name",
            with("mleg_device", device(&"x".repeat(65))),
            "invalid_credential_request",
            "malformed",
        ),
        (
            "a device's hostile name",
            with("mleg_device", device("a\u{0}b")),
            "invalid_credential_request",
            "malformed",
        ),
    ] {
        wire.ask(&token, &request).await.refused(what, 400, error, reason);
    }
    for body in ["", "{", "null", "credential_configuration_id=mlegitymacja_x509", "\u{feff}{}"] {
        let reply = wire.send(wire.request("POST", "/credential").bearer_auth(&token).body(body)).await;
        reply.refused(body, 400, "invalid_credential_request", "malformed");
    }
    let huge = with("padding", json!("x".repeat(65 * 1024)));
    wire.ask(&token, &huge).await.refused("beyond the limit", 413, "invalid_request", "malformed");

    // None of these has cost anything.
    assert_eq!(wire.ask(&token, &right).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_that_prove_nothing_are_refused_and_leave_the_nonce_alone() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let (token, nonce) = ready(&world, &wire).await;
    let key = Key::fresh();
    let (header, claims) = (proof_header(), wire.claims(&nonce));
    let with = |base: &Value, member: &str, value: Value| {
        let mut changed = base.clone();
        changed[member] = value;
        changed
    };
    let without = |member: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(member);
        claims
    };
    let right = key.sign(header.clone(), &claims);
    let (signed, signature) = right.rsplit_once('.').unwrap();
    let mut private = key.jwk();
    private["d"] = json!("AAAA");
    let p384 = Key::on(&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384");
    let k256 = Key::on(&ECDSA_P256K1_SHA256_FIXED_SIGNING, "ES256K", "secp256k1");
    let disguised =
        with(&with(&header, "alg", json!("ES256")), "jwk", with(&p384.jwk(), "crv", json!("P-256")));
    let slash = format!("{}/", world.base());
    for (what, proof) in [
        ("rubbish", "rubbish".to_owned()),
        (
            "for another issuer",
            key.sign(header.clone(), &with(&claims, "aud", json!("https://mleg.example"))),
        ),
        ("for nearly this issuer", key.sign(header.clone(), &with(&claims, "aud", json!(slash)))),
        ("for several issuers", key.sign(header.clone(), &with(&claims, "aud", json!([world.base()])))),
        ("for nobody", key.sign(header.clone(), &without("aud"))),
        (
            "unsigned",
            format!(
                "{}.",
                key.sign(with(&header, "alg", json!("none")), &claims).rsplit_once('.').unwrap().0
            ),
        ),
        ("under a MAC", key.sign(with(&header, "alg", json!("HS256")), &claims)),
        ("without a signature", format!("{signed}.")),
        (
            "with another's signature",
            format!("{signed}.{}", Key::fresh().sign(header.clone(), &claims).rsplit_once('.').unwrap().1),
        ),
        ("signed by another key than it names", Key::fresh().sign(with(&header, "jwk", key.jwk()), &claims)),
        ("with half a signature", format!("{signed}.{}", &signature[..40])),
        ("by P-384", p384.sign(header.clone(), &claims)),
        ("by secp256k1", k256.sign(header.clone(), &claims)),
        ("by secp256k1, called ES256", k256.sign(with(&header, "alg", json!("ES256")), &claims)),
        ("by P-384, called P-256", p384.sign(disguised, &claims)),
        ("with the private key in it", key.sign(with(&header, "jwk", private), &claims)),
        (
            "with a key by name",
            key.sign(with(&with(&header, "jwk", json!(null)), "kid", json!("did:example:1")), &claims),
        ),
        ("with two keys", key.sign(with(&header, "x5c", json!(["MII"])), &claims)),
        ("of another type", key.sign(json!({ "typ": "dpop+jwt" }), &claims)),
        ("with demands", key.sign(with(&header, "crit", json!(["exp"])), &claims)),
        ("from the future", key.sign(header.clone(), &with(&claims, "iat", json!(wire.now() + 301)))),
        ("from the past", key.sign(header.clone(), &with(&claims, "iat", json!(wire.now() - 301)))),
        ("of no time", key.sign(header.clone(), &without("iat"))),
        ("by somebody with a name", key.sign(header.clone(), &with(&claims, "iss", json!("wallet")))),
    ] {
        wire.credential(&token, &proof).await.refused(what, 400, "invalid_proof", "bad_proof");
    }
    let reply = wire.credential(&token, &key.sign(header.clone(), &without("nonce"))).await;
    reply.refused("without nonce", 400, "invalid_proof", "bad_nonce");
    assert_eq!(wire.credential(&token, &right).await.status, 200, "the nonce was spent on none of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_answers_one_request_and_the_identical_one_again() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let (slip, other) = (world.codes().await, world.codes().await);
    let (key, stranger) = (Key::fresh(), Key::fresh());
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    let mut tampered = nonce.clone().into_bytes();
    tampered[20] ^= 1;
    let foreign = World::legacy().await;
    let foreign = Wire::of(&foreign).nonce().await;
    for (what, nonce) in [
        ("rubbish", "rubbish"),
        ("empty", ""),
        ("tampered with", std::str::from_utf8(&tampered).unwrap()),
        ("another issuer's", foreign.as_str()),
    ] {
        let reply = wire.credential(&token, &wire.proof(&key, nonce)).await;
        reply.refused(what, 400, "invalid_nonce", "bad_nonce");
    }

    let first = wire.credential(&token, &wire.proof(&key, &nonce)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let again = wire.credential(&token, &wire.proof(&key, &nonce)).await;
    assert_eq!((again.status, again.body), (200, first.body), "the identical request");
    let reply = wire.credential(&token, &wire.proof(&stranger, &nonce)).await;
    reply.refused("by another key", 400, "invalid_nonce", "bad_nonce");
    let reply = wire.credential(&wire.access(&other).await, &wire.proof(&key, &nonce)).await;
    reply.refused("for another slip", 400, "invalid_nonce", "bad_nonce");

    let stale = wire.nonce().await;
    world.clock.advance(SignedDuration::from_mins(5));
    let token = wire.access(&other).await;
    let reply = wire.credential(&token, &wire.proof(&key, &stale)).await;
    reply.refused("five minutes old", 400, "invalid_nonce", "bad_nonce");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_school_and_card_after_the_token_is_seen() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let key = Key::fresh();
    let refused = async |token: &str, nonce: &str, what: &str, reason: &str| {
        let reply = wire.credential(token, &wire.proof(&key, nonce)).await;
        reply.refused(what, 400, "credential_request_denied", reason);
    };

    let (token, nonce) = ready(&world, &wire).await;
    let agreement = format!("/schools/{}/agreement", world.school());
    world.office.done("DELETE", &agreement, None).await;
    refused(&token, &nonce, "a school without agreement", "no_agreement").await;
    let form = json!({ "number": "MC/mLeg/2026/0002", "signed_on": "2026-11-21" });
    world.office.done("PUT", &agreement, Some(form)).await;
    assert_eq!(wire.credential(&token, &wire.proof(&key, &nonce)).await.status, 200, "nothing was burnt");

    let slip = world.codes().await;
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    world.office.done("POST", &format!("/slips/{}/cancel", slip.id), None).await;
    refused(&token, &nonce, "a cancelled slip", "cancelled").await;

    // Voiding the paper card takes the slip back with it.
    let pupil = world.pupil().await;
    let (token, nonce) = (wire.access(&world.codes_for(&pupil).await).await, wire.nonce().await);
    let path = format!("/base-cards/{}/void", pupil.base_card);
    world.office.done("POST", &path, Some(json!({ "reason": "lost" }))).await;
    refused(&token, &nonce, "a voided card", "cancelled").await;

    let slip = world.codes().await;
    world.at("2027-09-30T23:58:00+02:00");
    let slip = world.office.replace(&slip.id).await;
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    world.at("2027-10-01T00:00:00+02:00");
    refused(&token, &nonce, "an expired card", "card_expired").await;
}
