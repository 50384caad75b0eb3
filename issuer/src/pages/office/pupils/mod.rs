//! Pupils: the list, and each pupil's file with what can be done in it.

mod entry;
mod file;
mod guardian;
#[cfg(test)]
mod guardian_tests;
pub(super) mod history;
pub(super) mod list;
mod transfer;

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use axum::Router;

use super::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::desk::FindPupil;
use crate::registry::rights::Right;
use crate::store::id::PupilId;
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .merge(list::routes())
        .merge(entry::routes())
        .merge(file::routes())
        .merge(guardian::routes())
        .merge(transfer::routes())
}

/// The pupil that an address names, if the right reaches this one.
pub(super) async fn named_pupil(
    pages: &Pages,
    office: &Office,
    right: Right,
    id: &str,
) -> Result<Pupil, PageFailure> {
    office.must(right)?;
    let id = PupilId::parse(id).ok_or(PageFailure::NotFound)?;
    let pupil = pages.issuance.store.read(FindPupil(id)).await?.ok_or(PageFailure::NotFound)?;
    office.must_reach(right, &pupil)?;
    Ok(pupil)
}

/// How a pupil is called on pages: given names first.
pub(super) fn full_name(pupil: &Pupil) -> String {
    format!("{} {}", pupil.given_names, pupil.surname)
}

/// The address of a pupil's file.
pub(super) fn file_path(pupil: &PupilId) -> String {
    format!("/office/pupils/{pupil}")
}
