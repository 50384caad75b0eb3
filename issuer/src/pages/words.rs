//! Every text of the pages, in Polish and in English, from `locales/`.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::validity::warsaw;
pub use shared::words::Fill;
use shared::words::{self, Texts};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Polish, unless something else is chosen.
    #[default]
    Pl,
    /// English.
    En,
}

macro_rules! texts {
    ($($file:literal),* $(,)?) => {
        /// The files of a language, name and content.
        const PL: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../locales/pl/", $file, ".ftl"))),)*];
        const EN: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../locales/en/", $file, ".ftl"))),)*];
    };
}

texts![
    "frame",
    "today",
    "pupils",
    "applications",
    "photos",
    "issue",
    "print",
    "notices",
    "federated",
    "import",
    "school",
    "components",
    "portal",
];

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    let polish: Vec<(&str, String)> = PL.iter().map(|(file, text)| (*file, glued(text))).collect();
    let polish: Vec<(&str, &str)> = polish.iter().map(|(file, text)| (*file, text.as_str())).collect();
    Texts::new(&polish, EN)
});

/// A Polish line does not end in a word of one letter: *w*, *z*, *i* and their like hold on to the word that follows.
fn glued(text: &str) -> String {
    let mut glued = String::with_capacity(text.len());
    let mut before = ['\n'; 2];
    for letter in text.chars() {
        let [first, second] = before;
        let alone = "aiouwzAIOUWZ".contains(second) && matches!(first, ' ' | '\u{a0}' | '(' | '„');
        glued.push(if alone && letter == ' ' { '\u{a0}' } else { letter });
        before = [second, letter];
    }
    glued
}

