//! An issuer of a test's own, listening on this machine, and its office. It runs on the system's clock, because
//! the wallets that come to it do.

use std::net::TcpListener;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use issuer::app::{App, Running, Surroundings, SystemClock, init};
use issuer::config::Given;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::json;
use shared::clock::Clock as _;
use shared::validity::warsaw_date;
use shared::x509::chain::TrustAnchor;
use tempfile::TempDir;
use tests::office::{Office, ReadyPupil, Slip};
use tests::world::crypto_provider;

/// An issuer in this process.
pub(crate) struct Served {
    pub(crate) running: Running,
    pub(crate) office: Office,
    _data: TempDir,
}

/// A pupil with a slip that nobody has used yet.
pub(crate) struct Prepared {
    pub(crate) pupil: ReadyPupil,
    pub(crate) slip: Slip,
}

impl Served {
    /// An issuer at the root of its address.
    pub(crate) async fn start() -> Self {
        Self::at("").await
    }

    /// An issuer whose identifier has `path` in it.
    pub(crate) async fn at(path: &str) -> Self {
        crypto_provider();
        let data = tempfile::tempdir().unwrap();
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let given = Given {
            data: Some(data.path().join("data")),
            listen: Some(listen),
            public_url: Some(format!("http://{listen}{path}")),
            ..Given::default()
        };
        let surroundings = Surroundings::system();
        let account = init(&given, None, "dyrektor", &surroundings).await.unwrap();
        let running = App::open(&given, &surroundings).await.unwrap().start().unwrap();
        let office = Office::new(&format!("http://{listen}"), account.api_token.expose());
        Self { running, office, _data: data }
    }

    /// What it is now, by the clock that the issuer runs on.
    pub(crate) fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// A day in Warsaw, `days` from today.
    pub(crate) fn day(&self, days: i32) -> Date {
        warsaw_date(self.now()).checked_add(Span::new().days(days)).unwrap()
    }

    /// The root that a wallet of this issuer trusts.
    pub(crate) fn anchor(&self) -> TrustAnchor {
        TrustAnchor::from_der(self.running.issuance().authority.root().der()).unwrap()
    }

    /// The same, in PEM.
    pub(crate) fn root(&self) -> String {
        let root = self.running.issuance().authority.root();
        let body = STANDARD.encode(root.der());
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    /// A school under `preset`, a pupil of it with a base card of today, and a slip.
    pub(crate) async fn prepare(&self, preset: &str) -> Prepared {
        let school = self.office.school(10_001, "Szkoła Podstawowa nr 1", preset, json!({})).await;
        let (from, until) = (self.day(-30).to_string(), self.day(200).to_string());
        let pupil = self.office.ready_pupil(&school, 1, (&from, &until)).await;
        let order = self.office.order(&pupil.id).await;
        let slip = self.office.slip(&order).await;
        Prepared { pupil, slip }
    }
}
