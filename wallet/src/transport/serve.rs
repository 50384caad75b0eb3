//! The way in: what the desk, a verifier and a sign-in serve on this machine, within limits.
//!
//! Whoever reaches them is a browser or a phone on the same desk, so there are few limits and no settings: how many
//! connections, how long a request's head and body may take to arrive. The size of a body is each route's own affair;
//! the framework's two megabytes hold where a route names none.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{BoxError, Router};
use futures::StreamExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// What a connection is told that finds no place.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// How long it is waited after a failure to accept, as when there are no files left.
const BREATH: Duration = Duration::from_millis(200);

/// How much of everything is allowed.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Connections at once: each open page holds one for its events.
    connections: usize,
    /// From the connection, or from the last answer, to the end of the next request's head.
    head_time: Duration,
    /// From the end of the head to the end of the body.
    body_time: Duration,
    /// What is read of a head before it is refused.
    head_buffer: usize,
}

const LIMITS: Limits = Limits {
    connections: 256,
    head_time: Duration::from_secs(10),
    body_time: Duration::from_secs(60),
    head_buffer: 32 * 1024,
};

/// Serves `router` until `until` comes about; what is being answered then is answered to its end. HTTP/1.1 alone.
///
/// # Errors
/// When the listener fails for good.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    until: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    serve_within(LIMITS, listener, router, until).await
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    until: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let router = router.layer(middleware::from_fn(move |request, next| in_time(limits, request, next)));
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(limits.head_buffer);
    let graceful = GracefulShutdown::new();
    let mut until = std::pin::pin!(until);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut until => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) if is_the_other_sides(&error) => continue,
            Err(_) => {
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            // As much as fits without waiting.
            let _told = stream.try_write(NO_PLACE);
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // Why a connection broke is nobody's concern here.
            let _ended = connection.await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

fn is_the_other_sides(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// A body that does not arrive in time breaks off: whoever reads it refuses what is there.
async fn in_time(limits: Limits, request: Request, next: Next) -> Response {
    let deadline = Instant::now() + limits.body_time;
    let request = request.map(|body| {
        let pieces = body.into_data_stream().map(|piece| piece.map_err(BoxError::from));
        Body::from_stream(futures::stream::unfold(Some(pieces), move |pieces| async move {
            let mut pieces = pieces?;
            match timeout_at(deadline, pieces.next()).await {
                Ok(piece) => piece.map(|piece| (piece, Some(pieces))),
                Err(_) => Some((Err(io::Error::from(io::ErrorKind::TimedOut).into()), None)),
            }
        }))
    });
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    struct Served {
        address: std::net::SocketAddr,
        close: oneshot::Sender<()>,
        serving: JoinHandle<io::Result<()>>,
    }

    impl Served {
        async fn within(limits: Limits) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (close, closed) = oneshot::channel::<()>();
            let router = Router::new()
                .route("/", get(async || "here"))
                .route("/small", post(async |body: Bytes| body).layer(DefaultBodyLimit::max(1024)));
            let until = async { drop(closed.await) };
            let serving = tokio::spawn(serve_within(limits, listener, router, until));
            Self { address, close, serving }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        /// Everything that is said to a request until the other side hangs up.
        async fn said(&self, request: &str) -> String {
            let mut stream = self.connect().await;
            // The other side may have hung up already.
            let _ = stream.write_all(request.as_bytes()).await;
            rest(&mut stream).await
        }
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut all = Vec::new();
        // A connection that is reset has been hung up, too.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("nobody hung up");
        String::from_utf8_lossy(&all).into_owned()
    }

    fn posted(length: usize, body: &str) -> String {
        format!(
            "POST /small HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn heads_and_bodies_arrive_in_time_or_not_at_all() {
        let soon = Duration::from_millis(300);
        let served = Served::within(Limits { head_time: soon, body_time: soon, ..LIMITS }).await;
        assert!(served.said(GET).await.ends_with("here"));
        assert_eq!(served.said("").await, "", "nothing was said");
        assert_eq!(served.said("GET / HT").await, "", "half a line");
        // A header now and then, for as long as somebody listens.
        let mut drip = served.connect().await;
        let dripping = async {
            while drip.write_all(b"x-a: 1\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, dripping).await.expect("drops were taken for ever");
        let cut = served.said(&posted(100, "half")).await;
        assert!(cut.starts_with("HTTP/1.1 400"), "{cut}");
        assert!(served.said(&posted(4, "full")).await.ends_with("full"));
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_before_all_of_it_is_read() {
        let served = Served::within(LIMITS).await;
        let said = served.said(&posted(1_000_000_000, &"a".repeat(2000))).await;
        assert!(said.starts_with("HTTP/1.1 413"), "{said}");
        let head = format!("GET / HTTP/1.1\r\nx-long: {}\r\n\r\n", "a".repeat(2 * LIMITS.head_buffer));
        let said = served.said(&head).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
        assert!(served.said(GET).await.ends_with("here"), "others are served");
    }

    #[tokio::test]
    async fn places_end_and_come_back() {
        let served = Served::within(Limits { connections: 2, ..LIMITS }).await;
        let held = [served.connect().await, served.connect().await];
        let refused = served.said("").await;
        assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
        drop(held);
        let served_again = async {
            while !served.said(GET).await.ends_with("here") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, served_again).await.expect("no place came back");
    }

    #[tokio::test]
    async fn idle_connections_do_not_keep_a_port_open() {
        let served = Served::within(LIMITS).await;
        let mut idle = served.connect().await;
        idle.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut some = [0; 8];
        idle.read_exact(&mut some).await.unwrap();
        drop(served.close);
        timeout(PATIENCE, served.serving).await.expect("it ended").unwrap().unwrap();
        assert!(rest(&mut idle).await.ends_with("here"));
        assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens");
    }
}
