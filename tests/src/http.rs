//! HTTP clients of tests: past any proxy of the machine, and nobody waits for ever.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, IntoUrl, Response};

/// How long an answer may take, busy machines included. What takes longer has stopped.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long a connection is kept for the next question: shorter than any server here keeps one, so that none is asked over
/// a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(5);

/// A client to be made, for whoever wants more of it.
pub fn builder() -> ClientBuilder {
    Client::builder().no_proxy().timeout(PATIENCE).pool_idle_timeout(IDLE)
}

/// A client.
///
/// # Panics
/// When the system has no randomness for TLS.
pub fn client() -> Client {
    builder().build().expect("an HTTP client")
}

/// What is at an address.
///
/// # Errors
/// When there is no answer.
pub async fn get(url: impl IntoUrl) -> reqwest::Result<Response> {
    client().get(url).send().await
}
