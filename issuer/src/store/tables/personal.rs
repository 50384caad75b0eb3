//! Everything that is kept on one pupil, table by table: read whole, or erased.
//!
//! A test sees to it that no table which names a pupil, a card, a device or an account is forgotten here.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::store::id::PupilId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError, Value};

/// The pupil's mobile cards, as a part of a condition.
const CARDS: &str = "(SELECT id FROM mobile_card WHERE pupil_id = $1)";
/// The pupil's accounts on the portal.
const ACCOUNTS: &str = "(SELECT account_id FROM portal_access WHERE pupil_id = $1)";

/// What is kept in one table: its name, the columns that are told, and which rows are the pupil's. Hashes, keys and
/// passwords are not told: they say nothing of the pupil, and open something.
type Kept = (&'static str, &'static [&'static str], &'static str);

const KEPT: &[Kept] = &[
    (
        "pupil",
        &[
            "id",
            "school_id",
            "given_names",
            "surname",
            "pesel",
            "other_document",
            "birth_date",
            "street_line",
            "postal_code",
            "city",
            "class_name",
            "version",
            "created_at",
        ],
        "id = $1",
    ),
    ("guardian", &["id", "given_names", "surname", "email", "created_at", "removed_at"], "pupil_id = $1"),
    (
        "application",
        &[
            "id",
            "applicant",
            "guardian_id",
            "received_on",
            "minor_may_collect",
            "state",
            "note",
            "completed_on",
            "created_at",
        ],
        "pupil_id = $1",
    ),
    ("photo", &["id", "jpeg", "width", "height", "created_at"], "pupil_id = $1"),
    (
        "photo_inbox",
        &[
            "id",
            "origin",
            "sender",
            "sender_address",
            "subject",
            "file_name",
            "purpose",
            "picture",
            "state",
            "reason",
            "note",
            "answer",
            "sent_at",
            "received_at",
            "expires_at",
        ],
        "pupil_id = $1",
    ),
    (
        "base_card",
        &[
            "id",
            "school_id",
            "rspo",
            "year",
            "number",
            "form",
            "issued_on",
            "valid_until",
            "state",
            "void_reason",
            "duplicate_of",
            "created_at",
        ],
        "pupil_id = $1",
    ),
    ("mobile_card", &["id", "base_card_id", "school_id", "created_at"], "pupil_id = $1"),
    (
        "issue_order",
        &["id", "school_id", "application_id", "base_card_id", "state", "deadline_on", "created_at"],
        "pupil_id = $1",
    ),
    (
        "issue_grant",
        &[
            "id",
            "card_id",
            "order_id",
            "state",
            "failures",
            "device_id",
            "created_at",
            "expires_at",
            "collected_at",
            "collected_by",
        ],
        "card_id IN ",
    ),
    (
        "device",
        &[
            "id",
            "card_id",
            "slot",
            "slots",
            "name",
            "platform",
            "os_version",
            "app_version",
            "state",
            "activated_at",
            "ended_at",
            "end_reason",
        ],
        "card_id IN ",
    ),
    (
        "certificate",
        &[
            "serial",
            "device_id",
            "card_id",
            "state",
            "der",
            "card_data",
            "photo_id",
            "not_after",
            "prepared_at",
            "issued_at",
            "ended_at",
            "end_reason",
        ],
        "card_id IN ",
    ),
    ("credential_copy", &["id", "device_id", "card_id", "format", "issued_at", "expires_at"], "card_id IN "),
    ("copy_source", &["device_id", "card_id", "card_data"], "card_id IN "),
    ("notice", &["id", "channel", "recipient", "subject", "body", "state", "created_at"], "pupil_id = $1"),
    ("portal_account", &["id", "kind", "login", "full_name", "created_at", "ended_at"], "id IN "),
    ("portal_access", &["account_id", "guardian_id", "created_at"], "pupil_id = $1"),
];

/// Whose rows a condition picks.
fn condition((table, _, rows): &Kept) -> String {
    let of = if *table == "portal_account" { ACCOUNTS } else { CARDS };
    if rows.ends_with("IN ") { format!("{rows}{of}") } else { (*rows).to_owned() }
}

/// Everything that is kept on a pupil: the name of each table with its rows. Instants are RFC 3339, bytes base64.
pub async fn everything(
    tx: &mut dyn Statements,
    pupil: &PupilId,
) -> Result<Vec<(&'static str, Vec<Json>)>, StoreError> {
    let mut all = Vec::new();
    for kept in KEPT {
        let (table, columns, _) = kept;
        let sql = format!("SELECT {} FROM {table} WHERE {}", columns.join(", "), condition(kept));
        let mut rows = Vec::new();
        for row in tx.query(&sql, params![pupil]).await? {
            let mut told = Map::new();
            for (column, value) in columns.iter().zip(&row.0) {
                told.insert((*column).to_owned(), tell(column, value)?);
            }
            rows.push(Json::Object(told));
        }
        all.push((*table, rows));
    }
    Ok(all)
}

fn tell(column: &str, value: &Value) -> Result<Json, StoreError> {
    use base64::Engine as _;
    let instant = column.ends_with("_at") || column == "not_after";
    Ok(match value {
        Value::Null => Json::Null,
        Value::Int(number) if instant => {
            let at = Timestamp::from_microsecond(*number);
            at.map_err(|_| StoreError::Damaged("expected an instant"))?.to_string().into()
        }
        Value::Int(number) if column == "minor_may_collect" => (*number != 0).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => base64::prelude::BASE64_STANDARD.encode(bytes).into(),
    })
}

/// Ids under which the audit trail and remembered answers speak of the pupil.
pub async fn ids(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<String>, StoreError> {
    let mut ids = vec![pupil.as_str().to_owned()];
    for kept in KEPT {
        let (table, columns, _) = kept;
        if columns.first() != Some(&"id") || *table == "pupil" {
            continue;
        }
        let sql = format!("SELECT id FROM {table} WHERE {}", condition(kept));
        for row in tx.query(&sql, params![pupil]).await? {
            ids.push(row.take(0)?);
        }
    }
    Ok(ids)
}

/// Erases everything personal but the pupil's own row. Cards are off their devices already.
///
/// Serial numbers, their end and the reason stay: revocation lists name them until they would have expired. So do
/// the numbers of base cards, which are never given twice.
pub async fn erase(tx: &mut dyn Statements, pupil: &PupilId) -> Result<(), StoreError> {
    // What programs were answered lately may repeat any of it.
    for id in ids(tx, pupil).await? {
        let like = format!("%{id}%");
        tx.execute("DELETE FROM idempotent_reply WHERE body LIKE $1", params![like]).await?;
    }
    // Nobody knows whose a picture is that may be the pupil's; one that is said to be another child's stays.
    let guessed = "guesses LIKE $2 AND COALESCE(pupil_id, $1) = $1";
    let like = format!("%{pupil}%");
    tx.execute(&format!("DELETE FROM photo_inbox WHERE {guessed}"), params![pupil, like.clone()]).await?;
    tx.execute("UPDATE photo_inbox SET guesses = '[]' WHERE guesses LIKE $1", params![like]).await?;
    let guardians = "(SELECT lower(email) FROM guardian WHERE pupil_id = $1 AND email IS NOT NULL)";
    let alone = "NOT EXISTS (SELECT 1 FROM portal_access other WHERE other.account_id = portal_account.id \
                 AND other.pupil_id <> $1)";
    let accounts = format!("{ACCOUNTS} AND {alone}");
    let statements = [
        format!(
            "DELETE FROM photo_inbox WHERE pupil_id = $1 OR (pupil_id IS NULL AND sender_address IN {guardians})"
        ),
        "DELETE FROM photo WHERE pupil_id = $1".to_owned(),
        "DELETE FROM notice WHERE pupil_id = $1".to_owned(),
        format!(
            "DELETE FROM session WHERE realm = 'portal' AND account_id IN \
             (SELECT id FROM portal_account WHERE id IN {accounts})"
        ),
        format!(
            "DELETE FROM junior_token WHERE account_id IN (SELECT id FROM portal_account WHERE id IN {accounts})"
        ),
        format!(
            "DELETE FROM junior_code WHERE account_id IN (SELECT id FROM portal_account WHERE id IN {accounts})"
        ),
        // Accounts go after what names them, but are known by it: their logins and names first.
        format!(
            "UPDATE portal_account SET login = id, full_name = '', password_hash = '', \
             ended_at = COALESCE(ended_at, created_at) WHERE id IN {accounts}"
        ),
        "DELETE FROM portal_access WHERE pupil_id = $1".to_owned(),
        "UPDATE application SET note = NULL, guardian_id = NULL WHERE pupil_id = $1".to_owned(),
        "DELETE FROM guardian WHERE pupil_id = $1".to_owned(),
        format!(
            "UPDATE wallet_event SET description = NULL WHERE notification_id IN \
             (SELECT notification_id FROM certificate WHERE card_id IN {CARDS})"
        ),
        format!(
            "UPDATE device SET name = '', platform = '', os_version = '', app_version = '' WHERE card_id IN {CARDS}"
        ),
    ];
    for sql in statements {
        tx.execute(&sql, params![pupil]).await?;
    }
    for table in ["credential_copy", "copy_source"] {
        tx.execute(&format!("DELETE FROM {table} WHERE card_id IN {CARDS}"), params![pupil]).await?;
    }
    let sql = format!(
        "UPDATE certificate SET tbs = $2, der = NULL, card_data = $2, card_inputs = $3, photo_id = NULL \
         WHERE card_id IN {CARDS}"
    );
    tx.execute(&sql, params![pupil, Vec::new(), [0_u8; 32]]).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::Books;
    use crate::store::Verb;

    struct Columns;

    #[async_trait::async_trait]
    impl Verb for Columns {
        type Answer = Vec<(String, String)>;

        async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
            let sql = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
            tx.query(sql, &[]).await?.iter().map(|row| Ok((row.take(0)?, row.take(1)?))).collect()
        }
    }

    /// Tables that name a pupil, a card, a device or a portal account and are dealt with apart.
    const APART: &[&str] = &["status_entry", "session", "spent_nonce", "junior_code", "junior_token"];

    #[tokio::test]
    async fn every_table_that_speaks_of_a_pupil_is_named() {
        let books = Books::new().await;
        let known: Vec<&str> = KEPT.iter().map(|(table, _, _)| *table).collect();
        for (table, column) in books.read(Columns).await {
            let speaks = ["pupil_id", "card_id", "device_id", "account_id", "guardian_id"];
            if speaks.contains(&column.as_str()) {
                let table = table.as_str();
                assert!(known.contains(&table) || APART.contains(&table), "{table}.{column}");
            }
        }
    }
}
