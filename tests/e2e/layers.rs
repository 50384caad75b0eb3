//! Who may import whom (shared/docs/architecture.md), read from the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The code of a file without its unit tests, which may reach further.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Breaches of "code in `folder` does not mention any of `forbidden`".
fn breaches(folder: &str, forbidden: &[&str]) -> Vec<String> {
    let folder = root().join(folder);
    let files = if folder.is_dir() { sources(&folder) } else { vec![folder.with_extension("rs")] };
    assert!(!files.is_empty() && files.iter().all(|file| file.exists()), "{} is gone", folder.display());
    let mut found = Vec::new();
    let name = |file: &PathBuf| file.file_stem().map(|name| name.to_string_lossy().into_owned());
    let tested = |file: &PathBuf| {
        name(file).is_some_and(|name| name.ends_with("tests") || name.ends_with("testing"))
            || file.parent().is_some_and(|folder| folder.ends_with("tests"))
    };
    for file in files.into_iter().filter(|file| !tested(file)) {
        let code = code(&file);
        found.extend(
            forbidden
                .iter()
                .filter(|name| code.contains(**name))
                .map(|name| format!("{}: {name}", file.display())),
        );
    }
    found
}

#[test]
fn crates_import_downwards_only() {
    for (krate, forbidden) in [
        ("shared", &["issuer", "wallet", "tests"][..]),
        ("issuer", &["wallet", "tests"]),
        ("wallet", &["issuer", "tests"]),
    ] {
        let manifest = fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        for name in forbidden {
            assert!(!manifest.contains(&format!("\n{name}.")), "{krate} depends on {name}");
        }
    }
}

#[test]
fn shared_is_pure() {
    let found = breaches(
        "shared/src",
        &["std::fs", "std::net", "SystemTime", "Timestamp::now", "tokio::", "getrandom"],
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_issuer_rests_on_what_lies_below() {
    let http = ["crate::http", "crate::pages", "axum"];
    let mut found = Vec::new();
    for decisions in ["issuer/src/issuance", "issuer/src/registry", "issuer/src/notify"] {
        found.extend(breaches(decisions, &http));
        found.extend(breaches(decisions, &["SELECT ", "INSERT ", "UPDATE ", "DELETE "]));
        found.extend(breaches(decisions, &["crate::app", "rusqlite", "tokio_postgres"]));
    }
    for below in ["issuer/src/authority", "issuer/src/store"] {
        found.extend(breaches(below, &http));
        found.extend(breaches(below, &["crate::issuance", "crate::registry", "crate::app", "crate::notify"]));
    }
    for seen in ["issuer/src/http", "issuer/src/pages"] {
        found.extend(breaches(seen, &["rusqlite", "tokio_postgres", "crate::app"]));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// What a request or an answer is made of: `http` and `pages` alone know, and `app`, which starts the servers. Requests that
/// the issuer makes to others have types of their own (`reqwest`, in `outgoing.rs`).
#[test]
fn requests_and_answers_stay_at_the_door() {
    let mut found = breaches("issuer/src", &["axum", "hyper", "http_body", "tower"]);
    let homes = ["/src/http/", "/src/pages/", "/src/app/run.rs"];
    found.retain(|breach| !homes.iter().any(|home| breach.contains(home)));
    assert!(found.is_empty(), "{found:#?}");
}

/// Programs and people are served side by side: what they share is below them, the codes of refusals, and what stands
/// before both of them.
#[test]
fn pages_and_api_stand_side_by_side() {
    let mut found = breaches("issuer/src/http", &["crate::pages"]);
    // The sandbox is for people and programs both: it shows caught mail as a page, and plays the provider.
    found.retain(|breach| !breach.contains("/http/sandbox.rs"));
    for file in sources(&root().join("issuer/src/pages")) {
        let code = code(&file);
        let uses = code.split("crate::http").skip(1);
        let shared = ["::failure::", "::told::", "::front::", "::limits::"];
        let others = uses.filter(|after| !shared.iter().any(|shared| after.starts_with(shared)));
        found.extend(others.map(|after| {
            let what: String = after.chars().take(40).collect();
            format!("{}: crate::http{what}", file.display())
        }));
    }
    found.extend(breaches("issuer/src/pages", &["SELECT ", "INSERT ", "UPDATE ", "DELETE "]));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_wallet_rests_on_what_lies_below() {
    let above = ["crate::commands", "crate::cli"];
    let mut found = Vec::new();
    for middle in ["wallet/src/acquire", "wallet/src/documents", "wallet/src/refresh", "wallet/src/delete"] {
        found.extend(breaches(middle, &above));
        found.extend(
            breaches(middle, &["reqwest", "sled::Db"])
                .into_iter()
                .filter(|b| !b.contains("/documents/store")),
        );
    }
    for below in ["wallet/src/secure_element", "wallet/src/transport"] {
        found.extend(breaches(below, &above));
        found.extend(breaches(below, &["crate::acquire", "crate::documents", "crate::phone"]));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sql_and_keys_have_one_home() {
    let found: Vec<String> = breaches("issuer/src", &["rusqlite", "tokio_postgres"])
        .into_iter()
        // A backup asks the database's own tools.
        .filter(|breach| !breach.contains("/store/") && !breach.contains("/backup/postgres.rs"))
        .chain(
            breaches("issuer/src", &["EcdsaKeyPair", "cryptoki"])
                .into_iter()
                // The simulated provider of the sandbox signs with a key of its own, which is worth nothing.
                .filter(|breach| !breach.contains("/authority/") && !breach.contains("/federated/simulator")),
        )
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
