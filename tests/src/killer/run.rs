//! A run: set up, kill, start, judge, again and again.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinSet;
use wallet::trust::RootCertificate;

use super::books::{Books, Shelf};
use super::ledger::SharedLedger;
use super::load::{Seat, Supplies, office_acts};
use super::relay::Relay;
use super::report::Report;
use super::rules::{Finding, Rule, judge_books, judge_testimony, unfetched};
use super::witness::Witness;
use crate::fuzz::mutate::Chance;
use crate::office::Office;
use crate::process::{IssuerProcess, Site, free_port};

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program that is an issuer when it is told so.
    pub program: PathBuf,
    /// A `postgres://` address of an empty database; SQLite without.
    pub database: Option<String>,
    /// How many issuers share the database.
    pub issuers: usize,
    /// How many kills.
    pub kills: u64,
    /// Pupils of each of the two schools.
    pub pupils: u16,
    /// The longest time between two kills.
    pub load: Duration,
    /// What chance begins with.
    pub seed: u64,
    /// A statement that somebody slips into SQLite's file while the issuer lies dead for the last time: a promise that
    /// is broken on purpose, to see that it is found.
    pub sabotage: Option<&'static str>,
}

/// Everything that runs.
struct Scene {
    site: Site,
    issuers: Vec<IssuerProcess>,
    relay: Relay,
    office: Office,
    witness: Witness,
    shelf: Shelf,
    seats: Vec<Arc<Mutex<Seat>>>,
    ledger: SharedLedger,
    chance: Chance,
    findings: Vec<Finding>,
    checks: u64,
}

/// How long one step may take, busy machines included. What takes longer has stopped: there is no answer for a phone,
/// the office or a witness, and they do not give up.
const STEP: Duration = Duration::from_secs(300);

/// Runs a plan. `progress` is told now and then.
///
/// # Panics
/// When an issuer cannot be set up or does not start again, or a step takes longer than five minutes.
pub async fn run(plan: &Plan, progress: impl Fn(&str)) -> Report {
    let begun = std::time::Instant::now();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut scene = Scene::set(plan, folder.path()).await;
    let gate = Arc::new(RwLock::new(()));
    let over = Arc::new(AtomicBool::new(false));
    let crowd = scene.crowd(&gate, &over);
    for kill in 1..=plan.kills {
        let sabotage = plan.sabotage.filter(|_| kill == plan.kills);
        let victim = scene.kill_one(plan, sabotage).await;
        // Nobody begins anything until the books were judged; half of the time not even while the issuer starts.
        let early = if scene.chance.below(2) == 0 {
            Some(in_time("until nobody waits for a dead issuer", gate.write()).await)
        } else {
            None
        };
        in_time("to start again", scene.start(victim)).await;
        let quiet = match early {
            Some(quiet) => quiet,
            None => in_time("until nobody waits for an answer", gate.write()).await,
        };
        in_time("to judge what a dead issuer left", scene.check(false)).await;
        in_time("to get every answer that is due", scene.finish()).await;
        in_time("to judge what everybody has", scene.check(true)).await;
        drop(quiet);
        if kill % 25 == 0 || kill == plan.kills {
            let found = scene.findings.len();
            let activations = scene.ledger.open().counts.activations;
            progress(&format!("{kill} kills, {activations} activations, {found} findings"));
        }
    }
    over.store(true, Ordering::SeqCst);
    in_time("until everybody has gone", crowd.join_all()).await;
    in_time("to get the last answers", scene.finish()).await;
    in_time("to judge the end", scene.check(true)).await;
    scene.report(plan, begun.elapsed()).await
}

impl Scene {
    async fn set(plan: &Plan, folder: &Path) -> Self {
        let relay = Relay::to(&[]).await;
        let base = format!("http://{}", relay.address);
        let site = Site::set_up(&plan.program, folder, plan.database.clone(), &base).await;
        let ports: Vec<SocketAddr> = (0..plan.issuers).map(|_| free_port()).collect();
        relay.lead_to(&ports);
        let mut issuers = Vec::new();
        for port in ports {
            issuers.push(site.serve(port).await);
        }
        let office = Office::new(&base, &site.token);
        let shelf = match &plan.database {
            None => Shelf::Sqlite(site.data.join("issuer.db")),
            Some(address) => Shelf::Postgres(address.clone()),
        };
        let ledger = SharedLedger::default();
        let witness = Witness::of(&base).await;
        let mut chance = Chance::new(plan.seed);
        let root = crate::http::get(format!("{base}/pki/ca/root.pem")).await.expect("a root");
        let root = RootCertificate::parse(&root.bytes().await.expect("a root")).expect("a root");
        let supplies = Supplies { folder, base: &base, root: &root, ledger: &ledger };
        let mut seats = Vec::new();
        for (n, preset, places) in [(0, "legacy-2019", 1), (1, "zpe-2025", 5)] {
            let school = office.school(990_001 + n, "Szkoła na Próbę", preset, json!({})).await;
            for pupil in 0..plan.pupils {
                let number = 1 + pupil + plan.pupils * u16::try_from(n).unwrap_or(0);
                let (pupil, _) = office.pupil_without_card(&school, number).await;
                office.base_card_of_today(&pupil).await;
                let seat = Seat::take(&supplies, (&office, &pupil), places, Chance::new(chance.number()));
                seats.push(Arc::new(Mutex::new(seat.await)));
            }
        }
        Self {
            site,
            issuers,
            relay,
            office,
            witness,
            shelf,
            seats,
            ledger,
            chance,
            findings: Vec::new(),
            checks: 0,
        }
    }

