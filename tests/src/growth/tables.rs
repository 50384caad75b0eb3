//! Which rows belong to a school, and which of their columns differ between copies.

use shared::status::LIST_SIZE;

/// How a column's value becomes that of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// As it is; if it is the id of something that is copied too, that one's copy.
    Kept,
    /// A school's number in the register of schools.
    Rspo,
    /// A birth date that fits the made-up PESEL.
    Born,
    /// A made-up PESEL, different for each.
    Pesel,
    /// Something that was random: other bytes or letters of the same length.
    Drawn,
    /// A picture, or data with one in them: the first few bytes.
    Cut,
    /// The number of a status list.
    List,
    /// The place on it.
    Place,
}

/// A table of which a school has rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Which rows; `?1` is the school.
    pub(super) of_school: &'static str,
    rules: &'static [(&'static str, Rule)],
}

impl Table {
    pub(super) fn rule(&self, column: &str) -> Rule {
        self.rules.iter().find(|(name, _)| *name == column).map_or(Rule::Kept, |(_, rule)| *rule)
    }
}

const OF_PUPILS: &str = "pupil_id IN (SELECT id FROM pupil WHERE school_id = ?1)";
const OF_CARDS: &str = "card_id IN (SELECT id FROM mobile_card WHERE school_id = ?1)";

const fn table(name: &'static str, of_school: &'static str, rules: &'static [(&'static str, Rule)]) -> Table {
    Table { name, of_school, rules }
}

/// In an order in which each refers to those before it.
pub(super) static TABLES: &[Table] = &[
    table("school", "id = ?1", &[("rspo", Rule::Rspo)]),
    table("agreement", "school_id = ?1", &[]),
    table("school_profile", "school_id = ?1", &[]),
    table("pupil", "school_id = ?1", &[("pesel", Rule::Pesel), ("birth_date", Rule::Born)]),
    table("guardian", OF_PUPILS, &[]),
    table("application", OF_PUPILS, &[]),
    table("photo", OF_PUPILS, &[("jpeg", Rule::Cut)]),
    table("base_card", "school_id = ?1", &[("rspo", Rule::Rspo)]),
    table("mobile_card", "school_id = ?1", &[]),
    table("issue_order", "school_id = ?1", &[]),
    table(
        "issue_grant",
        OF_CARDS,
        &[("offer_hash", Rule::Drawn), ("typed_hash", Rule::Drawn), ("code_mac", Rule::Drawn)],
    ),
    table("device", OF_CARDS, &[("thumbprint", Rule::Drawn)]),
    table(
        "certificate",
        OF_CARDS,
        &[("serial", Rule::Drawn), ("notification_id", Rule::Drawn), ("card_data", Rule::Cut)],
    ),
    table("copy_source", OF_CARDS, &[("card_data", Rule::Cut)]),
    table("credential_copy", OF_CARDS, &[("thumbprint", Rule::Drawn), ("signed", Rule::Cut)]),
    table(
        "status_entry",
        "device_id IN (SELECT id FROM device WHERE card_id IN (SELECT id FROM mobile_card WHERE school_id = ?1))",
        &[("list", Rule::List), ("place", Rule::Place)],
    ),
];

/// Taken places of a full list: the issuer opens another one when nine of ten are.
const TAKEN: u64 = LIST_SIZE as u64 / 10 * 9;

/// How many lists are full before the entry `number`.
pub(super) fn list(number: u64) -> i64 {
    i64::try_from(number / TAKEN).unwrap_or(i64::MAX)
}

/// Where the entry `number` stands: scattered, each place once a list, since an odd factor permutes a power of two.
pub(super) fn place(number: u64) -> i64 {
    i64::try_from((number % TAKEN * 40_503) % u64::from(LIST_SIZE)).unwrap_or(0)
}
