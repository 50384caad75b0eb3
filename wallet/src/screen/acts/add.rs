//! The way to a card, in the order of the schools' pages.

use std::sync::Arc;

use shared::secret::Secret;
use shared::typed_code::{TypedCode, TypedCodeError};

use super::Given;
use crate::acquire::ActivateError;
use crate::acquire::consent::{PRIVACY_NOTICE, TERMS};
use crate::acquire::offer::OfferSource;
use crate::acquire::scan;
use crate::online::blocking;
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::{Kind, Trouble};
use crate::screen::view::{Add, View, Work};

impl DeskPhone {
    /// On to the terms, or past them where both texts were accepted before.
    pub(super) async fn read_terms(&self) {
        if let View::Add(Add::How) = self.view() {
            self.next_text(Add::Camera).await;
        }
    }

    /// To the first text that is still to be accepted, or on to what comes after the texts.
    pub(super) async fn next_text(&self, after: Add) {
        let Some(online) = self.online() else { return };
        match online.missing_consents().await {
            Err(error) => self.fail(&error),
            Ok(missing) => self.go(View::Add(match missing.first() {
                None => after,
                Some(text) if **text == TERMS => Add::Terms,
                Some(_) => Add::Privacy,
            })),
        }
    }

    /// The terms are accepted by who has come to their end, where the button is, in the version that was shown.
    pub(super) async fn accept_terms(&self, given: &Given) {
        if let View::Add(Add::Terms) = self.view()
            && given.get("version") == TERMS.version
        {
            self.accept(&TERMS).await;
        }
    }

    pub(super) async fn accept_privacy(&self, given: &Given) {
        if let View::Add(Add::Privacy) = self.view()
            && given.get("version") == PRIVACY_NOTICE.version
        {
            self.accept(&PRIVACY_NOTICE).await;
        }
    }

    async fn accept(&self, text: &'static crate::acquire::consent::LegalText) {
        let Some(online) = self.online() else { return };
        match online.accept(text).await {
            Err(error) => self.fail(&error),
            Ok(()) => self.next_text(Add::Camera).await,
        }
    }

    /// A picture with a QR code.
    pub(in crate::screen) async fn picture(self: &Arc<Self>, picture: Vec<u8>) {
        let _turn = self.turn.lock().await;
        self.touch();
        if !self.is_free() || !matches!(self.view(), View::Add(Add::Scan | Add::Typed { .. })) {
            return;
        }
        match blocking(move || scan::offer(&picture)).await {
            Ok(source) => self.follow(source),
            Err(refusal) => self.fail(refusal),
        }
    }

    /// The text of a QR code that a camera has read, or that was pasted.
    pub(in crate::screen) fn follow_text(self: &Arc<Self>, text: &str) -> bool {
        match OfferSource::from_text(text) {
            Ok(source) => self.follow(source),
            Err(shared::vci::offer_uri::OfferUriError::NotAnOffer) => return false,
            Err(error) => self.fail(scan::ScanRefusal::BadOffer(error)),
        }
        true
    }

    /// The code below the QR code, or the text of a link.
    pub(super) fn take_typed(self: &Arc<Self>, given: &Given) {
        if !self.is_free() || !matches!(self.view(), View::Add(Add::Typed { .. })) {
            return;
        }
        let typed = given.get("typed").trim();
        if typed.contains("://") {
            if !self.follow_text(typed) {
                self.fail(scan::ScanRefusal::NoOffer);
            }
            return;
        }
        match TypedCode::parse(typed) {
            Ok(code) => self.follow(OfferSource::typed(code, self.tools.trusted.issuer().clone())),
            Err(error) => {
                let fault = match error {
                    TypedCodeError::ForeignCharacter => "foreign-character",
                    TypedCodeError::WrongLength => "wrong-length",
                    TypedCodeError::CheckFailed => "check-failed",
                };
                self.go(View::Add(Add::Typed { typed: typed.to_owned(), fault: Some(fault) }));
            }
        }
    }

    /// Asks the issuer what is offered. The activation code is not involved yet.
    fn follow(self: &Arc<Self>, source: OfferSource) {
        let Some(online) = self.online() else { return };
        self.transcript.clear();
        self.change(|state| {
            state.errand.source = Some(source.clone());
            state.errand.offer = None;
            state.errand.code = None;
        });
        let phone = Arc::clone(self);
        self.work(Work::Opening, async move {
            if let Err(trouble) = phone.tools.trusted.teach(&online).await {
                return View::Trouble(trouble);
            }
            match online.open_offer(source, &phone.watcher()).await {
                Ok(offer) => {
                    phone.state().errand.offer = Some(Arc::new(offer));
                    View::Add(Add::Offer)
                }
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }

    /// On from what was offered: to the activation code, or past it where none is asked for.
    pub(super) fn take_offer(&self) {
        let asks = self.state().errand.offer.as_ref().map(|offer| offer.asks_code().is_some());
        if let (View::Add(Add::Offer), Some(asks)) = (self.view(), asks) {
            self.go(View::Add(if asks { Add::Code { fault: None } } else { Add::Confirm }));
        }
    }

    pub(super) fn take_code(&self, given: &Given) {
        if !matches!(self.view(), View::Add(Add::Code { .. })) {
            return;
        }
        let typed = Secret::new(given.get("code"));
        let offer = self.state().errand.offer.clone();
        let Some(offer) = offer else { return self.go(View::Add(Add::Scan)) };
        match offer.code(Some(&typed)) {
            Ok(_) => self.change(|state| {
                state.errand.code = Some(typed);
                state.view = View::Add(Add::Confirm);
            }),
            Err(_) => self.go(View::Add(Add::Code { fault: Some("malformed") })),
        }
    }

    pub(super) fn confirm(self: &Arc<Self>) {
        if let View::Add(Add::Confirm) = self.view() {
            self.activate();
        }
    }

    fn activate(self: &Arc<Self>) {
        let (online, offer, code) = {
            let state = self.state();
            (state.online.clone(), state.errand.offer.clone(), state.errand.code.clone())
        };
        let (Some(online), Some(offer)) = (online, offer) else { return };
        let phone = Arc::clone(self);
        self.work(Work::Activating, async move {
            match online.activate(&offer, code.as_ref(), &phone.watcher()).await {
                Ok(activated) => {
                    phone.state().errand = crate::screen::phone::Errand::default();
                    View::Add(Add::Done { id: activated.id, replaced: activated.replaced.is_some() })
                }
                Err(error) => {
                    if is_about_code(&error) {
                        phone.state().errand.code = None;
                    }
                    View::Trouble(Trouble::from(&error))
                }
            }
        });
    }

    /// The same once more, after something that may have passed.
    pub(super) async fn retry(self: &Arc<Self>) {
        let View::Trouble(trouble) = self.view() else { return };
        // A store in which a change failed is to be opened again; so may be one that could not be read.
        if self.online().is_none() || matches!(trouble.kind, Kind::DiskFull | Kind::Damaged) {
            return self.lock().await;
        }
        let (again, source) = {
            let state = self.state();
            (state.errand.again, state.errand.source.clone())
        };
        match (again, source) {
            (Some(Work::Opening), Some(source)) => self.follow(source),
            (Some(Work::Activating), Some(_)) => self.activate(),
            (Some(Work::Refreshing), _) => self.refresh_now(),
            _ => self.go(View::Documents),
        }
    }
}

fn is_about_code(error: &ActivateError) -> bool {
    Trouble::from(error).kind == Kind::WrongCode
}
