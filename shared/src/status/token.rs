//! A status list as a signed token (§5.1), and what it says about one copy at one instant.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::list::{Bits, StatusList, TokenStatus, UnpackFault};
use crate::jose::jwk::PublicJwk;
use crate::jose::jws::{CompactJws, ES256, JwsError, SigningInput};
use crate::jose::numeric_date::NumericDate;
use crate::jose::x5c::{self, X5cFault};
use crate::jose::{base64url, from_base64url};
use crate::x509::chain::TrustAnchor;
use crate::x509::signer::{SignerFault, SignerPurpose, verify_signer};

/// The media type, and with `application/` cut off the `typ` of the header.
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";
/// The longest token that is read, in bytes.
pub const MAX_LENGTH: usize = 2 * 1024 * 1024;

const TYP: &str = "statuslist+jwt";

/// Where a copy's status stands: the `status_list` member of its `status` claim (§6.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusReference {
    /// Index on the list.
    pub idx: u64,
    /// Where the list is.
    pub uri: String,
}

/// The `status` claim itself (§6.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusClaim {
    /// The one mechanism that we know.
    pub status_list: StatusReference,
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
    x5c: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: NumericDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<NumericDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    status_list: Packed,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    bits: u64,
    lst: String,
}

/// What a token says besides its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusTokenFields {
    /// Its own address, which the copies name.
    pub uri: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when it may be trusted; exclusive.
    pub expires_at: Timestamp,
    /// After how many seconds whoever is online should fetch a new one.
    pub ttl: u32,
}

/// What is to be signed, by the holder of the first certificate in `x5c`.
///
/// # Errors
/// [`StatusTokenFault::Unwritable`], which no list in memory brings about.
pub fn signing_input(
    fields: &StatusTokenFields,
    list: &StatusList,
    x5c: &[Vec<u8>],
) -> Result<SigningInput, StatusTokenFault> {
    let header = Header { alg: ES256, typ: TYP, x5c: x5c::to_header(x5c) };
    let packed = list.packed().map_err(|_| StatusTokenFault::Unwritable)?;
    let claims = Claims {
        sub: fields.uri.clone(),
        iat: NumericDate::new(fields.issued_at),
        exp: Some(NumericDate::new(fields.expires_at)),
        ttl: Some(fields.ttl),
        status_list: Packed { bits: list.bits().get().into(), lst: base64url(packed) },
    };
    SigningInput::new(&header, &claims).map_err(|_| StatusTokenFault::Unwritable)
}

/// A status list token that has the right form; whose it is, nobody has checked yet.
#[derive(Debug, Clone)]
pub struct UnverifiedStatusToken {
    jws: CompactJws,
    x5c: Vec<Vec<u8>>,
    content: VerifiedStatusList,
}

impl UnverifiedStatusToken {
    /// Reads a token of at most [`MAX_LENGTH`] bytes.
    ///
    /// # Errors
    /// The first thing that is wrong with its form.
    pub fn parse(text: &str) -> Result<Self, StatusTokenFault> {
        let jws = CompactJws::parse_within(text.trim_ascii(), MAX_LENGTH)?;
        if jws.header().typ.as_deref() != Some(TYP) {
            return Err(StatusTokenFault::AnotherType);
        }
        let x5c = x5c::from_header(jws.header().x5c.as_ref().ok_or(StatusTokenFault::NoChain)?)?;
        let claims: Claims = jws.unverified_claims()?;
        let bits = Bits::new(claims.status_list.bits).ok_or(StatusTokenFault::Bits)?;
        let packed = from_base64url(&claims.status_list.lst).ok_or(StatusTokenFault::NotBase64Url)?;
        let issued_at = claims.iat.timestamp();
        let by_ttl = claims.ttl.map(|ttl| issued_at.saturating_add(SignedDuration::from_secs(ttl.into())));
        let expires_at = match (claims.exp, by_ttl) {
            (Some(exp), _) => exp.timestamp(),
            (None, Some(by_ttl)) => by_ttl.unwrap_or(issued_at),
            (None, None) => return Err(StatusTokenFault::Endless),
        };
        let list = StatusList::unpack(bits, &packed)?;
        let content = VerifiedStatusList { uri: claims.sub, issued_at, expires_at, ttl: claims.ttl, list };
        Ok(Self { jws, x5c, content })
    }

