//! What the simulated element promises about PINs, tries and erasure.

use jiff::SignedDuration;

use super::super::TRY_LIMIT;
use super::*;
use crate::testing::TestEntropy;

const RIGHT: &str = "493027";
const WRONG: &str = "493028";

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

fn open(dir: &Path, seed: u64) -> SimulatedElement {
    SimulatedElement::open(dir, Arc::new(TestEntropy::new(seed)), PinCost::FOR_TESTS).unwrap()
}

fn provisioned(dir: &Path) -> SimulatedElement {
    let element = open(dir, 1);
    element.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
    element
}

fn start() -> Timestamp {
    "2026-11-21T18:30:00Z".parse().unwrap()
}

fn tries_left(element: &SimulatedElement, now: Timestamp) -> u8 {
    match element.standing(now).unwrap() {
        Standing::Ready { tries_left, .. } => tries_left,
        other => panic!("expected a ready element, got {other:?}"),
    }
}

/// Tries wrong PINs, waiting out every delay, until the final lock; yields when it fell.
fn guess_until_erased(element: &SimulatedElement) -> (u8, Timestamp) {
    let (mut now, mut tries) = (start(), 0);
    loop {
        tries += 1;
        match element.unlock(&pin(WRONG), now).err().unwrap() {
            PinRefusal::WrongPin { tries_left, wait } => {
                assert_eq!(tries_left, TRY_LIMIT - tries);
                now += wait;
            }
            PinRefusal::Erased => return (tries, now),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_blank_element_does_not_unlock() {
    let dir = tempfile::tempdir().unwrap();
    let element = open(dir.path(), 1);
    assert_eq!(element.standing(start()).unwrap(), Standing::Blank);
    let refusal = element.unlock(&pin(RIGHT), start()).err().unwrap();
    assert!(matches!(refusal, PinRefusal::Element(ElementError::Blank)));
}

#[test]
fn the_right_pin_always_yields_the_same_store_key() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let first = *element.unlock(&pin(RIGHT), start()).unwrap().store_key().expose();
    drop(element);
    let again = open(dir.path(), 2);
    assert_eq!(again.unlock(&pin(RIGHT), start()).unwrap().store_key().expose(), &first);
}

#[test]
fn two_elements_behind_one_pin_share_nothing() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (provisioned(one.path()), open(two.path(), 2));
    two.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
    let key =
        |element: &SimulatedElement| *element.unlock(&pin(RIGHT), start()).unwrap().store_key().expose();
    assert_ne!(key(&one), key(&two));
}

#[test]
fn a_right_pin_resets_the_count() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    for _ in 0..3 {
        assert!(element.unlock(&pin(WRONG), start()).is_err());
    }
    assert_eq!(tries_left(&element, start()), TRY_LIMIT - 3);
    assert!(element.unlock(&pin(RIGHT), start()).is_ok());
    assert_eq!(tries_left(&element, start()), TRY_LIMIT);
}

#[test]
fn a_try_during_a_delay_is_not_looked_at_not_even_a_right_one() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    for _ in 0..4 {
        assert!(element.unlock(&pin(WRONG), start()).is_err());
    }
    let until = start() + SignedDuration::from_secs(30);
    let early = until - SignedDuration::from_secs(1);
    for _ in 0..20 {
        let refusal = element.unlock(&pin(RIGHT), early).err().unwrap();
        assert!(matches!(refusal, PinRefusal::Wait { until: at } if at == until), "{refusal}");
    }
    assert_eq!(tries_left(&element, early), TRY_LIMIT - 4);
    assert!(element.unlock(&pin(RIGHT), until).is_ok());
}

#[test]
fn a_clock_turned_back_restarts_the_delay_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    for _ in 0..4 {
        assert!(element.unlock(&pin(WRONG), start()).is_err());
    }
    let earlier = start() - SignedDuration::from_hours(24);
    assert!(matches!(element.unlock(&pin(RIGHT), earlier), Err(PinRefusal::Wait { .. })));
    drop(element);
    let element = open(dir.path(), 2);
    let soon = earlier + SignedDuration::from_secs(29);
    assert!(matches!(element.unlock(&pin(RIGHT), soon), Err(PinRefusal::Wait { .. })));
    assert!(element.unlock(&pin(RIGHT), earlier + SignedDuration::from_secs(30)).is_ok());
}

