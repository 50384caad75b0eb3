//! What an app asks in the browser, and where the browser goes with the answer (RFC 6749 §4.1.1, RFC 7636 §4.3).

use shared::secret::Secret;
use shared::vci::sign_in::{CodeChallenge, JUNIOR_CLIENT, JUNIOR_SCOPE, PKCE_S256, RedirectUri};

/// The longest `state` that is carried, in bytes.
const MAX_STATE: usize = 512;

/// What an app asks of a pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Where the browser goes back to; one of the app's addresses.
    pub redirect: RedirectUri,
    /// What the app recognises its question by.
    state: Option<String>,
    challenge: CodeChallenge,
}

/// Why an app gets no answer that it hoped for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationFault {
    /// Client or address are unknown: the browser goes nowhere (RFC 6749 §4.1.2.1).
    #[error("client or redirect URI is unknown")]
    UnknownApp,
    /// The app is told, at an address that is its own.
    #[error("{error}: {redirect:?}")]
    Told {
        /// Where.
        redirect: RedirectUri,
        /// What it recognises its question by.
        state: Option<String>,
        /// The code of RFC 6749 §4.1.2.1.
        error: &'static str,
    },
}

impl AuthorizationRequest {
    /// Reads the query of the address that an app opened. Unknown parameters are ignored; one that comes twice is
    /// refused (RFC 6749 §3.1).
    ///
    /// # Errors
    /// See [`AuthorizationFault`].
    pub fn parse(query: &str) -> Result<Self, AuthorizationFault> {
        let one = |name: &str| {
            let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) if !value.is_empty() => Ok(Some(value.into_owned())),
                (Some(_), Some(_)) => Err("invalid_request"),
                _ => Ok(None),
            }
        };
        // Whoever asks must be known before anything is said to anybody.
        let known = |name| one(name).ok().flatten().ok_or(AuthorizationFault::UnknownApp);
        let client = known("client_id")?;
        let redirect = known("redirect_uri")?;
        let redirect = RedirectUri::parse(&redirect).map_err(|_| AuthorizationFault::UnknownApp)?;
        if client != JUNIOR_CLIENT {
            return Err(AuthorizationFault::UnknownApp);
        }
        let plain = |state: &String| {
            state.len() <= MAX_STATE && state.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        };
        let sent = one("state");
        let state = sent.clone().ok().flatten().filter(plain);
        let judge = || {
            if sent.as_ref().ok() != Some(&state) {
                return Err("invalid_request");
            }
            match one("response_type")?.as_deref() {
                Some("code") => {}
                Some(_) => return Err("unsupported_response_type"),
                None => return Err("invalid_request"),
            }
            if one("scope")?.as_deref() != Some(JUNIOR_SCOPE) {
                return Err("invalid_scope");
            }
            // Without it the method is `plain` (RFC 7636 §4.3), which is not taken.
            if one("code_challenge_method")?.as_deref() != Some(PKCE_S256) {
                return Err("invalid_request");
            }
            let challenge = one("code_challenge")?.and_then(|text| CodeChallenge::parse(&text));
            challenge.ok_or("invalid_request")
        };
        match judge() {
            Ok(challenge) => Ok(Self { redirect, state, challenge }),
            Err(error) => Err(AuthorizationFault::Told { redirect, state, error }),
        }
    }

    /// What proves, later, that whoever redeems the code asked for it.
    pub(super) fn challenge(&self) -> &CodeChallenge {
        &self.challenge
    }

    /// Where the browser goes when the pupil has agreed.
    pub(super) fn allowed(&self, code: &Secret, issuer: &str) -> String {
        address(&self.redirect, &[("code", code.expose())], self.state.as_deref(), issuer)
    }

    /// Where the browser goes when the pupil would rather not, or may not.
    pub fn denied(&self, issuer: &str) -> String {
        address(&self.redirect, &[("error", "access_denied")], self.state.as_deref(), issuer)
    }
}

