//! What the targets go by: one clock, one root, and the inputs that are genuine.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use shared::presentation::trust::{CodeSigner, RootPurpose, Trust, TrustedRoot};
use shared::x509::ca::CaCertificate;
use shared::x509::chain::TrustAnchor;

const ROOT: &[u8] = include_bytes!("../../fuzz/known/root");
const ISSUING: &[u8] = include_bytes!("../../fuzz/known/issuing");
const CODE_SIGNER: &[u8] = include_bytes!("../../fuzz/known/code-signer");

/// The clock of every target.
pub fn now() -> Timestamp {
    at("2026-11-22T08:01:00Z")
}

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// The root, believed in everything, and the one key for codes.
pub fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(|| {
        let root = TrustedRoot {
            anchor: TrustAnchor::from_der(ROOT).expect("the known root"),
            name: "Szkoły".to_owned(),
            purposes: RootPurpose::ALL.into_iter().collect(),
            ocsp: None,
        };
        let chain = vec![CODE_SIGNER.to_vec(), ISSUING.to_vec()];
        let signer = CodeSigner::new(chain).expect("the known signer of codes");
        Trust { roots: vec![root], code_signers: vec![signer], ..Trust::default() }
    })
}

/// The root alone.
pub fn anchors() -> &'static [TrustAnchor] {
    static ANCHORS: OnceLock<Vec<TrustAnchor>> = OnceLock::new();
    ANCHORS.get_or_init(|| trust().anchors(RootPurpose::Cards))
}

/// The authority that issued everything below the root.
pub fn issuing() -> &'static CaCertificate {
    static AUTHORITY: OnceLock<CaCertificate> = OnceLock::new();
    AUTHORITY.get_or_init(|| CaCertificate::parse(ISSUING).expect("the known issuing authority"))
}

/// The folder of the corpora.
pub fn corpora() -> PathBuf {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    // This module is compiled into the crate that lies above the corpora, and into the one that lies beside them.
    let beside = home.join("corpus");
    if beside.is_dir() { beside } else { home.join("fuzz/corpus") }
}

/// The inputs of a target: their names and bytes, in the order of the names.
pub fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpora().join(target);
    let listed = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<(String, Vec<u8>)> = listed
        .map(|entry| {
            let path = entry.expect("a file of the corpus").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a readable input"))
        })
        .collect();
    inputs.sort();
    inputs
}

/// The genuine inputs of one target, read once.
pub struct Genuine {
    target: &'static str,
    inputs: OnceLock<Vec<Vec<u8>>>,
}

impl Genuine {
    /// Those of `target`.
    pub const fn of(target: &'static str) -> Self {
        Self { target, inputs: OnceLock::new() }
    }

    /// The inputs.
    pub fn inputs(&self) -> &[Vec<u8>] {
        self.inputs.get_or_init(|| {
            let good = corpus(self.target).into_iter().filter(|(name, _)| name.starts_with("good"));
            let inputs: Vec<_> = good.map(|(_, bytes)| bytes).collect();
            assert!(!inputs.is_empty(), "{} has genuine inputs", self.target);
            inputs
        })
    }

    /// Holds a verdict against what is known: genuine inputs are accepted, and nothing else is.
    ///
    /// White space around `bytes` is the reader's to strip or not.
    pub fn judge(&self, bytes: &[u8], accepted: bool) {
        let known = self.inputs().iter().any(|input| input == bytes);
        if known {
            assert!(accepted, "{}: a genuine input is refused", self.target);
        }
        if accepted {
            let stripped = std::str::from_utf8(bytes).map_or(bytes, |text| text.trim().as_bytes());
            let genuine = self.inputs().iter().any(|input| input == bytes || input == stripped);
            assert!(genuine, "{}: a forgery is accepted", self.target);
        }
    }
}

/// The bytes as text, if they are one.
pub fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
