//! People at a real browser: headless Chromium, driven through Debian's `chromedriver` by what is to be seen on a
//! page, links and buttons by their text, fields by their labels.
//!
//! ```no_run
//! # async fn test() {
//! use tests::browser::Browser;
//! use tests::world::World;
//!
//! let Some(browser) = Browser::start().await else { return };
//! let world = World::legacy().await;
//! let clerk = browser.person(world.base()).await;
//! clerk.opens("/office").await;
//! clerk.fills("Login", "sp0.sekretariat").await;
//! clerk.fills("Hasło", "piaskownica-szkolna").await;
//! clerk.clicks("Zaloguj się").await;
//! clerk.sees("Na dziś").await;
//! # }
//! ```
//!
//! Whatever the browser complains about (a script's error, something that the Content-Security-Policy stopped, an
//! asset that is not there) fails the step after which it did. A failed test leaves a picture and the page's source
//! in `target/browser-failures`.

mod axe;
mod driver;
mod look;
mod person;
mod steps;

pub use axe::{Axe, Violation};
pub use driver::Browser;
pub use look::Look;
pub use person::Person;
