//! Base cards and their mobile copies, with the devices that hold them.

mod base;
mod mobile;
pub(super) mod view;

#[cfg(test)]
mod tests;

use axum::Router;

use crate::pages::Pages;

pub(super) fn routes() -> Router<Pages> {
    Router::new().merge(base::routes()).merge(mobile::routes())
}
