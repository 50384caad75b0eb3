//! Copies as SD-JWT VC: what is signed is kept, disclosures follow from the card and the seed.

use serde_json::{Map, Value, json};
use shared::card_claims;
use shared::jose::numeric_date::NumericDate;
use shared::sd_jwt::{SaltSeed, Unsigned};
use shared::status::StatusClaim;
use shared::validity::warsaw_date;
use shared::vci::CONFIGURATION_SD_JWT;

use super::format::{CopyBinding, CopyContent, CopyFormat};
use crate::authority::SignError;
use crate::authority::signer::Signer;
use crate::issuance::Issuance;
use crate::issuance::enrolment::EnrolmentError;
use crate::store::StoreError;

/// Configuration [`CONFIGURATION_SD_JWT`].
#[derive(Debug)]
pub struct SdJwtCopies;

impl CopyFormat for SdJwtCopies {
    fn configuration(&self) -> &'static str {
        CONFIGURATION_SD_JWT
    }

    /// No `iat`: the end alone is said, and that is a midnight that everyone who asked that day shares.
    fn sign(
        &self,
        issuance: &Issuance,
        content: &CopyContent<'_>,
        binding: &CopyBinding<'_>,
    ) -> Result<String, EnrolmentError> {
        let issuer = &issuance.addresses.issuer;
        let signer = issuance.authority.signer(Signer::SdJwt);
        let mut open = Map::new();
        // Absent or a name of the signer (SD-JWT VC §2.5).
        if signer.certificate().uris().contains(issuer) {
            open.insert("iss".to_owned(), json!(issuer));
        }
        open.insert("vct".to_owned(), json!(card_claims::credential_type(issuer)));
        let begins = content.card.validity.not_before();
        if begins > content.issued_at {
            open.insert("nbf".to_owned(), json!(NumericDate::new(begins)));
        }
        open.insert("exp".to_owned(), json!(NumericDate::new(binding.expires_at)));
        open.insert("cnf".to_owned(), json!({ "jwk": binding.key }));
        open.insert("status".to_owned(), json!(StatusClaim { status_list: binding.status.clone() }));
        let signed = unsigned(open, content)?.sign(&signer.x5c(), |bytes| signer.sign_es256(bytes));
        match signed {
            Ok(issued) => Ok(issued.jwt().to_owned()),
            Err(shared::sd_jwt::issue::SignError::Sign(error)) => Err(error.into()),
            Err(shared::sd_jwt::issue::SignError::Serialize) => Err(SignError::Provider.into()),
        }
    }

    fn credential(&self, content: &CopyContent<'_>, signed: String) -> Result<Value, EnrolmentError> {
        Ok(json!(unsigned(Map::new(), content)?.under(signed).to_text()))
    }
}

/// The card's claims beside the `open` ones, hidden with salts that follow from the seed.
fn unsigned(mut open: Map<String, Value>, content: &CopyContent<'_>) -> Result<Unsigned, EnrolmentError> {
    open.extend(card_claims::of(content.card, warsaw_date(content.issued_at)));
    let seed = SaltSeed::new(content.seed);
    let unsigned = Unsigned::new(open, &card_claims::hidden(), |path| seed.salt(path));
    Ok(unsigned.map_err(|_| StoreError::Damaged("a card lacks a claim that a copy has"))?)
}
