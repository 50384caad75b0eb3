//! The holder's code, from the issuer's statement to every verdict, under the shared clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use issuer::app::SystemEntropy;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::{Clock as _, ManualClock};
use shared::holder_code::{
    Content, HolderClock, Proves, Purpose, UnsignedCode, UnverifiedCredential, window_of,
};
use shared::presentation::time::CorrectedTime;
use shared::presentation::trust_list::TrustListFault;
use shared::presentation::verdict::{Outcome, Reason};
use shared::qr::render;
use shared::vci::CONFIGURATION_CODE;
use shared::x509::chain::TrustAnchor;
use tests::network::Meddled;
use tests::world::{Phone, Plan, World};
use wallet::acquire::copies::WANTED;
use wallet::acquire::event::Unobserved;
use wallet::documents::CardId;
use wallet::online::Surroundings;
use wallet::present::code;
use wallet::transport::{Response, Transport};
use wallet::verify::folder::InspectorFolder;
use wallet::verify::offline::Inspector;
use wallet::verify::update::update;

use crate::wire::{Key, Wire};

/// A phone that holds statements for codes, and an inspector's device whose clock is its own.
struct Door {
    world: World,
    key: Key,
    statements: Value,
    card: String,
    clock: Arc<ManualClock>,
    inspector: Inspector,
    folder: tempfile::TempDir,
}

/// A new card's statements for `key`, and the card.
async fn issue(world: &World, key: &Key) -> (String, Value) {
    let slip = world.slip_for_a_pupil().await;
    let wire = Wire::of(world);
    let token = wire.access(&slip).await;
    let proof = wire.proof(key, &wire.nonce().await);
    let request = json!({ "credential_configuration_id": CONFIGURATION_CODE, "proofs": { "jwt": [proof] } });
    let reply = wire.ask(&token, &request).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    (slip.card_id, reply.body["credentials"][0]["credential"].clone())
}

impl Door {
    /// Everything set up; the inspector's clock is `off` seconds ahead of the world's.
    async fn set_up(off: i64) -> Self {
        Self::in_world(World::legacy().await, off).await
    }

    async fn in_world(world: World, off: i64) -> Self {
        let key = Key::fresh();
        let (card, statements) = issue(&world, &key).await;
        let root = TrustAnchor::from_der(&world.fetch("/pki/ca/root.cer").await).unwrap();
        let clock = Arc::new(ManualClock::new(world.now() + SignedDuration::from_secs(off)));
        Self {
            card,
            inspector: Inspector::default().believing(root),
            folder: tempfile::tempdir().unwrap(),
            world,
            key,
            statements,
            clock,
        }
    }

    /// Lets time pass for everybody.
    fn pass(&self, seconds: i64) {
        let by = SignedDuration::from_secs(seconds);
        self.world.at(&(self.world.now() + by).to_string());
        self.clock.advance(by);
    }

    /// The inspector fetches what is new.
    async fn update(&mut self) {
        let clock = Arc::clone(&self.clock);
        let surroundings = Surroundings::new(clock, Arc::new(SystemEntropy), self.world.network());
        let url = format!("{}/pki/trust-list", self.world.base()).parse().unwrap();
        let folder = InspectorFolder::new(self.folder.path());
        let updated = update(&mut self.inspector, &folder, &url, &surroundings).await.unwrap();
        assert!(matches!(updated.time, Some(Ok(()))), "{updated:?}");
        assert_eq!(updated.lists.len(), 1, "{updated:?}");
        assert!(updated.lists.iter().all(|(_, outcome)| outcome.is_ok()), "{updated:?}");
    }

    fn statement(&self, purpose: Purpose) -> Vec<u8> {
        BASE64.decode(self.statements[purpose.name()].as_str().unwrap()).unwrap()
    }

    /// The code that the phone shows at this moment; it knows the time.
    fn code(&self, purpose: Purpose) -> String {
        self.code_at(purpose, self.world.now(), HolderClock::Corrected, &self.key)
    }

    fn code_at(&self, purpose: Purpose, at: Timestamp, clock: HolderClock, key: &Key) -> String {
        let unsigned = UnsignedCode::new(&self.statement(purpose), window_of(at), clock).unwrap();
        let signature = key.sign_bytes(unsigned.as_bytes());
        unsigned.finish(signature)
    }

    /// The verdict on `code` at this moment.
    fn judge(&mut self, code: &str) -> (Outcome, Option<Reason>) {
        let verdict = self.inspector.verify(code, self.clock.now(), None).verdict;
        (verdict.outcome, verdict.reason)
    }

