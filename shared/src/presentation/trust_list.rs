//! The list of trusted roots as it travels: a JWS by a key that signs such lists, below a root that the device was told
//! to believe in that before.
//!
//! ```json
//! {"iat": 1795285800, "exp": 1796495400,
//!  "roots": [{"name": "mLegitymacja", "purposes": ["cards", "trust_lists"], "certificate": "MII…",
//!             "ocsp": "http://pki.example/pki/ocsp"}],
//!  "code_signers": [["MII…", "MII…"]], "status_lists": ["http://pki.example/pki/status/1"]}
//! ```
//!
//! Certificates are base64 of DER; `code_signers` are chains without their roots, the signer's certificate first.
//! Header: `alg` ES256, `typ` [`TYPE`], `x5c`. A key that no longer signs codes leaves the list, and with it ends every
//! statement that it has signed.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::revocation::is_address;
use super::trust::{CodeSigner, RootPurpose, Trust, TrustedRoot};
use crate::jose::jwk::PublicJwk;
use crate::jose::jws::{CompactJws, ES256, JwsError, SigningInput};
use crate::jose::numeric_date::NumericDate;
use crate::jose::x5c;
use crate::x509::chain::{AnchorFault, TrustAnchor};
use crate::x509::signer::{SignerFault, SignerPurpose, verify_signer};

/// The `typ` of its header.
pub const TYPE: &str = "mleg-trust-list+jwt";

/// The longest list that is read, in bytes.
pub const MAX_LENGTH: usize = 1024 * 1024;

/// The most roots, the most keys that sign codes, and the most status lists.
pub const MOST: usize = 500;

/// The longest name of a root, in characters.
pub const MAX_NAME: usize = 100;

/// How far a list may be from the future: its signer's clock and ours differ.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);

