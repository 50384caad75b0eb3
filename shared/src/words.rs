//! Texts for people, in Polish and in English: two Fluent bundles, and how dates and numbers are written.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::civil::Date;
use unic_langid::LanguageIdentifier;

use crate::validity::warsaw;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Polish, unless something else is chosen.
    #[default]
    Pl,
    /// English.
    En,
}

const POLISH_MONTHS: [&str; 12] = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
];

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

    /// One of a pair of texts.
    pub fn pick<'a>(self, pl: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Pl => pl,
            Self::En => en,
        }
    }

    /// A day in figures: `22.11.2026`, in English `22 Nov 2026`.
    pub fn date(self, date: Date) -> String {
        match self {
            Self::Pl => date.strftime("%d.%m.%Y").to_string(),
            Self::En => date.strftime("%-d %b %Y").to_string(),
        }
    }

    /// A day in words: `22 listopada 2026`, in English `22 November 2026`.
    pub fn long_date(self, date: Date) -> String {
        match self {
            Self::Pl => {
                let month = usize::from(date.month().unsigned_abs()).checked_sub(1);
                let month = month.and_then(|at| POLISH_MONTHS.get(at)).copied().unwrap_or_default();
                format!("{} {month} {}", date.day(), date.year())
            }
            Self::En => date.strftime("%-d %B %Y").to_string(),
        }
    }

    /// An instant as clocks in Warsaw show it, to the minute.
    pub fn instant(self, at: Timestamp) -> String {
        let at = at.to_zoned(warsaw());
        format!("{}, {}", self.date(at.date()), at.strftime("%H:%M"))
    }
}

/// What can be filled into a text.
pub trait Fill {
    /// The value, as the text's plural rules understand it.
    fn fill(&self) -> FluentValue<'static>;
}

impl<T: Fill + ?Sized> Fill for &T {
    fn fill(&self) -> FluentValue<'static> {
        (*self).fill()
    }
}

impl Fill for str {
    fn fill(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl Fill for String {
    fn fill(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

macro_rules! fill_numbers {
    ($($number:ty),*) => {$(
        impl Fill for $number {
            fn fill(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )*};
}
fill_numbers!(u8, u16, u32, u64, usize, i32, i64);

/// The texts of a program in both languages.
pub struct Texts {
    polish: FluentBundle<FluentResource>,
    english: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads Fluent files, name and content. What cannot be read is left out: a test of the program sees to it
    /// that there is nothing such.
    pub fn new(polish: &[(&str, &str)], english: &[(&str, &str)]) -> Self {
        Self { polish: bundle(Lang::Pl, polish), english: bundle(Lang::En, english) }
    }

    /// Whether there is such a text.
    pub fn has(&self, lang: Lang, key: &str) -> bool {
        self.bundle(lang).has_message(key)
    }

    /// The text with this key and values filled in; the key itself if there is no such text.
    pub fn format(&self, lang: Lang, key: &str, values: &[(&str, &dyn Fill)]) -> String {
        let bundle = self.bundle(lang);
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else { return key.to_owned() };
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set((*name).to_owned(), value.fill());
        }
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    fn bundle(&self, lang: Lang) -> &FluentBundle<FluentResource> {
        match lang {
            Lang::Pl => &self.polish,
            Lang::En => &self.english,
        }
    }
}

fn bundle(lang: Lang, files: &[(&str, &str)]) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks around what is filled in would stand in names that are copied from a page.
    bundle.set_use_isolating(false);
    for (_, text) in files {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_write_them() {
        let day = jiff::civil::date(2026, 11, 2);
        assert_eq!(Lang::Pl.date(day), "02.11.2026");
        assert_eq!(Lang::Pl.long_date(day), "2 listopada 2026");
        assert_eq!(Lang::En.long_date(day), "2 November 2026");
        let late = "2026-11-21T23:30:00Z".parse().unwrap();
        assert_eq!(Lang::Pl.instant(late), "22.11.2026, 00:30");
    }

    #[test]
    fn numbers_are_counted_the_polish_way() {
        let texts = Texts::new(
            &[(
                "a",
                "tries = { $n ->\n    [one] { $n } próba\n    [few] { $n } próby\n   *[many] { $n } prób\n}\n",
            )],
            &[("a", "tries = { $n ->\n    [one] { $n } try\n   *[other] { $n } tries\n}\n")],
        );
        let tries = |lang, n: u8| texts.format(lang, "tries", &[("n", &n)]);
        assert_eq!([1, 3, 5, 22].map(|n| tries(Lang::Pl, n)), ["1 próba", "3 próby", "5 prób", "22 próby"]);
        assert_eq!([1, 3].map(|n| tries(Lang::En, n)), ["1 try", "3 tries"]);
        assert_eq!(texts.format(Lang::En, "unknown", &[]), "unknown");
    }
}
