//! What stands between the network and the router: who may connect, how long they may take, how much is worked on
//! at once (shared/docs/adr/0078-what-stands-before-the-router.md).
//!
//! ```text
//! socket → Gate (connections, in all and by address) → TLS → HTTP/1.1 (header time and size)
//!        → `watch` (its name, its line in the log, its figures) → `within` (headers, requests in work)
//!        → `mishap` (body time, request time, panics) → routes
//! ```

pub mod client;
pub mod connections;
pub(crate) mod mishap;
pub mod tls;
pub mod watch;
pub mod work;

use std::time::Duration;

use hyper_util::rt::TokioTimer;

use self::connections::Gate;
pub use self::mishap::Times;

/// How many connections are held at once, unless the system allows fewer files.
const CONNECTIONS: usize = 4096;
/// How many of them one address may hold: a school's pupils come from one, and half a million telephones from few.
const CONNECTIONS_OF_ONE: usize = 1024;
/// How many requests are worked on at once.
const IN_WORK: usize = 512;
/// Wrong codes of one address at once: more than are worked on, so that honest ones never stand in each other's way.
const GUESSES_OF_ONE: u32 = 600;
/// Wrong activation codes over all slips of a school at once.
const GUESSES_AT_SCHOOL: u32 = 600;
/// Wrong passwords of one address at once.
const SIGN_INS_OF_ONE: u32 = 100;
/// Files that are not connections: database, keys, logs.
const FILES_KEPT: usize = 128;
/// What hyper reads of a request's head before it refuses with a bare 431.
const HEAD_BUFFER: usize = 32 * 1024;

/// How much of everything is allowed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (a /64 of IPv6).
    pub connections_of_one: usize,
    /// Requests worked on at once; the next one is told to come back.
    pub in_work: usize,
    /// From the connection, or from the last answer, to the end of the next request's head.
    pub head_time: Duration,
    /// How long a client may leave an answer unread.
    pub stall_time: Duration,
    /// What a request may take.
    pub times: Times,
    /// Wrong codes of one address at once; a hundredth of them comes back every minute, as with the next two.
    pub guesses_of_one: u32,
    /// Wrong activation codes over all slips of a school.
    pub guesses_at_school: u32,
    /// Wrong passwords of one address.
    pub sign_ins_of_one: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let files = open_files().unwrap_or(usize::MAX);
        let connections = CONNECTIONS.min(files.saturating_sub(FILES_KEPT).max(FILES_KEPT));
        Self {
            connections,
            // Nobody holds all of them alone.
            connections_of_one: CONNECTIONS_OF_ONE.min(connections / 2),
            in_work: IN_WORK,
            head_time: Duration::from_secs(10),
            stall_time: Duration::from_secs(30),
            times: Times::default(),
            guesses_of_one: GUESSES_OF_ONE,
            guesses_at_school: GUESSES_AT_SCHOOL,
            sign_ins_of_one: SIGN_INS_OF_ONE,
        }
    }
}

/// How many files this process may open: a connection is one, and one too many leaves none for the database.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A server behind the gate: HTTP/1.1 alone, whose heads arrive in time and are small.
pub(crate) fn hardened<A>(
    server: axum_server::Server<std::net::SocketAddr>,
    limits: &Limits,
    acceptor: impl FnOnce(Gate) -> A,
    gate: Gate,
) -> axum_server::Server<std::net::SocketAddr, A> {
    // In this order: another acceptor forgets the version, and to tell a version twice is not allowed.
    let mut server = server.acceptor(acceptor(gate)).http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(HEAD_BUFFER);
    server
}
