//! Making a hierarchy, and rolling over to a new issuing authority.

use std::path::{Path, PathBuf};

use der::pem::LineEnding;
use shared::entropy::Entropy;
use shared::x509::ca::CaCertificate;

use super::key_file;
use super::key_store::{Key, KeyStore};
use super::open::{read_key, read_root};
use super::options::check_names;
pub use super::options::{CreateOptions, RollOverOptions};
use super::profile::{self, AuthorityProfile, Capture, Subject, WritingFault};
use super::sign::sign_bytes;
use super::{Authority, AuthorityError, fresh_serial};

impl Authority {
    /// Makes root and issuing authority in `dir`, which must not exist or be empty, and opens them.
    ///
    /// Everything appears at once: a crash leaves a `dir.new-…` beside it and no half hierarchy.
    ///
    /// # Errors
    /// When there is something already, or the options are impossible, or the disk fails.
    pub fn create(
        dir: &Path,
        options: &CreateOptions,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        options.check()?;
        let draft = draft_of(dir, entropy);
        key_file::create_private_directory(&draft)?;
        let made = write_hierarchy(&draft, options, entropy).and_then(|()| {
            key_file::publish_directory(&draft, dir).map_err(|fault| match fault.kind() {
                Some(std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists) => {
                    AuthorityError::AlreadyExists
                }
                _ => fault.into(),
            })
        });
        if made.is_err() {
            // The first fault counts; what cannot be tidied up does no harm.
            let _ = std::fs::remove_dir_all(&draft);
        }
        made?;
        Self::open(dir, &options.keys, entropy)
    }

    /// Adds an issuing authority to the hierarchy in `dir` and opens it: from now on it signs new
    /// certificates. Needs the root's key.
    ///
    /// # Errors
    /// When the hierarchy or the root's key cannot be opened, the options are impossible, or the disk fails.
    pub fn roll_over(
        dir: &Path,
        options: &RollOverOptions,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        let keys = &options.keys;
        Self::open(dir, keys, entropy)?;
        let root = read_root(dir)?;
        let root_key = read_key(dir, key_file::ROOT_KEY.to_owned(), &root, keys)?;
        let organization = organization_of(&root)?;
        check_names(&organization, [&options.issuing_name])?;
        let possible = options.not_before < options.not_after
            && options.not_before >= root.not_before()
            && options.not_after <= root.not_after();
        if !possible {
            return Err(AuthorityError::ImpossibleDates);
        }
        let profile = AuthorityProfile {
            organization: &organization,
            common_name: &options.issuing_name,
            not_before: options.not_before,
            not_after: options.not_after,
            serial: fresh_serial(entropy),
            path_length: 0,
        };
        let generation = key_file::next_generation(dir)?;
        write_issuing(
            dir,
            generation,
            &profile,
            Signer { certificate: &root, key: &root_key },
            keys,
            entropy,
        )?;
        Self::open(dir, keys, entropy)
    }
}

/// The organisation in a name that [`profile::authority`] wrote.
fn organization_of(root: &CaCertificate) -> Result<String, AuthorityError> {
    let template = profile::issuer_template(root)?;
    match template.distinguished_name.get(&rcgen::DnType::OrganizationName) {
        Some(rcgen::DnValue::Utf8String(organization)) => Ok(organization.clone()),
        _ => Err(AuthorityError::NotASimulator),
    }
}

fn draft_of(dir: &Path, entropy: &dyn Entropy) -> PathBuf {
    let mut name = dir.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".new-{:016x}", u64::from_be_bytes(entropy.bytes())));
    dir.with_file_name(name)
}

fn write_hierarchy(dir: &Path, options: &CreateOptions, entropy: &dyn Entropy) -> Result<(), AuthorityError> {
    let keys = &options.keys;
    let (key, text) = keys.new_key("root", entropy).map_err(AuthorityError::NewKey)?;
    let public = key.public().map_err(AuthorityError::NewKey)?;
    let root = AuthorityProfile {
        organization: &options.organization,
        common_name: &options.root_name,
        not_before: options.not_before,
        not_after: options.root_not_after,
        serial: fresh_serial(entropy),
        path_length: 1,
    };
    let params = profile::authority(&root, &public)?;
    let capture = Capture::new(&public);
    params.self_signed(&capture).map_err(WritingFault::from)?;
    let der = sign_bytes(&key, &capture.into_to_be_signed())?;
    let certificate = read_back(key_file::ROOT_CERTIFICATE, &der)?;
    key_file::write_new(dir, key_file::ROOT_KEY, &text, 0o600)?;
    key_file::write_new(dir, key_file::ROOT_CERTIFICATE, &pem(&der)?, 0o644)?;

    let issuing = AuthorityProfile {
        common_name: &options.issuing_name,
        not_after: options.issuing_not_after,
        serial: fresh_serial(entropy),
        path_length: 0,
        ..root
    };
    write_issuing(dir, 1, &issuing, Signer { certificate: &certificate, key: &key }, keys, entropy)
}

