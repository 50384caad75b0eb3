//! The school's books: what the office knows and keeps, in the order in which it comes to know it.

pub mod aside;
pub mod profile;
pub mod rules;
pub mod school;

pub mod correction;
pub mod guardian;
pub mod guardian_removal;
pub mod import;
pub mod pupil;

pub mod application;
pub mod base_card;
pub mod photo;
pub mod photo_book;
pub mod photo_inbox;

pub mod card_file;
pub mod erasure;
pub mod export;
pub mod handover;
pub mod history;
pub mod issue_book;
pub mod pupil_file;

pub mod desk;
pub mod pupil_list;
pub mod today;

pub mod staff;

pub mod federated;
pub mod portal_account;
pub mod portal_logins;
pub mod portal_standing;

pub mod rights;
pub mod sign_in;

pub mod fault;
pub mod line;
pub mod safe_csv;
pub mod sorting;
pub(crate) mod wording;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
