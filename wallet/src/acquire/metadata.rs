//! Who the issuer is and what it can do (OpenID4VCI 1.0 §12.2, RFC 8414).
//!
//! Nothing is cached: the documents are small, and an activation happens once.

use shared::vci::metadata::{
    AuthorizationServerMetadata, CredentialConfiguration, IssuerMetadata, MAX_METADATA_LENGTH, MetadataError,
};
use shared::vci::uri::{HttpUrl, IssuerUrl};
use shared::vci::{FORMAT_X509, GRANT_PRE_AUTHORIZED_CODE};

use super::event::Step;
use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError};
use crate::transport::Request;

/// Fetches the issuer's own document.
pub(crate) async fn issuer(line: &Line<'_>, issuer: &IssuerUrl) -> Result<IssuerMetadata, MetadataFault> {
    line.began(Step::Metadata);
    issuer_now(line, issuer).await
}

/// The same where it is no step on the way to a card.
pub(crate) async fn issuer_now(line: &Line<'_>, issuer: &IssuerUrl) -> Result<IssuerMetadata, MetadataFault> {
    let request = Request::get(issuer.issuer_metadata_url().as_url().clone(), MAX_METADATA_LENGTH);
    let response = line.ask(&Call::open(Endpoint::IssuerMetadata, request)).await?;
    Ok(IssuerMetadata::parse(&response.body, issuer)?)
}

/// The authorization server of an issuer, as far as this wallet needs it.
#[derive(Debug, Clone)]
pub(crate) struct TokenServer {
    pub(crate) token_endpoint: HttpUrl,
    /// Whether it binds tokens to keys.
    pub(crate) dpop: bool,
}

/// Fetches the document of the authorization server that the offer names, or of the issuer's first.
pub(crate) async fn authorization_server(
    line: &Line<'_>,
    metadata: &IssuerMetadata,
    named: Option<&IssuerUrl>,
) -> Result<AuthorizationServerMetadata, MetadataFault> {
    let server = choose(metadata, named)?;
    let url = server.authorization_server_metadata_url();
    let request = Request::get(url.as_url().clone(), MAX_METADATA_LENGTH);
    let response = line.ask(&Call::open(Endpoint::AuthorizationServerMetadata, request)).await?;
    Ok(AuthorizationServerMetadata::parse(&response.body, server)?)
}

/// What that server must be able to do for an activation.
pub(crate) async fn token_server(
    line: &Line<'_>,
    metadata: &IssuerMetadata,
    named: Option<&IssuerUrl>,
) -> Result<TokenServer, MetadataFault> {
    let document = authorization_server(line, metadata, named).await?;
    // An absent list means grants of the browser (RFC 8414 §2), but issuers leave it out; the offer itself vouches
    // for the grant then.
    if document.grant_types_supported.is_some() && !document.grants(GRANT_PRE_AUTHORIZED_CODE) {
        return Err(MetadataFault::NoPreAuthorizedCodes);
    }
    let dpop = document.takes_es256_dpop();
    let token_endpoint = document.token_endpoint.ok_or(MetadataFault::NoTokenEndpoint)?;
    Ok(TokenServer { token_endpoint, dpop })
}

/// §4.1.1: an offer may name one of the issuer's servers, and no other.
fn choose<'a>(
    metadata: &'a IssuerMetadata,
    named: Option<&'a IssuerUrl>,
) -> Result<&'a IssuerUrl, MetadataFault> {
    match (metadata.authorization_servers.as_deref(), named) {
        (None | Some([]), None) => Ok(&metadata.credential_issuer),
        (Some([first, ..]), None) => Ok(first),
        (Some(servers), Some(named)) if servers.contains(named) => Ok(named),
        (_, Some(_)) => Err(MetadataFault::ForeignServer),
    }
}

