//! The third story: an inspector without a network judges a code, a cinema asks a phone, and a card is revoked.

use std::sync::Arc;

use issuer::app::SystemEntropy;
use serde_json::json;
use shared::card_claims::credential_type;
use shared::holder_code::{Content, Purpose};
use shared::presentation::verdict::{Inspection, Outcome, Reason};
use shared::qr::render;
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::preset::Preset;
use shared::x509::chain::TrustAnchor;
use tokio::net::TcpListener;
use wallet::device::Platform;
use wallet::documents::{CardId, ReceiptOutcome};
use wallet::online::Surroundings;
use wallet::present::{PresentError, RequestSource};
use wallet::screen::Radio;
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::verify::folder::InspectorFolder;
use wallet::verify::offline::Inspector;
use wallet::verify::online::{Checkpoint, CheckpointConfig, Question, SessionState, VerifierIdentity, serve};
use wallet::verify::update::update;

use super::desk::DemoPhone;
use super::{Desk, chapter, holds, step};
use crate::pupils::PupilSpec;

/// An antenna with a switch.
fn antenna() -> Radio {
    Radio::new(Arc::new(HttpTransport::new(&HttpOptions::default()).expect("a transport")))
}

pub(super) async fn story(desk: &Desk) {
    let office = &desk.office;
    chapter("The inspection without a network");
    let school =
        office.school(990_204, "Technikum Kolejowe w Zmyślonym Mieście", "legacy-2019", json!({})).await;
    let (issued, until) = desk.card_days();
    let spec = PupilSpec::fictional(33).born("2010-03-08".parse().expect("a day"));
    let pupil = office.pupil(&school, &spec).await;
    office.application(&pupil).await;
    assert!(office.photo(&pupil, crate::office::drawn(3, 700, 900)).await.status < 300, "a photo");
    office.base_card(&pupil, &issued, &until).await;
    let slip = office.slip(&office.order(&pupil).await).await;
    let antenna = antenna();
    let phone = desk.phone_on(Arc::new(antenna.clone()), "Telefon w pociągu", Platform::Android, "15").await;
    let card = phone.activate(&slip.qr_png, slip.activation_code.as_deref()).await.expect("a card").id;

    let mut conductor = Conductor::new(desk).await;
    step(
        "Token Status List, RFC 6960",
        "the inspector's device is brought up to date: whom to believe, what time it is, what was revoked",
        conductor.update(desk),
    )
    .await;
    antenna.set_airplane(true);
    conductor.antenna.set_airplane(true);
    let silent = phone.online.refresh(&card, &wallet::acquire::event::Unobserved).await.is_err();
    holds("airplane mode", "from here on neither phone nor inspector has a network", silent);
    let picture = code(&phone, &card, Purpose::Ticket).await;
    std::fs::write(desk.folder().join("code.png"), &picture).expect("the picture on disk");
    let found = conductor.judge(desk, &picture);
    holds("COSE", "the phone's code is valid", found.verdict.outcome == Outcome::Valid);
    let Some(Content::Ticket { holder, portrait, .. }) = &found.disclosed else { panic!("no ticket") };
    let said = found.disclosed.as_ref().map(|content| content.to_json().to_string()).unwrap_or_default();
    holds(
        "data minimised",
        "it discloses name and face, neither PESEL nor address",
        holder.surname.as_str() == spec.surname
            && portrait.is_some()
            && !said.contains(&spec.pesel)
            && !said.contains("address"),
    );
    desk.sandbox("clock", json!({ "advance": "PT1M" })).await;
    let late = conductor.judge(desk, &picture).verdict;
    holds(
        "COSE",
        "a picture of it is worth nothing a minute later",
        matches!(late.outcome, Outcome::CodeTooOld { .. }) && late.reason == Some(Reason::Stale),
    );

    chapter("The inspection over a network");
    antenna.set_airplane(false);
    conductor.antenna.set_airplane(false);
    let cinema = cinema(desk).await;
    let (told, state) = ask(desk, &cinema, &phone).await;
    let SessionState::Answered { verdict, shown } = state else { panic!("no answer: {told:?}") };
    holds("OpenID4VP 1.0", "a cinema asks, the holder agrees: valid", told.is_none() && verdict.is_valid());
    let claims: Vec<_> = shown.claims().collect();
    holds(
        "RFC 9901",
        "it sees two things, over 16 and a pupil, and nothing else",
        claims == [("age_equal_or_over.16", &json!(true)), ("pupil_status", &json!("uczeń"))],
    );
    let receipts = phone.online.phone().documents().receipts().expect("the store");
    let kept = receipts.last().is_some_and(|receipt| {
        receipt.outcome == ReceiptOutcome::Shared
            && receipt.shared.len() == 2
            && receipt.verifier.name == "Kino"
    });
    holds("receipt", "the phone keeps who asked, what and when", kept);

    chapter("A card that is revoked");
    let device = office.devices(&slip.card_id, "live").await.pop().unwrap_or_default();
    step("S0 5, S4 10", "the office revokes the phone", office.revoke_device(&device, "phone_lost")).await;
    desk.sandbox("clock", json!({ "advance": "PT2M" })).await;
    step("Token Status List", "the inspector's device is brought up to date", conductor.update(desk)).await;
    conductor.antenna.set_airplane(true);
    antenna.set_airplane(true);
    let shown = code(&phone, &card, Purpose::Ticket).await;
    let refused = conductor.judge(desk, &shown).verdict;
    holds("COSE", "the lost phone's code is refused", matches!(refused.outcome, Outcome::Revoked { .. }));
    antenna.set_airplane(false);
    let (told, state) = ask(desk, &cinema, &phone).await;
    let revoked = matches!(&state, SessionState::Refused { verdict: Some(verdict), .. }
        if matches!(verdict.outcome, Outcome::Revoked { .. }));
    holds("OpenID4VP 1.0", "and so is its answer", revoked && told.as_deref() == Some("credential_revoked"));
}

