//! The profile in rcgen's terms: what shared says about certificates, handed to the crate that writes them.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::string::PrintableString;
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType,
    DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType, SigningKey,
};
use shared::x509::ca::CaCertificate;
use shared::x509::extension::{EncodedExtension, ExtensionKind, locations, private, statements};
use shared::x509::key::EcPublicKey;
use shared::x509::name::{StringKind, SubjectName};
use shared::x509::oid::{ObjectIdentifier, PrivateArc};
use shared::x509::profile::{DeviceCertificateFields, PkiUrls};
use shared::x509::serial::SerialNumber;
use shared::x509::signer::{NO_CHECK, SignerPurpose};

/// rcgen refused, or a value does not fit its types.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WritingFault {
    /// What rcgen says.
    #[error("the certificate writer refused: {0}")]
    Rcgen(#[from] rcgen::Error),
    /// An extension that cannot be encoded.
    #[error("an extension cannot be encoded")]
    Extension(#[from] der::Error),
    /// Before 1970.
    #[error("a date is out of range")]
    Date,
}

/// Sets a date of rcgen's, whose type has no name here: whole seconds since 1970.
macro_rules! date {
    ($at:expr) => {
        rcgen::date_time_ymd(1970, 1, 1) + since_epoch($at)?
    };
}
pub(super) use date;

/// The whole seconds from 1970 to `at`.
pub(super) fn since_epoch(at: Timestamp) -> Result<Duration, WritingFault> {
    u64::try_from(at.as_second()).map(Duration::from_secs).map_err(|_| WritingFault::Date)
}

/// A device certificate.
pub(super) fn device(
    fields: &DeviceCertificateFields,
    key: &EcPublicKey,
    serial: SerialNumber,
    urls: &PkiUrls,
    arc: &PrivateArc,
) -> Result<CertificateParams, WritingFault> {
    let mut params = CertificateParams::default();
    params.not_before = date!(fields.not_before);
    params.not_after = date!(fields.not_after);
    params.serial_number = Some(serial.as_be_bytes().to_vec().into());
    params.distinguished_name = subject(fields)?;
    // rcgen writes the subject's key identifier only if it is told explicitly that this is no authority.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec());
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![urls.crl().to_owned()] }];
    let fixed = [
        locations::authority_info_access(urls)?,
        statements::device_policy(arc)?,
        statements::natural_person()?,
    ];
    let own = private::encode(fields)?;
    params.custom_extensions = fixed.into_iter().chain(own).map(|encoded| custom(encoded, arc)).collect();
    Ok(params)
}

fn subject(fields: &DeviceCertificateFields) -> Result<DistinguishedName, WritingFault> {
    let mut name = DistinguishedName::new();
    for attribute in SubjectName::from(fields).attributes() {
        let value = match attribute.kind.string_kind() {
            StringKind::Utf8 => DnValue::Utf8String(attribute.text),
            StringKind::Printable => DnValue::PrintableString(PrintableString::try_from(attribute.text)?),
        };
        name.push(DnType::from_oid(&components(attribute.kind.oid())), value);
    }
    Ok(name)
}

/// What an authority's certificate says.
pub(super) struct AuthorityProfile<'a> {
    pub(super) organization: &'a str,
    pub(super) common_name: &'a str,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) serial: SerialNumber,
    /// How many authorities may stand below it.
    pub(super) path_length: u8,
}

/// A root's or an issuing authority's certificate.
pub(super) fn authority(
    profile: &AuthorityProfile<'_>,
    key: &EcPublicKey,
) -> Result<CertificateParams, WritingFault> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, DnValue::PrintableString(PrintableString::try_from("PL")?));
    name.push(DnType::OrganizationName, DnValue::Utf8String(profile.organization.to_owned()));
    name.push(DnType::CommonName, DnValue::Utf8String(profile.common_name.to_owned()));
    params.distinguished_name = name;
    params.not_before = date!(profile.not_before);
    params.not_after = date!(profile.not_after);
    params.serial_number = Some(profile.serial.as_be_bytes().to_vec().into());
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(profile.path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec());
    Ok(params)
}

/// What a signer's certificate says.
pub(super) struct SignerProfile<'a> {
    pub(super) purpose: SignerPurpose,
    /// Below whom: its organisation and its dates are the signer's too.
    pub(super) issuing: &'a CaCertificate,
    pub(super) generation: u32,
    pub(super) serial: SerialNumber,
    /// The URL in whose name it signs, if any.
    pub(super) issuer: Option<&'a str>,
}