    /// Checks that a signer of status lists below one of `anchors` made it; its certificates must be valid at
    /// `now`. Whether the list is still current is asked of the result, time and again.
    ///
    /// # Errors
    /// When it is somebody else's.
    pub fn verify(
        self,
        anchors: &[TrustAnchor],
        now: Timestamp,
    ) -> Result<VerifiedStatusList, StatusTokenFault> {
        let signer = verify_signer(&self.x5c, anchors, SignerPurpose::StatusList, now)
            .map_err(|fault| StatusTokenFault::Signer(Box::new(fault)))?;
        let key =
            PublicJwk::from_sec1(signer.public_key().sec1()).map_err(|_| StatusTokenFault::Signature)?;
        self.jws.verify(&key).map_err(|_| StatusTokenFault::Signature)?;
        Ok(self.content)
    }
}

/// A list that a trusted signer made; only [`UnverifiedStatusToken::verify`] hands it out.
#[derive(Debug, Clone)]
pub struct VerifiedStatusList {
    uri: String,
    issued_at: Timestamp,
    expires_at: Timestamp,
    ttl: Option<u32>,
    list: StatusList,
}

impl VerifiedStatusList {
    /// Its address.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// When it was made: an instant that its signer vouches for.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Until when it may be trusted; exclusive.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// When whoever is online should fetch a new one: after its `ttl`, or else at its end.
    pub fn fetch_again_at(&self) -> Timestamp {
        let after = self.ttl.map(|ttl| SignedDuration::from_secs(ttl.into()));
        after
            .and_then(|ttl| self.issued_at.checked_add(ttl).ok())
            .map_or(self.expires_at, |at| at.min(self.expires_at))
    }

    /// What it says about the copy at `reference` to someone who reads it at `now`.
    pub fn status_at(&self, reference: &StatusReference, now: Timestamp) -> CopyStatus {
        // §8.3: the address must be the one that the copy names, letter for letter.
        if reference.uri != self.uri {
            return CopyStatus::AnotherList;
        }
        match self.list.at(reference.idx) {
            None => CopyStatus::NotOnList,
            Some(TokenStatus::Invalid) => CopyStatus::Revoked,
            Some(TokenStatus::Suspended | TokenStatus::Other(_)) => CopyStatus::Suspended,
            Some(TokenStatus::Valid) if now < self.issued_at => {
                CopyStatus::FromTheFuture { issued_at: self.issued_at }
            }
            Some(TokenStatus::Valid) if now >= self.expires_at => {
                CopyStatus::Stale { expired_at: self.expires_at }
            }
            Some(TokenStatus::Valid) => CopyStatus::Good,
        }
    }
}

/// What a list says about one copy at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStatus {
    /// Not taken back, and the list is current.
    Good,
    /// Taken back; said even by a list that is not current, since a place is never turned back.
    Revoked,
    /// Something else than valid, by a list of others.
    Suspended,
    /// Not taken back then, but the list has run out.
    Stale {
        /// When it did.
        expired_at: Timestamp,
    },
    /// Not taken back, but the list is from the future: the clock that says `now` is slow.
    FromTheFuture {
        /// When the list was made.
        issued_at: Timestamp,
    },
    /// The copy names an index that the list has not.
    NotOnList,
    /// The copy names another list.
    AnotherList,
}

