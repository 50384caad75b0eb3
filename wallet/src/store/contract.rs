//! What every store must do, as a suite that runs against each of them.
//!
//! It is a plain function so that whoever brings a store of their own can run it. What only a kill or a power cut shows
//! it cannot show; [`DiskStores`](super::DiskStores) have tests of their own for that.

use std::path::Path;
use std::thread;

use super::{Change, MAX_VALUE, Store, StoreError, Stores};

/// A promise that was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Breach {
    /// What should hold, and does not.
    #[error("the store breaks its contract: {0}")]
    Broken(&'static str),
    /// The store failed where it should not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn ensure(holds: bool, promise: &'static str) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err(Breach::Broken(promise)) }
}

fn put(name: &str, value: Vec<u8>) -> Change {
    Change::Put(name.to_owned(), value)
}

fn remove(name: &str) -> Change {
    Change::Remove(name.to_owned())
}

/// Runs the suite with stores for directories below `folder`, which must exist if these stores are files. Leaves none.
///
/// # Errors
/// The first promise that is not kept.
pub fn run(stores: &dyn Stores, folder: &Path) -> Result<(), Breach> {
    let (home, other) = (folder.join("contract-one"), folder.join("contract-two"));
    none_is_made_by_opening(stores, &home)?;
    values_of_any_size_survive(stores, &home)?;
    a_commit_is_made_in_its_order(&*stores.open(&home)?)?;
    too_big_a_value_harms_nothing(&*stores.open(&home)?)?;
    readers_see_whole_commits(&*stores.open(&home)?)?;
    a_store_is_one_handles_at_a_time(stores, &home)?;
    stores_know_nothing_of_each_other(stores, &home, &other)?;
    a_copy_is_a_store_of_its_own(stores, &home, &other)?;
    a_new_store_is_empty(stores, &home)?;
    for place in [&home, &other] {
        stores.remove(place)?;
        stores.remove(place)?;
        none_is_made_by_opening(stores, place)?;
    }
    Ok(())
}

fn none_is_made_by_opening(stores: &dyn Stores, home: &Path) -> Result<(), Breach> {
    for _ in 0..2 {
        let missing = matches!(stores.open(home), Err(StoreError::Missing));
        ensure(missing, "opening a store that is not there says so, and makes none")?;
    }
    Ok(())
}

/// Bytes of which no two pieces are alike.
fn value(seed: u8, len: usize) -> Vec<u8> {
    (0_u32..).flat_map(|n| (n ^ (u32::from(seed) << 24)).to_be_bytes()).take(len).collect()
}

fn values_of_any_size_survive(stores: &dyn Stores, home: &Path) -> Result<(), Breach> {
    let sizes = [1, 4095, 4096, 4097, 90_001, 1_000_000];
    let store = stores.create(home)?;
    for (seed, &size) in (0..).zip(&sizes) {
        store.commit(&[put(&format!("card/{seed}"), value(seed, size))])?;
    }
    store.commit(&[put("cards", vec![7]), put("list/1", vec![8])])?;
    drop(store);
    let store = stores.open(home)?;
    for (seed, &size) in (0..).zip(&sizes) {
        let found = store.read(&format!("card/{seed}"))?;
        ensure(found == Some(value(seed, size)), "a value reads back after reopening as it was kept")?;
    }
    let names: Vec<_> = store.scan("card/")?.into_iter().map(|(name, _)| name).collect();
    let expected: Vec<_> = (0..sizes.len()).map(|n| format!("card/{n}")).collect();
    ensure(names == expected, "a scan yields the names with the prefix, and no others, in their order")?;
    ensure(store.scan("")?.len() == sizes.len() + 2, "the empty prefix is everything's")?;
    ensure(store.read("card")?.is_none() && store.read("card/")?.is_none(), "a prefix is no name")
}

