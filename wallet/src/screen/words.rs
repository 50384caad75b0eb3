//! Every text of the screens, in Polish and in English, from `locales/`.

use std::sync::LazyLock;

use shared::words::{Fill, Lang, Texts};

macro_rules! texts {
    ($($file:literal),* $(,)?) => {
        /// The files of a language, name and content.
        pub(super) const PL: &[(&str, &str)] =
            &[$(($file, include_str!(concat!("../../locales/pl/", $file, ".ftl"))),)*];
        pub(super) const EN: &[(&str, &str)] =
            &[$(($file, include_str!(concat!("../../locales/en/", $file, ".ftl"))),)*];
    };
}

texts!["desk", "start", "add", "card", "trouble", "prove", "inspect"];

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(PL, EN));

/// The texts in one language; templates call it `say`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Say(pub(super) Lang);

impl Say {
    /// The text with this key.
    pub(super) fn t(self, key: &str) -> String {
        TEXTS.format(self.0, key, &[])
    }

    /// The text with one value filled in.
    pub(super) fn t1(self, key: &str, name: &str, value: impl Fill) -> String {
        TEXTS.format(self.0, key, &[(name, &value)])
    }

    /// The text with two values filled in.
    pub(super) fn t2(
        self,
        key: &str,
        name: &str,
        value: impl Fill,
        name2: &str,
        value2: impl Fill,
    ) -> String {
        TEXTS.format(self.0, key, &[(name, &value), (name2, &value2)])
    }

    /// The text for a word of the code: `word("trouble", "no_code")` is the text `trouble-no-code`.
    pub(super) fn word(self, prefix: &str, word: &str) -> String {
        self.t(&format!("{prefix}-{}", word.replace('_', "-")))
    }

    /// Whether there is such a text.
    pub(super) fn has(self, key: &str) -> bool {
        TEXTS.has(self.0, key)
    }
}
