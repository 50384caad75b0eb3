//! The desk with phones at a real browser.

mod inspect;
mod life;
mod looks;
mod troubles;
mod ways;

use std::sync::Arc;

use shared::clock::Clock;
use tests::browser::Person;
use tests::office::Slip;
use tests::table::{Laid, PASSWORD, Table};
use tests::world::World;
use wallet::store::DiskStores;

fn laid(world: &World, phones: u8) -> Laid {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let issuer = world.base().to_owned();
    let stores = Arc::new(DiskStores);
    Laid { phones, issuer, clock, network: world.network(), stores, refresh_every: None }
}

async fn table(world: &World, phones: u8) -> Table {
    Table::lay(laid(world, phones)).await
}

/// The first start of the standard app.
async fn sets_up(person: &Person) {
    person.clicks("Dla rodziców").await;
    person.fills("Hasło", PASSWORD).await;
    person.fills("Powtórz hasło", PASSWORD).await;
    person.clicks("Zapisz").await;
    person.sees("Nie ma tu jeszcze żadnego dokumentu.").await;
}

/// From the documents to the question whether the camera may be used, by every step of the schools' pages.
async fn reads_and_accepts(person: &Person) {
    person.clicks("Dodaj dokument").await;
    person.clicks("Legitymacja szkolna").await;
    person.sees("Jak przebiega aktywacja").await;
    person.clicks("Dalej").await;
    person.clicks("Akceptuję regulamin").await;
    person.sees("Klauzula informacyjna").await;
    person.clicks("Zapoznałem/-am się").await;
    person.sees("Zgoda na aparat").await;
}

/// From what is offered to the card.
async fn takes(person: &Person, slip: &Slip) {
    person.sees("Co zostanie pobrane").await;
    person.clicks("Dalej").await;
    if let Some(code) = &slip.activation_code {
        person.fills("Kod aktywacyjny", code).await;
        person.clicks("Dalej").await;
    }
    person.sees("Powstanie certyfikat").await;
    person.clicks("Pobierz legitymację").await;
    person.sees("Certyfikat został utworzony.").await;
    person.clicks("Pokaż legitymację").await;
    person.sees("Wystawca ją potwierdza.").await;
}
