//! Rows, and the SQL that reads and writes them: one file a table, nothing decided here.

pub mod audit_entry;
pub mod base_card;
pub mod certificate;
pub mod credential_copy;
pub mod device;
pub mod dossier;
pub mod e_diary;
pub mod figures;
pub mod grant;
pub(crate) mod heartbeat;
pub mod idempotent_reply;
pub mod import_batch;
pub mod installation;
pub mod junior;
pub mod mobile_card;
pub mod notice;
pub mod order;
pub mod orphan;
pub mod personal;
pub mod photo_inbox;
pub mod portal_account;
pub mod pupil;
pub mod pupil_line;
pub mod revocation_list;
pub mod school;
pub mod session;
pub mod staff;
pub mod status_entry;
pub mod waiting;

/// Declares a row: a struct whose fields are the table's columns, with `insert` and `select`.
///
/// Its `Debug` shows the first column (the name of the row) alone: rows hold personal data and secrets' hashes.
macro_rules! row {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal {
            $(#[$first_doc:meta])* $first:ident: $first_type:ty,
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            $(#[$first_doc])* pub $first: $first_type,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.$first)
            }
        }

        impl $name {
            pub(in crate::store::tables) const COLUMNS: &'static [&'static str] = &[stringify!($first), $(stringify!($field),)*];

            /// Takes the row's columns, in their order.
            pub(in crate::store::tables) fn from_columns(
                columns: &mut $crate::store::sql::Columns,
            ) -> Result<Self, $crate::store::StoreError> {
                Ok(Self { $first: columns.next()?, $($field: columns.next()?,)* })
            }

            fn values(&self) -> Vec<$crate::store::Value> {
                vec![
                    $crate::store::Value::from(self.$first.clone()),
                    $($crate::store::Value::from(self.$field.clone()),)*
                ]
            }

            /// Writes a new row.
            ///
            /// # Errors
            /// When the database fails or a unique key refuses the row.
            pub async fn insert(
                &self,
                tx: &mut dyn $crate::store::Statements,
            ) -> Result<(), $crate::store::StoreError> {
                static SQL: std::sync::LazyLock<String> =
                    std::sync::LazyLock::new(|| $crate::store::tables::insert_sql($table, $name::COLUMNS));
                tx.execute(&SQL, &self.values()).await.map(|_| ())
            }

            /// Writes a new row unless a unique key is taken; answers whether it did.
            ///
            /// # Errors
            /// When the database fails.
            pub async fn insert_if_new(
                &self,
                tx: &mut dyn $crate::store::Statements,
            ) -> Result<bool, $crate::store::StoreError> {
                static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::store::tables::insert_sql($table, $name::COLUMNS) + " ON CONFLICT DO NOTHING"
                });
                Ok(tx.execute(&SQL, &self.values()).await? == 1)
            }

            /// The query of the rows that `rest` (what follows the table's name) picks.
            fn selecting(rest: &str) -> String {
                static HEAD: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    format!("SELECT {} FROM {} ", $name::COLUMNS.join(", "), $table)
                });
                [HEAD.as_str(), rest].concat()
            }

            /// The rows that `rest` (what follows the table's name) picks.
            async fn select(
                tx: &mut dyn $crate::store::Statements,
                rest: &str,
                params: &[$crate::store::Value],
            ) -> Result<Vec<Self>, $crate::store::StoreError> {
                Self::read(tx.query(&Self::selecting(rest), params).await?)
            }

            /// Reads the answer to a query of this table's rows.
            pub(crate) fn read(rows: Vec<$crate::store::Row>) -> Result<Vec<Self>, $crate::store::StoreError> {
                rows.into_iter().map(|row| Self::from_columns(&mut row.into_columns())).collect()
            }

            /// As `insert`, with what comes next: a key that refuses the row then fails the act.
            ///
            /// # Errors
            /// When the database fails.
            pub async fn insert_later(
                &self,
                tx: &mut dyn $crate::store::Statements,
            ) -> Result<(), $crate::store::StoreError> {
                static SQL: std::sync::LazyLock<String> =
                    std::sync::LazyLock::new(|| $crate::store::tables::insert_sql($table, $name::COLUMNS));
                tx.later(&SQL, self.values()).await
            }

            /// The row with this key, if there is one.
            ///
            /// # Errors
            /// When the database fails or the row is damaged.
            pub async fn find(
                tx: &mut dyn $crate::store::Statements,
                key: impl Into<$crate::store::Value>,
            ) -> Result<Option<Self>, $crate::store::StoreError> {
                let condition = concat!("WHERE ", stringify!($first), " = $1");
                Ok(Self::select(tx, condition, &[key.into()]).await?.into_iter().next())
            }

            /// Like `find`, and holds the row until the act ends.
            ///
            /// # Errors
            /// When the database fails or the row is damaged.
            pub async fn lock(
                tx: &mut dyn $crate::store::Statements,
                key: impl Into<$crate::store::Value>,
            ) -> Result<Option<Self>, $crate::store::StoreError> {
                let condition = format!(concat!("WHERE ", stringify!($first), " = $1{}"), tx.for_update());
                Ok(Self::select(tx, &condition, &[key.into()]).await?.into_iter().next())
            }
        }
    };
}
use row;

