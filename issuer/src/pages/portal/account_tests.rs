//! Accounts that end while somebody looks at the portal.

use axum::http::StatusCode;
use shared::typed_code::TypedCode;

use super::live_tests::Events;
use super::tests::{attribute, typed};
use crate::audit::Actor;
use crate::pages::testing::House;
use crate::registry::line::Password;
use crate::registry::portal_account::{
    ChangePortalPassword, ClosePortalAccount, FindPortalAccount, LeavePortalAccount, PortalAccountRefusal,
    ReopenPortalAccount, ResetPortalPassword,
};
use crate::registry::staff::HashedPassword;
use crate::store::tables::portal_account::PortalAccount;

impl House {
    async fn account_of(&self, login: &str) -> PortalAccount {
        self.issuance.store.read(FindPortalAccount(login.to_owned())).await.unwrap().unwrap()
    }

    fn some_password(&self) -> HashedPassword {
        let password = Password::parse("cztery zwykłe słowa").unwrap();
        HashedPassword::of(&password, &*self.issuance.entropy).unwrap()
    }
}

#[tokio::test]
async fn the_stream_ends_and_the_code_that_was_seen_dies_with_the_account() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let (mut parent, mut pupil) = (house.portal("r-1111-1111").await, house.portal("u-1111-1111").await);
    let place = format!("/portal/children/{}/applications", house.child(1, 0));
    let html = parent.open(&place).await;
    let seen = typed(&html).unwrap();
    let path = format!("{}?shown={}", attribute(&html, "data-events"), attribute(&html, "data-shown"));
    let mut events = Events::open(&house, &parent, &path).await;
    let mut others = Events::open(&house, &pupil, &path).await;
    assert!(events.is_silent().await && others.is_silent().await);

    let account = house.account_of("r-1111-1111").await.id;
    let act = || house.issuance.act(Actor::System);
    house
        .issuance
        .store
        .write(ClosePortalAccount { account: account.clone(), act: act() })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(events.next().await.0, "over");
    let old = TypedCode::parse(&seen).unwrap();
    assert!(house.issuance.resolve_typed(&old).await.is_err(), "what was seen opens nothing");
    // The pupil's own page goes on, with another code.
    let (name, data) = others.next().await;
    assert_eq!(name, "card");
    let fresh = typed(data["html"].as_str().unwrap()).unwrap();
    assert_ne!(fresh, seen);
    assert_eq!(typed(&pupil.open(&place).await).unwrap(), fresh);
    assert_eq!(parent.get(&place).await.status, StatusCode::SEE_OTHER);

    // Opened again: the old cookie stays worthless, and the child is there.
    let password = house.some_password();
    let login_hash = [7; 32];
    let reopen = ReopenPortalAccount { account: account.clone(), password, login_hash, act: act() };
    let account = house.issuance.store.write(reopen).await.unwrap().unwrap();
    assert!(account.must_change && account.ended_at.is_none());
    assert_eq!(parent.get("/portal").await.location(), "/portal/sign-in?next=%2Fportal");
    let again = ReopenPortalAccount {
        account: account.id.clone(),
        password: house.some_password(),
        login_hash,
        act: act(),
    };
    let refused = house.issuance.store.write(again).await.unwrap();
    assert_eq!(refused.unwrap_err(), PortalAccountRefusal::HasAccount, "it is open");
}

#[tokio::test]
async fn a_stream_about_a_child_that_was_taken_out_ends() {
    let house = House::new().await;
    house.portal_account("r-1111-1111", 1, &[0, 1], false).await;
    let mut parent = house.portal("r-1111-1111").await;
    let html = parent.open(&format!("/portal/children/{}/applications", house.child(1, 0))).await;
    let path = format!("{}?shown={}", attribute(&html, "data-events"), attribute(&html, "data-shown"));
    let mut events = Events::open(&house, &parent, &path).await;
    assert!(events.is_silent().await);
    let account = house.account_of("r-1111-1111").await.id;
    let leave =
        LeavePortalAccount { account, pupil: house.child(1, 0), act: house.issuance.act(Actor::System) };
    assert!(!house.issuance.store.write(leave).await.unwrap().unwrap().closed);
    assert_eq!(events.next().await.0, "over");
    assert!(house.issuance.resolve_typed(&TypedCode::parse(&typed(&html).unwrap()).unwrap()).await.is_err());
    assert_eq!(parent.get("/portal").await.status, StatusCode::OK, "the other child is still there");
}

