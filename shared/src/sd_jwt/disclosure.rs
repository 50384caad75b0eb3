//! One claim with its salt, and the digest that stands for it (RFC 9901 §4.2).

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::unverified::SdJwtFault;
use crate::jose::{base64url, from_base64url};

/// A claim that its holder may show or keep back.
///
/// The text is kept as it came: the digest is over exactly these characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    text: String,
    digest: String,
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    /// Reads the base64url text of `[salt, name, value]` or, for an element of an array, `[salt, value]`.
    ///
    /// # Errors
    /// [`SdJwtFault::Disclosure`] for anything else, and for the reserved names `_sd` and `...`.
    pub fn parse(text: &str) -> Result<Self, SdJwtFault> {
        let json = from_base64url(text).ok_or(SdJwtFault::Disclosure)?;
        let parts: Vec<Value> = serde_json::from_slice(&json).map_err(|_| SdJwtFault::Disclosure)?;
        let (salt, name, value) = match <[Value; 3]>::try_from(parts) {
            Ok([salt, name, value]) => {
                let Value::String(name) = name else { return Err(SdJwtFault::Disclosure) };
                (salt, Some(name), value)
            }
            Err(parts) => {
                let [salt, value] = <[Value; 2]>::try_from(parts).map_err(|_| SdJwtFault::Disclosure)?;
                (salt, None, value)
            }
        };
        if !salt.is_string() || matches!(name.as_deref(), Some("_sd" | "...")) {
            return Err(SdJwtFault::Disclosure);
        }
        Ok(Self { digest: digest(text), text: text.to_owned(), name, value })
    }

    /// Of a member called `name`, or of an element of an array.
    pub(super) fn write(salt: [u8; 16], name: Option<&str>, value: Value) -> Self {
        let salt = base64url(salt);
        let parts = match name {
            Some(name) => json!([salt, name, value]),
            None => json!([salt, value]),
        };
        let text = base64url(parts.to_string());
        Self { digest: digest(&text), text, name: name.map(str::to_owned), value }
    }

    /// As it travels, between tildes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// base64url of SHA-256 over the text.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The member's name; `None` for an element of an array.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What it says.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

fn digest(text: &str) -> String {
    base64url(Sha256::digest(text.as_bytes()))
}

/// Values are personal data, names are not.
impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosure({})", self.name.as_deref().unwrap_or("[]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_have_its_digests() {
        // RFC 9901 §4.2.3.
        let member = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        let member = Disclosure::parse(member).unwrap();
        assert_eq!(member.digest(), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
        assert_eq!((member.name(), member.value()), (Some("family_name"), &json!("Möbius")));
        let element = Disclosure::parse("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0").unwrap();
        assert_eq!(element.digest(), "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs");
        assert_eq!((element.name(), element.value()), (None, &json!("FR")));
    }

    #[test]
    fn what_is_written_is_read() {
        let written = Disclosure::write([7; 16], Some("a"), json!({"ż": [1]}));
        assert_eq!(Disclosure::parse(written.as_str()), Ok(written));
    }

    #[test]
    fn what_is_no_disclosure_is_refused() {
        let texts = [
            json!([]),
            json!(["s"]),
            json!(["s", "n", 1, 2]),
            json!([1, "n", 1]),
            json!(["s", 1, 1]),
            json!(["s", "_sd", []]),
            json!(["s", "...", "x"]),
            json!({"s": 1}),
        ];
        for parts in texts {
            assert_eq!(
                Disclosure::parse(&base64url(parts.to_string())),
                Err(SdJwtFault::Disclosure),
                "{parts}"
            );
        }
        assert_eq!(Disclosure::parse("????"), Err(SdJwtFault::Disclosure));
    }

    #[test]
    fn printing_tells_no_value() {
        let printed = format!("{:?}", Disclosure::write([7; 16], Some("name"), json!("Żaneta")));
        assert_eq!(printed, "Disclosure(name)");
    }
}
