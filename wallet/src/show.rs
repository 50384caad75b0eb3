//! What is held, read for people: the card's data, its certificate, and how it stands now.

use jiff::Timestamp;
use shared::card_data::CardData;
use shared::x509::certificate::DeviceCertificate;

use crate::documents::{CardId, HeldCard, StoreError, TimeFloor};
use crate::online::OnlinePhone;
use crate::phone::UnlockedPhone;
use crate::standing::{Facts, Standing, standing};

/// A held card whose bytes were read.
#[derive(Debug, Clone)]
pub struct OpenedCard {
    id: CardId,
    held: HeldCard,
    certificate: DeviceCertificate,
    data: CardData,
}

impl OpenedCard {
    /// Reads a card as it was kept; who vouches for it was checked before that.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when its bytes are no card.
    pub fn read(id: CardId, held: HeldCard) -> Result<Self, StoreError> {
        let leaf = held.x5c.first().ok_or(StoreError::Damaged("a card has no certificate"))?;
        let certificate = DeviceCertificate::parse(leaf.as_slice())
            .map_err(|_| StoreError::Damaged("a card's certificate is not readable"))?;
        let data = CardData::from_bytes(held.card_data.as_slice())
            .map_err(|_| StoreError::Damaged("a card's data are not readable"))?;
        Ok(Self { id, held, certificate, data })
    }

    /// Its name on this phone.
    pub fn id(&self) -> &CardId {
        &self.id
    }

    /// As it is kept.
    pub fn held(&self) -> &HeldCard {
        &self.held
    }

    /// The device certificate.
    pub fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// What the card says.
    pub fn data(&self) -> &CardData {
        &self.data
    }

    /// What its standing depends on.
    pub fn facts(&self) -> Facts {
        Facts {
            not_before: self.certificate.not_before(),
            not_after: self.certificate.not_after(),
            state: self.held.state.clone(),
            confirmed_at: self.held.last_refresh.unwrap_or(self.held.acquired_at),
        }
    }

    /// How it stands at `now`.
    pub fn standing(&self, floor: &TimeFloor, now: Timestamp) -> Standing {
        standing(&self.facts(), floor, now)
    }
}

/// A card and how it stands.
#[derive(Debug, Clone)]
pub struct ShownCard {
    /// The card.
    pub card: OpenedCard,
    /// How it stands at the instant at which it was asked for.
    pub standing: Standing,
}

impl OnlinePhone {
    /// All cards, the longest held first, as they stand now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn cards(&self) -> Result<Vec<ShownCard>, StoreError> {
        let now = self.now();
        self.with_phone(move |phone| {
            let (floor, now) = (phone.documents().time_floor()?, phone.documents().judged_at(now)?);
            let shown = open_all(phone)?.into_iter().map(|card| {
                let standing = card.standing(&floor, now);
                ShownCard { card, standing }
            });
            Ok(shown.collect())
        })
        .await
    }

    /// One card as it stands now; `None` if it is not held.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn show(&self, id: &CardId) -> Result<Option<ShownCard>, StoreError> {
        let (now, id) = (self.now(), id.clone());
        self.with_phone(move |phone| {
            let Some(held) = phone.documents().card(&id)? else { return Ok(None) };
            let card = OpenedCard::read(id, held)?;
            let now = phone.documents().judged_at(now)?;
            let standing = card.standing(&phone.documents().time_floor()?, now);
            Ok(Some(ShownCard { card, standing }))
        })
        .await
    }
}

/// All cards of a phone, read.
pub(crate) fn open_all(phone: &UnlockedPhone) -> Result<Vec<OpenedCard>, StoreError> {
    phone.documents().cards()?.into_iter().map(|(id, held)| OpenedCard::read(id, held)).collect()
}

/// The chain, device certificate first, as RFC 7468 writes it.
pub(crate) fn pem_chain(shown: &ShownCard) -> String {
    use base64::Engine as _;
    let encoded = shown.card.held().x5c.iter().map(|certificate| {
        let base64 = base64::engine::general_purpose::STANDARD.encode(certificate.as_slice());
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).filter_map(|c| std::str::from_utf8(c).ok()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    });
    encoded.collect()
}

/// What is on a card, as its bytes say it, but the picture and the salt.
pub(crate) fn without_picture(shown: &ShownCard) -> serde_json::Value {
    let mut card: serde_json::Value =
        serde_json::from_slice(shown.card.held().card_data.as_slice()).unwrap_or_default();
    if let Some(members) = card.as_object_mut() {
        members.shift_remove("salt");
        members.shift_remove("photo");
        members.insert("photo_bytes".to_owned(), shown.card.data().photo.jpeg().len().into());
    }
    card
}
