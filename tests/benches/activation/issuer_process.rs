//! The issuer as a process of its own: this program once more, which then is `issuer serve`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tests::office::Office;
use tests::postgres;
use tests::process::{self, Site, free_port};
use tests::world::World;

use crate::{Database, cpu, school};

/// A set-up issuer that listens; it ends with this value.
pub(crate) struct IssuerProcess {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its identifier.
    pub(crate) base: String,
    pub(super) office: Office,
    pub(super) school: String,
    pub(super) pupils: std::cell::Cell<u16>,
    /// From the start of its process until it called itself ready.
    pub(super) ready_after: Duration,
    child: process::IssuerProcess,
    _data: Option<TempDir>,
}

impl IssuerProcess {
    /// Sets one up and starts it; `None` (said aloud) where its database is not installed.
    pub(crate) async fn start(database: Database, pinned: bool) -> Option<Self> {
        let books = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres::fresh_database()?),
        };
        let folder = tempfile::tempdir().unwrap();
        let address = free_port();
        let base = format!("http://{address}");
        let program = std::env::current_exe().unwrap();
        let site = Site::set_up(&program, folder.path(), books, &base).await;
        // It logs as it would anywhere.
        let site = Site { core: pinned.then_some(cpu::SERVER_CORE), log_level: "info", ..site };
        let office = Office::new(&base, &site.token);
        let begun = Instant::now();
        let child = site.serve(address).await;
        let ready_after = begun.elapsed();
        let school = school::of(&office).await;
        let pupils = std::cell::Cell::new(1);
        Some(Self { address, base, office, school, pupils, ready_after, child, _data: Some(folder) })
    }

    /// Starts one on the data of a world whose own issuer has ended, at the same address; `school` is in its books.
    pub(crate) async fn over(world: &World, school: String) -> Self {
        let base = world.base().to_owned();
        let address = base.trim_start_matches("http://").parse().unwrap();
        let site = Site {
            program: std::env::current_exe().unwrap(),
            core: None,
            log_level: "info",
            data: world.database_file().parent().unwrap().to_owned(),
            database: None,
            public_url: base.clone(),
            token: String::new(),
        };
        let begun = Instant::now();
        let child = site.serve(address).await;
        let ready_after = begun.elapsed();
        // The world has used the first numbers.
        let (office, pupils) = (world.office.clone(), std::cell::Cell::new(3000));
        Self { address, base, office, school, pupils, ready_after, child, _data: None }
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}
