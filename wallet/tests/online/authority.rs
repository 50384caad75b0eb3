//! A small certificate authority, made with rcgen: honest certificates, and such as no wallet may take.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CustomExtension, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, PublicKeyData, RevocationReason, RevokedCertParams, SanType,
};
use shared::x509::extension::{EncodedExtension, locations, private, statements};
use shared::x509::key::EcPublicKey;
use shared::x509::name::{StringKind, SubjectName};
use shared::x509::oid::{ObjectIdentifier, PrivateArc};
use shared::x509::profile::{DeviceCertificateFields, PkiUrls};
use shared::x509::signer::SignerPurpose;

pub(crate) struct Authority {
    root: (CertificateParams, KeyPair),
    issuing: (CertificateParams, KeyPair),
    pub(crate) root_der: Vec<u8>,
    pub(crate) issuing_der: Vec<u8>,
    urls: PkiUrls,
}

/// A certificate that is on the list.
pub(crate) struct Listed {
    pub(crate) serial: u64,
    pub(crate) since: Timestamp,
    pub(crate) reason: RevocationReason,
}

/// A public key that rcgen may put into a certificate.
struct DeviceKey(Vec<u8>);

impl PublicKeyData for DeviceKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl Authority {
    pub(crate) fn new(name: &str, base: &str) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let root = authority_params(&format!("{name} Root"), &root_key, 1);
        let root_der = root.self_signed(&root_key).unwrap().der().to_vec();
        let issuing_key = KeyPair::generate().unwrap();
        let issuing = authority_params(&format!("{name} Issuing"), &issuing_key, 0);
        let signer = Issuer::from_params(&root, &root_key);
        let issuing_der = issuing.signed_by(&issuing_key, &signer).unwrap().der().to_vec();
        let urls = PkiUrls::new(&format!("{base}/pki/crl"), &format!("{base}/pki/ca"), None).unwrap();
        Self { root: (root, root_key), issuing: (issuing, issuing_key), root_der, issuing_der, urls }
    }

    pub(crate) fn root_pem(&self) -> String {
        self.root.0.self_signed(&self.root.1).unwrap().pem()
    }

    /// A device certificate about `fields` for the point `sec1`.
    pub(crate) fn device(&self, fields: &DeviceCertificateFields, sec1: &[u8], serial: u64) -> Vec<u8> {
        let key = EcPublicKey::from_p256_sec1(sec1).unwrap();
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
        set_dates(&mut params, fields.not_before, fields.not_after);
        params.serial_number = Some(serial.to_be_bytes().to_vec().into());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec());
        params.crl_distribution_points =
            vec![CrlDistributionPoint { uris: vec![self.urls.crl().to_owned()] }];
        let arc = PrivateArc::default();
        let fixed = [
            locations::authority_info_access(&self.urls).unwrap(),
            statements::device_policy(&arc).unwrap(),
            statements::natural_person().unwrap(),
        ];
        let own = private::encode(fields).unwrap();
        params.custom_extensions = fixed.into_iter().chain(own).map(|e| custom(&e)).collect();
        let signer = Issuer::from_params(&self.issuing.0, &self.issuing.1);
        let key = DeviceKey(point_bits(&key));
        params.signed_by(&key, &signer).unwrap().der().to_vec()
    }

    /// A signer of statements for `purpose`: its key, and its chain without the root.
    pub(crate) fn signer(&self, purpose: SignerPurpose) -> (KeyPair, Vec<Vec<u8>>) {
        let usage = arcs(purpose.oid());
        self.leaf("Signer", &[SanType::URI("https://issuer.example".try_into().unwrap())], |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(usage)];
        })
    }

    /// A verifier with this DNS name: its key, and its chain without the root.
    pub(crate) fn verifier(&self, name: &str, dns: &str) -> (KeyPair, Vec<Vec<u8>>) {
        self.leaf(name, &[SanType::DnsName(dns.try_into().unwrap())], |_| {})
    }

    fn leaf(
        &self,
        name: &str,
        names: &[SanType],
        edit: impl FnOnce(&mut CertificateParams),
    ) -> (KeyPair, Vec<Vec<u8>>) {
        let key = KeyPair::generate().unwrap();
        let mut params = authority_params(name, &key, 0);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.subject_alt_names = names.to_vec();
        edit(&mut params);
        let issuer = Issuer::from_params(&self.issuing.0, &self.issuing.1);
        let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        (key, vec![der, self.issuing_der.clone()])
    }

    /// The revocation list as of `now`.
    pub(crate) fn list(&self, listed: &[Listed], number: u64, now: Timestamp) -> Vec<u8> {
        let date = |at: Timestamp| {
            let seconds = u64::try_from(at.as_second()).unwrap();
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
        };
        let params = CertificateRevocationListParams {
            this_update: date(now),
            next_update: date(now + SignedDuration::from_hours(24)),
            crl_number: number.to_be_bytes().to_vec().into(),
            issuing_distribution_point: None,
            revoked_certs: listed
                .iter()
                .map(|entry| RevokedCertParams {
                    serial_number: entry.serial.to_be_bytes().to_vec().into(),
                    revocation_time: date(entry.since),
                    reason_code: Some(entry.reason),
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: self.issuing.0.key_identifier_method.clone(),
        };
        let signer = Issuer::from_params(&self.issuing.0, &self.issuing.1);
        params.signed_by(&signer).unwrap().der().to_vec()
    }
}

/// What rcgen wants of a public key: the bits of the point.
fn point_bits(key: &EcPublicKey) -> Vec<u8> {
    key.sec1().to_vec()
}

fn authority_params(name: &str, key: &KeyPair, path_length: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut dn = DistinguishedName::new();
    dn.push(DnType::CommonName, name);
    params.distinguished_name = dn;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(vec![0x11; 16].into());
    params.use_authority_key_identifier_extension = true;
    let point = EcPublicKey::from_spki_der(&key.subject_public_key_info()).unwrap();
    params.key_identifier_method = KeyIdMethod::PreSpecified(point.identifier().as_bytes().to_vec());
    set_dates(&mut params, "2016-01-01T00:00:00Z".parse().unwrap(), "2046-01-01T00:00:00Z".parse().unwrap());
    params
}

fn set_dates(params: &mut CertificateParams, from: Timestamp, to: Timestamp) {
    let date = |at: Timestamp| {
        let seconds = u64::try_from(at.as_second()).unwrap();
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = date(from);
    params.not_after = date(to);
}

fn custom(encoded: &EncodedExtension) -> CustomExtension {
    CustomExtension::from_oid_content(&arcs(encoded.kind.oid(&PrivateArc::default())), encoded.der.clone())
}

fn arcs(oid: ObjectIdentifier) -> Vec<u64> {
    oid.arcs().map(u64::from).collect()
}
