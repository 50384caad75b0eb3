//! The card's data as a phone downloads them: the members of a school ID card, the photo, and what binds them.
//!
//! The bytes of [`CardData::to_bytes`] travel beside the certificate, and the certificate attests
//! [`CardData::digest`] of exactly those bytes: keep them as they came, never write them anew from the parsed form.
//! The random salt keeps the digest, which every verifier sees, from being a fingerprint that could be guessed from
//! a name and a date. The published schema is `docs/card.schema.json`.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

mod person_name;
mod photo;
mod postal_address;
mod profile_id;
mod salt;
mod school;

pub use person_name::{PersonName, PersonNameError};
pub use photo::{CardPhoto, CardPhotoError};
pub use postal_address::{PostalAddress, PostalAddressError, is_line};
pub use profile_id::{ProfileId, ProfileIdError};
pub use salt::{Salt, SaltError};
pub use school::{SchoolName, SchoolNameError, SchoolOnCard};

use crate::card::{CardForm, CardNumber};
use crate::pesel::Pesel;
use crate::school_id::Rspo;
use crate::validity::{ValidityError, ValidityPeriod};

/// The version of the format that this module writes and reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The most bytes that are read: a photo of 60 000 bytes in base64 and ample room for the text.
pub const MAX_BYTES: usize = 96 * 1024;

/// The holder's status on a school ID card; the format knows no other.
pub const STATUS_PUPIL: &str = "uczeń";

/// The mark that every card carries: whatever shows it knows that no state stands behind it.
pub const SIMULATOR_MARK: &str = "symulator: to nie jest dokument";

/// Everything on a card. What follows from other members has no field of its own: the birth date from the PESEL.
#[derive(Clone, PartialEq, Eq)]
pub struct CardData {
    /// At least 16 random bytes, fresh for every issue.
    pub salt: Salt,
    /// Imię, imiona.
    pub given_names: PersonName,
    /// Nazwisko.
    pub surname: PersonName,
    /// PESEL, which carries the date of birth.
    pub pesel: Pesel,
    /// The number of the base card.
    pub card_number: CardNumber,
    /// What the base card is made of.
    pub card_form: CardForm,
    /// The school that issued the base card.
    pub school: SchoolOnCard,
    /// Where the pupil lives.
    pub home_address: PostalAddress,
    /// From the day of issue to the last valid day of the base card.
    pub validity: ValidityPeriod,
    /// The derived photo.
    pub photo: CardPhoto,
    /// The school profile under which the card was issued.
    pub profile_id: ProfileId,
}

impl CardData {
    /// The date of birth, as the PESEL carries it.
    pub fn birth_date(&self) -> Date {
        self.pesel.birth_date()
    }

    /// The JSON bytes that the certificate attests; members in the order of the schema, the same for equal data.
    pub fn to_bytes(&self) -> Vec<u8> {
        with_photo(&self.to_bytes_without_photo(), &self.photo)
    }

    /// The same without the member `photo`, by far the longest: what somebody keeps who has the photo elsewhere.
    /// [`with_photo`] makes the whole of it.
    pub fn to_bytes_without_photo(&self) -> Vec<u8> {
        json!({
            "schema_version": SCHEMA_VERSION,
            "simulator": SIMULATOR_MARK,
            "salt": self.salt.to_base64url(),
            "profile_id": self.profile_id.as_str(),
            "given_names": self.given_names.as_str(),
            "surname": self.surname.as_str(),
            "pesel": self.pesel.as_str(),
            "birth_date": self.birth_date().to_string(),
            "status": STATUS_PUPIL,
            "card_number": self.card_number.to_string(),
            "card_form": self.card_form,
            "school": {
                "name": self.school.name.as_str(),
                "rspo": self.school.rspo.number(),
                "address": self.school.address,
            },
            "home_address": self.home_address,
            "issued_on": self.validity.first_day().to_string(),
            "valid_until": self.validity.last_day().to_string(),
        })
        .to_string()
        .into_bytes()
    }

