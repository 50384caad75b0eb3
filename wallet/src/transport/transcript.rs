//! What was said, for people to read: every exchange with its duration, secrets and personal data masked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::Serialize;

use super::{Request, Response, Transport, TransportError, mask};

/// How many exchanges are remembered; older ones are forgotten first.
pub const KEPT: usize = 200;

/// A list of exchanges; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<VecDeque<Exchanged>>>);

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchanged {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to, without secret paths and without queries.
    pub url: String,
    /// The request's body with its secrets masked; a form has one parameter to a line.
    pub sent: Option<String>,
    /// The answer's status; `None` if there was no answer.
    pub status: Option<u16>,
    /// Why there was no answer: the name of a [`TransportError`].
    pub failure: Option<&'static str>,
    /// The answer's body, masked; of binary ones the size alone.
    pub received: Option<String>,
    /// From the sending to the last byte, in milliseconds.
    pub took_ms: u64,
}

impl Transcript {
    /// What was exchanged so far, oldest first.
    pub fn exchanges(&self) -> Vec<Exchanged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn add(&self, exchanged: Exchanged) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(exchanged);
    }
}

/// A transport that writes down what passes through it.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    transcript: Transcript,
}

impl Recorder {
    /// Writes what goes through `inner` into `transcript`.
    pub fn new(inner: Arc<dyn Transport>, transcript: Transcript) -> Self {
        Self { inner, transcript }
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let method = request.method.as_str();
        let url = mask::address(&request);
        let sent = mask::sent(&request);
        let started = Instant::now();
        let answer = self.inner.send(request).await;
        self.transcript.add(Exchanged {
            method,
            url,
            sent,
            status: answer.as_ref().ok().map(|answer| answer.status),
            failure: answer.as_ref().err().map(|error| error.reason()),
            received: answer.as_ref().ok().map(|answer| mask::received(&answer.body)),
            took_ms: milliseconds(started.elapsed()),
        });
        answer
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refuses;

    #[async_trait]
    impl Transport for Refuses {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            match request.url.path() {
                "/gone" => Err(TransportError::TimedOut),
                _ => Ok(Response::new(404, r#"{"error":"offer_not_found"}"#)),
            }
        }
    }

    #[tokio::test]
    async fn answers_and_failures_are_written_down_and_old_ones_forgotten() {
        let transcript = Transcript::default();
        let recorder = Recorder::new(Arc::new(Refuses), transcript.clone());
        let get = |path: &str| {
            let url = format!("http://127.0.0.1{path}").parse().unwrap();
            Request { secret_address: path.starts_with("/o/"), ..Request::get(url, 10) }
        };
        recorder.send(get("/o/secret")).await.unwrap();
        assert_eq!(recorder.send(get("/gone")).await, Err(TransportError::TimedOut));
        let exchanges = transcript.exchanges();
        assert_eq!((exchanges[0].status, exchanges[0].url.as_str()), (Some(404), "http://127.0.0.1/o/•••"));
        assert!(exchanges[0].received.as_ref().unwrap().contains("offer_not_found"));
        assert_eq!((exchanges[1].status, exchanges[1].failure), (None, Some("timed_out")));

        for _ in 0..KEPT {
            let _ = recorder.send(get("/gone")).await;
        }
        assert_eq!(transcript.exchanges().len(), KEPT);
        assert!(transcript.exchanges().iter().all(|exchange| exchange.status.is_none()));
    }
}
