//! What stands in a key file whose key is in a token: its PKCS#11 URI (RFC 7512), in the PEM that OpenSSL's
//! pkcs11-provider reads.
//!
//! ```text
//! -----BEGIN PKCS#11 PROVIDER URI-----
//! SEQUENCE { VisibleString "PKCS#11 Provider URI v1.0",
//!            UTF8String "pkcs11:token=…;object=issuing-1;id=%8a…;type=private" }
//! ```

use std::fmt;

use der::asn1::AnyRef;
use der::pem::LineEnding;
use der::{Document, Encode as _, Sequence, Tag, Tagged as _};

use crate::authority::sealed_key::KeyFault;

const LABEL: &str = "PKCS#11 PROVIDER URI";
const DESCRIPTION: &[u8] = b"PKCS#11 Provider URI v1.0";

#[derive(Sequence)]
struct ProviderUri<'a> {
    description: AnyRef<'a>,
    uri: String,
}

/// Which key of which token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReference {
    token: String,
    object: String,
    id: Vec<u8>,
}

impl KeyReference {
    /// The key of this `id`; the object's name is for people.
    pub fn new(token: &str, object: &str, id: &[u8]) -> Self {
        Self { token: token.to_owned(), object: object.to_owned(), id: id.to_vec() }
    }

    /// Label of the token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What the key is called.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Its CKA_ID.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Reads a URI that names token, id and private key; other attributes may stand between.
    pub fn parse(uri: &str) -> Option<Self> {
        let mut read = Self::new("", "", &[]);
        let mut private = false;
        for part in uri.strip_prefix("pkcs11:")?.split(';') {
            let (name, value) = part.split_once('=')?;
            let value = unescaped(value)?;
            match name {
                "token" => read.token = String::from_utf8(value).ok()?,
                "object" => read.object = String::from_utf8(value).ok()?,
                "id" => read.id = value,
                "type" => private = value == b"private",
                _ => {}
            }
        }
        (private && !read.token.is_empty() && !read.id.is_empty()).then_some(read)
    }

    /// The text of its key file.
    ///
    /// # Errors
    /// When it is too long.
    pub fn to_pem(&self) -> Result<String, KeyFault> {
        let written = AnyRef::new(Tag::VisibleString, DESCRIPTION).and_then(|description| {
            let der = ProviderUri { description, uri: self.to_string() }.to_der()?;
            Document::try_from(der)?.to_pem(LABEL, LineEnding::LF)
        });
        written.map_err(|_| KeyFault::Sealing)
    }

    /// Reads the text of a key file; `None` if it holds the key itself.
    ///
    /// # Errors
    /// [`KeyFault::NotAKeyFile`] when it is a reference that says nothing.
    pub fn from_pem(text: &str) -> Result<Option<Self>, KeyFault> {
        if !text.trim_start().starts_with("-----BEGIN PKCS#11 PROVIDER URI-----") {
            return Ok(None);
        }
        let (_, document) = Document::from_pem(text).map_err(|_| KeyFault::NotAKeyFile)?;
        let read: ProviderUri<'_> = document.decode_msg().map_err(|_| KeyFault::NotAKeyFile)?;
        if read.description.tag() != Tag::VisibleString || read.description.value() != DESCRIPTION {
            return Err(KeyFault::NotAKeyFile);
        }
        Self::parse(&read.uri).map(Some).ok_or(KeyFault::NotAKeyFile)
    }
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:token=")?;
        escape(f, self.token.as_bytes())?;
        f.write_str(";object=")?;
        escape(f, self.object.as_bytes())?;
        f.write_str(";id=")?;
        self.id.iter().try_for_each(|byte| write!(f, "%{byte:02x}"))?;
        f.write_str(";type=private")
    }
}

fn escape(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    text.iter().try_for_each(|byte| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => {
            write!(f, "{}", char::from(*byte))
        }
        _ => write!(f, "%{byte:02x}"),
    })
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = &after[2..];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_whatever_the_token_is_called() {
        for label in ["mleg", "Szkoła; nr 1 = 100 %", "pkcs11:", "\u{0}"] {
            let reference = KeyReference::new(label, "issuing-1", &[0, 0x3b, 0xff]);
            assert_eq!(KeyReference::parse(&reference.to_string()), Some(reference.clone()));
            assert_eq!(KeyReference::from_pem(&reference.to_pem().unwrap()), Ok(Some(reference)));
        }
        let usual = KeyReference::new("mleg CA", "root", &[1, 0xab]).to_string();
        assert_eq!(usual, "pkcs11:token=mleg%20CA;object=root;id=%01%ab;type=private");
    }

    #[test]
    fn half_a_reference_is_none_and_a_key_is_no_reference() {
        for uri in [
            "",
            "pkcs11:",
            "pkcs11:token=a;id=%01",
            "pkcs11:token=a;id=;type=private",
            "pkcs11:id=%01;type=private",
            "pkcs11:token=a;id=%0;type=private",
            "pkcs11:token=a;id=%+1;type=private",
            "pkcs11:token=a;id=%01;type=public",
            "token=a;id=%01;type=private",
        ] {
            assert_eq!(KeyReference::parse(uri), None, "{uri}");
        }
        assert_eq!(KeyReference::from_pem("-----BEGIN PRIVATE KEY-----\n"), Ok(None));
        let whole = KeyReference::new("a", "b", &[1]).to_pem().unwrap();
        let half = &whole[..whole.len() - 40];
        assert_eq!(KeyReference::from_pem(half), Err(KeyFault::NotAKeyFile));
    }
}
