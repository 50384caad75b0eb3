//! Texts that people type into the books, once they are checked.

use std::fmt;

use shared::card_data::is_line;
use shared::secret::Secret;

use super::fault::FaultCode;

/// One visible line of 1 to `MAX` characters. What it says may be personal: `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Line<const MAX: usize>(String);

/// A class, such as `3b`.
pub type ClassName = Line<16>;
/// Number and kind of an identity document other than a PESEL.
pub type DocumentName = Line<64>;
/// Given name and surname of a member of staff.
pub type FullName = Line<130>;
/// The number of an agreement.
pub type AgreementNumber = Line<80>;
/// What an API token is for.
pub type TokenName = Line<80>;
/// Why something was sent back or objected to.
pub type Reason = Line<500>;

impl<const MAX: usize> Line<MAX> {
    /// Reads a line, leaving out blanks at its ends.
    ///
    /// # Errors
    /// [`FaultCode::TextNotALine`] when nothing is left, too much, or more than one line.
    pub fn parse(text: &str) -> Result<Self, FaultCode> {
        let text = text.trim();
        if is_line(text, MAX) { Ok(Self(text.to_owned())) } else { Err(FaultCode::TextNotALine) }
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Line<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} bytes)", self.0.len())
    }
}

/// An address for e-mail. Personal: `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address, leaving out blanks at its ends.
    ///
    /// Whether it exists only a letter can tell; what is refused could not be one, or would say more than one
    /// to the program that sends it.
    ///
    /// # Errors
    /// [`FaultCode::EmailMalformed`]
    pub fn parse(text: &str) -> Result<Self, FaultCode> {
        let text = text.trim();
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !",;:<>()[]\\\"@".contains(c);
        let fits = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && domain.split('.').all(|part| !part.is_empty())
                    && local.chars().chain(domain.chars()).all(plain)
            });
        if fits { Ok(Self(text.to_owned())) } else { Err(FaultCode::EmailMalformed) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// What a member of staff types at sign-in. Often made of a name: `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Login(String);

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

impl Login {
    /// Reads 3 to 64 of `a-z`, `0-9`, `.`, `_`, `-` and `@`, in any case: accounts differ in more than case.
    ///
    /// # Errors
    /// [`FaultCode::LoginMalformed`]
    pub fn parse(text: &str) -> Result<Self, FaultCode> {
        let text = text.trim().to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@".contains(&byte);
        if (3..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(FaultCode::LoginMalformed)
        }
    }

    /// The login, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password that may become an account's.
#[derive(Debug, Clone)]
pub struct Password(Secret);

impl Password {
    /// Takes 12 to 128 characters, as they are.
    ///
    /// # Errors
    /// [`FaultCode::PasswordLength`]
    pub fn parse(text: &str) -> Result<Self, FaultCode> {
        if (12..=128).contains(&text.chars().count()) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(FaultCode::PasswordLength)
        }
    }

    /// Takes 8 to 128 characters, as they are: for pupils, who type on a phone and see one card alone.
    ///
    /// # Errors
    /// [`FaultCode::PupilPasswordLength`]
    pub fn parse_pupils(text: &str) -> Result<Self, FaultCode> {
        if (8..=128).contains(&text.chars().count()) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(FaultCode::PupilPasswordLength)
        }
    }

    /// The password, for the one place that hashes it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_stays_one_line() {
        assert_eq!(ClassName::parse(" 3b ").unwrap().as_str(), "3b");
        assert_eq!(
            Reason::parse("<b>brak</b> zdjęcia; DROP TABLE").unwrap().as_str(),
            "<b>brak</b> zdjęcia; DROP TABLE"
        );
        for text in ["", "   ", "3b\nc", "12345678901234567", "3\u{202e}b"] {
            assert_eq!(ClassName::parse(text), Err(FaultCode::TextNotALine), "{text:?}");
        }
        assert!(!format!("{:?}", ClassName::parse("3b").unwrap()).contains("3b"));
    }

    #[test]
    fn an_email_address_cannot_smuggle_another() {
        for text in ["a@b", "jan.kowalski+x@szkoła.example", " a@b.pl "] {
            assert!(Email::parse(text).is_ok(), "{text:?}");
        }
        for text in [
            "",
            "a",
            "@b.pl",
            "a@",
            "a@b..pl",
            "a@b@c",
            "a b@c.pl",
            "a@b.pl,c@d.pl",
            "a@b.pl\nBcc: c@d.pl",
            "<a@b.pl>",
        ] {
            assert_eq!(Email::parse(text), Err(FaultCode::EmailMalformed), "{text:?}");
        }
    }

    #[test]
    fn logins_do_not_differ_in_case_alone() {
        assert_eq!(Login::parse("Sekretariat.1").unwrap().as_str(), "sekretariat.1");
        for text in ["ab", "a b c", "żółw", &"a".repeat(65)] {
            assert_eq!(Login::parse(text), Err(FaultCode::LoginMalformed), "{text:?}");
        }
    }

    #[test]
    fn passwords_are_long_and_not_told() {
        assert!(Password::parse("elevenchars").is_err());
        assert!(Password::parse_pupils("siedem7").is_err() && Password::parse_pupils("osiem-08").is_ok());
        let password = Password::parse("dwanaście zn").unwrap();
        assert!(!format!("{password:?}").contains("dwa"));
    }
}
