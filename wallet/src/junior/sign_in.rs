//! One sign-in, from the address that the browser opens to the token: RFC 6749 §4.1 with PKCE, in the browser and never
//! in the app (RFC 8252 §8.12).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use shared::secret::Secret;
use shared::vci::json::MAX_RESPONSE_LENGTH;
use shared::vci::sign_in::{CodeVerifier, HolderInfo, JUNIOR_CLIENT, JUNIOR_SCOPE, PKCE_S256, RedirectUri};
use shared::vci::token::{TokenRequest, TokenResponse, TokenType};
use shared::vci::uri::{HttpUrl, IssuerUrl};
use url::Url;

use super::key::HolderKey;
use super::refusal::SignInError;
use crate::acquire::event::{Observer, Step};
use crate::acquire::exchange::{Call, Line, Repeat};
use crate::acquire::failure::{Endpoint, ExchangeError};
use crate::acquire::metadata;
use crate::acquire::proof::Prover;
use crate::documents::{HolderSession, HolderToken};
use crate::online::Surroundings;
use crate::transport::{Body, FORM, Request};

/// How long a token counts whose life the issuer does not tell.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// A sign-in that has begun. It lives in memory alone: whoever closes the app meanwhile signs in again.
pub struct SignIn {
    issuer: IssuerUrl,
    token_endpoint: HttpUrl,
    holder_endpoint: HttpUrl,
    dpop: bool,
    redirect: RedirectUri,
    state: Secret,
    verifier: CodeVerifier,
    url: Url,
}

impl SignIn {
    /// Asks `issuer` where pupils sign in, and makes the secrets of one sign-in. Needs no phone, because the sign-in comes
    /// before the PIN; who the issuer is the app must know by itself then.
    ///
    /// # Errors
    /// See [`SignInError`], above all when pupils cannot sign in there.
    pub async fn begin(
        surroundings: &Surroundings,
        issuer: &IssuerUrl,
        redirect: RedirectUri,
        observer: &dyn Observer,
    ) -> Result<Self, SignInError> {
        let line = Line::new(surroundings, observer);
        let metadata = metadata::issuer(&line, issuer).await?;
        let server = metadata::authorization_server(&line, &metadata, None).await?;
        // Whose answer it is only `iss` tells (RFC 9207), so the server that answers is the one that was asked for.
        let own = server.issuer == *issuer;
        let fits = own && server.takes_s256() && server.authorization_response_iss_parameter_supported;
        let dpop = server.takes_es256_dpop();
        let endpoints = (server.authorization_endpoint, server.token_endpoint, server.mleg_holder_endpoint);
        let (Some(authorize), Some(token_endpoint), Some(holder_endpoint)) = endpoints else {
            return Err(SignInError::NoSignIn);
        };
        if !fits {
            return Err(SignInError::NoSignIn);
        }
        let verifier = CodeVerifier::fresh(&*surroundings.entropy);
        let state = Secret::new(URL_SAFE_NO_PAD.encode(surroundings.entropy.bytes::<16>()));
        let mut url = authorize.as_url().clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", JUNIOR_CLIENT)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("scope", JUNIOR_SCOPE)
            .append_pair("state", state.expose())
            .append_pair("code_challenge", verifier.challenge().as_str())
            .append_pair("code_challenge_method", PKCE_S256);
        Ok(Self {
            issuer: issuer.clone(),
            token_endpoint,
            holder_endpoint,
            dpop,
            redirect,
            state,
            verifier,
            url,
        })
    }

    /// The address to open in a browser.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// At whom.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// Whether `redirected`, an address that a browser came back to, is the answer to this sign-in: with several phones
    /// on one port, whose it is. Any page may send a browser there, so what answers nobody is to be ignored.
    pub fn is_answered_by(&self, redirected: &str) -> bool {
        self.answer(redirected).is_ok()
    }

