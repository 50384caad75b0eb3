//! The program itself: what it prints, and every exit code.
#![expect(clippy::unwrap_used, reason = "these are tests and their tools: what goes wrong here fails a test")]

mod program;

use serde_json::Value;
use shared::qr::render;

use crate::program::{Phone, canned_server};

#[test]
fn codes_are_checked_without_a_phone() {
    let bench = Phone::empty();
    let said = bench.run(&["verify", "--offline", "--text", "MLEG1:6BF+70790T9WJWG"]);
    assert_eq!((said.code, said.json()["codes"][0]["verdict"].as_str()), (4, Some("not_a_card")));
    bench.run(&["verify", "--offline"]).fails(2, "nothing_to_verify");
    bench.run(&["verify", "--text", "x"]).fails(2, "no_trust_list_url");
    bench.run(&["verify", "--offline", "--purpose", "pub", "--text", "x"]).fails(2, "bad_purpose");
    let empty = bench.file("root.pem", b"nothing");
    let roots = ["verify", "--offline", "--text", "x", "--roots", empty.to_str().unwrap()];
    bench.run(&roots).fails(4, "not_a_root");
    let poster = bench.file("poster.png", &render::png("https://school.example", 4).unwrap());
    let said = bench.run(&["verify", "--offline", poster.to_str().unwrap()]);
    assert_eq!((said.code, said.json()["codes"][0]["reason"].as_str()), (4, Some("unknown_form")));
    let blank = bench.file("blank.png", b"no picture");
    let said = bench.run(&["verify", "--offline", blank.to_str().unwrap()]);
    assert_eq!((said.code, said.json()["codes"][0]["error"].as_str()), (6, Some("not_a_picture")));
}

#[test]
fn a_request_is_read_before_anything_is_shared() {
    let phone = Phone::new();
    assert_eq!(phone.run(&["receipts"]).json()["receipts"], Value::Array(Vec::new()));
    phone.run(&["present", "--request", "https://school.example"]).fails(2, "not_a_request");
    phone.run(&["present", "--digits", "12345", "--at", "http://127.0.0.1:1"]).fails(2, "bad_digits");
    phone.run(&["present", "--digits", "123456", "--at", "http://school.example"]).fails(2, "bad_address");
    phone.run(&["present", "--digits", "123456", "--at", "http://127.0.0.1:1"]).fails(5, "cannot_reach");
    let nobody = canned_server(404, "{}");
    let at = format!("http://{nobody}");
    phone.run(&["present", "--digits", "123 456", "--at", &at]).fails(3, "no_such_digits");
    let poster = phone.file("poster.png", &render::png("https://school.example", 4).unwrap());
    phone.run(&["present", "--qr", poster.to_str().unwrap()]).fails(6, "not_a_request");
    for line in [
        &["present"][..],
        &["present", "--digits", "123456"],
        &["present", "--code", "ticket", "--yes"],
        &["present", "--request", "x", "--png", "x.png"],
        &["present", "--request", "x", "--yes", "--decline"],
    ] {
        assert_eq!(phone.run(line).code, 2, "{line:?}");
    }
    phone.run(&["present", "--code", "pub"]).fails(2, "bad_purpose");
    phone.run(&["present", "--code", "ticket"]).fails(4, "no_card");
}

#[test]
fn a_verifier_asks_by_link_and_digits_and_waits_no_longer_than_told() {
    let bench = Phone::empty();
    let ca = rcgen::CertificateParams::new(Vec::new()).map(|mut parameters| {
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(1));
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "A root");
        parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().pem()
    });
    let root = bench.file("root.pem", ca.unwrap().as_bytes());
    let ask = |more: &[&str]| {
        let line = ["verify", "--ask", "cinema-16", "--issuer", "http://127.0.0.1:1", "--wait", "1"];
        bench.run(&[&line[..], more].concat())
    };
    ask(&[]).fails(2, "no_roots");
    let roots = ["--roots", root.to_str().unwrap()];
    ask(&[&roots[..], &["--listen", "0.0.0.0:0"]].concat()).fails(2, "plain_http");
    ask(&[&roots[..], &["--public-url", "http://kino.example"]].concat()).fails(2, "bad_address");
    let asked = ask(&roots);
    asked.fails(4, "nobody_answered");
    assert!(asked.stderr.contains("openid4vp://") && asked.stderr.contains("digits: "), "{}", asked.stderr);

    for (name, issuer, reason) in
        [("pub", "http://127.0.0.1:1", "bad_purpose"), ("ticket", "http://school.example", "bad_issuer")]
    {
        bench.run(&["verify", "--ask", name, "--issuer", issuer]).fails(2, reason);
    }
    assert_eq!(bench.run(&["verify", "--ask", "ticket"]).code, 2, "whose cards?");
    assert_eq!(bench.run(&["verify", "--offline", "--listen", "127.0.0.1:0"]).code, 2);
    bench.run(&["screen", "--listen", "0.0.0.0:0"]).fails(2, "plain_http");
    let help = bench.run(&["verify", "--help"]);
    assert!(help.stdout.contains("There is no --crl") && help.stdout.contains("--status-list"));
}

