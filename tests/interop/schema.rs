//! A real copy before the schema that its type publishes, judged by `jsonschema_rs` 0.60.3 (`requirements.txt`).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use shared::sd_jwt::{Trust, UnverifiedSdJwt};
use shared::vci::CONFIGURATION_SD_JWT;
use shared::x509::chain::TrustAnchor;
use tests::outside::require;
use tests::world::World;

use super::PYTHON_BIN;

/// Reads schema and claims from standard input, formats such as dates included; says what is wrong with the claims.
const JUDGE: &str = "import json, sys, jsonschema_rs
told = json.load(sys.stdin)
judge = jsonschema_rs.validator_for(told['schema'], validate_formats=True)
print(json.dumps([fault.message for fault in judge.iter_errors(told['claims'])]))";

fn python() -> Option<PathBuf> {
    require("jsonschema_rs (pip install -r tests/interop/requirements.txt)", || {
        let python =
            std::env::var_os(PYTHON_BIN).map_or("python3".into(), |bin| Path::new(&bin).join("python3"));
        let output = Command::new(&python).args(["-c", "import jsonschema_rs"]).output();
        let output = output.map_err(|error| format!("`python3` cannot be started: {error}"))?;
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        output.status.success().then_some(python).ok_or(why)
    })
}

fn faults(python: &Path, schema: &Value, claims: &Value) -> Vec<String> {
    let mut judge = Command::new(python);
    judge.args(["-c", JUDGE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut judge = judge.spawn().unwrap();
    let told = json!({ "schema": schema, "claims": claims }).to_string();
    judge.stdin.take().unwrap().write_all(told.as_bytes()).unwrap();
    serde_json::from_slice(&judge.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_what_its_published_schema_says() {
    let Some(python) = python() else { return };
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap().id;
    let documents = phone.online.phone().documents();
    let copy = documents.take_copy(&card, CONFIGURATION_SD_JWT, world.now()).unwrap().unwrap();
    let root = TrustAnchor::from_der(&world.fetch("/pki/ca/root.cer").await).unwrap();
    let copy = UnverifiedSdJwt::parse(&copy.credential).unwrap();
    let verified = copy.verify(&Trust::Anchors(&[root])).unwrap();
    let claims = Value::Object(verified.claims().all().clone());
    assert!(claims["picture"].is_string() && claims["school_address"].is_object(), "everything is disclosed");
    let described = world.fetch("/credentials/mlegitymacja/1").await;
    let described: Value = serde_json::from_slice(&described).unwrap();
    let schema = tests::http::get(described["schema_uri"].as_str().unwrap()).await.unwrap();
    let schema: Value = serde_json::from_slice(&schema.bytes().await.unwrap()).unwrap();
    assert_eq!(faults(&python, &schema, &claims), [""; 0]);

    // What a holder keeps back is missing, and no fault.
    let mut shown = claims.clone();
    shown.as_object_mut().unwrap().shift_remove("picture");
    assert_eq!(faults(&python, &schema, &shown), [""; 0]);
    // The judge can see.
    let bent: [(&str, Value); 5] = [
        ("/birthdate", json!("21.11.2010")),
        ("/age_equal_or_over/18", json!("yes")),
        ("/personal_administrative_number", json!("1234")),
        ("/status/status_list/idx", json!(-1)),
        ("/cnf", json!(null)),
    ];
    for (place, wrong) in bent {
        let mut claims = claims.clone();
        *claims.pointer_mut(place).unwrap() = wrong;
        assert_eq!(faults(&python, &schema, &claims).len(), 1, "{place}");
    }
}
