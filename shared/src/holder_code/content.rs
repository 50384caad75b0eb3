//! What a code discloses, by purpose; nothing else can stand in one. PESEL and address have no place here at all.
//!
//! In CBOR: a map with small numbers for keys.
//!
//! | key | value | ticket | cinema | library | card |
//! |---|---|---|---|---|---|
//! | 0 | purpose: 1 ticket, 2 cinema, 3 library, 4 card | ● | ● | ● | ● |
//! | 1 | given names, text | ● | | ● | ● |
//! | 2 | surname, text | ● | | ● | ● |
//! | 3 | portrait, bytes | ○ | | | ○ |
//! | 4 | age: a map of one limit in years and whether it is reached | 24 | 13, 15, 16 or 18 | | |
//! | 5 | card number, text | | | ● | ● |
//! | 6 | school, text | | | ● | ● |
//! | 7 | birth date, days since 1970-01-01 (as in RFC 8943) | | | | ● |
//! | 8 | day of issue, likewise | | | | ● |
//! | 9 | last day, likewise | | | | ● |

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ciborium::Value;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::json;

use super::cbor::{self, Taking, int};
use super::portrait::Portrait;
use super::purpose::Purpose;
use crate::age_limit::AgeLimit;
use crate::card::CardNumber;
use crate::card_data::{CardData, PersonName, SchoolName};
use crate::validity::{ValidityPeriod, age_on};

/// Below this age tickets are reduced.
pub const RELIEF_AGE: AgeLimit = AgeLimit::A24;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// What one code discloses.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// For [`Purpose::Ticket`].
    Ticket {
        /// Whose card it is.
        holder: FullName,
        /// Their face, if it fitted.
        portrait: Option<Portrait>,
        /// Whether they were under 24 when this was issued, and so are until it expires.
        under_24: bool,
    },
    /// For [`Purpose::Cinema`]: whoever it was issued to has reached this age.
    Cinema(AgeLimit),
    /// For [`Purpose::Library`].
    Library {
        /// Whose card it is.
        holder: FullName,
        /// The base card's number.
        card_number: CardNumber,
        /// The school's name.
        school: SchoolName,
    },
    /// For [`Purpose::Card`].
    Card {
        /// Whose card it is.
        holder: FullName,
        /// Their face, if it fitted.
        portrait: Option<Portrait>,
        /// The date of birth.
        birth_date: Date,
        /// The base card's number.
        card_number: CardNumber,
        /// From the day of issue to the last valid day.
        validity: ValidityPeriod,
        /// The school's name.
        school: SchoolName,
    },
}

/// Given names and surname.
#[derive(Clone, PartialEq, Eq)]
pub struct FullName {
    /// All given names.
    pub given_names: PersonName,
    /// The surname.
    pub surname: PersonName,
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.given_names.as_str(), self.surname.as_str())
    }
}

impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(…)")
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.purpose())
    }
}

/// What a valid code says about whoever holds the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proves {
    /// Compare the face: the portrait is the issuer's.
    Face,
    /// The name is the issuer's; that it is theirs, another document must say.
    Name,
    /// Neither name nor face: whoever holds the unlocked phone.
    Bearer,
}

