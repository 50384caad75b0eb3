//! Logs: to standard error, one line an event, without secrets and personal data. What is said of requests is said in
//! [`crate::http::front::watch`].

use std::io::IsTerminal as _;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Starts logging; `MLEG_LOG` sets the level (`warn`, `info`, `issuer=debug`).
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("MLEG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // A line that cannot be written, on a full disk say, is lost; telling of it would end the request it is about.
        .log_internal_errors(false)
        .with_env_filter(filter);
    // A second start, as when a test embeds several issuers, keeps the first.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
    };
}
