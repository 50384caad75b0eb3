//! The first story: application, photo, slip, one phone, a lost phone, a new slip, a confirmed card, the end.

use jiff::SignedDuration;
use serde_json::json;
use shared::vci::error::Reason;
use shared::x509::chain::{TrustAnchor, verify_chain};
use wallet::acquire::event::Unobserved;
use wallet::device::{DeviceDescription, DeviceName, Platform, Requirements, Version};

use super::{Desk, chapter, holds, step};
use crate::office::{Slip, drawn};
use crate::photograph::{Photograph, slip_page};
use crate::pupils::PupilSpec;

/// A crooked photograph of a slip, as a phone would take it.
pub(super) fn photographed(slip: &Slip, seed: u64) -> Vec<u8> {
    let page = slip_page(&slip.offer_uri).expect("a drawn slip");
    let photograph = Photograph { seed, ..Photograph::default() };
    photograph.take(&page).expect("a photograph")
}

pub(super) async fn story(desk: &Desk) {
    let office = &desk.office;
    chapter("A school with the procedure of 2019: one device, QR code and activation code (legacy-2019)");
    let name = "Zespół Szkół Technicznych na Próbę";
    let school = step("S3: conditions", "a school with an agreement with the ministry", async {
        office.school(990_201, name, "legacy-2019", json!({})).await
    })
    .await;

    let spec = PupilSpec::fictional(1);
    let pupil = step("S4 1, 7", "a pupil is entered, with a valid PESEL", office.pupil(&school, &spec)).await;
    let early = office.call("POST", &format!("/pupils/{pupil}/orders"), Some(json!({}))).await;
    holds("S0 1, S4 2", "without an application nothing is ordered", early.code() == "no_application");
    step(
        "S0 1, S1, S3 §4.3.1, S4 2",
        "a parent's application is received and complete",
        office.application(&pupil),
    )
    .await;

    let small = office.photo(&pupil, drawn(1, 353, 496)).await;
    holds("S0 2, S4 4", "a photo of 353×496 pixels is sent back with its reason", small.status == 422);
    let photo = office.photo(&pupil, drawn(1, 700, 900)).await;
    holds(
        "S0 2, S1, S3 §4.3.3, S4 2",
        "a good photo is accepted and the small picture derived",
        photo.status < 300,
    );

    let (issued, until) = desk.card_days();
    let waiting = office.call("POST", &format!("/pupils/{pupil}/orders"), Some(json!({}))).await;
    holds("S4 1", "without a paper card the order waits", waiting.body["state"] == "waiting");
    let order = waiting.body["id"].as_str().unwrap_or_default().to_owned();
    let base_card =
        step("S4 1, 5", "the paper card is issued", office.base_card(&pupil, &issued, &until)).await;
    let returned = office.slip(&order).await;
    let path = format!("/slips/{}/cancel", returned.id);
    let returned = office.done("POST", &path, Some(json!({}))).await;
    holds(
        "S4 14",
        "a slip that was handed back opens nothing and stays in the file",
        returned["state"] == "cancelled",
    );
    let slip =
        step("S3 §4.3.3, S4 8", "the order is carried out: QR code and activation code", office.slip(&order))
            .await;
    let file = office.done("GET", &format!("/orders/{order}"), None).await;
    holds("S4 13", "the order has a deadline of 14 days", !file["deadline_on"].is_null());
    let days = slip.expires_at.duration_since(desk.now()) + SignedDuration::from_mins(1);
    holds("S3 §4.4, S4 2", "the slip is good for 30 days", days >= SignedDuration::from_hours(30 * 24));
    let told = desk.notices().await.iter().any(|notice| notice["channel"] == "e_diary");
    holds("S0 3, S1, S4 15", "the parent is told through the electronic diary", told);
    let collected = json!({ "by": "guardian" });
    step("S1, S4 8", "the slip is handed out against a receipt", async {
        office.done("POST", &format!("/slips/{}/collected", slip.id), Some(collected)).await
    })
    .await;

    chapter("The phone");
    let old = DeviceDescription {
        name: DeviceName::parse("Stary telefon").expect("a device name"),
        platform: Platform::Android,
        os_version: Version::parse("5.1").expect("a version"),
        app_version: Version::parse("1.0.0").expect("a version"),
    };
    let refused = old.check(&Requirements::BUILT_IN).is_err();
    holds("S1, S4 6", "a phone with Android 5.1 is too old, 6.0 is the least", refused);
    let phone = step("S3, S4 12.1", "the wallet is installed on an Android phone, behind a PIN", async {
        desk.phone("Pixel próbny", Platform::Android, "14").await
    })
    .await;
    let consents = phone.online.missing_consents().await.expect("the store");
    holds("S3 §4.3.4, S4 12.3-5", "terms and privacy notice are read and accepted", consents.is_empty());
    let picture = photographed(&slip, 7);
    std::fs::write(desk.folder().join("slip-photograph.jpg"), &picture).expect("the picture on disk");
    let wrong = if slip.activation_code.as_deref() == Some("00000000") { "00000001" } else { "00000000" };
    let wrong = phone.activate(&picture, Some(wrong)).await.err();
    let left = wrong.as_ref().and_then(|error| error.refusal()).and_then(|refusal| refusal.tries_left);
    holds("S0 4, S4 12.8", "a wrong activation code costs one of five tries", left == Some(4));
    let card = step(
        "S0 4, S1, S3 §4.3.5-6, S4 12.7-9",
        "a crooked photograph of the slip is scanned, the code typed, the card downloaded",
        async { phone.activate(&picture, slip.activation_code.as_deref()).await.expect("an activated card") },
    )
    .await;
    let shown = phone.online.show(&card.id).await.expect("the store").expect("the card");
    let certificate = shown.card.certificate();
    holds(
        "S3 §4.6, S4 12.10",
        "a certificate was issued for this pupil and this device",
        certificate.device_name() == "Pixel próbny" && certificate.pesel().as_str() == spec.pesel,
    );
    let validity = &shown.card.data().validity;
    let same =
        certificate.not_before() == validity.not_before() && certificate.not_after() == validity.not_after();
    holds(
        "S1, S3 §4.7, S4 9",
        "it is valid exactly as long as the paper card",
        same && validity.last_day().to_string() == until,
    );
    holds(
        "S1",
        "the card shows name, number, school, photo and status",
        shown.card.data().surname.as_str() == spec.surname,
    );
    let file = office.card(&slip.card_id).await;
    let chain: Vec<Vec<u8>> = shown.card.held().x5c.iter().map(|der| der.as_slice().to_vec()).collect();
    let root = crate::http::get(format!("{}/pki/ca/root.cer", desk.base()))
        .await
        .expect("the root")
        .bytes()
        .await
        .expect("the root");
    let anchor = TrustAnchor::from_der(&root).expect("a root");
    holds("S3 §4.6", "its chain leads to the root", verify_chain(&chain, &[anchor], desk.now()).is_ok());
    holds("S3 §4.5", "the office sees one device in place 1 of 1", file["devices"][0]["device"]["slot"] == 1);
    let second = desk.phone("Drugi telefon", Platform::Ios, "17.5").await;
    let refused = second.activate(&picture, slip.activation_code.as_deref()).await.err();
    let reason =
        refused.as_ref().and_then(|error| error.refusal()).and_then(|refusal| refusal.reason.clone());
    let other = reason == Some(Reason::OtherDevice);
    holds("S3 §4.5, S4 2", "a second phone with the same slip is refused", other);

    chapter("A lost phone");
    let device = office.devices(&slip.card_id, "live").await.pop().unwrap_or_default();
    let again = step("S0 5, S4 10-11", "the phone is lost: revoked at once, and a new slip made", async {
        office.reissue(&slip.card_id, &device, "phone_lost").await
    })
    .await;
    holds(
        "S0 5",
        "the lost phone learns that its card is revoked",
        phone.refresh(&card.id).await == "revoked",
    );
    holds("S0 5", "and does not show it as valid any more", !phone.shows_valid(&card.id).await);
    let picture = photographed(&again, 11);
    let card = step("S0 5", "the new slip opens the card on another phone", async {
        second.activate(&picture, again.activation_code.as_deref()).await.expect("an activated card")
    })
    .await;

    chapter("The year goes by");
    let confirm =
        desk.today().saturating_add(jiff::Span::new().months(11)).max(until.parse().unwrap_or_default());
    let longer = confirm.saturating_add(jiff::Span::new().days(30));
    step("S1, S4 11", "the paper card is confirmed for longer", async {
        let path = format!("/base-cards/{base_card}/confirm");
        office.done("POST", &path, Some(json!({ "until": longer.to_string() }))).await
    })
    .await;
    let device = office.devices(&slip.card_id, "live").await.pop().unwrap_or_default();
    let renewed = step(
        "S1, S4 11",
        "so the mobile card is issued again",
        office.reissue(&slip.card_id, &device, "superseded"),
    )
    .await;
    let old_until = second.last_second(&card.id).await;
    let longer_card = second
        .activate(&photographed(&renewed, 13), renewed.activation_code.as_deref())
        .await
        .expect("a card");
    let new_until = second.last_second(&longer_card.id).await;
    holds("S1", "the phone holds the longer card in place of the shorter one", new_until > old_until);
    desk.move_clock(new_until).await;
    holds(
        "S4 9",
        "on the last second of its last day the card is valid",
        second.shows_valid(&longer_card.id).await,
    );
    desk.move_clock(new_until + SignedDuration::from_secs(1)).await;
    holds("S4 9", "one second later it is not", !second.shows_valid(&longer_card.id).await);

    chapter("Slips that open nothing");
    let late = office.call("POST", &format!("/orders/{order}/slips"), Some(json!({}))).await;
    holds("S0, S4 10", "no slip for a card that has run out", late.code() == "base_card_expired");
    let deleted = second.online.delete(&longer_card.id, &Unobserved).await;
    holds("S0 5", "the card is given up on the phone", deleted.is_ok());
    let verified = office.done("GET", "/audit/verify", None).await;
    holds("all", "every change stands in the audit trail, and its chain is whole", verified["whole"] == true);
}
