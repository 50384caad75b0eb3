//! Settings: command line over environment over file, then checked once. What is checked has private fields.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shared::vci::uri::{IssuerUrl, UrlPolicy, is_loopback};
use shared::x509::profile::PkiUrls;

use crate::http::{ISSUING_NAME, LIST_NAME};
use crate::notify::mail::{MailRoute, MailRouteFault};
use crate::store::Location;

/// Settings as they were given; every one may come from the command line, from `MLEG_*` or from a file.
#[derive(Debug, Clone, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Folder of keys, secrets and the embedded database
    #[arg(long, env = "MLEG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// `sqlite` for the file in the data folder, or a `postgres://` address
    #[arg(long, env = "MLEG_DATABASE", value_name = "sqlite|postgres://…", hide_env_values = true)]
    pub database: Option<String>,
    /// Where to listen
    #[arg(long, env = "MLEG_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The address under which wallets know this issuer; may have a path
    #[arg(long, env = "MLEG_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Plain-http address that certificates name for revocation lists and CA certificates
    #[arg(long, env = "MLEG_PKI_URL", value_name = "URL")]
    pub pki_url: Option<String>,
    /// Where to listen for those, if not on the main address
    #[arg(long, env = "MLEG_PKI_LISTEN", value_name = "ADDRESS")]
    pub pki_listen: Option<SocketAddr>,
    /// TLS certificate chain, PEM
    #[arg(long, env = "MLEG_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM
    #[arg(long, env = "MLEG_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// File with the passphrase of the CA keys
    #[arg(long, env = "MLEG_CA_PASSPHRASE_FILE", value_name = "FILE")]
    pub ca_passphrase_file: Option<PathBuf>,
    /// Mail server for notices: `smtp://` (STARTTLS, except on this machine) or `smtps://`, with user and password
    #[arg(long, env = "MLEG_SMTP_URL", value_name = "smtp://…|smtps://…", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The address that notices by e-mail come from
    #[arg(long, env = "MLEG_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// OpenID Connect provider by which staff may sign in
    #[arg(long, env = "MLEG_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// How that provider knows this issuer
    #[arg(long, env = "MLEG_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// File with the secret that was agreed on with the provider, if one was
    #[arg(long, env = "MLEG_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// Answer wrong activation codes with `invalid_tx_code`, as a draft of OpenID4VCI 1.1 has it
    #[arg(long, env = "MLEG_INVALID_TX_CODE", num_args = 0..=1, default_missing_value = "true")]
    pub invalid_tx_code: Option<bool>,
    /// A clock that can be moved over HTTP, and a demo school; on this machine only
    #[arg(long, env = "MLEG_SANDBOX", num_args = 0..=1, default_missing_value = "true")]
    pub sandbox: Option<bool>,
}

impl Given {
    /// Reads a settings file (TOML).
    ///
    /// # Errors
    /// When it cannot be read or has a setting that does not exist.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| ConfigError::File { path: path.to_owned(), cause })?;
        toml::from_str(&text)
            .map_err(|cause| ConfigError::Syntax { path: path.to_owned(), cause: Box::new(cause) })
    }

    /// These settings, and `file`'s where these say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self {
            data: self.data.or(file.data),
            database: self.database.or(file.database),
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            pki_url: self.pki_url.or(file.pki_url),
            pki_listen: self.pki_listen.or(file.pki_listen),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            ca_passphrase_file: self.ca_passphrase_file.or(file.ca_passphrase_file),
            smtp_url: self.smtp_url.or(file.smtp_url),
            mail_from: self.mail_from.or(file.mail_from),
            oidc_issuer: self.oidc_issuer.or(file.oidc_issuer),
            oidc_client_id: self.oidc_client_id.or(file.oidc_client_id),
            oidc_client_secret_file: self.oidc_client_secret_file.or(file.oidc_client_secret_file),
            invalid_tx_code: self.invalid_tx_code.or(file.invalid_tx_code),
            sandbox: self.sandbox.or(file.sandbox),
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("mleg-data"))
    }

    /// Where the books are.
    ///
    /// # Errors
    /// When it is neither `sqlite` nor a `postgres://` address.
    pub fn location(&self) -> Result<Location, ConfigError> {
        match self.database.as_deref() {
            None | Some("sqlite") => Ok(Location::Sqlite(self.data_dir().join("issuer.db"))),
            Some(text) if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Location::Postgres(text.to_owned()))
            }
            Some(_) => Err(ConfigError::Database),
        }
    }
}

/// Settings that hold together.
#[derive(Debug, Clone)]
pub struct Settings {
    issuer: IssuerUrl,
    pki: PkiUrls,
    listen: SocketAddr,
    pki_listen: Option<SocketAddr>,
    tls: Option<(PathBuf, PathBuf)>,
    mail: Option<MailRoute>,
    sign_in: Option<ProviderSettings>,
    invalid_tx_code: bool,
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
        let sandbox = given.sandbox.unwrap_or(false);
        let loopback = bound.ip().is_loopback() && given.pki_listen.is_none_or(|a| a.ip().is_loopback());
        let named = given.public_url.as_deref().and_then(|text| url::Url::parse(text).ok());
        let known_elsewhere = named.is_some_and(|url| !is_loopback(&url));
        if sandbox && (!loopback || known_elsewhere) {
            return Err(ConfigError::PublicSandbox);
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
            mail: mail_route(given)?,
            sign_in: ProviderSettings::check(given)?,
            invalid_tx_code: given.invalid_tx_code.unwrap_or(false),
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
    /// Letters cannot be sent so.
    #[error(transparent)]
    Mail(#[from] MailRouteFault),
    /// The provider's address cannot be one.
    #[error("oidc-issuer: an https address without query is needed")]
    Provider,
    /// A provider takes two settings at least.
    #[error("oidc-issuer and oidc-client-id belong together")]
    HalfProvider,
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
    fn mail_and_sign_in_are_whole_or_absent() {
        let fails = |change: fn(&mut Given)| check("127.0.0.1:1", change).unwrap_err();
        let half = fails(|given| given.smtp_url = Some("smtp://mail.example.pl".into()));
        assert!(matches!(half, ConfigError::Mail(MailRouteFault::Half)));
        let half = fails(|given| given.oidc_issuer = Some("https://login.example.pl".into()));
        assert!(matches!(half, ConfigError::HalfProvider));
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

    #[test]
    fn the_example_file_is_read_and_the_command_line_wins() {
        let file: Given = toml::from_str(include_str!("../issuer.example.toml")).unwrap();
        let given = Given { listen: Some("127.0.0.1:9".parse().unwrap()), ..Given::default() }.or(file);
        assert_eq!(given.listen, Some("127.0.0.1:9".parse().unwrap()));
        assert_eq!(given.data_dir(), PathBuf::from("mleg-data"));
    }
}