#[tokio::test]
async fn a_closed_account_is_not_opened_beside_a_new_one() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let account = house.account_of("u-1111-1111").await.id;
    let act = || house.issuance.act(Actor::System);
    house
        .issuance
        .store
        .write(ClosePortalAccount { account: account.clone(), act: act() })
        .await
        .unwrap()
        .unwrap();
    house.portal_account("u-2222-2222", 1, &[0], false).await;
    let reopen =
        ReopenPortalAccount { account, password: house.some_password(), login_hash: [7; 32], act: act() };
    let refused = house.issuance.store.write(reopen).await.unwrap();
    assert_eq!(refused.unwrap_err(), PortalAccountRefusal::HasAccount);
}

/// The school gives a new password because somebody else knows the old one, while that somebody is about to
/// change it.
#[tokio::test]
async fn whoever_was_signed_out_meanwhile_changes_no_password() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    let browser = house.portal("u-1111-1111").await;
    let cookie = shared::secret::Secret::new(browser.cookies["mleg_portal"].clone());
    let session = house.issuance.keys.session_hash(&cookie);
    let account = house.account_of("u-1111-1111").await.id;
    let act = || house.issuance.act(Actor::System);
    let change = || ChangePortalPassword {
        account: account.clone(),
        password: house.some_password(),
        session,
        act: act(),
    };
    house.issuance.store.write(change()).await.unwrap().unwrap();
    let reset = ResetPortalPassword {
        account: account.clone(),
        password: house.some_password(),
        login_hash: [7; 32],
        act: act(),
    };
    let after = house.issuance.store.write(reset).await.unwrap().unwrap().password_hash;
    let refused = house.issuance.store.write(change()).await.unwrap();
    assert_eq!(refused.unwrap_err(), PortalAccountRefusal::UnknownAccount);
    assert_eq!(house.account_of("u-1111-1111").await.password_hash, after, "the school's stands");
}

/// The first school's account sees the pupil no longer: the next school hands out another.
#[tokio::test]
async fn a_pupil_who_has_moved_gets_a_login_from_the_next_school() {
    let house = House::new().await;
    house.portal_account("u-1111-1111", 1, &[0], false).await;
    house.portal_account("r-1111-1111", 1, &[0], false).await;
    let pupil = house.child(1, 0);
    let transfer = crate::issuance::reissue::TransferPupil {
        pupil: pupil.clone(),
        to: house.schools[0].id.clone(),
        class_name: "7a".to_owned(),
        act: house.issuance.act(Actor::System),
    };
    house.issuance.store.write(transfer).await.unwrap().unwrap();
    let mut clerk = house.office("sekretariat").await;
    let path = format!("/office/pupils/{pupil}/logins");
    let html = clerk.open(&path).await;
    assert!(
        !html.contains("u-1111-1111") && !html.contains("r-1111-1111"),
        "the other school's are not told"
    );
    // Each person stands in several forms of the page.
    let whose = html.split("name=\"whose\" value=\"").skip(1).map(|part| part.split('"').next().unwrap());
    let people: std::collections::BTreeSet<&str> = whose.collect();
    assert_eq!(people.len(), 2, "the pupil and a guardian");
    for whose in people {
        clerk.open(&path).await;
        let answer = clerk.post(&path, &[("act", "enter"), ("whose", whose)]).await;
        assert!(answer.text().contains("login-letter"), "{whose}: {}", answer.text());
    }
}
