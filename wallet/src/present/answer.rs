//! What was agreed to is signed, sent and noted.

use jiff::Timestamp;
use shared::sd_jwt::{Presentation, UnverifiedSdJwt};
use shared::secret::Secret;
use shared::vp::request::ResponseMode;
use shared::vp::response::{Acknowledgement, Answer, AuthorizationResponse, VpToken, WalletError};

use super::asked::{Agreed, AskedFor};
use super::refusal::PresentError;
use crate::documents::{CardId, Receipt, ReceiptId, ReceiptOutcome, StoreError, TakenCopy};
use crate::online::OnlinePhone;
use crate::transport::{Body, FORM, Request, Response};

/// The verifier has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The receipt, which is kept.
    pub receipt: Receipt,
    /// Where the holder's browser goes on, in the same-device flow; it holds a secret.
    pub redirect_uri: Option<Secret>,
}

/// What our verifiers say when they refuse.
#[derive(serde::Deserialize)]
struct RefusalBody {
    reason: Option<String>,
}

impl OnlinePhone {
    /// Shows what was agreed to. The copies count as used and the receipt is kept before
    /// anything leaves.
    ///
    /// # Errors
    /// See [`PresentError`]; whether the verifier may have seen it all the same, the receipt says.
    pub async fn present(&self, agreed: &Agreed) -> Result<Presented, PresentError> {
        let now = self.reckoned_now().await?;
        let request = agreed.asked.request.request();
        request.judge_dates(now)?;
        let receipt = self.receipt(agreed, ReceiptOutcome::Leaving, now);
        let id = receipt.id.clone();
        let wanted: Vec<(CardId, String)> =
            agreed.each().map(|(_, copy, _)| (copy.card.clone(), copy.configuration.clone())).collect();
        let taken = self.with_phone(move |phone| phone.documents().spend(&receipt, &wanted)).await?;
        let taken = taken.ok_or(PresentError::NoMatchingCredential)?;
        let form =
            match self.sign(agreed, taken, now).await.and_then(|answer| self.form(&agreed.asked, answer)) {
                Ok(form) => form,
                Err(error) => {
                    self.settle(id, ReceiptOutcome::NotSent).await?;
                    return Err(error);
                }
            };
        let sent = self.post(&agreed.asked, form).await;
        let (outcome, result) = match sent {
            Ok(response) if response.is_success() => {
                (ReceiptOutcome::Shared, Ok(Acknowledgement::parse(&response.body)))
            }
            Ok(response) => {
                let body: Option<RefusalBody> = serde_json::from_slice(&response.body).ok();
                let code = body.and_then(|body| body.reason).filter(|code| is_code(code));
                (
                    ReceiptOutcome::RefusedByVerifier,
                    Err(PresentError::RefusedByVerifier { status: response.status, code }),
                )
            }
            Err(error) if error.may_have_arrived() => (ReceiptOutcome::Uncertain, Err(error.into())),
            Err(error) => (ReceiptOutcome::NotSent, Err(error.into())),
        };
        let receipt = self.settle(id, outcome).await?;
        let acknowledgement = result?;
        Ok(Presented { receipt, redirect_uri: acknowledgement.redirect_uri })
    }

    /// Says no, and tells the verifier so: nothing but that.
    ///
    /// # Errors
    /// When the receipt cannot be kept. That the verifier cannot be reached is no error.
    pub async fn decline(&self, asked: &AskedFor) -> Result<Receipt, PresentError> {
        let now = self.reckoned_now().await?;
        let mut receipt = Receipt {
            id: self.receipt_id(now),
            at: now,
            verifier: asked.verifier().to_receipt(),
            purpose: asked.purpose(),
            cards: Vec::new(),
            shared: Vec::new(),
            withheld: asked.items().into_iter().map(|item| item.claim).collect(),
            outcome: ReceiptOutcome::Declined,
        };
        receipt.withheld.dedup();
        let kept = receipt.clone();
        self.with_phone(move |phone| phone.documents().spend(&kept, &[])).await?;
        let form = self.form(asked, Answer::Refused(WalletError::AccessDenied))?;
        let _told = self.post(asked, form).await;
        Ok(receipt)
    }

    /// Each copy's own key signs for this verifier and this request alone.
    async fn sign(
        &self,
        agreed: &Agreed,
        taken: Vec<TakenCopy>,
        now: Timestamp,
    ) -> Result<Answer, PresentError> {
        let agreed = agreed.clone();
        let token = self
            .with_phone(move |phone| {
                let request = agreed.asked.request.request();
                let audience = request.client_id.to_string();
                let presentations = agreed.each().zip(&taken).map(|((id, _, paths), copy)| {
                    let sd_jwt = UnverifiedSdJwt::parse(&copy.credential)?;
                    let sign = |bytes: &[u8]| Ok::<_, PresentError>(phone.element().sign(&copy.key, bytes)?);
                    let shown = Presentation::new(&sd_jwt, &paths, &audience, &request.nonce, now, sign)?;
                    Ok((id.to_owned(), shown.as_str().to_owned()))
                });
                presentations.collect::<Result<Vec<_>, PresentError>>().map(VpToken::of)
            })
            .await?;
        Ok(Answer::Presented(token))
    }

    fn form(&self, asked: &AskedFor, answer: Answer) -> Result<Secret, PresentError> {
        let request = asked.request.request();
        let response = AuthorizationResponse { answer, state: request.state.clone().map(Secret::new) };
        match request.response_mode {
            ResponseMode::DirectPost => Ok(response.to_form()?),
            ResponseMode::DirectPostJwt => {
                let (key, encryption) =
                    request.client_metadata.encryption().ok_or(PresentError::NoEncryptionKey)?;
                Ok(response.to_encrypted_form(&key, encryption, &*self.surroundings().entropy)?)
            }
        }
    }

    async fn post(
        &self,
        asked: &AskedFor,
        form: Secret,
    ) -> Result<Response, crate::transport::TransportError> {
        let url = asked.request.request().response_uri.as_url().clone();
        let body = Body { content_type: FORM, text: form };
        let request =
            Request { secret_address: true, ..Request::post(url, Some(body), Acknowledgement::MAX_LENGTH) };
        self.surroundings().transport.send(request).await
    }

    fn receipt_id(&self, now: Timestamp) -> ReceiptId {
        ReceiptId::at(now, self.surroundings().entropy.bytes())
    }

    fn receipt(&self, agreed: &Agreed, outcome: ReceiptOutcome, now: Timestamp) -> Receipt {
        let mut cards: Vec<_> = agreed.each().map(|(_, copy, _)| copy.card.clone()).collect();
        cards.dedup();
        Receipt {
            id: self.receipt_id(now),
            at: now,
            verifier: agreed.asked.verifier().to_receipt(),
            purpose: agreed.asked.purpose(),
            cards,
            shared: agreed.shared(),
            withheld: agreed.withheld(),
            outcome,
        }
    }

    async fn settle(&self, id: ReceiptId, outcome: ReceiptOutcome) -> Result<Receipt, StoreError> {
        let settled = self.with_phone(move |phone| phone.documents().settle(&id, outcome)).await?;
        settled.ok_or(StoreError::Damaged("a receipt is gone"))
    }
}

/// A reason is shown and logged: letters and underscores alone, not what a stranger likes to write.
fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
