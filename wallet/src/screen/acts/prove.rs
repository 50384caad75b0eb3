//! A card is shown to somebody who checks it.

use std::sync::Arc;

use super::Given;
use super::start::lock_fault;
use crate::acquire::scan::{self, ScanRefusal};
use crate::documents::CardId;
use crate::online::{OnlinePhone, blocking};
use crate::pin::Pin;
use crate::present::asked::ItemId;
use crate::present::code::ShownCode;
use crate::present::show_code::{CodeInHand, ShowCodeError};
use crate::present::{AskedFor, PresentError, RequestSource};
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::{CheckSide, Kind, Trouble};
use crate::screen::view::{LockFault, Prove, View, Work};

/// The name of the box that lets an item through.
pub(in crate::screen) fn box_name(place: usize) -> String {
    format!("item-{place}")
}

impl DeskPhone {
    /// Which code?
    pub(super) fn choose_purpose(&self, given: &Given) {
        if let (true, Ok(id)) = (self.is_free(), CardId::parse(given.get("id"))) {
            self.go(View::Prove(Prove::Purposes { id }));
        }
    }

    /// The code for a purpose.
    pub(super) async fn show_code(&self, given: &Given) {
        let (View::Prove(Prove::Purposes { id }), Some(online)) = (self.view(), self.online()) else {
            return;
        };
        let Ok(purpose) = given.get("purpose").parse() else { return };
        match online.take_code_in_hand(&id, purpose).await {
            Ok(hand) => self.go(View::Prove(Prove::Code { id, hand: Arc::new(hand) })),
            Err(error) => self.fail(&error),
        }
    }

    /// The code of this moment; when the copy in hand is over, from another one.
    pub(in crate::screen) async fn shown_code(
        &self,
        online: &OnlinePhone,
        id: &CardId,
        hand: Arc<CodeInHand>,
    ) -> Result<(Arc<CodeInHand>, ShownCode), ShowCodeError> {
        let version = self.state().version();
        match online.code_now(&hand).await {
            Err(ShowCodeError::Over) => {}
            made => return made.map(|code| (hand, code)),
        }
        let next = Arc::new(online.take_code_in_hand(id, hand.content().purpose()).await?);
        let code = online.code_now(&next).await?;
        self.go_since(version, View::Prove(Prove::Code { id: id.clone(), hand: Arc::clone(&next) }));
        Ok((next, code))
    }

    /// To where a verifier's request is read.
    pub(super) fn begin_answer(&self) {
        if self.is_free() {
            self.go(View::Prove(Prove::Scan { fault: None }));
        }
    }

    /// The link in a verifier's code. `false` if the text is none.
    pub(in crate::screen) fn answer_text(self: &Arc<Self>, text: &str) -> bool {
        if !shared::vp::request::link::RequestLink::is_one(text) {
            return false;
        }
        match RequestSource::from_text(text) {
            Ok(source) => self.read_request(source),
            Err(error) => self.fail(&PresentError::from(error)),
        }
        true
    }

    /// A picture of a verifier's code.
    pub(super) async fn answer_picture(self: &Arc<Self>, picture: Vec<u8>) {
        match blocking(move || scan::texts(&picture)).await {
            Ok(texts) if texts.iter().any(|text| self.answer_text(text)) => {}
            Ok(_) => self.fail(Trouble::new(Kind::NotARequest, "not_a_request")),
            Err(unread) => self.fail(Trouble {
                check: Some(CheckSide::Holder),
                ..Trouble::from(ScanRefusal::Unread(unread))
            }),
        }
    }

    /// Six digits in the place of the code, or the text of a link.
    pub(super) fn answer_digits(self: &Arc<Self>, given: &Given) {
        if !self.is_free() || !matches!(self.view(), View::Prove(Prove::Scan { .. })) {
            return;
        }
        let typed = given.get("digits").trim();
        if self.answer_text(typed) {
            return;
        }
        let source = self.tools.gate.base().and_then(|base| RequestSource::from_digits(typed, &base));
        match source {
            Some(source) => self.read_request(source),
            None => self.go(View::Prove(Prove::Scan { fault: Some("digits") })),
        }
    }

    fn read_request(self: &Arc<Self>, source: RequestSource) {
        let Some(online) = self.online() else { return };
        self.transcript.clear();
        let phone = Arc::clone(self);
        self.work(Work::Reading, async move {
            match online.read_request(source).await {
                Ok(asked) => {
                    phone.state().errand.asked = Some(Arc::new(asked));
                    View::Prove(Prove::Asked { fault: None })
                }
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }

    fn asked(&self) -> Option<(Arc<OnlinePhone>, Arc<AskedFor>)> {
        if !matches!(self.view(), View::Prove(Prove::Asked { .. })) {
            return None;
        }
        let state = self.state();
        state.online.clone().zip(state.errand.asked.clone())
    }

    /// The owner agrees, but for the boxes that are empty, and says the PIN.
    pub(super) async fn agree(self: &Arc<Self>, given: &Given) {
        let Some((online, asked)) = self.asked() else { return };
        let fault = |fault| View::Prove(Prove::Asked { fault: Some(fault) });
        let Ok(pin) = Pin::typed(given.get("pin")) else { return self.go(fault(LockFault::Malformed)) };
        let refused: Vec<ItemId> = (asked.items().into_iter().enumerate())
            .filter(|(place, item)| !item.required && given.get(&box_name(*place)).is_empty())
            .map(|(_, item)| item.id)
            .collect();
        let now = self.tools.machine.now();
        if let Err(refusal) = online.with_phone(move |phone| phone.confirm_pin(&pin, now)).await {
            return match lock_fault(&refusal) {
                Some(wrong) => self.go(fault(wrong)),
                None => self.lock_with(Trouble::from(&refusal)),
            };
        }
        let agreed = match asked.consent(&refused) {
            Ok(agreed) => agreed,
            // What is left makes no answer: that is to refuse.
            Err(_) => return self.decline().await,
        };
        let phone = Arc::clone(self);
        self.transcript.clear();
        self.work(Work::Presenting, async move {
            phone.state().errand.asked = None;
            match online.present(&agreed).await {
                Ok(presented) => View::Prove(Prove::Receipt { id: presented.receipt.id }),
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }

    pub(super) async fn decline(self: &Arc<Self>) {
        let Some((online, asked)) = self.asked() else { return };
        let phone = Arc::clone(self);
        self.work(Work::Presenting, async move {
            phone.state().errand.asked = None;
            match online.decline(&asked).await {
                Ok(receipt) => View::Prove(Prove::Receipt { id: receipt.id }),
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }

    /// What became of an earlier request.
    pub(super) fn open_receipt(&self, given: &Given) {
        if let (true, Ok(id)) = (self.is_free(), crate::documents::ReceiptId::parse(given.get("id"))) {
            self.go(View::Prove(Prove::Receipt { id }));
        }
    }
}
