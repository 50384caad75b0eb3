//! Paths of the model, replayed against the real issuer.

use tests::model::Client::{First, Second, Stranger};
use tests::model::walk::{covering, telling};
use tests::model::{
    Action, Bounds, CodeChoice, Config, NonceChoice, Reply, Source, State, TokenChoice, TxCode,
};
use tests::world::Plan;

use crate::replay::Replay;

/// How many walks are drawn, and how many steps each has.
const DRAWN: u64 = 400;
const LENGTH: usize = 40;

/// The issuer counts to five, and everything else may happen.
fn two_places_on_paper() -> Config {
    let paper = Config::paper();
    let bounds = Bounds {
        phones: 2,
        grants: 4,
        devices: 4,
        certificates: 6,
        requests: 2,
        ticks: 2,
        confirmations: 1,
        failures: issuer::issuance::grant::MAX_FAILURES,
        whole_card: true,
        again: true,
    };
    Config { stranger: true, over_the_air: true, bounds, ..paper }
}

fn one_place() -> Config {
    Config { limit: 1, over_the_air: false, ..two_places_on_paper() }
}

fn portal() -> Config {
    Config { asks_code: false, stranger: false, ..two_places_on_paper() }
}

/// Stories that walks seldom tell, with the rules under which they happen.
fn stories() -> Vec<(String, Vec<Action>)> {
    use Action::{Ask, Confirm, FetchList, Finish, MakeSlip, Refresh, RevokeDevice};
    let redeem = |client, grant| {
        let (code, tx_code) = (CodeChoice::Current, TxCode::Right);
        Action::Redeem { client, grant, code, tx_code, reply: Reply::Arrives }
    };
    let wrong = Action::Redeem {
        client: Stranger,
        grant: 0,
        code: CodeChoice::Current,
        tx_code: TxCode::Wrong,
        reply: Reply::Arrives,
    };
    let ask = |client, grant| Ask { client, grant, token: TokenChoice::Current, nonce: NonceChoice::Fresh };
    let spent = |client, grant, certificate| {
        let nonce = NonceChoice::SpentOn(certificate);
        Ask { client, grant, token: TokenChoice::Current, nonce }
    };
    let finish = |certificate| Finish { certificate };
    let slip = MakeSlip(Source::Order);
    let refresh = Refresh { grant: 0, reply: Reply::Arrives };
    let activate = [redeem(First, 0), ask(First, 0), finish(0)];
    let stories = [
        (
            "three slips race for two places",
            vec![
                slip,
                slip,
                redeem(First, 0),
                redeem(Second, 1),
                redeem(First, 2),
                ask(First, 0),
                ask(Second, 1),
                ask(First, 2),
                finish(0),
                ask(First, 2),
                finish(1),
                ask(First, 2),
            ],
        ),
        (
            "two requests sign the same certificate",
            vec![redeem(First, 0), ask(First, 0), ask(First, 0), finish(0), finish(0), spent(First, 0, 0)],
        ),
        (
            "the card changes while two requests sign",
            vec![
                redeem(First, 0),
                ask(First, 0),
                ask(First, 0),
                Confirm,
                finish(0),
                finish(0),
                ask(First, 0),
            ],
        ),
        (
            "an old request comes again after a renewal",
            [
                &activate[..],
                &[
                    refresh,
                    spent(First, 0, 0),
                    Confirm,
                    ask(First, 0),
                    finish(1),
                    spent(First, 0, 0),
                    ask(First, 0),
                ],
            ]
            .concat(),
        ),
        (
            "revocation overtakes a renewal, and everything is listed",
            [
                &activate[..],
                &[
                    FetchList,
                    Confirm,
                    refresh,
                    ask(First, 0),
                    RevokeDevice { device: 0 },
                    finish(1),
                    FetchList,
                ],
            ]
            .concat(),
        ),
        (
            "a device that was taken off asks with its old request",
            [
                &activate[..],
                &[RevokeDevice { device: 0 }, spent(First, 0, 0), ask(First, 0), redeem(First, 0)],
            ]
            .concat(),
        ),
        (
            "the fifth wrong code kills, and the right one comes too late",
            vec![wrong, wrong, wrong, wrong, wrong, redeem(First, 0), wrong, Action::Offer { grant: 0 }],
        ),
    ];
    stories.into_iter().map(|(name, path)| (name.to_owned(), path)).collect()
}

