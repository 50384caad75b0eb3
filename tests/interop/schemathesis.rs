//! The staff API before schemathesis 4.32.5 (`requirements.txt`), which makes requests from the API's own OpenAPI
//! description, right ones and wrong ones, and holds every answer against it. `MLEG_PYTHON_BIN` names the `bin` of
//! the Python venv that has it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::office::Office;
use tests::outside::{program_in, require};
use tests::world::World;

use super::PYTHON_BIN;

/// What an answer is judged by. Whether a request that fits its schema is also accepted is not asked: checksums,
/// dates and the state of a card are beyond what a schema says.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,missing_required_header,\
    unsupported_method,allow_header_conformance,use_after_free,ignored_auth";
/// Requests that are made at random for each operation, besides those that its schema's edges call for.
const EXAMPLES: &str = "15";
/// The requests are the same on every run.
const SEED: &str = "20261121";
/// Seconds after which a run is given up.
const MAX_SECONDS: &str = "120";

/// A school in full swing, for requests to meet: ids by the first part of their addresses.
struct Books {
    ids: Vec<(&'static str, Vec<String>)>,
    /// A token that nothing in `ids` leads to.
    token: String,
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn books(world: &World) -> Books {
    let office = &world.office;
    let (activated, waiting, new) = (world.pupil().await, world.pupil().await, world.pupil().await);
    let mut orders = Vec::new();
    let mut slips = Vec::new();
    for pupil in [&activated, &waiting] {
        orders.push(office.order(&pupil.id).await);
        slips.push(office.slip(orders.last().unwrap()).await);
    }
    orders.push(office.order(&new.id).await);
    world.phone("Telefon").await.activate(&slips[0]).await.unwrap();
    let devices = office.devices(&slips[0].card_id, "live").await;
    let pupils = [&activated, &waiting, &new].map(|pupil| pupil.id.clone()).to_vec();
    let mut applications = Vec::new();
    for pupil in &pupils {
        let file = office.done("GET", &format!("/pupils/{pupil}"), None).await;
        applications.extend(ids(&file["applications"]));
    }
    let account = |login: &str, role: &str| json!({ "login": login, "role": role, "password": "haslo-nie-do-zgadniecia" });
    let judge = id(&office.done("POST", "/staff", Some(account("sedzia", "principal"))).await);
    let spare = id(&office.done("POST", "/staff", Some(account("zapas", "clerk"))).await);
    let token = |staff: &str| json!({ "staff_id": staff, "name": "próba" });
    let spare_token = office.done("POST", "/tokens", Some(token(&spare))).await;
    let judge_token = office.done("POST", "/tokens", Some(token(&judge))).await;
    Books {
        ids: vec![
            ("applications", applications),
            ("base-cards", [activated, waiting, new].map(|pupil| pupil.base_card).to_vec()),
            ("cards", slips.iter().map(|slip| slip.card_id.clone()).collect()),
            ("devices", devices),
            ("orders", orders),
            ("pupils", pupils),
            ("schools", vec![world.school().to_owned()]),
            ("slips", slips.into_iter().map(|slip| slip.id).collect()),
            ("staff", vec![spare]),
            ("tokens", vec![id(&spare_token["token"])]),
        ],
        token: judge_token["secret"].as_str().unwrap().to_owned(),
    }
}

/// The judge's settings. Most requests name what exists; the others, what does not. What is ended, though, is
/// always what is there for that: the judge finds its own account and token in the lists, and would shut itself out.
fn settings(books: &Books) -> String {
    let mut toml = String::from(
        "[auth.openapi.api_token]\nbearer = \"${MLEG_API_TOKEN}\"\n\n[cache]\nenabled = false\n\n",
    );
    for (name, ids) in &books.ids {
        assert!(!ids.is_empty(), "there are no {name}");
        writeln!(toml, "[dictionaries.{name}]\nvalues = {}\n", json!(ids)).unwrap();
    }
    for (name, ids) in &books.ids {
        let named = match *name {
            "staff" | "tokens" => json!(ids[0]).to_string(),
            _ => format!("{{ dictionary = \"{name}\", probability = 0.8 }}"),
        };
        writeln!(toml, "[[operations]]\ninclude-path-regex = '^/{name}/\\{{id\\}}'").unwrap();
        writeln!(toml, "[operations.parameters]\n\"path.id\" = {named}\n").unwrap();
    }
    toml
}

/// Lets the judge loose, and returns whether it is content and what it says.
fn judge(program: &Path, folder: &Path, description: &str, token: &str) -> (bool, String) {
    let output = Command::new("timeout")
        .arg(MAX_SECONDS)
        .arg(program)
        .current_dir(folder)
        .args(["--no-color", "--config-file", "schemathesis.toml", "run", description])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", SEED])
        .args(["--continue-on-failure", "--warnings", "off"])
        .env("MLEG_API_TOKEN", token)
        .env("NO_PROXY", "127.0.0.1")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", folder.join("hypothesis"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.success(), said.concat())
}

/// How many operations a description has.
async fn operations(description: &str) -> usize {
    let document: Value = tests::http::get(description).await.unwrap().json().await.unwrap();
    document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum()
}

fn installed() -> Option<PathBuf> {
    require("schemathesis", || program_in(PYTHON_BIN, "schemathesis", "--version"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_api_is_what_its_description_says() {
    let Some(program) = installed() else { return };
    let world = World::legacy().await;
    let books = books(&world).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schemathesis.toml"), settings(&books)).unwrap();
    let (description, token) = (format!("{}/api/openapi.json", world.base()), books.token.clone());
    let at = folder.path().to_owned();
    let judged = tokio::task::spawn_blocking(move || judge(&program, &at, &description, &token));
    let (content, said) = judged.await.unwrap();
    println!("{said}");
    assert!(content, "the judge objects, or did not finish in {MAX_SECONDS} seconds");
    // It saw all of it, and was let in to the end.
    let described = operations(&format!("{}/api/openapi.json", world.base())).await;
    assert!(said.contains(&format!("Tested: {described}")), "{said}");
    let schools = Office::new(world.base(), &books.token).call("GET", "/schools", None).await;
    assert_eq!(schools.status, 200, "the judge's own token was taken back on the way");
}
