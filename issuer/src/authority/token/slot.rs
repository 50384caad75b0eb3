//! A token and the keys in it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use der::Decode as _;
use shared::entropy::Entropy;

use super::module::{Context, Module, fault, lock};
use super::{KeyReference, TokenFault, TokenSettings};

/// `secp256r1` (RFC 5480 §2.1.1.1) as CKA_EC_PARAMS has it: the DER of its identifier.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// Sessions that are kept open between two signatures.
const MOST_IDLE: usize = 16;
/// What a key signs when it is opened; nothing that anybody asks a signature for begins like this.
const PROBE: &[u8] = b"mLegitymacja: does this key sign for its public key?";

/// A token, logged in to.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    settings: TokenSettings,
    module: Arc<Module>,
    idle: Mutex<Vec<Opened>>,
    /// One login at a time, so that a wrong PIN is tried once.
    login: Mutex<()>,
}

/// A session. It is closed by hand: its number may be another's once the library was started again.
struct Opened {
    session: Session,
    run: u64,
    /// Keys that were found by their id.
    keys: BTreeMap<Vec<u8>, ObjectHandle>,
}

impl Token {
    /// Loads the module, finds the token and logs in, once.
    ///
    /// # Errors
    /// See [`TokenFault`].
    pub fn open(settings: TokenSettings) -> Result<Self, TokenFault> {
        let module = Module::load(&settings.module)?;
        let inner = Inner { settings, module, idle: Mutex::default(), login: Mutex::default() };
        let token = Self(Arc::new(inner));
        token.work(|_| Ok(()))?;
        Ok(token)
    }

