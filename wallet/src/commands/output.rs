//! What goes where: results to stdout, everything else to stderr.

use std::io::Write as _;

use serde_json::{Value, json};

use super::Exit;
use super::failure::Failure;
use crate::acquire::event::{Event, Observer};

/// What a command has to say.
pub(super) struct Reply {
    /// For programs; null where everything was told before.
    pub(super) json: Value,
    /// For people; may have several lines, ends without a line break.
    pub(super) text: String,
    /// Usually [`Exit::Done`].
    pub(super) exit: Exit,
}

impl Reply {
    pub(super) fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), exit: Exit::Done }
    }
}

/// Prints the outcome and yields its exit code.
pub(super) fn print(outcome: Result<Reply, Failure>, json: bool) -> Exit {
    match outcome {
        Ok(reply) => {
            if json {
                // Whoever has told its data line by line has no more of them.
                if !reply.json.is_null() {
                    line(&format!("{:#}", reply.json));
                }
            } else if !reply.text.is_empty() {
                line(&reply.text);
            }
            reply.exit
        }
        Err(failure) => {
            if json {
                line(&format!("{:#}", json!({ "error": failure.to_json() })));
            }
            for message in failure.lines() {
                say(&message);
            }
            failure.exit
        }
    }
}

/// A line of data. A reader who has gone away is not worth a panic.
pub(super) fn line(text: &str) {
    let _gone = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line for people.
pub(super) fn say(text: &str) {
    let _gone = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says on stderr what is being done.
pub(super) struct Progress {
    quiet: bool,
}

impl Progress {
    /// Says nothing if `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }
}

impl Observer for Progress {
    fn on(&self, event: Event) {
        let text = match event {
            Event::Began(_) | Event::Retrying { .. } if self.quiet => return,
            Event::Began(step) => format!("… {}", step.label()),
            Event::Retrying { endpoint, pause } => {
                format!("… no luck with the {endpoint}, trying again in {} ms", pause.as_millis())
            }
            Event::NewNonce | Event::NewOffer => return,
            Event::CodeNotNeeded => "note: this offer needs no activation code; it was not sent".to_owned(),
            Event::ListNotConsulted => "note: the revocation list could not be consulted".to_owned(),
            Event::ListStale => "note: the revocation list is out of date".to_owned(),
            Event::Listed(_) => return,
            Event::NoticeQueued => {
                "note: the issuer could not be told; it will be at the next refresh".to_owned()
            }
        };
        say(&text);
    }
}

/// Text from outside, made fit for a terminal: control characters are written out.
pub(super) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
