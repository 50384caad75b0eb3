//! Pupils as lists show them: each with the card in hand, its mobile copy and the phones that hold it.

use jiff::civil::Date;

use crate::store::id::{BaseCardId, CardId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Row, Statements, StoreError, Value};

/// How a pupil's cards stand on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no base card.
    NoBaseCard,
    /// The base card has run out.
    Expired,
    /// The base card is valid and was never copied.
    NoMobileCard,
    /// There is a mobile card, but no phone holds it.
    NoneActive,
    /// At least one phone holds the mobile card.
    Active,
}

impl Standing {
    /// The word in addresses and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoBaseCard => "no-base-card",
            Self::Expired => "expired",
            Self::NoMobileCard => "no-mobile-card",
            Self::NoneActive => "none-active",
            Self::Active => "active",
        }
    }
}

/// Which pupils to list, by their cards or by what was ordered for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PupilFilter {
    /// Those who stand so.
    Standing(Standing),
    /// Those whose base card is valid and ends soon.
    EndsSoon,
    /// Those with an open order that is past its last day.
    OrderOverdue,
    /// Those with an open order whose last day is today or comes within days.
    OrderDue,
    /// Those with an open order whose last day comes later, or that has none.
    OrderLater,
    /// Those with an order that waits for a photo or a base card.
    OrderWaiting,
}

impl PupilFilter {
    /// All of them, in the order of the choice.
    pub const ALL: [Self; 10] = [
        Self::Standing(Standing::NoBaseCard),
        Self::Standing(Standing::NoMobileCard),
        Self::Standing(Standing::NoneActive),
        Self::Standing(Standing::Active),
        Self::EndsSoon,
        Self::Standing(Standing::Expired),
        Self::OrderOverdue,
        Self::OrderDue,
        Self::OrderLater,
        Self::OrderWaiting,
    ];

    /// The word in addresses and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standing(standing) => standing.word(),
            Self::EndsSoon => "ends-soon",
            Self::OrderOverdue => "order-overdue",
            Self::OrderDue => "order-due",
            Self::OrderLater => "order-later",
            Self::OrderWaiting => "order-waiting",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.word() == word)
    }
}

/// The days that decide how cards stand.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    /// Today in Warsaw.
    pub today: Date,
    /// A card that ends on this day or before ends soon.
    pub soon: Date,
    /// An order whose last day is this one or an earlier one is due.
    pub due: Date,
}

/// Which pupils to list.
#[derive(Debug, Clone)]
pub struct PupilSearch {
    /// Of which school.
    pub school: SchoolId,
    /// Only those of this class.
    pub class_name: Option<String>,
    /// Words, folded, each of which begins a word of what is searched.
    pub words: Vec<String>,
    /// Only those of whom this holds.
    pub filter: Option<PupilFilter>,
    /// What "today" and "soon" mean.
    pub days: Days,
}

/// A pupil in a list.
#[derive(Clone)]
pub struct PupilLine {
    /// Who.
    pub id: PupilId,
    /// Given names.
    pub given_names: String,
    /// Surname.
    pub surname: String,
    /// Class.
    pub class_name: String,
    /// The base card in the pupil's hands that runs longest.
    pub base: Option<LineBase>,
    /// Its mobile copy.
    pub copy: Option<CardId>,
    /// How many phones hold the copy.
    pub phones: i64,
    /// The earliest last day of an open order.
    pub due: Option<Date>,
}

impl std::fmt::Debug for PupilLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PupilLine({:?})", self.id)
    }
}

/// A base card in a list.
#[derive(Debug, Clone)]
pub struct LineBase {
    /// Which.
    pub id: BaseCardId,
    /// Number in the register.
    pub number: i64,
    /// Calendar year of the register.
    pub year: i64,
    /// Last day of validity, whole.
    pub valid_until: Date,
}

/// A class with how many pupils stand how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassFigures {
    /// Its name.
    pub class_name: String,
    /// Pupils.
    pub pupils: i64,
    /// Without a base card.
    pub no_base_card: i64,
    /// Base card run out.
    pub expired: i64,
    /// Base card ends soon.
    pub ends_soon: i64,
    /// Without a mobile card.
    pub no_mobile_card: i64,
    /// With a mobile card that no phone holds.
    pub none_active: i64,
    /// With a mobile card on a phone.
    pub active: i64,
}

