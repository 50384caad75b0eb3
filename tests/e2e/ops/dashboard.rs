//! What lies beside the program for those who run it: the dashboard asks for figures that exist, the unit is one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::outside;
use tests::world::World;

use super::metrics::samples;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../issuer/deploy").join(name)
}

/// Every name in an expression that could be a figure's.
fn names(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words
        .filter(|word| word.starts_with("mleg_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_that_the_dashboard_asks_for_exists() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel 9").await;
    phone.activate_with(&slip, "00000000").await.expect_err("a wrong code");
    phone.activate(&slip).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let text = world.metrics().await;
    let mut known: BTreeSet<String> =
        samples(&text).keys().map(|name| name.split('{').next().unwrap().to_owned()).collect();
    // A database that never failed has no line of failures, but the family is described.
    let described = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"));
    known.extend(described.map(|family| format!("{family}_total")));
    let dashboard = std::fs::read_to_string(deploy("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut asked = BTreeSet::new();
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let found = names(target["expr"].as_str().unwrap());
            assert!(!found.is_empty(), "{} asks for nothing of ours", panel["title"]);
            asked.extend(found);
        }
    }
    let missing: Vec<_> = asked.difference(&known).collect();
    assert!(missing.is_empty(), "nobody counts {missing:?}");
    // And nothing that is counted stays unseen, but for parts of histograms.
    let unseen: Vec<_> = known
        .difference(&asked)
        .filter(|name| !name.ends_with("_sum") && !name.ends_with("_count"))
        .collect();
    assert!(unseen.is_empty(), "no panel shows {unseen:?}");
}

#[test]
fn systemd_takes_the_units() {
    let program = outside::require("systemd-analyze", || {
        let found = Path::new("/usr/bin/systemd-analyze");
        found.exists().then(|| found.to_owned()).ok_or("Debian's package systemd has it")
    });
    let Some(program) = program else { return };
    let folder = tempfile::tempdir().unwrap();
    // The program is not installed here; everything else is judged as it stands.
    let mut command = Command::new(&program);
    command.args(["verify", "--man=no"]);
    for (name, calls) in [
        ("mlegitymacja.service", true),
        ("mlegitymacja-backup.service", true),
        ("mlegitymacja-backup.timer", false),
    ] {
        let text = std::fs::read_to_string(deploy(name)).unwrap();
        assert_eq!(text.contains("/usr/local/bin/issuer "), calls, "{name}");
        let unit = folder.path().join(name);
        std::fs::write(&unit, text.replace("/usr/local/bin/issuer", "/bin/true")).unwrap();
        command.arg(unit);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("mlegitymacja")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}
