//! Every target of `tests::fuzz` over its corpus and a few thousand changes to it.
//!
//! A failure names target, seed and bytes; `cargo run -p tests --example fuzz -- TARGET FILE` runs such bytes again.
#![expect(clippy::panic, reason = "what goes wrong here fails a test")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tests::fuzz::mutate::{Chance, mutated};
use tests::fuzz::{TARGETS, Target, known};

/// Changed inputs for each target; pictures take their time.
fn rounds(target: &str) -> u64 {
    match target {
        "photo" | "qr" => 60,
        "letter" | "table" => 1000,
        _ => 3000,
    }
}

fn run(target: Target, seed: Option<u64>, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err() {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("target {} fails, seed {seed:?}, bytes {hex}", target.name);
    }
}

fn replay(target: Target) {
    let corpus = known::corpus(target.name);
    assert!(!corpus.is_empty(), "{} has a corpus", target.name);
    for (_, input) in &corpus {
        run(target, None, input);
    }
    for seed in 0..rounds(target.name) {
        let mut chance = Chance::new(seed);
        let (_, input) = &corpus[chance.below(corpus.len())];
        let (_, other) = &corpus[chance.below(corpus.len())];
        run(target, Some(seed), &mutated(input, other, &mut chance));
    }
}

/// `tests/fuzz` is built by whoever asks for it, `--locked`: its lock must keep up with what it depends on.
#[test]
fn the_lock_of_the_libfuzzer_crate_names_all_that_it_depends_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (manifest, lock) = (read("Cargo.toml"), read("Cargo.lock"));
    let section = manifest.split("[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let needed: Vec<&str> = section.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert!(needed.contains(&"shared") && needed.contains(&"issuer"), "{needed:?}");
    let own =
        lock.split("[[package]]\n").find(|package| package.starts_with("name = \"mleg-fuzz\"\n")).unwrap();
    // One that comes in several versions is followed by its own.
    let named = |name: &&&str| own.contains(&format!(" \"{name}\",")) || own.contains(&format!(" \"{name} "));
    let missing: Vec<_> = needed.iter().filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "the lock lacks {missing:?}");
}

#[test]
fn no_target_falls_over_its_corpus_or_changes_to_it() {
    let unseen = std::fs::read_dir(known::corpora()).into_iter().flatten().flatten().filter(|folder| {
        let name = folder.file_name();
        !TARGETS.iter().any(|target| *target.name == *name)
    });
    assert_eq!(unseen.count(), 0, "every corpus has a target");
    let share = TARGETS.len().div_ceil(2);
    std::thread::scope(|scope| {
        for targets in TARGETS.chunks(share) {
            scope.spawn(|| targets.iter().copied().for_each(replay));
        }
    });
}

#[test]
fn every_target_has_a_program_for_libfuzzer_and_every_program_a_target() {
    let programs = known::corpora().with_file_name("fuzz_targets");
    let files =
        std::fs::read_dir(&programs).unwrap_or_else(|error| panic!("{}: {error}", programs.display()));
    let mut programs: Vec<String> = files
        .flatten()
        .filter_map(|file| file.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .collect();
    programs.sort();
    let mut targets = TARGETS.map(|target| target.name);
    targets.sort_unstable();
    assert_eq!(programs, targets);
}
