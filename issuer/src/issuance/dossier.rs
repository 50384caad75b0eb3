//! Everything that a decision about a card looks at, read in one transaction.

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::card::{CardForm, CardNumber};
use shared::card_data::{CardData, CardPhoto, PersonName, PostalAddress, Salt, SchoolName, SchoolOnCard};
use shared::pesel::Pesel;
use shared::school_id::Rspo;
use shared::validity::{ValidityPeriod, warsaw_date};

use crate::registry::profile::SchoolProfile;
use crate::store::id::{CardId, PhotoId, ProfileId};
use crate::store::tables::base_card::{BaseCard, BaseCardState, Form};
use crate::store::tables::dossier::{DossierOf, DossierRows};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::tables::school::{Agreement, Profile, School, SchoolKind, SchoolRights};
use crate::store::{Row, Statements, StoreError};

/// A school with what it may do.
#[derive(Debug, Clone)]
pub struct SchoolFile {
    /// The school.
    pub school: School,
    /// Its agreement with the ministry, if it ever had one.
    pub agreement: Option<Agreement>,
    /// The rules that hold now.
    pub profile: SchoolProfile,
    /// Their id.
    pub profile_id: ProfileId,
}

/// A mobile card with all that it rests on.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The card.
    pub card: MobileCard,
    /// The physical card that it copies.
    pub base: BaseCard,
    /// Whose.
    pub pupil: Pupil,
    /// By which school.
    pub office: SchoolFile,
    /// The photo accepted last.
    pub photo: Option<PhotoId>,
}

impl SchoolFile {
    /// Reads a school and the rules that hold at `now`.
    pub(crate) async fn load(
        tx: &mut dyn Statements,
        school: &crate::store::id::SchoolId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(school) = School::find(tx, school).await? else { return Ok(None) };
        let agreement = Agreement::find(tx, &school.id).await?;
        let Some(row) = Profile::holding(tx, &school.id, now).await? else {
            return Err(StoreError::Damaged("a school has no profile"));
        };
        let profile = SchoolProfile::from_row(&row)?;
        Ok(Some(Self { school, agreement, profile, profile_id: row.id }))
    }

    /// Whether the school may issue at all on the day of `now`.
    pub fn may_issue(&self, now: Timestamp) -> Result<(), CardRefusal> {
        let eligible = matches!(self.school.kind, SchoolKind::Primary | SchoolKind::PostPrimary)
            && matches!(self.school.rights, SchoolRights::Public | SchoolRights::NonPublicWithRights);
        if !eligible {
            return Err(CardRefusal::SchoolNotEligible);
        }
        match &self.agreement {
            Some(agreement) if agreement.holds_on(warsaw_date(now)) => Ok(()),
            _ => Err(CardRefusal::NoAgreement),
        }
    }
}

impl Dossier {
    /// Reads a card's dossier; with `hold`, holds the card's row until the act ends.
    pub(crate) async fn load(
        tx: &mut dyn Statements,
        card: &CardId,
        now: Timestamp,
        hold: bool,
    ) -> Result<Option<Self>, StoreError> {
        let card = DossierOf::Card(card);
        let rows = if hold {
            let [_, rows] = tx.ask([card.hold(tx), card.rows(now)]).await?;
            rows
        } else {
            let [rows] = tx.ask([card.rows(now)]).await?;
            rows
        };
        Self::read(rows)
    }

    /// Reads the answer to [`DossierOf::rows`]; none if there is no such card.
    pub(crate) fn read(rows: Vec<Row>) -> Result<Option<Self>, StoreError> {
        let Some(rows) = DossierRows::read(rows)? else { return Ok(None) };
        let office = SchoolFile {
            school: rows.school,
            agreement: rows.agreement,
            profile: SchoolProfile::from_row(&rows.profile)?,
            profile_id: rows.profile.id,
        };
        Ok(Some(Self { card: rows.card, base: rows.base, pupil: rows.pupil, office, photo: rows.photo }))
    }

    /// Whether a certificate may be issued for this card at `now`.
    pub fn may_issue(&self, now: Timestamp) -> Result<(), CardRefusal> {
        self.office.may_issue(now)?;
        pesel_of(&self.pupil)?;
        if self.pupil.school_id != self.card.school_id {
            return Err(CardRefusal::MovedSchool);
        }
        if self.base.state != BaseCardState::Held {
            return Err(CardRefusal::BaseCardVoid);
        }
        if self.validity()?.expires() <= now {
            return Err(CardRefusal::BaseCardExpired);
        }
        Ok(())
    }

    /// The base card's period, which is the mobile card's.
    pub fn validity(&self) -> Result<ValidityPeriod, CardRefusal> {
        ValidityPeriod::new(self.base.issued_on, self.base.valid_until)
            .map_err(|_| CardRefusal::BaseCardExpired)
    }

