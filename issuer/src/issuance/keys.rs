//! Keys derived from the installation's master secret: keyed hashes for what is kept, sealing for what is
//! handed out and kept nowhere.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use shared::activation_code::ActivationCode;
use shared::entropy::Entropy;
use shared::secret::Secret;
use shared::typed_code::TypedCode;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::store::id::GrantId;

/// What a keyed hash or a sealed text is for; one made for one purpose never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Offer,
    Typed,
    Code,
    ApiToken,
    Session,
    FormToken,
    SignIn,
    Nonce,
    Installation,
    Junior,
}

/// What a hash about mObywatel Junior is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Junior {
    /// A code that a browser carries.
    Code,
    /// The token that it gives.
    Token,
    /// A pupil: the hash is the name that the app knows them by.
    Name,
}

impl Junior {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Code => b"code",
            Self::Token => b"token",
            Self::Name => b"name",
        }
    }
}

/// What a sealed text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// A pre-authorized code.
    PreAuthorizedCode,
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// What notices to a school's electronic diary are signed with.
    DiarySecret,
    /// A sign-in elsewhere that has begun (OpenID Connect).
    FederatedSignIn,
    /// An account elsewhere that its holder is about to link.
    FederatedLink,
    /// Where a browser has signed in before.
    KnownBrowser,
}

impl Sealed {
    fn label(self) -> &'static [u8] {
        match self {
            Self::PreAuthorizedCode => b"pre-authorized code",
            Self::AccessToken => b"access token",
            Self::RefreshToken => b"refresh token",
            Self::DiarySecret => b"e-diary secret",
            Self::FederatedSignIn => b"federated sign-in",
            Self::FederatedLink => b"federated link",
            Self::KnownBrowser => b"known browser",
        }
    }
}

/// The derived keys: of the present master secret, and of those that it has followed, under which codes that are out
/// still count.
pub struct Keys {
    current: KeySet,
    /// The newest first.
    earlier: Vec<KeySet>,
    /// Makes names that others keep: it stays when the master secret changes.
    names: Zeroizing<[u8; 32]>,
}

/// What follows from one master secret.
struct KeySet {
    offer: Zeroizing<[u8; 32]>,
    typed: Zeroizing<[u8; 32]>,
    code: Zeroizing<[u8; 32]>,
    api_token: Zeroizing<[u8; 32]>,
    session: Zeroizing<[u8; 32]>,
    form_token: Zeroizing<[u8; 32]>,
    sign_in: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
    installation: Zeroizing<[u8; 32]>,
    junior: Zeroizing<[u8; 32]>,
    seal: XChaCha20Poly1305,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl KeySet {
    fn derive(master: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, master);
        let derive = |label: &str| {
            let mut key = Zeroizing::new([0; 32]);
            // 32 bytes are always within HKDF-SHA-256's 8160.
            let _ = hkdf.expand(label.as_bytes(), &mut *key);
            key
        };
        Self {
            offer: derive("mleg offer id"),
            typed: derive("mleg typed code"),
            code: derive("mleg activation code"),
            api_token: derive("mleg api token"),
            session: derive("mleg session"),
            form_token: derive("mleg form token"),
            sign_in: derive("mleg sign-in"),
            nonce: derive("mleg c_nonce"),
            installation: derive("mleg installation"),
            junior: derive("mleg junior"),
            seal: XChaCha20Poly1305::new(&Key::from(*derive("mleg sealed texts"))),
        }
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = match purpose {
            Purpose::Offer => &self.offer,
            Purpose::Typed => &self.typed,
            Purpose::Code => &self.code,
            Purpose::ApiToken => &self.api_token,
            Purpose::Session => &self.session,
            Purpose::FormToken => &self.form_token,
            Purpose::SignIn => &self.sign_in,
            Purpose::Nonce => &self.nonce,
            Purpose::Installation => &self.installation,
            Purpose::Junior => &self.junior,
        };
        hmac(key, parts)
    }
}

impl Keys {
    /// Derives every key from the master secret (32 random bytes).
    pub fn derive(master: &[u8; 32]) -> Self {
        let current = KeySet::derive(master);
        Self { names: current.junior.clone(), current, earlier: Vec::new() }
    }