/// Who signs an issuing authority.
struct Signer<'a> {
    certificate: &'a CaCertificate,
    key: &'a Key,
}

/// The key goes first: a certificate in the directory means that its key is there.
fn write_issuing(
    dir: &Path,
    generation: u32,
    profile: &AuthorityProfile<'_>,
    root: Signer<'_>,
    keys: &KeyStore,
    entropy: &dyn Entropy,
) -> Result<(), AuthorityError> {
    let label = format!("issuing-{generation}");
    let (key, text) = keys.new_key(&label, entropy).map_err(AuthorityError::NewKey)?;
    let public = key.public().map_err(AuthorityError::NewKey)?;
    let mut params = profile::authority(profile, &public)?;
    profile::below_a_root(&mut params)?;
    let template = profile::issuer_template(root.certificate)?;
    let capture = Capture::new(root.certificate.public_key());
    params
        .signed_by(&Subject(&public), &rcgen::Issuer::from_params(&template, &capture))
        .map_err(WritingFault::from)?;
    let der = sign_bytes(root.key, &capture.into_to_be_signed())?;
    let name = key_file::issuing_certificate(generation);
    read_back(&name, &der)?;
    key_file::write_new(dir, &key_file::issuing_key(generation), &text, 0o600)?;
    key_file::write_new(dir, &name, &pem(&der)?, 0o644)?;
    Ok(())
}

fn read_back(name: &str, der: &[u8]) -> Result<CaCertificate, AuthorityError> {
    CaCertificate::parse(der).map_err(|fault| AuthorityError::Certificate { name: name.to_owned(), fault })
}

pub(super) fn pem(der: &[u8]) -> Result<String, AuthorityError> {
    der::Document::try_from(der)
        .and_then(|document| document.to_pem("CERTIFICATE", LineEnding::LF))
        .map_err(|error| WritingFault::from(error).into())
}

#[cfg(test)]
mod tests {
    use shared::secret::Secret;

    use super::*;
    use crate::authority::tests::{Dice, at, now};

    fn create(dir: &Path, edit: impl FnOnce(&mut CreateOptions)) -> Result<Authority, AuthorityError> {
        let mut options = CreateOptions::simulator(now());
        edit(&mut options);
        Authority::create(&dir.join("authority"), &options, &Dice::new())
    }

    fn second(authority: &Authority) -> RollOverOptions {
        RollOverOptions {
            issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".to_owned(),
            not_before: authority.root().not_before(),
            not_after: authority.root().not_after(),
            keys: KeyStore::default(),
        }
    }

