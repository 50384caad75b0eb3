//! HTTP as the wallet speaks it: TLS by aws-lc-rs against certificate authorities that it was told of, plain http on
//! this machine alone, no redirects, no proxies out of the environment, bounded in time and size.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use shared::secret::Secret;
use shared::vci::uri::is_loopback;

use super::{Channel, Method, Request, Response, Transport, TransportError};

/// What may be set about the transport.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// PEM files with the certificate authorities of issuers' TLS certificates. Without any, only plain http on this
    /// machine can be spoken.
    pub certificate_authorities: Vec<Vec<u8>>,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for HttpOptions {
    /// No authorities; five seconds to connect, thirty in all.
    fn default() -> Self {
        Self {
            certificate_authorities: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
        }
    }
}

/// The real transport; clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// Makes a transport.
    ///
    /// # Errors
    /// When a file holds no certificate, or TLS cannot be set up.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpSetupError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&options.certificate_authorities)?)
            .user_agent(concat!("mleg-wallet/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .build()
            .map_err(HttpSetupError::Client)?;
        Ok(Self(client))
    }
}

fn tls(pems: &[Vec<u8>]) -> Result<ClientConfig, HttpSetupError> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| HttpSetupError::NotPem)?;
            roots.add(certificate).map_err(HttpSetupError::Authority)?;
        }
        if roots.len() == before {
            return Err(HttpSetupError::NotPem);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(HttpSetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let plain = request.url.scheme() != "https";
        if plain && request.channel == Channel::Protected && !is_loopback(&request.url) {
            return Err(TransportError::PlainHttp);
        }
        let limit = request.limit;
        let mut answer = self.prepare(request)?.send().await.map_err(|error| reason(&error))?;
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(TransportError::TooLong);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| reason(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(TransportError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned()))
        });
        Ok(Response { status: answer.status().as_u16(), headers: headers.collect(), body })
    }
}

impl HttpTransport {
    fn prepare(&self, request: Request) -> Result<reqwest::RequestBuilder, TransportError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut prepared = self.0.request(method, request.url).header(ACCEPT, request.accept);
        if let Some(authorization) = &request.authorization {
            prepared = prepared.header(AUTHORIZATION, secret_header(authorization)?);
        }
        if let Some(proof) = &request.dpop {
            prepared = prepared.header("dpop", secret_header(proof)?);
        }
        if let Some(body) = request.body {
            prepared = prepared.header(CONTENT_TYPE, body.content_type).body(body.text.expose().to_owned());
        }
        Ok(prepared)
    }
}

/// A header that the client library does not print.
fn secret_header(secret: &Secret) -> Result<HeaderValue, TransportError> {
    // Only an issuer that hands out tokens with line breaks gets here; nothing is sent.
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| TransportError::Unreachable)?;
    value.set_sensitive(true);
    Ok(value)
}

fn reason(error: &reqwest::Error) -> TransportError {
    if is_tls(error) {
        TransportError::UntrustedServer
    } else if error.is_connect() || error.is_builder() {
        TransportError::Unreachable
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        TransportError::Interrupted
    }
}

/// Whether TLS refused the server, deep inside the error.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An I/O error passes over what it wraps: its source is the source of that.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.is_some_and(|wrapped| is_tls(wrapped)) || error.source().is_some_and(is_tls)
}

/// Why there is no transport. Messages complete "cannot set up the network: …".
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// A file of certificate authorities holds none in PEM.
    #[error("the file of certificate authorities holds no PEM certificate")]
    NotPem,
    /// One of them is no certificate.
    #[error("a certificate authority's certificate cannot be read")]
    Authority(#[source] rustls::Error),
    /// TLS itself.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The client library.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;
    use crate::transport::{Body, JSON};

    /// Answers one connection with `answer`, after reading the request; yields the address and what was sent.
    async fn server(answer: &'static str) -> (Url, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/path?x=1", listener.local_addr().unwrap()).parse().unwrap();
        let sent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (url, sent)
    }

    fn transport() -> HttpTransport {
        let timeout = Duration::from_millis(400);
        HttpTransport::new(&HttpOptions { timeout, ..HttpOptions::default() }).unwrap()
    }

    #[tokio::test]
    async fn a_request_arrives_whole_and_its_answer_comes_back() {
        let (url, sent) =
            server("HTTP/1.1 400 Bad Request\r\nDPoP-Nonce: n1\r\nContent-Length: 2\r\n\r\n{}").await;
        let body = Body { content_type: JSON, text: Secret::new(r#"{"a":1}"#) };
        let request = Request {
            authorization: Some(Secret::new("DPoP token")),
            dpop: Some(Secret::new("a.b.c")),
            accept: "application/a",
            ..Request::post(url, Some(body), 100)
        };
        let answer = transport().send(request).await.unwrap();
        assert_eq!((answer.status, answer.header("dpop-nonce")), (400, Some("n1")));
        assert_eq!(answer.body, b"{}");
        let sent = sent.await.unwrap();
        for part in [
            "POST /path?x=1 HTTP/1.1",
            "authorization: DPoP token",
            "dpop: a.b.c",
            "accept: application/a\r\n",
            r#"{"a":1}"#,
        ] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let (url, _) =
            server("HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(transport().send(Request::get(url, 10)).await.unwrap().status, 307);
    }

    #[tokio::test]
    async fn long_answers_are_cut_off_whether_they_say_so_or_not() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n78901\r\n0\r\n\r\n",
        ] {
            let (url, _) = server(answer).await;
            let refused = transport().send(Request::get(url, 10)).await;
            assert_eq!(refused, Err(TransportError::TooLong), "{answer}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_reached_is_named() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let nobody: Url = format!("http://{closed}/").parse().unwrap();
        assert_eq!(transport().send(Request::get(nobody, 10)).await, Err(TransportError::Unreachable));

        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
        assert_eq!(transport().send(Request::get(url, 10)).await, Err(TransportError::TimedOut));

        let (url, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
        assert_eq!(transport().send(Request::get(url, 10)).await, Err(TransportError::Interrupted));
    }

    /// A server with a certificate that it has made for itself.
    fn impostor() -> std::net::SocketAddr {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
            let _refused = connection.complete_io(&mut listener.accept().unwrap().0);
        });
        address
    }

    #[tokio::test]
    async fn a_server_that_nobody_vouches_for_is_named() {
        let url: Url = format!("https://{}/", impostor()).parse().unwrap();
        assert_eq!(transport().send(Request::get(url, 10)).await, Err(TransportError::UntrustedServer));
    }

    #[tokio::test]
    async fn plain_http_stays_on_this_machine() {
        let request = Request::get("http://issuer.example/".parse().unwrap(), 10);
        assert_eq!(transport().send(request).await, Err(TransportError::PlainHttp));
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        for pem in ["", "rubbish"] {
            let options = HttpOptions { certificate_authorities: vec![pem.into()], ..HttpOptions::default() };
            assert!(matches!(HttpTransport::new(&options), Err(HttpSetupError::NotPem)), "{pem}");
        }
    }
}
