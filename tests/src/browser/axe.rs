//! `axe-core`, the judge of accessibility, asked about the page that a browser shows.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Person;
use crate::outside::require;

/// What is asked for: WCAG 2.1 A and AA, and what is good practice besides.
const RULES: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

/// The judge's program.
pub struct Axe {
    source: String,
}

/// Something that somebody cannot use.
#[derive(Debug)]
pub struct Violation {
    /// The rule.
    pub rule: String,
    /// What is wrong, in the judge's words.
    pub help: String,
    /// The elements, as HTML, with why.
    pub places: Vec<String>,
}

impl Axe {
    /// The judge, or why it is missing.
    pub fn installed() -> Option<Self> {
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/judges/node_modules/axe-core/axe.min.js");
        let source = require("axe-core (npm ci in tests/browser/judges)", || {
            fs::read_to_string(&program).map_err(|error| format!("{}: {error}", program.display()))
        })?;
        Some(Self { source })
    }

    /// Brings the judge to the page that is shown. WebDriver's scripts are not the page's: its
    /// Content-Security-Policy stays as it is.
    pub async fn comes_to(&self, person: &Person) {
        person.script(&self.source, Vec::new()).await;
    }

    /// What the judge finds on the page as it looks now, once it has come to it.
    pub async fn judges(&self, person: &Person) -> Vec<Violation> {
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'], preload: false }) \
               .then((found) => done(found.violations), (error) => done({ error: String(error) }));";
        let found = person.client.execute_async(script, vec![json!(RULES)]).await.expect("a verdict");
        let found = found.as_array().unwrap_or_else(|| panic!("axe gave up: {found}")).clone();
        found.iter().map(Violation::read).collect()
    }
}

impl Violation {
    fn read(found: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let places = found["nodes"].as_array().into_iter().flatten();
        let places =
            places.map(|node| format!("{} – {}", text(&node["html"]), text(&node["failureSummary"])));
        Self { rule: text(&found["id"]), help: text(&found["help"]), places: places.collect() }
    }
}
