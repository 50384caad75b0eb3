//! A phone of a world, as its owner uses it.

use std::path::PathBuf;

use shared::secret::Secret;
use shared::typed_code::TypedCode;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use wallet::acquire::activation::Activated;
use wallet::acquire::event::{Observer, Unobserved};
use wallet::acquire::offer::OfferSource;
use wallet::acquire::refusal::ActivateError;
use wallet::acquire::scan;
use wallet::documents::CardId;
use wallet::online::OnlinePhone;
use wallet::refresh::{RefreshError, Refreshed};
use wallet::show::ShownCard;
use wallet::standing::Standing;

use crate::office::Slip;

/// A phone of a world.
pub struct Phone {
    /// The phone, unlocked and online.
    pub online: OnlinePhone,
    /// Its folder.
    pub home: PathBuf,
    base: String,
}

impl Phone {
    pub(crate) fn new(online: OnlinePhone, home: PathBuf, base: String) -> Self {
        Self { online, home, base }
    }

    /// Reads the picture of the slip's QR code, or its text where no picture was drawn, and activates with the code
    /// beside it.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate(&self, slip: &Slip) -> Result<Activated, ActivateError> {
        let offer = if slip.qr_png.is_empty() {
            OfferSource::from_text(&slip.offer_uri).expect("an offer")
        } else {
            scan::offer(&slip.qr_png).expect("a readable slip")
        };
        self.follow(offer, slip.activation_code.as_deref()).await
    }

    /// The same with another activation code.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate_with(&self, slip: &Slip, code: &str) -> Result<Activated, ActivateError> {
        self.follow(OfferSource::from_text(&slip.offer_uri).expect("an offer"), Some(code)).await
    }

    /// Types the fallback instead of scanning.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn activate_typed(&self, slip: &Slip) -> Result<Activated, ActivateError> {
        let code = TypedCode::parse(&slip.typed_code).expect("a typed code");
        let issuer = IssuerUrl::parse(&self.base, UrlPolicy::default()).expect("an issuer");
        self.follow(OfferSource::typed(code, issuer), slip.activation_code.as_deref()).await
    }

    /// Follows an offer, whatever it came from.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn follow(&self, offer: OfferSource, code: Option<&str>) -> Result<Activated, ActivateError> {
        self.follow_observed(offer, code, &Unobserved).await
    }

    /// The same, with somebody who is told of every step.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn follow_observed(
        &self,
        offer: OfferSource,
        code: Option<&str>,
        observer: &dyn Observer,
    ) -> Result<Activated, ActivateError> {
        let opened = self.online.open_offer(offer, observer).await?;
        let code = code.map(Secret::new);
        self.online.activate(&opened, code.as_ref(), observer).await
    }

    /// Asks the issuer about a card.
    ///
    /// # Errors
    /// As the wallet refuses, or the issuer.
    pub async fn refresh(&self, card: &CardId) -> Result<Refreshed, RefreshError> {
        self.online.refresh(card, &Unobserved).await
    }

    /// How a card stands now.
    ///
    /// # Panics
    /// When the phone does not hold it.
    pub async fn standing(&self, card: &CardId) -> Standing {
        self.show(card).await.standing
    }

    /// A card as the phone shows it.
    ///
    /// # Panics
    /// When the phone does not hold it.
    pub async fn show(&self, card: &CardId) -> ShownCard {
        self.online.show(card).await.expect("the store").expect("the card")
    }

    /// How many cards it holds.
    pub async fn cards(&self) -> usize {
        self.online.cards().await.expect("the store").len()
    }
}
