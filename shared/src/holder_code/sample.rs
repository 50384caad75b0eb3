//! Cards, keys and codes for tests.

use jiff::Timestamp;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePrivateKey as _;

use super::*;
use crate::card_data::{PersonName, SchoolName};
use crate::presentation::trust::{CodeSigner, RootPurpose, Trust, TrustedRoot};
use crate::status::StatusReference;
use crate::validity::ValidityPeriod;
use crate::x509::chain::TrustAnchor;
use crate::x509::key::EcPublicKey;
use crate::x509::sample::{self as x509, Authority, HIERARCHY};
use crate::x509::signer::SignerPurpose;

/// The phone's key.
pub(crate) fn phone() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

/// The issuer's key.
pub(crate) fn issuer() -> SigningKey {
    SigningKey::from_slice(&[9; 32]).unwrap()
}

pub(crate) fn public(key: &SigningKey) -> EcPublicKey {
    EcPublicKey::from_p256_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    let signature: Signature = key.sign(message);
    signature.to_bytes().into()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// As many bytes as a portrait may have.
pub(crate) fn portrait() -> Portrait {
    let mut bytes: Vec<u8> = (0..portrait::MAX_BYTES).map(|n| (n * 37 % 251) as u8).collect();
    bytes[0] = 50;
    Portrait::from_bytes(bytes).unwrap()
}

fn holder() -> FullName {
    FullName {
        given_names: PersonName::parse("Zażółć Anna").unwrap(),
        surname: PersonName::parse("Gęślą-Jaźń").unwrap(),
    }
}

/// What the sample card discloses.
pub(crate) fn content(purpose: Purpose, portrait: Option<Portrait>) -> Content {
    let card_number = "123/2026".parse_card();
    let school = SchoolName::parse("Szkoła Podstawowa nr 0 im. Jana Brzechwy w Przykładowie").unwrap();
    match purpose {
        Purpose::Ticket => Content::Ticket { holder: holder(), portrait, under_24: true },
        Purpose::Cinema(limit) => Content::Cinema(limit),
        Purpose::Library => Content::Library { holder: holder(), card_number, school },
        Purpose::Card => Content::Card {
            holder: holder(),
            portrait,
            birth_date: "2011-07-08".parse().unwrap(),
            card_number,
            validity: ValidityPeriod::new("2026-09-01".parse().unwrap(), "2027-09-30".parse().unwrap())
                .unwrap(),
            school,
        },
    }
}

trait ParseCard {
    fn parse_card(&self) -> crate::card::CardNumber;
}

impl ParseCard for str {
    fn parse_card(&self) -> crate::card::CardNumber {
        crate::card::CardNumber::parse(self).unwrap()
    }
}

/// The issuer's statement about the sample card.
pub(crate) fn terms(content: Content) -> CodeCredential {
    CodeCredential {
        key: HolderKey::from_sec1(phone().verifying_key().to_sec1_point(true).as_bytes()).unwrap(),
        content,
        not_before: at("2026-08-31T22:00:00Z"),
        expires: at("2027-09-30T22:00:00Z"),
        status: StatusReference { idx: 70_123, uri: "http://pki.example:8081/pki/status/12".to_owned() },
    }
}

pub(crate) fn signed(terms: &CodeCredential) -> Vec<u8> {
    let unsigned = terms.prepare(KeyId::of(&public(&issuer())));
    let signature = sign(&issuer(), unsigned.as_bytes());
    unsigned.finish(signature)
}

/// The code that the phone shows at `now`.
pub(crate) fn code(credential: &[u8], now: Timestamp, clock: HolderClock) -> String {
    let unsigned = UnsignedCode::new(credential, window_of(now), clock).unwrap();
    let signature = sign(&phone(), unsigned.as_bytes());
    unsigned.finish(signature)
}

/// `key` as a signer of the sample hierarchy, or of another one: its chain without the root.
pub(crate) fn chain_of(key: &SigningKey, purpose: SignerPurpose, issuing: &Authority) -> Vec<Vec<u8>> {
    let pkcs8 = key.to_pkcs8_der().unwrap();
    let pair = rcgen::KeyPair::try_from(pkcs8.as_bytes()).unwrap();
    let leaf = x509::signer_under(issuing, &pair, |params| {
        let usage = purpose.oid().arcs().map(u64::from).collect();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::Other(usage)];
    });
    vec![leaf, issuing.der.clone()]
}

/// The sample root, believed in `purposes`, and the issuer's key for codes.
pub(crate) fn trust(purposes: &[RootPurpose]) -> Trust {
    let anchor = TrustAnchor::from_der(&HIERARCHY.root.der).unwrap();
    let root = TrustedRoot {
        anchor,
        name: "Szkoły".to_owned(),
        purposes: purposes.iter().copied().collect(),
        ocsp: None,
    };
    let signer = CodeSigner::new(chain_of(&issuer(), SignerPurpose::Code, &HIERARCHY.issuing)).unwrap();
    Trust { roots: vec![root], code_signers: vec![signer], ..Trust::default() }
}
