//! Names out of bytes, written as lower-case hexadecimal digits: safe as a file's name, safe to print.

/// There are other digits, or more or fewer, than such a name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("name is not made of the right number of lower-case hexadecimal digits")]
pub struct HexNameError;

/// The digits of `bytes`.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether `text` is made of `count` lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Defines a name of so many bytes.
macro_rules! hex_name {
    ($(#[$attribute:meta])* $name:ident, $bytes:literal) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name that these bytes make.
            pub(crate) fn of(bytes: [u8; $bytes]) -> Self {
                Self($crate::hex_name::digits(&bytes))
            }

            /// Reads the hexadecimal digits, two for each byte.
            ///
            /// # Errors
            /// For any other text.
            pub fn parse(text: &str) -> Result<Self, $crate::hex_name::HexNameError> {
                if $crate::hex_name::is_hex(text, 2 * $bytes) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::hex_name::HexNameError)
                }
            }

            /// The digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::hex_name::HexNameError;

            fn try_from(text: String) -> Result<Self, $crate::hex_name::HexNameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

pub(crate) use hex_name;

#[cfg(test)]
mod tests {
    use super::HexNameError;

    hex_name!(
        /// A name for this test.
        Name,
        16
    );

    #[test]
    fn a_name_is_never_a_path() {
        let long = "0".repeat(33);
        for text in [
            "",
            "../../../../etc/passwd0000000000",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123",
            long.as_str(),
        ] {
            assert_eq!(Name::parse(text), Err(HexNameError), "{text:?}");
        }
        assert!(serde_json::from_str::<Name>("\"..\"").is_err());
    }

    #[test]
    fn names_read_back() {
        let name = Name::of([0xa7; 16]);
        assert_eq!(name.to_string(), "a7".repeat(16));
        assert_eq!(Name::parse(name.as_str()).unwrap(), name);
        assert_eq!(serde_json::from_str::<Name>(&serde_json::to_string(&name).unwrap()).unwrap(), name);
    }
}