    /// Reads downloaded bytes; compare their [`CardData::digest`] with the certificate's before believing them.
    ///
    /// Strict about what it knows: members that are missing, doubled, of a wrong type, not in canonical form or at
    /// odds with each other are refused. Members that it does not know are passed over, so that a minor revision of
    /// the format may add some.
    ///
    /// # Errors
    /// [`CardDataError`]; none of its variants carries personal data.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CardDataError> {
        if bytes.len() > MAX_BYTES {
            return Err(CardDataError::TooLarge);
        }
        let Version { schema_version } = serde_json::from_slice(bytes).map_err(malformed)?;
        if schema_version != SCHEMA_VERSION {
            return Err(CardDataError::UnknownVersion(schema_version));
        }
        serde_json::from_slice::<Wire>(bytes).map_err(malformed)?.check()
    }

    /// SHA-256 of the bytes as they are, which is what a certificate attests.
    pub fn digest(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// Puts the photo into what [`CardData::to_bytes_without_photo`] wrote; the bytes are those of [`CardData::to_bytes`].
pub fn with_photo(without: &[u8], photo: &CardPhoto) -> Vec<u8> {
    let photo = photo.to_base64url();
    let open = without.strip_suffix(b"}").unwrap_or(without);
    // JSON takes every letter of base64url as it is.
    [open, b",\"photo\":\"", photo.as_bytes(), b"\"}"].concat()
}

/// Read first: another version may have other members.
#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

/// The members as they are written, not yet checked.
#[derive(Deserialize)]
struct Wire {
    simulator: String,
    salt: String,
    profile_id: String,
    given_names: String,
    surname: String,
    pesel: String,
    birth_date: String,
    status: String,
    card_number: String,
    card_form: String,
    school: WireSchool,
    home_address: WireAddress,
    issued_on: String,
    valid_until: String,
    photo: String,
}

#[derive(Deserialize)]
struct WireSchool {
    name: String,
    rspo: u32,
    address: WireAddress,
}

#[derive(Deserialize)]
struct WireAddress {
    street_line: String,
    postal_code: String,
    city: String,
}

impl Wire {
    fn check(self) -> Result<CardData, CardDataError> {
        if self.simulator != SIMULATOR_MARK {
            return Err(CardDataError::Member("simulator"));
        }
        if self.status != STATUS_PUPIL {
            return Err(CardDataError::Member("status"));
        }
        let data = CardData {
            salt: Salt::from_base64url(&self.salt).map_err(|_| CardDataError::Member("salt"))?,
            given_names: member("given_names", PersonName::parse(&self.given_names))?,
            surname: member("surname", PersonName::parse(&self.surname))?,
            pesel: member("pesel", Pesel::parse(&self.pesel))?,
            card_number: canonical_card_number(&self.card_number)?,
            card_form: match self.card_form.as_str() {
                "paper" => CardForm::Paper,
                "plastic" => CardForm::Plastic,
                _ => return Err(CardDataError::Member("card_form")),
            },
            school: SchoolOnCard {
                name: member("school.name", SchoolName::parse(&self.school.name))?,
                rspo: member("school.rspo", Rspo::try_from(self.school.rspo))?,
                address: member("school.address", self.school.address.check())?,
            },
            home_address: member("home_address", self.home_address.check())?,
            validity: ValidityPeriod::new(
                day("issued_on", &self.issued_on)?,
                day("valid_until", &self.valid_until)?,
            )?,
            photo: member("photo", CardPhoto::from_base64url(&self.photo))?,
            profile_id: member("profile_id", ProfileId::parse(&self.profile_id))?,
        };
        if day("birth_date", &self.birth_date)? != data.birth_date() {
            return Err(CardDataError::BirthDateMismatch);
        }
        Ok(data)
    }
}

impl WireAddress {
    fn check(self) -> Result<PostalAddress, PostalAddressError> {
        PostalAddress::new(&self.street_line, &self.postal_code, &self.city)
    }
}

/// Names the member that failed instead of telling its value.
fn member<T, E>(name: &'static str, outcome: Result<T, E>) -> Result<T, CardDataError> {
    outcome.map_err(|_| CardDataError::Member(name))
}

/// A machine wrote it, so none of the ways in which people write it is accepted.
fn canonical_card_number(text: &str) -> Result<CardNumber, CardDataError> {
    let number: CardNumber = member("card_number", CardNumber::parse(text))?;
    if number.to_string() == text { Ok(number) } else { Err(CardDataError::Member("card_number")) }
}

/// `YYYY-MM-DD` and nothing else of what ISO 8601 and jiff would take for a date.
fn day(name: &'static str, text: &str) -> Result<Date, CardDataError> {
    let date: Date = member(name, text.parse())?;
    if date.to_string() == text { Ok(date) } else { Err(CardDataError::Member(name)) }
}

/// Keeps the place alone: serde's own messages quote what they found.
fn malformed(error: serde_json::Error) -> CardDataError {
    CardDataError::Malformed { line: error.line(), column: error.column() }
}

impl fmt::Debug for CardData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardData").field("profile_id", &self.profile_id).finish_non_exhaustive()
    }
}

/// Why bytes are no card; messages complete "cannot read card data: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardDataError {
    /// More than [`MAX_BYTES`].
    #[error("they are larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// No JSON object, or one with missing or doubled members or members of a wrong type.
    #[error("they are malformed at line {line}, column {column}")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// Written by a later version of this format.
    #[error("their schema version {0} is unknown")]
    UnknownVersion(u32),
    /// A member's value is not what the schema wants.
    #[error("their member {0} is invalid")]
    Member(&'static str),
    /// `birth_date` is not the one that the PESEL carries.
    #[error("their birth date contradicts the PESEL")]
    BirthDateMismatch,
    /// `issued_on` and `valid_until` make no period.
    #[error("their dates make no period of validity")]
    Validity(#[from] ValidityError),
}

#[cfg(test)]
pub(crate) mod tests;
