//! `/pupils/{id}/photo`

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::problems::problems;
use super::request::{Asked, Caller, Named, media_type};
use super::view::hex;
use super::{ApiState, PHOTO_BODY_LIMIT};
use crate::http::failure::{Code, Failure};
use crate::registry::photo::{self, Crop};
use crate::registry::photo_book::{KeepPhoto, ReadPhoto, ReadPhotoRules};
use crate::store::id::{PhotoId, PupilId};
use crate::store::tables::pupil::Photo;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    let limit = DefaultBodyLimit::max(PHOTO_BODY_LIMIT);
    OpenApiRouter::new().routes(routes!(put, show).layer(limit))
}

/// An accepted photo: the picture on the card, made from what was sent in.
#[derive(Serialize, ToSchema)]
struct PhotoView {
    id: PhotoId,
    pupil_id: PupilId,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    /// Length of the picture on the card.
    bytes: u32,
    /// SHA-256 of the file that was sent in, hexadecimal.
    source_sha256: String,
    created_at: Timestamp,
}

impl From<&Photo> for PhotoView {
    fn from(photo: &Photo) -> Self {
        Self {
            id: photo.id.clone(),
            pupil_id: photo.pupil_id.clone(),
            width: photo.width,
            height: photo.height,
            bytes: u32::try_from(photo.jpeg.len()).unwrap_or(u32::MAX),
            source_sha256: hex(&photo.source_sha256),
            created_at: photo.created_at,
        }
    }
}

/// Which part of the photo to show; all four or none.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CropQuery {
    /// Pixels left of it, as seen upright.
    crop_x: Option<u32>,
    /// Pixels above it.
    crop_y: Option<u32>,
    /// Its width in pixels.
    crop_width: Option<u32>,
    /// Its height in pixels.
    crop_height: Option<u32>,
}

impl CropQuery {
    fn parse(self) -> Result<Option<Crop>, Failure> {
        match (self.crop_x, self.crop_y, self.crop_width, self.crop_height) {
            (None, None, None, None) => Ok(None),
            (Some(x), Some(y), Some(width), Some(height)) => Ok(Some(Crop { x, y, width, height })),
            _ => Err(Failure::of(Code::QueryInvalid)),
        }
    }
}

problems! {
    PutProblems: UnknownPupil, QueryInvalid, BodyTooLarge, MediaTypeUnsupported, PhotoRefused;
    ShowProblems: UnknownPupil, UnknownPhoto;
}

/// Send in a photo
///
/// A JPEG as the school's rules want it. The picture for the card is made from it: cut, scaled, without
/// metadata. It takes the place of the photo before; the same photo again changes nothing.
#[utoipa::path(put, path = "/pupils/{id}/photo", operation_id = "put_photo", tag = "Photos",
    params(("id" = PupilId, Path, description = "The pupil"), CropQuery),
    request_body(content = inline(PhotoFile), content_type = "image/jpeg", description = "The file, at most 6 MiB"),
    responses((status = 200, body = PhotoView, description = "The accepted photo"), PutProblems))]
async fn put(
    State(api): State<ApiState>,
    Named(pupil): Named<PupilId>,
    Asked(query): Asked<CropQuery>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<PhotoView>, Failure> {
    let crop = query.parse()?;
    if media_type(&headers).is_none_or(|media_type| media_type != "image/jpeg") {
        return Err(Failure::of(Code::MediaTypeUnsupported));
    }
    let file = body?;
    let rules = api.read(ReadPhotoRules { pupil: pupil.clone(), now: api.issuance.now() }).await?;
    let accepted = photo::aside(move || {
        photo::accept(&file, &rules.photo_source, &rules.photo_derived, rules.small_source_passes, crop)
    });
    let accepted = accepted.await.map_err(|error| Failure::ours(Code::InternalError, &error))??;
    let verb = KeepPhoto::new(pupil, accepted, api.act_of(&caller), &*api.issuance.entropy);
    let photo = api.issuance.store.write(verb).await??;
    Ok(Json(PhotoView::from(&photo)))
}

/// A JPEG file.
#[derive(ToSchema)]
#[schema(value_type = String, content_media_type = "image/jpeg")]
#[expect(dead_code, reason = "stands for raw bytes in the API's description")]
struct PhotoFile(Vec<u8>);

/// Show a pupil's photo
///
/// The picture that cards show.
#[utoipa::path(get, path = "/pupils/{id}/photo", operation_id = "show_photo", tag = "Photos",
    params(("id" = PupilId, Path, description = "The pupil")),
    responses((status = 200, body = inline(PhotoFile), content_type = "image/jpeg", description = "The picture"),
        ShowProblems))]
async fn show(State(api): State<ApiState>, Named(pupil): Named<PupilId>) -> Result<Response, Failure> {
    let photo = api.read(ReadPhoto(pupil)).await?;
    let jpeg = HeaderValue::from_static("image/jpeg");
    Ok(([(header::CONTENT_TYPE, jpeg)], photo.jpeg).into_response())
}
