//! Empty so far.

use axum::Router;

use crate::pages::Pages;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
}
