//! Where the inspectors on the desk ask from: one verifier below `/check`, made when somebody asks first.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use shared::card_claims::credential_type;
use shared::clock::Clock;
use shared::entropy::Entropy;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use tokio::sync::OnceCell;

use super::trouble::{Kind, Trouble};
use super::trusted::TrustList;
use crate::transport::Transport;
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
    checkpoint: OnceCell<Arc<Checkpoint>>,
}

impl Gate {
    pub(super) fn new(
        address: SocketAddr,
        trusted: Arc<TrustList>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        network: Arc<dyn Transport>,
    ) -> Self {
        Self { address, trusted, clock, entropy, network, checkpoint: OnceCell::new() }
    }

    /// Where six digits are looked up.
    pub(super) fn base(&self) -> Option<HttpUrl> {
        HttpUrl::parse(&format!("http://{}{PATH}", self.address), UrlPolicy::default()).ok()
    }

    /// The verifier; it believes the roots that the desk's phones believe.
    pub(super) async fn checkpoint(&self) -> Result<Arc<Checkpoint>, Trouble> {
        let made = self.checkpoint.get_or_try_init(|| async {
            let base = self.base().ok_or_else(|| Trouble::new(Kind::Nonsense, "desk_address"))?;
            let root = self.trusted.root().await?;
            let config = CheckpointConfig {
                base,
                identity: VerifierIdentity::self_made(NAME, self.clock.now(), &*self.entropy)
                    .map_err(|error| Trouble::new(Kind::Nonsense, error.reason()))?,
                anchors: vec![root.anchor().clone()],
                open_rendezvous: false,
            };
            let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
            Ok(Arc::new(Checkpoint::new(config, clock, entropy, Arc::clone(&self.network))))
        });
        made.await.cloned()
    }

    /// Asks for what `purpose` needs; `why` is for the holder to read.
    pub(super) async fn ask(&self, purpose: Preset, why: String) -> Result<Asked, Trouble> {
        let checkpoint = self.checkpoint().await?;
        let vct = credential_type(self.trusted.issuer().as_str());
        let question = Question { purpose: Some(why), ..Question::new(purpose.query(&[vct.as_str()])) };
        checkpoint.ask(question).map_err(|error| Trouble::new(Kind::Nonsense, error.to_string()))
    }

    /// The verifier's endpoints, once somebody has asked.
    pub(super) fn router(&self) -> Option<Router> {
        self.checkpoint.get().map(|checkpoint| router(Arc::clone(checkpoint)))
    }
}
