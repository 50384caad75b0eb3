//! Many phones at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::cpu;
use crate::issuer_process::IssuerProcess;
use crate::line::Line;
use crate::phone::{Phone, Wallet};
use crate::school::Slip;

/// What is asked of the issuer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// By which wallet.
    pub(crate) wallet: Wallet,
    /// How many phones at once.
    pub(crate) clients: usize,
    /// How many activations.
    pub(crate) count: usize,
    /// Whether every phone has a connection of its own.
    pub(crate) connect_each: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Measured {
    took: Vec<Duration>,
    elapsed: Duration,
    /// Time on the processor: the issuer's.
    pub(crate) issuer: Duration,
    /// The database server's, if there is one.
    pub(crate) database: Duration,
    /// The load's own.
    pub(crate) load: Duration,
}

impl Measured {
    /// Activations a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.took.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How long the given share of activations took at the most.
    pub(crate) fn at(&self, share: f64) -> Duration {
        self.took[((self.took.len() - 1) as f64 * share) as usize]
    }

    /// A share of some time, for each activation.
    pub(crate) fn each(&self, time: Duration) -> Duration {
        time / u32::try_from(self.took.len()).unwrap()
    }
}

/// Longer than the issuer waits before it seals the audit trail: what an activation leaves behind belongs to it.
const AFTERMATH: Duration = Duration::from_millis(1200);

impl Load {
    /// Uses `slips` up; the first `warm_up` of them are not counted.
    pub(crate) async fn run(&self, issuer: &IssuerProcess, mut slips: Vec<Slip>, warm_up: usize) -> Measured {
        let counted = slips.split_off(warm_up);
        self.spend(issuer, slips).await;
        tokio::time::sleep(AFTERMATH).await;
        let own = std::process::id();
        let now = || (cpu::of(issuer.process()), cpu::below(own, issuer.process()), cpu::of(own));
        let before = now();
        let start = Instant::now();
        let mut took = self.spend(issuer, counted).await;
        let elapsed = start.elapsed();
        let load = cpu::of(own) - before.2;
        tokio::time::sleep(AFTERMATH).await;
        let after = now();
        took.sort_unstable();
        Measured { took, elapsed, issuer: after.0 - before.0, database: after.1 - before.1, load }
    }

    async fn spend(&self, issuer: &IssuerProcess, slips: Vec<Slip>) -> Vec<Duration> {
        let queue = Rc::new(RefCell::new(slips));
        let running = tokio::task::LocalSet::new();
        let clients: Vec<_> = (0..self.clients)
            .map(|_| {
                let client = client(*self, issuer.address, issuer.base.clone(), Rc::clone(&queue));
                running.spawn_local(client)
            })
            .collect();
        running.await;
        let mut took = Vec::new();
        for client in clients {
            took.extend(client.await.unwrap());
        }
        took
    }
}

async fn client(
    load: Load,
    address: std::net::SocketAddr,
    base: String,
    slips: Rc<RefCell<Vec<Slip>>>,
) -> Vec<Duration> {
    let mut line = Line::to(address).await;
    Phone::meet(&mut line).await;
    let mut took = Vec::new();
    loop {
        let next = slips.borrow_mut().pop();
        let Some(slip) = next else { return took };
        let phone = Phone::new(load.wallet);
        let begun = Instant::now();
        if load.connect_each {
            line = Line::to(address).await;
        }
        phone.activate(&mut line, &base, &slip).await;
        took.push(begun.elapsed());
    }
}
