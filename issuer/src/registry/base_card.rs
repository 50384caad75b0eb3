//! Base cards: the school's register of physical cards.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use shared::card::CardNumber;
use shared::entropy::Entropy;
use shared::validity::{SchoolTerm, ValidityPeriod, default_last_day, warsaw_date};
use utoipa::ToSchema;

use super::fault::{Checked, FaultCode, Faults, day, past_day};
use crate::audit::Act;
use crate::issuance::order::advance_waiting;
use crate::issuance::reissue::{LONGEST_CONFIRMATION_DAYS, hold, void};
use crate::store::id::{BaseCardId, PupilId};
use crate::store::tables::base_card::{BaseCard, BaseCardState, Form, VoidReason};
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::{School, Term};
use crate::store::{Statements, StoreError, Verb};

/// Which card a duplicate takes the place of.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateForm {
    /// The card that is voided.
    pub base_card_id: BaseCardId,
    /// Why.
    pub reason: VoidReason,
}

/// A base card as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "form": "plastic", "issued_on": "2026-09-01" })))]
pub struct BaseCardForm {
    /// Its number, such as `123/2026`; by default the next one of the year of issue.
    #[schema(min_length = 6, max_length = 16)]
    pub number: Option<String>,
    /// What it is made of.
    pub form: Form,
    /// Day of issue; by default today.
    #[schema(format = Date)]
    pub issued_on: Option<String>,
    /// Last day of validity; by default the end of the school's term.
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// The card that this one is a duplicate of (duplikat).
    pub duplicate_of: Option<DuplicateForm>,
}

/// A base card, checked.
#[derive(Debug, Clone)]
pub struct NewBaseCard {
    number: Option<CardNumber>,
    form: Form,
    issued_on: Date,
    valid_until: Option<Date>,
    duplicate_of: Option<DuplicateForm>,
}

impl BaseCardForm {
    /// Checks the form; `today` in Warsaw.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(self, today: Date) -> Result<NewBaseCard, Faults> {
        let mut checked = Checked::default();
        let number = checked.maybe("number", self.number.as_deref().map(CardNumber::parse));
        let issued_on = self.issued_on.as_deref().map_or(Ok(today), |text| past_day(text, today));
        let issued_on = checked.field("issued_on", issued_on);
        let valid_until = checked.maybe("valid_until", self.valid_until.as_deref().map(day));
        if let (Some(Some(number)), Some(issued_on)) = (number, issued_on)
            && i32::from(number.year()) != i32::from(issued_on.year())
        {
            checked.fault("number", FaultCode::CardNumberYear);
        }
        if let (Some(issued_on), Some(Some(last))) = (issued_on, valid_until) {
            checked.field("valid_until", plausible(issued_on, last, today));
        }
        let made = (|| {
            Some(NewBaseCard {
                number: number?,
                form: self.form,
                issued_on: issued_on?,
                valid_until: valid_until?,
                duplicate_of: self.duplicate_of,
            })
        })();
        checked.finish(made)
    }
}

impl NewBaseCard {
    /// The number that was given; none takes the next of its year.
    pub fn number(&self) -> Option<CardNumber> {
        self.number
    }
}

/// Whether a card may run from `issued_on` to `last`: not backwards, and no further than a confirmation goes.
fn plausible(issued_on: Date, last: Date, today: Date) -> Result<(), FaultCode> {
    if last < issued_on {
        return Err(FaultCode::EndsBeforeItStarts);
    }
    let longest = today.checked_add(jiff::Span::new().days(LONGEST_CONFIRMATION_DAYS));
    let fits = longest.is_ok_and(|longest| last <= longest) && ValidityPeriod::new(issued_on, last).is_ok();
    if fits { Ok(()) } else { Err(FaultCode::ValidityRange) }
}

/// Enters a base card; orders that waited for one go on.
#[derive(Debug)]
pub struct EnterBaseCard {
    id: BaseCardId,
    pupil: PupilId,
    card: NewBaseCard,
    act: Act,
}

