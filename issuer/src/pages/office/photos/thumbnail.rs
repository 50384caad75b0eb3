//! `/office/photos/{id}/thumbnail`: a small picture of one that waits, for the list.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::pages::office::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::photo::{aside, thumbnail};
use crate::registry::photo_inbox::look::{KeepThumbnail, ReadThumbnail, Thumbnail};
use crate::registry::rights::Right;
use crate::store::id::InboxId;

/// The small picture. It is made when it is first asked for, because a letter may hold sixty large photos that nobody
/// ever looks at, and kept as long as the photo itself.
pub(super) async fn show(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    office.must(Right::KeepPhotos)?;
    let id = InboxId::parse(&id).ok_or(PageFailure::NotFound)?;
    let verb = ReadThumbnail { school: office.school.id.clone(), id, now: pages.now() };
    let small = match pages.issuance.store.read(verb).await?.ok_or(PageFailure::NotFound)? {
        Thumbnail::Made(small) => small,
        Thumbnail::ToMake(picture, bytes) => {
            let made = aside(move || thumbnail(&bytes)).await.map_err(|error| PageFailure::ours(&error))?;
            let small = made.unwrap_or_default();
            pages.issuance.store.write(KeepThumbnail { picture, small: small.clone() }).await?;
            small
        }
    };
    if small.is_empty() {
        return Err(PageFailure::NotFound);
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, small).into_response())
}
