//! Revocation lists and CA certificates, under the addresses that certificates name.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ServerState;
use crate::issuance::revocation::Partition;

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
    let Some(wanted) = read_name(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let issuance = &state.issuance;
    let list = match wanted {
        Wanted::Whole(None) => issuance.revocation_list().await.map(|list| Some(list.der)),
        Wanted::Whole(Some(generation)) => issuance.list_of_generation(generation).await,
        Wanted::Part(generation, partition) => issuance.list_of_partition(generation, partition).await,
    };
    match list {
        // Short, because a revocation is to be seen within a second.
        Ok(Some(der)) => sent("application/pkix-crl", "max-age=1", der),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot publish the revocation list");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
        }
    }
}

enum Wanted {
    /// Everything that an authority revoked; the current one's if none is named.
    Whole(Option<u32>),
    /// One part of it.
    Part(u32, Partition),
}

/// `issuing.crl`, `1.crl`, `1-a3.crl`
fn read_name(name: &str) -> Option<Wanted> {
    if name == LIST_NAME {
        return Some(Wanted::Whole(None));
    }
    let stem = name.strip_suffix(".crl")?;
    match stem.split_once('-') {
        None => Some(Wanted::Whole(Some(generation(stem)?))),
        Some((number, partition)) => Some(Wanted::Part(generation(number)?, Partition::parse(partition)?)),
    }
}

/// Only the spelling that we write: a list has one address.
fn generation(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().filter(|number| number.to_string() == text)
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
        // Of any generation: `issuing-1.cer`.
        _ => {
            let number = name.strip_prefix("issuing-").and_then(|rest| rest.strip_suffix(".cer"));
            let number = number.and_then(generation);
            match authority.generations().find(|(generation, _)| Some(*generation) == number) {
                Some((_, found)) => sent("application/pkix-cert", "max-age=3600", found.der().to_vec()),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_name() {
        let cases = [
            ("issuing.crl", true),
            ("1.crl", true),
            ("12-a3.crl", true),
            ("01.crl", false),
            ("+1.crl", false),
            ("1-A3.crl", false),
            ("1-a.crl", false),
            ("1-a3f.crl", false),
            ("1-.crl", false),
            ("-a3.crl", false),
            ("1-a3", false),
            ("99999999999.crl", false),
        ];
        for (name, known) in cases {
            assert_eq!(read_name(name).is_some(), known, "{name}");
        }
    }
}