/// Erases the books, the cards and what hangs on them, with the accounts of single schools. Accounts of the
/// installation itself, their tokens and the audit trail stay.
pub(crate) async fn erase_books(
    tx: &mut dyn crate::store::Statements,
) -> Result<(), crate::store::StoreError> {
    let tables = [
        "junior_token",
        "junior_code",
        "portal_access",
        "portal_account",
        "photo_inbox",
        "import_reject",
        "import_batch",
        "notice",
        "e_diary",
        "idempotent_reply",
        "wallet_event",
        "spent_nonce",
        "status_entry",
        "credential_copy",
        "copy_source",
        "certificate",
        "device",
        "issue_grant",
        "issue_order",
        "mobile_card",
        "base_card",
        "photo_inbox",
        "photo",
        "application",
        "guardian",
        "pupil",
        "school_profile",
        "agreement",
        "school",
    ];
    let of_schools = "SELECT id FROM staff WHERE school_id IS NOT NULL";
    tx.execute(&format!("DELETE FROM session WHERE account_id IN ({of_schools}) OR realm = 'portal'"), &[])
        .await?;
    tx.execute(&format!("DELETE FROM api_token WHERE staff_id IN ({of_schools})"), &[]).await?;
    tx.execute("DELETE FROM staff WHERE school_id IS NOT NULL", &[]).await?;
    tx.execute("UPDATE session SET school_id = NULL", &[]).await?;
    for table in tables {
        tx.execute(&format!("DELETE FROM {table}"), &[]).await?;
    }
    // The next list is signed anew; its number goes on.
    tx.execute("UPDATE counter SET value = value + 1 WHERE name = 'revocations'", &[]).await?;
    Ok(())
}

fn insert_sql(table: &str, columns: &[&str]) -> String {
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "))
}

/// Declares an enum that is stored and sent as a fixed word.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident { $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let about = concat!($($doc,)* $("\n\n`", $word, "`:", $($variant_doc,)*)*);
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),*]))
                    .description(Some(about.trim()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl $name {
            /// The word that is stored and sent.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl From<$name> for $crate::store::Value {
            fn from(value: $name) -> Self {
                Self::from(value.word())
            }
        }

        impl $crate::store::sql::FromValue for $name {
            const EXPECTED: &'static str = concat!("expected a word of ", stringify!($name));
            fn from_value(value: $crate::store::Value) -> Option<Self> {
                match value {
                    $crate::store::Value::Text(text) => match text.as_str() {
                        $($word => Some(Self::$variant),)*
                        _ => None,
                    },
                    _ => None,
                }
            }
        }
    )*};
}
use words;
