//! Our own extensions, both ways. None is critical: a verifier that knows only RFC 5280 may use the
//! certificate.
//!
//! ```text
//! DeviceName  ::= UTF8String (SIZE (1..64))
//! DeviceSlot  ::= SEQUENCE { number INTEGER (1..255), of INTEGER (1..255) }   -- number <= of
//! ActivatedAt ::= GeneralizedTime                                            -- whole seconds, Z
//! CardDigest  ::= SEQUENCE { algorithm AlgorithmIdentifier, digest OCTET STRING }
//! ```

use der::asn1::{GeneralizedTime, OctetString};
use der::{Encode, Sequence};
use jiff::Timestamp;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{EncodedExtension, ExtensionFault, ExtensionKind, Reader};
use crate::device::{DeviceSlot, DeviceSlotError};
use crate::x509::oid;
use crate::x509::profile::DeviceCertificateFields;
use crate::x509::text::{DeviceName, TextFault};

/// What the private extensions of a device certificate say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceExtensions {
    pub(crate) device_name: DeviceName,
    pub(crate) slot: DeviceSlot,
    pub(crate) activated_at: Timestamp,
    pub(crate) card_digest: [u8; 32],
}

#[derive(Sequence)]
struct SlotDer {
    number: u8,
    of: u8,
}

