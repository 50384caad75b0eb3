//! The second story: no application, the QR code on the portal, five devices, a parent with several children,
//! renewal over the air, a lost paper card, another school.

use serde_json::json;
use wallet::device::Platform;

use super::legacy::photographed;
use super::{Desk, chapter, holds, step};
use crate::office::drawn;
use crate::pupils::PupilSpec;

pub(super) async fn story(desk: &Desk) {
    let office = &desk.office;
    chapter("A school on the education platform: five devices, QR code alone (zpe-2025)");
    let school =
        office.school(990_202, "Szkoła Podstawowa w Niebylcu Zmyślonym", "zpe-2025", json!({})).await;
    let (issued, until) = desk.card_days();

    let third = office.pupil(&school, &PupilSpec::fictional(22)).await;
    let order = step("S2 III", "a pupil without any card: the order waits", async {
        office.done("POST", &format!("/pupils/{third}/orders"), Some(json!({}))).await
    })
    .await;
    holds("S2 III.2", "the mobile card comes after the school card", order["state"] == "waiting");

    let spec = PupilSpec::fictional(21);
    let pupil = office.pupil(&school, &spec).await;
    let big = office.photo(&pupil, drawn(21, 354, 496)).await;
    holds("S2 II.1", "a photo above 246×304 pixels is refused with its reason", big.status == 422);
    let photo = office.photo(&pupil, drawn(21, 236, 304)).await;
    holds("S2 II.1", "a photo of the right size is taken as it is", photo.status < 300);
    step("S2 I, II", "the pupil has a plastic card", async {
        let form = json!({ "form": "plastic", "issued_on": issued, "valid_until": until });
        office.done("POST", &format!("/pupils/{pupil}/base-cards"), Some(form)).await
    })
    .await;
    let order = step("S2", "every pupil gets the card, without an application", office.order(&pupil)).await;

    chapter("Five devices, one QR code each");
    let mut phones = Vec::new();
    for (n, name) in
        ["Telefon ucznia", "Telefon mamy", "Telefon taty", "Telefon babci", "Tablet"].into_iter().enumerate()
    {
        let phone = desk.phone(name, if n % 2 == 0 { Platform::Android } else { Platform::Ios }, "15").await;
        let slip = office.slip(&order).await;
        assert_eq!(slip.activation_code, None, "the portal's code needs no activation code");
        let pages = if n == 0 { "S2 I.1-6, II.2-6" } else { "S2 parent 1-5" };
        let card = step(pages, &format!("device {} of 5: {name}", n + 1), async {
            phone.activate(&photographed(&slip, 100 + n as u64), None).await.expect("an activated card")
        })
        .await;
        phones.push((phone, card, slip));
    }
    let card_id = phones[0].2.card_id.clone();
    let sixth = office.call("POST", &format!("/orders/{order}/slips"), Some(json!({}))).await;
    holds("S2", "there is no QR code for a sixth device", sixth.code() == "no_free_place");
    holds("S2", "the office sees five devices", office.devices(&card_id, "live").await.len() == 5);

    let sibling = office.pupil(&school, &PupilSpec::fictional(29)).await;
    assert!(office.photo(&sibling, drawn(29, 236, 304)).await.status < 300, "the sibling's photo");
    office.base_card(&sibling, &issued, &until).await;
    let slip = office.slip(&office.order(&sibling).await).await;
    step("S2 parent 6", "a second child on the mother's phone", async {
        phones[1].0.activate(&slip.qr_png, None).await.expect("an activated card")
    })
    .await;
    holds("S2 parent 6", "it holds both", phones[1].0.online.cards().await.expect("the store").len() == 2);

    chapter("Renewal, a lost card, another school");
    let base_card = office.card(&card_id).await["base_card"]["id"].as_str().unwrap_or_default().to_owned();
    let longer =
        until.parse::<jiff::civil::Date>().unwrap_or_default().saturating_add(jiff::Span::new().days(60));
    step("S1, S4 11", "the school card is confirmed for longer", async {
        office
            .done(
                "POST",
                &format!("/base-cards/{base_card}/confirm"),
                Some(json!({ "until": longer.to_string() })),
            )
            .await
    })
    .await;
    let (phone, card, _) = &phones[0];
    holds("S1", "the phone fetches the longer card by itself", phone.refresh(&card.id).await == "renewed");
    let shown = phone.online.cards().await.expect("the store");
    holds(
        "S1",
        "in place of the shorter one",
        shown.len() == 1 && shown[0].card.data().validity.last_day() == longer,
    );
    step("S0, S4 10", "the school card is lost: voided, and a duplicate made", async {
        let form = json!({ "form": "plastic", "valid_until": until, "duplicate_of": { "base_card_id": base_card, "reason": "lost" } });
        office.done("POST", &format!("/pupils/{pupil}/base-cards"), Some(form)).await
    })
    .await;
    holds(
        "S0, S1, S4 10",
        "so every device lost the mobile card",
        office.devices(&card_id, "live").await.is_empty(),
    );
    let held = phone.online.cards().await.expect("the store").remove(0).card.id().clone();
    holds("S0", "and learns it", phone.refresh(&held).await == "revoked");

    let other =
        office.school(990_203, "Liceum Ogólnokształcące w Przykładowie", "legacy-2019", json!({})).await;
    let sibling_card = slip.card_id;
    step("S4 10", "the sibling moves to another school", async {
        let form = json!({ "school_id": other, "class_name": "1c" });
        office.done("POST", &format!("/pupils/{sibling}/transfer"), Some(form)).await
    })
    .await;
    holds(
        "S4 10",
        "so the card is revoked ex officio",
        office.devices(&sibling_card, "live").await.is_empty(),
    );
    let verified = office.done("GET", "/audit/verify", None).await;
    holds("all", "the audit chain is whole", verified["whole"] == true);
}
