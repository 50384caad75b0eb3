//! `wallet refresh`

use serde_json::{Value, json};

use super::Exit;
use super::context::{Context, pick_id};
use super::failure::Failure;
use super::output::{Reply, say};
use crate::acquire::notification::Delivery;
use crate::cli::OneCard;
use crate::refresh::{RefreshReport, Refreshed};

pub(super) async fn run(context: &Context, options: OneCard) -> Result<Reply, Failure> {
    let phone = context.open().await?;
    let progress = context.progress();
    let report = match options.id {
        None => phone.refresh_all(&progress).await?,
        Some(wanted) => {
            let id = pick_id(phone.cards().await?, Some(&wanted))?;
            let notices = phone.deliver_notices(&progress).await?;
            let refreshed = phone.refresh(&id, &progress).await?;
            RefreshReport { cards: vec![(id, Ok(refreshed))], notices }
        }
    };
    Ok(tell(report))
}

/// One failure does not hide what became of the other cards; the first one makes the exit code.
fn tell(report: RefreshReport) -> Reply {
    let RefreshReport { cards, notices } = report;
    let (mut entries, mut lines, mut exit) = (Vec::new(), Vec::new(), Exit::Done);
    for (id, outcome) in cards {
        match outcome {
            Ok(refreshed) => {
                lines.push(line(&refreshed));
                entries.push(entry(&refreshed));
            }
            Err(error) => {
                let failure = Failure::from(error);
                failure.lines().iter().for_each(|line| say(line));
                if exit == Exit::Done {
                    exit = failure.exit;
                }
                entries.push(json!({ "id": id, "outcome": "failed", "error": failure.to_json() }));
            }
        }
    }
    lines.extend(said(notices));
    let notices = json!({ "settled": notices.settled, "waiting": notices.waiting });
    if entries.is_empty() && lines.is_empty() {
        lines.push("There is no card on this phone.".to_owned());
    }
    Reply { json: json!({ "cards": entries, "notices": notices }), text: lines.join("\n"), exit }
}

fn entry(refreshed: &Refreshed) -> Value {
    json!({
        "id": refreshed.id,
        "outcome": refreshed.outcome.reason(),
        "list": refreshed.list.as_ref().map(|list| list.reason()),
        "valid": refreshed.standing.is_valid(),
        "standing": refreshed.standing,
    })
}

fn line(refreshed: &Refreshed) -> String {
    let id = refreshed.id.as_str();
    let outcome = match refreshed.outcome.reason() {
        "list_only" => "not on the revocation list",
        outcome => outcome,
    };
    format!("{}  {outcome}: {}", id.get(..8).unwrap_or(id), refreshed.standing)
}

fn said(notices: Delivery) -> Option<String> {
    match notices {
        Delivery { settled: 0, waiting: 0 } => None,
        Delivery { settled, waiting } => {
            Some(format!("notices to issuers: {settled} settled, {waiting} still waiting"))
        }
    }
}
