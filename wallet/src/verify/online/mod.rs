//! A verifier that asks phones: OpenID4VP 1.0 with `dc+sd-jwt`.
//!
//! ```text
//! Question ──Checkpoint::ask──► Asked (link, six digits) ──► a phone answers the router ──► Checkpoint::state
//! ```
//!
//! - [`identity`] who the verifier is
//! - [`session`] a question from asking to forgetting
//! - [`checkpoint`] the verifier itself
//! - [`mod@router`] its endpoints
//! - [`check`] the judging of an answer, pure
//! - [`lists`] status lists, fetched when asked about
//! - [`refusal`] why not, each with a code for the phone and a verdict for the inspector
//!
//! A result is kept in memory for three minutes; afterwards only counts are left.

pub mod check;
pub mod checkpoint;
pub mod identity;
pub mod lists;
pub mod refusal;
pub mod router;
pub mod session;

pub use check::Shown;
pub use checkpoint::{AskError, Checkpoint, CheckpointConfig};
pub use identity::{IdentifiedBy, VerifierIdentity};
pub use router::{router, serve};
pub use session::{Asked, Question, SessionId, SessionState};
