//! The verbs of the books on a real store.

mod application;
mod base_card;
mod pupil;
mod school;
mod sign_in;
mod staff;

use serde_json::{Value, json};

use super::pupil::{EnterPupil, PupilForm};
use super::testing::{Books, evening, form};
use crate::store::id::{PupilId, SchoolId};

fn pupil_json() -> Value {
    json!({
        "given_names": "Zofia Maria", "surname": "Nowak-Żółć", "pesel": "12290155531", "birth_date": "2012-09-01",
        "address": { "street_line": "ul. Lipowa 3/7", "postal_code": "42-200", "city": "Częstochowa" },
        "class_name": "7b"
    })
}

fn today() -> jiff::civil::Date {
    shared::validity::warsaw_date(evening())
}

async fn enter_pupil(books: &Books, school: &SchoolId, json: Value) -> PupilId {
    let form: PupilForm = form(json);
    let new = form.parse(today()).unwrap();
    books.write(EnterPupil::new(school.clone(), new, books.act(), &books.entropy)).await.unwrap().id
}
