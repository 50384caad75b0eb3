//! Certificates and revocation lists before openssl, webpki and pkilint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use issuer::authority::{
    Authority, CreateOptions, DeviceCertificateFields, ListEntry, ListReason, PkiUrls, SignedCertificate,
    fresh_serial, lint,
};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime};
use shared::card_data::PersonName;
use shared::device::DeviceSlot;
use shared::entropy::Entropy;
use shared::pesel::Pesel;
use shared::x509::text::DeviceName;
use tempfile::TempDir;
use tests::outside::{program, program_in, require};

use super::PYTHON_BIN;

/// The public key of RFC 6979, A.2.5, as a SEC1 point.
const DEVICE_KEY: &str = "04\
    60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
    7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

/// A hierarchy in a directory of its own, and files for the judges beside it.
struct Desk {
    dir: TempDir,
    authority: Authority,
    entropy: Counter,
}

/// Randomness is not what is judged here.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for octet in out {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            *octet = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0];
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-21T18:30:00Z")
}

fn fields() -> DeviceCertificateFields {
    DeviceCertificateFields {
        given_names: PersonName::parse("Zażółć Anna").unwrap(),
        surname: PersonName::parse("Gęślą-Jaźń").unwrap(),
        pesel: Pesel::parse("02070803628").unwrap(),
        device_name: DeviceName::parse("Telefon Ani 📱").unwrap(),
        slot: DeviceSlot::new(2, 5).unwrap(),
        activated_at: now(),
        card_digest: [0xc4; 32],
        not_before: at("2026-08-31T22:00:00Z"),
        not_after: at("2027-09-30T21:59:59Z"),
    }
}

