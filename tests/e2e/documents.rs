//! What the documents name is there: links lead to files, and files and tests that stand for a promise exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

/// Files of ours under `folder` whose names end so: nothing that is built or fetched.
fn files(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !["target", "node_modules", ".git"].iter().any(|other| name == *other) {
                files(&path, end, found);
            }
        } else if name.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
}

fn all(end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root(), end, &mut found);
    found
}

/// What stands in a line between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_source_file_and_test_that_a_document_names_exists() {
    let sources = all(".rs");
    let mut looked_at = 0;
    let mut missing = Vec::new();
    for document in all(".md") {
        let text = fs::read_to_string(&document).unwrap();
        for name in quoted(&text) {
            let (file, test) = name.split_once("::").map_or((name, None), |(file, test)| (file, Some(test)));
            let is_file = file.strip_suffix(".rs").is_some_and(|stem| {
                !stem.is_empty() && stem.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c))
            });
            if !is_file {
                continue;
            }
            looked_at += 1;
            let mut meant = sources.iter().filter(|source| source.ends_with(file));
            let found = match test {
                None => meant.next().is_some(),
                Some(test) => meant.any(|source| {
                    let function = format!("fn {}(", test.rsplit("::").next().unwrap_or(test));
                    fs::read_to_string(source).unwrap().contains(&function)
                }),
            };
            if !found {
                missing.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(looked_at > 150, "only {looked_at} names of files were found");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut looked_at = 0;
    let mut broken = Vec::new();
    for document in all(".md") {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next()) {
            if link.is_empty() || link.contains(':') {
                continue;
            }
            looked_at += 1;
            if !document.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(looked_at > 60, "only {looked_at} links were found");
    assert!(broken.is_empty(), "{broken:#?}");
}