    /// Makes a key in the token that can never be read out of it.
    pub(in crate::authority) fn generate(
        &self,
        label: &str,
        entropy: &dyn Entropy,
    ) -> Result<(TokenKey, KeyReference), TokenFault> {
        let id = entropy.bytes::<16>().to_vec();
        let reference = KeyReference::new(&self.0.settings.label, label, &id);
        let context = self.0.module.context();
        let session = context.library.open_rw_session_no_drop(self.slot(&context)?).map_err(fault)?;
        let made = self.log_in(&context, &session).and_then(|()| {
            let named = |own: [Attribute; 3]| {
                let common = [Attribute::Token(true), Attribute::Id(id.clone())];
                let label = Attribute::Label(label.as_bytes().to_vec());
                own.into_iter().chain(common).chain([label]).collect::<Vec<_>>()
            };
            let public = named([
                Attribute::EcParams(P256.to_vec()),
                Attribute::Verify(true),
                Attribute::Private(false),
            ]);
            let mut private =
                named([Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false)]);
            // Signing and nothing else: what is not said, some tokens allow.
            private.push(Attribute::Sign(true));
            private.extend([Attribute::Decrypt(false), Attribute::Unwrap(false), Attribute::Derive(false)]);
            session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).map_err(fault)
        });
        // What was made stays; how the session ends says nothing about it.
        let _ = session.close();
        made?;
        drop(context);
        Ok((self.open_key(&reference)?, reference))
    }

    /// Finds a key, and makes sure that it cannot be read out and signs for the public key beside it.
    pub(in crate::authority) fn open_key(&self, reference: &KeyReference) -> Result<TokenKey, TokenFault> {
        let given = &self.0.settings.label;
        if reference.token() != given {
            let (named, given) = (reference.token().to_owned(), given.clone());
            return Err(TokenFault::OtherToken { named, given });
        }
        let public = self.work(|opened| {
            let key = opened.find(reference)?;
            let kept = [AttributeType::Sensitive, AttributeType::Extractable];
            let kept = opened.session.get_attributes(key, &kept).map_err(fault)?;
            if !kept.contains(&Attribute::Sensitive(true)) || !kept.contains(&Attribute::Extractable(false)) {
                return Err(TokenFault::KeyExposed(reference.clone()));
            }
            opened.public_of(reference)
        })?;
        let key = TokenKey { token: self.clone(), reference: reference.clone(), public };
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.public);
        let signature = key.sign(PROBE)?;
        verifier.verify(PROBE, &signature).map_err(|_| TokenFault::KeyMismatch(reference.clone()))?;
        Ok(key)
    }

    /// Does something in a session. When the token was away meanwhile, the library is started again and it is done once
    /// more; a refused PIN ends it at once.
    fn work<R>(&self, act: impl Fn(&mut Opened) -> Result<R, TokenFault>) -> Result<R, TokenFault> {
        let (run, fault) = {
            let context = self.0.module.context();
            match self.work_in(&context, &act) {
                Err(
                    fault @ (TokenFault::Failed { .. } | TokenFault::Absent(_) | TokenFault::KeyAbsent(_)),
                ) => (context.run, fault),
                done => return done,
            }
        };
        self.0.module.start_again(run)?;
        let context = self.0.module.context();
        if context.run == run {
            return Err(fault);
        }
        self.work_in(&context, &act)
    }

    fn work_in<R>(
        &self,
        context: &Context,
        act: impl Fn(&mut Opened) -> Result<R, TokenFault>,
    ) -> Result<R, TokenFault> {
        let kept = {
            let mut idle = lock(&self.0.idle);
            idle.retain(|opened| opened.run == context.run);
            idle.pop()
        };
        let mut opened = match kept {
            Some(opened) => opened,
            None => self.session(context)?,
        };
        let done = act(&mut opened);
        let mut idle = lock(&self.0.idle);
        if done.is_ok() && idle.len() < MOST_IDLE {
            idle.push(opened);
        } else {
            // It may be half way through something.
            let _ = opened.session.close();
        }
        done
    }

    fn session(&self, context: &Context) -> Result<Opened, TokenFault> {
        let session = context.library.open_ro_session_no_drop(self.slot(context)?).map_err(fault)?;
        if let Err(refused) = self.log_in(context, &session) {
            let _ = session.close();
            return Err(refused);
        }
        Ok(Opened { session, run: context.run, keys: BTreeMap::new() })
    }

    fn slot(&self, context: &Context) -> Result<Slot, TokenFault> {
        let label = &self.0.settings.label;
        let mut found = None;
        for slot in context.library.get_slots_with_token().map_err(fault)? {
            // A slot whose token cannot be asked is not ours.
            let Ok(info) = context.library.get_token_info(slot) else { continue };
            if info.label() == label && found.replace(slot).is_some() {
                return Err(TokenFault::Ambiguous(label.clone()));
            }
        }
        found.ok_or_else(|| TokenFault::Absent(label.clone()))
    }

    /// Logs in, unless another session of this process has: a login is the token's, not the session's.
    fn log_in(&self, context: &Context, session: &Session) -> Result<(), TokenFault> {
        let _turn = lock(&self.0.login);
        let info = session.get_session_info().map_err(fault)?;
        if matches!(info.session_state(), SessionState::RoUser | SessionState::RwUser) {
            return Ok(());
        }
        let TokenSettings { label, pin, .. } = &self.0.settings;
        if self.0.module.was_refused(label, pin) {
            return Err(TokenFault::PinRefused);
        }
        let token = context.library.get_token_info(info.slot_id()).map_err(fault)?;
        if token.user_pin_locked() {
            return Err(TokenFault::PinLocked);
        }
        if token.user_pin_final_try() {
            return Err(TokenFault::PinLastTry);
        }
        let refusal = match session.login(UserType::User, Some(&AuthPin::from(pin.expose().to_owned()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => return Ok(()),
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
                TokenFault::PinRefused
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => TokenFault::PinLocked,
            Err(Error::Pkcs11(RvError::UserPinNotInitialized, _)) => TokenFault::PinNotSet,
            Err(other) => return Err(fault(other)),
        };
        self.0.module.note_refused(label, pin);
        Err(refusal)
    }
}

impl Opened {
    fn find(&mut self, reference: &KeyReference) -> Result<ObjectHandle, TokenFault> {
        if let Some(key) = self.keys.get(reference.id()) {
            return Ok(*key);
        }
        let key = self.object(reference, ObjectClass::PRIVATE_KEY)?;
        self.keys.insert(reference.id().to_vec(), key);
        Ok(key)
    }

    fn object(&self, reference: &KeyReference, class: ObjectClass) -> Result<ObjectHandle, TokenFault> {
        let template = [
            Attribute::Class(class),
            Attribute::KeyType(KeyType::EC),
            Attribute::Token(true),
            Attribute::Id(reference.id().to_vec()),
        ];
        let found = self.session.find_objects(&template).map_err(fault)?;
        found.first().copied().ok_or_else(|| TokenFault::KeyAbsent(reference.clone()))
    }

    /// CKA_EC_POINT is an OCTET STRING with the point in it (PKCS#11 3.0 §2.3.3).
    fn public_of(&self, reference: &KeyReference) -> Result<Vec<u8>, TokenFault> {
        let object = self.object(reference, ObjectClass::PUBLIC_KEY)?;
        let found = self.session.get_attributes(object, &[AttributeType::EcPoint]).map_err(fault)?;
        let Some(Attribute::EcPoint(point)) = found.first() else {
            return Err(TokenFault::KeyAbsent(reference.clone()));
        };
        let inner = <&der::asn1::OctetStringRef>::from_der(point).map(|octets| octets.as_bytes().to_vec());
        inner.map_err(|_| TokenFault::KeyMismatch(reference.clone()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TokenSettings { module, label, .. } = &self.0.settings;
        f.debug_struct("Token").field("module", module).field("label", label).finish_non_exhaustive()
    }
}

/// A key in a token.
#[derive(Debug)]
pub struct TokenKey {
    token: Token,
    reference: KeyReference,
    public: Vec<u8>,
}

impl TokenKey {
    pub(in crate::authority) fn public_sec1(&self) -> &[u8] {
        &self.public
    }

    /// ECDSA over SHA-256, `r || s`. May wait for a machine elsewhere: other tasks go on meanwhile.
    pub(in crate::authority) fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], TokenFault> {
        let hash = digest(&SHA256, bytes);
        let signed = aside(|| {
            self.token.work(|opened| {
                let key = opened.find(&self.reference)?;
                opened.session.sign(&Mechanism::Ecdsa, key, hash.as_ref()).map_err(fault)
            })
        });
        let wrong = || TokenFault::Failed { call: "C_Sign".to_owned(), code: "SignatureLenRange".to_owned() };
        signed?.try_into().map_err(|_| wrong())
    }
}

fn aside<R>(act: impl FnOnce() -> R) -> R {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(act),
        _ => act(),
    }
}