#[test]
fn the_tenth_wrong_pin_erases_secret_and_keys_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let session = element.unlock(&pin(RIGHT), start()).unwrap();
    let handle = session.generate_key(&TestEntropy::new(9)).unwrap();
    let before = fs::read_to_string(dir.path().join("element.json")).unwrap();
    assert!(before.contains("root"));

    let (tries, now) = guess_until_erased(&element);
    assert_eq!(tries, TRY_LIMIT);
    // At once, and not only when somebody tries again.
    assert!(!fs::read_to_string(dir.path().join("element.json")).unwrap().contains("root"));
    assert_eq!(fs::read_dir(dir.path().join("keys")).unwrap().count(), 0);
    assert!(matches!(session.sign(&handle, b"x"), Err(ElementError::NoSuchKey)));
    assert!(matches!(element.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
    drop((session, element));
    let again = open(dir.path(), 2);
    assert!(matches!(again.standing(now).unwrap(), Standing::Erased));
    assert!(matches!(again.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
}

#[test]
fn a_kill_between_count_and_check_does_not_give_the_try_back() {
    let dir = tempfile::tempdir().unwrap();
    drop(provisioned(dir.path()));
    for killed in 1..=3 {
        let element = open(dir.path(), killed);
        // As far as `unlock` gets before it looks at the PIN; then the process is gone.
        element.count_try(start()).unwrap();
        drop(element);
        let left = TRY_LIMIT - u8::try_from(killed).unwrap();
        assert_eq!(tries_left(&open(dir.path(), 9), start()), left);
    }
}

#[test]
fn nothing_is_said_about_a_pin_whose_try_cannot_be_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    // In the way of the file's next version, so that no count can be written.
    let obstacle = dir.path().join("element.json.new");
    fs::create_dir(&obstacle).unwrap();
    for text in [RIGHT, WRONG] {
        let refusal = element.unlock(&pin(text), start()).err().unwrap();
        assert_eq!(refusal.reason(), "element_io", "{text}");
    }
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(tries_left(&element, start()), TRY_LIMIT);
    assert!(element.unlock(&pin(RIGHT), start()).is_ok());
}

#[test]
fn a_kill_between_the_last_count_and_the_erasure_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let mut now = start();
    for _ in 1..TRY_LIMIT {
        if let Err(PinRefusal::WrongPin { wait, .. }) = element.unlock(&pin(WRONG), now) {
            now += wait;
        }
    }
    assert_eq!(tries_left(&element, now), 1);
    element.count_try(now).unwrap();
    drop(element);
    let element = open(dir.path(), 2);
    assert!(matches!(element.standing(now).unwrap(), Standing::Erased));
    assert!(matches!(element.unlock(&pin(RIGHT), now), Err(PinRefusal::Erased)));
    assert!(!fs::read_to_string(dir.path().join("element.json")).unwrap().contains("root"));
}

#[test]
fn a_new_pin_replaces_the_old_one_and_keeps_keys() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let session = element.unlock(&pin(RIGHT), start()).unwrap();
    let handle = session.generate_key(&TestEntropy::new(9)).unwrap();
    let new = NewPin::parse("720394").unwrap();

    let refusal = element.change_pin(&pin(WRONG), &new, start()).unwrap_err();
    assert!(matches!(refusal, PinRefusal::WrongPin { tries_left: 9, .. }));
    element.change_pin(&pin(RIGHT), &new, start()).unwrap();

    assert!(element.unlock(&pin(RIGHT), start()).is_err());
    let later = element.unlock(new.pin(), start()).unwrap();
    assert_eq!(later.store_key().expose(), session.store_key().expose());
    assert_eq!(later.public_key(&handle).unwrap(), session.public_key(&handle).unwrap());
}

#[test]
fn provisioning_anew_leaves_nothing_of_before() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let session = element.unlock(&pin(RIGHT), start()).unwrap();
    let handle = session.generate_key(&TestEntropy::new(7)).unwrap();
    element.provision(&NewPin::parse(RIGHT).unwrap()).unwrap();
    let fresh = element.unlock(&pin(RIGHT), start()).unwrap();
    assert_ne!(fresh.store_key().expose(), session.store_key().expose());
    assert!(matches!(fresh.sign(&handle, b"x"), Err(ElementError::NoSuchKey)));
}

#[test]
fn one_handle_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let element = provisioned(dir.path());
    let second = SimulatedElement::open(dir.path(), Arc::new(TestEntropy::new(2)), PinCost::FOR_TESTS);
    assert!(matches!(second, Err(ElementError::InUse)));
    drop(element);
    assert!(SimulatedElement::open(dir.path(), Arc::new(TestEntropy::new(2)), PinCost::FOR_TESTS).is_ok());
}
