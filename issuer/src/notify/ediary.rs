//! Handing notices to a school's electronic diary: a signed JSON webhook, described in
//! `shared/docs/e-diary-webhook.md`.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use shared::entropy::Entropy;
use shared::secret::Secret;
use url::Url;

use super::outbox::SendError;
use crate::issuance::Issuance;
use crate::issuance::keys::{Keys, Sealed};
use crate::outgoing::{Outgoing, OutgoingError, Reach};
use crate::store::id::{NoticeId, SchoolId};
use crate::store::tables::e_diary::EDiary;
use crate::store::tables::notice::Notice;
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError};

/// What every signing secret starts with (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

/// A new signing secret: 256 random bits, written as Standard Webhooks has it.
pub fn fresh_secret(entropy: &dyn Entropy) -> Secret {
    Secret::new(format!("{SECRET_PREFIX}{}", BASE64.encode(entropy.bytes::<32>())))
}

/// Seals a school's signing secret for the store.
pub(super) fn seal_secret(keys: &Keys, school: &SchoolId, secret: &Secret, entropy: &dyn Entropy) -> Vec<u8> {
    keys.seal(Sealed::DiarySecret, &(school.as_str(), secret.expose()), entropy).expose().as_bytes().to_vec()
}

/// Seals every school's signing secret anew, under the present master secret; answers how many. One that cannot be
/// opened is left as it is: its school links its diary again.
pub(crate) async fn reseal(
    tx: &mut dyn Statements,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<usize, StoreError> {
    let mut resealed = 0;
    for mut link in EDiary::all(tx).await? {
        let Some(secret) = open_secret(keys, &link) else { continue };
        link.sealed_secret = seal_secret(keys, &link.school_id, &secret, entropy);
        link.update(tx).await?;
        resealed += 1;
    }
    Ok(resealed)
}

fn open_secret(keys: &Keys, link: &EDiary) -> Option<Secret> {
    let sealed = std::str::from_utf8(&link.sealed_secret).ok()?;
    let (school, secret): (String, Secret) = keys.unseal(Sealed::DiarySecret, sealed)?;
    // A secret that was moved to another school's row opens nothing.
    (school == link.school_id.as_str()).then_some(secret)
}

/// What is posted.
#[derive(Serialize)]
pub struct Webhook<'a> {
    id: &'a str,
    event: &'a str,
    school_rspo: i64,
    pupil_id: Option<&'a str>,
    subject: &'a str,
    body: &'a str,
    created_at: Timestamp,
}

impl<'a> Webhook<'a> {
    /// The message for a notice.
    pub fn of(notice: &'a Notice, school: &School) -> Self {
        Self {
            id: notice.id.as_str(),
            event: notice.event.word(),
            school_rspo: school.rspo,
            pupil_id: Some(notice.pupil_id.as_str()),
            subject: &notice.subject,
            body: &notice.body,
            created_at: notice.created_at,
        }
    }

    /// A message that is about nobody, to try a link with.
    pub fn test(id: &'a NoticeId, school: &School, now: Timestamp) -> Self {
        Self {
            id: id.as_str(),
            event: "test",
            school_rspo: school.rspo,
            pupil_id: None,
            subject: "Wiadomość próbna",
            body: "Połączenie z systemem mLegitymacji działa. Ta wiadomość nie dotyczy żadnego ucznia.",
            created_at: now,
        }
    }
}

/// The signature of a message, as the header `webhook-signature` carries it; none if the secret is not of the
/// form `whsec_…`.
pub fn signature(secret: &Secret, id: &str, at: Timestamp, body: &[u8]) -> Option<String> {
    let key = BASE64.decode(secret.expose().strip_prefix(SECRET_PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{}.", at.as_second()).as_bytes());
    mac.update(body);
    Some(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

/// Posts to electronic diaries.
#[derive(Debug, Clone)]
pub struct Diaries {
    reach: Reach,
    /// Made when it is needed: most issuers' schools have no diary.
    client: Arc<OnceLock<Result<Outgoing, OutgoingError>>>,
}

impl Diaries {
    /// How far diaries may be: on the public Internet, in the sandbox on this machine too.
    pub fn reach(sandbox: bool) -> Reach {
        if sandbox { Reach::PublicAndLoopback } else { Reach::Public }
    }

    /// What reaches all diaries.
    pub fn new(sandbox: bool) -> Self {
        Self { reach: Self::reach(sandbox), client: Arc::default() }
    }

    /// Posts a message; any answer of 2xx means that it was taken, and nothing else of the answer is read.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn post(
        &self,
        link: &EDiary,
        message: &Webhook<'_>,
        issuance: &Issuance,
    ) -> Result<(), SendError> {
        let client = self.client.get_or_init(|| Outgoing::new(self.reach)).clone().map_err(send_error)?;
        let secret = open_secret(&issuance.keys, link).ok_or(SendError::SecretUnreadable)?;
        let url: Url = link.url.parse().map_err(|_| SendError::AddressMalformed)?;
        let body = serde_json::to_vec(message).map_err(|_| SendError::AddressMalformed)?;
        let now = issuance.now();
        let signature = signature(&secret, message.id, now, &body).ok_or(SendError::SecretUnreadable)?;
        let request = client
            .post(&url)
            .map_err(send_error)?
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", now.as_second())
            .header("webhook-signature", signature)
            .body(body)
            .build()
            .map_err(|_| SendError::AddressMalformed)?;
        let answer = client.send(request, 0).await.map_err(send_error)?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(SendError::DiaryStatus(answer.status)) }
    }
}

fn send_error(error: OutgoingError) -> SendError {
    match error {
        OutgoingError::OutOfReach => SendError::AddressForbidden,
        OutgoingError::TimedOut => SendError::TimedOut,
        OutgoingError::SetUp | OutgoingError::Unreachable | OutgoingError::TooLong => SendError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(signature(&Secret::new("word"), "a", at, b""), None);
    }
}
