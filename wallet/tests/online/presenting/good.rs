//! What should work: all kinds of verifiers, both ways back, refusing items, digits, the same device, forgetting.

use serde_json::json;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use wallet::documents::{HistoryEvent, ReceiptOutcome};
use wallet::present::asked::{ConsentError, VerifierKind, Warning};
use wallet::present::{PresentError, RequestSource};
use wallet::verify::online::{Question, SessionState};

use super::stage::{KINDS, Kind, MODES, NAME, Stage, VCT};

const CINEMA: &str = "cinema-18";

#[tokio::test]
async fn every_kind_of_verifier_learns_what_it_asked_in_both_ways() {
    for kind in KINDS {
        let stage = Stage::new(kind).await;
        for mode in MODES {
            let asked = stage.ask(Preset::Ticket, mode);
            assert_eq!(stage.state(&asked), SessionState::Asked);
            let request = stage.read_asked(&asked).await;
            let verifier = request.verifier();
            let (name, expected, trusted) = match kind {
                Kind::Address => ("Muza", VerifierKind::RedirectUri, false),
                Kind::Dns => ("Kino Muza", VerifierKind::X509SanDns, true),
                Kind::Hash => ("Kino Muza", VerifierKind::X509Hash, true),
            };
            assert_eq!(
                (verifier.name.as_str(), verifier.kind, verifier.is_trusted()),
                (name, expected, trusted)
            );
            assert_eq!(request.purpose().as_deref(), Some("Bilet ulgowy"));
            assert_eq!(request.warnings().contains(&Warning::UnknownVerifier), !trusted);

            let presented = stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
            assert_eq!(presented.receipt.outcome, ReceiptOutcome::Shared);
            let SessionState::Answered { verdict, shown } = stage.state(&asked) else {
                panic!("{kind:?} {mode:?}")
            };
            assert!(verdict.is_valid(), "{verdict:?}");
            assert_eq!(shown.claim("family_name"), Some(&json!(NAME)));
            assert_eq!(shown.claim("age_equal_or_over.24"), Some(&json!(false)));
            assert_eq!(shown.claims().count(), 5);
            let checked: Vec<&str> = verdict.checked.iter().map(|check| check.what.code()).collect();
            assert_eq!(
                checked,
                ["chain", "issuer_signature", "holder_signature", "request", "revocation", "validity"]
            );
        }
    }
}

#[tokio::test]
async fn optional_items_can_be_refused_one_by_one_and_required_ones_cannot() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::FullCard, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    let item = |claim: &str| request.items().into_iter().find(|item| item.claim == claim).unwrap();
    let optional: Vec<String> =
        request.items().into_iter().filter(|item| !item.required).map(|item| item.claim).collect();
    assert_eq!(optional, ["birthdate", "school_address"]);
    assert_eq!(item("birthdate").value(), &json!("2008-11-21"));

    let required = item("picture").id;
    assert_eq!(request.consent(&[required]).map(|_| ()), Err(ConsentError::Required(required)));
    let agreed = request.consent(&[item("birthdate").id]).unwrap();
    assert_eq!(agreed.withheld(), ["birthdate"]);
    let presented = stage.phone.present(&agreed).await.unwrap();
    assert_eq!(presented.receipt.withheld, ["birthdate"]);
    let SessionState::Answered { verdict, shown } = stage.state(&asked) else { panic!() };
    assert!(verdict.is_valid());
    assert!(shown.claim("birthdate").is_none() && shown.claim("school_address").is_some());
}

#[tokio::test]
async fn the_holder_may_say_no_and_the_verifier_learns_nothing_else() {
    for mode in MODES {
        let stage = Stage::new(Kind::Hash).await;
        let asked = stage.ask(Preset::Library, mode);
        let request = stage.read_asked(&asked).await;
        let receipt = stage.phone.decline(&request).await.unwrap();
        assert_eq!((receipt.outcome, receipt.shared.len()), (ReceiptOutcome::Declined, 0));
        let state = stage.state(&asked);
        assert!(
            matches!(state, SessionState::Refused { code: "declined", verdict: None, shown: None }),
            "{state:?}"
        );
        assert_eq!(stage.checkpoint.counts()["declined"], 1);
        let again = stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap_err();
        assert_eq!(again.reason(), "refused_by_verifier");
    }
}

#[tokio::test]
async fn whoever_asks_for_pesel_and_address_is_warned_about() {
    let stage = Stage::new(Kind::Dns).await;
    let query = json!({"credentials": [{"id": "all", "format": "dc+sd-jwt", "meta": {"vct_values": [super::stage::VCT]},
        "claims": [{"path": ["personal_administrative_number"]}, {"path": ["address", "locality"]}]}]});
    let query = shared::vp::dcql::DcqlQuery::from_value(&query).unwrap();
    let asked = stage.checkpoint.ask(wallet::verify::online::Question::new(query)).unwrap();
    let request = stage.read_asked(&asked).await;
    assert_eq!(request.warnings(), [Warning::AsksPesel, Warning::AsksAddress]);
    assert!(request.items().iter().all(|item| item.sensitive && item.required));
}

