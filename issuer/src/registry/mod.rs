//! The school's books: what the office knows and keeps.

pub mod photo;
pub mod profile;
