//! Every order of events within the bounds, in seconds; wider bounds by `cargo run --release -p tests --example model`.

use tests::model::{Config, Fault, Invariant};

use crate::checker::search;

#[test]
fn what_is_promised_holds_in_every_state() {
    // The widest ones are for the named command.
    let named = Config::named().into_iter().filter(|(name, _)| !matches!(*name, "race" | "several"));
    let named = named.flat_map(|(name, config)| {
        let once = (format!("{name}, in one commit"), config.clone().in_one_commit(), 100);
        [(name.to_owned(), config, 1000), once]
    });
    for (name, config, least) in named {
        let verdict = search(&config, 2, false);
        println!(
            "{name}: {} states, {} transitions, depth {}",
            verdict.states, verdict.transitions, verdict.depth
        );
        assert!(verdict.broken.is_empty(), "{name}: {:#?}", verdict.broken);
        assert!(verdict.impossible.is_empty(), "{name} never sees {:?}", verdict.impossible);
        assert!(verdict.states > least, "{name}: {} states are too few to say anything", verdict.states);
    }
}

/// The rules under which a fault shows soonest, and the invariant that must notice it.
fn noticed_by(fault: Fault) -> (Config, Invariant) {
    let (single, guessing) = (Config::single(), Config::guessing());
    match fault {
        Fault::SkipCount | Fault::CompareWhenLocked => (guessing, Invariant::FailuresBounded),
        Fault::MissingCodePasses => (guessing, Invariant::TokenNeedsCode),
        Fault::ForgetLimit | Fault::ForgetPending => (Config::race(), Invariant::DevicesWithinPolicy),
        Fault::KeepReplaced => (single, Invariant::DevicesWithinPolicy),
        Fault::OpenAgain => (single, Invariant::OneKeyAndDevice),
        Fault::ReleaseBeforeCommit | Fault::ReleaseOwnSignature => (single, Invariant::ReleasedAsStored),
        Fault::RevokeSparesPrepared | Fault::SettleUnchecked => (single, Invariant::NothingAfterEnd),
        Fault::RevokeUncounted => (single, Invariant::EndedAreListed),
        Fault::VoidedMeansEnded => (Config::renewal(), Invariant::ToldTheTruth),
    }
}

#[test]
fn each_fault_breaks_its_invariant() {
    for fault in Fault::ALL {
        let (config, invariant) = noticed_by(fault);
        let verdict = search(&config.with(fault), 2, true);
        let names: Vec<_> = verdict.broken.iter().map(|(name, _)| *name).collect();
        assert!(names.contains(&invariant.name()), "{fault:?} breaks {names:?}");
        for (name, path) in &verdict.broken {
            println!("{fault:?} breaks {name} by {path:?}");
        }
    }
}