#[derive(Serialize, Deserialize)]
struct Wire {
    iat: NumericDate,
    exp: NumericDate,
    roots: Vec<WireRoot>,
    code_signers: Vec<Vec<String>>,
    #[serde(default)]
    status_lists: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireRoot {
    name: String,
    purposes: BTreeSet<RootPurpose>,
    certificate: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ocsp: Option<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    x5c: &'a [String],
}

/// What the list's signer is to sign: `trust` from `issued_at` until `expires`, with the signer's own chain (DER,
/// without the root).
///
/// # Errors
/// When it cannot be written as JSON.
pub fn prepare(
    trust: &Trust,
    signer: &[Vec<u8>],
    issued_at: Timestamp,
    expires: Timestamp,
) -> Result<SigningInput, JwsError> {
    let roots = trust.roots.iter().map(|root| WireRoot {
        name: root.name.clone(),
        purposes: root.purposes.clone(),
        certificate: STANDARD.encode(root.anchor.certificate().der()),
        ocsp: root.ocsp.clone(),
    });
    let claims = Wire {
        iat: NumericDate::new(issued_at),
        exp: NumericDate::new(expires),
        roots: roots.collect(),
        code_signers: trust.code_signers.iter().map(|signer| x5c::to_header(signer.x5c())).collect(),
        status_lists: trust.status_lists.clone(),
    };
    SigningInput::new(&Header { alg: ES256, typ: TYPE, x5c: &x5c::to_header(signer) }, &claims)
}

/// Reads a list and checks everything about it.
///
/// `believed` is what the device believes so far: its roots for lists of roots judge this one, and a list that is older
/// than the one it goes by is refused, so that nobody can bring back a root or a signer that was struck off.
///
/// # Errors
/// The first rule that is broken.
pub fn verify(text: &str, believed: &Trust, now: Timestamp) -> Result<Trust, TrustListFault> {
    let trust = signed(text, believed, Some(now))?;
    let (issued, until) = (trust.as_of.unwrap_or(now), trust.until.unwrap_or(now));
    if issued.duration_since(now) > LEEWAY {
        return Err(TrustListFault::FromTheFuture { issued });
    }
    if now >= until {
        return Err(TrustListFault::Expired { until });
    }
    not_older(trust, believed)
}

/// Reads a list that was verified once and kept since, by the roots that it was verified by. That its time may be over
/// is for a verdict to say ([`Trust::until`]), so the clock plays no part here; a list that is older than the one that
/// the device goes by is refused as by [`verify`].
///
/// # Errors
/// The first other rule that is broken.
pub fn reread(text: &str, believed: &Trust) -> Result<Trust, TrustListFault> {
    not_older(signed(text, believed, None)?, believed)
}

fn not_older(list: Trust, believed: &Trust) -> Result<Trust, TrustListFault> {
    match list.as_of.zip(believed.as_of) {
        Some((issued, kept)) if issued < kept => Err(TrustListFault::OlderThanKept { issued }),
        _ => Ok(list),
    }
}

/// Checks signer and signature, the certificates at `now` or else at the list's own date.
fn signed(text: &str, believed: &Trust, now: Option<Timestamp>) -> Result<Trust, TrustListFault> {
    let jws = CompactJws::parse_within(text, MAX_LENGTH)?;
    if jws.header().typ.as_deref() != Some(TYPE) {
        return Err(TrustListFault::Type);
    }
    let chain = jws.header().x5c.as_ref().and_then(|value| x5c::from_header(value).ok());
    let chain = chain.ok_or(TrustListFault::NoChain)?;
    let claims: Wire = jws.unverified_claims()?;
    let at = now.unwrap_or_else(|| claims.iat.timestamp());
    let anchors = believed.anchors(RootPurpose::TrustLists);
    let signer = verify_signer(&chain, &anchors, SignerPurpose::TrustList, at)?;
    let key = PublicJwk::from_sec1(signer.public_key().sec1()).map_err(|_| TrustListFault::Signature)?;
    jws.verify(&key).map_err(|_| TrustListFault::Signature)?;
    read(claims)
}

fn read(wire: Wire) -> Result<Trust, TrustListFault> {
    if wire.roots.len().max(wire.code_signers.len()).max(wire.status_lists.len()) > MOST {
        return Err(TrustListFault::TooMany);
    }
    let (issued, until) = (wire.iat.timestamp(), wire.exp.timestamp());
    if until <= issued {
        return Err(TrustListFault::EndsBeforeItStarts);
    }
    let mut roots = Vec::with_capacity(wire.roots.len());
    for root in wire.roots {
        let printable = root.name.chars().all(|letter| !letter.is_control());
        if root.name.trim().is_empty() || root.name.chars().count() > MAX_NAME || !printable {
            return Err(TrustListFault::Name);
        }
        let der = STANDARD.decode(&root.certificate).map_err(|_| TrustListFault::NotBase64)?;
        let anchor = TrustAnchor::from_der(&der)?;
        let WireRoot { name, purposes, ocsp, .. } = root;
        roots.push(TrustedRoot { anchor, name, purposes, ocsp });
    }
    let mut code_signers = Vec::with_capacity(wire.code_signers.len());
    for chain in wire.code_signers {
        let chain = serde_json::Value::from(chain);
        let chain = x5c::from_header(&chain).map_err(|_| TrustListFault::NotBase64)?;
        code_signers.push(CodeSigner::new(chain)?);
    }
    let (status_lists, as_of, until) = (wire.status_lists, Some(issued), Some(until));
    let asked = roots.iter().filter_map(|root| root.ocsp.as_ref());
    if !status_lists.iter().chain(asked).all(|address| is_address(address)) {
        return Err(TrustListFault::Address);
    }
    Ok(Trust { roots, code_signers, status_lists, as_of, until })
}

/// Messages complete "cannot accept list of roots: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustListFault {
    /// No JWS, or not with these claims.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Another `typ` than [`TYPE`].
    #[error("it is not a list of roots")]
    Type,
    /// No `x5c` in its header.
    #[error("it comes without its signer's certificates")]
    NoChain,
    /// Its signer, or a signer in it.
    #[error("a signer is refused: {0}")]
    Signer(#[from] SignerFault),
    /// Its signer did not sign it.
    #[error("its signature is false")]
    Signature,
    /// Its signer's clock is ahead of ours.
    #[error("it is from the future: {issued}")]
    FromTheFuture {
        /// When it says it was made.
        issued: Timestamp,
    },
    /// Its time is over.
    #[error("it was valid until {until}")]
    Expired {
        /// The first instant at which it no longer was.
        until: Timestamp,
    },
    /// A list of a later time is known already.
    #[error("it is of {issued}, and a later one is known")]
    OlderThanKept {
        /// When it was made.
        issued: Timestamp,
    },
    /// `exp` not after `iat`.
    #[error("it ends before it starts")]
    EndsBeforeItStarts,
    /// More than [`MOST`].
    #[error("it has more than {MOST} entries")]
    TooMany,
    /// Empty, too long, or with control characters.
    #[error("a root's name is not a short line")]
    Name,
    /// A certificate that is not base64.
    #[error("a certificate in it is not base64")]
    NotBase64,
    /// Where something is to be fetched is no web address.
    #[error("an address in it is not one of the web")]
    Address,
    /// A root in it is none.
    #[error("a root is refused: {0}")]
    Root(#[from] AnchorFault),
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::holder_code::sample::{at, chain_of, issuer, sign, trust};
    use crate::presentation::verdict::Reason;
    use crate::x509::sample::{self as x509, HIERARCHY};

    const ISSUED: &str = "2026-11-21T06:00:00Z";
    const EXPIRES: &str = "2026-12-05T06:00:00Z";
    const NOW: &str = "2026-11-21T18:30:00Z";

    fn believed() -> Trust {
        Trust { code_signers: vec![], ..trust(&[RootPurpose::Cards, RootPurpose::TrustLists]) }
    }

    fn signer() -> Vec<Vec<u8>> {
        chain_of(&issuer(), SignerPurpose::TrustList, &HIERARCHY.issuing)
    }

    fn list(trust: &Trust, signer: &[Vec<u8>]) -> String {
        let input = prepare(trust, signer, at(ISSUED), at(EXPIRES)).unwrap();
        let signature = sign(&issuer(), input.as_bytes());
        input.finish(signature)
    }

    #[test]
    fn a_list_comes_back_as_it_was_signed() {
        let mut content = trust(&RootPurpose::ALL);
        content.roots[0].ocsp = Some("http://pki.example/pki/ocsp".to_owned());
        content.status_lists = vec!["http://pki.example/pki/status/1".to_owned()];
        let text = list(&content, &signer());
        let read = verify(&text, &believed(), at(NOW)).unwrap();
        assert_eq!(reread(&text, &believed()).as_ref(), Ok(&read));
        assert_eq!(read, Trust { as_of: Some(at(ISSUED)), until: Some(at(EXPIRES)), ..content });
    }

    #[test]
    fn a_list_is_believed_from_those_who_may_sign_one_in_its_time() {
        let content = trust(&[RootPurpose::Cards]);
        let good = list(&content, &signer());
        let judged = |text: &str, believed: &Trust, now: &str| verify(text, believed, at(now)).unwrap_err();
        let for_cards = trust(&[RootPurpose::Cards]);
        assert!(matches!(judged(&good, &for_cards, NOW), TrustListFault::Signer(_)));
        let for_codes = chain_of(&issuer(), SignerPurpose::Code, &HIERARCHY.issuing);
        let signed = list(&content, &for_codes);
        assert_eq!(judged(&signed, &believed(), NOW), TrustListFault::Signer(SignerFault::Purpose));
        let foreign = x509::authority_under(&x509::foreign_root(), "Foreign", |_| {});
        let strange = list(&content, &chain_of(&issuer(), SignerPurpose::TrustList, &foreign));
        assert!(matches!(judged(&strange, &believed(), NOW), TrustListFault::Signer(_)));
        let until = at(EXPIRES);
        assert_eq!(judged(&good, &believed(), EXPIRES), TrustListFault::Expired { until });
        let issued = at(ISSUED);
        assert_eq!(
            judged(&good, &believed(), "2026-11-21T05:54:59Z"),
            TrustListFault::FromTheFuture { issued }
        );
        let later = Trust { as_of: Some(at(NOW)), ..believed() };
        assert_eq!(judged(&good, &later, NOW), TrustListFault::OlderThanKept { issued });
        assert_eq!(reread(&good, &later), Err(TrustListFault::OlderThanKept { issued }));
        let (signed, _) = good.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", crate::jose::base64url([1; 64]));
        assert_eq!(judged(&forged, &believed(), NOW), TrustListFault::Signature);
    }

    #[test]
    fn of_two_roots_each_is_believed_in_what_the_list_says_of_it() {
        let cinemas = x509::foreign_root();
        let foreign = TrustAnchor::from_der(&cinemas.der).unwrap();
        let mut content = trust(&[RootPurpose::Cards, RootPurpose::TrustLists]);
        content.roots.push(TrustedRoot {
            anchor: foreign.clone(),
            name: "Kina".to_owned(),
            purposes: [RootPurpose::Verifiers].into_iter().collect(),
            ocsp: None,
        });
        let stranger = x509::authority_under(&cinemas, "Foreign", |_| {});
        let theirs = CodeSigner::new(chain_of(&issuer(), SignerPurpose::Code, &stranger)).unwrap();
        let id = theirs.id();
        let read = verify(&list(&content, &signer()), &believed(), at(NOW)).unwrap();
        let schools = content.roots[0].anchor.clone();
        assert_eq!(read.anchors(RootPurpose::Cards), read.anchors(RootPurpose::TrustLists));
        assert_eq!(read.anchors(RootPurpose::Verifiers), [foreign]);
        assert_eq!(read.anchors(RootPurpose::TrustLists), [schools]);
        assert!(read.signer(id, at(NOW)).is_ok(), "below the root for cards");
        content.code_signers = vec![theirs];
        let read = verify(&list(&content, &signer()), &believed(), at(NOW)).unwrap();
        assert_eq!(read.signer(id, at(NOW)).unwrap_err(), Reason::RootForAnotherPurpose);
        // Nor may a root for verifiers vouch for a list of roots.
        assert!(verify(&list(&content, &signer()), &read, at(NOW)).is_ok());
        let theirs = list(&content, &chain_of(&issuer(), SignerPurpose::TrustList, &stranger));
        let refused = verify(&theirs, &read, at(NOW));
        assert!(matches!(refused, Err(TrustListFault::Signer(_))), "{refused:?}");
    }

    #[test]
    fn a_list_with_anything_wrong_in_it_is_refused_whole() {
        let with = |edit: fn(&mut Trust)| {
            let mut content = trust(&[RootPurpose::Cards]);
            edit(&mut content);
            verify(&list(&content, &signer()), &believed(), at(NOW)).unwrap_err()
        };
        assert_eq!(with(|trust| trust.roots[0].name = "a\nb".to_owned()), TrustListFault::Name);
        let nowhere = |trust: &mut Trust| trust.status_lists = vec!["ftp://pki.example".to_owned()];
        assert_eq!(with(nowhere), TrustListFault::Address);
        assert_eq!(with(|trust| trust.roots[0].name = " ".to_owned()), TrustListFault::Name);
        let crowd = |trust: &mut Trust| trust.code_signers = vec![trust.code_signers[0].clone(); MOST + 1];
        assert!(matches!(with(crowd), TrustListFault::TooMany | TrustListFault::Jws(JwsError::TooLong)));
    }

    proptest! {
        #[test]
        fn no_flipped_bit_is_believed(place in any::<prop::sample::Index>(), bit in 0_u8..7) {
            static LIST: LazyLock<(String, Trust)> =
                LazyLock::new(|| (list(&trust(&RootPurpose::ALL), &signer()), believed()));
            let (text, believed) = &*LIST;
            prop_assert!(verify(text, believed, at(NOW)).is_ok());
            let place = place.index(text.len());
            let mut flipped = text.clone().into_bytes();
            flipped[place] ^= 1 << bit;
            let flipped = String::from_utf8(flipped).unwrap();
            prop_assert!(verify(&flipped, believed, at(NOW)).is_err(), "bit {bit} of character {place}");
        }

        #[test]
        fn reading_never_panics(text in any::<String>(), payload in any::<Vec<u8>>()) {
            let _ = verify(&text, &believed(), at(NOW));
            let good = list(&believed(), &signer());
            let (header, _) = good.split_once('.').unwrap();
            let text = format!("{header}.{}.{}", crate::jose::base64url(payload), crate::jose::base64url([1; 64]));
            prop_assert!(verify(&text, &believed(), at(NOW)).is_err());
        }
    }
}
