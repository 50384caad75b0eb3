//! Keys that sign for the issuing authority: credentials, status lists, OCSP answers, lists of roots.
//!
//! One key a purpose, each with a certificate by the issuing authority, so that the authority's own key signs
//! certificates and revocation lists and nothing else. Their files stand beside the issuing keys, under the
//! same passphrase.

use std::io;
use std::path::Path;

use shared::entropy::Entropy;
use shared::x509::ca::CaCertificate;
use shared::x509::key::EcPublicKey;
use shared::x509::signer::{SignerCertificate, SignerFault};

use super::hierarchy::pem;
use super::key_store::{Key, KeyStore};
use super::open::read_certificate;
use super::profile::{self, Capture, SignerProfile, Subject, WritingFault};
use super::sign::{SignError, sign_bytes};
use super::{Authority, AuthorityError, IssuingAuthority, fresh_serial, key_file};

/// What a key is for.
pub use shared::x509::signer::SignerPurpose as Signer;

/// Certificates of one key that are looked at; each change of the issuer's address makes one.
const MOST_CERTIFICATES: u32 = 10_000;

/// A key with its certificate and the issuing authority's, ready to sign.
pub struct SigningKey {
    certificate: SignerCertificate,
    issuing: Vec<u8>,
    key: Key,
}

impl SigningKey {
    /// Its certificate.
    pub fn certificate(&self) -> &SignerCertificate {
        &self.certificate
    }

    /// What travels with a signature: its certificate and the issuing authority's, without the root.
    pub fn x5c(&self) -> Vec<Vec<u8>> {
        vec![self.certificate.der().to_vec(), self.issuing.clone()]
    }

    /// Signs as JWS and COSE want it: `r || s` (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`SignError::Provider`] when the signature provider fails, [`SignError::Token`] when a token does.
    pub fn sign_es256(&self, bytes: &[u8]) -> Result<[u8; 64], SignError> {
        self.key.sign_fixed(bytes)
    }

    /// Signs as X.509 and OCSP want it: a DER SEQUENCE of both numbers (RFC 3279 §2.2.3).
    ///
    /// # Errors
    /// [`SignError::Provider`] when the signature provider fails, [`SignError::Token`] when a token does.
    pub fn sign_der(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key.sign_der(bytes)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.certificate)
    }
}

impl Authority {
    /// The key for a purpose, below the current issuing authority.
    pub fn signer(&self, purpose: Signer) -> &SigningKey {
        match purpose {
            Signer::SdJwt => &self.signers.sd_jwt,
            Signer::Code => &self.signers.code,
            Signer::StatusList => &self.signers.status_list,
            Signer::TrustList => &self.signers.trust_list,
            Signer::Ocsp => &self.current.ocsp,
        }
    }

    /// The key that answers for the certificates of the issuing authority of `generation` (RFC 6960 §4.2.2.2:
    /// that authority itself must have delegated it).
    pub fn ocsp_signer_of(&self, generation: u32) -> Option<&SigningKey> {
        self.of_generation(generation).map(|issuing| &issuing.ocsp)
    }

    /// Gives every signer in `dir` a new key, and opens the hierarchy with these: those of the present issuing authority,
    /// and what answers for each earlier one's certificates. What the old keys signed stays valid; their files stay.
    ///
    /// # Errors
    /// When the files cannot be read or written.
    pub fn renew_signers(
        dir: &Path,
        keys: impl Into<KeyStore>,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        let keys = keys.into();
        let old = Self::open(dir, &keys, entropy)?;
        let files = SignerFiles { dir, keys: &keys, entropy };
        for issuing in old.all() {
            let current = issuing.generation == old.generation();
            for purpose in Signer::ALL.into_iter().filter(|purpose| current || *purpose == Signer::Ocsp) {
                let followed = files.followed(issuing.generation, purpose).saturating_add(1);
                // The key is made where there is none; its certificate when it is first opened.
                files.key(issuing.generation, purpose, followed)?;
            }
        }
        Self::open(dir, &keys, entropy)
    }

    /// The same authority, whose SD-JWT signer is named after the credential issuer's identifier, so that it
    /// may stand as `iss`. A new certificate for the same key is made when there is none of this name.
    ///
    /// # Errors
    /// When the files cannot be read or written.
    pub fn named(
        mut self,
        issuer: &str,
        keys: impl Into<KeyStore>,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        let keys = keys.into();
        let files = SignerFiles { dir: &self.dir, keys: &keys, entropy };
        self.signers.sd_jwt = files.named(&self.current.above(), Signer::SdJwt, Some(issuer))?;
        Ok(self)
    }
}

/// The current issuing authority's, besides the one for OCSP, which every generation has.
pub(super) struct Signers {
    sd_jwt: SigningKey,
    code: SigningKey,
    status_list: SigningKey,
    trust_list: SigningKey,
}

