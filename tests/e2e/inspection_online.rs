//! A card of the real issuer, shown by the real phone to a verifier over the network, until its office revokes it.

use std::sync::Arc;

use issuer::app::SystemEntropy;
use jiff::SignedDuration;
use serde_json::json;
use shared::clock::{Clock, ManualClock};
use shared::vci::uri::{HttpUrl, UrlPolicy};
use shared::vp::dcql::DcqlQuery;
use shared::vp::preset::Preset;
use shared::x509::chain::TrustAnchor;
use tests::world::{Phone, World};
use wallet::online::Surroundings;
use wallet::present::{PresentError, RequestSource};
use wallet::transport::http::{HttpOptions, HttpTransport};
use wallet::verify::online::{Checkpoint, CheckpointConfig, Question, SessionState, VerifierIdentity, serve};

/// A verifier that nobody vouches for and that believes the world's issuer.
pub(crate) async fn verifier(world: &World, phone: &Phone) -> Arc<Checkpoint> {
    let roots = phone.online.phone().documents().roots().unwrap();
    let anchors =
        roots.iter().map(|root| TrustAnchor::from_der(root.certificate.as_slice()).unwrap()).collect();
    verifier_believing(anchors, world.phone_surroundings().clock).await
}

/// A verifier that nobody vouches for and that believes these roots.
pub(crate) async fn verifier_believing(anchors: Vec<TrustAnchor>, clock: Arc<dyn Clock>) -> Arc<Checkpoint> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let config = CheckpointConfig {
        base: HttpUrl::parse(&base, UrlPolicy::default()).unwrap(),
        identity: VerifierIdentity::unsigned("Kolej"),
        anchors,
        open_rendezvous: false,
    };
    let http = Arc::new(HttpTransport::new(&HttpOptions::default()).unwrap());
    let checkpoint = Arc::new(Checkpoint::new(config, clock, Arc::new(SystemEntropy), http));
    tokio::spawn(serve(Arc::clone(&checkpoint), listener));
    checkpoint
}

/// PESEL number and home address of a card of the issuer at `base`, which nobody needs who checks it.
pub(crate) fn too_much(base: &str) -> Question {
    let vct = format!("{base}/credentials/mlegitymacja/1");
    let claims = json!([{ "path": ["personal_administrative_number"] }, { "path": ["address"] }]);
    let query = json!({ "credentials": [
        { "id": "all", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims },
    ] });
    Question::new(DcqlQuery::from_value(&query).unwrap())
}

/// Asks and is answered; the phone's error code, and how the session stands.
pub(crate) async fn check(
    checkpoint: &Checkpoint,
    world: &World,
    phone: &Phone,
) -> (Option<String>, SessionState) {
    let vct = format!("{}/credentials/mlegitymacja/1", world.base());
    let asked = checkpoint.ask(Question::new(Preset::Ticket.query(&[&vct]))).unwrap();
    let source = RequestSource::from_text(asked.link.expose()).unwrap();
    let request = phone.online.read_request(source).await.unwrap();
    let told = match phone.online.present(&request.consent(&[]).unwrap()).await {
        Ok(_) => None,
        Err(PresentError::RefusedByVerifier { code, .. }) => code,
        Err(error) => panic!("{error}"),
    };
    (told, checkpoint.state(&asked.id, None).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_checked_until_the_office_revokes_the_card() {
    let world = World::legacy().await;
    let slip = world.codes().await;
    let phone = world.phone("Pixel 9").await;
    let card = phone.activate(&slip).await.unwrap();
    let name = phone.show(&card.id).await.card.data().surname.as_str().to_owned();
    let checkpoint = verifier(&world, &phone).await;

    let (told, state) = check(&checkpoint, &world, &phone).await;
    assert_eq!(told, None);
    let SessionState::Answered { verdict, shown } = state else { panic!("{state:?}") };
    assert!(verdict.is_valid(), "{verdict:?}");
    assert_eq!(shown.claim("family_name").and_then(|name| name.as_str()), Some(name.as_str()));
    assert!(
        shown
            .claim("picture")
            .and_then(|it| it.as_str())
            .is_some_and(|it| it.starts_with("data:image/jpeg;base64,"))
    );
    assert_eq!(shown.claims().count(), 5);

    let device = &world.office.devices(&slip.card_id, "live").await[0];
    world.office.revoke_device(device, "phone_lost").await;
    world.clock.advance(SignedDuration::from_mins(1));
    let (told, state) = check(&checkpoint, &world, &phone).await;
    assert_eq!(told.as_deref(), Some("credential_revoked"));
    assert!(
        matches!(state, SessionState::Refused { verdict: Some(verdict), .. } if verdict.code() == "revoked")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_knows_how_far_its_clock_is_off_signs_with_the_right_time() {
    for off in [180, -180] {
        let world = World::legacy().await;
        let clock = Arc::new(ManualClock::new(world.now() + SignedDuration::from_secs(off)));
        let surroundings = Surroundings { clock, ..world.phone_surroundings() };
        let phone = world.phone_in("Pixel 9", surroundings).await;
        phone.activate(&world.codes().await).await.unwrap();
        let checkpoint = verifier(&world, &phone).await;
        let (told, state) = check(&checkpoint, &world, &phone).await;
        assert_eq!(told, None, "{off}");
        let SessionState::Answered { verdict, .. } = state else { panic!("{off}: {state:?}") };
        assert!(verdict.is_valid(), "{off}: {verdict:?}");
        let receipt = phone.online.phone().documents().receipts().unwrap().pop().unwrap();
        assert_eq!(receipt.at.as_second(), world.now().as_second(), "{off}");
    }
}
