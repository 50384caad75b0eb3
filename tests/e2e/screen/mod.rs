//! The phone on the screen beside a real issuer: every button is pressed by its form, as a browser without scripts does.

mod inspect;
mod life;
mod troubles;
mod way;

use std::sync::Arc;
use std::time::Duration;

use shared::clock::Clock;
use tests::table::{Laid, Table};
use tests::world::World;
use wallet::store::DiskStores;

/// A desk with so many phones beside a world's issuer.
async fn table(world: &World, phones: u8) -> Table {
    laid(world, phones, None).await
}

async fn laid(world: &World, phones: u8, refresh_every: Option<Duration>) -> Table {
    Table::lay(parts(world, phones, refresh_every)).await
}

fn parts(world: &World, phones: u8, refresh_every: Option<Duration>) -> Laid {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let issuer = world.base().to_owned();
    let stores = Arc::new(DiskStores);
    Laid { phones, issuer, clock, network: world.network(), stores, refresh_every }
}
