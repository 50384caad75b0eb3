//! Copies for the holder's code: a statement for each purpose, all for one key.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Map, Value};
use shared::holder_code::{CodeCredential, Content, HolderKey, KeyId, Portrait, Purpose};
use shared::validity::{ValidityPeriod, warsaw_date};
use shared::vci::CONFIGURATION_CODE;

use super::format::{CopyBinding, CopyContent, CopyFormat};
use crate::authority::SignError;
use crate::authority::signer::Signer;
use crate::issuance::Issuance;
use crate::issuance::enrolment::EnrolmentError;
use crate::store::StoreError;

/// Configuration [`CONFIGURATION_CODE`].
#[derive(Debug)]
pub struct CodeCopies;

impl CopyFormat for CodeCopies {
    fn configuration(&self) -> &'static str {
        CONFIGURATION_CODE
    }

    /// What is kept is the whole: a statement made again by a later version of the picture's encoder would not be the one
    /// that was signed. It goes with the other personal data of the card.
    fn sign(
        &self,
        issuance: &Issuance,
        content: &CopyContent<'_>,
        binding: &CopyBinding<'_>,
    ) -> Result<String, EnrolmentError> {
        let signer = issuance.authority.signer(Signer::Code);
        let id = KeyId::of(signer.certificate().public_key());
        let key = HolderKey::from_sec1(&binding.key.to_sec1()).map_err(|_| SignError::Provider)?;
        // A photo with too much detail for so small a picture: the code then proves the name alone.
        let portrait = Portrait::of_photo(content.card.photo.jpeg()).ok();
        let today = warsaw_date(content.issued_at);
        // The beginning of the day, which everyone who asked that day shares.
        let began = ValidityPeriod::new(today, today).map_or(content.issued_at, |day| day.not_before());
        let mut statements = Map::new();
        for purpose in Purpose::ALL {
            let disclosed = Content::of(purpose, content.card, portrait.clone(), today);
            let Some(disclosed) = disclosed else { continue };
            let unsigned = CodeCredential {
                key: key.clone(),
                content: disclosed,
                not_before: content.card.validity.not_before().max(began),
                expires: binding.expires_at,
                status: binding.status.clone(),
            }
            .prepare(id);
            let signature = signer.sign_es256(unsigned.as_bytes())?;
            let statement = BASE64.encode(unsigned.finish(signature));
            statements.insert(purpose.name().to_owned(), statement.into());
        }
        Ok(Value::Object(statements).to_string())
    }

    fn credential(&self, _: &CopyContent<'_>, signed: String) -> Result<Value, EnrolmentError> {
        let damaged = |_| StoreError::Damaged("a copy's statements are unreadable");
        Ok(serde_json::from_str(&signed).map_err(damaged)?)
    }
}
