//! Pictures: which of the codes in them is an offer.

use shared::qr::scan::{ScanError, scan};
use shared::vci::offer_uri::OfferUriError;

use super::offer::OfferSource;

/// The texts of all codes in a PNG, JPEG or WebP picture. They may be bearer secrets.
///
/// # Errors
/// See [`ScanError`].
pub fn texts(picture: &[u8]) -> Result<Vec<String>, ScanError> {
    scan(picture)
}

/// The one offer in a picture, whatever other codes are there. Takes some time: not for a thread that others wait for.
///
/// # Errors
/// See [`ScanRefusal`].
pub fn offer(picture: &[u8]) -> Result<OfferSource, ScanRefusal> {
    pick(&scan(picture)?)
}

fn pick(texts: &[String]) -> Result<OfferSource, ScanRefusal> {
    let mut offers = Vec::new();
    let mut damaged = None;
    for text in texts {
        match OfferSource::from_text(text) {
            Ok(offer) => offers.push(offer),
            Err(OfferUriError::NotAnOffer) => {}
            Err(error) => damaged = damaged.or(Some(error)),
        }
    }
    match (<[OfferSource; 1]>::try_from(offers), damaged) {
        (Ok([offer]), _) => Ok(offer),
        (Err(offers), _) if !offers.is_empty() => Err(ScanRefusal::SeveralOffers),
        (Err(_), Some(error)) => Err(ScanRefusal::BadOffer(error)),
        (Err(_), None) => Err(ScanRefusal::NoOffer),
    }
}

/// Why a picture gives no offer. Messages complete "cannot read the picture: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanRefusal {
    /// No code could be read.
    #[error(transparent)]
    Unread(#[from] ScanError),
    /// Codes were read, but none of them is an offer.
    #[error("its QR code is not one for activating a card")]
    NoOffer,
    /// Two slips in one picture: which one is meant?
    #[error("it shows more than one activation code")]
    SeveralOffers,
    /// There is an offer, but not one that can be followed.
    #[error("its QR code is a broken offer: {0}")]
    BadOffer(OfferUriError),
}

impl ScanRefusal {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unread(ScanError::NoCode) => "no_code_found",
            Self::Unread(ScanError::TooLarge) => "picture_too_large",
            Self::Unread(ScanError::UnknownFormat) => "not_a_picture",
            Self::Unread(ScanError::Broken) => "picture_damaged",
            Self::NoOffer => "not_an_offer",
            Self::SeveralOffers => "several_offers",
            Self::BadOffer(_) => "bad_offer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str =
        "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1:8080%2Fo%2Fabc";

    #[test]
    fn the_offer_is_picked_out_of_other_codes() {
        let other = OFFER.replace("abc", "def");
        let cases: [(&[&str], _); 6] = [
            (&[OFFER], Ok(())),
            (&["https://school.example", OFFER], Ok(())),
            (&["https://school.example"], Err("not_an_offer")),
            (&[OFFER, &other], Err("several_offers")),
            (&["openid-credential-offer://?x=y"], Err("bad_offer")),
            (&["openid-credential-offer://?x=y", OFFER], Ok(())),
        ];
        for (texts, expected) in cases {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            let picked = pick(&texts).map(|_| ()).map_err(|refusal| refusal.reason());
            assert_eq!(picked, expected, "{texts:?}");
        }
    }
}
