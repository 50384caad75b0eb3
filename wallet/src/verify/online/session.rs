//! One question to one phone, from asking to forgetting.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::entropy::Entropy;
use shared::presentation::verdict::{Inspection, Verdict};
use shared::secret::Secret;
use shared::vci::uri::HttpUrl;
use shared::vp::dcql::DcqlQuery;
use shared::vp::jwe::OpeningKey;
use shared::vp::rendezvous::Digits;
use shared::vp::request::{AuthorizationRequest, ResponseMode};

use super::check::Shown;

/// How long a request waits for its answer.
pub const REQUEST_LIFETIME: SignedDuration = SignedDuration::from_mins(3);

/// How long the inspector sees a result; then it is gone.
pub const RESULT_LIFETIME: SignedDuration = SignedDuration::from_mins(3);

/// What a verifier wants to know.
#[derive(Debug, Clone)]
pub struct Question {
    /// The query.
    pub query: DcqlQuery,
    /// Why, for the holder to read.
    pub purpose: Option<String>,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// Whether phones are to fetch the request by POST and say a nonce that comes back.
    pub fetch_by_post: bool,
    /// Where the holder's browser goes on afterwards, if it is the same device; the result is given out only to whoever
    /// comes back there with the response code.
    pub return_to: Option<HttpUrl>,
}

impl Question {
    /// A question across devices, answered encrypted.
    pub fn new(query: DcqlQuery) -> Self {
        Self {
            query,
            purpose: None,
            response_mode: ResponseMode::DirectPostJwt,
            fetch_by_post: false,
            return_to: None,
        }
    }
}

/// The inspector's handle; whoever has it sees the result.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(pub(super) String);

impl SessionId {
    /// Takes the text of a handle.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the inspector's own page.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// What an inspector shows to a holder.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The handle.
    pub id: SessionId,
    /// The link, for a QR code or for a button on the same device.
    pub link: Secret,
    /// The digits, for whoever cannot scan; none when the meeting place is full.
    pub digits: Option<Digits>,
    /// From when on no answer is taken.
    pub expires_at: Timestamp,
}

/// How a session stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// No answer yet.
    Asked,
    /// Answered on the same device; the result waits for the response code.
    Returning,
    /// Answered, and the answer holds as far as is known.
    Answered {
        /// The verdict: valid, or unknown since.
        verdict: Verdict,
        /// What was shown.
        shown: Shown,
    },
    /// Refused: by the holder, or by us.
    Refused {
        /// A stable name for programs; `declined` when the holder said no.
        code: &'static str,
        /// The verdict, if something was presented.
        verdict: Option<Verdict>,
        /// What an issuer's signature vouches for all the same, such as the name on an expired card.
        shown: Option<Shown>,
    },
    /// Nobody answered in time.
    Expired,
}

impl SessionState {
    /// Its stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Returning => "returning",
            Self::Answered { .. } => "answered",
            Self::Refused { .. } => "refused",
            Self::Expired => "expired",
        }
    }
}

/// What is kept of a question.
pub(super) struct Session {
    /// What the request's and the response's addresses end in.
    pub(super) request_id: String,
    pub(super) request: AuthorizationRequest,
    pub(super) asked_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) opening_key: Option<OpeningKey>,
    pub(super) return_to: Option<HttpUrl>,
    pub(super) response_code: Option<Secret>,
    pub(super) digits: Option<Digits>,
    pub(super) fate: Fate,
}

/// What has become of it.
pub(super) enum Fate {
    /// It waits.
    Open,
    /// An answer is being judged.
    Judging,
    /// It is over.
    Done { at: Timestamp, code: &'static str, refused: bool, inspection: Option<Inspection<Shown>> },
}

impl Session {
    /// From when on nothing of it is kept.
    pub(super) fn forgotten_at(&self) -> Timestamp {
        let from = match &self.fate {
            Fate::Done { at, .. } => *at,
            Fate::Open | Fate::Judging => self.expires_at,
        };
        from.saturating_add(RESULT_LIFETIME).unwrap_or(Timestamp::MAX)
    }

    /// How it stands; `code` is what the browser came back with.
    pub(super) fn state(&self, code: Option<&Secret>, now: Timestamp) -> SessionState {
        match &self.fate {
            Fate::Open | Fate::Judging if now >= self.expires_at => SessionState::Expired,
            Fate::Open | Fate::Judging => SessionState::Asked,
            Fate::Done { .. }
                if self.return_to.is_some() && (code.is_none() || code != self.response_code.as_ref()) =>
            {
                SessionState::Returning
            }
            Fate::Done { code, refused, inspection, .. } => {
                let verdict = inspection.as_ref().map(|inspection| inspection.verdict.clone());
                let shown = inspection.as_ref().and_then(|inspection| inspection.disclosed.clone());
                match (refused, verdict) {
                    (false, Some(verdict)) => {
                        SessionState::Answered { verdict, shown: shown.unwrap_or_default() }
                    }
                    (_, verdict) => SessionState::Refused { code, verdict, shown },
                }
            }
        }
    }
}

/// 128 random bits in base64url.
pub(super) fn random(entropy: &dyn Entropy) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<16>())
}
