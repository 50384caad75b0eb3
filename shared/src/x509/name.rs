//! The subject's name, both ways.
//!
//! `C=PL, surname, givenName, CN, serialNumber=PNOPL-<PESEL>` in this order, each alone in its RDN
//! (ETSI EN 319 412-2 §4.2.4; the identifier by EN 319 412-1 §5.1.3).

use std::fmt;

use der::Tag;
use der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::name::Name;

use super::oid::{self, ObjectIdentifier};
use super::profile::DeviceCertificateFields;
use crate::card_data::{PersonName, PersonNameError};
use crate::pesel::{Pesel, PeselError};

/// The most characters of a common name (RFC 5280, `ub-common-name`).
pub const COMMON_NAME_MAX_CHARS: usize = 64;

const COUNTRY: &str = "PL";
const IDENTIFIER_PREFIX: &str = "PNOPL-";

/// Whom a device certificate names; its `Debug` does not tell.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectName {
    given_names: PersonName,
    surname: PersonName,
    pesel: Pesel,
}

/// Which ASN.1 string type holds an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringKind {
    /// PrintableString: the country and the identifier (RFC 5280, appendix A).
    Printable,
    /// UTF8String: everything that people are called.
    Utf8,
}

/// One attribute of the subject, ready to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectAttribute {
    /// What it is.
    pub kind: AttributeKind,
    /// Its text.
    pub text: String,
}

/// The attributes that a subject has, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// C
    Country,
    /// SN
    Surname,
    /// GN
    GivenName,
    /// CN
    CommonName,
    /// serialNumber: the person's identifier
    Identifier,
}

impl AttributeKind {
    /// All of them, in the order of the profile.
    pub const ALL: [Self; 5] =
        [Self::Country, Self::Surname, Self::GivenName, Self::CommonName, Self::Identifier];

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Country => oid::COUNTRY_NAME,
            Self::Surname => oid::SURNAME,
            Self::GivenName => oid::GIVEN_NAME,
            Self::CommonName => oid::COMMON_NAME,
            Self::Identifier => oid::SERIAL_NUMBER,
        }
    }

    /// Its string type.
    pub fn string_kind(self) -> StringKind {
        match self {
            Self::Country | Self::Identifier => StringKind::Printable,
            Self::Surname | Self::GivenName | Self::CommonName => StringKind::Utf8,
        }
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "countryName",
            Self::Surname => "surname",
            Self::GivenName => "givenName",
            Self::CommonName => "commonName",
            Self::Identifier => "serialNumber",
        })
    }
}

impl SubjectName {
    /// All given names.
    pub fn given_names(&self) -> &PersonName {
        &self.given_names
    }

    /// The surname.
    pub fn surname(&self) -> &PersonName {
        &self.surname
    }

    /// The PESEL.
    pub fn pesel(&self) -> &Pesel {
        &self.pesel
    }

    /// Given names and surname, at most 64 characters.
    ///
    /// The surname and the given names stand in full in attributes of their own, so this one may be
    /// shortened: first all given names but the first go, then the end is cut off.
    pub fn common_name(&self) -> String {
        let (given, surname) = (self.given_names.as_str(), self.surname.as_str());
        let full = format!("{given} {surname}");
        if full.chars().count() <= COMMON_NAME_MAX_CHARS {
            return full;
        }
        let first = given.split(' ').next().unwrap_or(given);
        let cut: String = format!("{first} {surname}").chars().take(COMMON_NAME_MAX_CHARS).collect();
        cut.trim_end().to_owned()
    }

    /// The attributes to write, in order.
    pub fn attributes(&self) -> [SubjectAttribute; 5] {
        AttributeKind::ALL.map(|kind| SubjectAttribute { kind, text: self.text_of(kind) })
    }

    fn text_of(&self, kind: AttributeKind) -> String {
        match kind {
            AttributeKind::Country => COUNTRY.to_owned(),
            AttributeKind::Surname => self.surname.as_str().to_owned(),
            AttributeKind::GivenName => self.given_names.as_str().to_owned(),
            AttributeKind::CommonName => self.common_name(),
            AttributeKind::Identifier => format!("{IDENTIFIER_PREFIX}{}", self.pesel.as_str()),
        }
    }