    #[test]
    fn the_usual_hierarchy_covers_the_oldest_card_and_says_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let authority = create(dir.path(), |_| {}).unwrap();
        assert_eq!(authority.issuing().not_before(), at("2011-11-21T00:00:00Z"));
        assert_eq!(authority.longest_card(), at("2046-11-21T00:00:00Z"));
        assert_eq!(authority.root().not_after(), at("2056-11-21T00:00:00Z"));
        for certificate in [authority.root(), authority.issuing()] {
            assert!(certificate.name().contains("O=mLegitymacja SIMULATOR"), "{}", certificate.name());
            assert!(certificate.may_sign_lists());
        }
        assert_eq!((authority.root().path_length(), authority.issuing().path_length()), (Some(1), Some(0)));
        assert_ne!(authority.root().serial(), authority.issuing().serial());
    }

    #[test]
    fn impossible_options_are_refused_before_anything_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let name = |edit: fn(&mut CreateOptions)| create(dir.path(), edit).unwrap_err();
        for fault in [
            name(|o| o.organization = "Ministerstwo Cyfryzacji".to_owned()),
            name(|o| o.organization = format!("simulator {}", "x".repeat(55))),
            name(|o| o.issuing_name = " ".to_owned()),
            name(|o| o.root_name = "x".repeat(65)),
        ] {
            assert!(matches!(fault, AuthorityError::NotASimulator), "{fault:?}");
        }
        for fault in [
            name(|o| o.issuing_not_after = o.not_before),
            name(|o| o.root_not_after = o.issuing_not_after - jiff::SignedDuration::from_secs(1)),
            name(|o| o.not_before = at("1969-12-31T23:59:59Z")),
        ] {
            assert!(matches!(fault, AuthorityError::ImpossibleDates), "{fault:?}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_existing_hierarchy_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let first = create(dir.path(), |_| {}).unwrap();
        assert!(matches!(create(dir.path(), |_| {}), Err(AuthorityError::AlreadyExists)));
        let still = Authority::open(&dir.path().join("authority"), None, &Dice::new()).unwrap();
        assert_eq!(still.root(), first.root());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the draft was tidied up");
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), |_| {}).unwrap();
        let mode = |name: &str| {
            let path = dir.path().join("authority").join(name);
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode("root.key.pem"), mode("issuing-1.key.pem"), mode("")), (0o600, 0o600, 0o700));
    }

    #[test]
    fn sealed_hierarchies_need_their_passphrase() {
        use crate::authority::sealed_key::KeyFault;
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Secret::new("długie hasło");
        let created = create(dir.path(), |o| o.keys = KeyStore::files(Some(passphrase.clone()))).unwrap();
        let path = dir.path().join("authority");
        let fault =
            |passphrase: Option<Secret>| match Authority::open(&path, passphrase.as_ref(), &Dice::new()) {
                Err(AuthorityError::Key { fault, .. }) => fault,
                other => panic!("{other:?}"),
            };
        assert_eq!(fault(None), KeyFault::PassphraseNeeded);
        assert_eq!(fault(Some(Secret::new("x"))), KeyFault::WrongPassphrase);
        for name in ["root.key.pem", "issuing-1.key.pem"] {
            let text = std::fs::read_to_string(path.join(name)).unwrap();
            assert!(text.starts_with("-----BEGIN MLEG SEALED PRIVATE KEY-----"), "{name}");
        }
        let rolled = Authority::roll_over(
            &path,
            &RollOverOptions { keys: KeyStore::files(Some(passphrase.clone())), ..second(&created) },
            &Dice::new(),
        );
        assert_eq!(rolled.unwrap().generation(), 2);
        assert!(Authority::open(&path, Some(&passphrase), &Dice::new()).is_ok());
    }

    #[test]
    fn the_roots_key_may_be_away_until_a_roll_over() {
        let dir = tempfile::tempdir().unwrap();
        let authority = create(dir.path(), |_| {}).unwrap();
        let path = dir.path().join("authority");
        let (here, away) = (path.join("root.key.pem"), dir.path().join("safe"));
        std::fs::rename(&here, &away).unwrap();
        assert!(Authority::open(&path, None, &Dice::new()).is_ok());
        let roll_over = || Authority::roll_over(&path, &second(&authority), &Dice::new());
        assert!(matches!(roll_over(), Err(AuthorityError::File(_))));
        std::fs::rename(&away, &here).unwrap();
        assert_eq!(roll_over().unwrap().generation(), 2);
    }

    #[test]
    fn a_roll_over_stays_within_its_root_and_skips_numbers_once_used() {
        let dir = tempfile::tempdir().unwrap();
        let authority = create(dir.path(), |_| {}).unwrap();
        let path = dir.path().join("authority");
        let beyond = RollOverOptions {
            not_after: authority.root().not_after() + jiff::SignedDuration::from_secs(1),
            ..second(&authority)
        };
        let fault = Authority::roll_over(&path, &beyond, &Dice::new()).unwrap_err();
        assert!(matches!(fault, AuthorityError::ImpossibleDates));
        // What a crash between key and certificate leaves behind.
        std::fs::write(path.join("issuing-2.key.pem"), "orphan").unwrap();
        assert_eq!(Authority::open(&path, None, &Dice::new()).unwrap().generation(), 1);
        assert_eq!(Authority::roll_over(&path, &second(&authority), &Dice::new()).unwrap().generation(), 3);
    }
}