impl Content {
    /// What `card` discloses for `purpose` on the day `on`; `None` for an age that is not reached. It may be stated
    /// until [`good_until`](crate::card_claims::good_until): the next birthday that changes an answer.
    pub fn of(purpose: Purpose, card: &CardData, portrait: Option<Portrait>, on: Date) -> Option<Self> {
        let holder = FullName { given_names: card.given_names.clone(), surname: card.surname.clone() };
        let age = age_on(card.birth_date(), on);
        let (card_number, school) = (card.card_number, card.school.name.clone());
        Some(match purpose {
            Purpose::Ticket => Self::Ticket { holder, portrait, under_24: !RELIEF_AGE.is_reached_at(age) },
            Purpose::Cinema(limit) if !limit.is_reached_at(age) => return None,
            Purpose::Cinema(limit) => Self::Cinema(limit),
            Purpose::Library => Self::Library { holder, card_number, school },
            Purpose::Card => Self::Card {
                holder,
                portrait,
                birth_date: card.birth_date(),
                card_number,
                validity: card.validity,
                school,
            },
        })
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Ticket { .. } => Purpose::Ticket,
            Self::Cinema(limit) => Purpose::Cinema(*limit),
            Self::Library { .. } => Purpose::Library,
            Self::Card { .. } => Purpose::Card,
        }
    }

    /// Whose card it is, where that is disclosed.
    pub fn holder(&self) -> Option<&FullName> {
        match self {
            Self::Ticket { holder, .. } | Self::Library { holder, .. } | Self::Card { holder, .. } => {
                Some(holder)
            }
            Self::Cinema(_) => None,
        }
    }

    /// Their face, where it is disclosed.
    pub fn portrait(&self) -> Option<&Portrait> {
        match self {
            Self::Ticket { portrait, .. } | Self::Card { portrait, .. } => portrait.as_ref(),
            Self::Cinema(_) | Self::Library { .. } => None,
        }
    }

    /// What a valid code with this content says about whoever holds the phone.
    pub fn proves(&self) -> Proves {
        match (self.portrait(), self.holder()) {
            (Some(_), _) => Proves::Face,
            (None, Some(_)) => Proves::Name,
            (None, None) => Proves::Bearer,
        }
    }

    /// For programs that were asked to show it: the names of the SD-JWT's claims, the portrait as a data URL.
    pub fn to_json(&self) -> serde_json::Value {
        let mut claims = serde_json::Map::new();
        let mut put = |name: &str, value: serde_json::Value| claims.insert(name.to_owned(), value);
        if let Some(holder) = self.holder() {
            put("given_name", holder.given_names.as_str().into());
            put("family_name", holder.surname.as_str().into());
        }
        if let Some(jpeg) = self.portrait().and_then(|portrait| portrait.to_jpeg().ok()) {
            put("picture", format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg)).into());
        }
        match self {
            Self::Ticket { under_24, .. } => {
                put("age_equal_or_over", json!({ RELIEF_AGE.years().to_string(): !under_24 }));
            }
            Self::Cinema(limit) => {
                put("age_equal_or_over", json!({ limit.years().to_string(): true }));
            }
            Self::Library { card_number, school, .. } => {
                put("card_number", card_number.to_string().into());
                put("school_name", school.as_str().into());
            }
            Self::Card { card_number, school, birth_date, validity, .. } => {
                put("birthdate", birth_date.to_string().into());
                put("card_number", card_number.to_string().into());
                put("date_of_issuance", validity.first_day().to_string().into());
                put("date_of_expiry", validity.last_day().to_string().into());
                put("school_name", school.as_str().into());
            }
        }
        serde_json::Value::Object(claims)
    }

    pub(super) fn to_cbor(&self) -> Value {
        let mut entries = vec![(0, int(self.kind()))];
        if let Some(holder) = self.holder() {
            entries.push((1, text(holder.given_names.as_str())));
            entries.push((2, text(holder.surname.as_str())));
        }
        if let Some(portrait) = self.portrait() {
            entries.push((3, Value::Bytes(portrait.as_bytes().to_vec())));
        }
        match self {
            Self::Ticket { under_24, .. } => entries.push((4, age(RELIEF_AGE.years(), !under_24))),
            Self::Cinema(limit) => entries.push((4, age(limit.years(), true))),
            Self::Library { card_number, school, .. } => {
                entries.push((5, text(&card_number.to_string())));
                entries.push((6, text(school.as_str())));
            }
            Self::Card { card_number, school, birth_date, validity, .. } => {
                entries.push((5, text(&card_number.to_string())));
                entries.push((6, text(school.as_str())));
                entries.push((7, days(*birth_date)));
                entries.push((8, days(validity.first_day())));
                entries.push((9, days(validity.last_day())));
            }
        }
        cbor::map(entries.into_iter().map(|(key, value)| (int(key), value)))
    }

    /// `None` unless exactly what belongs to its purpose is there.
    pub(super) fn from_cbor(value: Value) -> Option<Self> {
        let mut map = Taking::new(value)?;
        let kind: u8 = cbor::number(&map.number(0)?)?;
        let content = match kind {
            1 => {
                let (limit, reached) = read_age(map.number(4)?)?;
                (limit == RELIEF_AGE).then_some(())?;
                Self::Ticket {
                    holder: read_name(&mut map)?,
                    portrait: read_portrait(&mut map)?,
                    under_24: !reached,
                }
            }
            2 => {
                let (limit, reached) = read_age(map.number(4)?)?;
                let asked = Purpose::ALL.contains(&Purpose::Cinema(limit));
                (reached && asked).then_some(Self::Cinema(limit))?
            }
            3 => Self::Library {
                holder: read_name(&mut map)?,
                card_number: read_card_number(&mut map)?,
                school: read_school(&mut map)?,
            },
            4 => Self::Card {
                holder: read_name(&mut map)?,
                portrait: read_portrait(&mut map)?,
                birth_date: read_day(&mut map, 7)?,
                card_number: read_card_number(&mut map)?,
                validity: ValidityPeriod::new(read_day(&mut map, 8)?, read_day(&mut map, 9)?).ok()?,
                school: read_school(&mut map)?,
            },
            _ => return None,
        };
        map.finish()?;
        Some(content)
    }

    fn kind(&self) -> i64 {
        match self {
            Self::Ticket { .. } => 1,
            Self::Cinema(_) => 2,
            Self::Library { .. } => 3,
            Self::Card { .. } => 4,
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn age(limit: u8, reached: bool) -> Value {
    cbor::map([(int(limit.into()), Value::Bool(reached))])
}

fn days(date: Date) -> Value {
    int(date.duration_since(EPOCH).as_hours() / 24)
}

fn read_age(value: Value) -> Option<(AgeLimit, bool)> {
    let mut map = Taking::new(value)?;
    let (limit, reached) = map.first()?;
    map.finish()?;
    Some((AgeLimit::of_years(cbor::number(&limit)?)?, reached.as_bool()?))
}

fn read_name(map: &mut Taking) -> Option<FullName> {
    let mut part = |key| PersonName::parse(map.number(key)?.as_text()?).ok();
    Some(FullName { given_names: part(1)?, surname: part(2)? })
}

/// Outer `None`: there is something, but no portrait.
fn read_portrait(map: &mut Taking) -> Option<Option<Portrait>> {
    let Some(value) = map.number(3) else { return Some(None) };
    Some(Some(Portrait::from_bytes(value.into_bytes().ok()?).ok()?))
}

fn read_card_number(map: &mut Taking) -> Option<CardNumber> {
    let value = map.number(5)?;
    let text = value.as_text()?;
    CardNumber::parse(text).ok().filter(|number| number.to_string() == text)
}

fn read_school(map: &mut Taking) -> Option<SchoolName> {
    SchoolName::parse(map.number(6)?.as_text()?).ok()
}

fn read_day(map: &mut Taking, key: i64) -> Option<Date> {
    let days: i32 = cbor::number(&map.number(key)?)?;
    let date = EPOCH.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()?;
    (1800..=2299).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_a_purpose_is_read() {
        let read = |entries: Vec<(i64, Value)>| {
            Content::from_cbor(cbor::map(entries.into_iter().map(|(key, value)| (int(key), value))))
        };
        let cinema = || vec![(0, int(2)), (4, age(18, true))];
        assert_eq!(read(cinema()), Some(Content::Cinema(AgeLimit::A18)));
        let with = |key, value| [cinema(), vec![(key, value)]].concat();
        assert_eq!(read(with(1, text("Anna"))), None, "more than its purpose needs");
        assert_eq!(read(with(10, text("44051401359"))), None);
        for none in [17, 24] {
            assert_eq!(read(vec![(0, int(2)), (4, age(none, true))]), None, "no such limit");
        }
        assert_eq!(read(vec![(0, int(2)), (4, age(18, false))]), None, "nothing is proved by it");
        assert_eq!(read(vec![(0, int(2))]), None);
        assert_eq!(read(vec![(0, int(5)), (4, age(18, true))]), None, "no such purpose");
        let ticket = |limit| vec![(0, int(1)), (1, text("Anna")), (2, text("Nowak")), (4, age(limit, false))];
        let read_ticket = read(ticket(24)).unwrap();
        assert_eq!(read_ticket.proves(), Proves::Name);
        assert_eq!(read(ticket(26)), None);
        assert_eq!(read([ticket(24), vec![(3, Value::Bytes(vec![]))]].concat()), None, "no portrait");
        let face = read([ticket(24), vec![(3, Value::Bytes(vec![50, 1]))]].concat()).unwrap();
        assert_eq!(face.proves(), Proves::Face);
        assert_eq!(format!("{face:?}"), "Content(ticket)");
    }
}
