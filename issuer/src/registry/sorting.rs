//! Names in the order of the Polish alphabet, and found however they are typed.

use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_normalizer::DecomposingNormalizerBorrowed;

static POLISH: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let polish: icu_collator::CollatorPreferences = icu_locale_core::locale!("pl").into();
    Collator::try_new(polish, CollatorOptions::default()).ok()
});

/// Bytes that sort as these texts do, one after the other, in the Polish alphabet (CLDR's order).
pub fn sort_key<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut key = Vec::new();
    for text in texts {
        if let Some(collator) = &*POLISH {
            let Ok(()) = collator.write_sort_key_to(text, &mut key);
        }
        // Less than any byte of a key: a short name comes before a longer one that begins like it.
        key.push(0);
    }
    key
}

/// The text as it is searched: small letters without their marks, `ł` as `l`, single blanks.
pub fn folded(text: &str) -> String {
    let normalizer = DecomposingNormalizerBorrowed::new_nfd();
    let mut out = String::with_capacity(text.len());
    for letter in normalizer.normalize(text).chars().flat_map(char::to_lowercase) {
        match letter {
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' => out.push('d'),
            'ß' => out.push_str("ss"),
            '\u{300}'..='\u{36f}' => {}
            letter if letter.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            letter => out.push(letter),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_the_polish_way() {
        let sorted = [
            "Abacki",
            "Ąbacki",
            "Babacki",
            "Cabacki",
            "Ćwiek",
            "Labacki",
            "Łabacki",
            "Nowak",
            "Nowak-Żółć",
            "Nowakowa",
            "Zyga",
            "Źrebak",
            "Żaba",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| sort_key([*name]));
        assert_eq!(names, sorted);
    }

    #[test]
    fn given_names_decide_between_like_surnames() {
        let key = |surname, given| sort_key([surname, given]);
        assert!(key("Nowak", "Żaneta") < key("Nowaka", "Adam"));
        assert!(key("Nowak", "Łucja") > key("Nowak", "Lucja"));
    }

    #[test]
    fn names_are_found_without_their_marks() {
        assert_eq!(folded(" ŻÓŁĆ  Łucja "), "zolc lucja");
        assert_eq!(folded("Nowak-Żółć"), "nowak-zolc");
    }
}
