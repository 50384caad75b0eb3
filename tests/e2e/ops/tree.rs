//! What the programs are built from: whose licences, which crates twice, and one cryptographic provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Licences that go with "Apache-2.0 OR MIT" without more than naming them.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    // Of files, not of what is built with them.
    "MPL-2.0",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A crate from elsewhere, with its version and licence.
type Crate = (String, String, String);

/// What cargo says of the tree of these packages, without asking the network.
fn tree(of: &[&str]) -> BTreeSet<Crate> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}\t{l}"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .args(of)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (package, licence) = line.split_once('\t').unwrap();
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap().trim_start_matches('v'));
        // Our own stand at a path.
        if package.contains("(/") || ["shared", "issuer", "wallet", "tests"].contains(&name) {
            continue;
        }
        let licence = licence.trim_end_matches("(*)").trim();
        let licence = if licence.is_empty() { "(none named)" } else { licence };
        let licence = licence.replace(" / ", " OR ").replace('/', " OR ");
        found.insert((name.to_owned(), version.to_owned(), licence));
    }
    assert!(found.len() > 100, "{} crates", found.len());
    found
}

/// What issuer and wallet are built with, not what tests them.
fn shipped() -> BTreeSet<Crate> {
    let features = ["--features", "issuer/pkcs11"];
    tree(&[["--package", "issuer"], ["--package", "wallet"], features, ["--edges", "normal"]].concat())
}

/// Whether a licence expression can be met with what is allowed: one side of every `OR`, every side of every `AND`.
fn allowed(expression: &str) -> bool {
    let expression = expression.trim();
    let mut depth = 0_i32;
    for word in ["OR", "AND"] {
        let tokens: Vec<&str> = expression.split_whitespace().collect();
        for (at, token) in tokens.iter().enumerate() {
            depth += i32::try_from(token.matches('(').count()).unwrap();
            depth -= i32::try_from(token.matches(')').count()).unwrap();
            if depth == 0 && *token == word {
                let (left, right) = (tokens[..at].join(" "), tokens[at + 1..].join(" "));
                return match word {
                    "OR" => allowed(&left) || allowed(&right),
                    _ => allowed(&left) && allowed(&right),
                };
            }
        }
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => allowed(inner),
        None => ALLOWED.contains(&expression),
    }
}

#[test]
fn expressions_are_read_as_they_are_meant() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("(MIT OR GPL-2.0) AND Unicode-3.0", true),
        ("(GPL-2.0 OR LGPL-3.0) AND MIT", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("ISC AND (Apache-2.0 OR ISC) AND OpenSSL", true),
        ("(none named)", false),
    ] {
        assert_eq!(allowed(expression), expected, "{expression}");
    }
}

#[test]
fn every_licence_is_allowed_and_listed() {
    let all = tree(&["--workspace", "--edges", "normal,build,dev"]);
    let refused: Vec<_> = all.iter().filter(|(_, _, licence)| !allowed(licence)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let mut text = String::from(
        "# Licences\n\nWhat issuer and wallet are built with on Linux, and under whose terms. Made by\n\
         `MLEG_WRITE=1 cargo test -p tests --test e2e every_licence`, which also refuses what is not allowed.\n\n\
         | crate | version | licence |\n|---|---|---|\n",
    );
    for (name, version, licence) in shipped() {
        writeln!(text, "| {name} | {version} | {licence} |").unwrap();
    }
    let path = root().join("shared/docs/licences.md");
    if std::env::var("MLEG_WRITE").is_ok() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "shared/docs/licences.md is of another tree: its second line says how to make it anew"
    );
}

#[test]
fn there_is_one_provider_and_what_is_there_twice_is_explained() {
    let crates = shipped();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, version, _) in &crates {
        versions.entry(name).or_default().insert(version);
    }
    for one in ["aws-lc-rs", "aws-lc-sys", "rustls", "rustls-webpki", "rusqlite", "tokio", "hyper", "axum"] {
        assert_eq!(versions.get(one).map(BTreeSet::len), Some(1), "{one}");
    }
    for none in
        ["ring", "openssl", "openssl-sys", "native-tls", "boring-sys", "schannel", "security-framework"]
    {
        assert!(!versions.contains_key(none), "{none} came into the tree");
    }
    let explained = std::fs::read_to_string(root().join("shared/docs/adr/0085-tree.md")).unwrap();
    let unexplained: Vec<_> = versions
        .iter()
        .filter(|(name, versions)| versions.len() > 1 && !explained.contains(&format!("`{name}`")))
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}
