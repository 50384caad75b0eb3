//! Copies of a card for selective disclosure: how they come, to whom, how they end, and that nothing links them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use issuer::authority::Signer;
use serde_json::{Value, json};
use shared::sd_jwt::{
    ClaimPath, Disclosure, ExpectedBinding, PresentError, Presentation, Trust, UnverifiedPresentation,
    UnverifiedSdJwt,
};
use shared::status::UnverifiedStatusToken;
use shared::status::token::CopyStatus;
use shared::vci::{CONFIGURATION_SD_JWT, MAX_BATCH};
use shared::x509::chain::TrustAnchor;
use tests::office::{ReadyPupil, drawn};
use tests::phone::Phone;
use tests::pupils::PupilSpec;
use tests::world::{CARD_DAYS, World};
use wallet::acquire::copies::WANTED;
use wallet::documents::{CardId, TakenCopy};
use wallet::refresh::Outcome;

use crate::wire::{Key, Reply, Wire};

async fn anchors(world: &World) -> Vec<TrustAnchor> {
    let pem = String::from_utf8(world.fetch("/pki/ca/root.pem").await).unwrap();
    vec![TrustAnchor::from_pem(&pem).unwrap()]
}

/// The next copy that a phone would show.
pub(crate) fn take(world: &World, phone: &Phone, card: &CardId) -> TakenCopy {
    let documents = phone.online.phone().documents();
    documents.take_copy(card, CONFIGURATION_SD_JWT, world.now()).unwrap().expect("a copy")
}

/// How many copies nobody has seen.
pub(crate) fn unused(world: &World, phone: &Phone, card: &CardId) -> usize {
    let copies = phone.online.phone().documents().copies(card, CONFIGURATION_SD_JWT).unwrap();
    copies.iter().filter(|(_, copy)| copy.is_unused(world.now())).count()
}

/// What the status list says about a copy.
async fn status(world: &World, copy: &UnverifiedSdJwt) -> CopyStatus {
    let reference = copy.unverified_claims().status().unwrap();
    let answer = tests::http::get(&reference.uri).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", reference.uri);
    let token = UnverifiedStatusToken::parse(&answer.text().await.unwrap()).unwrap();
    token.verify(&anchors(world).await, world.now()).unwrap().status_at(reference, world.now())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_yields_copies_each_with_its_own_key_place_and_salts() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let slip = world.codes().await;
    let card = phone.activate(&slip).await.unwrap();
    // As many again are for codes.
    assert_eq!(card.copies, 2 * WANTED);
    let anchors = anchors(&world).await;
    let held = phone.show(&card.id).await.card;
    let (mut keys, mut places, mut digests) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..WANTED {
        let taken = take(&world, &phone, &card.id);
        assert!(taken.first_use);
        let copy = UnverifiedSdJwt::parse(&taken.credential).unwrap();
        digests.extend(copy.disclosures().iter().map(|one| one.digest().to_owned()));
        let count = copy.disclosures().len();
        let verified = copy.verify(&Trust::Anchors(&anchors)).unwrap();
        verified.judge(world.now()).unwrap();
        let claims = verified.claims();
        assert_eq!(claims.issuer(), Some(world.base()));
        assert_eq!(claims.credential_type().unwrap(), format!("{}/credentials/mlegitymacja/1", world.base()));
        assert_eq!(claims.text("family_name"), Some(held.data().surname.as_str()));
        assert_eq!(claims.text("personal_administrative_number"), Some(held.data().pesel.as_str()));
        assert!(claims.text("picture").unwrap().starts_with("data:image/jpeg;base64,/9j/"));
        assert_eq!(claims.all()["address"]["country"], "PL");
        assert_eq!(count, 13 + 6, "every claim on its own");
        assert_eq!(claims.issued_at(), None, "no time that links");
        let own = phone.online.phone().element().public_key(&taken.key).unwrap();
        assert_eq!(claims.holder_key().unwrap().to_sec1(), own);
        assert_ne!(held.certificate().public_key().sec1(), own, "not the device's key");
        keys.insert(own.to_vec());
        let status = claims.status().unwrap();
        places.insert((status.uri.clone(), status.idx));
    }
    assert_eq!((keys.len(), places.len(), digests.len()), (WANTED, WANTED, WANTED * 19));
    assert!(!take(&world, &phone, &card.id).first_use, "none is left that nobody has seen");
}

