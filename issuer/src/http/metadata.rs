//! What the issuer says of itself (OpenID4VCI 1.0 §12.2, RFC 8414): made once, at start.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::vci::CONFIGURATION_X509;
use shared::vci::metadata::{
    AuthorizationServerMetadata, ClaimDescription, CredentialConfiguration, CredentialMetadata, Display,
    IssuerMetadata, PortalEndpoints,
};
use shared::vci::uri::IssuerUrl;

use super::ServerState;
use super::junior;
use crate::issuance::junior::AUTHORIZE_PATH;

/// The two documents, as they are sent.
pub(super) struct Documents {
    issuer: Vec<u8>,
    authorization_server: Vec<u8>,
}

impl Documents {
    pub(super) fn of(issuer: &IssuerUrl) -> Self {
        let portal = PortalEndpoints {
            authorization: issuer.at_root(AUTHORIZE_PATH),
            holder: issuer.at_root(junior::HOLDER_PATH),
        };
        let server = AuthorizationServerMetadata::of(issuer.clone(), issuer.endpoint("/token"), portal);
        Self {
            issuer: serde_json::to_vec(&issuer_metadata(issuer)).unwrap_or_default(),
            authorization_server: serde_json::to_vec(&server).unwrap_or_default(),
        }
    }
}

fn issuer_metadata(issuer: &IssuerUrl) -> IssuerMetadata {
    let claim = |name, pl, en| ClaimDescription::new(name, true, pl, en);
    let metadata = CredentialMetadata {
        display: vec![
            Display {
                description: Some("Cyfrowa kopia legitymacji szkolnej (symulator)".into()),
                background_color: Some("#1f4e5f".into()),
                text_color: Some("#ffffff".into()),
                ..Display::new("pl", "mLegitymacja szkolna")
            },
            Display {
                description: Some("Digital copy of a school card (simulator)".into()),
                background_color: Some("#1f4e5f".into()),
                text_color: Some("#ffffff".into()),
                ..Display::new("en", "Mobile school card")
            },
        ],
        claims: vec![
            claim("given_names", "Imię (imiona)", "Given names"),
            claim("surname", "Nazwisko", "Surname"),
            claim("pesel", "PESEL", "PESEL number"),
            claim("birth_date", "Data urodzenia", "Date of birth"),
            claim("status", "Status", "Status"),
            claim("card_number", "Numer legitymacji", "Card number"),
            claim("issued_on", "Data wydania", "Date of issue"),
            claim("valid_until", "Ważna do", "Valid until"),
            claim("school", "Szkoła", "School"),
            claim("home_address", "Adres zamieszkania", "Home address"),
            claim("photo", "Zdjęcie", "Photo"),
        ],
    };
    let configuration = CredentialConfiguration::x509(CONFIGURATION_X509, metadata);
    IssuerMetadata {
        credential_issuer: issuer.clone(),
        authorization_servers: None,
        credential_endpoint: issuer.endpoint("/credential"),
        nonce_endpoint: Some(issuer.endpoint("/nonce")),
        notification_endpoint: Some(issuer.endpoint("/notification")),
        mleg_typed_code_endpoint: Some(issuer.endpoint("/typed-code")),
        display: vec![
            Display::new("pl", "mLegitymacja (symulator)"),
            Display::new("en", "mLegitymacja (simulator)"),
        ],
        credential_configurations_supported: BTreeMap::from([(CONFIGURATION_X509.to_owned(), configuration)]),
    }
}

fn document(bytes: &[u8]) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, bytes.to_vec()).into_response()
}

/// `GET /.well-known/openid-credential-issuer`
pub(super) async fn issuer(State(state): State<ServerState>) -> Response {
    document(&state.wire.metadata.issuer)
}

/// `GET /.well-known/oauth-authorization-server`
pub(super) async fn authorization_server(State(state): State<ServerState>) -> Response {
    document(&state.wire.metadata.authorization_server)
}
