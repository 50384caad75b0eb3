//! The audit trail: every change leaves an entry, and the entries form a hash chain.
//!
//! An entry is written in the same transaction as the change that it records, and takes its place in the
//! chain right after, in a transaction of its own: chaining inside every change would make all of them queue
//! for one row. Until it is sealed (at most a second, or at the next check) an entry is not yet protected.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::store::id::{PortalAccountId, StaffId, TokenId};
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::{Statements, Store, StoreError, Verb};
use shared::entropy::Entropy;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A member of staff, through an API token.
    Token(TokenId),
    /// A member of staff, in person.
    Staff(StaffId),
    /// A pupil or guardian, on the portal.
    Portal(PortalAccountId),
    /// A wallet, which is whoever holds the slip or the key.
    Wallet,
    /// The issuer itself.
    System,
}

impl Actor {
    fn word(&self) -> String {
        match self {
            Self::Token(id) => format!("token:{id}"),
            Self::Staff(id) => format!("staff:{id}"),
            Self::Portal(id) => format!("portal:{id}"),
            Self::Wallet => "wallet".into(),
            Self::System => "system".into(),
        }
    }
}

/// Who acts and when; carried by every verb that changes something.
#[derive(Debug, Clone)]
pub struct Act {
    /// The instant of the act, UTC.
    pub at: Timestamp,
    actor: Actor,
    id: String,
}

impl Act {
    /// An act of `actor` at `at`.
    pub fn new(actor: Actor, at: Timestamp, entropy: &dyn Entropy) -> Self {
        let id = crate::store::id::NoticeId::fresh(at, entropy).as_str().to_owned();
        Self { at, actor, id }
    }

    /// A part of this act whose entries are told apart by `name`.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self { id: format!("{}-{name}", self.id), ..self.clone() }
    }

    /// The name of the `n`-th notice that this act writes about something.
    pub(crate) fn notice_id(&self, about: &str, n: u32) -> crate::store::id::NoticeId {
        crate::store::id::NoticeId::derived(self.at, &format!("{} {about} {n}", self.id))
    }

    /// A trail to record this act's entries on, inside one run of a verb.
    pub fn trail(&self) -> Trail<'_> {
        Trail { act: self, entries: 0 }
    }
}

/// Records the entries of one act.
#[derive(Debug)]
pub struct Trail<'a> {
    act: &'a Act,
    entries: u32,
}

impl Trail<'_> {
    /// The act whose trail this is.
    pub(crate) fn act(&self) -> &Act {
        self.act
    }

    /// Records that `action` (as `noun.verb`) was done to `subject` (an id); `detail` holds no personal data.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(
        &mut self,
        tx: &mut dyn Statements,
        action: &str,
        subject: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        self.entries += 1;
        let entry = AuditEntry {
            id: format!("{}-{:03}", self.act.id, self.entries),
            position: None,
            at: self.act.at,
            actor: self.act.actor.word(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_string(),
            previous: None,
            hash: None,
        };
        entry.insert_later(tx).await
    }
}

/// Reads entries, oldest first.
#[derive(Debug, Clone)]
pub enum ReadTrail {
    /// About one subject: those that are not sealed yet, and those after a place in the chain.
    Of {
        /// An id.
        subject: String,
        /// The place, from 1; 0 for the beginning.
        position: i64,
        /// At most so many.
        limit: u32,
    },
    /// Sealed ones after a place in the chain.
    After {
        /// The place, from 1; 0 for the beginning.
        position: i64,
        /// At most so many.
        limit: u32,
    },
}

#[async_trait::async_trait]
impl Verb for ReadTrail {
    type Answer = Vec<AuditEntry>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match self {
            Self::Of { subject, position, limit } => {
                AuditEntry::of_subject(tx, subject, *position, *limit).await
            }
            Self::After { position, limit } => AuditEntry::after(tx, *position, *limit).await,
        }
    }
}