/// Messages complete "cannot accept status list: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusTokenFault {
    /// Not a JWS of ours, or claims of another shape.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Another `typ`.
    #[error("it is not of type statuslist+jwt")]
    AnotherType,
    /// No `x5c`.
    #[error("it carries no certificate chain")]
    NoChain,
    /// An unreadable `x5c`.
    #[error(transparent)]
    X5c(#[from] X5cFault),
    /// Not 1, 2, 4 or 8 bits.
    #[error("a status takes neither 1, 2, 4 nor 8 bits")]
    Bits,
    /// `lst` is not base64url.
    #[error("its list is not base64url")]
    NotBase64Url,
    /// `lst` cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackFault),
    /// Neither `exp` nor `ttl`.
    #[error("it does not say until when it may be trusted")]
    Endless,
    /// No trusted signer of status lists.
    #[error("its signer is refused: {0}")]
    Signer(#[source] Box<SignerFault>),
    /// The signer's key did not sign it.
    #[error("its signature is false")]
    Signature,
    /// It cannot be written down.
    #[error("it cannot be written")]
    Unwritable,
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::status::LIST_SIZE;
    use crate::x509::sample::{self, HIERARCHY};

    const URI: &str = "http://pki.example/pki/status/1";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        at("2026-11-21T18:30:00Z")
    }

    fn fields() -> StatusTokenFields {
        StatusTokenFields {
            uri: URI.to_owned(),
            issued_at: now(),
            expires_at: at("2026-11-22T18:30:00Z"),
            ttl: 300,
        }
    }

    struct Signer {
        key: EcdsaKeyPair,
        x5c: Vec<Vec<u8>>,
    }

    fn signer(purpose: SignerPurpose) -> Signer {
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = sample::signer_under(&HIERARCHY.issuing, &key, |params| {
            let usage = rcgen::ExtendedKeyUsagePurpose::Other(sample::arcs(purpose.oid()));
            params.extended_key_usages = vec![usage];
        });
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.serialized_der()).unwrap();
        Signer { key: pair, x5c: vec![leaf, HIERARCHY.issuing.der.clone()] }
    }

    impl Signer {
        fn finish(&self, input: SigningInput) -> String {
            let signature = self.key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
            input.finish(signature.as_ref().try_into().unwrap())
        }

        fn token(&self, list: &StatusList) -> String {
            self.finish(signing_input(&fields(), list, &self.x5c).unwrap())
        }

        fn odd(&self, edit: impl FnOnce(&mut Value, &mut Value)) -> String {
            let mut header = json!({"alg": "ES256", "typ": TYP, "x5c": x5c::to_header(&self.x5c)});
            let list = StatusList::of_invalid(8, []).packed().unwrap();
            let mut claims = json!({
                "sub": URI, "iat": 1_795_285_800, "exp": 1_795_372_200, "ttl": 300,
                "status_list": {"bits": 1, "lst": base64url(list)},
            });
            edit(&mut header, &mut claims);
            self.finish(SigningInput::new(&header, &claims).unwrap())
        }
    }

    fn verified(text: &str) -> Result<VerifiedStatusList, StatusTokenFault> {
        let anchors = [TrustAnchor::from_der(&HIERARCHY.root.der).unwrap()];
        UnverifiedStatusToken::parse(text)?.verify(&anchors, now())
    }

    fn reference(idx: u64) -> StatusReference {
        StatusReference { idx, uri: URI.to_owned() }
    }

    #[test]
    fn a_list_tells_who_was_taken_back_and_until_when_it_may_be_trusted() {
        let list = StatusList::of_invalid(LIST_SIZE, [7]);
        let read = verified(&signer(SignerPurpose::StatusList).token(&list)).unwrap();
        let (issued_at, expired_at) = (fields().issued_at, fields().expires_at);
        let cases = [
            (8, "2026-11-21T18:29:59Z", CopyStatus::FromTheFuture { issued_at }),
            (8, "2026-11-21T18:30:00Z", CopyStatus::Good),
            (8, "2026-11-22T18:29:59Z", CopyStatus::Good),
            (8, "2026-11-22T18:30:00Z", CopyStatus::Stale { expired_at }),
            (7, "2026-11-21T18:29:59Z", CopyStatus::Revoked),
            (7, "2027-11-22T18:30:00Z", CopyStatus::Revoked),
            (u64::from(LIST_SIZE), "2026-11-21T18:30:00Z", CopyStatus::NotOnList),
        ];
        for (index, when, expected) in cases {
            assert_eq!(read.status_at(&reference(index), at(when)), expected, "{index} {when}");
        }
        let elsewhere = StatusReference { idx: 7, uri: format!("{URI}0") };
        assert_eq!(read.status_at(&elsewhere, now()), CopyStatus::AnotherList);
        assert_eq!(read.fetch_again_at(), at("2026-11-21T18:35:00Z"));
    }

    #[test]
    fn only_a_signer_of_status_lists_may_make_one() {
        let list = StatusList::of_invalid(64, []);
        for purpose in SignerPurpose::ALL {
            let fault = verified(&signer(purpose).token(&list)).err();
            assert_eq!(fault.is_none(), purpose == SignerPurpose::StatusList, "{purpose}: {fault:?}");
        }
        let (honest, other) = (signer(SignerPurpose::StatusList), signer(SignerPurpose::StatusList));
        let forged = Signer { key: other.key, x5c: honest.x5c }.token(&list);
        assert_eq!(verified(&forged).unwrap_err(), StatusTokenFault::Signature);
        let foreign = [TrustAnchor::from_der(&sample::foreign_root().der).unwrap()];
        let text = signer(SignerPurpose::StatusList).token(&list);
        let fault = UnverifiedStatusToken::parse(&text).unwrap().verify(&foreign, now()).unwrap_err();
        assert!(matches!(fault, StatusTokenFault::Signer(_)));
    }

    #[test]
    fn each_departure_has_its_own_fault() {
        let signer = signer(SignerPurpose::StatusList);
        assert!(verified(&signer.odd(|_, _| {})).is_ok());
        let fault = |edit: fn(&mut Value, &mut Value)| verified(&signer.odd(edit)).unwrap_err();
        assert_eq!(fault(|h, _| h["typ"] = json!("JWT")), StatusTokenFault::AnotherType);
        assert_eq!(fault(|h, _| drop(h.as_object_mut().unwrap().remove("x5c"))), StatusTokenFault::NoChain);
        assert_eq!(fault(|h, _| h["x5c"] = json!(["-"])), StatusTokenFault::X5c(X5cFault::NotBase64));
        assert_eq!(fault(|_, c| c["status_list"]["bits"] = json!(3)), StatusTokenFault::Bits);
        assert_eq!(fault(|_, c| c["status_list"]["lst"] = json!("=")), StatusTokenFault::NotBase64Url);
        assert_eq!(
            fault(|_, c| c["status_list"]["lst"] = json!("AAAA")),
            StatusTokenFault::Unpack(UnpackFault::NotZlib)
        );
        assert_eq!(fault(|_, c| c["sub"] = json!(1)), StatusTokenFault::Jws(JwsError::Claims));
        let endless: fn(&mut Value, &mut Value) = |_, c| {
            c.as_object_mut().unwrap().retain(|name, _| name != "exp" && name != "ttl");
        };
        assert_eq!(fault(endless), StatusTokenFault::Endless);
        let by_ttl = signer.odd(|_, c| drop(c.as_object_mut().unwrap().remove("exp")));
        assert_eq!(verified(&by_ttl).unwrap().expires_at(), at("2026-11-21T18:35:00Z"));
    }

    #[test]
    fn no_flipped_bit_is_accepted() {
        let text = signer(SignerPurpose::StatusList).token(&StatusList::of_invalid(64, [5]));
        for position in 0..text.len() {
            for bit in 0..7 {
                let mut flipped = text.clone().into_bytes();
                flipped[position] ^= 1 << bit;
                let Ok(flipped) = String::from_utf8(flipped) else { continue };
                // White space around a token is none of it.
                if flipped.trim_ascii() == text {
                    continue;
                }
                assert!(verified(&flipped).is_err(), "bit {bit} of character {position}");
            }
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = UnverifiedStatusToken::parse(&text);
        }
    }
}
