//! Issuer and wallet together, seen from outside.
//!
//! The three calls of the wallet's library that everybody needs, run as they stand here:
//!
//! ```
//! # tests::world::crypto_provider();
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use shared::secret::Secret;
//! use tests::world::World;
//! use wallet::acquire::event::{Event, Step};
//! use wallet::acquire::scan;
//! use wallet::refresh::Outcome;
//! use wallet::standing::Standing;
//!
//! let world = World::legacy().await;
//! let slip = world.slip_for_a_pupil().await;
//! let phone = world.phone("Pixel").await.online;
//!
//! // activate: somebody is told of every step
//! let told = |event: Event| assert_ne!(event, Event::NoticeQueued);
//! let offer = phone.open_offer(scan::offer(&slip.qr_png)?, &told).await?;
//! let code = slip.activation_code.as_deref().map(Secret::new);
//! let activated = phone.activate(&offer, code.as_ref(), &told).await?;
//!
//! // show
//! let shown = phone.show(&activated.id).await?.expect("the card is kept");
//! assert_eq!(shown.standing, Standing::Valid);
//! assert_eq!(shown.card.certificate().device_name(), "Pixel");
//!
//! // refresh: the school has revoked it meanwhile
//! let device = world.office.devices(&slip.card_id, "live").await;
//! world.office.revoke_device(&device[0], "phone_lost").await;
//! let steps = std::sync::Mutex::new(Vec::new());
//! let note = |event: Event| {
//!     if let Event::Began(step) = event {
//!         steps.lock().unwrap().push(step);
//!     }
//! };
//! let refreshed = phone.refresh(&activated.id, &note).await?;
//! assert_eq!(refreshed.outcome, Outcome::Revoked);
//! assert_eq!(*steps.lock().unwrap(), [Step::RevocationList]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "these are tools of tests: what goes wrong here fails a test"
)]

pub mod demo;
pub mod world;

pub mod gate;
pub mod http;
pub mod network;
pub mod office;
pub mod phone;
pub mod pupils;

pub mod photograph;
pub use issuer::demo_school::portrait;

pub mod browser;
pub mod reader;
pub mod scene;
pub mod sheets;
pub mod table;

pub mod fuzz;
pub mod growth;
pub mod killer;
pub mod model;

pub mod outside;
pub mod postgres;
pub mod process;
pub mod softhsm;
