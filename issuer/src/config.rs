//! Settings: command line over environment over file, then checked once. What is checked has private fields.

mod given;

use std::net::SocketAddr;
use std::path::PathBuf;

use shared::vci::uri::{IssuerUrl, UrlPolicy, is_loopback};
use shared::x509::profile::PkiUrls;

use crate::http::front::Limits;
use crate::http::front::client::{ForwardHeader, Proxies};
use crate::http::{ISSUING_NAME, LIST_NAME};
use crate::notify::mail::{MailRoute, MailRouteFault};

pub use given::Given;

/// Settings that hold together.
#[derive(Debug, Clone)]
pub struct Settings {
    issuer: IssuerUrl,
    pki: PkiUrls,
    listen: SocketAddr,
    pki_listen: Option<SocketAddr>,
    tls: Option<(PathBuf, PathBuf)>,
    limits: Limits,
    proxies: Proxies,
    mail: Option<MailRoute>,
    sign_in: Option<ProviderSettings>,
    invalid_tx_code: bool,
    intent_first: bool,
    sandbox: bool,
}

/// The OpenID Connect provider by which staff may sign in.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its issuer identifier.
    pub issuer: String,
    /// How it knows us.
    pub client_id: String,
    /// Where the agreed secret is; none for a public client, which PKCE alone protects.
    pub secret_file: Option<PathBuf>,
}

impl ProviderSettings {
    fn check(given: &Given) -> Result<Option<Self>, ConfigError> {
        let (issuer, client_id) = match (&given.oidc_issuer, &given.oidc_client_id) {
            (None, None) if given.oidc_client_secret_file.is_none() => return Ok(None),
            (Some(issuer), Some(client_id)) if !client_id.is_empty() => (issuer, client_id),
            _ => return Err(ConfigError::HalfProvider),
        };
        let url = url::Url::parse(issuer).ok();
        let fits = url.is_some_and(|url| {
            let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
            safe && url.query().is_none() && url.fragment().is_none()
        });
        if !fits {
            return Err(ConfigError::Provider);
        }
        Ok(Some(Self {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            secret_file: given.oidc_client_secret_file.clone(),
        }))
    }
}

fn limits(given: &Given) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    for (given, limit) in [
        (given.max_connections, &mut limits.connections),
        (given.max_connections_per_address, &mut limits.connections_of_one),
        (given.max_in_work, &mut limits.in_work),
    ] {
        match given {
            Some(0) => return Err(ConfigError::NobodyLetIn),
            Some(given) => *limit = given,
            None => {}
        }
    }
    if given.max_connections_per_address.is_none() {
        // Nobody holds all of them alone.
        limits.connections_of_one = limits.connections_of_one.min((limits.connections / 2).max(1));
    }
    for (given, limit) in [
        (given.max_guesses_per_address, &mut limits.guesses_of_one),
        (given.max_guesses_per_school, &mut limits.guesses_at_school),
        (given.max_sign_ins_per_address, &mut limits.sign_ins_of_one),
    ] {
        match given {
            Some(0) => return Err(ConfigError::NobodyLetIn),
            Some(given) => *limit = given,
            None => {}
        }
    }
    Ok(limits)
}

fn proxies(given: &Given) -> Result<Proxies, ConfigError> {
    let header = match given.client_address_header.as_deref().map(str::parse) {
        None => ForwardHeader::default(),
        Some(Ok(header)) => header,
        Some(Err(())) => return Err(ConfigError::ProxyHeader),
    };
    match given.trusted_proxy.as_deref() {
        None => Ok(Proxies::default()),
        Some(nets) => Proxies::parse(nets, header).ok_or(ConfigError::Proxy),
    }
}

fn mail_route(given: &Given) -> Result<Option<MailRoute>, MailRouteFault> {
    match (&given.smtp_url, &given.mail_from) {
        (None, None) => Ok(None),
        (Some(server), Some(sender)) => MailRoute::parse(server, sender).map(Some),
        (Some(_), None) | (None, Some(_)) => Err(MailRouteFault::Half),
    }
}

