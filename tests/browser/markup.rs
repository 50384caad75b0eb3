//! `html-validate` 9 (Node 18.19 or later, no Java as `vnu` would want), which holds pages against the HTML Living
//! Standard.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::outside::require;

/// The judge, once its own program says that it is there.
pub(crate) struct Markup(PathBuf);

impl Markup {
    pub(crate) fn installed() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/judges");
        let program = folder.join("node_modules/html-validate/bin/html-validate.mjs");
        require("html-validate (npm ci in tests/browser/judges)", || {
            let output = Command::new("node").arg(&program).arg("--version").output();
            let output = output.map_err(|error| format!("`node` cannot be started: {error}"))?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            output.status.success().then_some(Self(folder)).ok_or(said)
        })
    }

    /// What is wrong with pages, each with its name: one line for each fault.
    pub(crate) fn judge(&self, pages: &[(String, String)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut names = BTreeMap::new();
        for (n, (name, html)) in pages.iter().enumerate() {
            let file = format!("{n:04}.html");
            fs::write(folder.path().join(&file), html).unwrap();
            names.insert(file, (name, html));
        }
        // Into a file: the program ends before a long answer is through a pipe.
        let verdict = folder.path().join("verdict.json");
        let output = Command::new("node")
            .arg(self.0.join("node_modules/html-validate/bin/html-validate.mjs"))
            .arg(format!("--formatter=json={}", verdict.display()))
            .arg("--config")
            .arg(self.0.join("htmlvalidate.json"))
            .arg(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let told = fs::read(&verdict).unwrap_or_default();
        let verdict: Value =
            serde_json::from_slice(&told).unwrap_or_else(|_| panic!("the judge gave up: {said}"));
        let mut faults = Vec::new();
        for page in verdict.as_array().unwrap() {
            let file = Path::new(page["filePath"].as_str().unwrap()).file_name().unwrap().to_str().unwrap();
            let (name, html) = names[file];
            for fault in page["messages"].as_array().unwrap() {
                let line = fault["line"].as_u64().unwrap_or(1);
                let source = html.lines().nth(usize::try_from(line - 1).unwrap()).unwrap_or_default();
                let (rule, message) = (&fault["ruleId"], &fault["message"]);
                faults.push(format!("{name}: {message} ({rule})\n    {}", source.trim()));
            }
        }
        faults
    }
}