/// An issuing authority that is still being read.
pub(super) struct Above<'a> {
    pub(super) generation: u32,
    pub(super) certificate: &'a CaCertificate,
    pub(super) key: &'a Key,
    pub(super) template: &'a rcgen::CertificateParams,
}

impl IssuingAuthority {
    fn above(&self) -> Above<'_> {
        let Self { generation, certificate, key, template, .. } = self;
        Above { generation: *generation, certificate, key, template }
    }
}

/// The folder of the hierarchy, and what it takes to add to it.
pub(super) struct SignerFiles<'a> {
    pub(super) dir: &'a Path,
    pub(super) keys: &'a KeyStore,
    pub(super) entropy: &'a dyn Entropy,
}

impl SignerFiles<'_> {
    /// Reads, or makes, the signers of an issuing authority.
    pub(super) fn all_of(&self, issuing: &IssuingAuthority) -> Result<Signers, AuthorityError> {
        let above = issuing.above();
        Ok(Signers {
            sd_jwt: self.one_of(&above, Signer::SdJwt)?,
            code: self.one_of(&above, Signer::Code)?,
            status_list: self.one_of(&above, Signer::StatusList)?,
            trust_list: self.one_of(&above, Signer::TrustList)?,
        })
    }

    /// Reads, or makes, one signer.
    pub(super) fn one_of(&self, above: &Above<'_>, purpose: Signer) -> Result<SigningKey, AuthorityError> {
        self.named(above, purpose, None)
    }

    /// Reads a signer whose certificate names `issuer` (any, if that is `None`), making what is missing.
    fn named(
        &self,
        above: &Above<'_>,
        purpose: Signer,
        issuer: Option<&str>,
    ) -> Result<SigningKey, AuthorityError> {
        let followed = self.followed(above.generation, purpose);
        let key = self.key(above.generation, purpose, followed)?;
        let name = key_file::renewed_signer_key(above.generation, purpose, followed);
        let public = key.public().map_err(|fault| AuthorityError::Key { name, fault })?;
        let certificate = self.certificate(above, purpose, followed, issuer, &public)?;
        Ok(SigningKey { certificate, issuing: above.certificate.der().to_vec(), key })
    }

    /// The key in its file; made if there is none. Of two that make one at once, the first to write wins.
    fn key(&self, generation: u32, purpose: Signer, followed: u32) -> Result<Key, AuthorityError> {
        let name = key_file::renewed_signer_key(generation, purpose, followed);
        let path = self.dir.join(&name);
        let text = match key_file::read_private(&path) {
            Err(fault) if fault.kind() == Some(io::ErrorKind::NotFound) => {
                let label = name.trim_end_matches(".key.pem");
                let (_, text) = self.keys.new_key(label, self.entropy).map_err(AuthorityError::NewKey)?;
                self.write(&name, &text, 0o600)?;
                key_file::read_private(&path)?
            }
            read => read?,
        };
        self.keys.open(&text).map_err(|fault| AuthorityError::Key { name, fault })
    }

    /// How many keys the newest one of a purpose has followed.
    fn followed(&self, generation: u32, purpose: Signer) -> u32 {
        let is_there =
            |n: &u32| self.dir.join(key_file::renewed_signer_key(generation, purpose, *n)).exists();
        (1..MOST_CERTIFICATES).take_while(is_there).last().unwrap_or(0)
    }

    /// The newest fitting certificate of a key; made if there is none.
    fn certificate(
        &self,
        above: &Above<'_>,
        purpose: Signer,
        followed: u32,
        issuer: Option<&str>,
        key: &EcPublicKey,
    ) -> Result<SignerCertificate, AuthorityError> {
        let mut fitting = None;
        for number in 1..MOST_CERTIFICATES {
            let name = key_file::renewed_signer_certificate(above.generation, purpose, followed, number);
            match self.read(&name, above, purpose, key) {
                Ok(found) if issuer.is_none_or(|issuer| names(&found, issuer)) => fitting = Some(found),
                Ok(_) => {}
                Err(AuthorityError::File(fault)) if fault.kind() == Some(io::ErrorKind::NotFound) => {
                    if let Some(fitting) = fitting {
                        return Ok(fitting);
                    }
                    let der = self.issue(above, purpose, issuer, key)?;
                    self.write(&name, &pem(&der)?, 0o644)?;
                    return self.read(&name, above, purpose, key);
                }
                Err(other) => return Err(other),
            }
        }
        fitting.ok_or_else(|| {
            let name = key_file::signer_certificate(above.generation, purpose, MOST_CERTIFICATES);
            AuthorityError::NotFromRoot { name }
        })
    }

    fn read(
        &self,
        name: &str,
        above: &Above<'_>,
        purpose: Signer,
        key: &EcPublicKey,
    ) -> Result<SignerCertificate, AuthorityError> {
        let der = read_certificate(self.dir, name)?;
        let refused = |fault| AuthorityError::Signer { name: name.to_owned(), fault };
        let found = SignerCertificate::parse(&der).map_err(refused)?;
        if found.purpose() != purpose {
            return Err(refused(SignerFault::Purpose));
        }
        let signed = found.verify_signature(above.certificate.public_key()).is_ok();
        if !signed || !found.names_as_issuer(above.certificate) {
            return Err(AuthorityError::NotFromRoot { name: name.to_owned() });
        }
        if found.public_key() != key {
            return Err(AuthorityError::ForeignKey { name: key_file::signer_key(above.generation, purpose) });
        }
        Ok(found)
    }

    fn issue(
        &self,
        above: &Above<'_>,
        purpose: Signer,
        issuer: Option<&str>,
        key: &EcPublicKey,
    ) -> Result<Vec<u8>, AuthorityError> {
        let profile = SignerProfile {
            purpose,
            issuing: above.certificate,
            generation: above.generation,
            serial: fresh_serial(self.entropy),
            issuer,
        };
        let params = profile::signer(&profile, key)?;
        let capture = Capture::new(above.certificate.public_key());
        params
            .signed_by(&Subject(key), &rcgen::Issuer::from_params(above.template, &capture))
            .map_err(WritingFault::from)?;
        Ok(sign_bytes(above.key, &capture.into_to_be_signed())?)
    }

    /// Writes a new file; one that someone else has just written stays.
    fn write(&self, name: &str, text: &str, mode: u32) -> Result<(), AuthorityError> {
        match key_file::write_new(self.dir, name, text, mode) {
            Err(fault) if fault.kind() == Some(io::ErrorKind::AlreadyExists) => Ok(()),
            written => Ok(written?),
        }
    }
}

