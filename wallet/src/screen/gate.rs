//! Where the inspectors on the desk ask from: one verifier below `/check`, made when somebody asks first, and anew when
//! the desk's clock has left it behind.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use shared::card_claims::credential_type;
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use tokio::sync::Mutex;

use super::trouble::{Kind, Trouble};
use super::trusted::TrustList;
use crate::transport::Transport;
use crate::verify::online::check::CLOCKS_DIFFER;
use crate::verify::online::{Asked, Checkpoint, CheckpointConfig, Question, VerifierIdentity, router};

/// The path below which phones find the verifier.
pub(super) const PATH: &str = "/check";

/// What the verifier calls itself; nobody vouches for it.
const NAME: &str = "mWeryfikator (symulator)";

/// The desk's verifier.
pub(super) struct Gate {
    address: SocketAddr,
    trusted: Arc<TrustList>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    network: Arc<dyn Transport>,
    made: Mutex<Option<Made>>,
}

/// The verifier of one stretch of time.
struct Made {
    checkpoint: Arc<Checkpoint>,
    identity: VerifierIdentity,
    /// The latest that the clock has shown to it.
    latest: Timestamp,
}

impl Made {
    /// Whether it can go on at `now`: nobody believes its certificate outside of its dates, and what it knows of a
    /// later time makes it doubt a clock that was set back.
    fn goes_on_at(&self, now: Timestamp) -> bool {
        self.identity.is_valid_at(now) && self.latest.duration_since(now) <= CLOCKS_DIFFER
    }
}

impl Gate {
    pub(super) fn new(
        address: SocketAddr,
        trusted: Arc<TrustList>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        network: Arc<dyn Transport>,
    ) -> Self {
        Self { address, trusted, clock, entropy, network, made: Mutex::default() }
    }

    /// Where six digits are looked up.
    pub(super) fn base(&self) -> Option<HttpUrl> {
        HttpUrl::parse(&format!("http://{}{PATH}", self.address), UrlPolicy::default()).ok()
    }

    /// The verifier; it believes the roots that the desk's phones believe.
    pub(super) async fn checkpoint(&self) -> Result<Arc<Checkpoint>, Trouble> {
        let mut made = self.made.lock().await;
        let now = self.clock.now();
        if let Some(made) = made.as_mut().filter(|made| made.goes_on_at(now)) {
            made.latest = made.latest.max(now);
            return Ok(Arc::clone(&made.checkpoint));
        }
        let new = made.insert(self.make(now).await?);
        Ok(Arc::clone(&new.checkpoint))
    }

    async fn make(&self, now: Timestamp) -> Result<Made, Trouble> {
        let base = self.base().ok_or_else(|| Trouble::new(Kind::Nonsense, "desk_address"))?;
        let root = self.trusted.root().await?;
        let identity = VerifierIdentity::self_made(NAME, now, &*self.entropy)
            .map_err(|error| Trouble::new(Kind::Nonsense, error.reason()))?;
        let anchors = vec![root.anchor().clone()];
        let config = CheckpointConfig { base, identity: identity.clone(), anchors, open_rendezvous: false };
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let checkpoint = Arc::new(Checkpoint::new(config, clock, entropy, Arc::clone(&self.network)));
        Ok(Made { checkpoint, identity, latest: now })
    }

    /// Asks for what `purpose` needs; `why` is for the holder to read.
    pub(super) async fn ask(&self, purpose: Preset, why: String) -> Result<Asked, Trouble> {
        let checkpoint = self.checkpoint().await?;
        let vct = credential_type(self.trusted.issuer().as_str());
        let question = Question { purpose: Some(why), ..Question::new(purpose.query(&[vct.as_str()])) };
        checkpoint.ask(question).map_err(|error| Trouble::new(Kind::Nonsense, error.to_string()))
    }

    /// The verifier's endpoints, once somebody has asked.
    pub(super) async fn router(&self) -> Option<Router> {
        self.made.lock().await.as_ref().map(|made| router(Arc::clone(&made.checkpoint)))
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use jiff::SignedDuration;
    use shared::clock::ManualClock;
    use shared::vci::uri::IssuerUrl;

    use super::super::sandbox::Beside;
    use super::*;
    use crate::testing::TestEntropy;
    use crate::transport::{Request, Response, TransportError};

    /// A network that knows one root, in PEM.
    struct OneRoot(String);

    #[async_trait]
    impl Transport for OneRoot {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            Ok(Response::new(200, self.0.as_bytes()))
        }
    }

    fn root() -> String {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(1));
        params.distinguished_name.push(rcgen::DnType::CommonName, "A root");
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    /// Who asks now, as the link says.
    async fn asker(gate: &Gate) -> String {
        let asked =
            gate.ask(Preset::Library, String::new()).await.unwrap_or_else(|_| panic!("nobody can ask"));
        let link = asked.link.expose();
        link.split(['=', '&']).find(|part| part.starts_with("x509_hash")).unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_verifier_lasts_as_long_as_its_certificate_and_as_time_goes_on() {
        let network: Arc<dyn Transport> = Arc::new(OneRoot(root()));
        let issuer = IssuerUrl::parse("http://127.0.0.1:9", UrlPolicy::default()).unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-22T09:00:00Z".parse().unwrap()));
        let gate = Gate::new(
            "127.0.0.1:8090".parse().unwrap(),
            Arc::new(TrustList::new(Beside::new(issuer, Arc::clone(&network)), None)),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(TestEntropy::new(1)),
            network,
        );
        let hours = |hours| clock.advance(SignedDuration::from_hours(hours));
        let first = asker(&gate).await;
        hours(24 * 300);
        assert_eq!(asker(&gate).await, first);
        clock.advance(SignedDuration::from_secs(-30));
        assert_eq!(asker(&gate).await, first, "a clock that was set right by half a minute");
        hours(24 * 66);
        let second = asker(&gate).await;
        assert_ne!(second, first, "a year later its certificate is over");
        hours(-1);
        assert_ne!(asker(&gate).await, second, "the sandbox has begun again");
    }
}