/// Finds sealed entries, the end of the chain first; what is none does not narrow the search.
#[derive(Debug, Clone, Default)]
pub struct SearchTrail {
    /// About this id.
    pub subject: Option<String>,
    /// This action, or every action of this noun, such as `card.`.
    pub action: Option<String>,
    /// By `wallet`, `system`, `staff:…` or `token:…`; or by every `staff:`.
    pub actor: Option<String>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
    /// Before this place in the chain.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

#[async_trait::async_trait]
impl Verb for SearchTrail {
    type Answer = Vec<AuditEntry>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        AuditEntry::search(tx, self).await
    }
}

/// Reads every action that stands in the trail, by its word.
#[derive(Debug)]
pub struct ListActions;

#[async_trait::async_trait]
impl Verb for ListActions {
    type Answer = Vec<String>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        AuditEntry::actions(tx).await
    }
}

/// How many entries are sealed or checked in one transaction.
const BATCH: u32 = 500;
/// What the first entry names as its predecessor.
const GENESIS: [u8; 32] = [0; 32];

/// Gives every entry that has none its place in the chain, and counts it by its action; answers how many.
///
/// # Errors
/// When the database fails; what was sealed before stays sealed.
pub async fn seal(store: &Store) -> Result<u64, StoreError> {
    let mut sealed = 0;
    loop {
        let acts = store.write(SealBatch).await?;
        let batch = acts.values().sum::<u64>();
        for (action, number) in acts {
            store.meter().acts(&action, number);
        }
        sealed += batch;
        if batch < u64::from(BATCH) {
            return Ok(sealed);
        }
    }
}

struct SealBatch;

#[async_trait::async_trait]
impl Verb for SealBatch {
    /// How many entries of which action.
    type Answer = BTreeMap<String, u64>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        AuditEntry::hold_chain(tx).await?;
        let (mut position, mut previous) = match AuditEntry::last_sealed(tx).await? {
            Some(last) => (last.position.unwrap_or(0), last.hash.unwrap_or(GENESIS)),
            None => (0, GENESIS),
        };
        let entries = AuditEntry::unsealed(tx, BATCH).await?;
        let mut acts = BTreeMap::new();
        for mut entry in entries {
            position += 1;
            entry.position = Some(position);
            entry.previous = Some(previous);
            previous = digest(&entry, &previous);
            entry.hash = Some(previous);
            entry.seal(tx).await?;
            *acts.entry(entry.action).or_default() += 1;
        }
        Ok(acts)
    }
}

fn digest(entry: &AuditEntry, previous: &[u8; 32]) -> [u8; 32] {
    let content = json!({
        "position": entry.position, "id": entry.id, "at": entry.at.as_microsecond(), "actor": entry.actor,
        "action": entry.action, "subject": entry.subject, "detail": entry.detail,
    });
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(content.to_string().as_bytes());
    hash.finalize().into()
}

/// What a check of the whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainVerdict {
    /// Every entry is in its place; the last one's hash can be kept elsewhere as a witness.
    Whole {
        /// How many entries.
        entries: i64,
        /// Hash of the last one.
        head: [u8; 32],
    },
    /// The first entry that is missing or was changed.
    Broken {
        /// Position, from 1.
        position: i64,
    },
}

/// Seals what is unsealed and walks the chain from its beginning.
///
/// # Errors
/// When the database fails.
pub async fn verify(store: &Store) -> Result<ChainVerdict, StoreError> {
    seal(store).await?;
    let (mut position, mut head) = (0, GENESIS);
    loop {
        let entries = store.read(ReadTrail::After { position, limit: BATCH }).await?;
        if entries.is_empty() {
            return Ok(ChainVerdict::Whole { entries: position, head });
        }
        for entry in entries {
            position += 1;
            let expected = digest(&entry, &head);
            if entry.position != Some(position)
                || entry.previous != Some(head)
                || entry.hash != Some(expected)
            {
                return Ok(ChainVerdict::Broken { position });
            }
            head = expected;
        }
    }
}