const OFFER: &str = "openid-credential-offer://?credential_offer_uri=";

#[test]
fn a_phone_is_set_up_once_behind_a_pin_that_is_not_too_easy() {
    let phone = Phone::empty();
    let init = ["init", "--name", "Telefon Zosi", "--platform", "ios", "--os-version", "17.5"];
    let made = phone.run(&init);
    assert_eq!((made.code, made.json()["platform"].as_str()), (0, Some("ios")), "{}", made.stderr);
    phone.run(&init).fails(4, "already_set_up");

    let other = Phone::empty();
    other.with_pin("123456").run(&init).fails(2, "pin_too_easy");
    other.with_pin("12").run(&init).fails(2, "pin_length");
    other.run(&["init", "--name", "T", "--platform", "symbian", "--os-version", "9"]).fails(2, "bad_device");
    let old = ["init", "--name", "T", "--platform", "android", "--os-version", "5.1.1"];
    other.run(&old).fails(4, "os_too_old");
    other.run(&init).done();
}

#[test]
fn a_phone_is_one_app_and_juniors_ask_who_holds_them() {
    let init = ["init", "--name", "T", "--platform", "android", "--os-version", "14", "--app", "junior"];
    let junior = Phone::empty();
    junior.with_pin("4930271").run(&init).fails(2, "pin_not_six_digits");
    assert_eq!(junior.run(&[&init[..8], &["other"]].concat()).code, 2);
    assert_eq!(junior.run(&init).json()["app"], "junior");
    junior.run(&["sign-in"]).fails(4, "untrusted_issuer");
    junior.run(&["sign-in", "--issuer", "http://127.0.0.1:1"]).fails(4, "untrusted_issuer");
    junior.run(&["sign-in", "--issuer", "http://school.example"]).fails(2, "bad_issuer");
    let standard = Phone::new();
    assert_eq!(
        standard.run(&["sign-in", "--issuer", "http://127.0.0.1:1"]).json()["error"]["code"],
        "not_junior"
    );
    let offer = format!("{OFFER}http%3A%2F%2F127.0.0.1:1%2Fo%2Fx");
    let refused = junior.run(&["activate", "--offer", &offer, "--accept-terms"]);
    refused.fails(4, "sign_in_needed");
    assert!(refused.stderr.contains("hint: sign in first, with `wallet sign-in`"), "{}", refused.stderr);
}

#[test]
fn a_wrong_pin_is_counted_and_a_new_one_takes_its_place() {
    let phone = Phone::new();
    let wrong = phone.with_pin("999888").run(&["list"]);
    wrong.fails(4, "wrong_pin");
    assert_eq!(wrong.json()["error"]["tries_left"], 9);
    assert_eq!(phone.run(&["list"]).json()["cards"], Value::Array(Vec::new()));

    let new_pin = phone.file("new-pin", b"271828\n");
    phone.run(&["pin", "change", "--new-pin-file", new_pin.to_str().unwrap()]).done();
    phone.run(&["list"]).fails(4, "wrong_pin");
    phone.with_pin("271828").run(&["list"]).done();
}

#[test]
fn the_command_line_is_checked_before_anything_happens() {
    let phone = Phone::empty();
    for line in [&["fly"][..], &["activate"], &["show", "--pam"], &["trust", "root.pem"]] {
        assert_eq!(phone.run(line).code, 2, "{line:?}");
    }
    phone.run(&["list"]).fails(2, "no_phone");
    phone.run(&["scan", "/no/such/picture.png"]).fails(2, "file_unreadable");
    phone.run(&["activate", "--offer", "https://school.example"]).fails(2, "bad_offer");
    phone.run(&["activate", "--typed", "0000-0000-0001"]).fails(2, "typed_code_malformed");
    let help = phone.run(&["--help"]);
    assert_eq!(help.code, 0);
    for command in [
        "init", "trust", "scan", "sign-in", "activate", "list", "show", "refresh", "delete", "present",
        "receipts", "verify", "pin", "screen",
    ] {
        assert!(help.stdout.contains(&format!("\n  {command}")), "{command} in {}", help.stdout);
    }
}

