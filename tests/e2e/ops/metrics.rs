//! What Prometheus is told of a whole story: every request, refusal, act and queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

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
        ("process_resident_memory_bytes", &[]),
    ] {
        assert!(sum(&seen, family, labels) > 0.0, "{family} {labels:?}\n{seen:#?}");
    }
    let outbox: BTreeSet<_> = seen.keys().filter(|name| name.starts_with("mleg_outbox_notices")).collect();
    assert_eq!(outbox.len(), 4, "two channels, waiting and given up");
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