impl Settings {
    /// Checks settings for an issuer that listens on `bound` (the port is known by then).
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn check(given: &Given, bound: SocketAddr) -> Result<Self, ConfigError> {
        given.token()?;
        let sandbox = given.sandbox.unwrap_or(false);
        let others = [given.pki_listen, given.metrics_listen];
        let loopback = [Some(bound)].iter().chain(&others).flatten().all(|a| a.ip().is_loopback());
        let named = given.public_url.as_deref().and_then(|text| url::Url::parse(text).ok());
        let known_elsewhere = named.is_some_and(|url| !is_loopback(&url));
        if sandbox && (!loopback || known_elsewhere) {
            return Err(ConfigError::PublicSandbox);
        }
        if given.tls_cert.is_some() != given.tls_key.is_some() {
            return Err(ConfigError::HalfTls);
        }
        let tls = given.tls_cert.clone().zip(given.tls_key.clone());
        if tls.is_none() && !bound.ip().is_loopback() {
            return Err(ConfigError::PlainHttp);
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public = given.public_url.clone().unwrap_or_else(|| format!("{scheme}://{bound}"));
        let issuer = IssuerUrl::parse(public.trim_end_matches('/'), UrlPolicy::default())
            .map_err(ConfigError::PublicUrl)?;
        let pki = match (&given.pki_url, given.pki_listen) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(listen)) => format!("http://{listen}"),
            (None, None) if issuer.as_url().scheme() == "http" => {
                issuer.as_url().origin().ascii_serialization()
            }
            (None, None) => return Err(ConfigError::NoPkiUrl),
        };
        let pki = PkiUrls::new(
            &format!("{pki}/pki/crl/{LIST_NAME}"),
            &format!("{pki}/pki/ca/{ISSUING_NAME}"),
            Some(&format!("{pki}/pki/ocsp")),
        );
        Ok(Self {
            issuer,
            pki: pki.map_err(ConfigError::PkiUrl)?,
            listen: bound,
            pki_listen: given.pki_listen,
            tls,
            limits: limits(given)?,
            proxies: proxies(given)?,
            mail: mail_route(given)?,
            sign_in: ProviderSettings::check(given)?,
            invalid_tx_code: given.invalid_tx_code.unwrap_or(false),
            intent_first: given.intent_first.unwrap_or(false),
            sandbox,
        })
    }

    /// The credential issuer identifier.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// What certificates name.
    pub fn pki(&self) -> &PkiUrls {
        &self.pki
    }

    /// Where it listens.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where it listens for revocation lists, if elsewhere.
    pub fn pki_listen(&self) -> Option<SocketAddr> {
        self.pki_listen
    }

    /// Certificate and key files, if it speaks TLS itself.
    pub fn tls(&self) -> Option<&(PathBuf, PathBuf)> {
        self.tls.as_ref()
    }

    /// Whether browsers are told to come by TLS alone: they reach it by TLS, and not under this machine's own name.
    pub fn strictly_by_tls(&self) -> bool {
        self.issuer.as_url().scheme() == "https" && !is_loopback(self.issuer.as_url())
    }

    /// How much of everything is allowed.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Which proxies are believed for whom they ask.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// How letters are sent, if they are.
    pub fn mail(&self) -> Option<&MailRoute> {
        self.mail.as_ref()
    }

    /// By which provider staff may sign in, if by any.
    pub fn sign_in(&self) -> Option<&ProviderSettings> {
        self.sign_in.as_ref()
    }

    /// Whether wrong codes are `invalid_tx_code`.
    pub fn invalid_tx_code(&self) -> bool {
        self.invalid_tx_code
    }

    /// Whether the intent of every certificate is committed before it is signed, wherever the key is.
    pub fn intent_first(&self) -> bool {
        self.intent_first
    }

    /// Whether clock and data can be moved over HTTP.
    pub fn sandbox(&self) -> bool {
        self.sandbox
    }
}

