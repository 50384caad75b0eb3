//! What it costs to verify one code offline (signatures, chain, revocation), against the bare signature checks in the
//! same run; and the whole way from a camera's frame to the verdict. `cargo bench -p tests --bench inspection`
//!
//! A verdict takes four signatures: the root's over the issuing authority, that one's over the signer, the signer's over
//! the statement, the phone's over the code. Nothing is kept between two verdicts. Times are medians of one core, in time
//! on the processor where the system tells it (Linux). The result is a table in Markdown.
#![expect(clippy::unwrap_used, reason = "a bench that fails shall say where")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use issuer::app::SystemEntropy;
use issuer::authority::{Authority, CreateOptions, Signer};
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use shared::card_data::{PersonName, SchoolName};
use shared::holder_code::{
    CodeCredential, Content, FullName, HolderClock, HolderKey, KeyId, Portrait, Purpose, UnsignedCode,
    verify, window_of,
};
use shared::presentation::revocation::StatusLists;
use shared::presentation::seen::SeenCodes;
use shared::presentation::time::CorrectedTime;
use shared::presentation::trust::{CodeSigner, RootPurpose, Trust, TrustedRoot};
use shared::qr::frame::{self, Frame, FrameReading};
use shared::qr::render;
use shared::status::token::{StatusTokenFields, signing_input};
use shared::status::{LIST_SIZE, StatusList, StatusReference};
use shared::x509::chain::TrustAnchor;
use tests::photograph::Photograph;
use tests::portrait;

const ROUNDS: usize = 400;
const FRAMES: u64 = 21;
const LIST: &str = "http://pki.example:8081/pki/status/12";

/// An inspector's device, and a phone's key with statements.
struct Door {
    now: Timestamp,
    trust: Trust,
    lists: StatusLists,
    key: SigningKey,
    statements: Vec<(&'static str, Vec<u8>)>,
}

fn set_up() -> Door {
    let now: Timestamp = "2026-11-21T18:30:07Z".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = CreateOptions::simulator(now);
    let authority = Authority::create(&folder.path().join("ca"), &options, &SystemEntropy).unwrap();
    let anchor = TrustAnchor::from_der(authority.root().der()).unwrap();
    let purposes = [RootPurpose::Cards].into_iter().collect();
    let root = TrustedRoot { anchor: anchor.clone(), name: "Szkoły".to_owned(), purposes, ocsp: None };
    let code_signer = authority.signer(Signer::Code);
    let trust = Trust {
        roots: vec![root],
        code_signers: vec![CodeSigner::new(code_signer.x5c()).unwrap()],
        ..Trust::default()
    };

    let fields = StatusTokenFields {
        uri: LIST.to_owned(),
        issued_at: now - SignedDuration::from_hours(12),
        expires_at: now + SignedDuration::from_hours(12),
        ttl: 300,
    };
    let revoked = (0..LIST_SIZE).step_by(97).skip(1);
    let signer = authority.signer(Signer::StatusList);
    let input = signing_input(&fields, &StatusList::of_invalid(LIST_SIZE, revoked), &signer.x5c()).unwrap();
    let signature = signer.sign_es256(input.as_bytes()).unwrap();
    let mut lists = StatusLists::default();
    lists.take(&input.finish(signature), &[anchor], now).unwrap();

    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let holder = FullName {
        given_names: PersonName::parse("Zażółć Anna").unwrap(),
        surname: PersonName::parse("Gęślą-Jaźń").unwrap(),
    };
    let photo = portrait::Portrait::new(7).jpeg(246, 304, 85).unwrap();
    let face = Portrait::of_photo(&photo).unwrap();
    let ticket = |portrait| Content::Ticket { holder: holder.clone(), portrait, under_24: true };
    let library = Content::Library {
        holder: holder.clone(),
        card_number: shared::card::CardNumber::parse("123/2026").unwrap(),
        school: SchoolName::parse("Szkoła Podstawowa nr 0 w Przykładowie").unwrap(),
    };
    let contents = [
        (Purpose::Ticket.name(), ticket(None)),
        ("library", library),
        ("ticket with portrait", ticket(Some(face))),
    ];
    let statements = contents.map(|(name, content)| {
        let unsigned = CodeCredential {
            key: HolderKey::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes()).unwrap(),
            content,
            not_before: now - SignedDuration::from_hours(24),
            expires: now + SignedDuration::from_hours(24 * 29),
            status: StatusReference { idx: 70_123, uri: LIST.to_owned() },
        }
        .prepare(KeyId::of(code_signer.certificate().public_key()));
        let signature = code_signer.sign_es256(unsigned.as_bytes()).unwrap();
        (name, unsigned.finish(signature))
    });
    Door { now, trust, lists, key, statements: statements.into() }
}