    /// Reads a subject strictly: these five attributes, in this order, in these string types.
    pub(crate) fn read(name: &Name) -> Result<Self, SubjectFault> {
        let mut kinds = Vec::with_capacity(AttributeKind::ALL.len());
        let mut texts = Vec::with_capacity(AttributeKind::ALL.len());
        for rdn in name.iter_rdn() {
            let [attribute] = rdn.as_ref().as_slice() else {
                return Err(SubjectFault::SeveralInOneRdn);
            };
            let kind = AttributeKind::ALL
                .into_iter()
                .find(|kind| kind.oid() == attribute.oid)
                .ok_or(SubjectFault::Unexpected(attribute.oid))?;
            if kinds.contains(&kind) {
                return Err(SubjectFault::Repeated(kind));
            }
            kinds.push(kind);
            texts.push(text(&attribute.value, kind)?);
        }
        if let Some(missing) = AttributeKind::ALL.into_iter().find(|kind| !kinds.contains(kind)) {
            return Err(SubjectFault::Missing(missing));
        }
        if kinds != AttributeKind::ALL {
            return Err(SubjectFault::OutOfOrder);
        }
        let [country, surname, given_names, common_name, identifier] = texts.as_slice() else {
            return Err(SubjectFault::OutOfOrder);
        };
        if *country != COUNTRY {
            return Err(SubjectFault::ForeignCountry);
        }
        let digits = identifier.strip_prefix(IDENTIFIER_PREFIX).ok_or(SubjectFault::NotAPeselIdentifier)?;
        let subject = Self {
            given_names: PersonName::parse(given_names)
                .map_err(|fault| SubjectFault::Name(AttributeKind::GivenName, fault))?,
            surname: PersonName::parse(surname)
                .map_err(|fault| SubjectFault::Name(AttributeKind::Surname, fault))?,
            pesel: Pesel::parse(digits)?,
        };
        if *common_name != subject.common_name() {
            return Err(SubjectFault::CommonNameDiffers);
        }
        Ok(subject)
    }
}

fn text(value: &der::Any, kind: AttributeKind) -> Result<&str, SubjectFault> {
    use der::Tagged as _;
    let wrong_type = SubjectFault::WrongStringType(kind);
    match (kind.string_kind(), value.tag()) {
        (StringKind::Printable, Tag::PrintableString) => {
            value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str()).map_err(|_| wrong_type)
        }
        (StringKind::Utf8, Tag::Utf8String) => {
            value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str()).map_err(|_| wrong_type)
        }
        _ => Err(wrong_type),
    }
}

impl From<&DeviceCertificateFields> for SubjectName {
    fn from(fields: &DeviceCertificateFields) -> Self {
        Self {
            given_names: fields.given_names.clone(),
            surname: fields.surname.clone(),
            pesel: fields.pesel.clone(),
        }
    }
}

impl fmt::Debug for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectName(…)")
    }
}

impl fmt::Debug for SubjectAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectAttribute({:?}, …)", self.kind)
    }
}

/// Messages complete "cannot accept subject: …"; they tell no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// An attribute that the profile requires is not there.
    #[error("{0} is missing")]
    Missing(AttributeKind),
    /// An attribute stands there twice.
    #[error("{0} stands there twice")]
    Repeated(AttributeKind),
    /// An attribute that the profile does not know.
    #[error("attribute {0} does not belong there")]
    Unexpected(ObjectIdentifier),
    /// A multi-valued RDN.
    #[error("several attributes share one RDN")]
    SeveralInOneRdn,
    /// Another order than the profile's.
    #[error("its attributes are out of order")]
    OutOfOrder,
    /// Another ASN.1 string type than the profile's.
    #[error("{0} has the wrong string type")]
    WrongStringType(AttributeKind),
    /// Not `PL`.
    #[error("its country is not PL")]
    ForeignCountry,
    /// Given names or surname outside the limits.
    #[error("its {0} cannot be taken: {1}")]
    Name(AttributeKind, PersonNameError),
    /// Not the shortened given names and surname.
    #[error("its common name is not made of its names")]
    CommonNameDiffers,
    /// Not `PNOPL-…`.
    #[error("its serialNumber is not a PNOPL identifier")]
    NotAPeselIdentifier,
    /// `PNOPL-` and then no PESEL.
    #[error("its serialNumber holds no PESEL")]
    Pesel(#[from] PeselError),
}

#[cfg(test)]
mod tests {
    use der::asn1::SetOfVec;
    use x509_cert::attr::AttributeTypeAndValue;
    use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

    use super::*;

    fn subject(given: &str, surname: &str) -> SubjectName {
        SubjectName {
            given_names: PersonName::parse(given).unwrap(),
            surname: PersonName::parse(surname).unwrap(),
            pesel: Pesel::parse("44051401359").unwrap(),
        }
    }

    #[test]
    fn the_common_name_is_shortened_in_steps() {
        let long = "Brzęczyszczykiewicz-Konstantynopolitańczykowianeczka"; // 52 characters
        let cases = [
            ("Anna Maria", "Nowak".to_owned(), "Anna Maria Nowak".to_owned()),
            ("Anna Maria", long.to_owned(), format!("Anna Maria {long}")),
            ("Anna Maria Ewa", long.to_owned(), format!("Anna {long}")),
            ("Ż", "ł".repeat(64), format!("Ż {}", "ł".repeat(62))),
            ("A", format!("{} b", "x".repeat(61)), format!("A {}", "x".repeat(61))),
        ];
        for (given, surname, expected) in cases {
            let common = subject(given, &surname).common_name();
            assert_eq!(common, expected);
            assert!(common.chars().count() <= COMMON_NAME_MAX_CHARS);
        }
    }

