//! The verifier: asks, hears answers, shows results for three minutes, keeps counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::presentation::time::{CorrectedTime, Timekeeping};
use shared::secret::Secret;
use shared::vci::uri::{HttpUrl, UriError, UrlPolicy};
use shared::vp::jwe::{JweError, OpeningKey};
use shared::vp::metadata::ClientMetadata;
use shared::vp::rendezvous::{Digits, Rendezvous, RendezvousError};
use shared::vp::request::object::{RequestObjectError, sign, unsecured};
use shared::vp::request::{AuthorizationRequest, RequestError, ResponseMode, link};
use shared::vp::response::{Acknowledgement, Answer, AuthorizationResponse, PostedResponse, open};
use shared::x509::chain::TrustAnchor;

use super::check::{self, Judged, ListDates};
use super::identity::{IdentityError, VerifierIdentity};
use super::lists::FetchedLists;
use super::refusal::Unheard;
use super::session::{Asked, Fate, Question, REQUEST_LIFETIME, Session, SessionId, SessionState, random};
use crate::transport::Transport;
use crate::verify::offline::Inspector;

/// The most questions at a time.
pub const MAX_SESSIONS: usize = 1000;

/// What a verifier is set up with.
pub struct CheckpointConfig {
    /// The address below which its endpoints are, as phones reach it.
    pub base: HttpUrl,
    /// Who it is.
    pub identity: VerifierIdentity,
    /// Whose cards it believes.
    pub anchors: Vec<TrustAnchor>,
    /// Whether other verifiers may leave their links under six digits here.
    pub open_rendezvous: bool,
}