impl Lang {
    /// Reads `pl` or `en`.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "pl" => Some(Self::Pl),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Pl => "pl",
            Self::En => "en",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Pl => Self::En,
            Self::En => Self::Pl,
        }
    }

    /// What the browser's cookie says; Polish without one.
    pub fn of(headers: &HeaderMap) -> Self {
        super::session::cookie(headers, "lang").and_then(Self::parse).unwrap_or_default()
    }

    /// The text with this key; the key itself if there is none, which a test sees to.
    pub fn t(self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text with one value filled in.
    pub fn t1(self, key: &str, name: &str, value: impl Fill) -> String {
        self.with(key, &[(name, &value)])
    }

    /// The text with two values filled in.
    pub fn t2(self, key: &str, name: &str, value: impl Fill, name2: &str, value2: impl Fill) -> String {
        self.with(key, &[(name, &value), (name2, &value2)])
    }

    /// The text with values filled in.
    pub fn with(self, key: &str, values: &[(&str, &dyn Fill)]) -> String {
        TEXTS.format(self.plain(), key, values)
    }

    /// The text for a word of the books: `word("order-state", "ready")` is the text `order-state-ready`.
    pub fn word(self, prefix: &str, word: &str) -> String {
        self.t(&format!("{prefix}-{}", word.replace('_', "-")))
    }

    /// Whether there is such a text.
    pub fn has(self, key: &str) -> bool {
        TEXTS.has(self.plain(), key)
    }

    /// One of a pair of texts.
    pub fn pick<'a>(self, pl: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Pl => pl,
            Self::En => en,
        }
    }

    /// A day in figures: `22.11.2026`, in English `22 Nov 2026`.
    pub fn date(self, date: Date) -> String {
        self.plain().date(date)
    }

    /// A day in words: `22 listopada 2026`, in English `22 November 2026`.
    pub fn long_date(self, date: Date) -> String {
        self.plain().long_date(date)
    }

    /// An instant as clocks in Warsaw show it, to the minute.
    pub fn instant(self, at: Timestamp) -> String {
        self.plain().instant(at)
    }

    /// The end of what lasts until `at` and is over at that instant: a day that ends is not called the next one.
    pub fn until(self, at: Timestamp) -> String {
        let end = at.to_zoned(warsaw());
        match end.date().yesterday() {
            Ok(day) if end.time() == jiff::civil::Time::midnight() => format!("{}, 24:00", self.date(day)),
            _ => self.instant(at),
        }
    }

    /// The language alone, without this program's texts.
    fn plain(self) -> words::Lang {
        match self {
            Self::Pl => words::Lang::Pl,
            Self::En => words::Lang::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use fluent_bundle::FluentResource;

    use super::*;

    #[test]
    fn a_word_of_one_letter_does_not_end_a_polish_line() {
        let text = Lang::Pl.t("slips-lead");
        assert_eq!(text, "Wydrukowane komplety: kod QR z\u{a0}kodem aktywacyjnym.");
        assert!(Lang::Pl.t("notices-lead").contains("i\u{a0}w\u{a0}portalu"), "one holds on to another");
        assert!(!Lang::En.t("staff-lead").contains('\u{a0}'), "English has no such rule");
    }

    /// The keys of a file with the names of the values that each wants.
    fn keys(files: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        for (file, text) in files {
            if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
                panic!("{file}: {errors:?}");
            }
            let mut key = String::new();
            for line in text.lines() {
                if let Some((name, _)) =
                    line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
                {
                    key = name.to_owned();
                    assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
                }
                for value in line.split('$').skip(1) {
                    let name: String =
                        value.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    found.entry(key.clone()).or_default().insert(name);
                }
            }
        }
        found
    }

    fn files(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                files(&path, found);
            } else if !path.ends_with("words.rs") {
                found.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
            }
        }
    }

    #[test]
    fn no_text_is_missing_in_either_language() {
        let (pl, en) = (keys(PL), keys(EN));
        let names = |keys: &BTreeMap<String, BTreeSet<String>>| keys.keys().cloned().collect::<BTreeSet<_>>();
        let missing: Vec<_> = names(&pl).symmetric_difference(&names(&en)).cloned().collect();
        assert!(missing.is_empty(), "in one language only: {missing:#?}");
        for (key, values) in &pl {
            assert_eq!(values, &en[key], "{key} wants other values in English");
        }
    }

    #[test]
    fn every_text_that_is_asked_for_is_there_and_every_text_is_asked_for() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        files(&root.join("templates"), &mut sources);
        files(&root.join("src"), &mut sources);
        let pl = keys(PL);
        let (mut used, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        for source in &sources {
            for call in [".t(\"", ".t1(\"", ".t2(\"", ".with(\""] {
                used.extend(
                    source.split(call).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)),
                );
            }
            // Texts that are named by a word of the books: `word("order-state", …)` uses `order-state-*`.
            prefixes.extend(source.split(".word(\"").skip(1).filter_map(|rest| rest.split('"').next()));
        }
        // Keys that stand in the code as they are, such as titles and menu entries.
        let all = sources.join("\n");
        let missing: Vec<_> = used.iter().filter(|key| !pl.contains_key(*key)).collect();
        assert!(missing.is_empty(), "nobody wrote: {missing:#?}");
        let idle: Vec<_> = pl
            .keys()
            .filter(|key| !used.contains(*key))
            .filter(|key| !prefixes.iter().any(|prefix| key.starts_with(&format!("{prefix}-"))))
            .filter(|key| {
                // A heading and the text below it are asked for together.
                let heading = key.strip_suffix("-text").unwrap_or(key);
                !key.starts_with("done-") && !all.contains(&format!("\"{heading}\""))
            })
            .collect();
        assert!(idle.is_empty(), "nobody asks for: {idle:#?}");
    }

    #[test]
    fn numbers_are_counted_the_polish_way() {
        let count = |n: u32| Lang::Pl.t1("faults-heading", "n", n);
        assert_eq!(count(1), "Jedno pole wymaga poprawienia");
        assert_eq!(count(3), "3 pola wymagają poprawienia");
        assert_eq!(count(5), "5 pól wymaga poprawienia");
        assert_eq!(count(22), "22 pola wymagają poprawienia");
    }

    #[test]
    fn days_are_written_as_people_write_them() {
        let day = jiff::civil::date(2026, 11, 2);
        assert_eq!(Lang::Pl.date(day), "02.11.2026");
        assert_eq!(Lang::Pl.long_date(day), "2 listopada 2026");
        assert_eq!(Lang::En.long_date(day), "2 November 2026");
        assert_eq!(Lang::Pl.instant("2026-11-21T23:30:00Z".parse().unwrap()), "22.11.2026, 00:30");
        assert_eq!(Lang::Pl.until("2026-11-21T23:30:00Z".parse().unwrap()), "22.11.2026, 00:30");
        // A slip for a card that lasts until 30 September ends with that day.
        assert_eq!(Lang::Pl.until("2027-09-30T22:00:00Z".parse().unwrap()), "30.09.2027, 24:00");
    }
}
