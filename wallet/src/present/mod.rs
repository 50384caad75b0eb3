//! The phone shows its card: by a code, or in answer to a verifier (OpenID4VP 1.0 with `dc+sd-jwt`).
//!
//! - [`code`] the code that changes every 15 seconds, for inspectors without a network
//!
//! ```text
//! picture, link or six digits ──► RequestSource ──read_request──► AskedFor ──consent──► Agreed ──present──► Presented
//!                                                                    └────────────────────────── decline ──► Receipt
//! ```
//!
//! 1. [`source`] what was scanned or typed
//! 2. [`read`] the request is fetched and verified, and held against what the phone has
//! 3. [`asked`] who asks, what exactly and why; the holder agrees, and may refuse single items
//! 4. [`answer`] what was agreed to is signed by the copy's own key and sent; nothing else can be
//! 5. [`refusal`] why not
//!
//! An [`asked::Agreed`] is made by [`asked::AskedFor::consent`] alone, out of claims that were asked: no call takes a list
//! of claims to disclose. Each copy is shown once, as long as there are fresh ones, so that two verifiers cannot tell that
//! they saw the same card.

pub mod code;

pub mod answer;
pub mod asked;
pub mod read;
pub mod refusal;
pub mod show_code;
pub mod source;

pub use answer::Presented;
pub use asked::{Agreed, AskedFor};
pub use refusal::PresentError;
pub use source::RequestSource;