/// What the replay can do: the sweep settles everything that is prepared, so it is taken where that is one.
fn fit(state: &State, action: Action) -> bool {
    use tests::model::CertificateState::Prepared;
    let prepared = state.certificates.iter().filter(|certificate| certificate.state == Prepared).count();
    !matches!(action, Action::Sweep { .. }) || prepared == 1
}

/// `MLEG_MODEL_SEED`, or a fixed one; it is printed with every walk.
fn seed() -> u64 {
    number("MLEG_MODEL_SEED").unwrap_or(20_267_122)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// Replays paths on one issuer; they must show at least so many kinds of steps.
async fn follow(
    config: Config,
    database: impl Fn(Plan) -> Option<Plan>,
    paths: &[(String, Vec<Action>)],
    kinds: usize,
) {
    let Some(plan) = database(Replay::plan(&config)) else { return };
    let mut replay = Replay::new(plan, config).await;
    let mut steps = 0;
    for (name, path) in paths {
        steps += replay.follow(name, path).await;
    }
    println!("{} paths, {steps} steps of {} kinds", paths.len(), replay.shown.len());
    assert!(
        replay.shown.len() >= kinds,
        "{} kinds of steps were made: {:#?}",
        replay.shown.len(),
        replay.shown
    );
}

/// The most telling of [`DRAWN`] walks from a seed on, as many as `MLEG_MODEL_WALKS` says.
fn walks(config: &Config, usual: u64) -> Vec<(String, Vec<Action>)> {
    let (first, count) = (seed(), number("MLEG_MODEL_WALKS").unwrap_or(usual));
    let chosen = telling(config, first..first + DRAWN.max(count), count as usize, LENGTH, fit);
    chosen.into_iter().map(|(seed, path)| (format!("seed {seed}"), path)).collect()
}

/// Paths with every pair of kinds that `depth` steps can show.
fn all_pairs(config: &Config, depth: usize) -> Vec<(String, Vec<Action>)> {
    let paths = covering(config, depth, fit);
    paths.into_iter().enumerate().map(|(n, path)| (format!("pair path {n}"), path)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stories_go_as_the_model_says_on_sqlite() {
    follow(two_places_on_paper(), Some, &stories(), 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stories_go_as_the_model_says_on_postgresql() {
    follow(two_places_on_paper(), Plan::on_postgres, &stories(), 20).await;
}

/// Where one commit does what two did, nothing is left to finish.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stories_go_as_the_model_says_in_one_commit() {
    let mut stories = stories();
    for (_, path) in &mut stories {
        path.retain(|action| !matches!(action, Action::Finish { .. }));
    }
    follow(two_places_on_paper().in_one_commit(), Some, &stories, 15).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_go_as_the_model_says_in_one_commit() {
    let config = two_places_on_paper().in_one_commit();
    let paths = walks(&config, 10);
    follow(config, Some, &paths, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_on_postgresql_go_as_the_model_says_in_one_commit() {
    let config = one_place().in_one_commit();
    let paths = walks(&config, 6);
    follow(config, Plan::on_postgres, &paths, 45).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_pair_of_steps_is_answered_as_the_model_says() {
    let config = two_places_on_paper();
    let paths = all_pairs(&config, number("MLEG_MODEL_DEPTH").map_or(2, |depth| depth as usize));
    follow(config, Some, &paths, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_with_two_places_go_as_the_model_says() {
    let config = two_places_on_paper();
    let paths = walks(&config, 12);
    follow(config, Some, &paths, 65).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_with_one_place_go_as_the_model_says() {
    let config = one_place();
    let paths = walks(&config, 12);
    follow(config, Some, &paths, 65).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_on_the_portal_go_as_the_model_says() {
    let config = portal();
    let paths = walks(&config, 8);
    follow(config, Some, &paths, 55).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn walks_on_postgresql_go_as_the_model_says() {
    let config = two_places_on_paper();
    let paths = walks(&config, 6);
    follow(config, Plan::on_postgres, &paths, 65).await;
}
