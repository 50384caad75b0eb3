//! TLS as a client meets it: versions, the word to browsers, and a certificate that changes while one is served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use tempfile::TempDir;
use tests::outside::{program, require};
use tokio::task::block_in_place;

use crate::front::Front;

const NAME: &str = "mleg.example";
type Connection = StreamOwned<ClientConnection, TcpStream>;

/// Makes a pair and puts it where the issuer looks; answers the certificate.
fn put_pair(folder: &Path) -> CertificateDer<'static> {
    let pair = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), pair.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), pair.cert.pem()).unwrap();
    pair.cert.der().clone()
}

async fn served(folder: &TempDir) -> Front {
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    Front::given(
        |given| {
            given.tls_cert = Some(certificate);
            given.tls_key = Some(key);
            given.public_url = Some(format!("https://{NAME}"));
            given.pki_url = Some(format!("http://{NAME}"));
        },
        |limits| limits.head_time = Duration::from_secs(60),
    )
    .await
}

/// Shakes hands, trusting these certificates alone.
fn connect(
    front: &Front,
    trusted: &[&CertificateDer<'static>],
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<Connection> {
    let mut roots = RootCertStore::empty();
    trusted.iter().for_each(|root| roots.add((*root).clone()).unwrap());
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(front.address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let client = ClientConnection::new(Arc::new(config), NAME.try_into().unwrap()).unwrap();
    let mut connection = StreamOwned::new(client, socket);
    while connection.conn.is_handshaking() {
        connection.conn.complete_io(&mut connection.sock)?;
    }
    Ok(connection)
}

fn ask(connection: &mut Connection) -> String {
    connection.write_all(format!("GET /health/live HTTP/1.1\r\nhost: {NAME}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\nok\n") {
        connection.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_spoken_and_nothing_older_and_nothing_plain() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = put_pair(folder.path());
    let front = served(&folder).await;
    block_in_place(|| {
        for (version, spoken) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
            let mut connection = connect(&front, &[&certificate], &[version]).unwrap();
            assert_eq!(connection.conn.protocol_version(), Some(spoken));
            let answer = ask(&mut connection);
            assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
        }
        // A greeting of TLS 1.1, by hand: a client of today cannot make one.
        let mut hello = vec![3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0, 6, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 1, 0]);
        let mut record = vec![22, 3, 1, 0, hello.len() as u8 + 4, 1, 0, 0, hello.len() as u8];
        record.extend(hello);
        let mut old = TcpStream::connect(front.address).unwrap();
        old.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        old.write_all(&record).unwrap();
        let mut alert = [0; 7];
        old.read_exact(&mut alert).unwrap();
        assert_eq!((alert[0], alert[5]), (21, 2), "a fatal alert");
        assert!([40, 70].contains(&alert[6]), "handshake failure or protocol version: {}", alert[6]);

        let mut plain = TcpStream::connect(front.address).unwrap();
        plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        plain.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let mut said = Vec::new();
        let _ = plain.read_to_end(&mut said);
        assert!(!said.starts_with(b"HTTP"), "plain HTTP is answered");
    });
    assert_eq!(front.figure("mleg_tls_handshakes_failed_total").await, 2.0, "the old one and the plain one");
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_served_while_an_old_connection_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let old = put_pair(folder.path());
    let front = served(&folder).await;
    block_in_place(|| {
        let both = [&TLS13, &TLS12];
        let mut before = connect(&front, &[&old], &both).unwrap();
        ask(&mut before);
        let new = put_pair(folder.path());
        let taken_up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            connect(&front, &[&new], &both).is_ok()
        });
        assert!(taken_up, "the new certificate is not served");
        assert!(connect(&front, &[&old], &both).is_err(), "the old one is served still");
        assert!(ask(&mut before).starts_with("HTTP/1.1 200"), "the old connection goes on");

        // A key that does not fit is not taken up: the last good pair goes on serving.
        std::fs::write(folder.path().join("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem())
            .unwrap();
        for _ in 0..30 {
            std::thread::sleep(Duration::from_millis(100));
            connect(&front, &[&new], &both).unwrap();
        }
    });
    assert!(front.figure("mleg_tls_reloads_refused_total").await >= 1.0, "nobody is told of the refusal");
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_agrees_on_the_versions() {
    let Some(openssl) = require("openssl", || program("openssl", "version")) else { return };
    let folder = tempfile::tempdir().unwrap();
    put_pair(folder.path());
    let front = served(&folder).await;
    block_in_place(|| {
        for (version, spoken) in
            [("-tls1_3", Some("TLSv1.3")), ("-tls1_2", Some("TLSv1.2")), ("-tls1_1", None), ("-tls1", None)]
        {
            let mut command = std::process::Command::new(&openssl);
            command.args(["s_client", "-connect", &front.address.to_string(), "-servername", NAME, version]);
            // Or openssl itself would not ask for the old ones.
            command.args(["-cipher", "DEFAULT@SECLEVEL=0"]).stdin(std::process::Stdio::null());
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            match spoken {
                Some(name) => assert!(told.contains(&format!("New, {name}, Cipher is")), "{version}: {told}"),
                None => assert!(
                    told.contains("New, (NONE), Cipher is (NONE)") && told.contains("SSL alert number"),
                    "{version}: {told}"
                ),
            }
        }
    });
    front.running.stop().await.unwrap();
}