/// A request for copies with these proofs.
fn request(proofs: &[String]) -> Value {
    json!({ "credential_configuration_id": CONFIGURATION_SD_JWT, "proofs": { "jwt": proofs } })
}

fn proofs(wire: &Wire, keys: &[Key], nonce: &str) -> Vec<String> {
    keys.iter().map(|key| wire.proof(key, nonce)).collect()
}

fn texts(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let credentials = reply.body["credentials"].as_array().unwrap();
    credentials.iter().map(|one| one["credential"].as_str().unwrap().to_owned()).collect()
}

fn keys<const N: usize>() -> [Key; N] {
    std::array::from_fn(|_| Key::fresh())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gets_the_same_bytes_and_another_token_gets_nothing() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    let device = Key::fresh();
    assert_eq!(wire.credential(&token, &wire.proof(&device, &nonce)).await.status, 200);
    let [first, others @ ..] = keys::<4>();
    let batch = [first];
    let nonce = wire.nonce().await;
    let one = texts(&wire.ask(&token, &request(&proofs(&wire, &batch, &nonce))).await);
    assert_eq!(one, texts(&wire.ask(&token, &request(&proofs(&wire, &batch, &nonce))).await), "repeated");
    let fresh = wire.nonce().await;
    assert_eq!(one, texts(&wire.ask(&token, &request(&proofs(&wire, &batch, &fresh))).await), "asked anew");
    let spent = wire.ask(&token, &request(&proofs(&wire, &others, &nonce))).await;
    spent.refused("other keys with that nonce", 400, "invalid_nonce", "bad_nonce");
    let spent = wire.credential(&token, &wire.proof(&device, &nonce)).await;
    spent.refused("the card with that nonce", 400, "invalid_nonce", "bad_nonce");

    world.restart_issuer().await;
    let nonce = wire.nonce().await;
    let three = texts(&wire.ask(&token, &request(&proofs(&wire, &others, &nonce))).await);
    assert_eq!(three.len(), 3);
    assert_eq!(one, texts(&wire.ask(&token, &request(&proofs(&wire, &batch, &wire.nonce().await))).await));

    // The slip and its code alone, without the device's key, are worth nothing more.
    let later = wire.access(&slip).await;
    for (what, keys) in [("new keys", &keys::<1>()), ("keys that have copies", &batch)] {
        let nonce = wire.nonce().await;
        let refused = wire.ask(&later, &request(&proofs(&wire, keys, &nonce))).await;
        refused.refused(what, 400, "credential_request_denied", "other_device");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_phones_key_gets_no_copies() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let slip = world.codes().await;
    phone.activate(&slip).await.unwrap();
    let wire = Wire::of(&world);
    let thief = Key::fresh();
    let dpop = thief.dpop(&wire.url("/token"), wire.now(), None);
    let code = wire.code(&slip).await;
    let token = wire.token_request(&code, slip.activation_code.as_deref()).header("dpop", dpop);
    let token = wire.send(token).await.text("access_token").to_owned();
    let nonce = wire.nonce().await;
    let there = thief.dpop(&wire.url("/credential"), wire.now(), Some(&token));
    let asked = wire
        .request("POST", "/credential")
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", there)
        .json(&request(&proofs(&wire, &keys::<2>(), &nonce)));
    wire.send(asked).await.refused("a thief", 400, "credential_request_denied", "other_device");
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_alone_open_a_device_and_the_card_follows_for_its_key() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let slip = world.codes().await;
    let (token, nonce) = (wire.access(&slip).await, wire.nonce().await);
    let batch = keys::<3>();
    let copies = texts(&wire.ask(&token, &request(&proofs(&wire, &batch, &nonce))).await);
    assert_eq!(copies.len(), 3);
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1);
    let stranger = wire.credential(&token, &wire.proof(&Key::fresh(), &wire.nonce().await)).await;
    stranger.refused("another key", 400, "credential_request_denied", "other_device");
    let card = wire.credential(&token, &wire.proof(&batch[0], &wire.nonce().await)).await;
    assert_eq!(card.status, 200, "{}", card.body);
    assert_eq!(world.office.devices(&slip.card_id, "live").await.len(), 1, "the same place");
    for copy in copies {
        let copy = UnverifiedSdJwt::parse(&copy).unwrap();
        assert_eq!(status(&world, &copy).await, CopyStatus::Good, "the first certificate supersedes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_that_do_not_go_together_are_refused() {
    let world = World::legacy().await;
    let wire = Wire::of(&world);
    let (token, nonce) = (wire.access(&world.codes().await).await, wire.nonce().await);
    let [key] = keys::<1>();
    let proof = wire.proof(&key, &nonce);
    let (wire, token) = (&wire, &token);
    let ask = |proofs: Vec<String>| async move { wire.ask(token, &request(&proofs)).await };
    let many = proofs(wire, &keys::<{ MAX_BATCH + 1 }>(), &nonce);
    ask(many).await.refused("eleven", 400, "invalid_proof", "bad_proof");
    ask(vec![proof.clone(), proof.clone()]).await.refused("twice", 400, "invalid_proof", "bad_proof");
    let other = wire.proof(&Key::fresh(), &wire.nonce().await);
    ask(vec![proof.clone(), other]).await.refused("two nonces", 400, "invalid_proof", "bad_nonce");
    let forged = format!("{}AA", &wire.proof(&Key::fresh(), &nonce)[..200]);
    let reply = ask(vec![proof.clone(), forged]).await;
    assert_eq!((reply.status, reply.text("error")), (400, "invalid_proof"), "one is forged");
    // None of this has spent the nonce.
    assert_eq!(texts(&ask(vec![proof]).await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_the_device_turns_every_copy_and_no_other() {
    let world = World::legacy().await;
    let (phone, other) = (world.phone("Pixel").await, world.phone("Nokia").await);
    let slip = world.codes().await;
    let card = phone.activate(&slip).await.unwrap();
    let others = other.activate(&world.codes().await).await.unwrap();
    let parse = |taken: TakenCopy| UnverifiedSdJwt::parse(&taken.credential).unwrap();
    let copies: Vec<_> = (0..WANTED).map(|_| parse(take(&world, &phone, &card.id))).collect();
    assert_eq!(status(&world, &copies[0]).await, CopyStatus::Good);
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    for copy in &copies {
        assert_eq!(status(&world, copy).await, CopyStatus::Revoked);
    }
    let untouched = parse(take(&world, &other, &others.id));
    assert_eq!(status(&world, &untouched).await, CopyStatus::Good);
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Revoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_type_says_is_where_it_says() {
    let world = World::legacy().await;
    let vct = format!("{}/credentials/mlegitymacja/1", world.base());
    let metadata: Value =
        serde_json::from_slice(&world.fetch("/.well-known/openid-credential-issuer").await).unwrap();
    let configuration = &metadata["credential_configurations_supported"][CONFIGURATION_SD_JWT];
    assert_eq!((&configuration["format"], &configuration["vct"]), (&json!("dc+sd-jwt"), &json!(vct)));
    assert_eq!(metadata["batch_credential_issuance"], json!({ "batch_size": MAX_BATCH }));
    let described: Value = tests::http::get(&vct).await.unwrap().json().await.unwrap();
    assert_eq!(described["vct"], vct);
    let paths = |value: &Value| -> Vec<Value> {
        value.as_array().unwrap().iter().map(|claim| claim["path"].clone()).collect()
    };
    assert_eq!(paths(&described["claims"]), paths(&configuration["credential_metadata"]["claims"]));
    let labels = |value: &Value, name: &str, language: &str| -> Vec<[String; 2]> {
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let names = value["display"].as_array().unwrap().iter();
        names.map(|one| [text(one, language), text(one, name)]).collect()
    };
    let both = |pl: &str, en: &str| [["pl", pl], ["en", en]].map(|pair| pair.map(str::to_owned));
    let card = both("mLegitymacja szkolna", "Mobile school card");
    assert_eq!(labels(&described, "name", "lang"), card);
    let offered = configuration["credential_metadata"]["claims"].as_array().unwrap();
    for (claim, offered) in described["claims"].as_array().unwrap().iter().zip(offered) {
        let named = labels(claim, "label", "lang");
        assert_eq!(named, labels(offered, "name", "locale"), "{}", claim["path"]);
        assert!(named.iter().all(|[_, label]| !label.trim().is_empty()), "{named:?}");
        let expected = match claim["path"].to_string().as_str() {
            r#"["family_name"]"# => both("Nazwisko", "Family name"),
            r#"["birthdate"]"# => both("Data urodzenia", "Date of birth"),
            r#"["school_name"]"# => both("Szkoła", "School"),
            _ => both(&named[0][1], &named[1][1]),
        };
        assert_eq!(named, expected, "in Polish and in English");
    }
    let schema = described["schema_uri"].as_str().unwrap();
    let schema: Value = tests::http::get(schema).await.unwrap().json().await.unwrap();
    assert_eq!(schema["properties"]["pupil_status"]["const"], "uczeń");
}

/// Every text and number in a presentation: of both headers and payloads, of each disclosure and its salt, and each
/// signature.
fn everything(presentation: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let parts: Vec<&str> = presentation.split('~').collect();
    let (jwts, disclosures) = ([parts[0], parts[parts.len() - 1]], &parts[1..parts.len() - 1]);
    for jwt in jwts {
        let sections: Vec<&str> = jwt.split('.').collect();
        for json in &sections[..2] {
            leaves(&serde_json::from_slice(&BASE64.decode(json).unwrap()).unwrap(), &mut all);
        }
        all.insert(sections[2].to_owned());
    }
    for disclosure in disclosures {
        all.insert((*disclosure).to_owned());
        all.insert(Disclosure::parse(disclosure).unwrap().digest().to_owned());
        leaves(&serde_json::from_slice(&BASE64.decode(disclosure).unwrap()).unwrap(), &mut all);
    }
    all
}

fn leaves(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| leaves(value, into)),
        Value::Array(elements) => elements.iter().for_each(|value| leaves(value, into)),
        Value::String(text) => drop(into.insert(text.clone())),
        plain => drop(into.insert(plain.to_string())),
    }
}

/// A fresh copy, shown to one verifier.
async fn present(world: &World, phone: &Phone, card: &CardId, n: u32, claims: &[ClaimPath]) -> String {
    let taken = take(world, phone, card);
    let held = UnverifiedSdJwt::parse(&taken.credential).unwrap();
    let (audience, nonce) = (format!("x509_hash:verifier-{n}"), format!("nonce-{n}"));
    let sign =
        |bytes: &[u8]| Ok::<_, PresentError>(phone.online.phone().element().sign(&taken.key, bytes).unwrap());
    let shown = Presentation::new(&held, claims, &audience, &nonce, world.now(), sign).unwrap();
    let expected = ExpectedBinding { audience: &audience, nonce: &nonce, issued: world.now()..=world.now() };
    let read = UnverifiedPresentation::parse(shown.as_str()).unwrap();
    let verified = read.verify(&Trust::Anchors(&anchors(world).await), &expected).unwrap();
    verified.judge(world.now()).unwrap();
    assert_eq!(verified.claims().disclosed().len(), claims.len(), "nothing else is on the wire");
    shown.as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_presentations_of_one_card_share_nothing_that_links_them() {
    let world = World::legacy().await;
    let (phone, other) = (world.phone("Pixel").await, world.phone("Nokia").await);
    let card = phone.activate(&world.codes().await).await.unwrap();
    let stranger = other.activate(&world.codes().await).await.unwrap();
    let over_16 = [ClaimPath::of("age_equal_or_over").member("16")];
    let first = everything(&present(&world, &phone, &card.id, 1, &over_16).await);
    world.clock.advance(jiff::SignedDuration::from_mins(3));
    let second = everything(&present(&world, &phone, &card.id, 2, &over_16).await);
    let anybody = everything(&present(&world, &other, &stranger.id, 3, &over_16).await);
    let answers = BTreeSet::from(["true".to_owned(), "false".to_owned()]);
    let known: BTreeSet<String> = anybody.union(&answers).cloned().collect();
    let linking: Vec<&String> = first.intersection(&second).filter(|one| !known.contains(*one)).collect();
    assert_eq!(linking, [""; 0], "shared by two copies of one card and by no other card");
    // The comparison can see: the same copy shown twice shares its key, digests and signature.
    assert!(first.len() > 30 && second.len() > 30);
    let lone = present(&world, &phone, &card.id, 4, &over_16).await;
    let issuers_part =
        |text: &str| everything(&format!("{}~{}", text.rsplit_once('~').unwrap().0, "e30.e30.x"));
    let same = issuers_part(&lone);
    assert!(same.intersection(&everything(&lone)).filter(|one| !known.contains(*one)).count() > 10);
}

/// The certificates in the header of a signed text, DER.
fn certificates(jws: &str) -> Vec<Vec<u8>> {
    let header: Value =
        serde_json::from_slice(&BASE64.decode(jws.split('.').next().unwrap()).unwrap()).unwrap();
    let chain = header["x5c"].as_array().unwrap().iter();
    chain.map(|one| BASE64_STANDARD.decode(one.as_str().unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_chain_carries_the_root_and_no_two_purposes_share_a_key() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let copy = take(&world, &phone, &card.id).credential;
    let uri = UnverifiedSdJwt::parse(&copy).unwrap().unverified_claims().status().unwrap().uri.clone();
    let list = tests::http::get(&uri).await.unwrap().text().await.unwrap();
    let roots = String::from_utf8(world.fetch("/pki/trust-list").await).unwrap();
    let root = world.fetch("/pki/ca/root.cer").await;
    let issuing = world.fetch("/pki/ca/issuing.cer").await;
    let authority = world.issuance().authority;
    for (text, purpose) in [(copy, Signer::SdJwt), (list, Signer::StatusList), (roots, Signer::TrustList)] {
        let chain = certificates(&text);
        assert!(!chain.contains(&root), "{purpose:?}");
        let own = authority.signer(purpose).certificate().der().to_vec();
        assert_eq!(chain, [own, issuing.clone()], "{purpose:?}");
    }
    let mut keys =
        BTreeSet::from([authority.issuing(), authority.root()].map(|above| above.public_key().sec1()));
    keys.extend(Signer::ALL.map(|purpose| authority.signer(purpose).certificate().public_key().sec1()));
    assert_eq!(keys.len(), 2 + Signer::ALL.len());
}

/// A pupil of this world who was born on `day`, with all that an order needs.
async fn pupil_born(world: &World, day: &str) -> ReadyPupil {
    let (office, spec) = (&world.office, PupilSpec::fictional(900).born(day.parse().unwrap()));
    let id = office.pupil(world.school(), &spec).await;
    office.application(&id).await;
    let photo = office.photo(&id, drawn(1, 354, 496)).await;
    assert!(photo.status < 300, "{}", photo.body);
    let base_card = office.base_card(&id, CARD_DAYS.0, CARD_DAYS.1).await;
    ReadyPupil { id, base_card, spec }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_answers_for_each_age_and_a_birthday_changes_the_answer() {
    let world = World::legacy().await;
    // Eighteen on the day after the world's first.
    let pupil = pupil_born(&world, "2008-11-22").await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes_for(&pupil).await).await.unwrap();
    let anchors = anchors(&world).await;
    let ages = || {
        let copy = UnverifiedSdJwt::parse(&take(&world, &phone, &card.id).credential).unwrap();
        let verified = copy.verify(&Trust::Anchors(&anchors)).unwrap();
        verified.judge(world.now()).unwrap();
        verified.claims().all()["age_equal_or_over"].clone()
    };
    let said = |eighteen: bool| json!({ "13": true, "15": true, "16": true, "18": eighteen, "24": false, "26": false });
    assert_eq!(ages(), said(false));
    world.at("2026-11-22T00:00:00+01:00");
    assert_eq!(unused(&world, &phone, &card.id), 0, "what is no longer true has ended");
    phone.refresh(&card.id).await.unwrap();
    assert_eq!(ages(), said(true));
}
