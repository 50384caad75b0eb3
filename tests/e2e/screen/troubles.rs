//! Every screen of trouble, reached by its real cause. Which test reaches which stands in the table below; each test is
//! held to its line, and the lines together to what the phone knows.

mod checks;
mod issuers;
mod junior;
mod phones;
mod pictures;
mod slips;

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::clock::Clock;
use tests::network::Meddled;
use tests::office::Slip;
use tests::table::{Laid, Screen, Table};
use tests::world::World;
use wallet::store::{MemoryStores, Stores};
use wallet::transport::{Response, Transport};

macro_rules! reached {
    ($($module:ident::$test:ident: $($word:literal)+;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let mut seen = Seen::default();
                $module::$test(&mut seen).await;
                assert_eq!(seen.0, BTreeSet::from([$($word),+]), "another screen than the table says");
            }
        )*

        #[test]
        fn every_trouble_is_reached_by_its_cause() {
            let reached = BTreeSet::from([$($($word),+),*]);
            let known: BTreeSet<_> = wallet::screen::troubles().collect();
            assert_eq!(reached, known, "left: what tests reach; right: what phones can show");
        }
    };
}

reached! {
    pictures::pictures_without_an_offer: "no_code" "bad_picture" "large_picture" "not_an_offer" "broken_offer" "several_offers";
    slips::wrong_codes_until_the_slip_is_dead: "wrong_code" "slip_dead";
    slips::slips_that_open_nothing_any_more: "cancelled" "replaced" "unknown_slip" "already_held" "slip_expired";
    slips::a_slip_that_another_phone_has_used: "other_device" "used";
    slips::the_sixth_phone_is_told_of_the_limit_and_gets_in_when_there_is_room: "slots_full";
    slips::a_school_card_that_is_over_meanwhile: "card_expired";
    slips::a_school_card_that_is_void_meanwhile: "cancelled" "no_network" "card_void";
    slips::a_school_whose_agreement_has_ended: "no_agreement";
    slips::a_card_that_is_revoked_before_it_was_kept: "no_network" "revoked";
    issuers::an_issuer_that_the_phone_does_not_know: "untrusted_issuer";
    issuers::an_issuer_whose_documents_are_anothers: "unusable_issuer";
    issuers::no_network_and_a_busy_server_lose_nothing: "no_network" "server_busy";
    issuers::somebody_else_at_the_issuers_address: "unsafe_network";
    issuers::an_answer_that_was_cut_off: "nonsense";
    issuers::a_phone_whose_clock_the_issuer_does_not_believe: "refused";
    issuers::a_card_that_somebody_changed_on_the_way_is_refused_and_not_kept: "card_refused";
    phones::apps_and_systems_that_are_too_old: "app_too_old" "os_too_old";
    phones::a_clock_that_was_set_back: "clock_behind";
    phones::whoever_steps_over_the_terms: "terms";
    phones::files_of_another_phone_and_of_yesterday: "copied" "rolled_back";
    phones::ten_wrong_passwords: "erased";
    phones::a_phone_that_another_program_has_open: "in_use";
    phones::a_phone_of_a_later_version: "newer";
    phones::a_disk_without_room: "disk_full";
    phones::a_disk_that_cannot_be_read: "damaged";
    checks::requests_that_lead_nowhere: "request_over" "not_a_request" "bad_request";
    checks::a_phone_with_nothing_to_show: "nothing_to_show";
    checks::an_answer_that_the_verifier_refuses: "answer_refused";
    checks::codes_that_a_phone_does_not_show: "not_of_age" "no_copies" "not_to_show";
    checks::an_inspector_without_data: "no_network" "no_data";
    junior::sign_ins_of_juniors: "sign_in_failed" "other_pupil" "second_pupil" "sign_in_needed";
}

/// The troubles that a test has come to.
#[derive(Default)]
struct Seen(BTreeSet<&'static str>);

impl Seen {
    /// That is what is shown now.
    #[track_caller]
    fn shows(&mut self, screen: &Screen, trouble: &'static str) {
        assert_eq!(screen.trouble(), trouble, "{}", screen.html);
        self.0.insert(trouble);
    }
}

/// A desk with so many phones beside a world's issuer, in surroundings of its own.
async fn desk(
    world: &World,
    phones: u8,
    clock: Arc<dyn Clock>,
    network: Arc<dyn Transport>,
    stores: Arc<dyn Stores>,
) -> Table {
    let issuer = world.base().to_owned();
    Table::lay(Laid { phones, issuer, clock, network, stores, refresh_every: None }).await
}

async fn table(world: &World, phones: u8) -> Table {
    table_on(world, phones, Arc::new(MemoryStores::default())).await
}

/// The same, where documents are kept in `stores`.
async fn table_on(world: &World, phones: u8, stores: Arc<dyn Stores>) -> Table {
    desk(world, phones, Arc::clone(&world.clock) as Arc<dyn Clock>, world.network(), stores).await
}

/// The same, with somebody on the way who changes answers.
async fn meddled(world: &World, meddle: impl Fn(&str, &mut Response) + Send + Sync + 'static) -> Table {
    let network = Arc::new(Meddled::new(world.network(), meddle));
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let table = desk(world, 1, clock, network, Arc::new(MemoryStores::default())).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    table
}

/// A phone that stands where codes are read.
async fn scanner(world: &World) -> Table {
    let table = table(world, 1).await;
    table.set_up(1).await;
    table.to_scanner(1).await;
    table
}

/// Types a slip's code.
async fn types(table: &Table, slip: &Slip) -> Screen {
    types_text(table, &slip.typed_code).await
}

async fn types_text(table: &Table, text: &str) -> Screen {
    table.press(1, "type", &[]).await;
    table.press(1, "typed", &[("typed", text)]).await
}

async fn retry_offer(table: &Table, slip: &Slip) -> Screen {
    table.to_scanner(1).await;
    types(table, slip).await
}