fn names(certificate: &SignerCertificate, issuer: &str) -> bool {
    certificate.uris() == [issuer]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::secret::Secret;
    use shared::x509::chain::TrustAnchor;
    use shared::x509::key::SignatureAlgorithm;
    use shared::x509::signer::verify_signer;

    use super::*;
    use crate::authority::tests::{Dice, authority, now};
    use crate::authority::{CreateOptions, RollOverOptions};

    fn rolled_over(dir: &Path, old: &Authority) -> Authority {
        let options = RollOverOptions {
            issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".to_owned(),
            not_before: old.root().not_before(),
            not_after: old.root().not_after(),
            keys: KeyStore::default(),
        };
        Authority::roll_over(&dir.join("authority"), &options, &Dice::new()).unwrap()
    }

    fn files(dir: &Path) -> Vec<String> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("signer-")).collect();
        names.sort();
        names
    }

    #[test]
    fn every_signer_is_trusted_under_the_root_and_signs_both_ways() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let anchors = [TrustAnchor::from_der(authority.root().der()).unwrap()];
        for purpose in Signer::ALL {
            let key = authority.signer(purpose);
            let verified = verify_signer(&key.x5c(), &anchors, purpose, now()).unwrap();
            assert!(verified.certificate().name().contains("SIMULATOR"), "{}", verified.certificate().name());
            let der = key.sign_der(b"text").unwrap();
            assert!(verified.public_key().verify(SignatureAlgorithm::EcdsaSha256, b"text", &der).is_ok());
            let raw = key.sign_es256(b"text").unwrap();
            let raw_verifier = aws_lc_rs::signature::UnparsedPublicKey::new(
                &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED,
                verified.public_key().sec1(),
            );
            assert!(raw_verifier.verify(b"text", &raw).is_ok());
            let (above, own) = (authority.issuing(), verified.certificate());
            assert!(own.not_before() >= above.not_before() && own.not_after() <= above.not_after());
        }
    }

    #[test]
    fn a_hierarchy_without_signers_gets_them_once() {
        let dir = tempfile::tempdir().unwrap();
        drop(authority(dir.path()));
        let path = dir.path().join("authority");
        let all = files(&path);
        assert_eq!(all.len(), 10, "{all:?}");
        for name in &all {
            fs::remove_file(path.join(name)).unwrap();
        }
        let upgraded = Authority::open(&path, None, &Dice::new()).unwrap();
        assert_eq!(files(&path), all);
        let again = Authority::open(&path, None, &Dice::new()).unwrap();
        assert_eq!(files(&path), all);
        for purpose in Signer::ALL {
            assert_eq!(upgraded.signer(purpose).certificate(), again.signer(purpose).certificate());
        }
    }

    #[test]
    fn a_roll_over_makes_new_ones_and_the_old_responder_stays() {
        let dir = tempfile::tempdir().unwrap();
        let old = authority(dir.path());
        let new = rolled_over(dir.path(), &old);
        for purpose in Signer::ALL {
            assert_ne!(old.signer(purpose).certificate(), new.signer(purpose).certificate());
        }
        let earlier = new.ocsp_signer_of(1).unwrap();
        assert_eq!(earlier.certificate(), old.signer(Signer::Ocsp).certificate());
        assert!(new.ocsp_signer_of(3).is_none());
    }

    #[test]
    fn the_name_of_the_issuer_gives_the_same_key_another_certificate() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authority");
        let open = |issuer: &str| {
            let authority = Authority::open(&path, None, &Dice::new()).unwrap();
            authority.named(issuer, None, &Dice::new()).unwrap()
        };
        let unnamed = authority(dir.path());
        let first = open("https://school.example/a");
        let second = open("http://127.0.0.1:8080");
        let certificate = |authority: &Authority| authority.signer(Signer::SdJwt).certificate().clone();
        assert_eq!(certificate(&first).uris(), ["https://school.example/a"]);
        assert_eq!(certificate(&first).dns_names(), ["school.example"]);
        assert_eq!(certificate(&second).uris(), ["http://127.0.0.1:8080"]);
        assert!(certificate(&second).dns_names().is_empty());
        assert_eq!(certificate(&first).public_key(), certificate(&second).public_key());
        assert_eq!(certificate(&first).public_key(), certificate(&unnamed).public_key());
        assert_eq!(certificate(&open("https://school.example/a")), certificate(&first));
        assert_eq!(files(&path).len(), 12);
    }

    #[test]
    fn new_keys_follow_old_ones_and_what_these_signed_stays_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authority");
        let first = authority(dir.path());
        let both = rolled_over(dir.path(), &first);
        let renewed = Authority::renew_signers(&path, None, &Dice::new()).unwrap();
        let anchors = [TrustAnchor::from_der(renewed.root().der()).unwrap()];
        for purpose in Signer::ALL {
            let (old, new) = (both.signer(purpose), renewed.signer(purpose));
            assert_ne!(old.certificate().public_key(), new.certificate().public_key(), "{purpose}");
            for key in [old, new] {
                assert!(verify_signer(&key.x5c(), &anchors, purpose, now()).is_ok(), "{purpose}");
            }
        }
        let answers = |authority: &Authority| authority.ocsp_signer_of(1).unwrap().certificate().clone();
        assert_ne!(answers(&both), answers(&renewed), "also for cards of the earlier authority");
        let again = Authority::open(&path, None, &Dice::new()).unwrap();
        assert_eq!(answers(&again), answers(&renewed), "the newest key is the one that is opened");
        let twice = Authority::renew_signers(&path, None, &Dice::new()).unwrap();
        assert_ne!(answers(&twice), answers(&renewed));
    }

    #[cfg(unix)]
    #[test]
    fn their_keys_are_their_owners_alone_and_sealed_like_the_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authority");
        let options = CreateOptions {
            keys: KeyStore::files(Some(Secret::new("hasło"))),
            ..CreateOptions::simulator(now())
        };
        Authority::create(&path, &options, &Dice::new()).unwrap();
        for purpose in Signer::ALL {
            let file = path.join(key_file::signer_key(1, purpose));
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(fs::read_to_string(&file).unwrap().contains("MLEG SEALED PRIVATE KEY"));
        }
        fs::set_permissions(path.join("signer-1-code.key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
        let fault = Authority::open(&path, &options.keys, &Dice::new()).unwrap_err();
        assert!(fault.to_string().contains("can be read by others"), "{fault}");
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let fault = |spoil: fn(&Path, &Path)| {
            let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            authority(one.path());
            authority(two.path());
            let path = one.path().join("authority");
            spoil(&path, &two.path().join("authority"));
            Authority::open(&path, None, &Dice::new()).unwrap_err()
        };
        let (key, certificate) = ("signer-1-code.key.pem", "signer-1-code-1.cert.pem");
        let key_fault = fault(|here, there| {
            fs::copy(there.join("signer-1-code.key.pem"), here.join("signer-1-code.key.pem")).unwrap();
        });
        assert!(matches!(&key_fault, AuthorityError::ForeignKey { name } if name == key), "{key_fault}");
        let certificate_fault = fault(|here, there| {
            let name = "signer-1-code-1.cert.pem";
            fs::copy(there.join(name), here.join(name)).unwrap();
        });
        assert!(
            matches!(&certificate_fault, AuthorityError::NotFromRoot { name } if name == certificate),
            "{certificate_fault}"
        );
        let purpose_fault = fault(|here, _| {
            fs::copy(here.join("signer-1-ocsp-1.cert.pem"), here.join("signer-1-code-1.cert.pem")).unwrap();
        });
        assert!(matches!(purpose_fault, AuthorityError::Signer { fault: SignerFault::Purpose, .. }));
    }
}
