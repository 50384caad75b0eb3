//! The OpenAPI description itself.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::*;
use crate::registry::fault::FaultCode;

fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, op)| (path, method, op)))
        .collect()
}

#[test]
fn every_code_is_described_and_no_other() {
    let document = serde_json::to_value(openapi_json()).unwrap();
    let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    let listed = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    assert_eq!(listed.iter().map(|word| word.as_str().unwrap()).collect::<BTreeSet<_>>(), words);
    let mut described = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let examples = &response["content"][PROBLEM_JSON]["examples"];
            for (code, example) in examples.as_object().into_iter().flatten() {
                let reference = example["$ref"].as_str().unwrap().trim_start_matches('#');
                let example = document.pointer(reference).unwrap();
                assert_eq!(example["value"]["code"], *code);
                assert_eq!(example["value"]["status"].to_string(), *status, "{method} {path} {code}");
                described.insert(code.as_str());
            }
        }
    }
    let fields = document["components"]["schemas"]["FieldCode"]["description"].as_str().unwrap();
    for code in FaultCode::ALL {
        assert!(fields.contains(&format!("`{}`: ", code.word())), "{code:?}");
    }
    let mut general: BTreeSet<&str> = words.difference(&described).copied().collect();
    for code in Code::ON_PAGES_ALONE {
        assert!(general.remove(code.word()), "{code:?} is the API's too");
    }
    assert_eq!(general, BTreeSet::from(["method_not_allowed", "no_such_address"]));
}

#[test]
fn every_operation_says_who_may_ask_and_what_may_go_wrong() {
    let document = serde_json::to_value(openapi_json()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["security"][0]["api_token"], json!([]));
    assert_eq!(document["components"]["securitySchemes"]["api_token"]["scheme"], "bearer");
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{name}");
        assert!(!operation["summary"].as_str().unwrap().ends_with('.'), "{name}");
        let responses = &operation["responses"];
        let mut expected = vec!["401", "500", "503"];
        if matches!(method.as_str(), "post" | "patch" | "put") {
            expected.extend(["400", "413", "415", "422"]);
        }
        if path.contains("{id}") {
            expected.push("404");
        }
        for status in expected {
            let examples = &responses[status]["content"][PROBLEM_JSON]["examples"];
            assert!(examples.is_object(), "{name}: {status}");
        }
        let success = responses.as_object().unwrap().keys().filter(|status| status.starts_with('2'));
        assert_eq!(success.count(), 1, "{name}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let has_key = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(has_key, method == "post", "{name}");
        for parameter in &parameters {
            assert!(parameter["description"].is_string(), "{name}: {}", parameter["name"]);
        }
    }
    assert_eq!(ids.len(), 45);
}

#[test]
fn every_reference_leads_somewhere_and_forms_take_nothing_unknown() {
    let document = serde_json::to_value(openapi_json()).unwrap();
    let text = document.to_string();
    for part in text.split("\"$ref\":\"").skip(1) {
        let reference = part.split('"').next().unwrap();
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if name.ends_with("Form") && schema["type"] == "object" {
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }
}

#[tokio::test]
async fn description_and_page_are_there_for_everybody() {
    let office = Office::new().await;
    let fetch = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = office.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        assert_eq!(parts.status, StatusCode::OK, "{path}");
        (parts.headers, to_bytes(body, usize::MAX).await.unwrap())
    };
    let (headers, body) = fetch("/api/openapi.json").await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), office.document);
    let (headers, body) = fetch("/api").await;
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert!(body.starts_with(b"<!doctype html>"));
    assert_eq!(fetch("/api/style.css").await.0[header::CONTENT_TYPE], "text/css; charset=utf-8");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let office = Office::new().await;
    assert_eq!(office.call(Method::GET, "/nothing", None).await.code(), "no_such_address");
    let wrong = office.call(Method::DELETE, "/schools", None).await;
    assert_eq!(wrong.code(), "method_not_allowed");
    let allowed = wrong.headers[header::ALLOW].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}