#[test]
fn a_phone_without_cards_says_so() {
    let phone = Phone::new();
    for command in ["show", "delete"] {
        phone.run(&[command]).fails(4, "no_card");
        phone.run(&[command, "abcd"]).fails(4, "no_card");
    }
    phone.run(&["refresh", "abcd"]).fails(4, "no_card");
    let refreshed = phone.run(&["refresh"]);
    refreshed.done();
    assert_eq!(refreshed.json()["notices"]["waiting"], 0);
}

#[test]
fn pictures_are_scanned_without_a_phone() {
    let phone = Phone::empty();
    let text = format!("{OFFER}http%3A%2F%2F127.0.0.1:1%2Fo%2Fx");
    let picture = phone.file("qr.png", &render::png(&text, 4).unwrap());
    let scanned = phone.run(&["scan", picture.to_str().unwrap()]);
    scanned.done();
    let code = &scanned.json()["pictures"][0]["codes"][0];
    assert_eq!((code["text"].as_str(), code["kind"].as_str()), (Some(text.as_str()), Some("offer")));

    let rubbish = phone.file("rubbish.png", b"no picture");
    let scanned = phone.run(&["scan", rubbish.to_str().unwrap()]);
    assert_eq!((scanned.code, scanned.json()["pictures"][0]["code"].as_str()), (6, Some("not_a_picture")));
    phone.run(&["activate", "--qr", rubbish.to_str().unwrap()]).fails(6, "not_a_picture");
    let menu = phone.file("menu.png", &render::png("https://school.example", 4).unwrap());
    phone.run(&["activate", "--qr", menu.to_str().unwrap()]).fails(6, "not_an_offer");
}

#[test]
fn terms_come_before_the_network_and_the_network_before_trust() {
    let phone = Phone::new();
    let gone = format!("{OFFER}http%3A%2F%2F127.0.0.1:1%2Fo%2Fx");
    phone.run(&["activate", "--offer", &gone]).fails(4, "terms_not_accepted");
    phone.run(&["activate", "--offer", &gone, "--accept-terms"]).fails(5, "cannot_reach");
    // Accepted once is accepted.
    phone.run(&["activate", "--offer", &gone]).fails(5, "cannot_reach");
    phone.run(&["activate", "--typed", "0000-0000-0000"]).fails(4, "untrusted_issuer");

    let offer = r#"{"credential_issuer":"http://127.0.0.1:1","credential_configuration_ids":["x"]}"#;
    let server = canned_server(200, offer);
    let elsewhere = format!("{OFFER}http%3A%2F%2F{server}%2Fo%2Fx");
    phone.run(&["activate", "--offer", &elsewhere, "--code", "12345678"]).fails(4, "untrusted_issuer");
}

#[test]
fn a_refusal_of_the_issuer_is_passed_on_in_its_own_words() {
    let phone = Phone::new();
    let refusal = r#"{"error":"offer_not_usable","reason":"expired","message_pl":"Ważność kodu minęła."}"#;
    let server = canned_server(410, refusal);
    let offer = format!("{OFFER}http%3A%2F%2F{server}%2Fo%2Fx");
    let refused = phone.run(&["activate", "--offer", &offer, "--accept-terms"]);
    refused.fails(3, "offer_not_usable");
    let issuer = &refused.json()["error"]["issuer"];
    assert_eq!((issuer["reason"].as_str(), issuer["status"].as_u64()), (Some("expired"), Some(410)));
    assert!(refused.stderr.contains("Ważność kodu minęła.") && refused.stderr.contains("\nhint: "));
    assert!(!refused.stderr.contains('\u{1b}'), "readable without colour");
}

#[test]
fn a_fetched_root_must_be_compared() {
    let phone = Phone::new();
    let server = canned_server(200, "rubbish");
    let issuer = format!("http://{server}");
    phone.run(&["trust", "--issuer", &issuer]).fails(4, "not_a_root");
    phone.run(&["trust", "--issuer", "http://school.example"]).fails(2, "bad_issuer");
    let file = phone.file("root.pem", b"rubbish");
    phone.run(&["trust", file.to_str().unwrap(), "--issuer", &issuer]).fails(2, "not_a_root");
}
