//! Settings as they come: from the command line, from `MLEG_*`, from a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ConfigError;
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
    /// Where Prometheus finds `/metrics`; nowhere without
    #[arg(long, env = "MLEG_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// TLS certificate chain, PEM
    #[arg(long, env = "MLEG_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM
    #[arg(long, env = "MLEG_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Connections held at once
    #[arg(long, env = "MLEG_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<usize>,
    /// Connections held at once from one address
    #[arg(long, env = "MLEG_MAX_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    pub max_connections_per_address: Option<usize>,
    /// Requests worked on at once
    #[arg(long, env = "MLEG_MAX_IN_WORK", value_name = "NUMBER")]
    pub max_in_work: Option<usize>,
    /// Wrong codes that one address may send at once; a hundredth of them comes back every minute, as below
    #[arg(long, env = "MLEG_MAX_GUESSES_PER_ADDRESS", value_name = "NUMBER")]
    pub max_guesses_per_address: Option<u32>,
    /// Wrong activation codes that may be sent to one school's slips
    #[arg(long, env = "MLEG_MAX_GUESSES_PER_SCHOOL", value_name = "NUMBER")]
    pub max_guesses_per_school: Option<u32>,
    /// Wrong passwords that one address may send
    #[arg(long, env = "MLEG_MAX_SIGN_INS_PER_ADDRESS", value_name = "NUMBER")]
    pub max_sign_ins_per_address: Option<u32>,
    /// Reverse proxies that are believed for whom they ask: addresses or networks, with commas between them
    #[arg(long, env = "MLEG_TRUSTED_PROXY", value_name = "NETWORKS")]
    pub trusted_proxy: Option<String>,
    /// Where they say it
    #[arg(long, env = "MLEG_CLIENT_ADDRESS_HEADER", value_name = "x-forwarded-for|forwarded")]
    pub client_address_header: Option<String>,
    /// File with the passphrase of the CA keys
    #[arg(long, env = "MLEG_CA_PASSPHRASE_FILE", value_name = "FILE")]
    pub ca_passphrase_file: Option<PathBuf>,
    /// PKCS#11 library of the token that keeps the CA keys; needs the next two, too
    #[arg(long, env = "MLEG_PKCS11_MODULE", value_name = "FILE")]
    pub pkcs11_module: Option<PathBuf>,
    /// Label of that token
    #[arg(long, env = "MLEG_PKCS11_TOKEN", value_name = "LABEL")]
    pub pkcs11_token: Option<String>,
    /// File with the PIN of that token's user
    #[arg(long, env = "MLEG_PKCS11_PIN_FILE", value_name = "FILE")]
    pub pkcs11_pin_file: Option<PathBuf>,
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
    /// Commit the intent of every certificate before it is signed, as with keys in a token; one commit more for each
    #[arg(long, env = "MLEG_INTENT_FIRST", num_args = 0..=1, default_missing_value = "true")]
    pub intent_first: Option<bool>,
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
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            max_connections: self.max_connections.or(file.max_connections),
            max_connections_per_address: self
                .max_connections_per_address
                .or(file.max_connections_per_address),
            max_in_work: self.max_in_work.or(file.max_in_work),
            max_guesses_per_address: self.max_guesses_per_address.or(file.max_guesses_per_address),
            max_guesses_per_school: self.max_guesses_per_school.or(file.max_guesses_per_school),
            max_sign_ins_per_address: self.max_sign_ins_per_address.or(file.max_sign_ins_per_address),
            trusted_proxy: self.trusted_proxy.or(file.trusted_proxy),
            client_address_header: self.client_address_header.or(file.client_address_header),
            ca_passphrase_file: self.ca_passphrase_file.or(file.ca_passphrase_file),
            pkcs11_module: self.pkcs11_module.or(file.pkcs11_module),
            pkcs11_token: self.pkcs11_token.or(file.pkcs11_token),
            pkcs11_pin_file: self.pkcs11_pin_file.or(file.pkcs11_pin_file),
            smtp_url: self.smtp_url.or(file.smtp_url),
            mail_from: self.mail_from.or(file.mail_from),
            oidc_issuer: self.oidc_issuer.or(file.oidc_issuer),
            oidc_client_id: self.oidc_client_id.or(file.oidc_client_id),
            oidc_client_secret_file: self.oidc_client_secret_file.or(file.oidc_client_secret_file),
            invalid_tx_code: self.invalid_tx_code.or(file.invalid_tx_code),
            intent_first: self.intent_first.or(file.intent_first),
            sandbox: self.sandbox.or(file.sandbox),
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("mleg-data"))
    }

    /// The PKCS#11 module, the label of the token in it, and the file of its PIN.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn token(&self) -> Result<Option<(&Path, &str, &Path)>, ConfigError> {
        match (&self.pkcs11_module, &self.pkcs11_token, &self.pkcs11_pin_file) {
            (None, None, None) => Ok(None),
            (Some(module), Some(label), Some(pin)) if !label.is_empty() => Ok(Some((module, label, pin))),
            _ => Err(ConfigError::HalfToken),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_is_read_and_the_command_line_wins() {
        let file: Given = toml::from_str(include_str!("../../issuer.example.toml")).unwrap();
        let given = Given { listen: Some("127.0.0.1:9".parse().unwrap()), ..Given::default() }.or(file);
        assert_eq!(given.listen, Some("127.0.0.1:9".parse().unwrap()));
        assert_eq!(given.data_dir(), PathBuf::from("mleg-data"));
    }
}