impl AuthorizationFault {
    /// Where the browser goes with it; nowhere, if nobody known asked.
    pub fn address(&self, issuer: &str) -> Option<String> {
        match self {
            Self::UnknownApp => None,
            Self::Told { redirect, state, error } => {
                Some(address(redirect, &[("error", error)], state.as_deref(), issuer))
            }
        }
    }
}

/// The answer to an app, with who answers (RFC 9207).
fn address(redirect: &RedirectUri, answer: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    format!("{}?{}", redirect.as_str(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn query(change: impl Fn(&mut Vec<(&'static str, String)>)) -> String {
        let mut pairs: Vec<(&'static str, String)> = [
            ("response_type", "code"),
            ("client_id", "mobywatel-junior"),
            ("redirect_uri", "http://127.0.0.1:8090/junior/signed-in"),
            ("scope", "junior"),
            ("state", "a b&c"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        change(&mut pairs);
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    #[test]
    fn whoever_is_unknown_is_told_nothing_and_who_is_known_is_told_what_is_wrong() {
        let set = |name: &'static str, value: &'static str| {
            query(move |pairs| {
                pairs.retain(|(known, _)| *known != name);
                if value != "-" {
                    pairs.push((name, value.to_owned()));
                }
            })
        };
        let twice = |name: &'static str| query(move |pairs| pairs.push((name, "x".to_owned())));
        for (query, error) in [
            (set("client_id", "-"), None),
            (set("client_id", "other"), None),
            (twice("client_id"), None),
            (set("redirect_uri", "-"), None),
            (set("redirect_uri", "https://evil.example/junior/signed-in"), None),
            (twice("redirect_uri"), None),
            (set("response_type", "-"), Some("invalid_request")),
            (set("response_type", "token"), Some("unsupported_response_type")),
            (set("response_type", "code id_token"), Some("unsupported_response_type")),
            (twice("response_type"), Some("invalid_request")),
            (set("scope", "-"), Some("invalid_scope")),
            (set("scope", "junior office"), Some("invalid_scope")),
            (set("code_challenge_method", "-"), Some("invalid_request")),
            (set("code_challenge_method", "plain"), Some("invalid_request")),
            (set("code_challenge", "-"), Some("invalid_request")),
            (set("code_challenge", "short"), Some("invalid_request")),
            (twice("code_challenge"), Some("invalid_request")),
            (twice("state"), Some("invalid_request")),
            (set("state", "ą"), Some("invalid_request")),
        ] {
            let fault = AuthorizationRequest::parse(&query).unwrap_err();
            let told = fault.address("https://a.example");
            assert_eq!(told.is_some(), error.is_some(), "{query}");
            if let (Some(told), Some(error)) = (told, error) {
                let begin = format!("http://127.0.0.1:8090/junior/signed-in?error={error}&");
                assert!(told.starts_with(&begin) && told.ends_with("iss=https%3A%2F%2Fa.example"), "{told}");
            }
        }
    }

    #[test]
    fn an_answer_carries_the_state_and_who_answers() {
        let request = AuthorizationRequest::parse(&query(|_| ())).unwrap();
        let place = "http://127.0.0.1:8090/junior/signed-in";
        let answer = format!("{place}?error=access_denied&state=a+b%26c&iss=https%3A%2F%2Fa.example");
        assert_eq!(request.denied("https://a.example"), answer);
        let stateless =
            AuthorizationRequest::parse(&query(|pairs| pairs.retain(|(name, _)| *name != "state")));
        let answer = format!("{place}?error=access_denied&iss=x");
        assert_eq!(stateless.unwrap().denied("x"), answer);
        let app = query(|pairs| pairs[2].1 = "pl.mlegitymacja.junior:/signed-in".to_owned());
        let app = AuthorizationRequest::parse(&app).unwrap().denied("x");
        assert!(app.starts_with("pl.mlegitymacja.junior:/signed-in?error="), "{app}");
    }
}
