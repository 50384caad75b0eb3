//! All that is kept on one pupil, as one file (GDPR art. 15 and 20).

use serde_json::{Map, Value, json};

use crate::audit::Act;
use crate::store::id::PupilId;
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::tables::personal;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// The layout of the file.
const VERSION: u32 = 1;
/// The most entries of the audit trail about one id.
const ENTRIES: u32 = 10_000;

/// Reads all that is kept on a pupil, and records that it was taken out.
///
/// The answer holds a member for each kind of thing that is kept, with its rows as they are stored: instants are
/// RFC 3339 in UTC, pictures and certificates base64. Secrets and their hashes are not among it.
#[derive(Debug)]
pub struct ExportPupil {
    /// Who.
    pub pupil: PupilId,
    /// Who takes it out, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ExportPupil {
    type Answer = Option<Value>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = Pupil::find(tx, &self.pupil).await?;
        if found.is_none_or(|pupil| pupil.erased_at.is_some()) {
            return Ok(None);
        }
        let mut all = Map::new();
        all.insert("version".to_owned(), json!(VERSION));
        all.insert("exported_at".to_owned(), json!(self.act.at));
        for (table, rows) in personal::everything(tx, &self.pupil).await? {
            all.insert(table.to_owned(), Value::Array(rows));
        }
        let mut trail = Vec::new();
        for id in personal::ids(tx, &self.pupil).await? {
            for entry in AuditEntry::of_subject(tx, &id, 0, ENTRIES).await? {
                let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
                let Some(detail) = without_others(detail, &self.pupil) else { continue };
                trail.push(json!({
                    "at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject,
                    "detail": detail,
                }));
            }
        }
        trail.sort_by(|a, b| a["at"].as_str().cmp(&b["at"].as_str()));
        all.insert("audit_trail".to_owned(), Value::Array(trail));
        self.act.trail().record(tx, "pupil.exported", self.pupil.as_str(), json!({})).await?;
        Ok(Some(Value::Object(all)))
    }
}

/// What an entry says, without other pupils: a guardian's account may be of brothers and sisters too. None for an
/// entry about another pupil alone.
fn without_others(mut detail: Value, pupil: &PupilId) -> Option<Value> {
    let other = |id: &Value| id.as_str().is_some_and(|id| id != pupil.as_str());
    if other(&detail["pupil"]) {
        return None;
    }
    if let Some(pupils) = detail.get_mut("pupils").and_then(Value::as_array_mut) {
        pupils.retain(|id| !other(id));
    }
    Some(detail)
}