    /// Follows the browser's answer: exchanges its code for a token and asks who signed in. Keeps nothing; see
    /// [`OnlinePhone::keep_sign_in`](crate::online::OnlinePhone::keep_sign_in).
    ///
    /// # Errors
    /// See [`SignInError`]. After [`SignInError::OtherSignIn`] the true answer may still come.
    pub async fn finish(
        &self,
        surroundings: &Surroundings,
        redirected: &str,
        observer: &dyn Observer,
    ) -> Result<HolderSession, SignInError> {
        let code = self.answer(redirected)?.code(&self.issuer)?;
        let line = Line::new(surroundings, observer);
        let key = self.dpop.then(|| HolderKey::fresh(&*surroundings.entropy)).transpose()?;
        let tokens = self.redeem(&line, code, key.as_ref()).await?;
        let now = surroundings.clock.now();
        let holder = self.ask_who(&line, &tokens, key.as_ref()).await?;
        let life = tokens.expires_in.and_then(|seconds| i64::try_from(seconds).ok());
        let life = life.map_or(UNTOLD_LIFE, SignedDuration::from_secs);
        let token = HolderToken {
            text: tokens.access_token,
            key: key.filter(|_| tokens.token_type == TokenType::Dpop).map(|key| key.to_kept()),
            expires_at: now.saturating_add(life).unwrap_or(jiff::Timestamp::MAX),
        };
        Ok(HolderSession {
            issuer: self.issuer.as_str().to_owned(),
            holder,
            signed_in_at: now,
            token: Some(token),
        })
    }

    async fn redeem(
        &self,
        line: &Line<'_>,
        code: Secret,
        key: Option<&HolderKey>,
    ) -> Result<TokenResponse, ExchangeError> {
        line.began(Step::Token);
        let request = TokenRequest::AuthorizationCode {
            code,
            redirect_uri: self.redirect.as_str().to_owned(),
            client_id: JUNIOR_CLIENT.to_owned(),
            code_verifier: self.verifier.clone(),
        };
        let body = Body { content_type: FORM, text: request.to_form() };
        let request = Request::post(self.token_endpoint.as_url().clone(), Some(body), MAX_RESPONSE_LENGTH);
        let prover = key.map(|key| key as &dyn Prover);
        // A code that comes twice takes back what it gave (RFC 6749 §4.1.2).
        let repeat = Repeat::OnlyIfUnheard;
        let call = Call { prover, repeat, ..Call::open(Endpoint::Token, request) };
        let response = line.ask(&call).await?;
        let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::Token, what };
        let tokens = TokenResponse::parse(&response.body).map_err(|_| unreadable("it holds no token"))?;
        if tokens.token_type == TokenType::Dpop && key.is_none() {
            return Err(unreadable("it binds the token to a key that was not shown"));
        }
        Ok(tokens)
    }

    async fn ask_who(
        &self,
        line: &Line<'_>,
        tokens: &TokenResponse,
        key: Option<&HolderKey>,
    ) -> Result<HolderInfo, ExchangeError> {
        let request = Request::get(self.holder_endpoint.as_url().clone(), MAX_RESPONSE_LENGTH);
        let prover = key.filter(|_| tokens.token_type == TokenType::Dpop).map(|key| key as &dyn Prover);
        let token = Some((tokens.token_type, &tokens.access_token));
        let call = Call { prover, token, ..Call::open(Endpoint::Holder, request) };
        let response = line.ask(&call).await?;
        HolderInfo::parse(&response.body).map_err(|_| ExchangeError::Unreadable {
            endpoint: Endpoint::Holder,
            what: "it does not say who is signed in",
        })
    }

    /// Reads an address that a browser came back to, if it answers this sign-in.
    fn answer(&self, redirected: &str) -> Result<Answer, SignInError> {
        let (place, query) = redirected.split_once('?').ok_or(SignInError::Unreadable)?;
        if place != self.redirect.as_str() {
            return Err(SignInError::Unreadable);
        }
        // Browsers may leave a fragment; servers never see one.
        let query = query.split('#').next().unwrap_or_default();
        let mut answer = Answer::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut answer.state,
                "iss" => &mut answer.iss,
                "code" => &mut answer.code,
                "error" => &mut answer.error,
                _ => continue,
            };
            if place.replace(Secret::new(value)).is_some() {
                return Err(SignInError::Unreadable);
            }
        }
        if answer.state.as_ref() == Some(&self.state) { Ok(answer) } else { Err(SignInError::OtherSignIn) }
    }
}