#[derive(Sequence)]
struct DigestDer {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

/// The private extensions of a device certificate, to be written in this order.
///
/// # Errors
/// When the activation time is before 1970.
pub fn encode(fields: &DeviceCertificateFields) -> Result<Vec<EncodedExtension>, der::Error> {
    let since_epoch = u64::try_from(fields.activated_at.as_second()).map_err(|_| der::ErrorKind::DateTime)?;
    let activated_at = GeneralizedTime::from_unix_duration(core::time::Duration::from_secs(since_epoch))?;
    let slot = SlotDer { number: fields.slot.number(), of: fields.slot.of() };
    let digest = DigestDer {
        // RFC 5754 §2: parameters of SHA-2 identifiers are absent.
        algorithm: AlgorithmIdentifierOwned { oid: oid::SHA256, parameters: None },
        digest: OctetString::new(fields.card_digest)?,
    };
    Ok(vec![
        EncodedExtension {
            kind: ExtensionKind::DeviceName,
            der: fields.device_name.as_str().to_owned().to_der()?,
        },
        EncodedExtension { kind: ExtensionKind::DeviceSlot, der: slot.to_der()? },
        EncodedExtension { kind: ExtensionKind::ActivatedAt, der: activated_at.to_der()? },
        EncodedExtension { kind: ExtensionKind::CardDigest, der: digest.to_der()? },
    ])
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Result<DeviceExtensions, PrivateFault> {
    let device_name: String = reader.decoded(ExtensionKind::DeviceName)?;
    let slot: SlotDer = reader.decoded(ExtensionKind::DeviceSlot)?;
    let activated_at: GeneralizedTime = reader.decoded(ExtensionKind::ActivatedAt)?;
    let digest: DigestDer = reader.decoded(ExtensionKind::CardDigest)?;
    if digest.algorithm.oid != oid::SHA256 || digest.algorithm.parameters.is_some() {
        return Err(PrivateFault::DigestAlgorithm);
    }
    let seconds = i64::try_from(activated_at.to_unix_duration().as_secs())
        .map_err(|_| PrivateFault::ActivationOutOfRange)?;
    Ok(DeviceExtensions {
        device_name: DeviceName::parse(&device_name)?,
        slot: DeviceSlot::new(slot.number, slot.of)?,
        activated_at: Timestamp::from_second(seconds).map_err(|_| PrivateFault::ActivationOutOfRange)?,
        card_digest: digest.digest.as_bytes().try_into().map_err(|_| PrivateFault::DigestLength)?,
    })
}

/// Messages complete "cannot accept private extensions: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateFault {
    /// Missing, malformed or wrongly critical.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// Empty, too long or with invisible characters.
    #[error("device name cannot be taken: {0}")]
    DeviceName(#[from] TextFault),
    /// *n of m* with n = 0 or n > m.
    #[error(transparent)]
    Slot(#[from] DeviceSlotError),
    /// A time that this software cannot hold.
    #[error("activation time is out of range")]
    ActivationOutOfRange,
    /// Not SHA-256, or with parameters.
    #[error("card digest is not SHA-256")]
    DigestAlgorithm,
    /// Not 32 octets.
    #[error("card digest has the wrong length")]
    DigestLength,
}

#[cfg(test)]
mod tests {
    use x509_cert::ext::Extension;

    use super::*;
    use crate::x509::oid::PrivateArc;
    use crate::x509::sample;

    fn extensions(fields: &DeviceCertificateFields) -> Vec<Extension> {
        let arc = PrivateArc::default();
        encode(fields)
            .unwrap()
            .into_iter()
            .map(|encoded| Extension {
                extn_id: encoded.kind.oid(&arc),
                critical: false,
                extn_value: OctetString::new(encoded.der).unwrap(),
            })
            .collect()
    }

    fn read_back(extensions: &[Extension]) -> Result<DeviceExtensions, PrivateFault> {
        read(&mut Reader::new(extensions, &PrivateArc::default())?)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut fields = sample::fields();
        fields.activated_at = "2026-11-21T18:30:05.999Z".parse().unwrap();
        let back = read_back(&extensions(&fields)).unwrap();
        assert_eq!(back.device_name, fields.device_name);
        assert_eq!(back.slot, fields.slot);
        assert_eq!(back.activated_at.to_string(), "2026-11-21T18:30:05Z");
        assert_eq!(back.card_digest, fields.card_digest);
    }

    #[test]
    fn bytes_of_the_encodings_stay_as_published() {
        let mut fields = sample::fields();
        fields.device_name = DeviceName::parse("Pixel 9").unwrap();
        fields.slot = DeviceSlot::new(2, 5).unwrap();
        fields.activated_at = "2026-11-21T18:30:00Z".parse().unwrap();
        fields.card_digest = [7; 32];
        let encoded: Vec<Vec<u8>> =
            encode(&fields).unwrap().into_iter().map(|extension| extension.der).collect();
        assert_eq!(encoded[0], b"\x0c\x07Pixel 9");
        assert_eq!(encoded[1], b"\x30\x06\x02\x01\x02\x02\x01\x05");
        assert_eq!(encoded[2], b"\x18\x0f20261121183000Z");
        let digest_header = b"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20";
        assert_eq!(encoded[3], [&digest_header[..], &[7; 32]].concat());
    }

    #[test]
    fn impossible_values_have_their_own_faults() {
        let replaced = |index: usize, der: &[u8]| {
            let mut all = extensions(&sample::fields());
            all[index].extn_value = OctetString::new(der).unwrap();
            read_back(&all).unwrap_err()
        };
        let digest = encode(&sample::fields()).unwrap().remove(3).der;
        let sha384 = {
            let mut der = digest.clone();
            der[14] = 2;
            der
        };
        let short = [&b"\x30\x2e"[..], &digest[2..15], b"\x04\x1f", &[7; 31]].concat();
        assert_eq!(replaced(0, b"\x0c\x00"), PrivateFault::DeviceName(TextFault::Empty));
        assert_eq!(replaced(0, b"\x0c\x02A\x00"), PrivateFault::DeviceName(TextFault::Untidy));
        assert_eq!(replaced(1, b"\x30\x06\x02\x01\x06\x02\x01\x05"), PrivateFault::Slot(DeviceSlotError));
        assert_eq!(replaced(1, b"\x30\x06\x02\x01\x00\x02\x01\x05"), PrivateFault::Slot(DeviceSlotError));
        assert_eq!(
            replaced(1, b"\x30\x06\x02\x01\x01\x02\x01\xff"),
            PrivateFault::Extension(ExtensionFault::Malformed(ExtensionKind::DeviceSlot))
        );
        assert_eq!(
            replaced(2, b"\x18\x1120261121183000.5Z"),
            PrivateFault::Extension(ExtensionFault::Malformed(ExtensionKind::ActivatedAt))
        );
        assert_eq!(replaced(3, &sha384), PrivateFault::DigestAlgorithm);
        assert_eq!(replaced(3, &short), PrivateFault::DigestLength);
    }
}
