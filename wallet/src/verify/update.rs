//! What an inspector's device fetches before it goes where no network is: the list of roots, the time, the status lists.
//!
//! Everything that comes is signed, so plain http will do. The time comes first of what is believed: the list is read,
//! the time is asked where it says, and only then are the list's own dates judged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::entropy::Entropy;
use shared::presentation::time::{ClockCorrection, CorrectionFault, FreshTime};
use shared::presentation::trust::Trust;
use shared::presentation::trust_list::{self, TrustListFault};
use shared::status::token::{self, StatusTokenFault};
use shared::x509::ca::CaCertificate;
use shared::x509::ocsp::{MAX_REPLY, OcspFault, Question, UnverifiedAnswer};
use shared::x509::serial::SerialNumber;
use url::Url;

use super::folder::InspectorFolder;
use super::offline::Inspector;
use crate::online::Surroundings;
use crate::transport::{Channel, Request, TransportError};

/// What an update brought.
#[derive(Debug, Default)]
pub struct Updated {
    /// Whether the time was learnt; why not, if not.
    pub time: Option<Result<(), UpdateError>>,
    /// The status lists that came, by address.
    pub lists: Vec<(String, Result<(), UpdateError>)>,
}

/// Fetches the list of roots from `trust_list`, learns the time, and fetches every status list that the list names. What
/// came is kept in `folder`.
///
/// # Errors
/// When there is no list of roots to be had or to be believed; what else is missing stands in the result.
pub async fn update(
    inspector: &mut Inspector,
    folder: &InspectorFolder,
    trust_list: &Url,
    surroundings: &Surroundings,
) -> Result<Updated, UpdateError> {
    let text = fetch(surroundings, trust_list.clone(), trust_list::MAX_LENGTH).await?;
    let text = String::from_utf8(text).map_err(|_| UpdateError::NotText)?;
    let mut trying = inspector.clone();
    trying.take_kept_trust_list(&text)?;
    let time = learn_time(&mut trying, surroundings).await;
    // Who is not believed in the list is not believed about the time.
    trying.take_trust_list(&text, surroundings.clock.now())?;
    *inspector = trying;
    folder.keep_trust_list(&text)?;
    if let Some(correction) = inspector.correction() {
        folder.keep_clock(&correction)?;
    }
    let mut lists = Vec::new();
    for uri in inspector.trust().status_lists.clone() {
        let outcome = take_list(inspector, folder, &uri, surroundings).await;
        lists.push((uri, outcome));
    }
    Ok(Updated { time, lists })
}

async fn take_list(
    inspector: &mut Inspector,
    folder: &InspectorFolder,
    uri: &str,
    surroundings: &Surroundings,
) -> Result<(), UpdateError> {
    let url = uri.parse().map_err(|_| UpdateError::Address)?;
    let token = fetch(surroundings, url, token::MAX_LENGTH).await?;
    let token = String::from_utf8(token).map_err(|_| UpdateError::NotText)?;
    // Another list than the one that was asked for is kept under its own address, and does no harm.
    let uri = inspector.take_status_list(&token, surroundings.clock.now())?;
    folder.keep_status_list(&uri, &token)?;
    Ok(())
}

/// Asks about a code signer's certificate where the list of roots says, with a nonce. `None` where nothing is said.
async fn learn_time(
    inspector: &mut Inspector,
    surroundings: &Surroundings,
) -> Option<Result<(), UpdateError>> {
    let mut outcome = None;
    for (address, question, issuer) in questions(inspector.trust(), &*surroundings.entropy) {
        let learnt = ask(&address, &question, &issuer, surroundings).await;
        match learnt {
            Ok(correction) => {
                inspector.learn(correction);
                return Some(Ok(()));
            }
            Err(error) => outcome = Some(Err(error)),
        }
    }
    outcome
}

/// A question for each code signer below a root that says where to ask.
fn questions(trust: &Trust, entropy: &dyn Entropy) -> Vec<(String, Question, CaCertificate)> {
    let mut questions = Vec::new();
    for signer in &trust.code_signers {
        let at = signer.certificate().not_before();
        let Ok(verified) = trust.signer(signer.id(), at) else { continue };
        let root = trust.roots.iter().find(|root| root.anchor == *verified.anchor());
        let Some(address) = root.and_then(|root| root.ocsp.clone()) else { continue };
        let issuer = verified.issuing_authority().clone();
        if let Ok(question) = Question::new(&issuer, signer.certificate().serial(), entropy.bytes()) {
            questions.push((address, question, issuer));
        }
    }
    questions
}

/// Learns the time from a responder's answer about the certificate of this `serial` by `issuer`.
pub(crate) async fn ask_time(
    responder: &str,
    issuer: &CaCertificate,
    serial: SerialNumber,
    surroundings: &Surroundings,
) -> Result<ClockCorrection, UpdateError> {
    let question = Question::new(issuer, serial, surroundings.entropy.bytes());
    let question = question.map_err(|_| UpdateError::Address)?;
    ask(responder, &question, issuer, surroundings).await
}

async fn ask(
    address: &str,
    question: &Question,
    issuer: &CaCertificate,
    surroundings: &Surroundings,
) -> Result<ClockCorrection, UpdateError> {
    let der = question.to_der().map_err(|_| UpdateError::Address)?;
    let mut url: Url = address.parse().map_err(|_| UpdateError::Address)?;
    // RFC 6960 §A.1: base64 as one more segment of the path; `push` escapes what a path cannot hold.
    url.path_segments_mut().map_err(|()| UpdateError::Address)?.push(&STANDARD.encode(der));
    let asked = surroundings.clock.now();
    let reply = fetch(surroundings, url, MAX_REPLY).await?;
    let answered = surroundings.clock.now();
    let answer = UnverifiedAnswer::parse(&reply)?.verify(question, issuer)?;
    Ok(ClockCorrection::learn(FreshTime::from(&answer), asked, answered)?)
}

async fn fetch(surroundings: &Surroundings, url: Url, limit: usize) -> Result<Vec<u8>, UpdateError> {
    let request = Request { channel: Channel::SignedContent, ..Request::get(url, limit) };
    let response = surroundings.transport.send(request).await?;
    if response.is_success() { Ok(response.body) } else { Err(UpdateError::Status(response.status)) }
}

/// Messages complete "cannot update: …".
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An answer that is none.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// Not an address.
    #[error("an address cannot be used")]
    Address,
    /// Not text.
    #[error("what came is not text")]
    NotText,
    /// The list of roots.
    #[error("the list of roots is refused: {0}")]
    TrustList(#[from] TrustListFault),
    /// A status list.
    #[error("a status list is refused: {0}")]
    StatusList(#[from] StatusTokenFault),
    /// The answer that tells the time.
    #[error("the answer that tells the time is refused: {0}")]
    Ocsp(#[from] OcspFault),
    /// The time in it.
    #[error("the time is not learnt: {0}")]
    Time(#[from] CorrectionFault),
    /// The disk.
    #[error("what came cannot be kept")]
    Disk(#[from] std::io::Error),
}

impl UpdateError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.reason(),
            Self::Status(_) => "server_error",
            Self::Address => "bad_address",
            Self::NotText => "not_text",
            Self::TrustList(_) => "trust_list_refused",
            Self::StatusList(_) => "status_list_refused",
            Self::Ocsp(_) => "ocsp_refused",
            Self::Time(_) => "time_not_learnt",
            Self::Disk(_) => "disk",
        }
    }
}
