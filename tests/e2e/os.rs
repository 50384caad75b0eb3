//! Phones that are too old: refused by themselves before anything is spent, and by the issuer if they ask all the same.

use serde_json::json;
use shared::vci::error::Reason;
use tests::world::{Phone, Plan, World, parts};
use wallet::acquire::refusal::ActivateError;
use wallet::device::{DeviceDescription, DeviceName, Platform, Requirements, Version};
use wallet::phone::{Parts, UnlockedPhone};
use wallet::pin::NewPin;

use crate::wire::{Key, Wire, credential_request};

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_too_old_is_not_even_set_up() {
    for (platform, os, said) in [
        (Platform::Android, "5.1", "Android 5.1 is too old, Android 6.0 is needed"),
        (Platform::Ios, "10.2", "iOS 10.2 is too old, iOS 10.3 is needed"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let device = DeviceDescription {
            name: DeviceName::parse("Stary").unwrap(),
            platform,
            os_version: version(os),
            app_version: version("1.0.0"),
        };
        let pin = NewPin::parse(tests::world::PIN).unwrap();
        let now = tests::world::instant(tests::world::BEGINNING);
        let refusal = UnlockedPhone::create(home.path(), &device, &pin, now, parts()).err().unwrap();
        assert_eq!((refusal.reason(), refusal.to_string().as_str()), ("os_too_old", said));
    }
}

/// A phone of a wallet that asks for nothing by itself.
async fn undemanding(world: &World, platform: Platform, os: &str, app: &str) -> Phone {
    let nothing = Requirements { min_android: version("1"), min_ios: version("1"), min_app: version("0") };
    let parts = Parts { requirements: nothing, ..parts() };
    world.phone_of(parts, "Stary", platform, os, app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_refuses_an_offer_that_asks_for_more_before_any_code_is_sent() {
    let world = World::legacy().await;
    for (platform, os, app, reason) in [
        (Platform::Android, "5.1", "1.0.0", Reason::OsTooOld),
        (Platform::Ios, "10.2", "1.0.0", Reason::OsTooOld),
        (Platform::Android, "14", "0.9", Reason::AppTooOld),
        (Platform::Ios, "17.4", "0.9.9", Reason::AppTooOld),
    ] {
        let slip = world.codes().await;
        let phone = undemanding(&world, platform, os, app).await;
        world.transcript.clear();
        let error = phone.activate(&slip).await.unwrap_err();
        assert!(matches!(&error, ActivateError::PhoneTooOld(said) if said.reason == reason), "{error}");
        assert_eq!(world.asked("/token"), 0, "{platform} {os} {app}");

        // After an update the same slip opens the card.
        let updated = DeviceDescription {
            name: DeviceName::parse("Odnowiony").unwrap(),
            platform,
            os_version: version("15"),
            app_version: version("1.0.0"),
        };
        phone.online.phone().describe(&updated).unwrap();
        phone.activate(&slip).await.unwrap();
        let device = world.office.card(&slip.card_id).await["devices"][0]["device"].clone();
        assert_eq!((&device["name"], &device["os_version"]), (&json!("Odnowiony"), &json!("15.0")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_refuses_a_phone_that_says_that_it_is_too_old_and_burns_nothing() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let wire = Wire::of(&world);
    let (key, token) = (Key::fresh(), wire.access(&slip).await);
    let device = |platform: &str, os: &str, app: &str| json!({ "name": "Stary", "platform": platform, "os_version": os, "app_version": app });
    let nonce = wire.nonce().await;
    let mut request = credential_request(&wire.proof(&key, &nonce));
    for (platform, os, app, reason) in [
        ("android", "5.1.1", "1.0.0", "os_too_old"),
        ("ios", "10.2", "1.0.0", "os_too_old"),
        ("android", "6.0", "0.9", "app_too_old"),
        ("ios", "10.3", "0.9.9", "app_too_old"),
        ("android", "rubbish", "1.0.0", "os_too_old"),
        ("symbian", "1", "0.1", "app_too_old"),
    ] {
        request["mleg_device"] = device(platform, os, app);
        let reply = wire.ask(&token, &request).await;
        reply.refused(&format!("{platform} {os} {app}"), 400, "credential_request_denied", reason);
    }
    assert!(world.office.card(&slip.card_id).await["devices"].as_array().unwrap().is_empty());
    assert_eq!(world.office.slip_state(&slip).await["state"], "ready");

    // Token and nonce are as good as before.
    request["mleg_device"] = device("android", "6.0", "1.0.0");
    assert_eq!(wire.ask(&token, &request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_may_ask_for_more_than_others() {
    let overrides = json!({ "min_android": "14.1" });
    let world = World::of(Plan { overrides, ..Plan::of("legacy-2019") }).await;
    let slip = world.codes().await;
    let error = world.phone("Pixel").await.activate(&slip).await.unwrap_err();
    assert_eq!(error.reason(), "os_too_old");
    world.phone_like("iPhone", Platform::Ios, "17.4", "1.0.0").await.activate(&slip).await.unwrap();
}