fn urls(ocsp: Option<&str>) -> PkiUrls {
    PkiUrls::new("http://pki.example.org/pki/crl/1.crl", "http://pki.example.org/pki/ca/1.der", ocsp).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let entropy = Counter(AtomicU64::new(1));
        let authority =
            Authority::create(&dir.path().join("authority"), &CreateOptions::simulator(now()), &entropy)
                .unwrap();
        Self { dir, authority, entropy }
    }

    fn issue_with(&self, fields: &DeviceCertificateFields, urls: &PkiUrls) -> SignedCertificate {
        let serial = fresh_serial(&self.entropy);
        let prepared = self.authority.prepare(fields, &hex(DEVICE_KEY), serial, urls).unwrap();
        self.authority.sign(lint(prepared).unwrap()).unwrap()
    }

    fn issue(&self) -> SignedCertificate {
        self.issue_with(&fields(), &urls(None))
    }

    /// A list with `revoked` and some others on it.
    fn list(&self, revoked: &[&SignedCertificate]) -> Vec<u8> {
        let since = at("2026-11-21T12:00:00Z");
        let asked = revoked.iter().map(|signed| ListEntry {
            serial: signed.serial(),
            since,
            reason: Some(ListReason::KeyCompromise),
        });
        let reasons = [None, Some(ListReason::Superseded), Some(ListReason::PrivilegeWithdrawn)];
        let others = reasons.map(|reason| ListEntry { serial: fresh_serial(&self.entropy), since, reason });
        let entries: Vec<ListEntry> = asked.chain(others).collect();
        self.authority.revocation_list(&entries, 7, now(), at("2026-11-22T18:30:00Z")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes DER as PEM, the form that every judge reads.
    fn pem(&self, name: &str, label: &str, der: &[u8]) -> PathBuf {
        use base64::Engine as _;
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        let path = self.path(name);
        fs::write(&path, format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")))
            .unwrap();
        path
    }

    fn authority_file(&self, name: &str) -> PathBuf {
        self.path("authority").join(name)
    }
}

fn run(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.success(), text)
}

fn openssl() -> Option<PathBuf> {
    require("openssl", || program("openssl", "version"))
}

fn openssl_verify(
    openssl: &Path,
    desk: &Desk,
    certificate: &Path,
    list: &Path,
    when: Timestamp,
) -> (bool, String) {
    run(Command::new(openssl)
        .args(["verify", "-x509_strict", "-purpose", "sslclient", "-crl_check", "-attime"])
        .arg(when.as_second().to_string())
        .arg("-CAfile")
        .arg(desk.authority_file("root.cert.pem"))
        .arg("-untrusted")
        .arg(desk.authority_file("issuing-1.cert.pem"))
        .arg("-CRLfile")
        .arg(list)
        .arg(certificate))
}

#[test]
fn openssl_accepts_the_good_and_refuses_the_revoked_and_the_expired() {
    let Some(openssl) = openssl() else { return };
    let desk = Desk::new();
    let (good, revoked) = (desk.issue(), desk.issue());
    let list = desk.pem("list.pem", "X509 CRL", &desk.list(&[&revoked]));
    let good = desk.pem("good.pem", "CERTIFICATE", good.der());
    let revoked = desk.pem("revoked.pem", "CERTIFICATE", revoked.der());

    let (accepted, says) = openssl_verify(&openssl, &desk, &good, &list, now());
    assert!(accepted, "{says}");
    let (accepted, says) = openssl_verify(&openssl, &desk, &revoked, &list, now());
    assert!(!accepted && says.contains("certificate revoked"), "{says}");

    // RFC 5280 §4.1.2.5 counts the second notAfter as valid; openssl does not, so one before it.
    let last_second = at("2027-09-30T21:59:58Z");
    let (_, says) = openssl_verify(&openssl, &desk, &good, &list, last_second);
    assert!(says.contains("CRL has expired") && !says.contains("certificate has expired"), "{says}");
    let (_, says) = openssl_verify(&openssl, &desk, &good, &list, at("2027-09-30T22:00:00Z"));
    assert!(says.contains("certificate has expired"), "{says}");
}

#[test]
fn openssl_refuses_another_hierarchy() {
    let Some(openssl) = openssl() else { return };
    let (ours, theirs) = (Desk::new(), Desk::new());
    let list = theirs.pem("list.pem", "X509 CRL", &theirs.list(&[]));
    let certificate = theirs.pem("certificate.pem", "CERTIFICATE", theirs.issue().der());
    let (accepted, says) = openssl_verify(&openssl, &ours, &certificate, &list, now());
    assert!(!accepted, "{says}");
}

#[test]
fn openssl_reads_what_the_profile_says() {
    let Some(openssl) = openssl() else { return };
    let desk = Desk::new();
    let signed = desk.issue_with(&fields(), &urls(Some("http://pki.example.org/pki/ocsp")));
    let path = desk.pem("certificate.pem", "CERTIFICATE", signed.der());
    let (read, text) = run(Command::new(openssl)
        .args([
            "x509",
            "-noout",
            "-text",
            "-nameopt",
            "utf8,sep_comma_plus,sname",
            "-fingerprint",
            "-sha256",
            "-in",
        ])
        .arg(path));
    assert!(read, "{text}");
    for expected in [
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: C=PL,O=mLegitymacja SIMULATOR,CN=mLegitymacja SIMULATOR Issuing CA 1",
        "Not Before: Aug 31 22:00:00 2026 GMT",
        "Not After : Sep 30 21:59:59 2027 GMT",
        "Subject: C=PL,SN=Gęślą-Jaźń,GN=Zażółć Anna,CN=Zażółć Anna Gęślą-Jaźń,serialNumber=PNOPL-02070803628",
        "NIST CURVE: P-256",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "TLS Web Client Authentication",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "URI:http://pki.example.org/pki/crl/1.crl",
        "CA Issuers - URI:http://pki.example.org/pki/ca/1.der",
        "OCSP - URI:http://pki.example.org/pki/ocsp",
        "Policy: 1.3.6.1.4.1.32473.2.1",
        "1.3.6.1.4.1.32473.1.1: \n                ..Telefon Ani",
        "1.3.6.1.4.1.32473.1.2:",
        "1.3.6.1.4.1.32473.1.3: \n                ..20261121183000Z",
        "1.3.6.1.4.1.32473.1.4:",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let fingerprint: String =
        signed.certificate().fingerprint().as_bytes().iter().map(|octet| format!(":{octet:02X}")).collect();
    assert!(text.contains(fingerprint.trim_start_matches(':')), "{text}");
}

#[test]
fn openssl_reads_the_plain_key() {
    let Some(openssl) = openssl() else { return };
    let desk = Desk::new();
    let plain = desk.authority_file("issuing-1.key.pem");
    let (read, says) = run(Command::new(&openssl).args(["pkey", "-noout", "-check", "-in"]).arg(&plain));
    assert!(read && says.contains("Key is valid"), "{says}");
}

fn webpki_judges(desk: &Desk, certificate: &[u8], list: &[u8], when: Timestamp) -> Result<(), webpki::Error> {
    let root = CertificateDer::from(desk.authority.root().der());
    let issuing = [CertificateDer::from(desk.authority.issuing_certificate_der())];
    let anchors = [webpki::anchor_from_trusted_cert(&root)?];
    let certificate = CertificateDer::from(certificate);
    let list: webpki::CertRevocationList<'_> = webpki::OwnedCertRevocationList::from_der(list)?.into();
    let lists = [&list];
    let revocation = webpki::RevocationOptionsBuilder::new(&lists)
        .unwrap()
        .with_depth(webpki::RevocationCheckDepth::EndEntity)
        .with_expiration_policy(webpki::ExpirationPolicy::Enforce)
        .build();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(when.as_second().try_into().unwrap()));
    webpki::EndEntityCert::try_from(&certificate)?
        .verify_for_usage(
            &[webpki::aws_lc_rs::ECDSA_P256_SHA256],
            &anchors,
            &issuing,
            time,
            webpki::KeyUsage::client_auth(),
            Some(revocation),
            None,
        )
        .map(|_| ())
}

#[test]
fn webpki_takes_it_for_client_authentication_until_it_is_revoked() {
    let (desk, other) = (Desk::new(), Desk::new());
    let (good, revoked) = (desk.issue(), desk.issue());
    let list = desk.list(&[&revoked]);
    assert_eq!(webpki_judges(&desk, good.der(), &list, now()), Ok(()));
    assert_eq!(webpki_judges(&desk, revoked.der(), &list, now()), Err(webpki::Error::CertRevoked));
    let foreign = webpki_judges(&other, good.der(), &list, now());
    assert!(foreign.is_err(), "another root's certificate was accepted");
    let stale = webpki_judges(&desk, good.der(), &list, at("2026-11-23T00:00:00Z"));
    assert!(matches!(stale, Err(webpki::Error::CrlExpired { .. })), "{stale:?}");
    let expired = webpki_judges(&desk, good.der(), &list, at("2027-09-30T22:00:00Z"));
    assert!(matches!(expired, Err(webpki::Error::CertExpired { .. })), "{expired:?}");
}

/// Runs one of pkilint's programs over files and returns its findings at WARNING and above, one a line.
fn pkilint(program: &Path, arguments: &[&str], files: &[&Path]) -> String {
    let output = Command::new(program)
        .arg("lint")
        .args(arguments)
        .args(["--severity", "WARNING", "--format", "CSV"])
        .args(files)
        .output()
        .unwrap();
    // It exits with the number of findings; anything on stderr is trouble of its own.
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings = table.strip_prefix("node_path,validator,severity,code,message").unwrap();
    findings.trim().to_owned()
}

fn pkilint_program(name: &str) -> Option<PathBuf> {
    require("pkilint", || program_in(PYTHON_BIN, name, "--help"))
}

#[test]
fn pkilint_finds_nothing_in_device_certificates() {
    let Some(linter) = pkilint_program("lint_etsi_cert") else { return };
    let desk = Desk::new();
    let long = DeviceCertificateFields {
        given_names: PersonName::parse("Konstancja Maria Ludwika Wilhelmina Augusta").unwrap(),
        surname: PersonName::parse(&format!("Brzęczyszczykiewicz-{}", "Ł".repeat(44))).unwrap(),
        ..fields()
    };
    let ocsp = "http://pki.example.org/pki/ocsp";
    let cases = [
        ("plain", fields(), urls(None)),
        ("with-ocsp", fields(), urls(Some(ocsp))),
        ("long-names", long, urls(None)),
    ];
    for (name, fields, urls) in cases {
        let file = desk.pem(&format!("{name}.pem"), "CERTIFICATE", desk.issue_with(&fields, &urls).der());
        let findings = pkilint(&linter, &["-t", "NCP-NATURAL-PERSON-CERTIFICATE"], &[&file]);
        assert!(findings.is_empty(), "{name}:\n{findings}");
    }
}

#[test]
fn pkilint_finds_what_is_wrong() {
    // The judge must be awake: the same certificate as that of a server is full of faults.
    let Some(linter) = pkilint_program("lint_etsi_cert") else { return };
    let desk = Desk::new();
    let file = desk.pem("certificate.pem", "CERTIFICATE", desk.issue().der());
    let findings = pkilint(&linter, &["-t", "NCP-LEGAL-PERSON-CERTIFICATE"], &[&file]);
    assert!(findings.contains("ERROR"), "{findings}");
}

#[test]
fn pkilint_finds_nothing_in_revocation_lists() {
    let Some(linter) = pkilint_program("lint_crl") else { return };
    let desk = Desk::new();
    let revoked = desk.issue();
    let empty = desk.authority.revocation_list(&[], 1, now(), at("2026-11-22T18:30:00Z")).unwrap();
    for (name, list) in [("entries", desk.list(&[&revoked])), ("empty", empty)] {
        let file = desk.pem(&format!("{name}.pem"), "X509 CRL", &list);
        let findings = pkilint(&linter, &["-t", "CRL", "-p", "PKIX"], &[&file]);
        assert!(findings.is_empty(), "{name}:\n{findings}");
    }
}

#[test]
fn pkilint_finds_nothing_in_the_authorities() {
    let Some(linter) = pkilint_program("lint_pkix_cert") else { return };
    let desk = Desk::new();
    for name in ["root.cert.pem", "issuing-1.cert.pem"] {
        let findings = pkilint(&linter, &[], &[&desk.authority_file(name)]);
        assert!(findings.is_empty(), "{name}:\n{findings}");
    }
}

#[test]
fn pkilint_finds_each_certificate_fitting_its_issuer() {
    let Some(linter) = pkilint_program("lint_pkix_signer_signee_cert_chain") else { return };
    let desk = Desk::new();
    let (root, issuing) = (desk.authority_file("root.cert.pem"), desk.authority_file("issuing-1.cert.pem"));
    let device = desk.pem("certificate.pem", "CERTIFICATE", desk.issue().der());
    for (signer, signee) in [(&root, &issuing), (&issuing, &device)] {
        let findings = pkilint(&linter, &[], &[signer, signee]);
        assert!(findings.is_empty(), "{}:\n{findings}", signee.display());
    }
    assert!(pkilint(&linter, &[], &[&root, &device]).contains("ERROR"), "the judge sleeps");
}
