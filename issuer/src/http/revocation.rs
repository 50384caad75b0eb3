//! Revocation lists and CA certificates, under the addresses that certificates name.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ServerState;

/// The list's name in its address.
pub(crate) const LIST_NAME: &str = "issuing.crl";
/// The issuing authority's certificate.
pub(crate) const ISSUING_NAME: &str = "issuing.cer";
/// The root certificate.
pub(crate) const ROOT_NAME: &str = "root.cer";
/// The root certificate, as text.
pub(crate) const ROOT_PEM_NAME: &str = "root.pem";

/// `GET /pki/crl/{name}`
pub(super) async fn list(State(state): State<ServerState>, Path(name): Path<String>) -> Response {
    if name != LIST_NAME {
        return StatusCode::NOT_FOUND.into_response();
    }
    match state.issuance.revocation_list().await {
        // Short, because a revocation is to be seen within a second.
        Ok(list) => sent("application/pkix-crl", "max-age=1", list.der),
        Err(error) => {
            tracing::error!(%error, "cannot publish the revocation list");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}

/// `GET /pki/ca/{name}`
pub(super) async fn authority(State(state): State<ServerState>, Path(name): Path<String>) -> Response {
    let authority = &state.issuance.authority;
    match name.as_str() {
        ISSUING_NAME => {
            sent("application/pkix-cert", "max-age=3600", authority.issuing_certificate_der().to_vec())
        }
        ROOT_NAME => sent("application/pkix-cert", "max-age=3600", authority.root().der().to_vec()),
        ROOT_PEM_NAME => sent("application/x-pem-file", "max-age=3600", pem(authority.root().der())),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// RFC 7468 §5.1.
fn pem(der: &[u8]) -> Vec<u8> {
    use x509_cert::der::pem::{LineEnding, encode_string};
    encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default().into_bytes()
}

fn sent(kind: &'static str, cache: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], bytes).into_response()
}
