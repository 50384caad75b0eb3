//! Running: an issuer listens until it is stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::open::origin;
use super::{App, AppError};
use crate::audit;
use crate::config::Settings;
use crate::http;
use crate::http::front::client::Proxies;
use crate::http::front::connections::Gate;
use crate::http::front::hardened;
use crate::http::front::tls::{Handshakes, LOOK_EVERY, Served, nothing_to_read};
use crate::http::front::watch::{Watch, watch};
use crate::http::front::work::Workplaces;
use crate::http::own_host::{OwnHosts, by_own_name};
use crate::http::router::{pki_routes, strictly_by_tls, wallet_routes, with_common_layers};
use crate::http::sandbox::Sandbox;
use crate::http::staff_api::{self, ApiState};
use crate::issuance::Issuance;
use crate::metrics::door::Door;
use crate::pages::{self, Pages};
use crate::registry::aside::Desks;
use crate::upkeep;

impl App {
    /// What is served to everybody, the lists where they have an address of their own, and where passwords are checked.
    fn routes(&self) -> (Router, Router, Arc<Desks>) {
        let mut wallets = wallet_routes(self.state.clone());
        if let Some(sandbox) = &self.sandbox {
            let strike = middleware::from_fn_with_state(sandbox.clone(), Sandbox::strike);
            wallets = wallets.layer(strike).merge(sandbox.routes());
        }
        let office = staff_api::router(ApiState::new(self.state.issuance.clone(), &self.limits));
        let pages = Pages::new(self.state.issuance.clone(), origin(&self.settings), self.settings.sandbox());
        let pages = pages.linked_to(self.outside.clone()).within(&self.limits);
        let passwords = pages.password_desks();
        let wallets = wallets.merge(office).merge(pages::router(pages));
        let pki = pki_routes(self.state.clone());
        let (main, lists) = match self.settings.pki_listen() {
            Some(_) => (wallets, pki),
            None => (wallets.merge(pki), Router::new()),
        };
        let lists_at = url::Url::parse(self.settings.pki().crl()).ok();
        let own = OwnHosts::of([self.settings.issuer().as_url()].into_iter().chain(lists_at.as_ref()));
        let main = if self.sandbox.is_some() {
            main.layer(middleware::from_fn_with_state(own, by_own_name))
        } else {
            main
        };
        let seen =
            Watch { metrics: Arc::clone(&self.metrics), entropy: Arc::clone(&self.state.issuance.entropy) };
        // Both share the hands that there are.
        let work = Workplaces::new(&self.limits, self.settings.proxies().clone());
        let finish = |router: Router| with_common_layers(router, work.clone());
        let watched = |router: Router| router.layer(middleware::from_fn_with_state(seen.clone(), watch));
        let main = if self.settings.strictly_by_tls() { strictly_by_tls(finish(main)) } else { finish(main) };
        (watched(main), watched(finish(lists)), passwords)
    }

    /// Listens until told to stop; what has begun is finished first.
    ///
    /// # Errors
    /// When the address or the TLS files cannot be used.
    pub fn start(self) -> Result<Running, AppError> {
        let (main, lists, passwords) = self.routes();
        let door = self.metrics.door().clone();
        let handle = Handle::new();
        let address = self.settings.listen();
        let clock = Arc::clone(&self.state.issuance.clock);
        let gate = Gate::new(&self.limits, self.settings.proxies().clone(), door.clone());
        let (stopping, stop) = tokio::sync::watch::channel(false);
        let mut background = Vec::new();
        let main = main.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(self.listener).map_err(|e| AppError::Bind(address, e))?;
        let server = server.handle(handle.clone());
        let mut tasks = vec![match self.settings.tls() {
            None => {
                background.push(tokio::spawn(nothing_to_read(stop.clone())));
                listen(address, hardened(server, &self.limits, |gate| gate, gate.clone()).serve(main))
            }
            Some((certificate, key)) => {
                let served = Arc::new(Served::open(certificate, key, clock.now())?);
                let tls = RustlsAcceptor::new(served.config()).handshake_timeout(self.limits.head_time);
                background.push(tokio::spawn(served.keep_fresh(
                    clock,
                    LOOK_EVERY,
                    door.clone(),
                    stop.clone(),
                )));
                let gate = gate.clone().silent();
                let tls = |gate| Handshakes::counted(tls.acceptor(gate), door);
                listen(address, hardened(server, &self.limits, tls, gate).serve(main))
            }
        }];
        if let Some(listener) = self.pki_listener {
            let own = listener.local_addr().unwrap_or(address);
            let server = axum_server::from_tcp(listener).map_err(|e| AppError::Bind(own, e))?;
            let server = server.handle(handle.clone());
            let lists = lists.into_make_service_with_connect_info::<SocketAddr>();
            tasks.push(listen(own, hardened(server, &self.limits, |gate| gate, gate).serve(lists)));
        }
        let issuance = self.state.issuance;
        let mut metrics_address = None;
        if let Some(listener) = self.metrics_listener {
            let own = listener.local_addr().unwrap_or(address);
            metrics_address = Some(own);
            let routes = http::metrics::routes(issuance.clone(), self.state.wire, self.metrics, passwords);
            // Hands of its own: whoever watches wants to see the rush.
            let routes = with_common_layers(routes, Workplaces::new(&self.limits, Proxies::default()));
            let server = axum_server::from_tcp(listener).map_err(|e| AppError::Bind(own, e))?;
            let server = server.handle(handle.clone());
            // Nor is it counted among those who come for cards.
            let gate = Gate::new(&self.limits, Proxies::default(), Door::default());
            let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
            tasks.push(listen(own, hardened(server, &self.limits, |gate| gate, gate).serve(routes)));
        }
        background.push(tokio::spawn(upkeep::keep_house(issuance.clone(), stop.clone())));
        background.push(tokio::spawn(self.outbox.run(stop)));
        let stopper = Stopper { handle, stopping: Arc::new(stopping) };
        Ok(Running { settings: self.settings, issuance, metrics_address, stopper, tasks, background })
    }
}

