//! Both databases keep one contract.

use issuer::app::SystemEntropy;
use issuer::store::{Location, Store, contract};
use tests::postgres;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract() {
    let Some(address) = postgres::fresh_database() else { return };
    let location = Location::Postgres(address);
    let store = Store::open(&location).await.unwrap();
    let now = "2026-11-21T18:30:00Z".parse().unwrap();
    contract::run(&store, now, &SystemEntropy).await.unwrap();
    Store::open(&location).await.expect("a second opening finds the schema up to date");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_issuers_may_start_on_one_empty_postgresql() {
    let Some(address) = postgres::fresh_database() else { return };
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let location = Location::Postgres(address.clone());
        starts.spawn(async move { Store::open(&location).await.map(|_| ()) });
    }
    while let Some(started) = starts.join_next().await {
        started.unwrap().unwrap();
    }
}
