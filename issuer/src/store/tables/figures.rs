//! What waits on a day, in numbers.

use jiff::Timestamp;

use super::pupil_line::Days;
use crate::store::id::SchoolId;
use crate::store::{Statements, StoreError, Value};

/// Pupils with orders that are not carried out yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderFigures {
    /// With one past its last day.
    pub overdue: i64,
    /// With one whose last day is today or comes within days.
    pub due: i64,
    /// With one whose last day comes later, or that has none.
    pub later: i64,
    /// With one that waits for a photo or a base card.
    pub waiting: i64,
}

/// Slips that can still open a device, and those that somebody has locked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlipFigures {
    /// Whose time is up soon.
    pub expiring: i64,
    /// That nobody has collected.
    pub uncollected: i64,
    /// That were collected and have opened nothing yet.
    pub not_activated: i64,
    /// That five wrong codes have locked, and that are not filed yet.
    pub locked: i64,
}

/// Pictures that were sent in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhotoFigures {
    /// That nobody has looked at yet.
    pub waiting: i64,
    /// That were refused.
    pub refused: i64,
}

/// The condition on the class, with its value.
fn of_class(class: Option<&str>, values: &mut Vec<Value>) -> String {
    class.map_or_else(String::new, |class| {
        values.push(Value::from(class));
        format!(" AND p.class_name = ${}", values.len())
    })
}

impl OrderFigures {
    /// Counts the pupils of a school, or of one class, by the same conditions as
    /// [`PupilFilter`](super::pupil_line::PupilFilter).
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        class: Option<&str>,
        days: Days,
    ) -> Result<Self, StoreError> {
        let mut values = vec![Value::from(school), Value::from(days.today), Value::from(days.due)];
        let class = of_class(class, &mut values);
        let sql = format!(
            "SELECT COUNT(DISTINCT p.id) FILTER (WHERE o.deadline_on < $2), \
             COUNT(DISTINCT p.id) FILTER (WHERE o.deadline_on >= $2 AND o.deadline_on <= $3), \
             COUNT(DISTINCT p.id) FILTER (WHERE o.deadline_on > $3 OR o.deadline_on IS NULL), \
             COUNT(DISTINCT p.id) FILTER (WHERE o.state = 'waiting') \
             FROM issue_order o JOIN pupil p ON p.id = o.pupil_id \
             WHERE p.school_id = $1 AND o.school_id = p.school_id AND p.erased_at IS NULL \
             AND o.state IN ('waiting', 'ready'){class}"
        );
        let Some(row) = tx.first(&sql, &values).await? else { return Ok(Self::default()) };
        Ok(Self { overdue: row.take(0)?, due: row.take(1)?, later: row.take(2)?, waiting: row.take(3)? })
    }
}

impl SlipFigures {
    /// Counts the open slips of a school, or of one class. Codes that the portal shows are no slips: nobody
    /// collects them.
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        class: Option<&str>,
        now: Timestamp,
        soon: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut values = vec![Value::from(school), Value::from(now), Value::from(soon)];
        let class = of_class(class, &mut values);
        let sql = format!(
            "SELECT COUNT(*) FILTER (WHERE g.state = 'ready' AND g.expires_at <= $3), \
             COUNT(*) FILTER (WHERE g.state = 'ready' AND g.collected_at IS NULL), \
             COUNT(*) FILTER (WHERE g.state = 'ready' AND g.collected_at IS NOT NULL), \
             COUNT(*) FILTER (WHERE g.state = 'locked' AND g.filed_at IS NULL) \
             FROM issue_grant g JOIN mobile_card m ON m.id = g.card_id JOIN pupil p ON p.id = m.pupil_id \
             WHERE m.school_id = $1 AND p.school_id = m.school_id AND p.erased_at IS NULL \
             AND ((g.state = 'ready' AND g.expires_at > $2) OR g.state = 'locked') \
             AND g.code_mac IS NOT NULL{class}"
        );
        let Some(row) = tx.first(&sql, &values).await? else { return Ok(Self::default()) };
        Ok(Self {
            expiring: row.take(0)?,
            uncollected: row.take(1)?,
            not_activated: row.take(2)?,
            locked: row.take(3)?,
        })
    }
}

impl PhotoFigures {
    /// Counts the pictures in a school's inbox.
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT COUNT(*) FILTER (WHERE state = 'waiting'), COUNT(*) FILTER (WHERE state = 'refused') \
                   FROM photo_inbox WHERE school_id = $1 AND expires_at > $2";
        let Some(row) = tx.first(sql, &[Value::from(school), Value::from(now)]).await? else {
            return Ok(Self::default());
        };
        Ok(Self { waiting: row.take(0)?, refused: row.take(1)? })
    }
}
