//! What Prometheus is told of a whole story: every request, refusal, act and queue.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use issuer::registry::photo;
use serde_json::Value;
use shared::card_claims::TYPE_PATH;

use tests::world::{Plan, World};

/// Samples by their name with labels, after checking the text's grammar (OpenMetrics 1.0, §5): every sample belongs
/// to a family that was described, no sample comes twice, and the text has an end.
pub(super) fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut families: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut samples, mut ended) = (BTreeMap::new(), false);
    for line in text.lines() {
        assert!(!ended, "{line} comes after the end");
        if line == "# EOF" {
            ended = true;
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap();
            assert!(families.insert(name, kind).is_none(), "{name} is described twice");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let fits = |(family, kind): (&&str, &&str)| {
                let ends: &[&str] = match *kind {
                    "counter" => &["_total"],
                    "histogram" => &["_bucket", "_sum", "_count"],
                    "info" => &["_info"],
                    _ => &[""],
                };
                ends.iter().any(|end| bare == format!("{family}{end}"))
            };
            assert!(families.iter().any(fits), "{line} belongs to no family");
            assert!(samples.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{name} comes twice");
        }
    }
    assert!(ended, "no end");
    samples
}

/// One sample of a family that bears all these labels.
fn sum(samples: &BTreeMap<String, f64>, family: &str, labels: &[&str]) -> f64 {
    let fits = |name: &&String| {
        name.split('{').next() == Some(family) && labels.iter().all(|label| name.contains(label))
    };
    samples.keys().filter(fits).map(|name| samples[name]).sum()
}

