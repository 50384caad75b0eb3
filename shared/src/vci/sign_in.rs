//! How a pupil signs in to mObywatel Junior with the portal's login (extension): OAuth 2.0 authorization code with
//! PKCE for a native, public client (RFC 6749 §4.1, RFC 7636, RFC 8252, RFC 9207).

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::json::{JsonError, read};
use crate::entropy::Entropy;
use crate::jose::{base64url, from_base64url};
use crate::secret::Secret;

/// The one client that pupils sign in to; public, as every app on a phone is (RFC 8252 §8.4).
pub const JUNIOR_CLIENT: &str = "mobywatel-junior";

/// What its tokens are good for: to say who holds the phone.
pub const JUNIOR_SCOPE: &str = "junior";

/// The only method of PKCE that is taken (RFC 9700 §2.1.1).
pub const PKCE_S256: &str = "S256";

/// Longest answer of the endpoint that says who is signed in, in bytes.
const MAX_HOLDER_LENGTH: usize = 16 * 1024;

const APP: &str = "pl.mlegitymacja.junior:/signed-in";
const LOOPBACK_PATH: &str = "/junior/signed-in";

/// Where the browser goes back to: the app's own scheme, or a port that the app listens on for the time of the sign-in
/// (RFC 8252 §7.1, §7.3). Nothing else can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The scheme that a system hands to the app.
    pub fn app() -> Self {
        Self(APP.to_owned())
    }

    /// A port of this very machine, at 127.0.0.1; `None` for port 0.
    pub fn loopback(port: u16) -> Option<Self> {
        Self::parse(&format!("http://127.0.0.1:{port}{LOOPBACK_PATH}")).ok()
    }

    /// The same at ::1.
    pub fn loopback_v6(port: u16) -> Option<Self> {
        Self::parse(&format!("http://[::1]:{port}{LOOPBACK_PATH}")).ok()
    }

    /// Reads an address as it must be spelled, letter by letter; only the port is free.
    ///
    /// # Errors
    /// [`UnknownRedirect`] for every other address.
    pub fn parse(text: &str) -> Result<Self, UnknownRedirect> {
        if text == APP {
            return Ok(Self::app());
        }
        let rest = ["http://127.0.0.1:", "http://[::1]:"].iter().find_map(|host| text.strip_prefix(host));
        let port = rest.and_then(|rest| rest.strip_suffix(LOOPBACK_PATH)).ok_or(UnknownRedirect)?;
        let plain = !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse::<u16>() {
            Ok(1..) if plain => Ok(Self(text.to_owned())),
            _ => Err(UnknownRedirect),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a port of this machine, and not the app's scheme.
    pub fn is_loopback(&self) -> bool {
        self.0 != APP
    }
}

/// Messages complete "cannot send the browser back: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("address is none of the app's")]
pub struct UnknownRedirect;

/// The secret that proves that whoever redeems a code is who asked for it (RFC 7636 §4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// A new one of 256 random bits.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        Self(Secret::new(base64url(entropy.bytes::<32>())))
    }

    /// Reads one: 43 to 128 letters, digits and `-._~`.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fits = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        fits.then(|| Self(Secret::new(text)))
    }

    /// What is told when the code is asked for.
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(base64url(Sha256::digest(self.0.expose())))
    }

    /// The text, for the one request that redeems the code.
    pub fn expose(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

/// The SHA-256 of a [`CodeVerifier`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads one: 32 bytes in base64url.
    pub fn parse(text: &str) -> Option<Self> {
        from_base64url(text).filter(|bytes| bytes.len() == 32).map(|_| Self(text.to_owned()))
    }

    /// Whether it was made from `verifier`.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.as_bytes().ct_eq(verifier.challenge().0.as_bytes()).into()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is signed in: all that the app learns, a greeting and a name for programs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderInfo {
    /// The same for the same pupil at the same issuer, and says nothing else.
    pub sub: String,
    /// For the greeting.
    pub given_names: String,
    /// The class, such as `7a`.
    #[serde(rename = "class")]
    pub class_name: String,
}

