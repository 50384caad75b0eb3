//! A card is shown by codes: which copy stands behind them, and by which clock they are made.

use std::fmt;

use jiff::Timestamp;
use shared::holder_code::{Content, Purpose, UnverifiedCredential};
use shared::presentation::time::CorrectedTime;
use shared::vci::CONFIGURATION_CODE;
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;

use super::code::{CodeError, ShownCode, make, statement};
use crate::documents::{CardId, Documents, StoreError};
use crate::online::OnlinePhone;
use crate::secure_element::{ElementError, KeyHandle};
use crate::show::OpenedCard;
use crate::standing::Standing;
use crate::verify::update::{UpdateError, ask_time};

/// A statement that was taken to be shown to one inspector, as often as the code changes meanwhile.
#[derive(Clone)]
pub struct CodeInHand {
    card: CardId,
    key: KeyHandle,
    statement: Vec<u8>,
    content: Content,
    ends: Timestamp,
    fresh: bool,
}

impl CodeInHand {
    /// What it discloses.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Whether nobody has seen this copy before; where none was left, an inspector who saw it can tell that it is the
    /// same card.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }
}

impl fmt::Debug for CodeInHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeInHand({:?})", self.content)
    }
}

impl OnlinePhone {
    /// Takes a copy of a card in hand, to show it for `purpose` by [`code_now`](Self::code_now). Needs no network.
    ///
    /// # Errors
    /// See [`ShowCodeError`].
    pub async fn take_code_in_hand(
        &self,
        card: &CardId,
        purpose: Purpose,
    ) -> Result<CodeInHand, ShowCodeError> {
        let (card, now) = (card.clone(), self.now());
        self.with_phone(move |phone| {
            let documents = phone.documents();
            let now_at_least = still_holds(documents, &card, now)?;
            let copy = documents.take_copy(&card, CONFIGURATION_CODE, now_at_least)?;
            let copy = copy.ok_or(ShowCodeError::NoCopy)?;
            let statement = statement(&copy.credential, purpose)?;
            let read = UnverifiedCredential::parse(&statement).map_err(CodeError::from)?;
            let (content, ends) = (read.unverified().content.clone(), read.unverified().expires);
            if let Some(correction) = documents.clock_correction()? {
                documents.keep_clock_correction(correction.having_seen(now))?;
            }
            Ok(CodeInHand { card, key: copy.key, statement, content, ends, fresh: copy.first_use })
        })
        .await
    }

    /// The code of this moment, by the corrected clock. Needs no network.
    ///
    /// # Errors
    /// See [`ShowCodeError`]; [`Over`](ShowCodeError::Over) asks for another copy to be taken in hand.
    pub async fn code_now(&self, hand: &CodeInHand) -> Result<ShownCode, ShowCodeError> {
        let (hand, now) = (hand.clone(), self.now());
        self.with_phone(move |phone| {
            let documents = phone.documents();
            if still_holds(documents, &hand.card, now)? >= hand.ends {
                return Err(ShowCodeError::Over);
            }
            let time = CorrectedTime::by(documents.clock_correction()?.as_ref(), now);
            match make(&hand.statement, &hand.key, phone.element(), time) {
                // A refresh has put it away meanwhile.
                Err(CodeError::Element(ElementError::NoSuchKey)) => Err(ShowCodeError::Over),
                made => Ok(made?),
            }
        })
        .await
    }

    /// Learns the right time from the responder that the card's certificate names, by an answer that is signed for
    /// this question. Without it no inspector believes this phone's codes.
    ///
    /// # Errors
    /// See [`UpdateError`]; what was learnt before stays.
    pub(crate) async fn learn_clock(
        &self,
        certificate: &DeviceCertificate,
        authority: &CaCertificate,
    ) -> Result<(), UpdateError> {
        let Some(responder) = certificate.ocsp_url() else { return Ok(()) };
        let correction = ask_time(responder, authority, certificate.serial(), self.surroundings()).await?;
        let kept = self.with_phone(move |phone| phone.documents().keep_clock_correction(correction)).await;
        kept.map_err(|_| UpdateError::Disk(std::io::ErrorKind::Other.into()))
    }

    /// [`learn_clock`](Self::learn_clock), where nothing else depends on it.
    pub(crate) async fn try_to_learn_clock(
        &self,
        certificate: &DeviceCertificate,
        authority: &CaCertificate,
    ) {
        if let Err(error) = self.learn_clock(certificate, authority).await {
            tracing::info!(%error, "the phone learns no signed time for now");
        }
    }
}

/// That a card is on this phone and valid; answers the earliest moment that it may be by all that the phone has seen.
fn still_holds(documents: &Documents, card: &CardId, now: Timestamp) -> Result<Timestamp, ShowCodeError> {
    let held = documents.card(card)?.ok_or(ShowCodeError::NoSuchCard)?;
    let (floor, now) = (documents.time_floor()?, documents.judged_at(now)?);
    let standing = OpenedCard::read(card.clone(), held)?.standing(&floor, now);
    if standing.is_valid() { Ok(floor.at_least(now)) } else { Err(ShowCodeError::Standing(standing)) }
}

/// Why there is no code to show. Messages complete "cannot show the card: …".
#[derive(Debug, thiserror::Error)]
pub enum ShowCodeError {
    /// It is not on this phone.
    #[error("it is not on this phone")]
    NoSuchCard,
    /// It does not hold.
    #[error("it does not hold: {}", .0.reason())]
    Standing(Standing),
    /// The issuer has given no copies for codes, or they are over; a refresh asks for new ones.
    #[error("there is no copy for codes on this phone")]
    NoCopy,
    /// The copy in hand has ended, or was put away, while it was shown; another can be taken.
    #[error("the copy in hand is over")]
    Over,
    /// The copy.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ShowCodeError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchCard => "no_such_card",
            Self::Standing(standing) => standing.reason(),
            Self::NoCopy => "no_copy",
            Self::Over => "copy_over",
            Self::Code(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}
