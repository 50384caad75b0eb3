//! Where the revocation list and the issuing authority's certificate are published, both ways.

use der::Encode;
use der::asn1::Ia5String;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints};

use super::{EncodedExtension, ExtensionFault, ExtensionKind, Reader};
use crate::x509::oid;
use crate::x509::profile::{PkiUrlFault, PkiUrls};

/// authorityInfoAccess: the OCSP responder, if any, then the issuing authority's certificate.
///
/// # Errors
/// None for addresses that could be made.
pub fn authority_info_access(urls: &PkiUrls) -> Result<EncodedExtension, der::Error> {
    let describe = |access_method, url: &str| {
        let access_location = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
        Ok::<_, der::Error>(AccessDescription { access_method, access_location })
    };
    let mut descriptions = Vec::with_capacity(2);
    if let Some(ocsp) = urls.ocsp() {
        descriptions.push(describe(oid::OCSP, ocsp)?);
    }
    descriptions.push(describe(oid::CA_ISSUERS, urls.ca_issuers())?);
    let der = AuthorityInfoAccessSyntax(descriptions).to_der()?;
    Ok(EncodedExtension { kind: ExtensionKind::AuthorityInfoAccess, der })
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Result<PkiUrls, LocationFault> {
    let points: CrlDistributionPoints = reader.decoded(ExtensionKind::CrlDistributionPoints)?;
    let access: AuthorityInfoAccessSyntax = reader.decoded(ExtensionKind::AuthorityInfoAccess)?;
    let crl = match points.0.as_slice() {
        // A list split by reasons or signed by someone else is none that we could judge by.
        [DistributionPoint { distribution_point: Some(name), reasons: None, crl_issuer: None }] => match name
        {
            DistributionPointName::FullName(names) => match names.as_slice() {
                [GeneralName::UniformResourceIdentifier(url)] => url,
                _ => return Err(LocationFault::DistributionPoint),
            },
            DistributionPointName::NameRelativeToCRLIssuer(_) => {
                return Err(LocationFault::DistributionPoint);
            }
        },
        _ => return Err(LocationFault::DistributionPoint),
    };
    let url_of = |description: &AccessDescription| match &description.access_location {
        GeneralName::UniformResourceIdentifier(url) => Ok(url.as_str().to_owned()),
        _ => Err(LocationFault::InfoAccess),
    };
    let methods: Vec<_> = access.0.iter().map(|description| description.access_method).collect();
    let (ocsp, ca_issuers) = match (methods.as_slice(), access.0.as_slice()) {
        ([oid::CA_ISSUERS], [issuers]) => (None, url_of(issuers)?),
        ([oid::OCSP, oid::CA_ISSUERS], [ocsp, issuers]) => (Some(url_of(ocsp)?), url_of(issuers)?),
        _ => return Err(LocationFault::InfoAccess),
    };
    Ok(PkiUrls::new(crl.as_str(), &ca_issuers, ocsp.as_deref())?)
}

/// Messages complete "cannot accept locations: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationFault {
    /// Missing, malformed or wrongly critical.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// Not exactly one list at exactly one address.
    #[error("it does not name one revocation list at one address")]
    DistributionPoint,
    /// Not the issuing authority's certificate, after an optional OCSP responder.
    #[error("its authority information access is not that of the profile")]
    InfoAccess,
    /// https, ldap, or not in normal form.
    #[error("an address cannot be used: {0}")]
    Url(#[from] PkiUrlFault),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::body::DeviceBody;
    use crate::x509::certificate::CertificateFault;
    use crate::x509::oid::PrivateArc;
    use crate::x509::sample;

    fn read_after(edit: impl FnOnce(&mut rcgen::CertificateParams)) -> Result<PkiUrls, CertificateFault> {
        let body = DeviceBody::read(&sample::device_body(edit), &PrivateArc::default())?;
        Ok(body.urls().clone())
    }

    fn list_at(uris: &[&str]) -> rcgen::CrlDistributionPoint {
        rcgen::CrlDistributionPoint { uris: uris.iter().map(|&uri| uri.to_owned()).collect() }
    }

    #[test]
    fn one_list_at_one_plain_http_address() {
        let with =
            |points: Vec<rcgen::CrlDistributionPoint>| read_after(|p| p.crl_distribution_points = points);
        let url = "http://pki.example/1.crl";
        assert_eq!(with(vec![list_at(&[url])]).unwrap().crl(), url);
        let fault: CertificateFault = LocationFault::DistributionPoint.into();
        assert_eq!(with(vec![list_at(&[url, url])]), Err(fault.clone()));
        assert_eq!(with(vec![list_at(&[url]), list_at(&[url])]), Err(fault));
        assert_eq!(
            with(vec![list_at(&["https://pki.example/1.crl"])]),
            Err(LocationFault::Url(PkiUrlFault::NotPlainHttp).into())
        );
    }

    #[test]
    fn the_responder_comes_first_and_is_optional() {
        let with = |urls: &PkiUrls| {
            let der = authority_info_access(urls).unwrap().der;
            read_after(|p| sample::replace(p, ExtensionKind::AuthorityInfoAccess, &der))
        };
        let (crl, ca, ocsp) =
            (sample::urls().crl().to_owned(), "http://pki.example/ca", "http://pki.example/ocsp");
        for urls in [PkiUrls::new(&crl, ca, None).unwrap(), PkiUrls::new(&crl, ca, Some(ocsp)).unwrap()] {
            assert_eq!(with(&urls), Ok(urls));
        }
    }

    #[test]
    fn other_access_methods_are_refused() {
        let der = authority_info_access(&sample::urls()).unwrap().der;
        let twice = sample::edited(&der, |parts| parts.push(parts[0].clone()));
        // id-ad-caRepository (48.5) instead of id-ad-caIssuers (48.2).
        let mut repository = der.clone();
        let at = der.windows(2).position(|pair| pair == [0x30, 0x02]).unwrap() + 1;
        repository[at] = 5;
        for der in [twice, repository] {
            assert_eq!(
                read_after(|p| sample::replace(p, ExtensionKind::AuthorityInfoAccess, &der)),
                Err(LocationFault::InfoAccess.into())
            );
        }
    }
}