/// The picture of the phone's code of this moment.
async fn code(phone: &DemoPhone, card: &CardId, purpose: Purpose) -> Vec<u8> {
    let hand = phone.online.take_code_in_hand(card, purpose).await.expect("a copy");
    let code = phone.online.code_now(&hand).await.expect("a code");
    render::png(&code.text, 6).expect("a picture")
}

/// Somebody with a device that judges codes.
struct Conductor {
    inspector: Inspector,
    folder: InspectorFolder,
    antenna: Radio,
}

impl Conductor {
    async fn new(desk: &Desk) -> Self {
        let folder = InspectorFolder::new(desk.folder().join("inspector"));
        let inspector = Inspector::default().believing(desk.root().await.into_anchor());
        Self { inspector, folder, antenna: antenna() }
    }

    async fn update(&mut self, desk: &Desk) {
        self.antenna.set_airplane(false);
        let network = Arc::new(self.antenna.clone());
        let surroundings = Surroundings::new(desk.clock(), Arc::new(SystemEntropy), network);
        let url = format!("{}/pki/trust-list", desk.base()).parse().expect("an address");
        let updated =
            update(&mut self.inspector, &self.folder, &url, &surroundings).await.expect("an update");
        assert!(matches!(updated.time, Some(Ok(()))), "{updated:?}");
        assert!(updated.lists.iter().all(|(_, outcome)| outcome.is_ok()), "{updated:?}");
    }

    fn judge(&mut self, desk: &Desk, picture: &[u8]) -> Inspection<Content> {
        let judged = self.inspector.verify_picture(picture, desk.now(), Some(Purpose::Ticket));
        judged.expect("a readable picture")
    }
}

/// A cinema's verifier, served on this machine.
async fn cinema(desk: &Desk) -> Arc<Checkpoint> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let anchors: Vec<TrustAnchor> = vec![desk.root().await.into_anchor()];
    let config = CheckpointConfig {
        base: HttpUrl::parse(&base, UrlPolicy::default()).expect("an address"),
        identity: VerifierIdentity::unsigned("Kino"),
        anchors,
        open_rendezvous: false,
    };
    let network = Arc::new(HttpTransport::new(&HttpOptions::default()).expect("a transport"));
    let cinema = Arc::new(Checkpoint::new(config, desk.clock(), Arc::new(SystemEntropy), network));
    tokio::spawn(serve(Arc::clone(&cinema), listener));
    cinema
}

/// The cinema asks for an age of 16, and the phone's owner agrees. Why the phone was refused, and how the question stands.
async fn ask(desk: &Desk, cinema: &Checkpoint, phone: &DemoPhone) -> (Option<String>, SessionState) {
    let preset = Preset::named("cinema-16").expect("a preset");
    let vct = credential_type(desk.base());
    let question = Question::new(preset.query(&[vct.as_str()]));
    let asked = cinema.ask(Question { purpose: Some("Film od 16 lat".to_owned()), ..question });
    let asked = asked.expect("a question");
    let source = RequestSource::from_text(asked.link.expose()).expect("a link");
    let request = phone.online.read_request(source).await.expect("a request");
    let agreed = request.consent(&[]).expect("consent");
    let told = match phone.online.present(&agreed).await {
        Ok(_) => None,
        Err(PresentError::RefusedByVerifier { code, .. }) => code,
        Err(error) => panic!("{error}"),
    };
    (told, cinema.state(&asked.id, None).expect("a session"))
}