#[tokio::test]
async fn a_request_object_is_asked_for_as_what_it_is() {
    let stage = Stage::new(Kind::Dns).await;
    for fetch_by_post in [false, true] {
        let question = Question {
            fetch_by_post,
            ..Stage::question(Preset::named(CINEMA).unwrap(), ResponseMode::DirectPost)
        };
        stage.read_asked(&stage.checkpoint.ask(question).unwrap()).await;
    }
    assert_eq!(stage.wire.accepted("/v/request/"), ["application/oauth-authz-req+jwt"; 2]);
}

#[tokio::test]
async fn whoever_has_not_reached_the_age_has_no_answer() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::named("cinema-24").unwrap(), ResponseMode::DirectPostJwt);
    let refused = stage.read(asked.link.expose()).await.unwrap_err();
    assert_eq!(refused.reason(), "no_matching_credential");
    assert!(stage.wire.posted("/v/response").is_empty());
}

#[tokio::test]
async fn nobody_is_asked_by_authorities_that_nobody_would_check() {
    let stage = Stage::new(Kind::Dns).await;
    let query = json!({"credentials": [{"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
        "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]}]});
    let query = shared::vp::dcql::DcqlQuery::from_value(&query).unwrap();
    let refused = stage.checkpoint.ask(Question::new(query)).unwrap_err();
    assert_eq!(refused.reason(), "trusted_authorities");
}

#[tokio::test]
async fn six_digits_lead_to_the_same_request_for_as_long_as_it_waits() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::named(CINEMA).unwrap(), ResponseMode::DirectPostJwt);
    let digits = asked.digits.unwrap().to_string();
    let typed = format!("{} {}", &digits[..3], &digits[3..]);
    let source = RequestSource::from_digits(&typed, &stage.base).unwrap();
    let request = stage.phone.read_request(source.clone()).await.unwrap();
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    assert!(matches!(stage.state(&asked), SessionState::Answered { .. }));
    let gone = stage.phone.read_request(source).await.unwrap_err();
    assert_eq!(gone.reason(), "no_such_digits");
    assert!(RequestSource::from_digits("12345", &stage.base).is_none());
}

#[tokio::test]
async fn another_verifier_may_leave_its_link_where_that_is_offered() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::Library, ResponseMode::DirectPost);
    let url = format!("{}/r", stage.base.as_str());
    let leave = |link: String| {
        let text = shared::secret::Secret::new(json!({"request": link}).to_string());
        let body = wallet::transport::Body { content_type: wallet::transport::JSON, text };
        let request = wallet::transport::Request::post(url.parse().unwrap(), Some(body), 1024);
        let http = wallet::transport::http::HttpTransport::new(&Default::default()).unwrap();
        async move { wallet::transport::Transport::send(&http, request).await.unwrap() }
    };
    let answer = leave(asked.link.expose().to_owned()).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let source = RequestSource::from_digits(answer["digits"].as_str().unwrap(), &stage.base).unwrap();
    assert!(stage.phone.read_request(source).await.is_ok());
    assert_eq!(leave("https://elsewhere.example".to_owned()).await.status, 400);
}

#[tokio::test]
async fn on_the_same_device_the_result_is_for_whoever_comes_back() {
    let stage = Stage::new(Kind::Hash).await;
    let back = HttpUrl::parse("http://localhost:1/kino?film=7", UrlPolicy::default()).unwrap();
    let question = wallet::verify::online::Question {
        return_to: Some(back),
        ..Stage::question(Preset::named(CINEMA).unwrap(), ResponseMode::DirectPost)
    };
    let asked = stage.checkpoint.ask(question).unwrap();
    let request = stage.read_asked(&asked).await;
    let presented = stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    let way = presented.redirect_uri.unwrap();
    let code = way.expose().strip_prefix("http://localhost:1/kino?film=7&response_code=").unwrap();
    assert_eq!(stage.state(&asked), SessionState::Returning);
    assert_eq!(stage.state_with(&asked, "guessed"), SessionState::Returning);
    assert!(matches!(stage.state_with(&asked, code), SessionState::Answered { .. }));
    let (status, state) = stage.get(&format!("result/{}?response_code={code}", asked.id.expose())).await;
    assert_eq!((status, state["shown"]["pupil_status"].as_str()), (200, Some("uczeń")));
}

