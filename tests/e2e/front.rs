//! What stands before the router, tried with bare sockets: who is slow, too big, too many or does not read.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use issuer::app::{self, App, Running, Surroundings};
use issuer::config::Given;
use issuer::http::front::Limits;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// An issuer of its own, with limits that a test reaches.
pub(crate) struct Front {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Front {
    pub(crate) async fn of(change: impl FnOnce(&mut Limits)) -> Self {
        Self::given(|_| {}, change).await
    }

    pub(crate) async fn given(set: impl FnOnce(&mut Given), change: impl FnOnce(&mut Limits)) -> Self {
        tests::world::crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let mut given = Given {
            data: Some(folder.path().join("issuer")),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            metrics_listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Given::default()
        };
        set(&mut given);
        let surroundings = Surroundings::system();
        app::init(&given, None, "dyrektor", &surroundings).await.unwrap();
        let app = App::open(&given, &surroundings).await.unwrap();
        let mut limits = app.limits().clone();
        change(&mut limits);
        let running = app.within_limits(limits).start().unwrap();
        let address = running.settings().listen();
        Self { running, address, _folder: folder }
    }

    /// What Prometheus is told under `name`, labels and all.
    pub(crate) async fn figure(&self, name: &str) -> f64 {
        let address = self.running.metrics_address().unwrap();
        let text = tests::http::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// A connection that waits a good while for an answer.
    fn connect(&self) -> Raw {
        Self::patient(TcpStream::connect(self.address).unwrap())
    }

    /// The same from another address of this machine.
    fn connect_from(&self, own: [u8; 4]) -> Raw {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((own, 0).into()).unwrap();
        let socket = Handle::current().block_on(socket.connect(self.address)).unwrap().into_std().unwrap();
        socket.set_nonblocking(false).unwrap();
        Self::patient(socket)
    }

    fn patient(socket: TcpStream) -> Raw {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Raw(socket)
    }
}

struct Raw(TcpStream);

impl Raw {
    fn send(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        // The other side may have hung up already: the reader sees what it said.
        let _ = self.0.write_all(text.as_ref());
        self
    }

