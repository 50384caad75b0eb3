//! The OCSP responder before openssl and pkilint, over the wire.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use issuer::authority::Signer;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::ocsp::Question;
use tests::outside::{program, program_in, require};
use tests::world::World;

use super::PYTHON_BIN;

/// A certificate, its issuer and the responder's address.
struct Case {
    world: World,
    files: tempfile::TempDir,
    certificate: DeviceCertificate,
    card: String,
}

impl Case {
    async fn new() -> Self {
        let world = World::legacy().await;
        let slip = world.codes().await;
        let phone = world.phone("Pixel").await;
        let card = phone.activate(&slip).await.unwrap();
        let certificate = phone.show(&card.id).await.card.certificate().clone();
        let case = Self { world, files: tempfile::tempdir().unwrap(), certificate, card: slip.card_id };
        let authority = case.world.issuance().authority;
        case.pem("root.pem", authority.root().der());
        case.pem("issuing.pem", authority.issuing().der());
        case.pem("device.pem", case.certificate.der());
        case.pem("signer.pem", authority.signer(Signer::Code).certificate().der());
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn pem(&self, name: &str, der: &[u8]) {
        let body = STANDARD.encode(der);
        let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        fs::write(self.path(name), text).unwrap();
    }

    async fn revoke(&self) {
        let device = &self.world.office.devices(&self.card, "live").await[0];
        self.world.office.revoke_device(device, "phone_lost").await;
    }

    /// What openssl asks of the responder that the certificate names, and makes of the answer.
    async fn openssl_asks(&self, openssl: &Path, certificate: &str, hash: &str) -> (bool, String) {
        let mut command = Command::new(openssl);
        command.arg("ocsp").arg(format!("-{hash}"));
        command.arg("-issuer").arg(self.path("issuing.pem"));
        command.arg("-cert").arg(self.path(certificate));
        command.arg("-CAfile").arg(self.path("root.pem")).arg("-no-CApath");
        command.args(["-url", self.certificate.body().urls().ocsp().unwrap()]);
        // The world's clock stands still; openssl's does not.
        command.args(["-validity_period", "1000000000"]);
        command.arg("-attime").arg(self.world.now().as_second().to_string());
        command.arg("-respout").arg(self.path("reply.der"));
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), format!("{told}{said}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_agrees_about_good_revoked_and_unknown() {
    let Some(openssl) = require("openssl", || program("openssl", "version")) else { return };
    let case = Case::new().await;
    for hash in ["sha1", "sha256"] {
        let (done, says) = case.openssl_asks(&openssl, "device.pem", hash).await;
        assert!(done && says.contains("Response verify OK") && says.contains("device.pem: good"), "{says}");
        assert!(!says.contains("nonce"), "openssl misses its nonce: {says}");
        let (done, says) = case.openssl_asks(&openssl, "signer.pem", hash).await;
        assert!(
            done && says.contains("Response verify OK") && says.contains("signer.pem: unknown"),
            "{says}"
        );
    }
    case.revoke().await;
    let (done, says) = case.openssl_asks(&openssl, "device.pem", "sha256").await;
    assert!(done && says.contains("Response verify OK") && says.contains("device.pem: revoked"), "{says}");
    assert!(says.contains("Reason: keyCompromise"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_does_not_take_another_root_s_answer() {
    let Some(openssl) = require("openssl", || program("openssl", "version")) else { return };
    let (case, other) = (Case::new().await, Case::new().await);
    fs::copy(other.path("root.pem"), case.path("root.pem")).unwrap();
    let (_, says) = case.openssl_asks(&openssl, "device.pem", "sha256").await;
    assert!(says.contains("Response Verify Failure"), "{says}");
}

/// What pkilint finds in a reply, at WARNING and above.
fn pkilint(linter: &Path, reply: &Path) -> String {
    let output = Command::new(linter)
        .args(["lint", "--severity", "WARNING", "--format", "CSV", "--document-format", "DER"])
        .arg(reply)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    table.strip_prefix("node_path,validator,severity,code,message").unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pkilint_finds_nothing_in_replies() {
    let probe = || program_in(PYTHON_BIN, "lint_ocsp_response", "--help");
    let Some(linter) = require("pkilint", probe) else { return };
    let case = Case::new().await;
    let issuance = case.world.issuance();
    let ask = async |name: &str, question: &Question| {
        let reply = issuance.answer_ocsp(&question.to_der().unwrap()).await.unwrap().unwrap();
        fs::write(case.path(name), reply).unwrap();
        pkilint(&linter, &case.path(name))
    };
    let issuing = issuance.authority.issuing();
    let known = Question::new(issuing, case.certificate.serial(), [0xa5; 32]).unwrap();
    let unknown = Question::new(issuing, issuing.serial(), [0xa5; 32]).unwrap();
    assert_eq!(ask("good.der", &known).await, "", "good");
    assert_eq!(ask("unknown.der", &unknown).await, "", "unknown");
    case.revoke().await;
    assert_eq!(ask("revoked.der", &known).await, "", "revoked");

    // The judge must be awake: times that end with another letter than Z are none.
    let good = fs::read(case.path("good.der")).unwrap();
    let bent: Vec<u8> = good.iter().map(|octet| if *octet == b'Z' { b'X' } else { *octet }).collect();
    fs::write(case.path("bent.der"), bent).unwrap();
    let output = Command::new(&linter)
        .args(["lint", "--document-format", "DER"])
        .arg(case.path("bent.der"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn pkilint_finds_nothing_in_lists_about_a_part_nor_in_signers() {
    let probe = |name: &'static str| move || program_in(PYTHON_BIN, name, "--help");
    let Some(lists) = require("pkilint", probe("lint_crl")) else { return };
    let Some(certificates) = require("pkilint", probe("lint_pkix_cert")) else { return };
    let case = Case::new().await;
    case.revoke().await;
    let point = case.certificate.crl_url();
    let list = case.world.fetch(&point[point.find("/pki/").unwrap()..]).await;
    fs::write(case.path("part.crl"), list).unwrap();
    let mut command = Command::new(lists);
    command.args(["lint", "-t", "CRL", "-p", "PKIX", "--severity", "WARNING", "--format", "CSV"]);
    let output = command.args(["--document-format", "DER"]).arg(case.path("part.crl")).output().unwrap();
    let findings = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(findings.trim(), "node_path,validator,severity,code,message");
    let authority = case.world.issuance().authority;
    for purpose in Signer::ALL {
        fs::write(case.path("signer.der"), authority.signer(purpose).certificate().der()).unwrap();
        let mut command = Command::new(&certificates);
        command.args(["lint", "--severity", "WARNING", "--format", "CSV", "--document-format", "DER"]);
        let output = command.arg(case.path("signer.der")).output().unwrap();
        let findings = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(findings.trim(), "node_path,validator,severity,code,message", "{purpose}");
    }
}
