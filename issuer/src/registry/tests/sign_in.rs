//! Signing in while something else happens to the account, or happened to the clock.

use jiff::SignedDuration;

use super::super::federated::{FederatedId, FederatedRefusal, LinkFederated};
use super::super::line::Password;
use super::super::sign_in::{
    BeginSession, CountTry, FREE_TRIES, FindSession, Holder, NoLongerOpens, OpenStaff, Shown, wait_after,
};
use super::super::staff::{ChangePassword, HashedPassword, ResetPassword, StaffRefusal, Within};
use super::super::testing::{Books, evening};
use super::staff::enter;
use crate::issuance::keys::Keys;
use crate::store::tables::session::Realm;
use crate::store::tables::staff::Staff;

/// The login hash of everybody here.
const LOGIN: [u8; 32] = [1; 32];

fn hashed(books: &Books, password: &str) -> HashedPassword {
    HashedPassword::of(&Password::parse(password).unwrap(), &books.entropy).unwrap()
}

/// Begins a session by what was shown; the hash of its cookie.
async fn begin(books: &Books, staff: &Staff, shown: Shown) -> Result<[u8; 32], NoLongerOpens> {
    let keys = Keys::derive(&[7; 32]);
    let account_id = staff.id.to_string();
    let holder = Holder { realm: Realm::Office, account_id, school_id: None, shown };
    let (verb, cookie) = BeginSession::new(holder, Some(LOGIN), books.act(), &keys, &books.entropy);
    books.write(verb).await.map(|()| keys.session_hash(&cookie))
}

async fn reset(books: &Books, staff: &Staff) {
    let password = hashed(books, "zupełnie inne hasło");
    let (staff, within) = (staff.id.clone(), Within::all());
    let verb = ResetPassword { staff, password, within, login_hash: LOGIN, act: books.act() };
    books.write(verb).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_under_way_does_not_outlive_the_password_that_it_showed() {
    let books = Books::new().await;
    let clerk = enter(&books, "sekretariat", "clerk").await.unwrap();
    let first = begin(&books, &clerk, Shown::Password(clerk.password_hash.clone())).await.unwrap();
    let link = |session| LinkFederated {
        staff: clerk.id.clone(),
        account: Some(FederatedId::kept("https://login.example.pl 17".into())),
        session,
        act: books.act(),
    };
    books.write(link(first)).await.unwrap();
    let linked = books.read(OpenStaff(clerk.id.clone())).await.unwrap();
    let password = || Shown::Password(linked.password_hash.clone());
    let elsewhere = || Shown::Federated(linked.federated_id.clone().unwrap());
    let session = begin(&books, &clerk, password()).await.unwrap();
    begin(&books, &clerk, elsewhere()).await.unwrap();
    let find = || FindSession { realm: Realm::Office, hash: session, now: evening() };
    assert!(books.read(find()).await.is_some());

    reset(&books, &clerk).await;
    assert!(books.read(find()).await.is_none());
    assert_eq!(begin(&books, &clerk, password()).await, Err(NoLongerOpens));
    assert_eq!(begin(&books, &clerk, elsewhere()).await, Err(NoLongerOpens), "what an intruder has linked");
    let after = books.read(OpenStaff(clerk.id.clone())).await.unwrap();
    assert_eq!(after.federated_id, None);
    begin(&books, &clerk, Shown::Password(after.password_hash)).await.unwrap();

    // Nor has a link or a change of password the last word that was begun in a session which was ended meanwhile.
    assert_eq!(books.write(link(session)).await.unwrap_err(), FederatedRefusal::UnknownStaff);
    let (staff, password) = (clerk.id.clone(), hashed(&books, "hasło kogoś innego"));
    let change = ChangePassword { staff, password, session, login_hash: LOGIN, act: books.act() };
    assert_eq!(books.write(change).await.unwrap_err(), StaffRefusal::UnknownStaff);
}

#[tokio::test]
async fn a_reset_forgives_and_a_clock_that_was_ahead_locks_nobody_out() {
    let books = Books::new().await;
    let clerk = enter(&books, "sekretariat", "clerk").await.unwrap();
    let try_at = async |now| books.write(CountTry { login_hash: LOGIN, now }).await;
    for _ in 0..=FREE_TRIES {
        try_at(evening()).await.unwrap();
    }
    assert_eq!(try_at(evening()).await.unwrap_err().until, evening() + wait_after(FREE_TRIES + 1));
    reset(&books, &clerk).await;
    try_at(evening()).await.expect("a try with the new password");

    let month = SignedDuration::from_hours(31 * 24);
    try_at(evening() + month).await.expect("a try by a clock that is ahead");
    try_at(evening()).await.expect("a try by the clock set right");
    let ahead = FindSession {
        realm: Realm::Office,
        hash: begin(
            &books,
            &clerk,
            Shown::Password(books.read(OpenStaff(clerk.id.clone())).await.unwrap().password_hash),
        )
        .await
        .unwrap(),
        now: evening() - month,
    };
    assert!(books.read(ahead).await.is_none(), "a session that will begin in a month");
}
