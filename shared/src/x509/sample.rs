//! A small hierarchy and certificates under it, for the tests of this module; made with rcgen, so that the
//! readers are not tested against their own writing.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
};

use super::extension::{EncodedExtension, ExtensionKind, locations, private, statements};
use super::key::EcPublicKey;
use super::name::{StringKind, SubjectName};
use super::oid::PrivateArc;
use super::profile::{DeviceCertificateFields, PkiUrls};
use super::signed::UnverifiedSigned;
use super::text::DeviceName;
use crate::card_data::PersonName;
use crate::device::DeviceSlot;
use crate::pesel::Pesel;

/// An authority: its parameters, key and certificate.
pub(crate) struct Authority {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
    pub(crate) der: Vec<u8>,
}

impl Authority {
    pub(crate) fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// Root, issuing authority and a device key.
pub(crate) struct Hierarchy {
    pub(crate) root: Authority,
    pub(crate) issuing: Authority,
    pub(crate) device: KeyPair,
}

pub(crate) static HIERARCHY: LazyLock<Hierarchy> = LazyLock::new(|| {
    let root = root("Sample Root");
    let issuing = authority_under(&root, "Sample Issuing", |_| {});
    Hierarchy { root, issuing, device: KeyPair::generate().unwrap() }
});

fn root(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let params = authority_params(name, &key, BasicConstraints::Constrained(1));
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Authority { params, key, der }
}

/// A root of the same name as the sample's, with another key.
pub(crate) fn impostor_root() -> Authority {
    root("Sample Root")
}

/// A root of another name.
pub(crate) fn foreign_root() -> Authority {
    root("Foreign Root")
}

/// An authority with a new key below `above`, with a path length of 0 unless `edit` says otherwise.
pub(crate) fn authority_under(
    above: &Authority,
    name: &str,
    edit: impl FnOnce(&mut CertificateParams),
) -> Authority {
    authority_with_key(above, name, KeyPair::generate().unwrap(), edit)
}

/// As [`authority_under`], with a given key.
pub(crate) fn authority_with_key(
    above: &Authority,
    name: &str,
    key: KeyPair,
    edit: impl FnOnce(&mut CertificateParams),
) -> Authority {
    let mut params = authority_params(name, &key, BasicConstraints::Constrained(0));
    edit(&mut params);
    let der = params.signed_by(&key, &above.issuer()).unwrap().der().to_vec();
    Authority { params, key, der }
}

fn authority_params(name: &str, key: &KeyPair, constraints: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut dn = DistinguishedName::new();
    dn.push(DnType::CommonName, name);
    params.distinguished_name = dn;
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(vec![0x11; 16].into());
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = key_id_method(key);
    set_dates(&mut params, "2016-01-01T00:00:00Z", "2036-01-01T00:00:00Z");
    params
}

fn key_id_method(key: &KeyPair) -> KeyIdMethod {
    let key = EcPublicKey::from_spki_der(&key.subject_public_key_info()).unwrap();
    KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec())
}

/// Sets the validity to two RFC 3339 instants.
pub(crate) fn set_dates(params: &mut CertificateParams, from: &str, to: &str) {
    let since_epoch = |text: &str| {
        let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second();
        std::time::Duration::from_secs(seconds.try_into().unwrap())
    };
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(from);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(to);
}

/// The device key of the samples.
pub(crate) fn device_key() -> EcPublicKey {
    EcPublicKey::from_spki_der(&HIERARCHY.device.subject_public_key_info()).unwrap()
}

/// What the sample certificate says.
pub(crate) fn fields() -> DeviceCertificateFields {
    DeviceCertificateFields {
        given_names: PersonName::parse("Zażółć Anna").unwrap(),
        surname: PersonName::parse("Gęślą-Jaźń").unwrap(),
        pesel: Pesel::parse("02070803628").unwrap(),
        device_name: DeviceName::parse("Telefon Ani").unwrap(),
        slot: DeviceSlot::new(2, 5).unwrap(),
        activated_at: "2026-11-21T18:30:00Z".parse().unwrap(),
        card_digest: [0xc4; 32],
        not_before: "2026-08-31T22:00:00Z".parse().unwrap(),
        not_after: "2027-09-30T21:59:59Z".parse().unwrap(),
    }
}

/// Where the sample certificate's status is published.
pub(crate) fn urls() -> PkiUrls {
    PkiUrls::new("http://pki.example/crl/1.crl", "http://pki.example/ca/1.der", None).unwrap()
}

/// The device certificate of the samples after `edit`.
pub(crate) fn device_der(edit: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    device_der_by(&HIERARCHY.issuing, &HIERARCHY.device, edit)
}

