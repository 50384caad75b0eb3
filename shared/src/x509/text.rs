//! The one text in a certificate that nobody but a phone vouches for: the device's name.

use std::fmt;

/// The most characters of a device name.
pub const DEVICE_NAME_MAX_CHARS: usize = 64;

/// What a phone calls itself ("Pixel 9"); only what the phone says, attested by nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Takes a tidy name of 1 to 64 characters.
    ///
    /// # Errors
    /// When it is empty, too long, has spaces at its ends or in pairs, or control or direction-changing
    /// characters.
    pub fn parse(text: &str) -> Result<Self, TextFault> {
        check(text).map(|()| Self(text.to_owned()))
    }

    /// Makes a name out of whatever a phone said: unwanted characters dropped, spaces collapsed, the rest cut
    /// to 64 characters. `None` when nothing is left.
    pub fn tidy(text: &str) -> Option<Self> {
        let spaced: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|&c| !is_unwanted(c))
            .collect();
        let collapsed = spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let cut: String = collapsed.chars().take(DEVICE_NAME_MAX_CHARS).collect();
        Self::parse(cut.trim_end()).ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // People name phones after themselves.
        f.write_str("DeviceName(…)")
    }
}

fn check(text: &str) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::Empty);
    }
    if text.chars().count() > DEVICE_NAME_MAX_CHARS {
        return Err(TextFault::TooLong);
    }
    let spaces_tidy = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    if !spaces_tidy || text.chars().any(|c| is_unwanted(c) || (c.is_whitespace() && c != ' ')) {
        return Err(TextFault::Untidy);
    }
    Ok(())
}

/// Control characters, and those that turn the direction of text or are invisible: they make one name look
/// like another on a screen.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
}

/// Messages complete "cannot put text into a certificate: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// No characters.
    #[error("it is empty")]
    Empty,
    /// More than [`DEVICE_NAME_MAX_CHARS`].
    #[error("it is longer than {DEVICE_NAME_MAX_CHARS} characters")]
    TooLong,
    /// Spaces at the ends or in pairs, control characters, characters that change direction.
    #[error("it has stray spaces or invisible characters")]
    Untidy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(DeviceName::parse(&"ż".repeat(64)).is_ok());
        assert_eq!(DeviceName::parse(&"ż".repeat(65)), Err(TextFault::TooLong));
    }

    #[test]
    fn untidy_names_are_refused() {
        assert_eq!(DeviceName::parse(""), Err(TextFault::Empty));
        for bad in [
            " Pixel",
            "Pixel ",
            "Pixel  9",
            "Pixel\t9",
            "Pixel\0",
            "\u{202e}lexiP",
            "Pix\u{200b}el",
            "P\u{a0}9",
        ] {
            assert_eq!(DeviceName::parse(bad), Err(TextFault::Untidy), "{bad:?}");
        }
        assert_eq!(DeviceName::parse("Pixel 9 (Ania)").unwrap().as_str(), "Pixel 9 (Ania)");
    }

    #[test]
    fn whatever_a_phone_says_becomes_a_name_or_none() {
        let cases = [
            ("  Pixel\u{202e}  9\n", Some("Pixel 9")),
            ("Telefon Ani 📱", Some("Telefon Ani 📱")),
            ("\u{a0}A\u{a0}", Some("A")),
            ("\0\u{feff} ", None),
            ("", None),
        ];
        for (said, tidy) in cases {
            assert_eq!(DeviceName::tidy(said).as_ref().map(DeviceName::as_str), tidy, "{said:?}");
        }
        let long = format!("{} x", "a".repeat(63));
        assert_eq!(DeviceName::tidy(&long).unwrap().as_str(), "a".repeat(63));
    }

    #[test]
    fn printing_a_name_does_not_tell_it() {
        assert!(!format!("{:?}", DeviceName::parse("Telefon Ani").unwrap()).contains("Ani"));
    }
}