    /// Everything until the other side hangs up.
    fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let mut some = [0; 4096];
        loop {
            match self.0.read(&mut some) {
                Ok(0) => break,
                Ok(n) => all.extend_from_slice(&some[..n]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("nobody hung up: {error}"),
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// One answer whose length is named; the connection stays.
    fn answer(&mut self) -> String {
        let mut all = Vec::new();
        let mut byte = [0];
        while !all.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => all.push(byte[0]),
                _ => return String::from_utf8_lossy(&all).into_owned(),
            }
        }
        let head = String::from_utf8_lossy(&all).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        all.extend(body);
        String::from_utf8_lossy(&all).into_owned()
    }
}

fn post(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n"
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")
}

const SOON: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    let front = Front::of(|limits| limits.head_time = SOON).await;
    block_in_place(|| {
        assert_eq!(front.connect().rest(), "", "nothing was said");
        assert_eq!(front.connect().send("GET /health/li").rest(), "", "half a line");
        // A header now and then, for as long as somebody listens.
        let mut drip = front.connect();
        drip.send("GET /health/live HTTP/1.1\r\n");
        let mut sent = 0;
        while drip.0.write_all(b"x-a: 1\r\n").is_ok() {
            sent += 1;
            assert!(sent < 100, "drops were taken for ten seconds");
            std::thread::sleep(Duration::from_millis(100));
        }
        // After an answer the time begins anew, and nobody is kept who asks nothing.
        let mut idle = front.connect();
        assert!(idle.send(get("/health/live")).answer().starts_with("HTTP/1.1 200"));
        assert_eq!(idle.rest(), "");
    });
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_answered_and_the_connection_ends() {
    let front = Front::of(|limits| {
        limits.times.body = SOON;
        limits.times.body_per_kib = Duration::ZERO;
    });
    let front = front.await;
    block_in_place(|| {
        for (path, said) in
            [("/token", "{\"error\":\"request_timeout\"}"), ("/office/sign-in", "nie dotarły w całości")]
        {
            let answer = front.connect().send(post(path, 1000)).send("grant_type=").rest();
            assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
            assert!(answer.contains(said) && answer.contains("connection: close"), "{path}: {answer}");
            assert!(answer.contains("x-content-type-options: nosniff"), "{path}: {answer}");
        }
        // Drop by drop is no faster.
        let mut drip = front.connect();
        drip.send(post("/token", 1000));
        let mut sent = 0;
        while drip.0.write_all(b"a").is_ok() {
            sent += 1;
            assert!(sent < 100, "drops were taken for ten seconds");
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted_and_given_back() {
    let front = Front::of(|limits| (limits.connections, limits.connections_of_one) = (8, 3)).await;
    block_in_place(|| {
        let mut held: Vec<Raw> = (0..3).map(|_| front.connect()).collect();
        for raw in &mut held {
            assert!(raw.send(get("/health/live")).answer().starts_with("HTTP/1.1 200"));
        }
        let one_too_many = front.connect().rest();
        let told = "mleg_http_connections_refused_total{reason=\"one_address\"}";
        assert_eq!(Handle::current().block_on(front.figure(told)), 1.0);
        assert!(one_too_many.starts_with("HTTP/1.1 503 "), "{one_too_many}");
        assert!(one_too_many.contains("retry-after: ") && one_too_many.contains("temporarily_unavailable"));
        assert!(held[0].send(get("/health/live")).answer().starts_with("HTTP/1.1 200"), "who is in stays in");
        held.pop();
        assert!(comes_to_be_served(&front), "a place that was left is free");
    });
    front.running.stop().await.unwrap();
}

/// From so many addresses that none holds as many as one may.
#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_together_hold_no_more_than_there_are_places() {
    let front = Front::of(|limits| (limits.connections, limits.connections_of_one) = (8, 3)).await;
    let live = |raw: &mut Raw| raw.send(get("/health/live")).answer();
    let mut held: Vec<Raw> = block_in_place(|| {
        let mut held: Vec<Raw> = (0..8).map(|n| front.connect_from([127, 0, 0, 2 + n / 2])).collect();
        for raw in &mut held {
            assert!(live(raw).starts_with("HTTP/1.1 200"));
        }
        for own in [[127, 0, 0, 2], [127, 0, 0, 9]] {
            let one_too_many = front.connect_from(own).rest();
            assert!(one_too_many.starts_with("HTTP/1.1 503 "), "{one_too_many}");
        }
        assert!(live(&mut held[7]).starts_with("HTTP/1.1 200"), "who is in stays in");
        held
    });
    assert_eq!(front.figure("mleg_http_connections").await, 8.0);
    let refused = |reason| format!("mleg_http_connections_refused_total{{reason=\"{reason}\"}}");
    assert_eq!(front.figure(&refused("full")).await, 2.0);
    assert_eq!(front.figure(&refused("one_address")).await, 0.0);
    block_in_place(|| {
        held.truncate(7);
        let free = (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let mut another = front.connect_from([127, 0, 0, 9]);
            let served = live(&mut another).starts_with("HTTP/1.1 200");
            held.extend(served.then_some(another));
            served
        });
        assert!(free, "a place that was left is free, for an address that was turned away");
    });
    assert_eq!(front.figure("mleg_http_connections").await, 8.0);
    front.running.stop().await.unwrap();
}

fn comes_to_be_served(front: &Front) -> bool {
    (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        front.connect().send(get("/health/live")).answer().starts_with("HTTP/1.1 200")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_loses_the_connection() {
    let front = Front::of(|limits| (limits.connections_of_one, limits.stall_time) = (1, SOON)).await;
    block_in_place(|| {
        // Asks for the API's description, some hundred kibibytes, again and again, and reads none of it.
        let mut deaf = front.connect();
        deaf.0.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
        for _ in 0..200 {
            deaf.send(get("/api/openapi.json"));
        }
        assert!(comes_to_be_served(&front), "the deaf one still holds the only place");
    });
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_hands_full_is_told_at_once_and_the_watchers_are_not() {
    let front = Front::of(|limits| limits.in_work = 2).await;
    block_in_place(|| {
        let mut busy: Vec<Raw> = (0..2).map(|_| front.connect()).collect();
        for raw in &mut busy {
            raw.send(post("/token", 1000)).send("grant_type=");
        }
        let mut refused = (0..100).map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            front.connect().send(get("/o/unknown")).answer()
        });
        let refused = refused.find(|answer| !answer.starts_with("HTTP/1.1 404"));
        let refused = refused.expect("the third request waits or works");
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 2"), "{refused}");
        assert!(refused.ends_with("{\"error\":\"temporarily_unavailable\"}"), "{refused}");
        for path in ["/health/live", "/health/ready"] {
            assert!(front.connect().send(get(path)).answer().starts_with("HTTP/1.1 200"), "{path}");
        }
        // Those who were at work are served, and their hands are free again.
        for raw in &mut busy {
            assert!(raw.send("x".repeat(989)).answer().starts_with("HTTP/1.1 400"));
        }
        assert!(front.connect().send(get("/o/unknown")).answer().starts_with("HTTP/1.1 404"));
    });
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_by_code() {
    let front = Front::of(|_| {}).await;
    let header = |length: usize| format!("GET / HTTP/1.1\r\nhost: a\r\nx-a: {}\r\n\r\n", "a".repeat(length));
    let many =
        (0..70).fold("GET /x HTTP/1.1\r\nhost: a\r\n".to_owned(), |head, n| head + &format!("x-{n}: 1\r\n"));
    let typed =
        "POST /api/v1/schools HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}";
    block_in_place(|| {
        for (what, request, status, said) in [
            ("a body", post("/token", 70_000) + &"a".repeat(70_000), 413, "\"error\":\"invalid_request\""),
            ("headers", many + "\r\n", 431, "{\"error\":\"headers_too_large\"}"),
            ("a header on a page", header(20_000), 431, "Usuń pliki cookie"),
            // The framework's own, without words: it has not read to where the request says what it wants.
            ("a header beyond all bounds", header(60_000), 431, ""),
            ("another method", "DELETE /token HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), 405, "allow: POST"),
            (
                "another method",
                "PUT /pki/ocsp HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
                405,
                "method_not_allowed",
            ),
            ("nothing", get("/nothing"), 404, "{\"error\":\"not_found\"}"),
            ("nothing", get("/pki/crl/none"), 404, "{\"error\":\"not_found\"}"),
            ("without a token", typed.to_owned(), 401, "token_missing"),
            ("nonsense", "\u{1}\u{2}\r\n\r\n".to_owned(), 400, ""),
        ] {
            let answer = front.connect().send(&request).answer();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
            assert!(answer.contains(said), "{what}: {answer}");
        }
        assert_eq!(
            front.connect().send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").rest(),
            "",
            "HTTP/2 is not spoken"
        );
    });
    front.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_browsers_honest() {
    let front = Front::of(|_| {}).await;
    let base = format!("http://{}", front.address);
    let http = tests::http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for path in [
        "/",
        "/office",
        "/office/sign-in",
        "/portal/sign-in",
        "/office/nothing",
        "/nothing",
        "/o/unknown",
        "/token",
        "/api",
        "/api/v1/schools",
        "/health/live",
        "/pki/crl/none",
        "/.well-known/openid-credential-issuer",
    ] {
        let answer = http.get(format!("{base}{path}")).send().await.unwrap();
        let header = |name: &str| {
            let values: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(values.len(), 1, "{path}: {name}");
            values[0].to_str().unwrap().to_owned()
        };
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert!(["no-referrer", "same-origin"].contains(&header("referrer-policy").as_str()), "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("microphone=()"), "{path}");
        assert!(!answer.headers().contains_key("strict-transport-security"), "{path}: on this machine");
        assert!(!answer.headers().contains_key("server"), "{path}");
        if path.starts_with("/office") || path.starts_with("/portal") || path.starts_with("/api/v1") {
            assert_eq!(header("cache-control"), "no-store", "{path}");
        }
    }
    front.running.stop().await.unwrap();
}
