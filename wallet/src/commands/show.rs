//! `wallet show`

use serde_json::{Value, json};
use shared::card_data::{CardData, PostalAddress, STATUS_PUPIL};

use super::Exit;
use super::context::{Context, pick};
use super::failure::Failure;
use super::list::brief;
use super::output::Reply;
use crate::cli::Show;
use crate::show::{ShownCard, pem_chain, without_picture};
use crate::standing::Standing;

pub(super) async fn run(context: &Context, options: Show) -> Result<Reply, Failure> {
    let cards = context.open().await?.cards().await?;
    let shown = pick(cards, options.id.as_deref())?;
    if options.pem {
        let pem = pem_chain(&shown);
        return Ok(Reply::new(json!({ "id": shown.card.id(), "pem": pem }), pem.trim_end()));
    }
    if let Standing::ClockBehind { floor } = shown.standing {
        let message = format!("cannot show the card: the phone's clock is behind, it is at least {floor}");
        return Err(Failure::new(Exit::RefusedByWallet, "clock_behind", message)
            .with_details(json!({ "floor": floor, "card": shown.card.id() })));
    }
    let exit = if shown.standing.is_valid() { Exit::Done } else { Exit::RefusedByWallet };
    Ok(Reply { json: full(&shown), text: text(&shown), exit })
}

/// A card with everything that is on it but the picture itself.
fn full(shown: &ShownCard) -> Value {
    let mut json = brief(shown);
    let certificate = shown.card.certificate();
    json["card"] = without_picture(shown);
    json["certificate"] = json!({
        "serial": certificate.serial(),
        "fingerprint": certificate.fingerprint().to_string(),
        "not_before": certificate.not_before(),
        "not_after": certificate.not_after(),
        "device_name": certificate.device_name(),
        "slot": { "number": certificate.slot().number(), "of": certificate.slot().of() },
        "activated_at": certificate.activated_at(),
        "crl": certificate.crl_url(),
    });
    json
}

fn text(shown: &ShownCard) -> String {
    let certificate = shown.card.certificate();
    let verdict = if shown.standing.is_valid() { "" } else { "NOT VALID: " };
    let mut rows = vec![("mLegitymacja", format!("{verdict}{}", shown.standing))];
    rows.extend(on_the_card(shown.card.data()));
    rows.extend([
        ("Urządzenie", format!("{} ({})", certificate.device_name(), certificate.slot())),
        ("Certyfikat", certificate.serial().to_string()),
        ("Nazwa w telefonie", shown.card.id().to_string()),
    ]);
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let lines = rows.into_iter().map(|(label, value)| {
        let gap = " ".repeat(width - label.chars().count());
        format!("{label}{gap}  {value}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is printed on the paper card too.
fn on_the_card(data: &CardData) -> [(&'static str, String); 10] {
    let address = |address: &PostalAddress| {
        format!("{}, {} {}", address.street_line(), address.postal_code(), address.city())
    };
    [
        ("Imię i nazwisko", format!("{} {}", data.given_names.as_str(), data.surname.as_str())),
        ("PESEL", data.pesel.as_str().to_owned()),
        ("Data urodzenia", data.birth_date().to_string()),
        ("Status", STATUS_PUPIL.to_owned()),
        ("Numer legitymacji", data.card_number.to_string()),
        ("Data wydania", data.validity.first_day().to_string()),
        ("Ważna do", data.validity.last_day().to_string()),
        ("Szkoła", data.school.name.to_string()),
        ("Adres szkoły", address(&data.school.address)),
        ("Adres zamieszkania", address(&data.home_address)),
    ]
}

#[cfg(test)]
mod tests {
    use shared::card::{CardForm, CardNumber};
    use shared::card_data::{CardPhoto, PersonName, ProfileId, Salt, SchoolName, SchoolOnCard};
    use shared::pesel::Pesel;
    use shared::school_id::Rspo;
    use shared::validity::ValidityPeriod;

    use super::*;

    #[test]
    fn people_see_what_is_on_the_card() {
        let address = |street: &str| PostalAddress::new(street, "00-950", "Przykładowo").unwrap();
        let data = CardData {
            salt: Salt::from_bytes(vec![3; 32]).unwrap(),
            given_names: PersonName::parse("Zofia").unwrap(),
            surname: PersonName::parse("Zmyślona").unwrap(),
            pesel: Pesel::parse("08312112303").unwrap(),
            card_number: CardNumber::new(2026, 7).unwrap(),
            card_form: CardForm::Paper,
            school: SchoolOnCard {
                name: SchoolName::parse("Szkoła Przykładowa").unwrap(),
                rspo: Rspo::try_from(123_456).unwrap(),
                address: address("ul. Szkolna 1"),
            },
            home_address: address("ul. Zmyślona 7"),
            validity: ValidityPeriod::new("2026-09-01".parse().unwrap(), "2027-09-30".parse().unwrap())
                .unwrap(),
            photo: CardPhoto::from_jpeg([&[0xff, 0xd8, 0xff][..], &[0; 2000], &[0xff, 0xd9]].concat())
                .unwrap(),
            profile_id: ProfileId::parse("legacy-2019").unwrap(),
        };
        let rows = on_the_card(&data);
        let rows: Vec<_> = rows.iter().map(|(label, value)| (*label, value.as_str())).collect();
        let expected = [
            ("Imię i nazwisko", "Zofia Zmyślona"),
            ("PESEL", "08312112303"),
            ("Data urodzenia", "2008-11-21"),
            ("Status", "uczeń"),
            ("Numer legitymacji", "7/2026"),
            ("Data wydania", "2026-09-01"),
            ("Ważna do", "2027-09-30"),
            ("Szkoła", "Szkoła Przykładowa"),
            ("Adres szkoły", "ul. Szkolna 1, 00-950 Przykładowo"),
            ("Adres zamieszkania", "ul. Zmyślona 7, 00-950 Przykładowo"),
        ];
        assert_eq!(rows, expected);
    }
}
