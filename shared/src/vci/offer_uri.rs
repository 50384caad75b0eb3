//! The text of the QR code: an offer by value or by reference (OpenID4VCI 1.0 §4.1.2, §4.1.3).

use std::fmt;

use url::form_urlencoded;

use super::offer::{CredentialOffer, OfferError};
use super::uri::{HttpUrl, UriError, UrlPolicy};

/// Longest text that is looked at, in bytes; no QR code holds more.
pub const MAX_OFFER_URI_LENGTH: usize = 8 * 1024;

const SCHEME: &str = "openid-credential-offer:";

/// Where an offer is: in the text itself, or at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferUri {
    /// The offer itself.
    ByValue(Box<CredentialOffer>),
    /// Its address.
    ByReference(OfferAddress),
}

/// Where an offer can be fetched. The path holds a bearer secret, so it is shown only on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct OfferAddress(HttpUrl);

impl OfferAddress {
    /// Takes an address that has been checked already.
    pub fn new(address: HttpUrl) -> Self {
        Self(address)
    }

    /// The address, for the one place that fetches or prints it.
    pub fn expose(&self) -> &HttpUrl {
        &self.0
    }
}

impl fmt::Debug for OfferAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfferAddress({}/…)", self.0.as_url().origin().ascii_serialization())
    }
}

impl OfferUri {
    /// Reads an `openid-credential-offer:` text; addresses may be https anywhere, http on this machine.
    ///
    /// # Errors
    /// See [`OfferUriError`].
    pub fn parse(text: &str) -> Result<Self, OfferUriError> {
        Self::parse_under(text, UrlPolicy::default())
    }

    /// As [`OfferUri::parse`], with a policy of one's own for the address and for the issuer of an offer by value.
    ///
    /// # Errors
    /// See [`OfferUriError`].
    pub fn parse_under(text: &str, policy: UrlPolicy) -> Result<Self, OfferUriError> {
        let text = text.trim();
        if text.len() > MAX_OFFER_URI_LENGTH {
            return Err(OfferUriError::TooLong);
        }
        // Schemes are case-insensitive (RFC 3986 §3.1); `//` is left out by some, a host invented by others.
        let rest = match text.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(OfferUriError::NotAnOffer),
        };
        let (_, query) = rest.split_once('?').ok_or(OfferUriError::Neither)?;
        let query = query.split('#').next().unwrap_or_default();

        let mut value = None;
        let mut reference = None;
        for (name, content) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "credential_offer" => &mut value,
                "credential_offer_uri" => &mut reference,
                _ => continue,
            };
            if place.replace(content).is_some() {
                return Err(OfferUriError::Repeated);
            }
        }
        match (value, reference) {
            (Some(json), None) => {
                let offer = CredentialOffer::parse(json.as_bytes())?;
                policy.check(offer.credential_issuer.as_url())?;
                Ok(Self::ByValue(Box::new(offer)))
            }
            (None, Some(address)) => Ok(Self::ByReference(OfferAddress(HttpUrl::parse(&address, policy)?))),
            (Some(_), Some(_)) => Err(OfferUriError::Both),
            (None, None) => Err(OfferUriError::Neither),
        }
    }

    /// The text for a QR code or a link.
    ///
    /// `:` and `/` stay as they are, which a query allows (RFC 3986 §3.4): every byte makes a printed code harder to read.
    ///
    /// # Errors
    /// [`OfferUriError::Offer`] should the offer not be expressible as JSON.
    pub fn to_text(&self) -> Result<String, OfferUriError> {
        match self {
            Self::ByReference(address) => {
                Ok(format!("{SCHEME}//?credential_offer_uri={}", query_value(address.0.as_str())))
            }
            Self::ByValue(offer) => {
                let json =
                    serde_json::to_string(offer).map_err(|_| OfferUriError::Offer(OfferError::Malformed))?;
                Ok(format!("{SCHEME}//?credential_offer={}", query_value(&json)))
            }
        }
    }
}

fn query_value(text: &str) -> String {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 0xf)]));
        }
    }
    encoded
}

