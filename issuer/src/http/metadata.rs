//! What the issuer says of itself (OpenID4VCI 1.0 §12.2, RFC 8414): made once, at start.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::card_claims;
use shared::holder_code::Purpose;
use shared::vci::metadata::{
    AuthorizationServerMetadata, BatchIssuance, ClaimDescription, CredentialConfiguration,
    CredentialMetadata, Display, IssuerMetadata, PortalEndpoints,
};
use shared::vci::uri::IssuerUrl;
use shared::vci::{CONFIGURATION_CODE, CONFIGURATION_SD_JWT, CONFIGURATION_X509, MAX_BATCH};

use super::ServerState;
use super::junior;
use crate::issuance::junior::AUTHORIZE_PATH;

/// The documents, as they are sent.
pub(super) struct Documents {
    issuer: Vec<u8>,
    authorization_server: Vec<u8>,
    credential_type: Vec<u8>,
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
            credential_type: card_claims::type_metadata(issuer.as_str()).to_string().into_bytes(),
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
    let codes = CredentialMetadata {
        display: metadata.display.clone(),
        claims: Purpose::ALL.into_iter().map(statement).collect(),
    };
    let copies = CredentialMetadata {
        display: metadata.display.clone(),
        claims: card_claims::described().into_iter().map(ClaimDescription::of).collect(),
    };
    let vct = card_claims::credential_type(issuer.as_str());
    let configurations = [
        (CONFIGURATION_X509, CredentialConfiguration::x509(CONFIGURATION_X509, metadata)),
        (CONFIGURATION_SD_JWT, CredentialConfiguration::sd_jwt(CONFIGURATION_SD_JWT, vct, copies)),
        (CONFIGURATION_CODE, CredentialConfiguration::code(CONFIGURATION_CODE, codes)),
    ];
    IssuerMetadata {
        credential_issuer: issuer.clone(),
        authorization_servers: None,
        credential_endpoint: issuer.endpoint("/credential"),
        nonce_endpoint: Some(issuer.endpoint("/nonce")),
        notification_endpoint: Some(issuer.endpoint("/notification")),
        mleg_typed_code_endpoint: Some(issuer.endpoint("/typed-code")),
        batch_credential_issuance: Some(BatchIssuance { batch_size: MAX_BATCH }),
        display: vec![
            Display::new("pl", "mLegitymacja (symulator)"),
            Display::new("en", "mLegitymacja (simulator)"),
        ],
        credential_configurations_supported: configurations
            .into_iter()
            .map(|(id, configuration)| (id.to_owned(), configuration))
            .collect(),
    }
}

/// A statement of the holder's code; the ages that are not reached have none.
fn statement(purpose: Purpose) -> ClaimDescription {
    let (pl, en) = match purpose {
        Purpose::Ticket => ("Kontrola biletów".to_owned(), "Ticket inspection".to_owned()),
        Purpose::Cinema(limit) => {
            (format!("Ma co najmniej {} lat", limit.years()), format!("Is {} or over", limit.years()))
        }
        Purpose::Library => ("Biblioteka".to_owned(), "Library".to_owned()),
        Purpose::Card => ("Cała legitymacja".to_owned(), "The whole card".to_owned()),
    };
    let always = !matches!(purpose, Purpose::Cinema(_));
    ClaimDescription::new(purpose.name(), always, &pl, &en)
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

/// `GET /credentials/mlegitymacja/1`: what `vct` leads to (SD-JWT VC §4.3).
pub(super) async fn credential_type(State(state): State<ServerState>) -> Response {
    document(&state.wire.metadata.credential_type)
}

/// `GET /credentials/mlegitymacja/1/schema.json`
pub(super) async fn credential_schema() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/schema+json"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, card_claims::SCHEMA).into_response()
}