/// With a secret in every second field.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignIn(at {})", self.issuer)
    }
}

/// What a browser brought back (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Default)]
struct Answer {
    state: Option<Secret>,
    iss: Option<Secret>,
    code: Option<Secret>,
    error: Option<Secret>,
}

impl Answer {
    /// The code, if `issuer` sent one.
    fn code(self, issuer: &IssuerUrl) -> Result<Secret, SignInError> {
        if self.iss.as_ref().is_none_or(|iss| iss.expose() != issuer.as_str()) {
            return Err(SignInError::AnotherIssuer);
        }
        match (self.code, self.error) {
            (_, Some(error)) if error.expose() == "access_denied" => Err(SignInError::Cancelled),
            (_, Some(error)) => {
                let error = error.expose().chars().filter(char::is_ascii_graphic).take(64).collect();
                Err(SignInError::Refused(error))
            }
            (Some(code), None) => Ok(code),
            (None, None) => Err(SignInError::Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEntropy;

    fn begun() -> SignIn {
        let url = |text: &str| HttpUrl::parse(text, Default::default()).unwrap();
        SignIn {
            issuer: IssuerUrl::parse("https://a.example", Default::default()).unwrap(),
            token_endpoint: url("https://a.example/token"),
            holder_endpoint: url("https://a.example/me"),
            dpop: true,
            redirect: RedirectUri::parse("http://127.0.0.1:8090/junior/signed-in").unwrap(),
            state: Secret::new("s&1"),
            verifier: CodeVerifier::fresh(&TestEntropy::new(1)),
            url: "https://a.example/authorize".parse().unwrap(),
        }
    }

    #[test]
    fn only_the_answer_to_this_very_sign_in_is_followed() {
        let sign_in = begun();
        let at = |query: &str| {
            let redirected = format!("http://127.0.0.1:8090/junior/signed-in?{query}");
            let answered = sign_in.is_answered_by(&redirected);
            let code = sign_in.answer(&redirected).and_then(|answer| answer.code(&sign_in.issuer));
            (answered, code.map(|code| code.expose().to_owned()).map_err(|error| error.reason().to_owned()))
        };
        let iss = "iss=https%3A%2F%2Fa.example";
        for (query, answered, outcome) in [
            (format!("code=c&state=s%261&{iss}"), true, Ok("c")),
            (format!("code=c&state=s%261&{iss}#x"), true, Ok("c")),
            (format!("code=c&state=s1&{iss}"), false, Err("other_sign_in")),
            (format!("code=c&{iss}"), false, Err("other_sign_in")),
            (format!("code=c&state=s%261&state=x&{iss}"), false, Err("unreadable_answer")),
            ("code=c&state=s%261".to_owned(), true, Err("another_issuer")),
            ("code=c&state=s%261&iss=https%3A%2F%2Fb.example".to_owned(), true, Err("another_issuer")),
            (format!("error=access_denied&state=s%261&{iss}"), true, Err("sign_in_cancelled")),
            (format!("error=server_error&code=c&state=s%261&{iss}"), true, Err("sign_in_refused")),
            (format!("state=s%261&{iss}"), true, Err("unreadable_answer")),
        ] {
            let outcome = outcome.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(at(&query), (answered, outcome), "{query}");
        }
        for place in [
            "http://127.0.0.1:8091/junior/signed-in?code=c&state=s%261&iss=https%3A%2F%2Fa.example",
            "pl.mlegitymacja.junior:/signed-in?code=c&state=s%261&iss=https%3A%2F%2Fa.example",
            "http://127.0.0.1:8090/junior/signed-in",
            "",
        ] {
            assert!(!sign_in.is_answered_by(place), "{place}");
        }
        assert_eq!(format!("{sign_in:?}"), "SignIn(at https://a.example)");
    }
}
