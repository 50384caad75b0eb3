//! documents.
mod card;
mod failure;
mod record;
mod seal;
mod store;
