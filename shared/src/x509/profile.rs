//! What a device certificate says, and where its status is published.

use std::fmt;

use jiff::Timestamp;
use url::Url;

use super::text::DeviceName;
use crate::card_data::PersonName;
use crate::device::DeviceSlot;
use crate::pesel::Pesel;

/// Everything of a device certificate that differs from pupil to pupil and from phone to phone, except the key
/// and the serial number.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCertificateFields {
    /// All given names, as on the base card.
    pub given_names: PersonName,
    /// Surname, as on the base card.
    pub surname: PersonName,
    /// The pupil's PESEL.
    pub pesel: Pesel,
    /// What the phone calls itself.
    pub device_name: DeviceName,
    /// Which of how many devices.
    pub slot: DeviceSlot,
    /// When the card was opened on this device; written in whole seconds, the rest is cut off.
    pub activated_at: Timestamp,
    /// SHA-256 of the card data that the certificate attests.
    pub card_digest: [u8; 32],
    /// First instant of the base card's validity; whole seconds.
    pub not_before: Timestamp,
    /// Last second of the base card's validity; whole seconds.
    pub not_after: Timestamp,
}

impl fmt::Debug for DeviceCertificateFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCertificateFields")
            .field("slot", &self.slot)
            .field("activated_at", &self.activated_at)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// Where verifiers fetch what they need besides the certificate. Plain http: what is fetched is signed, and a
/// TLS address would need a certificate check of its own (RFC 5280 §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PkiUrls {
    crl: String,
    ca_issuers: String,
    ocsp: Option<String>,
}

impl PkiUrls {
    /// The addresses of the issuing authority's revocation list, of its certificate, and of its OCSP responder
    /// if there is one.
    ///
    /// # Errors
    /// When one is no `http` URL.
    pub fn new(crl: &str, ca_issuers: &str, ocsp: Option<&str>) -> Result<Self, PkiUrlFault> {
        Ok(Self {
            crl: plain_http(crl)?,
            ca_issuers: plain_http(ca_issuers)?,
            ocsp: ocsp.map(plain_http).transpose()?,
        })
    }

    /// The revocation list.
    pub fn crl(&self) -> &str {
        &self.crl
    }

    /// The issuing authority's certificate, DER.
    pub fn ca_issuers(&self) -> &str {
        &self.ca_issuers
    }

    /// The OCSP responder.
    pub fn ocsp(&self) -> Option<&str> {
        self.ocsp.as_deref()
    }
}

fn plain_http(text: &str) -> Result<String, PkiUrlFault> {
    let url = Url::parse(text).map_err(|_| PkiUrlFault::NotAUrl)?;
    if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
        return Err(PkiUrlFault::NotPlainHttp);
    }
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(PkiUrlFault::NotPlainHttp);
    }
    // A text that the parser would rewrite has more than one spelling: lists are looked up by spelling.
    if url.as_str() != text { Err(PkiUrlFault::NotNormal) } else { Ok(text.to_owned()) }
}

/// Messages complete "cannot publish under address: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkiUrlFault {
    /// Unreadable.
    #[error("it is not a URL")]
    NotAUrl,
    /// Another scheme, credentials in it, or a fragment.
    #[error("it is not a plain http URL")]
    NotPlainHttp,
    /// `HTTP://Host:80/../x` and the like.
    #[error("it is not in normal form")]
    NotNormal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_in_normal_form_is_published() {
        let cases = [
            ("http://pki.example/crl/issuing-1.crl", Ok(())),
            ("http://127.0.0.1:8081/pki/crl/issuing-1.crl", Ok(())),
            ("https://pki.example/crl", Err(PkiUrlFault::NotPlainHttp)),
            ("ldap://pki.example/crl", Err(PkiUrlFault::NotPlainHttp)),
            ("http://user:pw@pki.example/crl", Err(PkiUrlFault::NotPlainHttp)),
            ("http://pki.example/crl#top", Err(PkiUrlFault::NotPlainHttp)),
            ("HTTP://pki.example/crl", Err(PkiUrlFault::NotNormal)),
            ("http://pki.example:80/crl", Err(PkiUrlFault::NotNormal)),
            ("http://pki.example", Err(PkiUrlFault::NotNormal)),
            ("http://łódź.example/crl", Err(PkiUrlFault::NotNormal)),
            ("/pki/crl", Err(PkiUrlFault::NotAUrl)),
        ];
        for (text, expected) in cases {
            assert_eq!(PkiUrls::new(text, text, Some(text)).map(|_| ()), expected, "{text}");
        }
    }
}