#[tokio::test]
async fn a_request_may_be_fetched_by_post_with_the_phones_nonce() {
    let stage = Stage::new(Kind::Dns).await;
    let question = wallet::verify::online::Question {
        fetch_by_post: true,
        ..Stage::question(Preset::Library, ResponseMode::DirectPostJwt)
    };
    let asked = stage.checkpoint.ask(question).unwrap();
    assert!(asked.link.expose().contains("request_uri_method=post"));
    let request = stage.read_asked(&asked).await;
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    assert!(matches!(stage.state(&asked), SessionState::Answered { .. }));
    assert!(stage.wire.posted("/v/request")[0].starts_with("wallet_nonce="));
}

#[tokio::test]
async fn a_result_is_seen_for_three_minutes_and_then_only_counted() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::Ticket, ResponseMode::DirectPostJwt);
    let unanswered = stage.ask(Preset::Ticket, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    stage.later(179);
    let (status, state) = stage.get(&format!("result/{}", asked.id.expose())).await;
    assert_eq!(
        (status, state["state"].as_str(), state["verdict"]["verdict"].as_str()),
        (200, Some("answered"), Some("valid"))
    );
    stage.later(1);
    assert_eq!(stage.get(&format!("result/{}", asked.id.expose())).await.0, 404);
    assert!(stage.checkpoint.state(&asked.id, None).is_none());
    assert_eq!(stage.state(&unanswered), SessionState::Expired);
    stage.later(180);
    assert!(stage.checkpoint.state(&unanswered.id, None).is_none());
    let counts = stage.checkpoint.counts();
    assert_eq!((counts["asked"], counts["valid"], counts["expired"]), (2, 1, 1));
}

#[tokio::test]
async fn the_phone_keeps_who_what_and_when() {
    let stage = Stage::new(Kind::Dns).await;
    let asked = stage.ask(Preset::named(CINEMA).unwrap(), ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    let presented = stage.phone.present(&request.consent(&[]).unwrap()).await.unwrap();
    let documents = stage.phone.phone().documents();
    let receipts = documents.receipts().unwrap();
    assert_eq!(receipts, std::slice::from_ref(&presented.receipt));
    assert_eq!(receipts[0].verifier.name, "Kino Muza");
    assert_eq!(receipts[0].verifier.client_id, "x509_san_dns:localhost");
    assert_eq!(receipts[0].shared, ["pupil_status", "age_equal_or_over.18"]);
    assert_eq!(receipts[0].purpose.as_deref(), Some("Bilet ulgowy"));
    assert_eq!(documents.receipt(&receipts[0].id).unwrap(), Some(presented.receipt));
    let last = documents.history().unwrap().pop().unwrap();
    assert!(
        matches!(&last.event, HistoryEvent::Presented { verifier, shared } if verifier == "Kino Muza" && shared.len() == 2)
    );
}

/// A ticket check: what the phone is told, and what the inspector sees.
async fn check(stage: &Stage) -> (Option<String>, SessionState) {
    let asked = stage.ask(Preset::Ticket, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    let told = match stage.phone.present(&request.consent(&[]).unwrap()).await {
        Ok(_) => None,
        Err(PresentError::RefusedByVerifier { code, .. }) => code,
        Err(error) => unreachable!("{error}"),
    };
    (told, stage.state(&asked))
}

#[tokio::test]
async fn a_revocation_is_seen_a_second_later_with_the_name_on_the_card() {
    let stage = Stage::new(Kind::Dns).await;
    assert!(
        matches!(check(&stage).await, (None, SessionState::Answered { verdict, .. }) if verdict.is_valid())
    );
    (0..3).for_each(|place| stage.revoke(place));
    stage.later(1);
    let (told, state) = check(&stage).await;
    assert_eq!(told.as_deref(), Some("credential_revoked"));
    let SessionState::Refused { verdict: Some(verdict), shown: Some(shown), .. } = state else {
        panic!("{state:?}")
    };
    assert_eq!((verdict.code(), shown.claim("family_name")), ("revoked", Some(&json!(NAME))));
    let receipts = stage.phone.phone().documents().receipts().unwrap();
    assert_eq!(receipts.last().unwrap().outcome, ReceiptOutcome::RefusedByVerifier);
}

#[tokio::test]
async fn without_a_list_of_today_the_verdict_is_doubt() {
    let stage = Stage::new(Kind::Dns).await;
    let verdict = async || match check(&stage).await {
        (None, SessionState::Answered { verdict, .. }) => {
            (verdict.code(), verdict.reason.map_or("", |reason| reason.code()))
        }
        other => panic!("{other:?}"),
    };
    stage.take_lists_down(true);
    assert_eq!(verdict().await, ("unknown_since", "no_list"));
    stage.take_lists_down(false);
    assert_eq!(verdict().await, ("valid", ""));
    stage.take_lists_down(true);
    stage.later(11 * 3600);
    assert_eq!(verdict().await, ("valid", ""), "the list may be trusted for twelve hours");
    stage.later(3600);
    assert_eq!(verdict().await, ("unknown_since", "list_outdated"));
}
