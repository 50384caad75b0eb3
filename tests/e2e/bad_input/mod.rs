//! What wallets may send wrong, endpoint by endpoint, and what they are told: status, code and reason in a table, and
//! with every refusal a sentence for developers and one for the pupil in each language.

mod credential;
mod notification;
mod offer;
mod outage;
mod token;
