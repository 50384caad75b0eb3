//! A relay of TCP connections: the public address of several issuers, or a bad line between an issuer and its database.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the line is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Everything is passed on.
    Good,
    /// Everything is passed on, each piece only after this long.
    Slow(Duration),
    /// Connections are taken and kept, and nothing is passed on: neither side is told anything.
    Silent,
    /// Connections are broken off, and none is taken.
    Cut,
}

/// A relay on a free port of this machine.
pub struct Relay {
    /// Where.
    pub address: SocketAddr,
    targets: Arc<Targets>,
    listening: JoinHandle<()>,
}

struct Targets {
    addresses: Mutex<Vec<SocketAddr>>,
    next: AtomicUsize,
    /// The newest is that of new connections; those before are forgotten, and as they were.
    lines: Mutex<Vec<watch::Sender<Line>>>,
}

impl Targets {
    fn line(&self) -> watch::Receiver<Line> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last().expect("a line").subscribe()
    }

    /// Everyone, beginning with whose turn it is.
    fn in_turn(&self) -> Vec<SocketAddr> {
        let mut all = self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % all.len().max(1);
        all.rotate_left(turn);
        all
    }
}

impl Relay {
    /// A relay to `targets`, in turn; one that does not answer is passed over.
    pub async fn to(targets: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let targets = Arc::new(Targets {
            addresses: Mutex::new(targets.to_vec()),
            next: AtomicUsize::new(0),
            lines: Mutex::new(vec![watch::Sender::new(Line::Good)]),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&targets)));
        Self { address, targets, listening }
    }

    /// Passes new connections on to others from now on.
    pub fn lead_to(&self, targets: &[SocketAddr]) {
        *self.targets.addresses.lock().unwrap_or_else(PoisonError::into_inner) = targets.to_vec();
    }

    /// Makes the line good or bad, for connections that are there too.
    pub fn set(&self, line: Line) {
        let lines = self.targets.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last().expect("a line").send_replace(line);
    }

    /// New connections are good from now on; those that are there stay as they are for ever.
    pub fn forget(&self) {
        let mut lines = self.targets.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(watch::Sender::new(Line::Good));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, targets: Arc<Targets>) {
    while let Ok((near, _)) = listener.accept().await {
        let line = targets.line();
        if *line.borrow() == Line::Cut {
            continue;
        }
        let targets = Arc::clone(&targets);
        tokio::spawn(async move {
            for target in targets.in_turn() {
                if let Ok(far) = TcpStream::connect(target).await {
                    return join(near, far, line).await;
                }
            }
        });
    }
}

async fn join(near: TcpStream, far: TcpStream, line: watch::Receiver<Line>) {
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_reads, near_writes), (far_reads, far_writes)) = (near.into_split(), far.into_split());
    let mut cut = line.clone();
    tokio::select! {
        () = pump(near_reads, far_writes, line.clone()) => {}
        () = pump(far_reads, near_writes, line) => {}
        _ = cut.wait_for(|line| *line == Line::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut piece = vec![0; 32 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let delay = match *line.borrow() {
            Line::Slow(delay) => delay,
            Line::Good | Line::Silent | Line::Cut => Duration::ZERO,
        };
        tokio::time::sleep(delay).await;
        if line.wait_for(|line| *line != Line::Silent).await.is_err() {
            return;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = stream.split();
                    tokio::io::copy(&mut reads, &mut writes).await
                });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(7).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn a_line_is_good_or_slow_or_silent_or_cut() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let relay = Relay::to(&[gone, echo().await]).await;
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        assert_eq!(ask(&mut stream).await.unwrap(), 7, "who is gone is passed over");
        relay.set(Line::Slow(Duration::from_millis(20)));
        let begun = tokio::time::Instant::now();
        assert_eq!(ask(&mut stream).await.unwrap(), 7);
        assert!(begun.elapsed() >= Duration::from_millis(40), "there and back");
        relay.set(Line::Silent);
        let silent = tokio::time::timeout(Duration::from_millis(50), ask(&mut stream)).await;
        assert!(silent.is_err());
        relay.set(Line::Cut);
        assert!(stream.read_u8().await.is_err(), "what is there is broken off");
        let mut refused = TcpStream::connect(relay.address).await.unwrap();
        assert!(ask(&mut refused).await.is_err());
        relay.set(Line::Good);
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        assert_eq!(ask(&mut stream).await.unwrap(), 7);
    }
}
