//! Requests that take too long, and handlers that panic: whoever asked is answered all the same.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;

/// How long a request may take before it is given up. An answer that is a stream may take longer to be read.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no answer of the handler's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It took longer than [`REQUEST_TIMEOUT`].
    TooLong,
    /// It panicked; the panic's own message is in the log.
    Panicked,
}

/// Runs a request, whatever its handler does.
///
/// # Errors
/// What became of it instead of an answer; logged.
pub(crate) async fn survive(request: Request, next: Next) -> Result<Response, Mishap> {
    within(REQUEST_TIMEOUT, next.run(request)).await
}

async fn within(limit: Duration, run: impl Future<Output = Response>) -> Result<Response, Mishap> {
    let run = AssertUnwindSafe(run).catch_unwind();
    let mishap = match tokio::time::timeout(limit, run).await {
        Ok(Ok(response)) => return Ok(response),
        Ok(Err(_)) => Mishap::Panicked,
        Err(_) => Mishap::TooLong,
    };
    tracing::error!(?mishap, "a request got no answer");
    Err(mishap)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[tokio::test]
    async fn what_panics_or_hangs_is_told_apart() {
        let moment = Duration::from_millis(10);
        let fine = within(moment, async { "fine".into_response() }).await;
        assert!(fine.is_ok());
        let panicked = within(moment, async { panic!("as a test") }).await;
        assert_eq!(panicked.err(), Some(Mishap::Panicked));
        assert_eq!(within(moment, std::future::pending()).await.err(), Some(Mishap::TooLong));
    }
}