/// As [`device_der`], signed by `issuing` for `device`.
pub(crate) fn device_der_by(
    issuing: &Authority,
    device: &KeyPair,
    edit: impl FnOnce(&mut CertificateParams),
) -> Vec<u8> {
    let mut params = device_params(&fields());
    if device.algorithm() == &rcgen::PKCS_ECDSA_P256_SHA256 {
        params.key_identifier_method = key_id_method(device);
    }
    edit(&mut params);
    params.signed_by(device, &issuing.issuer()).unwrap().der().to_vec()
}

/// A signer's certificate below `issuer`, after `edit`.
pub(crate) fn signer_under(
    issuer: &Authority,
    key: &KeyPair,
    edit: impl FnOnce(&mut CertificateParams),
) -> Vec<u8> {
    let mut params = CertificateParams::default();
    let mut dn = DistinguishedName::new();
    dn.push(DnType::CommonName, "Sample Signer");
    params.distinguished_name = dn;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.serial_number = Some(vec![0x22; 16].into());
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = key_id_method(key);
    set_dates(&mut params, "2016-01-01T00:00:00Z", "2036-01-01T00:00:00Z");
    edit(&mut params);
    params.signed_by(key, &issuer.issuer()).unwrap().der().to_vec()
}

/// The to-be-signed part of [`device_der`].
pub(crate) fn device_body(edit: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    UnverifiedSigned::split(&device_der(edit)).unwrap().to_be_signed().to_vec()
}

fn device_params(fields: &DeviceCertificateFields) -> CertificateParams {
    let arc = PrivateArc::default();
    let mut params = CertificateParams::default();
    let mut dn = DistinguishedName::new();
    for attribute in SubjectName::from(fields).attributes() {
        let value = match attribute.kind.string_kind() {
            StringKind::Utf8 => DnValue::Utf8String(attribute.text),
            StringKind::Printable => DnValue::PrintableString(attribute.text.try_into().unwrap()),
        };
        dn.push(DnType::from_oid(&arcs(attribute.kind.oid())), value);
    }
    params.distinguished_name = dn;
    set_dates(&mut params, &fields.not_before.to_string(), &fields.not_after.to_string());
    params.serial_number = Some(vec![0x5e; 16].into());
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.crl_distribution_points =
        vec![rcgen::CrlDistributionPoint { uris: vec![urls().crl().to_owned()] }];
    let statements = [
        locations::authority_info_access(&urls()).unwrap(),
        statements::device_policy(&arc).unwrap(),
        statements::natural_person().unwrap(),
    ];
    params.custom_extensions =
        statements.into_iter().chain(private::encode(fields).unwrap()).map(custom).collect();
    params
}

fn custom(encoded: EncodedExtension) -> CustomExtension {
    CustomExtension::from_oid_content(&arcs(encoded.kind.oid(&PrivateArc::default())), encoded.der)
}

/// Where `kind` stands among the custom extensions of the sample, to be replaced or dropped.
pub(crate) fn position_of(params: &CertificateParams, kind: ExtensionKind) -> usize {
    let oid = arcs(kind.oid(&PrivateArc::default()));
    params
        .custom_extensions
        .iter()
        .position(|extension| extension.oid_components().eq(oid.iter().copied()))
        .unwrap()
}

/// Puts `der` in the place of a custom extension's value.
pub(crate) fn replace(params: &mut CertificateParams, kind: ExtensionKind, der: &[u8]) {
    let position = position_of(params, kind);
    params.custom_extensions[position] = custom(EncodedExtension { kind, der: der.to_vec() });
}

/// The components of an object identifier, as rcgen takes them.
pub(crate) fn arcs(oid: super::oid::ObjectIdentifier) -> Vec<u64> {
    oid.arcs().map(u64::from).collect()
}

/// Takes a DER SEQUENCE apart into its elements, lets `edit` change them, and puts it together again.
pub(crate) fn edited(sequence: &[u8], edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    use der::{Encode, Reader, SliceReader};
    let mut reader = SliceReader::new(sequence).unwrap();
    let mut parts = Vec::new();
    reader
        .sequence(|inner| {
            while !inner.is_finished() {
                parts.push(inner.tlv_bytes()?.to_vec());
            }
            Ok::<_, der::Error>(())
        })
        .unwrap();
    edit(&mut parts);
    let content = parts.concat();
    let length = der::Length::try_from(content.len()).unwrap();
    [der::Header::new(der::Tag::Sequence, length).to_der().unwrap(), content].concat()
}