/// Messages complete "cannot use these settings: …".
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not TOML of the expected shape.
    #[error("{} is wrong: {cause}", .path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where and why.
        cause: Box<toml::de::Error>,
    },
    /// Neither `sqlite` nor `postgres://…`.
    #[error("database is neither sqlite nor a postgres:// address")]
    Database,
    /// The public address cannot be one.
    #[error("public-url: {0}")]
    PublicUrl(shared::vci::uri::UriError),
    /// The PKI address cannot be one.
    #[error("pki-url: {0}")]
    PkiUrl(shared::x509::profile::PkiUrlFault),
    /// An https issuer needs a plain address for revocation lists.
    #[error("an https issuer needs --pki-url (plain http) for revocation lists")]
    NoPkiUrl,
    /// Wallets would send codes in the clear.
    #[error("plain http is for this machine only: give --tls-cert and --tls-key, or listen on 127.0.0.1")]
    PlainHttp,
    /// Nobody could reach it.
    #[error("every setting that begins with max- is at least 1")]
    NobodyLetIn,
    /// Neither an address nor a network.
    #[error("trusted-proxy: addresses or networks are needed, such as 10.0.0.0/8")]
    Proxy,
    /// No header that proxies write.
    #[error("client-address-header is neither x-forwarded-for nor forwarded")]
    ProxyHeader,
    /// Letters cannot be sent so.
    #[error(transparent)]
    Mail(#[from] MailRouteFault),
    /// The provider's address cannot be one.
    #[error("oidc-issuer: an https address without query is needed")]
    Provider,
    /// A provider takes two settings at least.
    #[error("oidc-issuer and oidc-client-id belong together")]
    HalfProvider,
    /// A certificate without its key, or a key without its certificate.
    #[error("tls-cert and tls-key belong together")]
    HalfTls,
    /// A token takes three settings.
    #[error("pkcs11-module, pkcs11-token and pkcs11-pin-file belong together")]
    HalfToken,
    /// Anybody could move the clock.
    #[error("the sandbox listens on this machine only")]
    PublicSandbox,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listen: &str, change: impl FnOnce(&mut Given)) -> Result<Settings, ConfigError> {
        let mut given = Given::default();
        change(&mut given);
        Settings::check(&given, listen.parse().unwrap())
    }

    #[test]
    fn the_plainest_settings_name_the_bound_port() {
        let settings = check("127.0.0.1:8080", |_| {}).unwrap();
        assert_eq!(settings.issuer().as_str(), "http://127.0.0.1:8080");
        assert_eq!(settings.pki().crl(), "http://127.0.0.1:8080/pki/crl/issuing.crl");
    }

    #[test]
    fn nobody_holds_all_connections_alone() {
        let of_one = |all: Option<usize>, one: Option<usize>| {
            let given = Given { max_connections: all, max_connections_per_address: one, ..Given::default() };
            limits(&given).unwrap().connections_of_one
        };
        assert_eq!(of_one(Some(500), None), 250);
        assert_eq!(of_one(Some(1), None), 1, "somebody must be let in");
        assert_eq!(of_one(Some(500), Some(400)), 400, "unless it is said");
    }

    #[test]
    fn what_would_be_unsafe_is_refused() {
        assert!(matches!(check("0.0.0.0:80", |_| {}), Err(ConfigError::PlainHttp)));
        let public = check("0.0.0.0:443", |given| {
            given.sandbox = Some(true);
            given.tls_cert = Some("cert.pem".into());
            given.tls_key = Some("key.pem".into());
        });
        assert!(matches!(public, Err(ConfigError::PublicSandbox)));
        let lists = check("127.0.0.1:1", |given| given.public_url = Some("https://mleg.example".into()));
        assert!(matches!(lists, Err(ConfigError::NoPkiUrl)));
        let plain = check("127.0.0.1:1", |given| given.public_url = Some("http://mleg.example".into()));
        assert!(matches!(plain, Err(ConfigError::PublicUrl(_))));
    }

    #[test]
    fn browsers_come_by_tls_alone_where_tls_serves_and_not_on_this_machine() {
        let by_tls = |url: &str| {
            let settings = check("127.0.0.1:8080", |given| {
                given.public_url = Some(url.into());
                given.pki_url = Some("http://pki.example".into());
            });
            settings.unwrap().strictly_by_tls()
        };
        assert!(by_tls("https://mleg.example"));
        assert!(!by_tls("https://localhost:8080") && !by_tls("http://127.0.0.1:8080"));
    }

    #[test]
    fn limits_and_proxies_are_checked() {
        let fails = |change: fn(&mut Given)| check("127.0.0.1:1", change).unwrap_err();
        assert!(matches!(fails(|given| given.max_in_work = Some(0)), ConfigError::NobodyLetIn));
        assert!(matches!(fails(|given| given.trusted_proxy = Some("all".into())), ConfigError::Proxy));
        let header = fails(|given| given.client_address_header = Some("x-real-ip".into()));
        assert!(matches!(header, ConfigError::ProxyHeader));
        let settings = check("127.0.0.1:1", |given| {
            given.max_in_work = Some(7);
            given.trusted_proxy = Some("10.0.0.0/8".into());
        });
        let settings = settings.unwrap();
        assert_eq!(settings.limits().in_work, 7);
        assert!(settings.proxies().trusts("10.1.2.3".parse().unwrap()));
    }

    #[test]
    fn mail_sign_in_and_token_are_whole_or_absent() {
        let fails = |change: fn(&mut Given)| check("127.0.0.1:1", change).unwrap_err();
        let half = fails(|given| given.smtp_url = Some("smtp://mail.example.pl".into()));
        assert!(matches!(half, ConfigError::Mail(MailRouteFault::Half)));
        let half = fails(|given| given.oidc_issuer = Some("https://login.example.pl".into()));
        assert!(matches!(half, ConfigError::HalfProvider));
        let half = fails(|given| given.tls_key = Some("key.pem".into()));
        assert!(matches!(half, ConfigError::HalfTls), "which was plain HTTP without a word");
        let half = fails(|given| given.pkcs11_token = Some("mleg".into()));
        assert!(matches!(half, ConfigError::HalfToken));
        let plain = fails(|given| {
            given.oidc_issuer = Some("http://login.example.pl".into());
            given.oidc_client_id = Some("mleg".into());
        });
        assert!(matches!(plain, ConfigError::Provider));
        let whole = check("127.0.0.1:1", |given| {
            given.smtp_url = Some("smtps://user:word@mail.example.pl".into());
            given.mail_from = Some("szkola@example.pl".into());
            given.oidc_issuer = Some("https://login.example.pl/realms/a".into());
            given.oidc_client_id = Some("mleg".into());
        })
        .unwrap();
        assert!(whole.mail().is_some() && whole.sign_in().is_some());
        assert!(!format!("{whole:?}").contains("word"), "passwords are not printed");
    }
}
