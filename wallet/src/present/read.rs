//! From what was scanned to what the holder is asked.

use jiff::Timestamp;
use shared::sd_jwt::{DC_SD_JWT, UnverifiedSdJwt};
use shared::secret::Secret;
use shared::vci::uri::HttpUrl;
use shared::vp::certificate::Vouched;
use shared::vp::dcql::Candidate;
use shared::vp::rendezvous::{Digits, RendezvousError};
use shared::vp::request::link::{MAX_LINK_LENGTH, Place, RequestLink};
use shared::vp::request::object::{
    Expected, REQUEST_OBJECT_MEDIA_TYPE, RequestObjectError, UnverifiedRequest, VerifiedRequest,
};
use shared::vp::request::{MAX_REQUEST_LENGTH, ResponseMode};
use shared::x509::chain::TrustAnchor;
use url::form_urlencoded;

use super::asked::{AskedFor, ChosenCopy, Verifier};
use super::refusal::PresentError;
use super::source::RequestSource;
use crate::documents::{CardState, ClockVerdict, Documents, StoreError};
use crate::hex_name::digits as hex;
use crate::online::OnlinePhone;
use crate::transport::{Body, FORM, Request, Response};

/// What a meeting place answers.
#[derive(serde::Deserialize)]
struct Met {
    request: String,
}

impl OnlinePhone {
    /// Reads a verifier's request: who asks, what exactly and why. Nothing is sent but what fetching it takes.
    ///
    /// # Errors
    /// See [`PresentError`]; each reason to refuse has its own.
    pub async fn read_request(&self, source: RequestSource) -> Result<AskedFor, PresentError> {
        let link = match source {
            RequestSource::Link(link) => link,
            RequestSource::Digits { digits, at } => self.meet(digits, &at).await?,
        };
        let (request, wallet_nonce) = match link.place() {
            Place::Here(request) => ((**request).clone(), None),
            Place::At { address, post } => self.fetch(address, *post).await?,
        };
        let raw = self.now();
        let (floor, reckoned, anchors) = self
            .with_phone(move |phone| {
                let documents = phone.documents();
                let (floor, reckoned) = (documents.time_floor()?, documents.reckoned(raw)?);
                Ok::<_, StoreError>((floor, reckoned, anchors(documents)?))
            })
            .await?;
        if let ClockVerdict::Behind { floor } = floor.judge(reckoned) {
            return Err(PresentError::ClockBehind { floor });
        }
        let now = floor.at_least(reckoned);
        let expected = Expected { client_id: link.client_id(), wallet_nonce: wallet_nonce.as_deref() };
        let request = request.verify(expected, now)?;
        let asked = request.request();
        if !asked.client_metadata.takes_sd_jwt() {
            return Err(PresentError::Formats);
        }
        if asked.response_mode == ResponseMode::DirectPostJwt && asked.client_metadata.encryption().is_none()
        {
            return Err(PresentError::NoEncryptionKey);
        }
        self.match_copies(request, anchors, now).await
    }

    /// Holds the request against what the phone has.
    async fn match_copies(
        &self,
        request: VerifiedRequest,
        anchors: Vec<TrustAnchor>,
        now: Timestamp,
    ) -> Result<AskedFor, PresentError> {
        let held = self.with_phone(move |phone| copies(phone.documents(), now)).await?;
        let candidates: Vec<Candidate<'_>> = held
            .iter()
            .map(|copy| {
                let claims = copy.sd_jwt.unverified_claims();
                let vct = claims.credential_type().unwrap_or_default();
                Candidate { format: DC_SD_JWT, vct, claims: claims.all(), authorities: &[] }
            })
            .collect();
        let plan =
            request.request().query.plan(&candidates).map_err(|_| PresentError::NoMatchingCredential)?;
        let chosen: Option<Vec<ChosenCopy>> =
            plan.credentials.iter().map(|planned| held.get(planned.candidate).cloned()).collect();
        let copies = chosen.ok_or(PresentError::NoMatchingCredential)?;
        let vouched = request.certificate().map_or(Vouched::ByNobody, |found| found.vouched(&anchors, now));
        let verifier = Verifier::of(&request, vouched);
        Ok(AskedFor { request, plan, copies, verifier })
    }

    /// Fetches a request object; by POST the phone says a nonce that must come back (§5.10).
    async fn fetch(
        &self,
        address: &HttpUrl,
        post: bool,
    ) -> Result<(UnverifiedRequest, Option<String>), PresentError> {
        let url = address.as_url().clone();
        let (request, nonce) = if post {
            let nonce = hex(&self.surroundings().entropy.bytes::<16>());
            let form =
                form_urlencoded::Serializer::new(String::new()).append_pair("wallet_nonce", &nonce).finish();
            let body = Body { content_type: FORM, text: Secret::new(form) };
            (Request::post(url, Some(body), MAX_REQUEST_LENGTH), Some(nonce))
        } else {
            (Request::get(url, MAX_REQUEST_LENGTH), None)
        };
        let request = Request { secret_address: true, accept: REQUEST_OBJECT_MEDIA_TYPE, ..request };
        let response = self.surroundings().transport.send(request).await?;
        if !response.is_success() {
            return Err(PresentError::NoRequest { status: response.status });
        }
        let text = String::from_utf8(response.body).map_err(|_| RequestObjectError::Malformed)?;
        Ok((UnverifiedRequest::parse(&text)?, nonce))
    }

    /// Asks a meeting place what waits under `digits`.
    async fn meet(&self, digits: Digits, at: &HttpUrl) -> Result<RequestLink, PresentError> {
        let mut url = at.as_url().clone();
        url.set_path(&format!("{}/r/{digits}", url.path().trim_end_matches('/')));
        let request = Request { secret_address: true, ..Request::get(url, 2 * MAX_LINK_LENGTH) };
        let response: Response = self.surroundings().transport.send(request).await?;
        match response.status {
            200 => {
                let met: Met =
                    serde_json::from_slice(&response.body).map_err(|_| RendezvousError::NotALink)?;
                Ok(RequestLink::parse(&met.request)?)
            }
            404 => Err(RendezvousError::Nothing.into()),
            429 => Err(RendezvousError::TooFast.into()),
            status => Err(PresentError::NoRequest { status }),
        }
    }
}

/// The roots by which verifiers are judged: all that the phone trusts for cards.
fn anchors(documents: &Documents) -> Result<Vec<TrustAnchor>, StoreError> {
    let roots = documents.roots()?;
    Ok(roots.iter().filter_map(|root| TrustAnchor::from_der(root.certificate.as_slice()).ok()).collect())
}

/// The copies that may be shown: of cards against which nothing is known, in their time; per card and configuration a
/// fresh one if there is one, else the one that was seen longest ago.
fn copies(documents: &Documents, now: Timestamp) -> Result<Vec<ChosenCopy>, StoreError> {
    let mut chosen = Vec::new();
    for (card, held) in documents.cards()? {
        if held.state != CardState::Valid {
            continue;
        }
        for offered in held.copies.iter().filter(|offered| offered.format == DC_SD_JWT) {
            let configuration = offered.configuration.clone();
            let Some(copy) = documents.look_at_copy(&card, &configuration, now)? else { continue };
            let Ok(sd_jwt) = UnverifiedSdJwt::parse(&copy.credential) else { continue };
            let begun = sd_jwt.unverified_claims().not_before().is_none_or(|from| from <= now);
            if begun {
                chosen.push(ChosenCopy { card: card.clone(), configuration, sd_jwt, fresh: copy.first_use });
            }
        }
    }
    Ok(chosen)
}