/// The first of the offered configurations that this wallet understands.
pub(crate) fn configuration<'a>(
    metadata: &'a IssuerMetadata,
    offered: &'a [String],
) -> Option<(&'a str, &'a CredentialConfiguration)> {
    offered.iter().find_map(|id| {
        let configuration = metadata.credential_configurations_supported.get(id)?;
        let fits = configuration.format == FORMAT_X509 && configuration.takes_es256_jwt();
        fits.then_some((id.as_str(), configuration))
    })
}

/// The issuer's Polish name, or any name, or its host.
pub(crate) fn name(metadata: &IssuerMetadata) -> String {
    let polish = metadata.display.iter().find(|display| display.locale.as_deref() == Some("pl"));
    let name = polish.into_iter().chain(&metadata.display).find_map(|display| display.name.as_deref());
    let name = name.map(|name| name.chars().filter(|c| !c.is_control()).take(100).collect::<String>());
    let host = || metadata.credential_issuer.as_url().host_str().unwrap_or_default().to_owned();
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(host)
}

/// Why an issuer's documents will not do. Messages complete "cannot use this issuer: …".
#[derive(Debug, thiserror::Error)]
pub enum MetadataFault {
    /// They could not be fetched.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// They are not what they should be, or another issuer's.
    #[error("metadata {0}")]
    Document(#[from] MetadataError),
    /// The offer names an authorization server that is not the issuer's.
    #[error("the offer names a server that is not the issuer's")]
    ForeignServer,
    /// There is nowhere to get a token.
    #[error("it has no token endpoint")]
    NoTokenEndpoint,
    /// Its authorization server redeems other codes only.
    #[error("it does not take pre-authorized codes")]
    NoPreAuthorizedCodes,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn metadata(edit: impl FnOnce(&mut Value)) -> IssuerMetadata {
        let mut value = json!({
            "credential_issuer": "https://a.example",
            "credential_endpoint": "https://a.example/credential",
            "credential_configurations_supported": {
                "other": {"format": "dc+sd-jwt"},
                "card": {
                    "format": "vnd.mleg.x509+json",
                    "cryptographic_binding_methods_supported": ["jwk"],
                    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
                },
            },
        });
        edit(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_offer_may_name_only_a_server_of_the_issuer() {
        let url = |text: &str| IssuerUrl::parse(text, Default::default()).unwrap();
        let (own, first, second) =
            (url("https://a.example"), url("https://s1.example"), url("https://s2.example"));
        let alone = metadata(|_| ());
        let several = metadata(|value| {
            value["authorization_servers"] = json!(["https://s1.example", "https://s2.example"]);
        });
        let chosen = |metadata, named| choose(metadata, named).ok().cloned();
        assert_eq!(chosen(&alone, None), Some(own.clone()));
        assert_eq!(chosen(&several, None), Some(first.clone()));
        assert_eq!(chosen(&several, Some(&second)), Some(second.clone()));
        assert_eq!(chosen(&several, Some(&own)), None);
        assert_eq!(chosen(&alone, Some(&first)), None);
    }

    #[test]
    fn the_first_configuration_that_is_understood_is_taken() {
        let offered = ["missing".to_owned(), "other".to_owned(), "card".to_owned()];
        let known = metadata(|_| ());
        assert_eq!(configuration(&known, &offered).map(|(id, _)| id), Some("card"));
        let rsa = metadata(|value| {
            value["credential_configurations_supported"]["card"]["proof_types_supported"] =
                json!({"jwt": {"proof_signing_alg_values_supported": ["RS256"]}});
        });
        assert_eq!(configuration(&rsa, &offered), None);
    }

    #[test]
    fn the_name_is_polish_if_there_is_one() {
        let named = |display: Value| name(&metadata(|value| value["display"] = display));
        assert_eq!(
            named(json!([{"name": "School", "locale": "en"}, {"name": "Szkoła", "locale": "pl"}])),
            "Szkoła"
        );
        assert_eq!(named(json!([{"name": "Sch\u{7}ool"}])), "School");
        assert_eq!(named(json!([{"locale": "pl"}])), "a.example");
    }
}
