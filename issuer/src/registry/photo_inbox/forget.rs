//! Erasing pictures whose time is over.

use jiff::Timestamp;
use serde_json::json;
use shared::entropy::Entropy;

use crate::audit::{Act, Actor};
use crate::store::tables::photo_inbox::InboxPicture;
use crate::store::{Statements, StoreError, Verb};

/// How many are erased in one transaction.
const AT_A_TIME: u32 = 200;

/// Erases pictures whose time is over, with everything that came with them, some at a time; answers how many.
#[derive(Debug)]
pub struct ForgetPictures {
    act: Act,
}

impl ForgetPictures {
    /// The issuer's own act, at `now`.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        Self { act: Act::new(Actor::System, now, entropy) }
    }
}

#[async_trait::async_trait]
impl Verb for ForgetPictures {
    type Answer = usize;

    async fn run(&self, tx: &mut dyn Statements) -> Result<usize, StoreError> {
        let expired = InboxPicture::expired(tx, self.act.at, AT_A_TIME).await?;
        let mut trail = self.act.trail();
        for row in &expired {
            row.erase(tx).await?;
            trail.record(tx, "picture.erased", row.id.as_str(), json!({})).await?;
        }
        Ok(expired.len())
    }
}