/// Messages complete "cannot read offer: …"; they never repeat the text, which holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferUriError {
    /// Longer than [`MAX_OFFER_URI_LENGTH`].
    #[error("text is too long")]
    TooLong,
    /// Another scheme, or no URI at all.
    #[error("text is not an openid-credential-offer")]
    NotAnOffer,
    /// Neither `credential_offer` nor `credential_offer_uri`.
    #[error("text holds no offer")]
    Neither,
    /// Both `credential_offer` and `credential_offer_uri`.
    #[error("text holds an offer both by value and by reference")]
    Both,
    /// A parameter comes twice.
    #[error("text holds two offers")]
    Repeated,
    /// The address may not be spoken to.
    #[error(transparent)]
    Address(#[from] UriError),
    /// The offer by value is wrong.
    #[error(transparent)]
    Offer(#[from] OfferError),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BY_REFERENCE: &str =
        "openid-credential-offer://?credential_offer_uri=http://127.0.0.1:8080/o/Zm9vYmFyYmF6cXV4Cg";

    #[test]
    fn the_qr_text_is_short_and_read_back() {
        let offer = OfferUri::parse(BY_REFERENCE).unwrap();
        assert_eq!(offer.to_text().unwrap(), BY_REFERENCE);
        // Byte mode at level M: version 6 holds 106 bytes (ISO/IEC 18004, table 7).
        assert!(BY_REFERENCE.len() <= 106);
        assert!(!format!("{offer:?}").contains("Zm9v"), "the path is a bearer secret");
    }

    #[test]
    fn the_standards_own_examples_are_read() {
        let by_reference = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fserver%2Eexample%2Ecom%2Fcredential-offer\
            %2FGkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM";
        let OfferUri::ByReference(address) = OfferUri::parse(by_reference).unwrap() else {
            panic!("by reference")
        };
        assert_eq!(
            address.expose().as_str(),
            "https://server.example.com/credential-offer/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
        );

        let by_value = "openid-credential-offer://?credential_offer=%7B%22credential_issuer%22:%22https://credential-issuer.exam\
            ple.com%22,%22credential_configuration_ids%22:%5B%22org.iso.18013.5.1.mDL%22%5D,%22grants%22:%7B%22urn:ietf:params:\
            oauth:grant-type:pre-authorized_code%22:%7B%22pre-authorized_code%22:%22oaKazRN8I0IbtZ0C7JuMn5%22,%22tx_code%22:%7B%\
            22input_mode%22:%22text%22,%22description%22:%22Please%20enter%20the%20serial%20number%20of%20your%20physical%20driv\
            ers%20license%22%7D%7D%7D%7D";
        let offer = OfferUri::parse(by_value).unwrap();
        let OfferUri::ByValue(inner) = &offer else { panic!("by value") };
        let tx_code = inner.grants.pre_authorized.as_ref().unwrap().tx_code.as_ref().unwrap();
        assert_eq!(
            tx_code.description.as_deref(),
            Some("Please enter the serial number of your physical drivers license")
        );
        assert_eq!(OfferUri::parse(&offer.to_text().unwrap()), Ok(offer));
    }

    #[test]
    fn spellings_met_in_the_wild_are_read() {
        let wild = [
            "openid-credential-offer:?credential_offer_uri=https://a.example/o/1",
            "OPENID-CREDENTIAL-OFFER://?credential_offer_uri=https://a.example/o/1",
            "openid-credential-offer://credential_offer?state=x&credential_offer_uri=https%3A%2F%2Fa.example%2Fo%2F1",
            "  openid-credential-offer:///?credential_offer_uri=https://a.example/o/1#x\n",
        ];
        for text in wild {
            assert_eq!(OfferUri::parse(text), OfferUri::parse(wild[0]), "{text}");
            assert!(OfferUri::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn wrong_texts_are_refused_for_their_own_reason() {
        let cases = [
            ("", OfferUriError::NotAnOffer),
            ("https://a.example/?credential_offer_uri=https://a.example/o/1", OfferUriError::NotAnOffer),
            ("openid-credential-öffer://?credential_offer_uri=x", OfferUriError::NotAnOffer),
            ("openid-credential-offer://", OfferUriError::Neither),
            ("openid-credential-offer://?offer=x", OfferUriError::Neither),
            (
                "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https://a.example",
                OfferUriError::Both,
            ),
            (
                "openid-credential-offer://?credential_offer_uri=https://a.example&credential_offer_uri=https://b.example",
                OfferUriError::Repeated,
            ),
            (
                "openid-credential-offer://?credential_offer=%7B%7D",
                OfferUriError::Offer(OfferError::Malformed),
            ),
            ("openid-credential-offer://?credential_offer=%FF", OfferUriError::Offer(OfferError::Malformed)),
            (
                "openid-credential-offer://?credential_offer_uri=http://a.example/o/1",
                OfferUriError::Address(UriError::PlainHttp),
            ),
            (
                "openid-credential-offer://?credential_offer_uri=file:///etc/passwd",
                OfferUriError::Address(UriError::Malformed),
            ),
        ];
        for (text, reason) in cases {
            assert_eq!(OfferUri::parse(text), Err(reason), "{text}");
        }
        let long = format!("{BY_REFERENCE}{}", "a".repeat(MAX_OFFER_URI_LENGTH));
        assert_eq!(OfferUri::parse(&long), Err(OfferUriError::TooLong));
    }

    #[test]
    fn a_stricter_policy_reaches_both_forms() {
        let plain = UriError::PlainHttp;
        assert_eq!(
            OfferUri::parse_under(BY_REFERENCE, UrlPolicy::HttpsOnly),
            Err(OfferUriError::Address(plain))
        );
        let by_value = "openid-credential-offer://?credential_offer=\
            %7B%22credential_issuer%22:%22http://localhost%22,%22credential_configuration_ids%22:%5B%22a%22%5D%7D";
        assert!(OfferUri::parse(by_value).is_ok());
        assert_eq!(OfferUri::parse_under(by_value, UrlPolicy::HttpsOnly), Err(OfferUriError::Address(plain)));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = OfferUri::parse(&text);
            let _ = OfferUri::parse(&format!("openid-credential-offer://?credential_offer={text}"));
        }

        #[test]
        fn every_address_survives_the_text(path in "[!-~]{0,60}") {
            if let Ok(address) = HttpUrl::parse(&format!("https://a.example/{path}"), UrlPolicy::HttpsOnly) {
                let offer = OfferUri::ByReference(OfferAddress::new(address));
                prop_assert_eq!(OfferUri::parse(&offer.to_text().unwrap()), Ok(offer));
            }
        }
    }
}