    /// What the phone downloads, made from the books as they are.
    ///
    /// The books hold nothing that cannot stand on a card, so a text that does not fit is a damaged row.
    pub fn card_data(&self, photo: &Photo, salt: [u8; 32]) -> Result<CardData, CardDataRefusal> {
        let damaged = |what| StoreError::Damaged(what);
        let name = |text: &str| {
            PersonName::parse(text).map_err(|_| damaged("a pupil's name cannot stand on a card"))
        };
        let address = |street: &str, code: &str, city: &str| {
            PostalAddress::new(street, code, city).map_err(|_| damaged("an address cannot stand on a card"))
        };
        let (pupil, base, school) = (&self.pupil, &self.base, &self.office.school);
        let number = u16::try_from(base.year).ok().zip(u32::try_from(base.number).ok());
        let number = number.and_then(|(year, number)| CardNumber::new(year, number).ok());
        Ok(CardData {
            salt: Salt::from_bytes(salt.to_vec()).map_err(|_| damaged("salt is too short"))?,
            given_names: name(&pupil.given_names)?,
            surname: name(&pupil.surname)?,
            pesel: pesel_of(pupil)?,
            card_number: number.ok_or(damaged("a base card's number cannot stand on a card"))?,
            card_form: match base.form {
                Form::Paper => CardForm::Paper,
                Form::Plastic => CardForm::Plastic,
            },
            school: SchoolOnCard {
                name: SchoolName::parse(&school.name)
                    .map_err(|_| damaged("a school's name cannot stand on a card"))?,
                rspo: u32::try_from(school.rspo)
                    .ok()
                    .and_then(|number| Rspo::try_from(number).ok())
                    .ok_or(damaged("a school's RSPO number is impossible"))?,
                address: address(&school.street_line, &school.postal_code, &school.city)?,
            },
            home_address: address(&pupil.street_line, &pupil.postal_code, &pupil.city)?,
            validity: self.validity()?,
            photo: CardPhoto::from_jpeg(photo.jpeg.clone())
                .map_err(|_| damaged("a photo cannot stand on a card"))?,
            profile_id: shared::card_data::ProfileId::parse(self.office.profile_id.as_str())
                .map_err(|_| damaged("a profile's id cannot stand on a card"))?,
        })
    }

    /// Digest of everything that the card shows, to see whether a certificate is still current.
    pub fn inputs(&self, photo: &PhotoId) -> [u8; 32] {
        let shown = json!([
            self.pupil.given_names,
            self.pupil.surname,
            self.pupil.pesel,
            self.pupil.birth_date.to_string(),
            self.pupil.street_line,
            self.pupil.postal_code,
            self.pupil.city,
            self.base.id.as_str(),
            self.base.issued_on.to_string(),
            self.base.valid_until.to_string(),
            self.office.school.name,
            self.office.school.street_line,
            self.office.school.postal_code,
            self.office.school.city,
            photo.as_str(),
        ]);
        Sha256::digest(shown.to_string().as_bytes()).into()
    }
}

/// The pupil's PESEL, checked against the birth date in the books.
///
/// The checksum misses transpositions that change the birth date, so the two must agree.
pub fn pesel_of(pupil: &Pupil) -> Result<Pesel, CardRefusal> {
    let text = pupil.pesel.as_deref().ok_or(CardRefusal::NoPesel)?;
    let pesel = Pesel::parse(text).map_err(|_| CardRefusal::NoPesel)?;
    if pesel.birth_date() == pupil.birth_date { Ok(pesel) } else { Err(CardRefusal::BirthDateDiffers) }
}

/// Why there is nothing to download. Messages complete "cannot write the card: …".
#[derive(Debug, thiserror::Error)]
pub enum CardDataRefusal {
    /// The card cannot be issued.
    #[error(transparent)]
    Card(#[from] CardRefusal),
    /// A row is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no mobile card may be issued. Messages complete "cannot issue a mobile card: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardRefusal {
    /// Wrong kind of school, or without the rights of public ones.
    #[error("school is not one that may issue school cards")]
    SchoolNotEligible,
    /// No agreement with the ministry holds today.
    #[error("school has no agreement with the ministry today")]
    NoAgreement,
    /// The pupil has no PESEL.
    #[error("pupil has no PESEL")]
    NoPesel,
    /// PESEL and birth date do not belong together.
    #[error("PESEL and birth date do not agree")]
    BirthDateDiffers,
    /// No photo was accepted yet.
    #[error("pupil has no accepted photo")]
    NoPhoto,
    /// There is no base card.
    #[error("pupil has no base card")]
    NoBaseCard,
    /// The base card was voided.
    #[error("base card was voided")]
    BaseCardVoid,
    /// The base card has run out.
    #[error("base card is no longer valid")]
    BaseCardExpired,
    /// The profile does not copy cards of this form.
    #[error("base card is of a form that this school does not copy")]
    FormNotAccepted,
    /// The pupil has moved to another school.
    #[error("pupil belongs to another school")]
    MovedSchool,
}
