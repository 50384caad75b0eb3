use serde_json::json;

use super::super::fault::FaultCode;
use super::super::line::Password;
use super::super::staff::{
    EndStaff, EndToken, EnterStaff, HashedPassword, ListStaff, MakeToken, RecogniseToken, ResetPassword,
    StaffForm, StaffRefusal, TokenForm, Within,
};
use super::super::testing::{Books, form};
use crate::issuance::keys::Keys;
use crate::store::id::StaffId;
use crate::store::tables::staff::Staff;

pub(super) async fn enter(books: &Books, login: &str, role: &str) -> Result<Staff, StaffRefusal> {
    let json = json!({ "login": login, "role": role, "password": "kałamarz-i-liczydło" });
    let new = form::<StaffForm>(json).parse().unwrap();
    let hashed = HashedPassword::of(new.password(), &books.entropy).unwrap();
    books.write(EnterStaff::new(new, hashed, books.act(), &books.entropy)).await
}

async fn end(books: &Books, staff: &StaffId) -> Result<Staff, StaffRefusal> {
    books.write(EndStaff { staff: staff.clone(), within: Within::all(), act: books.act() }).await
}

#[tokio::test]
async fn passwords_are_kept_as_salted_argon2id() {
    let books = Books::new().await;
    let one = enter(&books, "anna", "clerk").await.unwrap();
    let two = enter(&books, "jan", "clerk").await.unwrap();
    assert!(one.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.password_hash);
    assert_ne!(one.password_hash, two.password_hash, "the same password twice");
    assert!(HashedPassword::verify(&one.password_hash, "kałamarz-i-liczydło"));
    assert!(!HashedPassword::verify(&one.password_hash, "kałamarz-i-liczydla"));
    assert!(!HashedPassword::verify("rubbish", "kałamarz-i-liczydło"));
    let hashed = HashedPassword::of(&Password::parse("dwanaście zn").unwrap(), &books.entropy).unwrap();
    assert!(!format!("{hashed:?}").contains("argon2"));
}

#[tokio::test]
async fn logins_differ_in_more_than_case_and_short_passwords_are_refused() {
    let books = Books::new().await;
    enter(&books, "anna", "clerk").await.unwrap();
    assert_eq!(enter(&books, "ANNA", "clerk").await.unwrap_err(), StaffRefusal::LoginTaken);
    let json = json!({ "login": "a", "role": "clerk", "password": "short" });
    let faults = form::<StaffForm>(json).parse().unwrap_err().0;
    let codes: Vec<FaultCode> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [FaultCode::LoginMalformed, FaultCode::PasswordLength]);
}

#[tokio::test]
async fn the_last_principal_stays() {
    let books = Books::new().await;
    let first = enter(&books, "dyrektor", "principal").await.unwrap();
    let clerk = enter(&books, "sekretariat", "clerk").await.unwrap();
    assert_eq!(end(&books, &first.id).await.unwrap_err(), StaffRefusal::LastPrincipal);
    assert!(end(&books, &clerk.id).await.is_ok());
    let second = enter(&books, "wicedyrektor", "principal").await.unwrap();
    assert!(end(&books, &first.id).await.is_ok());
    assert!(end(&books, &first.id).await.is_ok(), "closing twice changes nothing");
    assert_eq!(end(&books, &second.id).await.unwrap_err(), StaffRefusal::LastPrincipal);
}

#[tokio::test]
async fn a_token_lives_until_it_or_its_account_ends() {
    let books = Books::new().await;
    let keys = Keys::derive(&[7; 32]);
    enter(&books, "dyrektor", "principal").await.unwrap();
    let clerk = enter(&books, "sekretariat", "clerk").await.unwrap();
    let name = form::<TokenForm>(json!({ "name": "e-dziennik" })).parse().unwrap();
    let make = async || {
        let (verb, secret) =
            MakeToken::new(clerk.id.clone(), name.clone(), books.act(), &keys, &books.entropy);
        (books.write(verb).await, secret)
    };
    let (one, secret) = make().await;
    let (one, hash) = (one.unwrap(), keys.api_token_hash(&secret));
    assert!(secret.expose().starts_with("mleg_") && secret.expose().len() == 5 + 43);
    let known = async |hash| books.read(RecogniseToken(hash)).await.map(|(_, staff)| staff.login);
    assert_eq!(known(hash).await.as_deref(), Some("sekretariat"));
    books.write(EndToken { token: one.id.clone(), within: Within::all(), act: books.act() }).await.unwrap();
    assert_eq!(known(hash).await, None);
    let (_, secret) = make().await;
    let hash = keys.api_token_hash(&secret);
    assert!(known(hash).await.is_some());
    // Another password ends them too: whoever knew the old one may have made one.
    let password =
        HashedPassword::of(&Password::parse("zupełnie inne hasło").unwrap(), &books.entropy).unwrap();
    let staff = clerk.id.clone();
    let (within, login_hash) = (Within::all(), [0; 32]);
    books.write(ResetPassword { staff, password, within, login_hash, act: books.act() }).await.unwrap();
    assert_eq!(known(hash).await, None);
    let (_, secret) = make().await;
    let hash = keys.api_token_hash(&secret);
    end(&books, &clerk.id).await.unwrap();
    assert_eq!(known(hash).await, None);
    assert_eq!(make().await.0.unwrap_err(), StaffRefusal::AccountClosed);
    let listed = books.read(ListStaff(Within::all())).await;
    let tokens = &listed.iter().find(|(staff, _)| staff.login == "sekretariat").unwrap().1;
    assert!(tokens.len() == 3 && tokens.iter().all(|token| token.ended_at.is_some()));
}