/// A verifier that asks phones. May be shared by threads.
pub struct Checkpoint {
    config: CheckpointConfig,
    clock: Arc<dyn Clock>,
    timekeeping: Timekeeping,
    list: ListDates,
    entropy: Arc<dyn Entropy>,
    lists: FetchedLists,
    sessions: Mutex<HashMap<SessionId, Session>>,
    rendezvous: Mutex<Rendezvous>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Checkpoint {
    /// A verifier that has asked nobody yet, on a machine whose clock somebody keeps right; `transport` fetches status
    /// lists.
    pub fn new(
        config: CheckpointConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            config,
            clock,
            timekeeping: Timekeeping::KeptRight,
            list: ListDates::default(),
            entropy,
            lists: FetchedLists::new(transport),
            sessions: Mutex::default(),
            rendezvous: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    /// The same on an inspector's device: by its clock as far as that is known, and by the dates of its list of roots.
    #[must_use]
    pub fn on_device(self, inspector: &Inspector) -> Self {
        Self { timekeeping: inspector.timekeeping(), list: inspector.trust().into(), ..self }
    }

    /// Asks: what comes back is to be shown to the holder.
    ///
    /// # Errors
    /// See [`AskError`].
    pub fn ask(&self, question: Question) -> Result<Asked, AskError> {
        if question.query.credentials().iter().any(|asked| !asked.trusted_authorities.is_empty()) {
            return Err(AskError::TrustedAuthorities);
        }
        let now = self.now();
        let entropy = &*self.entropy;
        let request_id = random(entropy);
        let response_uri = self.endpoint("response", &request_id)?;
        let expires_at = now.saturating_add(REQUEST_LIFETIME).unwrap_or(Timestamp::MAX);
        let mut client_metadata = ClientMetadata::of_verifier(Some(self.config.identity.name()));
        let opening_key = match question.response_mode {
            ResponseMode::DirectPost => None,
            ResponseMode::DirectPostJwt => {
                let key = OpeningKey::draw(entropy)?;
                client_metadata =
                    client_metadata.with_encryption(key.public(), &key.public().thumbprint().to_string());
                Some(key)
            }
        };
        let request = AuthorizationRequest {
            client_id: self.config.identity.client_id(&response_uri)?,
            response_mode: question.response_mode,
            response_uri,
            nonce: random(entropy),
            state: Some(random(entropy)),
            query: question.query,
            client_metadata,
            purpose: question.purpose,
            issued_at: Some(now),
            expires_at: Some(expires_at),
            wallet_nonce: None,
        };
        let link = if request.client_id.is_signed() {
            let address = self.endpoint("request", &request_id)?;
            link::by_reference(&request.client_id, &address, question.fetch_by_post)
        } else {
            link::by_value(&request)?
        };
        let mut sessions = self.sessions(now);
        if sessions.len() >= MAX_SESSIONS {
            return Err(AskError::TooMany);
        }
        let digits = self.rendezvous().leave(&link, now, entropy).ok();
        let id = SessionId(random(entropy));
        let response_code = question.return_to.is_some().then(|| Secret::new(random(entropy)));
        let session = Session {
            request_id,
            request,
            asked_at: now,
            expires_at,
            opening_key,
            return_to: question.return_to,
            response_code,
            digits,
            fate: Fate::Open,
        };
        sessions.insert(id.clone(), session);
        drop(sessions);
        self.count("asked");
        Ok(Asked { id, link: Secret::new(link), digits, expires_at })
    }

    /// How a session stands; nothing once it is forgotten. A result on the same device needs the `response_code`.
    pub fn state(&self, id: &SessionId, response_code: Option<&Secret>) -> Option<SessionState> {
        let now = self.now();
        self.sessions(now).get(id).map(|session| session.state(response_code, now))
    }

    /// Forgets a session before its time.
    pub fn forget(&self, id: &SessionId) {
        let session = self.sessions(self.now()).remove(id);
        if let Some(digits) = session.and_then(|session| session.digits) {
            self.rendezvous().clear(digits);
        }
    }

    /// How many questions, answers and refusals there were, by their codes: all that is kept.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The request object for the phone that asks for it.
    pub(super) fn request_object(
        &self,
        request_id: &str,
        wallet_nonce: Option<String>,
    ) -> Result<String, Unheard> {
        let now = self.now();
        let sessions = self.sessions(now);
        let (_, session) = find(&sessions, request_id)?;
        session.waits(now)?;
        let request = AuthorizationRequest { wallet_nonce, ..session.request.clone() };
        let object = match self.config.identity.signer() {
            Some(signer) => sign(&request, signer),
            None => unsecured(&request),
        };
        object.map_err(|_| Unheard::UnknownRequest)
    }

    /// Hears an answer and judges it.
    pub(super) async fn hear(&self, request_id: &str, form: &[u8]) -> Result<Heard, Unheard> {
        let time = self.time();
        let now = time.now();
        let (id, answer, request, asked_at) = self.take_answer(request_id, form, now)?;
        let judged = match answer {
            Answer::Refused(_) => None,
            Answer::Presented(token) => {
                Some(match check::verify(&token, &request, asked_at, &self.config.anchors, now) {
                    Ok(answered) => {
                        for (reference, root) in answered.references() {
                            self.lists.refresh(&reference, &root, now).await;
                        }
                        answered.judge(&self.lists, time, self.list)
                    }
                    Err(refusal) => Judged::refused(refusal, Vec::new(), None, time),
                })
            }
        };
        Ok(self.finish(&id, judged, now))
    }

    /// Opens the answer, finds its session, and takes the session's only turn.
    fn take_answer(
        &self,
        request_id: &str,
        form: &[u8],
        now: Timestamp,
    ) -> Result<(SessionId, Answer, AuthorizationRequest, Timestamp), Unheard> {
        let mut sessions = self.sessions(now);
        let (id, session) = find(&sessions, request_id)?;
        session.waits(now)?;
        let posted = PostedResponse::parse(form).map_err(|_| Unheard::MalformedAnswer)?;
        let response: AuthorizationResponse = match (posted, &session.opening_key) {
            (PostedResponse::Plain(response), None) => response,
            // Whoever cannot encrypt may still say no; a no tells nothing.
            (PostedResponse::Plain(response), Some(_)) if matches!(response.answer, Answer::Refused(_)) => {
                response
            }
            (PostedResponse::Encrypted(jwe), Some(key)) => {
                open(*jwe, key).map_err(|_| Unheard::DoesNotOpen)?
            }
            _ => return Err(Unheard::OtherResponseMode),
        };
        if response.state != session.request.state.as_deref().map(Secret::new) {
            return Err(Unheard::WrongState);
        }
        let taken = (id.clone(), response.answer, session.request.clone(), session.asked_at);
        if let Some(session) = sessions.get_mut(&taken.0) {
            session.fate = Fate::Judging;
        }
        Ok(taken)
    }

    fn finish(&self, id: &SessionId, judged: Option<Judged>, now: Timestamp) -> Heard {
        let refusal = judged.as_ref().and_then(|judged| judged.refusal.clone());
        let (code, refused) = match (&judged, &refusal) {
            (None, _) => ("declined", true),
            (Some(_), Some(refusal)) => (refusal.code(), true),
            (Some(judged), None) => (judged.inspection.verdict.code(), false),
        };
        self.count(code);
        tracing::info!(outcome = code, "a verifier's question was answered");
        let inspection = judged.map(|judged| judged.inspection);
        let mut redirect_uri = None;
        let digits = {
            let mut sessions = self.sessions(now);
            sessions.get_mut(id).and_then(|session| {
                session.fate = Fate::Done { at: now, code, refused, inspection };
                session.opening_key = None;
                redirect_uri = session.way_back();
                session.digits.take()
            })
        };
        if let Some(digits) = digits {
            self.rendezvous().clear(digits);
        }
        let refused = refusal.map(|refusal| refusal.code());
        Heard { acknowledgement: Acknowledgement { redirect_uri }, refused }
    }

    /// The link that waits under six digits.
    pub(super) fn meet(&self, digits: Digits) -> Result<String, RendezvousError> {
        self.rendezvous().find(digits, self.now()).map(str::to_owned)
    }

    /// Leaves another verifier's link under six digits; nothing where that is not offered.
    pub(super) fn leave(&self, link: &str) -> Option<Result<Digits, RendezvousError>> {
        let now = self.now();
        self.config.open_rendezvous.then(|| self.rendezvous().leave(link, now, &*self.entropy))
    }

    fn time(&self) -> CorrectedTime {
        self.timekeeping.time(self.clock.now())
    }

    fn now(&self) -> Timestamp {
        self.time().now()
    }

    fn endpoint(&self, name: &str, id: &str) -> Result<HttpUrl, UriError> {
        let base = self.config.base.as_str().trim_end_matches('/');
        HttpUrl::parse(&format!("{base}/{name}/{id}"), UrlPolicy::default())
    }

    /// The sessions, without those that are to be forgotten by `now`.
    fn sessions(&self, now: Timestamp) -> MutexGuard<'_, HashMap<SessionId, Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unanswered = 0;
        sessions.retain(|_, session| {
            let keep = now < session.forgotten_at();
            unanswered += u64::from(!keep && !matches!(session.fate, Fate::Done { .. }));
            keep
        });
        if unanswered > 0 {
            self.add("expired", unanswered);
        }
        sessions
    }

    fn rendezvous(&self) -> MutexGuard<'_, Rendezvous> {
        self.rendezvous.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, code: &'static str) {
        self.add(code, 1);
    }

