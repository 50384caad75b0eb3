//! The staff API from outside, on a real store. Every answer that a test gets is held against the OpenAPI
//! description: a status, a media type or a code that it does not name fails the test.

mod document;
mod everyday;
mod once;
mod refusals;
mod roles;
mod rows;
mod schema;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::entropy::Entropy;
use tower::ServiceExt as _;

use super::{ApiState, BASE_PATH, openapi_json, router};
use crate::audit::{Act, Actor};
use crate::authority::{Authority, CreateOptions};
use crate::http::failure::{Code, PROBLEM_JSON};
use crate::http::front::Limits;
use crate::issuance::{Issuance, testing};
use crate::registry::staff::{EnterStaff, HashedPassword, MakeToken, StaffForm, TokenForm};
use crate::registry::testing::{CountedEntropy, evening, form, photo};

/// An office with a principal's token.
struct Office {
    router: Router,
    issuance: Issuance,
    clock: Arc<ManualClock>,
    token: String,
    document: Value,
    /// Codes that were met so far.
    met: Mutex<BTreeSet<String>>,
    _folder: tempfile::TempDir,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Office {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
        let clock = Arc::new(ManualClock::new(evening()));
        let options = CreateOptions::simulator(evening());
        let authority = Authority::create(&folder.path().join("ca"), &options, &*entropy).unwrap();
        let issuance = testing::issuance(folder.path(), authority, &clock, entropy.clone()).await;
        let act = || Act::new(Actor::System, evening(), &*entropy);
        let principal =
            json!({ "login": "dyrektor", "role": "principal", "password": "kałamarz-i-liczydło" });
        let principal = form::<StaffForm>(principal).parse().unwrap();
        let password = HashedPassword::of(principal.password(), &*entropy).unwrap();
        let enter = EnterStaff::new(principal, password, act(), &*entropy);
        let principal = issuance.store.write(enter).await.unwrap().unwrap();
        let name = form::<TokenForm>(json!({ "name": "tests" })).parse().unwrap();
        let (make, token) = MakeToken::new(principal.id, name, act(), &issuance.keys, &*entropy);
        issuance.store.write(make).await.unwrap().unwrap();
        Self {
            router: router(ApiState::new(issuance.clone(), &Limits::default())),
            issuance,
            clock,
            token: token.expose().to_owned(),
            document: serde_json::to_value(openapi_json()).unwrap(),
            met: Mutex::default(),
            _folder: folder,
        }
    }

    /// Sends a request as it is and holds the answer against the description.
    async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, bytes };
        self.check(&method, &path, &answer);
        answer
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(self.request(method, path, body, None)).await
    }

    async fn call_once(&self, path: &str, body: Value, key: &str) -> Answer {
        self.send(self.request(Method::POST, path, Some(body), Some(key))).await
    }

    fn request(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(format!("{BASE_PATH}{path}"));
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        match body {
            Some(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(serde_json::to_vec(&json).unwrap())),
            None => request.body(Body::empty()),
        }
        .unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        answer.json()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, path, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        answer.json()
    }

    /// Posts what is refused, and answers with its code.
    async fn refused(&self, path: &str, body: Value) -> String {
        let answer = self.call(Method::POST, path, Some(body)).await;
        assert!(!answer.status.is_success(), "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        answer.code()
    }

    async fn put_photo(&self, pupil: &str, file: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("{BASE_PATH}/pupils/{pupil}/photo"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "image/jpeg");
        self.send(request.body(Body::from(file)).unwrap()).await
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let status = answer.status.as_u16().to_string();
        let media_type = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let problem = (media_type == PROBLEM_JSON).then(|| answer.json());
        if let Some(problem) = &problem {
            let code = problem["code"].as_str().unwrap();
            let known = Code::ALL.iter().find(|known| known.word() == code).unwrap();
            assert_eq!(problem["status"], answer.status.as_u16(), "{code}");
            assert_eq!(known.status(), answer.status, "{code}");
            assert_eq!(problem["type"], format!("/api#problem-{code}"));
            assert_eq!(problem["message_en"], problem["detail"], "{code}");
            assert!(!problem["message_pl"].as_str().unwrap().is_empty(), "{code}");
            for field in problem["fields"].as_array().into_iter().flatten() {
                assert!(field["code"].is_string() && field["message_pl"].is_string(), "{field}");
            }
            self.met.lock().unwrap().insert(code.to_owned());
        } else {
            assert!(answer.status.is_success(), "{method} {path}: {status} is not a problem");
        }
        let Some(operation) = self.operation(method, path) else {
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path} is not described");
            return;
        };
        let content = &operation["responses"][&status]["content"][media_type];
        assert!(content.is_object(), "{method} {path}: {status} as {media_type} is not described");
        if media_type.ends_with("json") {
            let fault = schema::fault(&self.document, &content["schema"], &answer.json(), "answer");
            assert_eq!(fault, None, "{method} {path}: {status}");
        }
        if let Some(problem) = problem {
            let example = &content["examples"][problem["code"].as_str().unwrap()];
            assert!(example.is_object(), "{method} {path}: code {} is not described", problem["code"]);
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let wanted: Vec<&str> = path.strip_prefix(BASE_PATH)?.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == wanted.len()
                && parts.iter().zip(&wanted).all(|(part, want)| part.starts_with('{') || part == want)
        };
        let paths = self.document["paths"].as_object().unwrap();
        let item = paths.iter().find(|(template, _)| fits(template))?.1;
        item.get(method.as_str().to_ascii_lowercase())
    }

    /// A school that may issue, under the rules of `preset`.
    async fn school(&self, rspo: u32, preset: &str) -> String {
        let school = self.post("/schools", school_json(rspo, preset)).await;
        let id = id(&school);
        let agreement = json!({ "number": "MC/1", "signed_on": "2026-09-01" });
        let answer = self.call(Method::PUT, &format!("/schools/{id}/agreement"), Some(agreement)).await;
        assert_eq!(answer.status, StatusCode::OK);
        id
    }

    async fn pupil(&self, school: &str, pesel: &str, birth_date: &str) -> String {
        let mut json = pupil_json();
        json["pesel"] = json!(pesel);
        json["birth_date"] = json!(birth_date);
        id(&self.post(&format!("/schools/{school}/pupils"), json).await)
    }

    /// A pupil with photo and base card, for whom an order is ready; `zpe-2025` asks for no application.
    async fn ordered(&self, school: &str) -> (String, String) {
        let pupil = self.pupil(school, "12290155531", "2012-09-01").await;
        assert_eq!(self.put_photo(&pupil, photo(240, 300)).await.status, StatusCode::OK);
        self.post(&format!("/pupils/{pupil}/base-cards"), json!({ "form": "plastic" })).await;
        let order = self.post(&format!("/pupils/{pupil}/orders"), json!({})).await;
        (pupil, id(&order))
    }
}

fn id(json: &Value) -> String {
    json["id"].as_str().unwrap().to_owned()
}

fn school_json(rspo: u32, preset: &str) -> Value {
    json!({
        "rspo": rspo, "name": "Szkoła Podstawowa nr 1", "kind": "primary", "rights": "public",
        "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" },
        "rules": { "preset": preset }
    })
}

fn pupil_json() -> Value {
    json!({
        "given_names": "Zofia Maria", "surname": "Nowak-Żółć", "pesel": "12290155531", "birth_date": "2012-09-01",
        "address": { "street_line": "ul. Lipowa 3/7", "postal_code": "42-200", "city": "Częstochowa" },
        "class_name": "7b"
    })
}