impl EnterBaseCard {
    /// The act of entering `card` for `pupil`.
    pub fn new(pupil: PupilId, card: NewBaseCard, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: BaseCardId::fresh(act.at, entropy), pupil, card, act }
    }

    /// Voids the card that this one is a duplicate of.
    async fn replace(
        &self,
        tx: &mut dyn Statements,
        old: &DuplicateForm,
    ) -> Result<Result<(), BaseCardEntryRefusal>, StoreError> {
        let held = hold(tx, &old.base_card_id).await?.filter(|(base, _)| base.pupil_id == self.pupil);
        let Some((base, copy)) = held else { return Ok(Err(BaseCardEntryRefusal::UnknownDuplicate)) };
        // A lost card may have been voided on the day of the loss; its duplicate names it all the same.
        if base.state == BaseCardState::Held {
            void(tx, base, copy, old.reason, &self.act.part("duplicate")).await?;
        }
        Ok(Ok(()))
    }

    /// The number that was given, or the next of its year.
    async fn number(&self, tx: &mut dyn Statements, rspo: i64) -> Result<Option<CardNumber>, StoreError> {
        if let Some(number) = self.card.number {
            return Ok(Some(number));
        }
        let year = self.card.issued_on.year();
        let next = BaseCard::highest_number(tx, rspo, year.into()).await? + 1;
        let number = u16::try_from(year).ok().zip(u32::try_from(next).ok());
        Ok(number.and_then(|(year, next)| CardNumber::new(year, next).ok()))
    }
}

#[async_trait::async_trait]
impl Verb for EnterBaseCard {
    type Answer = Result<BaseCard, BaseCardEntryRefusal>;

    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if let Some(old) = &self.card.duplicate_of
            && let Err(refusal) = self.replace(tx, old).await?
        {
            return Ok(Err(refusal));
        }
        let Some(pupil) = Pupil::lock(tx, &self.pupil).await? else {
            return Ok(Err(BaseCardEntryRefusal::UnknownPupil));
        };
        // Whoever takes the next number holds the register, or a whole class at once would race for it.
        let school = match self.card.number {
            Some(_) => School::find(tx, &pupil.school_id).await?,
            None => School::lock(tx, &pupil.school_id).await?,
        };
        let Some(school) = school else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        let today = warsaw_date(self.act.at);
        let valid_until = self
            .card
            .valid_until
            .unwrap_or_else(|| default_last_day(self.card.issued_on, school_term(school.term)));
        let holds = |card: &BaseCard| card.state == BaseCardState::Held && card.valid_until >= today;
        if valid_until >= today && BaseCard::of_pupil(tx, &self.pupil).await?.iter().any(holds) {
            return Ok(Err(BaseCardEntryRefusal::HoldsCard));
        }
        let Some(number) = self.number(tx, school.rspo).await? else {
            return Ok(Err(BaseCardEntryRefusal::RegisterFull));
        };
        let base = BaseCard {
            id: self.id.clone(),
            pupil_id: pupil.id.clone(),
            school_id: school.id,
            rspo: school.rspo,
            year: number.year().into(),
            number: number.number().into(),
            form: self.card.form,
            issued_on: self.card.issued_on,
            valid_until,
            state: BaseCardState::Held,
            void_reason: None,
            duplicate_of: self.card.duplicate_of.as_ref().map(|old| old.base_card_id.clone()),
            created_at: self.act.at,
        };
        if !base.insert_if_new(tx).await? {
            return match self.card.number {
                Some(_) => Ok(Err(BaseCardEntryRefusal::NumberTaken)),
                // A typed number came in between: run again and take the one after it.
                None => Err(StoreError::Contention),
            };
        }
        let detail = json!({ "pupil": base.pupil_id, "duplicate_of": base.duplicate_of });
        self.act.trail().record(tx, "base_card.entered", base.id.as_str(), detail).await?;
        advance_waiting(tx, &pupil, &self.act).await?;
        Ok(Ok(base))
    }
}

/// How a school counts the validity of its cards.
pub(crate) fn school_term(term: Term) -> SchoolTerm {
    match term {
        Term::Yearly => SchoolTerm::Yearly,
        Term::Semester => SchoolTerm::Semester,
    }
}

/// The day until which a card that ends on `present` would be confirmed today: the end of the present term, or
/// of the next one for a card that lasts so long already.
pub fn proposed_last_day(present: Option<Date>, today: Date, term: SchoolTerm) -> Date {
    let until = default_last_day(today, term);
    match present {
        Some(present) if present >= until => default_last_day(present, term),
        Some(_) | None => until,
    }
}

/// A confirmation as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "until": "2028-09-30" })))]
pub struct ConfirmationForm {
    /// The new last day.
    #[schema(format = Date)]
    pub until: String,
}

impl ConfirmationForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with the field.
    pub fn parse(&self) -> Result<Date, Faults> {
        day(&self.until).map_err(|code| Faults::one("until", code))
    }
}

/// Messages complete "cannot enter the base card: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseCardEntryRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// The card to be replaced is not this pupil's.
    #[error("pupil has no such card to make a duplicate of")]
    UnknownDuplicate,
    /// The school has given this number of this year to another card.
    #[error("this number of this year is taken")]
    NumberTaken,
    /// Another valid card is in the pupil's hands.
    #[error("pupil holds a valid card already")]
    HoldsCard,
    /// The year's last number is taken.
    #[error("register of the year is full")]
    RegisterFull,
}