fn a_commit_is_made_in_its_order(store: &dyn Store) -> Result<(), Breach> {
    store.commit(&[put("order/1", value(1, 9000))])?;
    store.commit(&[put("order/1", value(2, 5000))])?;
    ensure(store.read("order/1")? == Some(value(2, 5000)), "nothing stays of a longer value")?;
    store.commit(&[remove("order/1"), remove("order/2"), put("order/3", vec![3])])?;
    let left = store.scan("order/")?;
    ensure(
        left == [("order/3".to_owned(), vec![3])],
        "what is removed is gone; what is not there can be removed",
    )?;
    store.commit(&[
        put("order/3", vec![4; 5000]),
        put("order/3", vec![5]),
        put("order/4", vec![6]),
        remove("order/4"),
    ])?;
    let left = store.scan("order/")?;
    ensure(
        left == [("order/3".to_owned(), vec![5])],
        "the last change of a name in a commit is the one that counts",
    )?;
    store.commit(&[])?;
    Ok(store.commit(&[remove("order/3")])?)
}

fn too_big_a_value_harms_nothing(store: &dyn Store) -> Result<(), Breach> {
    let refused = store.commit(&[put("big/1", vec![1]), put("big/2", vec![0; MAX_VALUE + 1])]);
    ensure(matches!(refused, Err(StoreError::TooBig)), "a value of more than 16 MiB is refused")?;
    ensure(store.scan("big/")?.is_empty(), "a commit is made whole or not at all")?;
    store.commit(&[put("big/1", vec![1])])?;
    Ok(store.commit(&[remove("big/1")])?)
}

fn readers_see_whole_commits(store: &dyn Store) -> Result<(), Breach> {
    let pair = |seed| [put("pair/1", value(seed, 40_000)), put("pair/2", value(seed, 40_000))];
    store.commit(&pair(0))?;
    thread::scope(|scope| {
        let writer = scope.spawn(|| (1..20).try_for_each(|seed| store.commit(&pair(seed))));
        for _ in 0..100 {
            let seen = store.scan("pair/")?;
            let whole = matches!(seen.as_slice(), [(_, one), (_, two)] if one == two);
            ensure(whole, "a reader sees the state before a commit or after it")?;
        }
        writer.join().map_err(|_| Breach::Broken("a commit panicked"))??;
        Ok(())
    })
}

fn a_store_is_one_handles_at_a_time(stores: &dyn Stores, home: &Path) -> Result<(), Breach> {
    let store = stores.open(home)?;
    ensure(
        matches!(stores.open(home), Err(StoreError::InUse)),
        "a second handle is told that the store is in use",
    )?;
    drop(store);
    stores.open(home)?;
    Ok(())
}

fn stores_know_nothing_of_each_other(stores: &dyn Stores, home: &Path, other: &Path) -> Result<(), Breach> {
    let (one, two) = (stores.open(home)?, stores.create(other)?);
    ensure(two.scan("")?.is_empty(), "a new store is empty")?;
    one.commit(&[put("own", vec![1])])?;
    two.commit(&[put("own", vec![2])])?;
    ensure(one.read("own")? == Some(vec![1]), "two phones in one process have two stores")
}

fn a_copy_is_a_store_of_its_own(stores: &dyn Stores, home: &Path, other: &Path) -> Result<(), Breach> {
    let before = stores.open(home)?.scan("")?;
    stores.copy(home, other)?;
    let copy = stores.open(other)?;
    ensure(copy.scan("")? == before, "a copy holds what the original holds, and nothing from before")?;
    copy.commit(&[put("own", vec![3])])?;
    ensure(stores.open(home)?.scan("")? == before, "a copy leaves the original as it was")?;
    drop(copy);
    let nothing = other.join("contract-none");
    ensure(matches!(stores.copy(&nothing, other), Err(StoreError::Missing)), "nothing cannot be copied")?;
    ensure(stores.open(other)?.read("own")? == Some(vec![3]), "a copy that fails leaves what was there")
}

fn a_new_store_is_empty(stores: &dyn Stores, home: &Path) -> Result<(), Breach> {
    ensure(stores.create(home)?.scan("")?.is_empty(), "a new store holds nothing of the one before")?;
    ensure(stores.open(home)?.scan("")?.is_empty(), "nor does it after reopening")
}
