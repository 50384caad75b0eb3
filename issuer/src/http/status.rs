//! Token status lists, under the addresses that copies of credentials name.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::status::token::MEDIA_TYPE;

use super::ServerState;

/// `GET /pki/status/{list}` (Token Status List §8.1)
pub(super) async fn list(
    State(state): State<ServerState>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    // One number has one spelling, so that a list has one address.
    let number = number.parse::<i64>().ok().filter(|parsed| parsed.to_string() == number);
    let Some(number) = number else { return StatusCode::NOT_FOUND.into_response() };
    if !is_accepted(&headers) {
        return StatusCode::NOT_ACCEPTABLE.into_response();
    }
    match state.issuance.status_list(number).await {
        // Short, because a revocation is to be seen within a second; the token says itself how long it may be
        // kept. Verifiers may be web pages (§8.1).
        Ok(Some(token)) => {
            let headers = [
                (header::CONTENT_TYPE, MEDIA_TYPE),
                (header::CACHE_CONTROL, "max-age=1"),
                (header::VARY, "accept"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, token).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot publish a status list");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}

/// Whether the one format that there is will do: no wish, a wish for it, or a wish for anything.
fn is_accepted(headers: &HeaderMap) -> bool {
    let mut wishes =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if wishes.peek().is_none() {
        return true;
    }
    let kind = |wish: &str| wish.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    wishes
        .flat_map(|value| value.split(','))
        .any(|wish| matches!(kind(wish).as_str(), MEDIA_TYPE | "application/*" | "*/*"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn whoever_can_read_it_gets_it() {
        let cases = [
            (None, true),
            (Some("*/*"), true),
            (Some("text/html, application/*;q=0.5"), true),
            (Some("application/StatusList+jwt"), true),
            (Some("application/statuslist+cwt"), false),
            (Some("text/html"), false),
        ];
        for (wish, accepted) in cases {
            let mut headers = HeaderMap::new();
            headers.extend(wish.map(|wish| (header::ACCEPT, HeaderValue::from_static(wish))));
            assert_eq!(is_accepted(&headers), accepted, "{wish:?}");
        }
    }
}