impl Door {
    fn code(&self, statement: &[u8]) -> String {
        let unsigned = UnsignedCode::new(statement, window_of(self.now), HolderClock::Corrected).unwrap();
        let signature: Signature = self.key.sign(unsigned.as_bytes());
        unsigned.finish(signature.to_bytes().into())
    }

    fn is_valid(&self, text: &str) -> bool {
        let now = CorrectedTime::kept_right(self.now);
        verify(text, &self.trust, &self.lists, now, None, &mut SeenCodes::default()).verdict.is_valid()
    }
}

/// The processor's time that this thread has used; where the system does not tell it, the time of day.
fn used(since: Instant) -> Duration {
    // It is brought up to date when the thread steps aside.
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = line.and_then(|line| line.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// Ten at a time, since reading the clock costs something too.
fn median_of(mut work: impl FnMut()) -> f64 {
    const BATCH: u32 = 10;
    let mut times: Vec<Duration> = (0..ROUNDS / BATCH as usize)
        .map(|_| {
            let since = Instant::now();
            let before = used(since);
            (0..BATCH).for_each(|_| work());
            used(since).saturating_sub(before) / BATCH
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// Four checks of signatures over as many bytes as a verdict's, and nothing else.
fn bare(door: &Door) -> f64 {
    let message = vec![7_u8; 400];
    let signature: Signature = door.key.sign(&message);
    let (signature, point) = (signature.to_bytes(), door.key.verifying_key().to_sec1_point(false));
    median_of(|| {
        for _ in 0..4 {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes());
            assert!(key.verify(black_box(&message), &signature).is_ok());
        }
    })
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let door = set_up();
    let bare = bare(&door);
    println!("| one code, offline | characters | verdict | four bare signature checks | ratio |");
    println!("|---|--:|--:|--:|--:|");
    for (name, statement) in &door.statements {
        let text = door.code(statement);
        let verdict = median_of(|| assert!(door.is_valid(black_box(&text))));
        println!("| {name} | {} | {verdict:.0} µs | {bare:.0} µs | {:.2} |", text.len(), verdict / bare);
    }

    println!("\n| from a frame to the verdict | frames | read and valid | median of those |");
    println!("|---|--:|--:|--:|");
    for (name, statement) in &door.statements {
        let screen = render::png(&door.code(statement), 8).unwrap();
        for (width, height) in [(640, 480), (1280, 720)] {
            let mut times = Vec::new();
            for seed in 1..=FRAMES {
                let taken = Photograph { seed, width, height, hardness: 0.2, ..Photograph::default() };
                let jpeg = taken.take(&screen).unwrap();
                let since = Instant::now();
                let before = used(since);
                let frame = Frame::from_picture(&jpeg).unwrap().numbered(seed as usize);
                let valid = match frame::read(&frame) {
                    FrameReading::Codes(texts) => texts.iter().any(|text| door.is_valid(text)),
                    FrameReading::Nothing(_) => false,
                };
                if valid {
                    times.push(used(since).saturating_sub(before));
                }
            }
            times.sort_unstable();
            let median = times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
            println!("| {name}, {width} × {height} | {FRAMES} | {} | {median:.1} ms |", times.len());
        }
    }
}