impl HolderInfo {
    /// Reads the JSON body of an answer.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse(json: &[u8]) -> Result<Self, JsonError> {
        read(json, MAX_HOLDER_LENGTH)
    }
}

/// A pupil.
impl fmt::Debug for HolderInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderInfo(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.iter_mut().zip(0..).for_each(|(byte, at)| *byte = at);
        }
    }

    #[test]
    fn the_browser_goes_back_to_the_app_and_nowhere_else() {
        for text in [
            "pl.mlegitymacja.junior:/signed-in",
            "http://127.0.0.1:1/junior/signed-in",
            "http://127.0.0.1:65535/junior/signed-in",
            "http://[::1]:8090/junior/signed-in",
        ] {
            assert_eq!(RedirectUri::parse(text).map(|uri| uri.as_str().to_owned()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "pl.mlegitymacja.junior:/signed-in?x=1",
            "pl.mlegitymacja.junior://signed-in",
            "PL.mlegitymacja.junior:/signed-in",
            "http://127.0.0.1/junior/signed-in",
            "http://127.0.0.1:/junior/signed-in",
            "http://127.0.0.1:0/junior/signed-in",
            "http://127.0.0.1:08090/junior/signed-in",
            "http://127.0.0.1:+8090/junior/signed-in",
            "http://127.0.0.1:65536/junior/signed-in",
            "http://127.0.0.1:8090/junior/signed-in/",
            "http://127.0.0.1:8090/junior/signed-in?next=https://evil.example",
            "http://127.0.0.1:8090/junior/../junior/signed-in",
            "http://127.0.0.1:8090@evil.example/junior/signed-in",
            "http://127.0.0.1:1@evil.example:8090/junior/signed-in",
            "http://127.0.0.2:8090/junior/signed-in",
            "http://localhost:8090/junior/signed-in",
            "https://127.0.0.1:8090/junior/signed-in",
            "http://127.0.0.1.evil.example:8090/junior/signed-in",
            "https://evil.example/junior/signed-in",
        ] {
            assert_eq!(RedirectUri::parse(text), Err(UnknownRedirect), "{text}");
        }
        let text = |uri: Option<RedirectUri>| uri.map(|uri| uri.as_str().to_owned());
        let v4 = text(RedirectUri::loopback(8090));
        assert_eq!(v4.as_deref(), Some("http://127.0.0.1:8090/junior/signed-in"));
        assert_eq!(text(RedirectUri::loopback_v6(1)).as_deref(), Some("http://[::1]:1/junior/signed-in"));
        assert_eq!((RedirectUri::loopback(0), RedirectUri::loopback_v6(0)), (None, None));
    }

    #[test]
    fn the_standards_verifier_meets_its_challenge() {
        // RFC 7636, appendix B.
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by(&verifier));
        let other = CodeVerifier::fresh(&Counting);
        assert!(!challenge.is_met_by(&other));
        assert_eq!(CodeVerifier::parse(other.expose().expose()), Some(other.clone()));
        assert_eq!(format!("{other:?}"), "CodeVerifier(…)");
    }

    #[test]
    fn what_cannot_be_a_verifier_or_a_challenge_is_refused() {
        for text in ["", &"a".repeat(42), &"a".repeat(129), &"ą".repeat(43), &format!("{} ", "a".repeat(43))]
        {
            assert_eq!(CodeVerifier::parse(text), None, "{text}");
        }
        for text in ["", "abc", &"a".repeat(44), &format!("{}=", "A".repeat(43)), &"+".repeat(43)] {
            assert_eq!(CodeChallenge::parse(text), None, "{text}");
        }
    }

    #[test]
    fn printing_a_holder_tells_nothing_of_the_pupil() {
        let wire = r#"{"sub":"s","given_names":"Zofia","class":"7a","more":1}"#;
        let holder = HolderInfo::parse(wire.as_bytes()).unwrap();
        assert_eq!((holder.given_names.as_str(), holder.class_name.as_str()), ("Zofia", "7a"));
        assert_eq!(format!("{holder:?}"), "HolderInfo(…)");
        assert!(HolderInfo::parse(br#"{"sub":1,"given_names":"Z","class":"7a"}"#).is_err());
    }
}