    fn judge_now(&mut self) -> (Outcome, Option<Reason>) {
        let code = self.code(Purpose::Ticket);
        self.judge(&code)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_valid_however_far_the_clocks_are_apart_and_only_once() {
    for off in [0, 150, -7200, 400_000_000] {
        let mut door = Door::set_up(off).await;
        // Before the first update nobody is believed.
        let code = door.code(Purpose::Ticket);
        assert_eq!(door.judge(&code), (Outcome::NotTrusted, Some(Reason::UnknownSigner)));
        door.update().await;
        assert_eq!(door.judge(&code), (Outcome::Valid, None), "{off}");
        let made_at = window_of(door.world.now());
        assert_eq!(door.judge(&code), (Outcome::CodeTooOld { made_at }, Some(Reason::SeenBefore)));
        door.pass(15);
        assert_eq!(door.judge_now(), (Outcome::Valid, None));
        // A picture of it, half a minute later.
        let picture = door.code(Purpose::Library);
        let made_at = window_of(door.world.now());
        door.pass(46);
        assert_eq!(door.judge(&picture), (Outcome::CodeTooOld { made_at }, Some(Reason::Stale)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_purpose_discloses_its_own_part_of_the_card() {
    let mut door = Door::set_up(0).await;
    door.update().await;
    let offered = door.statements.as_object().unwrap().keys().map(|name| name.parse::<Purpose>().unwrap());
    for purpose in offered.collect::<Vec<_>>() {
        door.pass(15);
        // All the way through a picture, as a camera has it.
        let picture = render::png(&door.code(purpose), 4).unwrap();
        let now = door.clock.now();
        let inspection = door.inspector.verify_picture(&picture, now, Some(purpose)).unwrap();
        assert_eq!(inspection.verdict.outcome, Outcome::Valid, "{purpose}");
        let content = inspection.disclosed.unwrap();
        let proves = match purpose {
            Purpose::Ticket | Purpose::Card => Proves::Face,
            Purpose::Library => Proves::Name,
            Purpose::Cinema(_) => Proves::Bearer,
        };
        assert_eq!((content.purpose(), content.proves()), (purpose, proves));
        let said = content.to_json().to_string();
        assert!(!said.contains("personal_administrative_number") && !said.contains("\"address\""), "{said}");
        if let Content::Cinema(limit) = content {
            assert_eq!(said, json!({ "age_equal_or_over": { limit.years().to_string(): true } }).to_string());
        }
    }
    let statement = UnverifiedCredential::parse(&door.statement(Purpose::Ticket)).unwrap();
    assert!(statement.unverified().expires <= door.world.now() + SignedDuration::from_hours(24 * 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phones_code_is_revoked_as_soon_as_the_inspector_knows() {
    let mut door = Door::set_up(150).await;
    door.update().await;
    let device = door.world.office.devices(&door.card, "live").await;
    door.world.office.revoke_device(&device[0], "phone_lost").await;
    door.pass(15);
    // This morning's list cannot know.
    assert_eq!(door.judge_now(), (Outcome::Valid, None));
    door.update().await;
    door.pass(15);
    assert!(matches!(door.judge_now().0, Outcome::Revoked { exact: false, .. }));
    // What was fetched is there again after the device was switched off.
    let root = door.world.fetch("/pki/ca/root.cer").await;
    let roots = door.folder.path().join("roots");
    std::fs::create_dir_all(&roots).unwrap();
    std::fs::write(roots.join("school.der"), root).unwrap();
    door.inspector = InspectorFolder::new(door.folder.path()).open(door.clock.now()).unwrap();
    assert!(matches!(door.judge_now().0, Outcome::Revoked { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_list_of_roots_brings_nobody_back_and_no_time() {
    let mut door = Door::set_up(0).await;
    let old = door.world.fetch("/pki/trust-list").await;
    door.pass(86_400);
    door.update().await;
    let (kept, learnt) = (door.inspector.trust().as_of, door.inspector.correction());
    door.pass(10);
    let served = old.clone();
    let meddled = Meddled::new(door.world.network(), move |path, answer| {
        if path == "/pki/trust-list" {
            answer.body.clone_from(&served);
        }
    });
    let clock = Arc::clone(&door.clock);
    let surroundings = Surroundings::new(clock, Arc::new(SystemEntropy), Arc::new(meddled));
    let url = format!("{}/pki/trust-list", door.world.base()).parse().unwrap();
    let folder = InspectorFolder::new(door.folder.path());
    let refused = update(&mut door.inspector, &folder, &url, &surroundings).await.unwrap_err();
    assert_eq!(refused.reason(), "trust_list_refused");
    assert_eq!((door.inspector.trust().as_of, door.inspector.correction()), (kept, learnt));
    let refused = door.inspector.take_kept_trust_list(str::from_utf8(&old).unwrap()).unwrap_err();
    assert!(matches!(refused, TrustListFault::OlderThanKept { .. }), "{refused}");
    assert_eq!(door.inspector.trust().as_of, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_said() {
    let mut door = Door::set_up(0).await;
    let early = door.world.now();
    door.update().await;
    let admitted = door.code_at(Purpose::Ticket, door.world.now(), HolderClock::Uncorrected, &door.key);
    assert_eq!(door.judge(&admitted), (Outcome::ClockUncertain, Some(Reason::HolderWithoutSignedTime)));
    let ahead = door.world.now() + SignedDuration::from_secs(60);
    let tomorrows = door.code_at(Purpose::Ticket, ahead, HolderClock::Corrected, &door.key);
    assert_eq!(door.judge(&tomorrows), (Outcome::ClockUncertain, Some(Reason::FromTheFuture)));
    let thief = door.code_at(Purpose::Ticket, door.world.now(), HolderClock::Corrected, &Key::fresh());
    assert_eq!(door.judge(&thief), (Outcome::Altered, Some(Reason::HolderSignature)));
    assert_eq!(door.judge("https://school.example"), (Outcome::NotACard, Some(Reason::UnknownForm)));
    // Two days without network: the list has run out.
    door.pass(2 * 86_400);
    let (outcome, reason) = door.judge_now();
    assert!(matches!(outcome, Outcome::UnknownSince { since: Some(since) } if since >= early), "{outcome:?}");
    assert_eq!(reason, Some(Reason::ListOutdated));
    // Six more: the clock may have drifted.
    door.pass(6 * 86_400);
    assert_eq!(door.judge_now(), (Outcome::ClockUncertain, Some(Reason::SignedTimeOld)));
    door.update().await;
    assert_eq!(door.judge_now(), (Outcome::Valid, None));
    // A month: the statement has run out.
    door.pass(30 * 86_400);
    door.update().await;
    assert!(matches!(door.judge_now().0, Outcome::Expired { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_begins_later_is_not_yet_valid() {
    let mut door = Door::set_up(0).await;
    door.pass(5 * 86_400);
    door.key = Key::fresh();
    (door.card, door.statements) = issue(&door.world, &door.key).await;
    // An issuer whose clock ran two days ahead, and was set right.
    door.pass(-2 * 86_400);
    door.update().await;
    let from = UnverifiedCredential::parse(&door.statement(Purpose::Ticket)).unwrap().unverified().not_before;
    assert!(from > door.world.now());
    assert_eq!(door.judge_now(), (Outcome::NotYetValid { from }, None));
    door.pass(3 * 86_400);
    door.update().await;
    assert_eq!(door.judge_now().0, Outcome::Valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_phone_shows_codes_from_its_copies() {
    let mut door = Door::set_up(0).await;
    let phone = door.world.phone("Pixel").await;
    let card = phone.activate(&door.world.codes().await).await.unwrap();
    door.update().await;
    let mut shown = BTreeSet::new();
    for _ in 0..WANTED {
        door.pass(15);
        let now = door.world.now();
        let documents = phone.online.phone().documents();
        let copy = documents.take_copy(&card.id, CONFIGURATION_CODE, now).unwrap().unwrap();
        assert!(copy.first_use);
        let statement = code::statement(&copy.credential, Purpose::Card).unwrap();
        let element = phone.online.phone().element();
        let made = code::make(&statement, &copy.key, element, CorrectedTime::kept_right(now)).unwrap();
        assert_eq!(door.judge(&made.text), (Outcome::Valid, None));
        let claims = UnverifiedCredential::parse(&statement).unwrap().unverified().clone();
        assert!(shown.insert((claims.key, claims.status.idx)), "another key and another place each time");
        let name = claims.content.holder().unwrap().surname.clone();
        assert_eq!(name, phone.show(&card.id).await.card.data().surname);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_hand_that_ends_or_is_put_away_is_followed_by_another() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap().id;
    let take = || phone.online.take_code_in_hand(&card, Purpose::Library);
    let hand = take().await.unwrap();
    let first = phone.online.code_now(&hand).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(24 * 31));
    // Its statement has ended, and the phone has no other yet.
    assert_eq!(phone.online.code_now(&hand).await.unwrap_err().reason(), "copy_over");
    assert_eq!(take().await.unwrap_err().reason(), "no_copy");
    phone.refresh(&card).await.unwrap();
    // Its key is gone.
    assert_eq!(phone.online.code_now(&hand).await.unwrap_err().reason(), "copy_over");
    let next = take().await.unwrap();
    assert!(next.is_fresh());
    assert_ne!(phone.online.code_now(&next).await.unwrap().text, first.text);
    // What is no longer valid is no longer shown, though the copy would be good.
    phone.online.delete(&card, &Unobserved).await.unwrap();
    assert_eq!(phone.online.code_now(&next).await.unwrap_err().reason(), "no_such_card");
}

/// A phone whose own clock is `off` seconds ahead of the world's, with that clock and its card.
async fn phone_that_is_off(
    world: &World,
    off: i64,
    transport: Arc<dyn Transport>,
) -> (Phone, Arc<ManualClock>, CardId) {
    let clock = Arc::new(ManualClock::new(world.now() + SignedDuration::from_secs(off)));
    let surroundings = Surroundings { clock: clock.clone(), transport, ..world.phone_surroundings() };
    let phone = world.phone_in("Pixel", surroundings).await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    (phone, clock, card.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_a_wrong_clock_shows_codes_that_an_inspector_with_another_finds_valid() {
    for off in [150, -150] {
        let mut door = Door::set_up(-off).await;
        let network = door.world.network();
        let (phone, clock, card) = phone_that_is_off(&door.world, off, network).await;
        door.update().await;
        let hand = phone.online.take_code_in_hand(&card, Purpose::Ticket).await.unwrap();
        for _ in 0..2 {
            let shown = phone.online.code_now(&hand).await.unwrap();
            let expected = (HolderClock::Corrected, window_of(door.world.now()));
            assert_eq!((shown.clock, shown.made_at), expected, "{off}");
            assert_eq!(door.judge(&shown.text), (Outcome::Valid, None), "{off}");
            door.pass(15);
            clock.advance(SignedDuration::from_secs(15));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_never_learnt_the_time_says_so_until_it_has() {
    let mut door = Door::set_up(0).await;
    let blocked = Arc::new(AtomicBool::new(true));
    let closed = Arc::clone(&blocked);
    let meddle = move |path: &str, answer: &mut Response| {
        if path.starts_with("/pki/ocsp") && closed.load(Ordering::SeqCst) {
            answer.status = 503;
        }
    };
    let network = Arc::new(Meddled::new(door.world.network(), meddle));
    let (phone, clock, card) = phone_that_is_off(&door.world, 150, network).await;
    door.update().await;
    let hand = phone.online.take_code_in_hand(&card, Purpose::Ticket).await.unwrap();
    let shown = phone.online.code_now(&hand).await.unwrap();
    assert_eq!(shown.clock, HolderClock::Uncorrected);
    assert_eq!(door.judge(&shown.text), (Outcome::ClockUncertain, Some(Reason::HolderWithoutSignedTime)));
    blocked.store(false, Ordering::SeqCst);
    phone.refresh(&card).await.unwrap();
    door.pass(15);
    clock.advance(SignedDuration::from_secs(15));
    let shown = phone.online.code_now(&hand).await.unwrap();
    assert_eq!(door.judge(&shown.text), (Outcome::Valid, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_far_behind_is_no_hindrance_once_it_is_known_how_far() {
    // A sandbox deals with phones whose clocks are hours away.
    let world = World::of(Plan { sandbox: true, ..Plan::of("legacy-2019") }).await;
    let mut door = Door::in_world(world, 0).await;
    let network = door.world.network();
    let (phone, clock, card) = phone_that_is_off(&door.world, -3600, network).await;
    door.update().await;
    assert!(phone.standing(&card).await.is_valid());
    let hand = phone.online.take_code_in_hand(&card, Purpose::Ticket).await.unwrap();
    let shown = phone.online.code_now(&hand).await.unwrap();
    assert_eq!(door.judge(&shown.text), (Outcome::Valid, None));
    // Turned back after that, the clock is as good as unknown.
    clock.advance(SignedDuration::from_secs(-60));
    let refused = phone.online.code_now(&hand).await.unwrap_err();
    assert_eq!(refused.reason(), "clock_behind");
    assert_eq!(phone.standing(&card).await.reason(), "clock_behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_roots_that_nobody_has_renewed_vouches_for_nobody() {
    let mut door = Door::set_up(0).await;
    door.update().await;
    door.inspector = door.inspector.clone().with_right_clock();
    let until = door.inspector.trust().until.unwrap();
    assert_eq!(until, door.world.now() + SignedDuration::from_hours(14 * 24));
    door.pass(14 * 86_400 - 15);
    assert!(matches!(door.judge_now().0, Outcome::UnknownSince { .. }), "its status list is outdated alone");
    door.pass(15);
    assert_eq!(door.judge_now(), (Outcome::NotTrusted, Some(Reason::TrustListOutdated)));
    door.update().await;
    door.pass(15);
    assert_eq!(door.judge_now(), (Outcome::Valid, None));
}