/// The pupil, the base card in hand that runs longest, and its copy.
const CARDS: &str = " LEFT JOIN base_card b ON b.id = (SELECT c.id FROM base_card c WHERE c.pupil_id = p.id \
     AND c.school_id = p.school_id AND c.state = 'held' ORDER BY c.valid_until DESC, c.id DESC LIMIT 1) \
     LEFT JOIN mobile_card m ON m.base_card_id = b.id";
const ON_A_PHONE: &str = "EXISTS (SELECT 1 FROM device d WHERE d.card_id = m.id AND d.state = 'live')";

/// The open orders of a pupil.
const ORDERS: &str = "SELECT 1 FROM issue_order o WHERE o.pupil_id = p.id AND o.school_id = p.school_id \
     AND o.state IN ('waiting', 'ready')";

impl PupilFilter {
    /// The condition; `next` takes a value and gives its parameter's name.
    fn sql(self, days: Days, next: &mut dyn FnMut(Value) -> String) -> String {
        let mut day = |day: Date| next(Value::from(day));
        match self {
            Self::Standing(Standing::NoBaseCard) => "b.id IS NULL".to_owned(),
            Self::Standing(Standing::Expired) => format!("b.valid_until < {}", day(days.today)),
            Self::Standing(Standing::NoMobileCard) => {
                format!("b.valid_until >= {} AND m.id IS NULL", day(days.today))
            }
            Self::Standing(Standing::NoneActive) => {
                format!("b.valid_until >= {} AND m.id IS NOT NULL AND NOT {ON_A_PHONE}", day(days.today))
            }
            Self::Standing(Standing::Active) => {
                format!("b.valid_until >= {} AND {ON_A_PHONE}", day(days.today))
            }
            Self::EndsSoon => {
                format!("b.valid_until >= {} AND b.valid_until <= {}", day(days.today), day(days.soon))
            }
            Self::OrderOverdue => format!("EXISTS ({ORDERS} AND o.deadline_on < {})", day(days.today)),
            Self::OrderDue => format!(
                "EXISTS ({ORDERS} AND o.deadline_on >= {} AND o.deadline_on <= {})",
                day(days.today),
                day(days.due)
            ),
            Self::OrderLater => {
                format!("EXISTS ({ORDERS} AND (o.deadline_on > {} OR o.deadline_on IS NULL))", day(days.due))
            }
            Self::OrderWaiting => format!("EXISTS ({ORDERS} AND o.state = 'waiting')"),
        }
    }
}

impl PupilSearch {
    fn condition(&self) -> (String, Vec<Value>) {
        let mut values = vec![Value::from(&self.school)];
        let mut sql = " WHERE p.school_id = $1 AND p.erased_at IS NULL".to_owned();
        let mut next = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        if let Some(class_name) = &self.class_name {
            sql += &format!(" AND p.class_name = {}", next(Value::from(class_name)));
        }
        for word in &self.words {
            let pattern = format!("% {}%", escaped(word));
            sql += &format!(" AND p.search_text LIKE {} ESCAPE '!'", next(Value::from(pattern)));
        }
        if let Some(filter) = self.filter {
            sql += &format!(" AND {}", filter.sql(self.days, &mut next));
        }
        (sql, values)
    }

    /// How many there are.
    pub async fn count(&self, tx: &mut dyn Statements) -> Result<i64, StoreError> {
        let (condition, values) = self.condition();
        // Where nothing is asked about cards, none is looked at.
        let cards = if self.filter.is_some() { CARDS } else { "" };
        tx.number(&format!("SELECT COUNT(*) FROM pupil p{cards}{condition}"), &values).await
    }

