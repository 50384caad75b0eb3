//! Phones that another version of the program has left: an older one is read, a newer one is refused and stays as it is.

use std::path::Path;

use serde_json::{Value, json};
use tests::world::{World, parts};
use wallet::phone::LockedPhone;

/// What the mark of a phone says.
fn mark(home: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(home.join("phone.json")).unwrap()).unwrap()
}

fn set_mark(home: &Path, mark: &Value) {
    std::fs::write(home.join("phone.json"), mark.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_phone_is_read_and_a_newer_one_refused_untouched() {
    let world = World::legacy().await;
    let phone = world.phone("Pixel").await;
    let card = phone.activate(&world.codes().await).await.unwrap();
    let home = phone.home.clone();
    drop(phone);
    let known = mark(&home);

    // The first version's mark said nothing of the app.
    set_mark(&home, &json!({ "version": 1 }));
    let phone = world.reopen(&home).await;
    assert!(phone.standing(&card.id).await.is_valid());
    drop(phone);

    let later = json!({ "version": 99, "app": known["app"], "later": true });
    set_mark(&home, &later);
    let refused = loop {
        match LockedPhone::open(&home, parts()).err().unwrap() {
            wallet::phone::OpenError::InUse => tokio::task::yield_now().await,
            refused => break refused,
        }
    };
    assert_eq!(refused.reason(), "phone_newer");
    assert_eq!(mark(&home), later, "nothing was changed");

    // The program that knows it finds everything there.
    set_mark(&home, &known);
    let phone = world.reopen(&home).await;
    assert_eq!(phone.cards().await, 1);
    assert!(phone.standing(&card.id).await.is_valid());
}
