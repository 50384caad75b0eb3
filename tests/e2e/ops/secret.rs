//! A new master secret while slips, tokens and phones of the old one are out.

use issuer::app::SystemEntropy;
use issuer::keeping;
use issuer::master_secret::MasterSecret;
use tests::world::{Plan, World};
use wallet::refresh::Outcome;

use crate::wire::{Key, Wire, another_code};

/// Changes the secret while nothing runs, and starts again.
async fn change(world: &World) {
    world.kill_issuer();
    let data = world.given().data_dir();
    let secret = MasterSecret::read(&data).unwrap();
    secret.changed(world.now(), &SystemEntropy).write(&data).unwrap();
    world.restart_issuer().await;
}

async fn what_is_out_counts_on(plan: Plan) {
    let world = World::of(plan).await;
    let phone = world.phone("Pixel 9").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let [slip, typed, tried, late] =
        [world.codes().await, world.codes().await, world.codes().await, world.codes().await];
    let wire = Wire::of(&world);
    for n in 0..2 {
        let code = wire.code(&tried).await;
        wire.token(&code, Some(&another_code(&tried, n))).await.refused(
            "before",
            400,
            "invalid_grant",
            "wrong_code",
        );
    }
    // A phone is between its token and its card when the secret is changed.
    let token = wire.access(&slip).await;
    let nonce = wire.nonce().await;

    change(&world).await;
    let key = Key::fresh();
    let reply = wire.credential(&token, &wire.proof(&key, &nonce)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let second = world.phone("Galaxy").await;
    second.activate_typed(&typed).await.unwrap();
    for n in 2..5 {
        let code = wire.code(&tried).await;
        let reason = if n == 4 { "locked" } else { "wrong_code" };
        wire.token(&code, Some(&another_code(&tried, n))).await.refused(
            "after",
            400,
            "invalid_grant",
            reason,
        );
    }
    assert_eq!(phone.refresh(&card.id).await.unwrap().outcome, Outcome::Unchanged);
    // The office's token from before was used for all of this; what is made from now on rests on the new secret.
    let fresh = world.codes().await;
    let rests = keeping::rests_on(world.given(), world.now(), world.now()).await.unwrap();
    assert!(rests.changed && rests.slips > 0 && rests.tokens > 0 && rests.phones > 0, "{rests:?}");

    // Once more, and both are known; until the first is forgotten.
    change(&world).await;
    wire.access(&late).await;
    let third = world.phone("Nokia").await;
    third.activate(&fresh).await.unwrap();
    world.kill_issuer();
    let data = world.given().data_dir();
    MasterSecret::read(&data).unwrap().forgetting().write(&data).unwrap();
    world.restart_issuer().await;
    assert_eq!(wire.offer(&late).await.status, 404, "a slip of a secret that was forgotten is nobody's");
    assert!(phone.standing(&card.id).await.is_valid(), "cards do not rest on it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_counts_on_when_the_master_secret_is_changed() {
    what_is_out_counts_on(Plan::of("legacy-2019")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_cut_off_is_finished_or_was_never_begun() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    world.kill_issuer();
    let data = world.given().data_dir();
    let old = std::fs::read(data.join("master-secret")).unwrap();
    // Cut off before the new file had its name: the old one is there.
    std::fs::write(data.join("master-secret.new"), &old[..20]).unwrap();
    world.restart_issuer().await;
    assert_eq!(Wire::of(&world).offer(&slip).await.status, 200);
    // Cut off after that: the books have not followed, and do when they are next opened.
    world.kill_issuer();
    MasterSecret::read(&data).unwrap().changed(world.now(), &SystemEntropy).write(&data).unwrap();
    let rests = keeping::rests_on(world.given(), world.now(), world.now()).await.unwrap();
    assert!(!rests.changed, "nothing may be forgotten yet");
    world.restart_issuer().await;
    assert!(keeping::rests_on(world.given(), world.now(), world.now()).await.unwrap().changed);
    world.restart_issuer().await;
    assert_eq!(Wire::of(&world).activate(&slip, &Key::fresh()).await.status, 200);
    // Another installation's secret opens nothing, whatever it has followed.
    world.kill_issuer();
    MasterSecret::fresh(&SystemEntropy).changed(world.now(), &SystemEntropy).write(&data).unwrap();
    let refused = issuer::app::App::open(world.given(), &world.surroundings()).await;
    assert!(matches!(refused, Err(issuer::app::AppError::ForeignDatabase)));
    std::fs::write(data.join("master-secret"), old).unwrap();
}
