//! What is said from outside: revocation list, responder, status lists, and the office's look at its audit trail.

use std::collections::{BTreeMap, BTreeSet};

use issuer::app::{SystemClock, SystemEntropy};
use shared::clock::Clock as _;
use shared::entropy::Entropy;
use shared::status::token::CopyStatus;
use shared::status::{StatusReference, UnverifiedStatusToken};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::chain::TrustAnchor;
use shared::x509::crl::UnverifiedCrl;
use shared::x509::ocsp::{CertificateStatus, Question, REQUEST_TYPE, UnverifiedAnswer};

use super::books::{Books, CertificateRow};
use crate::fuzz::mutate::Chance;
use crate::office::Office;

/// How many certificates the responder is asked about each time.
const QUESTIONS: usize = 6;

/// What was said.
#[derive(Debug, Clone, Default)]
pub struct Testimony {
    /// Serial numbers on the revocation list.
    pub listed: BTreeSet<String>,
    /// Certificates that the responder was asked about, and whether they are taken back.
    pub answered: BTreeMap<String, bool>,
    /// Places that status lists call taken back: list and place.
    pub turned: BTreeSet<(u64, u64)>,
    /// Whether the audit trail was found whole.
    pub trail_whole: bool,
}

/// Somebody who asks.
pub struct Witness {
    http: reqwest::Client,
    base: String,
    anchors: [TrustAnchor; 1],
    issuing: CaCertificate,
}

impl Witness {
    /// A witness of the issuer at `base`, who keeps its certificates.
    pub async fn of(base: &str) -> Self {
        let http = crate::http::client();
        let fetch = async |path: &str| fetched(http.get(format!("{base}{path}"))).await;
        let anchors = [TrustAnchor::from_der(&fetch("/pki/ca/root.cer").await).expect("a root")];
        let issuing = CaCertificate::parse(&fetch("/pki/ca/issuing.cer").await).expect("an authority");
        Self { http, base: base.to_owned(), anchors, issuing }
    }

    /// Asks about what stands in `books`; about whom the responder is asked, chance decides.
    pub async fn testify(&self, books: &Books, office: &Office, chance: &mut Chance) -> Testimony {
        let list = fetched(self.http.get(format!("{}/pki/crl/issuing.crl", self.base))).await;
        let list = UnverifiedCrl::parse(&list).expect("a list").verify(&self.issuing).expect("our list");
        let mut testimony = Testimony {
            listed: list.entries().map(|(serial, _)| serial.to_string()).collect(),
            ..Testimony::default()
        };
        let signed: Vec<&CertificateRow> =
            books.certificates.iter().filter(|row| row.der.is_some()).collect();
        for _ in 0..QUESTIONS.min(signed.len()) {
            let certificate = signed[chance.below(signed.len())];
            let revoked = self.ask(certificate).await;
            testimony.answered.insert(certificate.serial.clone(), revoked);
        }
        self.read_status_lists(books, &mut testimony.turned).await;
        let verdict = office.done("GET", "/audit/verify", None).await;
        testimony.trail_whole = verdict["whole"] == true;
        testimony
    }

    async fn ask(&self, row: &CertificateRow) -> bool {
        let certificate = DeviceCertificate::parse(&unhex(row.der.as_deref().unwrap_or_default()));
        let certificate = certificate.expect("a certificate in the books");
        let entropy: &dyn Entropy = &SystemEntropy;
        let question =
            Question::new(&self.issuing, certificate.serial(), entropy.bytes()).expect("a question");
        let url = certificate.body().urls().ocsp().expect("a responder");
        let request = self.http.post(url).header("content-type", REQUEST_TYPE);
        let reply = fetched(request.body(question.to_der().expect("a question"))).await;
        let answer = UnverifiedAnswer::parse(&reply).expect("an answer").verify(&question, &self.issuing);
        match answer.expect("our answer").status() {
            CertificateStatus::Good => false,
            CertificateStatus::Revoked(_) => true,
            CertificateStatus::Unknown => panic!("the responder does not know {}", row.serial),
        }
    }

    async fn read_status_lists(&self, books: &Books, turned: &mut BTreeSet<(u64, u64)>) {
        let lists: BTreeSet<u64> = books.statuses.iter().map(|row| row.list).collect();
        for number in lists {
            let uri = format!("{}/pki/status/{number}", self.base);
            let token = String::from_utf8(fetched(self.http.get(&uri)).await).expect("a text");
            let token = UnverifiedStatusToken::parse(&token).expect("a status list");
            let list = token.verify(&self.anchors, SystemClock.now()).expect("our status list");
            for row in books.statuses.iter().filter(|row| row.list == number) {
                let place = StatusReference { idx: row.place, uri: uri.clone() };
                // Tokens are of whole seconds, so a list may be of a moment ago.
                if list.status_at(&place, list.issued_at()) == CopyStatus::Revoked {
                    turned.insert((number, row.place));
                }
            }
        }
    }
}

async fn fetched(request: reqwest::RequestBuilder) -> Vec<u8> {
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{}", answer.url());
    answer.bytes().await.expect("a body").to_vec()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap_or_default());
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}
