//! Connections: how many are held, in all and by address, and how long an answer may lie unread.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::Limits;
use super::client::{Client, Proxies};
use crate::metrics::door::{Door, TurnedAway};

/// What a plain connection is told that finds no place.
const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
    retry-after: 5\r\nconnection: close\r\ncontent-length: 35\r\n\r\n{\"error\":\"temporarily_unavailable\"}";

/// Lets connections in while there are places. Cheap to clone; clones share their places.
#[derive(Debug, Clone)]
pub struct Gate {
    places: Arc<Places>,
    proxies: Proxies,
    stall_time: Duration,
    plain: bool,
}

impl Gate {
    /// A gate with these limits, which counts for `door`. Trusted proxies hold as many connections as there are places.
    pub fn new(limits: &Limits, proxies: Proxies, door: Door) -> Self {
        let (all, of_one) = (limits.connections, limits.connections_of_one);
        let places = Places { all, of_one, taken: Mutex::default(), door };
        Self { places: Arc::new(places), proxies, stall_time: limits.stall_time, plain: true }
    }

    /// The same gate where TLS is spoken: who finds no place is not told why.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { plain: false, ..self }
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Held;
    type Service = S;
    type Future = Ready<io::Result<(Held, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let held = stream.peer_addr().and_then(|peer| {
            let client = Client::of(peer.ip());
            let counted = !self.proxies.trusts(peer.ip());
            let place = Places::take(&self.places, client, counted).map_err(|why| {
                if self.plain {
                    // As much as fits without waiting: somebody who floods is not worth more.
                    let _ = stream.try_write(NO_PLACE);
                }
                tracing::debug!("a connection found no place");
                self.places.door.turned_away(why);
                io::Error::other(NoPlace)
            })?;
            stream.set_nodelay(true)?;
            Ok(Held { stream, stall: None, stall_time: self.stall_time, _place: place })
        });
        ready(held.map(|held| (held, service)))
    }
}

/// Why the gate ends a connection.
#[derive(Debug, thiserror::Error)]
#[error("no place for a connection")]
pub(crate) struct NoPlace;

#[derive(Debug)]
struct Places {
    all: usize,
    of_one: usize,
    taken: Mutex<Taken>,
    door: Door,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_client: HashMap<Client, usize>,
}

impl Places {
    fn take(places: &Arc<Self>, client: Client, counted: bool) -> Result<Place, TurnedAway> {
        let mut taken = places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= places.all {
            return Err(TurnedAway::Full);
        }
        if counted {
            let of_one = taken.by_client.entry(client).or_default();
            if *of_one >= places.of_one {
                return Err(TurnedAway::OfOne);
            }
            *of_one += 1;
        }
        taken.all += 1;
        places.door.let_in();
        Ok(Place { places: Arc::clone(places), client: counted.then_some(client) })
    }
}

/// A taken place; free again when it is dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    client: Option<Client>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        self.places.door.let_out();
        if let Some(client) = &self.client
            && let Some(of_one) = taken.by_client.get_mut(client)
        {
            *of_one -= 1;
            if *of_one == 0 {
                taken.by_client.remove(client);
            }
        }
    }
}

/// A connection that has its place, and ends when its client does not read what it asked for.
#[derive(Debug)]
pub struct Held {
    stream: TcpStream,
    stall: Option<Pin<Box<Sleep>>>,
    stall_time: Duration,
    _place: Place,
}

impl Held {
    /// Passes on what a write came to, and ends the connection when nothing has come of it for too long.
    fn moved<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stall = None;
            return write;
        }
        let stall_time = self.stall_time;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(stall_time)));
        match stall.as_mut().poll(cx) {
            Poll::Ready(()) => {
                stall.as_mut().reset(Instant::now());
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Held {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, to)
    }
}

impl AsyncWrite for Held {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let held = self.get_mut();
        let write = Pin::new(&mut held.stream).poll_write(cx, bytes);
        held.moved(cx, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let held = self.get_mut();
        let write = Pin::new(&mut held.stream).poll_write_vectored(cx, bytes);
        held.moved(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_end_for_one_and_for_all_and_come_back() {
        let places = Arc::new(Places { all: 3, of_one: 2, taken: Mutex::default(), door: Door::default() });
        let client = |text: &str| Client::of(text.parse().unwrap());
        let take = |text: &str| Places::take(&places, client(text), true);
        let (first, second) = (take("192.0.2.1"), take("192.0.2.1"));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(take("192.0.2.1").unwrap_err(), TurnedAway::OfOne, "one address has two");
        let third = take("2001:db8::1");
        assert!(third.is_ok());
        assert_eq!(take("192.0.2.2").unwrap_err(), TurnedAway::Full, "there are three");
        drop((first, second, third));
        let proxy: Vec<_> =
            (0..4).map(|_| Places::take(&places, client("192.0.2.1"), false)).filter(Result::is_ok).collect();
        assert_eq!(proxy.len(), 3, "a proxy holds all there are");
        drop(proxy);
        let taken = places.taken.lock().unwrap();
        assert!(taken.all == 0 && taken.by_client.is_empty(), "nothing is remembered of who left");
    }

    #[test]
    fn what_is_said_at_the_door_has_the_length_it_names() {
        let text = std::str::from_utf8(NO_PLACE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