async fn told(plan: Plan) {
    let world = World::of(plan).await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel 9").await;
    phone.activate_with(&slip, "00000000").await.expect_err("a wrong code");
    let card = phone.activate(&slip).await.unwrap();
    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    phone.refresh(&card.id).await.unwrap();
    tests::http::get(format!("{}/o/{}", world.base(), "nobody")).await.unwrap();

    // Acts are counted when they are sealed, twice a second.
    let mut seen = samples(&world.metrics().await);
    for _ in 0..40 {
        if sum(&seen, "mleg_acts_total", &["action=\"device.revoked\""]) > 0.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        seen = samples(&world.metrics().await);
    }
    for (family, labels, expected) in [
        ("mleg_refusals_total", &["route=\"/token\"", "reason=\"wrong_code\""][..], 1.0),
        ("mleg_refusals_total", &["route=\"/o/{id}\""], 1.0),
        ("mleg_acts_total", &["action=\"device.activated\""], 1.0),
        ("mleg_acts_total", &["action=\"device.revoked\""], 1.0),
        ("mleg_store_up", &[], 1.0),
        ("mleg_store_queue", &[], 0.0),
        ("mleg_certificates_prepared", &[], 0.0),
        ("mleg_backup_timestamp_seconds", &[], 0.0),
        ("mleg_http_requests_in_flight", &[], 0.0),
        ("mleg_http_connections_refused_total", &[], 0.0),
        ("mleg_tls_handshakes_failed_total", &[], 0.0),
        ("mleg_tls_reloads_refused_total", &[], 0.0),
        ("mleg_desks", &["desk=\"password\""], 0.0),
        ("mleg_http_requests_total", &["route=\"/token\"", "status=\"400\""], 1.0),
    ] {
        assert_eq!(sum(&seen, family, labels), expected, "{family} {labels:?}\n{seen:#?}");
    }
    for (family, labels) in [
        ("mleg_http_requests_total", &["route=\"/credential\"", "method=\"POST\"", "status=\"200\""][..]),
        ("mleg_http_request_duration_seconds_count", &["route=\"/nonce\""]),
        ("mleg_store_write_seconds_count", &[]),
        ("mleg_store_read_seconds_count", &[]),
        ("mleg_certificate_end_timestamp_seconds", &["which=\"root\""]),
        ("mleg_certificate_end_timestamp_seconds", &["which=\"issuing-1\""]),
        ("mleg_certificate_end_timestamp_seconds", &["which=\"signer-1-ocsp\""]),
        ("mleg_build_info", &["version="]),
        ("mleg_http_connections", &[]),
        ("process_resident_memory_bytes", &[]),
    ] {
        assert!(sum(&seen, family, labels) > 0.0, "{family} {labels:?}\n{seen:#?}");
    }
    let outbox: BTreeSet<_> = seen.keys().filter(|name| name.starts_with("mleg_outbox_notices")).collect();
    assert_eq!(outbox.len(), 4, "two channels, waiting and given up");
    let desks = seen.keys().filter(|name| name.starts_with("mleg_desks{"));
    assert_eq!(desks.count(), 6, "photos, tables and passwords: taken and waiting");
    let hidden = tests::http::get(format!("{}/metrics", world.base())).await.unwrap();
    assert_eq!(hidden.status(), 404, "figures are not for those who ask for cards");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_refusal_and_act_is_counted_on_sqlite() {
    told(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_refusal_and_act_is_counted_on_postgresql() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    told(plan).await;
}

/// Whoever unpacks a photo stands in the figures for as long as it takes.
#[tokio::test(flavor = "multi_thread")]
async fn heavy_work_is_seen_while_it_is_done() {
    let world = World::legacy().await;
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let work = tokio::spawn(photo::aside(move || {
        begin.send(()).unwrap();
        ended.recv()
    }));
    begun.await.unwrap();
    let seen = samples(&world.metrics().await);
    // The desks are the whole process's: others may sit there, too.
    assert!(sum(&seen, "mleg_desks", &["desk=\"photo\"", "state=\"taken\""]) >= 1.0, "{seen:#?}");
    end.send(()).unwrap();
    work.await.unwrap().unwrap().unwrap();
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The address that the first argument of `.route(…)` stands for.
fn address(argument: &str, file: &str, others: &str) -> String {
    let argument = argument.trim().replace("&format!(", "").replace("{TYPE_PATH}", TYPE_PATH);
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    match quoted(&argument) {
        Some(name) if argument.starts_with("&well_known(") => format!("/.well-known/{name}"),
        Some(literal) => literal,
        None if argument.contains("TYPE_PATH") => TYPE_PATH.to_owned(),
        None => {
            let constant = format!("const {}: &str =", argument.rsplit("::").next().unwrap());
            let values = [file, others].into_iter().flat_map(|text| text.split(&constant).skip(1));
            values
                .filter_map(quoted)
                .find(|value| value.starts_with('/'))
                .unwrap_or_else(|| panic!("{argument} is no constant"))
        }
    }
}

/// Every address that the issuer's sources lead somewhere, as the router writes it; the staff API's own are in its
/// description, and `/metrics` is on an address of its own.
fn routes() -> BTreeSet<String> {
    let code = Path::new(env!("CARGO_MANIFEST_DIR")).join("../issuer/src");
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
    let all: String = sources(&code).iter().map(read).collect();
    let files = [code.join("http"), code.join("pages")].map(|folder| sources(&folder)).concat();
    let own = |path: &&PathBuf| !path.ends_with("http/metrics.rs") && !path.ends_with("tests.rs");
    let texts: Vec<String> = files.iter().filter(own).map(read).collect();
    let mut found = BTreeSet::new();
    for text in &texts {
        let served = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let arguments = served.split(".route(").skip(1).map(|after| after.split(',').next().unwrap());
        found.extend(arguments.map(|argument| address(argument, text, &all)));
    }
    found
}

/// An address with something in place of what varies.
fn filled(route: &str) -> String {
    let parts = route.split('/').map(|part| if part.contains('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_counted_under_its_own_name() {
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let description: Value = serde_json::from_slice(&world.fetch("/api/openapi.json").await).unwrap();
    let below = description["servers"][0]["url"].as_str().unwrap();
    let described = description["paths"].as_object().unwrap().keys().map(|path| format!("{below}{path}"));
    let routes: BTreeSet<String> = routes().into_iter().chain(described).collect();
    assert!(routes.len() > 150, "{} routes", routes.len());
    for route in &routes {
        // Even one that takes no GET: that it refused one is counted.
        let asked = format!("{}{}", world.base(), filled(route));
        tests::http::client().get(asked).send().await.unwrap();
    }
    let seen = samples(&world.metrics().await);
    let counted = |route: &&String| {
        sum(&seen, "mleg_http_requests_total", &[&format!("route=\"{route}\""), "method=\"GET\""]) > 0.0
    };
    let missing: Vec<_> = routes.iter().filter(|route| !counted(route)).collect();
    assert!(missing.is_empty(), "asked and not counted: {missing:#?}");
}
