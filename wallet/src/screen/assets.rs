//! Style sheet, scripts and pictures, all inside the program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::assets::{Asset, Assets};

macro_rules! assets {
    ($($name:literal: $kind:literal,)*) => {
        const ALL: &[Asset] = &[$(
            Asset { name: $name, kind: $kind, content: include_str!(concat!("../../static/", $name)) },
        )*];
    };
}

assets! {
    "desk.css": "text/css; charset=utf-8",
    "card.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "camera.js": "text/javascript; charset=utf-8",
    "card.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new(ALL));

/// Where a page finds an asset.
pub(super) fn address(name: &str) -> String {
    ASSETS.address(name)
}

pub(super) async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((asset, lasting)) = ASSETS.find(&version, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(lasting)),
    ];
    (headers, asset.content).into_response()
}
