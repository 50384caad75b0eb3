//! The door of the office.

use fantoccini::key::Key;
use issuer::demo_school::accounts::PASSWORD;
use tests::scene::CLERK;

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_signs_in_with_keys_alone_and_out_again() {
    let Some(stage) = Stage::set().await else { return };
    let clerk = stage.stranger().await;
    clerk.opens("/office/components").await;
    clerk.is_at("/office/sign-in").await;
    clerk.sees("Symulator.").await;

    clerk.presses(&[Key::Tab]).await;
    assert_eq!(clerk.focus().await, "Przejdź do treści");
    clerk.presses(&[Key::Enter]).await;
    clerk.presses(&[Key::Tab]).await;
    assert_eq!(clerk.focus().await, "Login");
    clerk.types(CLERK).await;
    clerk.presses(&[Key::Tab]).await;
    assert_eq!(clerk.focus().await, "Hasło");
    clerk.types(PASSWORD).await;
    clerk.presses(&[Key::Enter]).await;

    clerk.is_at("/office/components").await;
    clerk.sees("Stefan Niebyły").await;
    clerk.clicks("Wyloguj").await;
    clerk.is_at("/office/sign-in").await;
    clerk.opens("/office/components").await;
    clerk.is_at("/office/sign-in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_at_the_field_and_the_login_stays() {
    let Some(stage) = Stage::set().await else { return };
    let clerk = stage.stranger().await;
    clerk.opens("/office/sign-in").await;
    clerk.fills("Login", CLERK).await;
    clerk.fills("Hasło", "to nie jest to hasło").await;
    clerk.clicks("Zaloguj się").await;
    clerk.sees("Login lub hasło się nie zgadza.").await;
    assert_eq!(clerk.reads_field("Login").await, CLERK);
    assert_eq!(clerk.reads_field("Hasło").await, "");
    // The summary leads to the field.
    clerk.clicks("Login lub hasło się nie zgadza. Sprawdź oba i spróbuj ponownie.").await;
    assert_eq!(clerk.focus().await, "Login");
}

#[tokio::test(flavor = "multi_thread")]
async fn english_is_a_click_away_and_stays() {
    let Some(stage) = Stage::set().await else { return };
    let clerk = stage.staff(CLERK).await;
    clerk.opens("/office/components").await;
    clerk.clicks("English").await;
    clerk.is_at("/office/components").await;
    clerk.sees("Sign out").await;
    clerk.clicks("Polski").await;
    clerk.is_at("/office/components").await;
    clerk.sees("Wyloguj").await;
}