    fn add(&self, code: &'static str, by: u64) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += by;
    }
}

impl Session {
    fn waits(&self, now: Timestamp) -> Result<(), Unheard> {
        match self.fate {
            Fate::Judging | Fate::Done { .. } => Err(Unheard::AlreadyAnswered),
            Fate::Open if now >= self.expires_at => Err(Unheard::RequestExpired),
            Fate::Open => Ok(()),
        }
    }

    /// Where the browser goes on, with the response code (§8.2).
    fn way_back(&self) -> Option<Secret> {
        let (back, code) = self.return_to.as_ref().zip(self.response_code.as_ref())?;
        let mut url = back.as_url().clone();
        url.query_pairs_mut().append_pair("response_code", code.expose());
        Some(Secret::new(url.as_str()))
    }
}

fn find<'a>(
    sessions: &'a HashMap<SessionId, Session>,
    request_id: &str,
) -> Result<(&'a SessionId, &'a Session), Unheard> {
    sessions.iter().find(|(_, session)| session.request_id == request_id).ok_or(Unheard::UnknownRequest)
}

/// What a phone is told about its answer.
pub(super) struct Heard {
    /// Where its holder's browser goes on.
    pub(super) acknowledgement: Acknowledgement,
    /// Why the answer is refused.
    pub(super) refused: Option<&'static str>,
}

/// Why a question cannot be asked. Messages complete "cannot ask: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Too many questions are open.
    #[error("too many questions are open")]
    TooMany,
    /// The query names authorities, by which nobody here judges: the verifier's own roots count.
    #[error("it names trusted authorities, and answers are judged by the verifier's roots alone")]
    TrustedAuthorities,
    /// The verifier's address.
    #[error("the verifier's address may not be spoken to")]
    Address(#[from] UriError),
    /// The verifier's identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The request cannot be written.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request cannot be signed.
    #[error(transparent)]
    Object(#[from] RequestObjectError),
    /// The key to encrypt to.
    #[error(transparent)]
    Encryption(#[from] JweError),
}

impl AskError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooMany => "too_many_questions",
            Self::TrustedAuthorities => "trusted_authorities",
            Self::Address(_) => "address_not_allowed",
            Self::Identity(error) => error.reason(),
            Self::Request(error) => error.reason(),
            Self::Object(error) => error.reason(),
            Self::Encryption(_) => "encryption",
        }
    }
}
