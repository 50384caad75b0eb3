//! Doing what a client asks once, however often it asks: a key claims the act in the act's own transaction.
//!
//! Only what succeeded is remembered. A refusal changed nothing, so the same key may try again once its cause
//! is out of the way.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::request::Once;
use crate::http::failure::{Code, Coded, Failure};
use crate::store::tables::idempotent_reply::IdempotentReply;
use crate::store::{Statements, StoreError, Verb};

/// How long a key is remembered.
pub(super) const KEY_TTL: SignedDuration = SignedDuration::from_hours(24);

/// A verb that is run at most once for its key.
pub(super) struct Idempotent<V, F> {
    claim: IdempotentReply,
    verb: V,
    remember: F,
}

/// What came of it.
pub(super) enum Outcome<A> {
    /// The verb was run.
    Ran(A),
    /// It was run before; this was answered.
    Replayed { status: i64, body: String },
    /// The key came with another request before.
    KeyReused,
}

/// What a client gets: something new, or what it got before.
pub(super) enum Done<T> {
    Fresh(T),
    Replayed(Reply),
}

impl<V, F> Idempotent<V, F> {
    pub(super) fn new<T, W>(once: Once, status: StatusCode, now: Timestamp, verb: V, remember: F) -> Self
    where
        F: Fn(&T) -> W,
    {
        let claim = IdempotentReply {
            token_id: once.token,
            key: once.key,
            request_hash: once.request_hash,
            status: status.as_u16().into(),
            body: String::new(),
            expires_at: now.saturating_add(KEY_TTL).unwrap_or(Timestamp::MAX),
        };
        Self { claim, verb, remember }
    }
}

#[async_trait::async_trait]
impl<V, F, T, R, W> Verb for Idempotent<V, F>
where
    V: Verb<Answer = Result<T, R>>,
    F: Fn(&T) -> W + Send + Sync + 'static,
    T: Send + 'static,
    R: Send + 'static,
    W: Serialize,
{
    type Answer = Outcome<Result<T, R>>;

    fn keeps(answer: &Self::Answer) -> bool {
        match answer {
            Outcome::Ran(answer) => V::keeps(answer),
            Outcome::Replayed { .. } | Outcome::KeyReused => true,
        }
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.claim.expires_at.saturating_sub(KEY_TTL).unwrap_or(Timestamp::MIN);
        self.claim.release_expired(tx, now).await?;
        // The unique key decides the race: whoever comes second waits here and then reads the first one's reply.
        if !self.claim.insert_if_new(tx).await? {
            let reply = IdempotentReply::by_key(tx, &self.claim.token_id, &self.claim.key).await?;
            let Some(reply) = reply else { return Err(StoreError::Contention) };
            return Ok(if reply.request_hash == self.claim.request_hash {
                Outcome::Replayed { status: reply.status, body: reply.body }
            } else {
                Outcome::KeyReused
            });
        }
        let answer = self.verb.run(tx).await?;
        match &answer {
            Ok(made) => {
                let body = serde_json::to_string(&(self.remember)(made));
                let body = body.map_err(|_| StoreError::Damaged("a reply cannot be written as JSON"))?;
                IdempotentReply { body, ..self.claim.clone() }.settle(tx).await?;
            }
            Err(_) => self.claim.release(tx).await?,
        }
        Ok(Outcome::Ran(answer))
    }
}

impl<T, R: Coded> Outcome<Result<T, R>> {
    /// What the client gets.
    pub(super) fn into_done(self) -> Result<Done<T>, Failure> {
        match self {
            Self::Ran(answer) => Ok(Done::Fresh(answer?)),
            Self::Replayed { status, body } => {
                let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
                let status = status.ok_or(StoreError::Damaged("a remembered status is none"))?;
                Ok(Done::Replayed(Reply { status, body, replayed: true }))
            }
            Self::KeyReused => Err(Failure::of(Code::KeyReused)),
        }
    }
}

/// A JSON answer on its way. May hold secrets, so it has no `Debug`.
pub(super) struct Reply {
    status: StatusCode,
    body: String,
    replayed: bool,
}

impl Reply {
    /// An answer that was made now.
    pub(super) fn fresh(status: StatusCode, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body).map_err(|error| Failure::ours(Code::InternalError, &error))?;
        Ok(Self { status, body, replayed: false })
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, [(header::CONTENT_TYPE, json)], self.body).into_response();
        if self.replayed {
            let name = HeaderName::from_static("idempotency-replayed");
            response.headers_mut().insert(name, HeaderValue::from_static("true"));
        }
        response
    }
}
