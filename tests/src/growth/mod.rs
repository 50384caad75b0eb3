//! A country from one school: every pupil, card, phone and certificate of a school is written down again, as often as
//! one likes, under other names and numbers. What was issued to the first school is real; its copies are rows, good to
//! search, list, revoke and count, but no phone holds their keys. Their pictures are cut, so that millions fit on a desk.
//!
//! Rows are written beside the issuer, in the embedded database's file. The audit trail is left as it is.

mod names;
mod tables;

use std::ops::Range;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use self::names::Names;
use self::tables::{Rule, TABLES, Table};

/// Schools that are written in one transaction.
const AT_ONCE: u32 = 50;

/// How many of each a growth has written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grown {
    /// Schools.
    pub schools: u64,
    /// Pupils.
    pub pupils: u64,
    /// Mobile cards.
    pub cards: u64,
    /// Certificates, valid and revoked.
    pub certificates: u64,
}

/// Writes the school `school`, of the database in `file`, down again under each number in `copies`. The issuer may run
/// meanwhile. A number that was used before is refused by the database, whole.
///
/// # Errors
/// When the file is not that of an issuer, is busy, or is full.
pub fn multiply(file: &Path, school: &str, copies: Range<u32>) -> rusqlite::Result<Grown> {
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    // What is lost with the machine is made again.
    connection.execute_batch("PRAGMA synchronous=OFF; PRAGMA cache_size=-1000000; PRAGMA foreign_keys=ON")?;
    let template = Template::read(&connection, school)?;
    let mut grown = Grown::default();
    let mut begin = copies.start;
    while begin < copies.end {
        let end = copies.end.min(begin.saturating_add(AT_ONCE));
        let transaction = connection.transaction()?;
        for copy in begin..end {
            template.write(&transaction, copy)?;
            grown.schools += 1;
            grown.pupils += template.rows_of("pupil");
            grown.cards += template.rows_of("mobile_card");
            grown.certificates += template.rows_of("certificate");
        }
        transaction.commit()?;
        begin = end;
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize")?;
    Ok(grown)
}

/// The rows of a table, as wide as there are columns.
struct Rows {
    table: &'static Table,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// The rows of one school.
struct Template {
    tables: Vec<Rows>,
    names: Names,
    lists: i64,
}

impl Template {
    fn read(connection: &Connection, school: &str) -> rusqlite::Result<Self> {
        let mut names = Names::default();
        let mut tables = Vec::new();
        for table in TABLES {
            let mut statement =
                connection.prepare(&format!("SELECT * FROM {} WHERE {}", table.name, table.of_school))?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let width = columns.len();
            let rows = statement.query_map([school], |row| (0..width).map(|at| row.get(at)).collect())?;
            let rows: Vec<Vec<Value>> = rows.collect::<rusqlite::Result<_>>()?;
            if let Some(at) = columns.iter().position(|column| column == "id") {
                names.know(rows.iter().map(|row| &row[at]));
            }
            tables.push(Rows { table, columns, rows });
        }
        let lists =
            connection.query_row("SELECT COALESCE(MAX(number), 0) FROM status_list", [], |row| row.get(0))?;
        Ok(Self { tables, names, lists })
    }

    fn rows_of(&self, name: &str) -> u64 {
        self.tables.iter().find(|of| of.table.name == name).map_or(0, |of| of.rows.len() as u64)
    }

    fn write(&self, connection: &Connection, copy: u32) -> rusqlite::Result<()> {
        for Rows { table, columns, rows } in &self.tables {
            let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
            let sql =
                format!("INSERT INTO {} ({}) VALUES ({})", table.name, columns.join(", "), places.join(", "));
            let mut insert = connection.prepare_cached(&sql)?;
            for (number, row) in rows.iter().enumerate() {
                let number = u64::from(copy) * rows.len() as u64 + number as u64;
                let mut changed = Vec::with_capacity(row.len());
                for (column, value) in columns.iter().zip(row) {
                    changed.push(self.value(table.rule(column), value, copy, number));
                }
                if table.name == "pupil" {
                    names::search_by_number(columns, row, &mut changed);
                }
                if table.name == "status_entry" {
                    self.open_list(connection, columns, &changed)?;
                }
                insert.execute(params_from_iter(changed))?;
            }
        }
        Ok(())
    }

    /// `value` as it stands in a copy; `number` counts the rows of its table over all copies.
    fn value(&self, rule: Rule, value: &Value, copy: u32, number: u64) -> Value {
        match rule {
            Rule::Kept => self.names.of_copy(value, copy),
            Rule::Rspo => Value::Integer(1_000_000 + i64::from(copy)),
            Rule::Born => Value::Text(names::birth(number).to_string()),
            Rule::Pesel => Value::Text(names::pesel(number)),
            Rule::Drawn => names::drawn(value, copy),
            Rule::Cut => names::cut(value),
            Rule::List => Value::Integer(self.lists + 1 + tables::list(number)),
            Rule::Place => Value::Integer(tables::place(number)),
        }
    }

    fn open_list(
        &self,
        connection: &Connection,
        columns: &[String],
        entry: &[Value],
    ) -> rusqlite::Result<()> {
        let Some(at) = columns.iter().position(|column| column == "list") else { return Ok(()) };
        let open = "INSERT INTO status_list (number, opened_at) \
                    SELECT ?1, MAX(opened_at) FROM status_list WHERE true ON CONFLICT DO NOTHING";
        connection.prepare_cached(open)?.execute([&entry[at]]).map(|_| ())
    }
}