/// The certificate of a key that signs for an issuing authority.
pub(super) fn signer(
    profile: &SignerProfile<'_>,
    key: &EcPublicKey,
) -> Result<CertificateParams, WritingFault> {
    let above = issuer_template(profile.issuing)?;
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    for kind in [DnType::CountryName, DnType::OrganizationName] {
        if let Some(value) = above.distinguished_name.get(&kind) {
            name.push(kind, value.clone());
        }
    }
    let common_name = format!("SIMULATOR {} signer {}", profile.purpose, profile.generation);
    name.push(DnType::CommonName, DnValue::Utf8String(common_name));
    params.distinguished_name = name;
    params.not_before = date!(profile.issuing.not_before());
    params.not_after = date!(profile.issuing.not_after());
    params.serial_number = Some(profile.serial.as_be_bytes().to_vec().into());
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec());
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(components(profile.purpose.oid()))];
    params.subject_alt_names = match profile.issuer {
        Some(issuer) => alternative_names(issuer)?,
        None => Vec::new(),
    };
    if profile.purpose == SignerPurpose::Ocsp {
        let oid = ExtensionKind::OcspNoCheck.oid(&PrivateArc::default());
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&components(oid), NO_CHECK.to_vec())];
    }
    Ok(params)
}

/// The URL itself, and its host if that has a name.
fn alternative_names(issuer: &str) -> Result<Vec<SanType>, WritingFault> {
    let mut names = vec![SanType::URI(issuer.to_owned().try_into()?)];
    let url = url::Url::parse(issuer).ok();
    if let Some(url::Host::Domain(host)) = url.as_ref().and_then(url::Url::host) {
        names.push(SanType::DnsName(host.to_owned().try_into()?));
    }
    Ok(names)
}

/// What an issuing authority has and a root has not: who signed it, and under which policies it may issue.
pub(super) fn below_a_root(params: &mut CertificateParams) -> Result<(), WritingFault> {
    params.use_authority_key_identifier_extension = true;
    params.custom_extensions = vec![custom(statements::any_policy()?, &PrivateArc::default())];
    Ok(())
}

/// An authority's name and key identifier as rcgen wants them to write "issued by".
pub(super) fn issuer_template(certificate: &CaCertificate) -> Result<CertificateParams, WritingFault> {
    let mut name = DistinguishedName::new();
    for attribute in certificate.subject_name().iter() {
        let text =
            || str::from_utf8(attribute.value.value()).map_err(|_| rcgen::Error::CouldNotParseCertificate);
        let value = match der::Tagged::tag(&attribute.value) {
            der::Tag::PrintableString => DnValue::PrintableString(PrintableString::try_from(text()?)?),
            der::Tag::Utf8String => DnValue::Utf8String(text()?.to_owned()),
            _ => return Err(rcgen::Error::CouldNotParseCertificate.into()),
        };
        name.push(DnType::from_oid(&components(attribute.oid)), value);
    }
    let mut template = CertificateParams::default();
    template.distinguished_name = name;
    template.key_identifier_method =
        KeyIdMethod::PreSpecified(certificate.key_identifier().as_bytes().to_vec());
    template.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(template)
}

fn custom(encoded: EncodedExtension, arc: &PrivateArc) -> CustomExtension {
    CustomExtension::from_oid_content(&components(encoded.kind.oid(arc)), encoded.der)
}

fn components(oid: ObjectIdentifier) -> Vec<u64> {
    oid.arcs().map(u64::from).collect()
}

/// A public key in rcgen's terms.
pub(super) struct Subject<'a>(pub(super) &'a EcPublicKey);

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

/// Stands in for the authority's key while bytes are prepared: keeps what it is asked to sign, signs nothing.
pub(super) struct Capture<'a> {
    authority: &'a EcPublicKey,
    to_be_signed: RefCell<Vec<u8>>,
}

impl<'a> Capture<'a> {
    pub(super) fn new(authority: &'a EcPublicKey) -> Self {
        Self { authority, to_be_signed: RefCell::default() }
    }

    /// What was to be signed.
    pub(super) fn into_to_be_signed(self) -> Vec<u8> {
        self.to_be_signed.into_inner()
    }
}

impl PublicKeyData for Capture<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.authority.sec1()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Capture<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.to_be_signed.replace(message.to_vec());
        Ok(Vec::new())
    }
}
