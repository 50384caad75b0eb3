//! Requests that take too long, and handlers that panic: whoever asked is answered all the same.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

/// What a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the request, or from the end of its body, to the answer's head. An answer that is a stream may take
    /// longer to be read.
    pub work: Duration,
    /// How long a body may take that brings nothing.
    pub body: Duration,
    /// How much longer it may take for each kibibyte that it brings.
    pub body_per_kib: Duration,
    /// How long it may take at the most.
    pub body_longest: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            work: Duration::from_secs(30),
            body: Duration::from_secs(10),
            // 8 KiB a second: the slowest line on which anybody still sends a photo.
            body_per_kib: Duration::from_millis(125),
            body_longest: Duration::from_secs(120),
        }
    }
}

/// Why there is no answer of the handler's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The request's body did not arrive in time.
    SlowBody,
    /// The handler took longer than [`Times::work`].
    TooLong,
    /// It panicked; the panic's own message is in the log.
    Panicked,
}

/// Runs a request, whatever its handler and its sender do.
///
/// # Errors
/// What became of it instead of an answer; logged.
pub(crate) async fn survive(request: Request, next: Next) -> Result<Response, Mishap> {
    let times = request.extensions().get().copied().unwrap_or_default();
    let arrival = Arc::new(Arrival::default());
    let start = Instant::now();
    let request = if request.body().is_end_stream() {
        request
    } else {
        let arrival = Arc::clone(&arrival);
        request.map(|body| Body::new(Watched { body, start, arrival }))
    };
    within(&times, start, &arrival, next.run(request)).await
}

async fn within(
    times: &Times,
    start: Instant,
    arrival: &Arrival,
    run: impl Future<Output = Response>,
) -> Result<Response, Mishap> {
    let mut run = pin!(AssertUnwindSafe(run).catch_unwind());
    let mishap = loop {
        // The deadline moves while a body arrives, so it is looked at now and then.
        let look = Instant::now() + (times.body / 8).clamp(Duration::from_millis(20), Duration::from_secs(1));
        let (deadline, missed) = arrival.deadline(times, start);
        match timeout_at(deadline.min(look), &mut run).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(_)) => break Mishap::Panicked,
            Err(_) if arrival.deadline(times, start).0 <= Instant::now() => break missed,
            Err(_) => {}
        }
    };
    match mishap {
        Mishap::SlowBody => tracing::info!(?mishap, "a request got no answer"),
        Mishap::TooLong | Mishap::Panicked => tracing::error!(?mishap, "a request got no answer"),
    }
    Err(mishap)
}

/// How far a body has come. Times are microseconds since the request, plus one; 0 is not yet.
#[derive(Debug, Default)]
struct Arrival {
    began: AtomicU64,
    ended: AtomicU64,
    received: AtomicU64,
}

impl Arrival {
    /// Until when there must be an answer, and what has happened if there is none.
    fn deadline(&self, times: &Times, start: Instant) -> (Instant, Mishap) {
        let at = |micros: u64| start + Duration::from_micros(micros.saturating_sub(1));
        let (began, ended) = (self.began.load(Ordering::Relaxed), self.ended.load(Ordering::Relaxed));
        match (began, ended) {
            (0, 0) => (start + times.work, Mishap::TooLong),
            (began, 0) => {
                let kib = u32::try_from(self.received.load(Ordering::Relaxed) / 1024).unwrap_or(u32::MAX);
                let earned = times.body_per_kib.saturating_mul(kib);
                let allowed = times.body.saturating_add(earned).min(times.body_longest.max(times.body));
                (at(began) + allowed, Mishap::SlowBody)
            }
            (_, ended) => (at(ended) + times.work, Mishap::TooLong),
        }
    }
}

/// A body that tells how far it has come.
struct Watched {
    body: Body,
    start: Instant,
    arrival: Arc<Arrival>,
}

impl Watched {
    fn mark(&self, what: &AtomicU64) {
        let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        let _ = what.compare_exchange(0, micros, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.mark(&self.arrival.began);
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                self.arrival.received.fetch_add(bytes, Ordering::Relaxed);
            }
            Poll::Ready(None | Some(Err(_))) => self.mark(&self.arrival.ended),
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Read to its end, or of no interest to whoever got it.
        self.mark(&self.arrival.ended);
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[tokio::test]
    async fn what_panics_or_hangs_is_told_apart() {
        let times = Times { work: Duration::from_millis(10), ..Times::default() };
        let try_it = async |run: Pin<Box<dyn Future<Output = Response>>>| {
            within(&times, Instant::now(), &Arrival::default(), run).await
        };
        assert!(try_it(Box::pin(async { "fine".into_response() })).await.is_ok());
        assert_eq!(try_it(Box::pin(async { panic!("as a test") })).await.err(), Some(Mishap::Panicked));
        assert_eq!(try_it(Box::pin(std::future::pending())).await.err(), Some(Mishap::TooLong));
    }

    #[test]
    fn a_body_earns_its_time_by_what_it_brings() {
        let (times, start, arrival) = (Times::default(), Instant::now(), Arrival::default());
        assert_eq!(arrival.deadline(&times, start), (start + times.work, Mishap::TooLong));
        arrival.began.store(1, Ordering::Relaxed);
        assert_eq!(arrival.deadline(&times, start), (start + times.body, Mishap::SlowBody));
        arrival.received.store(80 * 1024, Ordering::Relaxed);
        assert_eq!(arrival.deadline(&times, start).0, start + times.body + Duration::from_secs(10));
        arrival.received.store(u64::MAX, Ordering::Relaxed);
        assert_eq!(arrival.deadline(&times, start).0, start + times.body_longest);
        arrival.ended.store(60_000_001, Ordering::Relaxed);
        let done = start + Duration::from_secs(60);
        assert_eq!(arrival.deadline(&times, start), (done + times.work, Mishap::TooLong));
    }
}
