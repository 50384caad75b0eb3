//! A card with all that it rests on, read at once.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::base_card::BaseCard;
use super::mobile_card::MobileCard;
use super::pupil::Pupil;
use super::school::{Agreement, Profile, School};
use crate::store::id::{CardId, GrantId, PhotoId};
use crate::store::sql::{Columns, Query, params};
use crate::store::{Row, Statements, StoreError, Value};

/// The rows.
pub struct DossierRows {
    /// The card.
    pub card: MobileCard,
    /// The physical card that it copies.
    pub base: BaseCard,
    /// Whose.
    pub pupil: Pupil,
    /// By which school.
    pub school: School,
    /// The school's agreement, if it ever had one.
    pub agreement: Option<Agreement>,
    /// The school's rules that hold.
    pub profile: Profile,
    /// The photo accepted last.
    pub photo: Option<PhotoId>,
}

/// Which card's.
pub enum DossierOf<'a> {
    /// This card's.
    Card(&'a CardId),
    /// That of the card which a grant opens.
    Grant(&'a GrantId),
    /// That of the card which a certificate, named by its serial number, belongs to.
    Certificate(&'a str),
}

impl DossierOf<'_> {
    /// The card's id, as an expression of `$1`.
    fn id(&self) -> (&'static str, Value) {
        match self {
            Self::Card(id) => ("$1", Value::from(*id)),
            Self::Grant(id) => ("(SELECT card_id FROM issue_grant WHERE id = $1)", Value::from(*id)),
            Self::Certificate(serial) => {
                ("(SELECT card_id FROM certificate WHERE serial = $1)", Value::from(*serial))
            }
        }
    }

    /// Holds the card's row until the act ends. Asked before the rest, so that the rest is read as it then is.
    pub(crate) fn hold(&self, tx: &dyn Statements) -> Query {
        let (id, value) = self.id();
        Query::new(format!("SELECT id FROM mobile_card WHERE id = {id}{}", tx.for_update()), &[value])
    }

    /// Reads the rows, by the rules that hold at `now`.
    pub(crate) fn rows(&self, now: Timestamp) -> Query {
        let (id, value) = self.id();
        Query::new([SELECT.as_str(), id].concat(), params![value, now])
    }
}

/// The columns of several tables side by side. All but the card's are joined loosely: a card that lacks what it rests on
/// is damaged, not unknown.
static SELECT: LazyLock<String> = LazyLock::new(|| {
    let tables = [
        ("c", MobileCard::COLUMNS),
        ("b", BaseCard::COLUMNS),
        ("p", Pupil::COLUMNS),
        ("s", School::COLUMNS),
        ("a", Agreement::COLUMNS),
        ("f", Profile::COLUMNS),
    ];
    let columns: Vec<String> = tables
        .into_iter()
        .flat_map(|(table, columns)| columns.iter().map(move |column| format!("{table}.{column}")))
        .collect();
    format!(
        "SELECT {}, (SELECT id FROM photo WHERE pupil_id = c.pupil_id ORDER BY created_at DESC, id DESC LIMIT 1) \
         FROM mobile_card c LEFT JOIN base_card b ON b.id = c.base_card_id LEFT JOIN pupil p ON p.id = c.pupil_id \
         LEFT JOIN school s ON s.id = c.school_id LEFT JOIN agreement a ON a.school_id = c.school_id \
         LEFT JOIN school_profile f ON f.id = (SELECT id FROM school_profile WHERE school_id = c.school_id \
         AND effective_from <= $2 ORDER BY effective_from DESC, id DESC LIMIT 1) WHERE c.id = ",
        columns.join(", ")
    )
});

impl DossierRows {
    /// Reads what [`DossierOf::rows`] asked for; none if there is no such card.
    pub(crate) fn read(rows: Vec<Row>) -> Result<Option<Self>, StoreError> {
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let mut columns = row.into_columns();
        let lacks = |lacking: bool, what| if lacking { Err(StoreError::Damaged(what)) } else { Ok(()) };
        let card = MobileCard::from_columns(&mut columns)?;
        lacks(columns.next_is_null(), "a card lacks its base card")?;
        let base = BaseCard::from_columns(&mut columns)?;
        lacks(columns.next_is_null(), "a card lacks its pupil")?;
        let pupil = Pupil::from_columns(&mut columns)?;
        lacks(columns.next_is_null(), "a card lacks its school")?;
        let school = School::from_columns(&mut columns)?;
        let agreement = agreement(&mut columns)?;
        lacks(columns.next_is_null(), "a school has no profile")?;
        let profile = Profile::from_columns(&mut columns)?;
        Ok(Some(Self { card, base, pupil, school, agreement, profile, photo: columns.next()? }))
    }
}

fn agreement(columns: &mut Columns) -> Result<Option<Agreement>, StoreError> {
    if columns.next_is_null() {
        columns.skip(Agreement::COLUMNS.len());
        return Ok(None);
    }
    Agreement::from_columns(columns).map(Some)
}
