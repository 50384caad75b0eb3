//! Entering many pupils at once, from a table: read, judged row by row, shown, and only then entered.
//!
//! A file becomes a [`Table`]; [`judge`] says of every row what would be entered or what is wrong with it;
//! [`TakeIn`] keeps the file for a day with what was found; [`ConfirmImport`] and [`start`] enter the rows, a few
//! in each transaction, each row whole or not at all.

mod aside;
mod batch;
mod column;
mod encoding;
mod row;
mod run;
mod sheet;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use self::aside::desks;
pub use self::aside::read_and_judge;
pub use self::batch::{
    ConfirmImport, ForgetImports, ImportFile, ImportRefusal, ListImports, ReadImport, StopImport, TakeIn,
};
pub(crate) use self::batch::{end, table_of};
pub use self::column::{Column, REASON, ROW};
pub use self::row::{Judged, NewRow, RowFault, judge};
pub use self::run::{Means, run, start, start_abandoned};
pub use self::table::{Row, Table, TableRefusal};

/// The largest file, in bytes.
pub const FILE_LIMIT: usize = 5 * 1024 * 1024;
/// The most rows of a table, without its heading.
pub const ROW_LIMIT: usize = 20_000;
