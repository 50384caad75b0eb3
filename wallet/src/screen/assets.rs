//! Style sheet, scripts and pictures, all inside the program.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

macro_rules! assets {
    ($($name:literal: $kind:literal,)*) => {
        const ASSETS: &[(&str, &str, &str)] =
            &[$(($name, $kind, include_str!(concat!("../../static/", $name))),)*];
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

/// Of all assets together: an address with it never changes what it leads to.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (_, _, content) in ASSETS {
        hash.update(content);
    }
    hash.finalize().iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
});

/// Where a page finds an asset.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

pub(super) async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, kind, content)) = ASSETS.iter().find(|(known, _, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let lasting = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(lasting)),
    ];
    (headers, *content).into_response()
}
