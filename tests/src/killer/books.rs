//! What stands in the database, read past the issuer: by SQL of our own, every value as text, all tables at one instant.

use std::path::PathBuf;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Where the books are.
#[derive(Debug, Clone)]
pub enum Shelf {
    /// SQLite's file.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

/// A slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Its id.
    pub id: String,
    /// The card that it opens.
    pub card: String,
    /// `ready`, `bound`, `locked` and so on.
    pub state: String,
    /// Wrong codes so far.
    pub failures: u64,
    /// The device that it opened.
    pub device: Option<String>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id.
    pub id: String,
    /// The card that it holds or held.
    pub card: String,
    /// The slip that opened it.
    pub grant: String,
    /// Its place on the card, from 1.
    pub slot: u64,
    /// `pending`, `live`, `revoked`, `deleted` or `void`.
    pub state: String,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Whose it is.
    pub device: String,
    /// `prepared`, `issued`, `revoked` or `voided`.
    pub state: String,
    /// The whole certificate in hexadecimal, once it is signed.
    pub der: Option<String>,
}

/// A place on a status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// Which list.
    pub list: u64,
    /// Which place on it.
    pub place: u64,
    /// Whose copy it is.
    pub device: String,
    /// Whether the copy was taken back.
    pub ended: bool,
}

/// The tables that were promised something about, at one instant.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Slips.
    pub grants: Vec<GrantRow>,
    /// Devices.
    pub devices: Vec<DeviceRow>,
    /// Certificates.
    pub certificates: Vec<CertificateRow>,
    /// Places on status lists.
    pub statuses: Vec<StatusRow>,
    /// Everything that the audit trail has an entry about.
    pub audited: Vec<String>,
}

const QUERIES: [&str; 5] = [
    "SELECT id, card_id, state, failures, device_id FROM issue_grant",
    "SELECT id, card_id, grant_id, slot, state FROM device ORDER BY activated_at, id",
    "SELECT serial, device_id, state, der FROM certificate",
    "SELECT list, place, device_id, CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END FROM status_entry",
    "SELECT DISTINCT subject FROM audit_entry",
];

type Table = Vec<Vec<Option<String>>>;

impl Shelf {
    /// Changes SQLite's file behind everybody's back.
    ///
    /// # Panics
    /// When the books are elsewhere, or the statement changes nothing.
    pub fn spoil(&self, statement: &str) {
        let Self::Sqlite(path) = self else { panic!("only a file can be spoiled") };
        let database = Connection::open(path).expect("the database");
        let changed = database.execute(statement, []).expect("a statement");
        assert!(changed > 0, "{statement} changes nothing");
    }

    /// Reads the books at one instant.
    pub async fn read(&self) -> Books {
        let tables = match self {
            Self::Sqlite(path) => read_sqlite(path.clone()).await,
            Self::Postgres(address) => read_postgres(address).await,
        };
        let [grants, devices, certificates, statuses, audited] = tables;
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let number = |cell: &Option<String>| text(cell).parse().expect("a number");
        Books {
            grants: grants
                .iter()
                .map(|row| GrantRow {
                    id: text(&row[0]),
                    card: text(&row[1]),
                    state: text(&row[2]),
                    failures: number(&row[3]),
                    device: row[4].clone(),
                })
                .collect(),
            devices: devices
                .iter()
                .map(|row| DeviceRow {
                    id: text(&row[0]),
                    card: text(&row[1]),
                    grant: text(&row[2]),
                    slot: number(&row[3]),
                    state: text(&row[4]),
                })
                .collect(),
            certificates: certificates
                .iter()
                .map(|row| CertificateRow {
                    serial: text(&row[0]),
                    device: text(&row[1]),
                    state: text(&row[2]),
                    der: row[3].clone(),
                })
                .collect(),
            statuses: statuses
                .iter()
                .map(|row| StatusRow {
                    list: number(&row[0]),
                    place: number(&row[1]),
                    device: text(&row[2]),
                    ended: number(&row[3]) == 1,
                })
                .collect(),
            audited: audited.iter().map(|row| text(&row[0])).collect(),
        }
    }
}

async fn read_sqlite(path: PathBuf) -> [Table; 5] {
    let read = tokio::task::spawn_blocking(move || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).expect("the database");
        database.busy_timeout(std::time::Duration::from_secs(10)).expect("patience");
        database.execute_batch("BEGIN").expect("a snapshot");
        QUERIES.map(|sql| {
            let mut statement = database.prepare(sql).expect("a table");
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| {
                (0..columns).map(|at| row.get_ref(at).map(as_text)).collect::<Result<Vec<_>, _>>()
            });
            rows.expect("rows").collect::<Result<_, _>>().expect("rows")
        })
    });
    read.await.expect("a reader")
}

fn as_text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(hex(bytes)),
    }
}

async fn read_postgres(address: &str) -> [Table; 5] {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.expect("the database");
    let connection = tokio::spawn(connection);
    client.simple_query("BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("a snapshot");
    let mut tables: [Table; 5] = Default::default();
    for (table, sql) in tables.iter_mut().zip(QUERIES) {
        for message in client.simple_query(sql).await.expect("a table") {
            if let SimpleQueryMessage::Row(row) = message {
                // Bytes come as `\x` and hexadecimal digits.
                let cell = |at| row.get(at).map(|text| text.strip_prefix("\\x").unwrap_or(text).to_owned());
                table.push((0..row.len()).map(cell).collect());
            }
        }
    }
    drop(client);
    let _ = connection.await;
    tables
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |hex, byte| hex + &format!("{byte:02x}"))
}