    #[test]
    fn sixty_four_characters_stay_whole() {
        let exact = subject("Anna", &"x".repeat(59)).common_name();
        assert_eq!(exact.chars().count(), 64);
        assert!(exact.starts_with("Anna x"));
    }

    /// An RDN of one attribute with a string of the given tag.
    fn rdn(oid: ObjectIdentifier, tag: Tag, text: &str) -> RelativeDistinguishedName {
        let value = der::Any::new(tag, text.as_bytes()).unwrap();
        SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }]).unwrap().into()
    }

    fn sample_rdns() -> Vec<RelativeDistinguishedName> {
        subject("Anna Maria", "Nowak")
            .attributes()
            .into_iter()
            .map(|attribute| {
                let tag = match attribute.kind.string_kind() {
                    StringKind::Printable => Tag::PrintableString,
                    StringKind::Utf8 => Tag::Utf8String,
                };
                rdn(attribute.kind.oid(), tag, &attribute.text)
            })
            .collect()
    }

    fn read_after(
        edit: impl FnOnce(&mut Vec<RelativeDistinguishedName>),
    ) -> Result<SubjectName, SubjectFault> {
        let mut rdns = sample_rdns();
        edit(&mut rdns);
        SubjectName::read(&Name::hazmat_from_rdn_sequence(RdnSequence::from(rdns)))
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read_after(|_| {}), Ok(subject("Anna Maria", "Nowak")));
    }

    #[test]
    fn each_departure_has_its_own_fault() {
        use AttributeKind::{CommonName, Country, GivenName, Identifier, Surname};
        let (printable, utf8) = (Tag::PrintableString, Tag::Utf8String);
        // Order: country, surname, given name, common name, identifier.
        for (index, kind) in AttributeKind::ALL.into_iter().enumerate() {
            assert_eq!(read_after(|rdns| drop(rdns.remove(index))), Err(SubjectFault::Missing(kind)));
            assert_eq!(read_after(|rdns| rdns.push(rdns[index].clone())), Err(SubjectFault::Repeated(kind)));
            let wrong = match kind.string_kind() {
                StringKind::Printable => utf8,
                StringKind::Utf8 => printable,
            };
            assert_eq!(
                read_after(|rdns| rdns[index] = rdn(kind.oid(), wrong, "Anna")),
                Err(SubjectFault::WrongStringType(kind))
            );
        }
        let cases: [(usize, AttributeKind, &str, SubjectFault); 8] = [
            (0, Country, "DE", SubjectFault::ForeignCountry),
            (1, Surname, "", SubjectFault::Name(Surname, PersonNameError::Length)),
            (2, GivenName, " Anna", SubjectFault::Name(GivenName, PersonNameError::Joints)),
            (3, CommonName, "Ewa Nowak", SubjectFault::CommonNameDiffers),
            (4, Identifier, "44051401359", SubjectFault::NotAPeselIdentifier),
            (4, Identifier, "PNODE-44051401359", SubjectFault::NotAPeselIdentifier),
            (
                4,
                Identifier,
                "PNOPL-44051401358",
                SubjectFault::Pesel(Pesel::parse("44051401358").unwrap_err()),
            ),
            (4, Identifier, "PNOPL-", SubjectFault::Pesel(Pesel::parse("").unwrap_err())),
        ];
        for (index, kind, text, fault) in cases {
            let tag = match kind.string_kind() {
                StringKind::Printable => printable,
                StringKind::Utf8 => utf8,
            };
            assert_eq!(read_after(|rdns| rdns[index] = rdn(kind.oid(), tag, text)), Err(fault), "{text}");
        }
        assert_eq!(read_after(|rdns| rdns.swap(1, 2)), Err(SubjectFault::OutOfOrder));
        let organization = rdn(oid::ORGANIZATION_NAME, utf8, "Szkoła");
        assert_eq!(
            read_after(|rdns| rdns.push(organization)),
            Err(SubjectFault::Unexpected(oid::ORGANIZATION_NAME))
        );
        assert_eq!(
            read_after(|rdns| {
                let both = [rdns.remove(1), rdns.remove(1)];
                let attributes: Vec<_> =
                    both.iter().flat_map(|rdn| rdn.as_ref().as_slice().to_vec()).collect();
                rdns.insert(1, SetOfVec::try_from(attributes).unwrap().into());
            }),
            Err(SubjectFault::SeveralInOneRdn)
        );
    }

    #[test]
    fn debug_output_tells_nobody() {
        let subject = subject("Anna", "Nowak");
        let printed = format!("{subject:?} {:?}", subject.attributes());
        for secret in ["Anna", "Nowak", "44051401359"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
