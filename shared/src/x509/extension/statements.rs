//! Extensions that say the same in every device certificate: under which policy it was issued, and how its
//! identifier is to be read.

use der::asn1::Any;
use der::{Encode, Sequence};
use x509_cert::ext::pkix::CertificatePolicies;
use x509_cert::ext::pkix::certpolicy::PolicyInformation;

use super::{EncodedExtension, ExtensionKind};
use crate::x509::oid::{self, ObjectIdentifier, PrivateArc};

#[derive(Sequence)]
struct QcStatement {
    id: ObjectIdentifier,
    info: Any,
}

#[derive(Sequence)]
struct SemanticsInformation {
    semantics: ObjectIdentifier,
}

/// certificatePolicies with the policy of device certificates alone, without qualifiers.
///
/// # Errors
/// None for identifiers that could be made.
pub fn device_policy(arc: &PrivateArc) -> Result<EncodedExtension, der::Error> {
    policy(arc.device_policy())
}

/// certificatePolicies with anyPolicy, as the issuing authority carries it.
///
/// # Errors
/// None.
pub fn any_policy() -> Result<EncodedExtension, der::Error> {
    policy(oid::ANY_POLICY)
}

fn policy(policy_identifier: ObjectIdentifier) -> Result<EncodedExtension, der::Error> {
    let policies =
        CertificatePolicies(vec![PolicyInformation { policy_identifier, policy_qualifiers: None }]);
    Ok(EncodedExtension { kind: ExtensionKind::CertificatePolicies, der: policies.to_der()? })
}

/// qcStatements with one statement: serialNumber is a natural person's identifier by ETSI EN 319 412-1.
///
/// It never claims to be a qualified certificate (QcCompliance), since it is none.
///
/// # Errors
/// None.
pub fn natural_person() -> Result<EncodedExtension, der::Error> {
    let semantics = SemanticsInformation { semantics: oid::SEMANTICS_NATURAL_PERSON };
    let statements = vec![QcStatement { id: oid::QC_SYNTAX_V2, info: Any::encode_from(&semantics)? }];
    Ok(EncodedExtension { kind: ExtensionKind::QcStatements, der: statements.to_der()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_says_natural_person_and_nothing_else() {
        // SEQUENCE { SEQUENCE { id-qcs-pkixQCSyntax-v2, SEQUENCE { id-etsi-qcs-semanticsId-Natural } } }
        let expected = b"\x30\x17\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x0b\x02\x30\x09\x06\x07\x04\x00\x8b\xec\x49\x01\x01";
        assert_eq!(natural_person().unwrap().der, expected);
    }

    #[test]
    fn the_policy_is_ours() {
        let expected = b"\x30\x0e\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x81\xfd\x59\x02\x01";
        assert_eq!(device_policy(&PrivateArc::default()).unwrap().der, expected);
    }
}