    /// The same, knowing the secrets that this one has followed, the newest first.
    #[must_use]
    pub fn following<'a>(mut self, earlier: impl Iterator<Item = &'a [u8; 32]>) -> Self {
        self.earlier = earlier.map(KeySet::derive).collect();
        self
    }

    /// The same with another key of names.
    #[must_use]
    pub(crate) fn with_names(mut self, names: Zeroizing<[u8; 32]>) -> Self {
        self.names = names;
        self
    }

    /// The key of names.
    pub(crate) fn names(&self) -> &Zeroizing<[u8; 32]> {
        &self.names
    }

    fn all(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        self.current.mac(purpose, parts)
    }

    /// Under every secret that counts, the present one first.
    fn macs(&self, purpose: Purpose, parts: &[&[u8]]) -> Vec<[u8; 32]> {
        self.all().map(|keys| keys.mac(purpose, parts)).collect()
    }

    /// What may be kept of an offer id, the present master secret's first.
    pub fn offer_hashes(&self, id: &str) -> Vec<[u8; 32]> {
        self.macs(Purpose::Offer, &[id.as_bytes()])
    }

    /// What may be kept of a typed code.
    pub fn typed_hashes(&self, code: &TypedCode) -> Vec<[u8; 32]> {
        self.macs(Purpose::Typed, &[code.expose().as_bytes()])
    }

    /// What may be kept of a grant's activation code.
    pub fn code_macs(&self, grant: &GrantId, code: &ActivationCode) -> Vec<[u8; 32]> {
        self.macs(Purpose::Code, &[grant.as_str().as_bytes(), code.expose().as_bytes()])
    }

    /// What may be kept of an API token.
    pub fn api_token_hashes(&self, token: &Secret) -> Vec<[u8; 32]> {
        self.macs(Purpose::ApiToken, &[token.expose().as_bytes()])
    }

    /// Whether a database that knows its master secret by this check was set up with one that this one has followed.
    pub fn followed_check(&self, check: &[u8; 32]) -> bool {
        self.earlier.iter().any(|keys| same(&keys.mac(Purpose::Installation, &[]), check))
    }

    /// What is kept of an offer id.
    pub fn offer_hash(&self, id: &str) -> [u8; 32] {
        self.mac(Purpose::Offer, &[id.as_bytes()])
    }

    /// What is kept of a browser's session cookie.
    pub fn session_hash(&self, cookie: &Secret) -> [u8; 32] {
        self.mac(Purpose::Session, &[cookie.expose().as_bytes()])
    }

    /// What every form of a session carries: proof that the form came from us (CSRF token), 43 characters.
    pub fn form_token(&self, session_hash: &[u8; 32]) -> String {
        BASE64.encode(self.mac(Purpose::FormToken, &[session_hash]))
    }

    /// Under which name tries with a login are counted, whether or not it exists.
    pub fn sign_in_hash(&self, realm: &str, login: &str) -> [u8; 32] {
        self.mac(Purpose::SignIn, &[realm.as_bytes(), login.as_bytes()])
    }

    /// What is kept of a typed code.
    pub fn typed_hash(&self, code: &TypedCode) -> [u8; 32] {
        self.mac(Purpose::Typed, &[code.expose().as_bytes()])
    }

    /// What is kept of a grant's activation code. Eight digits fall to any offline guess, so the key is what
    /// protects them: it lives outside the database.
    pub fn code_mac(&self, grant: &GrantId, code: &ActivationCode) -> [u8; 32] {
        self.mac(Purpose::Code, &[grant.as_str().as_bytes(), code.expose().as_bytes()])
    }

    /// What is kept of an API token.
    pub fn api_token_hash(&self, token: &Secret) -> [u8; 32] {
        self.mac(Purpose::ApiToken, &[token.expose().as_bytes()])
    }

    /// What is kept, or told, of a secret or a pupil of mObywatel Junior.
    pub fn junior_hash(&self, kind: Junior, text: &str) -> [u8; 32] {
        let parts: [&[u8]; 2] = [kind.label(), text.as_bytes()];
        match kind {
            Junior::Name => hmac(&self.names, &parts),
            Junior::Code | Junior::Token => self.mac(Purpose::Junior, &parts),
        }
    }

    /// What a database keeps of the master secret, to recognise it.
    pub fn installation_check(&self) -> [u8; 32] {
        self.mac(Purpose::Installation, &[])
    }

    /// Authenticates a nonce's content; see [`super::nonce`].
    pub(super) fn nonce_mac(&self, content: &[u8]) -> [u8; 32] {
        self.mac(Purpose::Nonce, &[content])
    }

    /// Whether a nonce's content was authenticated here.
    pub(super) fn is_nonce_mac(&self, content: &[u8], mac: &[u8]) -> bool {
        self.macs(Purpose::Nonce, &[content]).iter().any(|expected| expected[..16].ct_eq(mac).into())
    }

    /// Seals `content` into a text that only [`Self::unseal`] with the same kind opens.
    pub fn seal(&self, kind: Sealed, content: &impl Serialize, entropy: &dyn Entropy) -> Secret {
        let nonce: [u8; 24] = entropy.bytes();
        let plain = Zeroizing::new(serde_json::to_vec(content).unwrap_or_default());
        let payload = Payload { msg: &plain, aad: kind.label() };
        // Encryption fails only for plaintexts of hundreds of gigabytes.
        let sealed = self.current.seal.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        Secret::new(BASE64.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens a sealed text of this kind; `None` for anything else.
    pub fn unseal<T: DeserializeOwned>(&self, kind: Sealed, text: &str) -> Option<T> {
        let bytes = BASE64.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>()?;
        let open = |keys: &KeySet| {
            let payload = Payload { msg: sealed, aad: kind.label() };
            keys.seal.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
        };
        serde_json::from_slice(&self.all().find_map(open)?).ok()
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        // HMAC takes keys of any length.
        return [0; 32];
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether one of these keyed hashes is this one; every one is compared, in constant time.
pub fn any_same(one: &[u8; 32], of: &[[u8; 32]]) -> bool {
    of.iter().fold(subtle::Choice::from(0), |found, other| found | one.ct_eq(other)).into()
}

/// Compares two keyed hashes in constant time.
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) {
            for (at, byte) in out.iter_mut().enumerate() {
                *byte = at as u8;
            }
        }
    }

    #[test]
    fn a_sealed_text_opens_as_what_it_is_and_as_nothing_else() {
        let keys = Keys::derive(&[7; 32]);
        let text = keys.seal(Sealed::AccessToken, &("grant", 3), &Counting);
        assert_eq!(keys.unseal(Sealed::AccessToken, text.expose()), Some(("grant".to_owned(), 3)));
        assert_eq!(keys.unseal::<(String, i32)>(Sealed::PreAuthorizedCode, text.expose()), None);
        assert_eq!(Keys::derive(&[8; 32]).unseal::<(String, i32)>(Sealed::AccessToken, text.expose()), None);
        assert_eq!(keys.unseal::<(String, i32)>(Sealed::AccessToken, ""), None);
        assert_eq!(keys.unseal::<(String, i32)>(Sealed::AccessToken, "ąę"), None);
    }

    /// Without its feature `zeroize` the cipher would leave its key in memory, and nobody would notice.
    #[test]
    fn keys_are_wiped_when_they_are_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let Keys { current, earlier: _, names } = Keys::derive(&[7; 32]);
        // Each by its name, so that a new one is asked too.
        let KeySet {
            offer,
            typed,
            code,
            api_token,
            session,
            form_token,
            sign_in,
            nonce,
            installation,
            junior,
            seal,
        } = &current;
        for key in [offer, typed, code, api_token, session, form_token, sign_in, nonce, installation, junior]
        {
            wiped(key);
        }
        wiped(&names);
        wiped(seal);
    }

    #[test]
    fn what_was_sealed_and_hashed_before_a_change_of_the_secret_still_counts() {
        let (old, new) = (Keys::derive(&[7; 32]), Keys::derive(&[8; 32]));
        let text = old.seal(Sealed::RefreshToken, &1, &Counting);
        assert_eq!(new.unseal::<i32>(Sealed::RefreshToken, text.expose()), None);
        let both = Keys::derive(&[8; 32]).following([[7; 32]].iter());
        assert_eq!(both.unseal(Sealed::RefreshToken, text.expose()), Some(1));
        assert_eq!(both.offer_hashes("A"), [new.offer_hash("A"), old.offer_hash("A")]);
        assert_eq!(both.offer_hash("A"), new.offer_hash("A"), "what is kept from now on");
        assert!(any_same(&old.offer_hash("A"), &both.offer_hashes("A")));
        assert!(!any_same(&old.offer_hash("B"), &both.offer_hashes("A")));
        assert!(both.is_nonce_mac(b"n", &old.nonce_mac(b"n")[..16]));
        assert!(!new.is_nonce_mac(b"n", &old.nonce_mac(b"n")[..16]));
    }

    #[test]
    fn hashes_of_one_text_differ_by_purpose() {
        let keys = Keys::derive(&[7; 32]);
        let token = Secret::new("A");
        assert_ne!(keys.offer_hash("A"), keys.api_token_hash(&token));
        assert_ne!(keys.junior_hash(Junior::Code, "A"), keys.junior_hash(Junior::Token, "A"));
    }
}