    /// At most `limit` of them by the Polish alphabet: the first, those right after a place, or right before it.
    pub async fn page(
        &self,
        tx: &mut dyn Statements,
        from: Option<&Place>,
        limit: u32,
    ) -> Result<Vec<PupilLine>, StoreError> {
        let (mut condition, mut values) = self.condition();
        let mut order = "p.sort_key, p.id";
        if let Some(place) = from {
            let (sign, key, id) = match place {
                Place::After(key, id) => (">", key, id),
                Place::Before(key, id) => {
                    order = "p.sort_key DESC, p.id DESC";
                    ("<", key, id)
                }
            };
            let at = values.len() + 1;
            condition += &format!(" AND (p.sort_key, p.id) {sign} (${at}, ${})", at + 1);
            values.extend([Value::from(key.clone()), Value::from(id)]);
        }
        let sql = format!(
            "SELECT p.id, p.given_names, p.surname, p.class_name, b.id, b.number, b.year, b.valid_until, m.id, \
             (SELECT COUNT(*) FROM device d WHERE d.card_id = m.id AND d.state = 'live'), \
             (SELECT MIN(o.deadline_on) FROM issue_order o WHERE o.pupil_id = p.id AND o.school_id = p.school_id \
             AND o.state IN ('waiting', 'ready')) FROM pupil p{CARDS}{condition} ORDER BY {order} LIMIT ${}",
            values.len() + 1
        );
        values.push(Value::from(limit));
        let rows = tx.query(&sql, &values).await?;
        let mut lines = rows.iter().map(PupilLine::read).collect::<Result<Vec<_>, _>>()?;
        if matches!(from, Some(Place::Before(..))) {
            lines.reverse();
        }
        Ok(lines)
    }
}

/// A place in the alphabet: the sort key and the name in the store of the pupil who stands there.
#[derive(Debug, Clone)]
pub enum Place {
    /// What comes after.
    After(Vec<u8>, PupilId),
    /// What comes before.
    Before(Vec<u8>, PupilId),
}

/// A text in which `%` and `_` stand for themselves, for `LIKE … ESCAPE '!'`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(letter);
    }
    out
}

impl PupilLine {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let base = match row.take::<Option<BaseCardId>>(4)? {
            Some(id) => {
                Some(LineBase { id, number: row.take(5)?, year: row.take(6)?, valid_until: row.take(7)? })
            }
            None => None,
        };
        Ok(Self {
            id: row.take(0)?,
            given_names: row.take(1)?,
            surname: row.take(2)?,
            class_name: row.take(3)?,
            base,
            copy: row.take(8)?,
            phones: row.take(9)?,
            due: row.take(10)?,
        })
    }

    /// How the pupil's cards stand today.
    pub fn standing(&self, today: Date) -> Standing {
        match (&self.base, &self.copy) {
            (None, _) => Standing::NoBaseCard,
            (Some(base), _) if base.valid_until < today => Standing::Expired,
            (Some(_), None) => Standing::NoMobileCard,
            (Some(_), Some(_)) if self.phones == 0 => Standing::NoneActive,
            (Some(_), Some(_)) => Standing::Active,
        }
    }
}

impl ClassFigures {
    /// Every class of a school that has pupils, or only one of them; in no order.
    pub async fn of_school(
        tx: &mut dyn Statements,
        school: &SchoolId,
        only: Option<&str>,
        days: Days,
    ) -> Result<Vec<Self>, StoreError> {
        let mut values = vec![Value::from(school)];
        let mut next = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        let filters = [
            PupilFilter::Standing(Standing::NoBaseCard),
            PupilFilter::Standing(Standing::Expired),
            PupilFilter::EndsSoon,
            PupilFilter::Standing(Standing::NoMobileCard),
            PupilFilter::Standing(Standing::NoneActive),
            PupilFilter::Standing(Standing::Active),
        ];
        let mut counts = String::new();
        for filter in filters {
            counts += &format!(", COUNT(*) FILTER (WHERE {})", filter.sql(days, &mut next));
        }
        let class =
            only.map_or_else(String::new, |name| format!(" AND p.class_name = {}", next(Value::from(name))));
        let sql = format!(
            "SELECT p.class_name, COUNT(*){counts} FROM pupil p{CARDS} \
             WHERE p.school_id = $1 AND p.erased_at IS NULL{class} GROUP BY p.class_name"
        );
        let rows = tx.query(&sql, &values).await?;
        let read = |row: &Row| {
            Ok(Self {
                class_name: row.take(0)?,
                pupils: row.take(1)?,
                no_base_card: row.take(2)?,
                expired: row.take(3)?,
                ends_soon: row.take(4)?,
                no_mobile_card: row.take(5)?,
                none_active: row.take(6)?,
                active: row.take(7)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The names of a school's classes, in no order.
    pub async fn names(tx: &mut dyn Statements, school: &SchoolId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT class_name FROM pupil WHERE school_id = $1 AND erased_at IS NULL";
        tx.query(sql, params![school]).await?.iter().map(|row| row.take(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_no_pattern() {
        assert_eq!(escaped("100%_a!"), "100!%!_a!!");
    }
}
