//! Opening: a data folder becomes an issuer that is ready to listen.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use jiff::SignedDuration;
use shared::clock::{Clock, MovableClock};

use super::setup::{authority_path, belongs, key_store, open_store, read_line};
use super::{AppError, DEFAULT_LISTEN, Surroundings};
use crate::authority::Authority;
use crate::config::{ConfigError, Given, Settings};
use crate::demo_school;
use crate::http::front::Limits;
use crate::http::sandbox::Sandbox;
use crate::http::{ServerState, Wire};
use crate::issuance::{Addresses, Issuance};
use crate::master_secret::MasterSecret;
use crate::metrics::Metrics;
use crate::notify::ediary::Diaries;
use crate::notify::mail::Mailer;
use crate::notify::outbox;
use crate::pages::Outside;
use crate::pages::federated::{Provider, Simulator};
use crate::registry::pupil::IndexPupils;

/// An issuer that is ready to listen.
pub struct App {
    pub(super) settings: Settings,
    pub(super) state: ServerState,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) outside: Outside,
    pub(super) outbox: outbox::Worker,
    pub(super) metrics: Arc<Metrics>,
    pub(super) listener: TcpListener,
    pub(super) limits: Limits,
    pub(super) metrics_listener: Option<TcpListener>,
    pub(super) pki_listener: Option<TcpListener>,
}

impl App {
    /// Opens a data folder and binds the address, but does not listen yet. Port 0 takes any free one.
    ///
    /// # Errors
    /// When settings, folder, authority or database are not fit to serve.
    pub async fn open(given: &Given, surroundings: &Surroundings) -> Result<Self, AppError> {
        let wanted = given.listen.unwrap_or(DEFAULT_LISTEN);
        let data = given.data_dir();
        let keys = Arc::new(MasterSecret::read(&data)?.keys());
        let entropy = &*surroundings.entropy;
        let ca = key_store(given)?;
        let authority = Authority::open(&authority_path(&data), &ca, entropy)?;
        let (listener, bound) = bind(wanted)?;
        let metrics_listener = given.metrics_listen.map(bind).transpose()?.map(|(listener, _)| listener);
        let pki_listener = given.pki_listen.map(bind).transpose()?.map(|(listener, _)| listener);
        let settings = Settings::check(given, bound)?;
        let authority = authority.named(settings.issuer().as_str(), &ca, entropy)?;
        let store = open_store(given).await?;
        belongs(&store, &authority, &keys, surroundings).await?;
        let movable = Arc::new(MovableClock::new(Arc::clone(&surroundings.clock)));
        let clock: Arc<dyn Clock> =
            if settings.sandbox() { movable.clone() } else { Arc::clone(&surroundings.clock) };
        authority.check_dates(clock.now())?;
        let issuance = Issuance {
            store,
            authority: Arc::new(authority),
            keys,
            clock,
            entropy: Arc::clone(&surroundings.entropy),
            addresses: Arc::new(Addresses {
                issuer: settings.issuer().as_str().to_owned(),
                pki: settings.pki().clone(),
            }),
            list_turn: Arc::default(),
            intent_first: settings.intent_first(),
        };
        issuance.settle_leftovers(SignedDuration::ZERO).await?;
        issuance.follow_roll_over().await?;
        while issuance.store.write(IndexPupils).await? > 0 {}
        if settings.sandbox()
            && let Err(error) = demo_school::enter_once(&issuance).await
        {
            tracing::warn!(%error, "the demo schools were not entered");
        }
        let wire = Wire::new(
            settings.issuer().clone(),
            !settings.sandbox(),
            settings.invalid_tx_code(),
            settings.limits(),
        );
        let mailer = match settings.mail() {
            // Nothing leaves the sandbox.
            _ if settings.sandbox() => Some(Mailer::Caught),
            Some(route) => Some(Mailer::new(route).map_err(ConfigError::Mail)?),
            None => None,
        };
        let mailer = mailer.map(Arc::new);
        let mut outside = sign_in_elsewhere(&settings, &issuance).await?;
        outside.mail = mailer.is_some();
        let sandbox = settings
            .sandbox()
            .then(|| Sandbox::new(movable, issuance.clone()).with_sign_in(outside.simulator.clone()));
        let outbox = outbox::Worker::new(issuance.clone(), mailer, Diaries::new(settings.sandbox()));
        let state = ServerState { issuance, wire: Arc::new(wire) };
        let metrics = Arc::new(Metrics::new(state.issuance.store.meter(), ca.token_meter()));
        let limits = settings.limits().clone();
        Ok(Self {
            settings,
            state,
            sandbox,
            outside,
            outbox,
            metrics,
            listener,
            metrics_listener,
            pki_listener,
            limits,
        })
    }

    /// The same with other limits, for whoever embeds the issuer.
    #[must_use]
    pub fn within_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The limits that it would keep.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The decisions, for whoever embeds the issuer.
    pub fn issuance(&self) -> &Issuance {
        &self.state.issuance
    }

    /// What it was set to.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// Under which origin people reach the pages.
pub(super) fn origin(settings: &Settings) -> String {
    settings.issuer().as_url().origin().ascii_serialization()
}

/// The provider that the settings name; in a sandbox that was told none, its own.
async fn sign_in_elsewhere(settings: &Settings, issuance: &Issuance) -> Result<Outside, AppError> {
    let origin = origin(settings);
    let mut outside = Outside::default();
    if let Some(provider) = settings.sign_in() {
        let secret = provider.secret_file.as_deref().map(read_line).transpose()?;
        let provider = Provider::new(provider, secret, &origin).map_err(|_| ConfigError::Provider)?;
        outside.provider = Some(Arc::new(provider));
    } else if settings.sandbox()
        && let Some(simulator) = Simulator::new(issuance.clone(), &origin).map(Arc::new)
    {
        simulator.link_demo_staff().await?;
        let provider = Provider::simulated(&simulator).map_err(|_| ConfigError::Provider)?;
        outside.provider = Some(Arc::new(provider));
        outside.simulator = Some(simulator);
    }
    Ok(outside)
}

fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), AppError> {
    let failed = |error| AppError::Bind(wanted, error);
    let listener = TcpListener::bind(wanted).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
