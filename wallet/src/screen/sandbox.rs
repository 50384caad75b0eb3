//! The issuer behind the desk: its root, and its sandbox, whose clock moves the phones too.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use shared::vci::uri::IssuerUrl;
use url::Url;

use crate::transport::{Body, JSON, Request, Response, Transport, TransportError};
use crate::trust::{MAX_ROOT_BYTES, RootCertificate, usual_address};

/// The largest answer of a sandbox that is read, in bytes: starting again names every demo pupil.
const LIMIT: usize = 1024 * 1024;

/// How far the sandbox's clock is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leap {
    /// The last minute of the thirty days after which a grant is dead.
    Day30,
    /// The last seconds of the next 30 September.
    EndOfSeptember,
    /// A year.
    Year,
}

impl Leap {
    pub(super) const ALL: [Self; 3] = [Self::Day30, Self::EndOfSeptember, Self::Year];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Day30 => "day_30",
            Self::EndOfSeptember => "end_of_september",
            Self::Year => "year",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leap| leap.word() == word)
    }

    /// Where the clock lands, from `now`.
    pub(super) fn from(self, now: Timestamp) -> Option<Timestamp> {
        use jiff::ToSpan as _;
        let here = now.to_zoned(shared::validity::warsaw());
        let there = match self {
            Self::Day30 => here.checked_add(720.hours()).ok()?,
            Self::EndOfSeptember => {
                let end = |year: i16| {
                    let day = jiff::civil::Date::new(year, 9, 30).ok()?;
                    day.at(23, 59, 50, 0).to_zoned(shared::validity::warsaw()).ok()
                };
                match end(here.year())? {
                    end if end > here => end,
                    _ => end(here.year().checked_add(1)?)?,
                }
            }
            Self::Year => here.checked_add(1.year()).ok()?,
        };
        Some(there.timestamp())
    }
}

/// Asks one issuer what only a desk beside it may ask.
#[derive(Clone)]
pub(super) struct Beside {
    issuer: IssuerUrl,
    network: Arc<dyn Transport>,
}

#[derive(Deserialize)]
struct Shown {
    now: Timestamp,
}

impl Beside {
    pub(super) fn new(issuer: IssuerUrl, network: Arc<dyn Transport>) -> Self {
        Self { issuer, network }
    }

    pub(super) fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// The issuer's root certificate.
    pub(super) async fn root(&self) -> Result<RootCertificate, BesideError> {
        let address = usual_address(&self.issuer).ok_or(BesideError::NoSandbox)?;
        let request = Request::get(address.as_url().clone(), MAX_ROOT_BYTES);
        let response = self.network.send(request).await?;
        RootCertificate::parse(&response.body).map_err(|_| BesideError::Unreadable)
    }

    /// What the sandbox's clock shows; [`BesideError::NoSandbox`] if the issuer has none.
    pub(super) async fn now(&self) -> Result<Timestamp, BesideError> {
        self.ask("clock", None).await.and_then(shown)
    }

    /// Moves the sandbox's clock.
    pub(super) async fn move_clock(&self, to: Timestamp) -> Result<Timestamp, BesideError> {
        self.ask("clock", Some(serde_json::json!({ "now": to }))).await.and_then(shown)
    }

    /// Lets the sandbox start again, today.
    pub(super) async fn start_again(&self) -> Result<Timestamp, BesideError> {
        self.ask("seed", Some(serde_json::json!({}))).await?;
        self.now().await
    }

    async fn ask(&self, what: &str, body: Option<serde_json::Value>) -> Result<Response, BesideError> {
        let url = self.address(what).ok_or(BesideError::NoSandbox)?;
        let request = match body {
            None => Request::get(url, LIMIT),
            Some(body) => {
                let text = shared::secret::Secret::new(body.to_string());
                Request::post(url, Some(Body { content_type: JSON, text }), LIMIT)
            }
        };
        let response = self.network.send(request).await?;
        match response.status {
            200..=299 => Ok(response),
            404 | 405 => Err(BesideError::NoSandbox),
            _ => Err(BesideError::Unreadable),
        }
    }

    fn address(&self, what: &str) -> Option<Url> {
        let mut url = self.issuer.as_url().clone();
        url.set_path(&format!("/sandbox/{what}"));
        Some(url)
    }
}

fn shown(response: Response) -> Result<Timestamp, BesideError> {
    let shown: Shown = serde_json::from_slice(&response.body).map_err(|_| BesideError::Unreadable)?;
    Ok(shown.now)
}

/// Why the issuer did not do what the desk asked. Messages complete "cannot ask the issuer: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BesideError {
    /// There was no answer.
    #[error(transparent)]
    NoAnswer(#[from] TransportError),
    /// It is no sandbox.
    #[error("it has no sandbox")]
    NoSandbox,
    /// The answer makes no sense.
    #[error("its answer makes no sense")]
    Unreadable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaps_land_where_the_year_of_a_card_turns() {
        for (leap, from, to) in [
            (Leap::Day30, "2026-11-22T09:00:00Z", "2026-12-22T09:00:00Z"),
            // The thirty days are hours, whatever the wall clock does in between.
            (Leap::Day30, "2026-10-01T09:00:00Z", "2026-10-31T09:00:00Z"),
            (Leap::EndOfSeptember, "2026-11-22T09:00:00Z", "2027-09-30T21:59:50Z"),
            (Leap::EndOfSeptember, "2026-09-30T21:00:00Z", "2026-09-30T21:59:50Z"),
            (Leap::EndOfSeptember, "2026-09-30T21:59:50Z", "2027-09-30T21:59:50Z"),
            (Leap::Year, "2026-11-22T09:00:00Z", "2027-11-22T09:00:00Z"),
        ] {
            assert_eq!(leap.from(from.parse().unwrap()), to.parse().ok(), "{leap:?} from {from}");
            assert_eq!(Leap::parse(leap.word()), Some(leap));
        }
    }
}