/// Serves at `address`; a failure says which of the listeners it was.
fn listen(
    address: SocketAddr,
    serving: impl Future<Output = std::io::Result<()>> + Send + 'static,
) -> JoinHandle<Result<(), AppError>> {
    tokio::spawn(async move { serving.await.map_err(|error| AppError::Bind(address, error)) })
}

/// How long requests that have begun may take once it stops.
const GRACE: Duration = Duration::from_secs(10);
/// How long notices may take that are being handed over: longer than a mail server or a diary is waited for. The
/// service manager waits for forty seconds.
const GRACE_OF_NOTICES: Duration = Duration::from_secs(22);

/// Stops an issuer: it takes no more requests and finishes those that have begun, for ten seconds at the most, and
/// notices that are being handed over, for twenty-two.
#[derive(Clone)]
pub struct Stopper {
    handle: Handle<SocketAddr>,
    stopping: Arc<tokio::sync::watch::Sender<bool>>,
}

impl Stopper {
    /// Begins to stop; whoever waits for [`Running::finished`] hears when it is done.
    pub fn stop(&self) {
        self.handle.graceful_shutdown(Some(GRACE));
        self.stopping.send_replace(true);
    }
}

async fn finish_or_abort(task: JoinHandle<()>, end: Instant) {
    let abort = task.abort_handle();
    if tokio::time::timeout_at(end, task).await.is_err() {
        abort.abort();
    }
}

/// An issuer that listens.
pub struct Running {
    settings: Settings,
    issuance: Issuance,
    metrics_address: Option<SocketAddr>,
    stopper: Stopper,
    tasks: Vec<JoinHandle<Result<(), AppError>>>,
    background: Vec<JoinHandle<()>>,
}

impl Running {
    /// The decisions.
    pub fn issuance(&self) -> &Issuance {
        &self.issuance
    }

    /// What it was set to; the port is the one in use.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where Prometheus finds its figures.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// What stops it.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until it has stopped: every answer given, notices handed over whose turn it was, the audit trail sealed,
    /// and an embedded database's log moved into its file.
    ///
    /// # Errors
    /// When a listener failed.
    pub async fn finished(self) -> Result<(), AppError> {
        // None ends by itself: the first was stopped like all, or has failed, and then it ends the rest too.
        let (first, _, others) = futures::future::select_all(self.tasks).await;
        self.stopper.stop();
        let end = Instant::now() + GRACE_OF_NOTICES;
        let mut ended = futures::future::join_all(others).await;
        ended.insert(0, first);
        let address = self.settings.listen();
        let gone = |error| Err(AppError::Bind(address, std::io::Error::other(error)));
        let failed = ended.into_iter().find_map(|task| task.unwrap_or_else(gone).err());
        let begun = self.background.into_iter().map(|task| finish_or_abort(task, end));
        futures::future::join_all(begun).await;
        audit::seal(&self.issuance.store).await?;
        if let Err(error) = self.issuance.store.tidy().await {
            tracing::warn!(%error, "the database's log stays beside its file until the next start");
        }
        failed.map_or(Ok(()), Err)
    }

    /// Stops: takes no more requests and finishes what has begun, as [`Stopper`] does.
    ///
    /// # Errors
    /// When a listener failed.
    pub async fn stop(self) -> Result<(), AppError> {
        self.stopper.stop();
        self.finished().await
    }

    /// Stops at once, as a power cut would: nothing is finished.
    pub fn kill(self) {
        self.stopper.handle.shutdown();
        for task in &self.tasks {
            task.abort();
        }
        self.background.iter().for_each(JoinHandle::abort);
    }
}