    /// The pupils and the office at work, each in a task of its own.
    fn crowd(&mut self, gate: &Arc<RwLock<()>>, over: &Arc<AtomicBool>) -> JoinSet<()> {
        let mut crowd = JoinSet::new();
        for seat in &self.seats {
            let (seat, gate, over) = (Arc::clone(seat), Arc::clone(gate), Arc::clone(over));
            let mut chance = Chance::new(self.chance.number());
            crowd.spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    let pass = gate.read().await;
                    seat.lock().await.act().await;
                    drop(pass);
                    pause(&mut chance, 15).await;
                }
            });
        }
        let (office, ledger) = (self.office.clone(), self.ledger.clone());
        let (gate, over) = (Arc::clone(gate), Arc::clone(over));
        let mut chance = Chance::new(self.chance.number());
        let seats = self.seats.clone();
        crowd.spawn(async move {
            let mut desks = Vec::new();
            for seat in seats {
                desks.push(Arc::clone(&seat.lock().await.desk));
            }
            while !over.load(Ordering::SeqCst) {
                let pass = gate.read().await;
                let desk = chance.below(desks.len());
                office_acts(&office, &desks[desk], &ledger, &mut chance).await;
                drop(pass);
                pause(&mut chance, 60).await;
            }
        });
        crowd
    }

    /// Kills somebody; who it was.
    async fn kill_one(&mut self, plan: &Plan, sabotage: Option<&str>) -> usize {
        let longest = usize::try_from(plan.load.as_millis()).unwrap_or(usize::MAX);
        pause(&mut self.chance, longest).await;
        let victim = self.chance.below(self.issuers.len());
        self.slay(victim);
        // The phones meet a dead issuer for a while.
        pause(&mut self.chance, 40).await;
        if let Some(statement) = sabotage {
            self.shelf.spoil(statement);
        }
        let listen = self.issuers[victim].listen;
        if self.chance.below(8) == 0 {
            self.issuers[victim] = self.site.start(listen);
            pause(&mut self.chance, 250).await;
            self.ledger.open().counts.kills_at_start += 1;
            self.slay(victim);
        }
        victim
    }

    async fn start(&mut self, victim: usize) {
        let listen = self.issuers[victim].listen;
        self.issuers[victim] = self.site.serve(listen).await;
    }

    fn slay(&mut self, victim: usize) {
        self.issuers[victim].kill();
        let said = self.issuers[victim].said();
        let mut ledger = self.ledger.open();
        ledger.counts.kills += 1;
        for line in said.lines().filter(|line| line.contains("panicked")) {
            ledger.outrages.push(line.to_owned());
        }
    }

    /// Everybody who waits for an answer asks again.
    async fn finish(&self) {
        let mut waiting = JoinSet::new();
        for seat in &self.seats {
            let seat = Arc::clone(seat);
            waiting.spawn(async move { seat.lock().await.finish().await });
        }
        waiting.join_all().await;
    }

    async fn check(&mut self, finished: bool) {
        let books = self.shelf.read().await;
        self.checks += 1;
        let mut found = judge_books(&books, &self.ledger.open());
        let testimony = self.witness.testify(&books, &self.office, &mut self.chance).await;
        found.extend(judge_testimony(&books, &testimony));
        if finished {
            found.extend(self.unfetched(&books).await);
        }
        let mut ledger = self.ledger.open();
        ledger.outrages.clear();
        ledger.seen_revoked.extend(testimony.listed);
        // What is broken stays broken; it is told once.
        found.retain(|finding| !self.findings.contains(finding));
        self.findings.extend(found);
    }

    /// Live devices whose certificate no phone has, not even after it has asked.
    async fn unfetched(&self, books: &Books) -> Vec<Finding> {
        let mut missing = unfetched(books, &self.held().await).len();
        let mut books = books.clone();
        if missing > 0 {
            // A renewed certificate whose delivery was lost comes with the next refresh.
            for seat in &self.seats {
                seat.lock().await.refresh_everything().await;
            }
            books = self.shelf.read().await;
            missing = unfetched(&books, &self.held().await).len();
        }
        let held = if missing > 0 { self.held().await } else { BTreeSet::new() };
        let devices = if missing > 0 { unfetched(&books, &held) } else { Vec::new() };
        let finding = |id: &String| Finding {
            rule: Rule::FetchedByItsPhone,
            what: format!("device {id} has a certificate that no phone holds"),
        };
        devices.iter().map(|device| finding(&device.id)).collect()
    }

    async fn held(&self) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        for seat in &self.seats {
            held.extend(seat.lock().await.held().await);
        }
        held
    }

    async fn report(self, plan: &Plan, took: Duration) -> Report {
        let books = self.shelf.read().await;
        let ledger = self.ledger.open();
        drop(self.relay);
        Report {
            database: if plan.database.is_some() { "PostgreSQL" } else { "SQLite" },
            issuers: plan.issuers,
            seed: plan.seed,
            counts: ledger.counts,
            refusals: ledger.refusals.clone(),
            rows: [books.grants.len(), books.devices.len(), books.certificates.len()],
            checks: self.checks,
            findings: self.findings,
            took,
        }
    }
}

async fn in_time<T>(what: &str, step: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(STEP, step).await;
    ended.unwrap_or_else(|_| panic!("it takes more than {} s {what}", STEP.as_secs()))
}

async fn pause(chance: &mut Chance, longest_ms: usize) {
    tokio::time::sleep(Duration::from_millis(chance.below(longest_ms + 1) as u64)).await;
}
