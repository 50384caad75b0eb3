//! What senders hear of a refusal, what two clerks do to each other, and small pictures.

use axum::http::StatusCode;

use super::tests::{import, photo_of, portrait, ticked};
use crate::notify::ReadNotices;
use crate::pages::testing::House;
use crate::registry::photo::testing::announcing;
use crate::registry::photo_inbox::testing::Mail;
use crate::store::tables::notice::{Channel, Event, Notice, NoticeState};

/// What was written about refused photos.
async fn told(house: &House) -> Vec<Notice> {
    let verb = ReadNotices { since: jiff::Timestamp::UNIX_EPOCH, after: None, limit: 999, school: None };
    let mut notices = house.issuance.store.read(verb).await.unwrap();
    notices.retain(|notice| notice.event == Event::PhotoRefused);
    notices
}

/// A letter of this sender with one picture.
fn letter(from: &str, subject: &str, picture: &[u8]) -> Vec<u8> {
    let mail = Mail::new(subject).attach("IMG_1.jpg", picture).bytes();
    String::from_utf8(mail).unwrap().replace("\"Anna Opiekun\" <anna@example.pl>", from).into_bytes()
}

#[tokio::test]
async fn a_guardian_hears_why_a_photo_was_refused_and_a_stranger_does_not() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let zofia = &house.schools[0].pupils[0];
    house.run(&format!("DELETE FROM guardian WHERE pupil_id <> '{}'", zofia.id)).await;
    house
        .run(&format!("UPDATE guardian SET email = 'Mama@Example.pl' WHERE pupil_id = '{}'", zofia.id))
        .await;
    assert!(house.count(&format!("SELECT COUNT(*) FROM guardian WHERE pupil_id = '{}'", zofia.id)).await > 0);
    let small = crate::registry::photo::testing::photo(300, 400, 90);

    // The guardian's letter, in the words of the rule that the file breaks.
    let known = letter("Mama <mama@example.PL>", "mLegitymacja", &small);
    let place = import(&mut browser, &[known]).await.remove(0);
    browser.open(&place).await;
    let answer = browser.post(&format!("{place}/refuse"), &[("reason", "technical"), ("note", "")]).await;
    assert_eq!(answer.location(), "/office/photos?done=photo-refused-told", "{}", answer.text());
    let notices = told(&house).await;
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((notice.channel, notice.state), (Channel::Email, NoticeState::Queued));
    assert_eq!((notice.recipient.as_str(), &notice.pupil_id), ("Mama@Example.pl", &zofia.id));
    assert!(notice.body.contains("300×400 pikseli, a potrzeba co najmniej 354×496"), "{}", notice.body);
    let html = browser.open(&place).await;
    assert!(html.contains(&format!("/office/notices/{}", notice.id)) && !html.contains("<textarea"));
    assert!(browser.open(&format!("/office/notices/{}", notice.id)).await.contains("odrzucenie zdjęcia"));

    // Names that only look like the address, an address nobody knows, and another child's picture: nothing is sent.
    let other = house.schools[0].pupils[1].id.as_str();
    for (from, whose) in [
        ("\"mama@example.pl\" <obcy@example.org>", None),
        ("Obcy <obcy@example.org>", None),
        ("Mama <mama@example.pl>", Some(other)),
    ] {
        let strange = letter(from, &format!("x{}", from.len()), &small);
        let place = import(&mut browser, &[strange]).await.remove(0);
        if let Some(pupil) = whose {
            browser.open(&place).await;
            browser.post(&format!("{place}/assign"), &[("pupil", pupil)]).await;
        }
        browser.open(&place).await;
        let answer = browser
            .post(&format!("{place}/refuse"), &[("reason", "head"), ("note", "czapka & szalik")])
            .await;
        assert_eq!(answer.location(), format!("{place}?done=photo-refused-to-copy"), "{from}");
        assert_eq!(told(&house).await.len(), 1, "{from}");
        let html = browser.open(answer.location()).await;
        assert!(html.contains("Głowa nie może być nakryta") && html.contains("<textarea"), "{from}");
        assert!(
            html.contains("?subject=Zdj%C4%99cie%20do%20mLegitymacji")
                && html.contains("czapka%20%26%20szalik")
        );
    }
    // The trail of all this names nobody.
    let trail = house.count(
        "SELECT COUNT(*) FROM audit_entry WHERE lower(detail) LIKE '%mama%' OR detail LIKE '%czapka%'",
    );
    assert_eq!(trail.await, 0);
}

#[tokio::test]
async fn a_guardian_of_several_is_not_answered_about_the_wrong_child() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    house.run("UPDATE guardian SET email = 'mama@example.pl'").await;
    let mail = letter("mama@example.pl", "x", &portrait(4));
    let place = import(&mut browser, &[mail]).await.remove(0);
    browser.open(&place).await;
    let answer = browser.post(&format!("{place}/refuse"), &[("reason", "old"), ("note", "")]).await;
    assert_eq!(answer.location(), format!("{place}?done=photo-refused-to-copy"));
    assert!(told(&house).await.is_empty());
}

#[tokio::test]
async fn of_two_clerks_who_accept_different_photos_the_second_is_told() {
    let house = House::new().await;
    let (mut first, mut second) = (house.office("sekretariat").await, house.office("sekretariat").await);
    let place = photo_of(&house, 0, 0);
    let mut reviews = Vec::new();
    for seed in [7, 8] {
        first.open(&place).await;
        let answer = first.post_files(&place, &[], &[("photo", "x.jpg", &portrait(seed))]).await;
        reviews.push(answer.location().to_owned());
    }
    // Both look at the same time.
    first.open(&reviews[0]).await;
    second.open(&reviews[1]).await;
    let fields =
        |browser: &crate::pages::testing::Browser| (browser.hidden("pupil"), browser.hidden("present"));
    let ((pupil, seen), (_, also_seen)) = (fields(&first), fields(&second));
    assert_eq!(seen, also_seen);
    let form = ticked(&[("pupil", &pupil), ("present", &seen)]);
    assert_eq!(first.post(&format!("{}/accept", reviews[0]), &form).await.status, StatusCode::SEE_OTHER);
    let kept = first.get(&place.replace("/photo", "/picture")).await.body;
    let answer = second.post(&format!("{}/accept", reviews[1]), &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("przyjął inne zdjęcie tego ucznia"), "{}", answer.text());
    assert_eq!(
        first.get(&place.replace("/photo", "/picture")).await.body,
        kept,
        "nothing was replaced unseen"
    );
    // What was answered shows the photo of the other, and may be sent again.
    second.open(&reviews[1]).await;
    let (_, seen) = fields(&second);
    let form = ticked(&[("pupil", &pupil), ("present", &seen)]);
    assert_eq!(second.post(&format!("{}/accept", reviews[1]), &form).await.status, StatusCode::SEE_OTHER);
    assert_ne!(first.get(&place.replace("/photo", "/picture")).await.body, kept);
}

#[tokio::test]
async fn the_list_shows_small_pictures_to_those_who_may_see_the_photos() {
    let house = House::new().await;
    let mut browser = house.office("sekretariat").await;
    let bomb = announcing(&portrait(1), 65_000, 65_000);
    let half = [&portrait(2)[..9_000], &[0xFF, 0xD9]].concat();
    let mail = Mail::new("x").attach("a.jpg", &portrait(1)).attach("b.jpg", &bomb).attach("c.jpg", &half);
    let places = import(&mut browser, &[mail.bytes()]).await;
    let list = browser.open("/office/photos").await;
    let [half, bomb, good] = ["c.jpg", "b.jpg", "a.jpg"].map(|name| {
        let row = list.split("<tr role=\"row\">").find(|row| row.contains(name)).unwrap();
        let place = places.iter().find(|place| row.contains(place.as_str())).unwrap();
        (row.contains("/thumbnail\""), format!("{place}/thumbnail"))
    });
    assert!(good.0 && half.0 && !bomb.0, "what is no picture for sure is not asked for");
    for round in ["made", "kept"] {
        let answer = browser.get(&good.1).await;
        assert_eq!(answer.status, StatusCode::OK, "{round}");
        assert_eq!(answer.headers["content-type"], "image/jpeg");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let small = image::load_from_memory(&answer.body).unwrap();
        assert_eq!((small.width(), small.height()), (108, 144), "{round}");
        for nothing in [&half.1, &bomb.1] {
            assert_eq!(browser.get(nothing).await.status, StatusCode::NOT_FOUND, "{round} {nothing}");
        }
    }
    assert_eq!(
        house.count("SELECT COUNT(*) FROM photo_inbox WHERE thumbnail IS NOT NULL").await,
        3,
        "each once"
    );
    // A tutor, another school and a stranger get none; nor does anybody once it is decided.
    let mut tutor = house.office("wychowawca").await;
    assert_eq!(tutor.get(&good.1).await.status, StatusCode::FORBIDDEN);
    let mut stranger = house.browser();
    assert_ne!(stranger.get(&good.1).await.status, StatusCode::OK);
    super::tests::move_clerk(&house, 1).await;
    assert_eq!(browser.get(&good.1).await.status, StatusCode::NOT_FOUND);
    super::tests::move_clerk(&house, 0).await;
    let place = good.1.trim_end_matches("/thumbnail").to_owned();
    browser.open(&place).await;
    browser.post(&format!("{place}/refuse"), &[("reason", "eyes"), ("note", "")]).await;
    assert_eq!(browser.get(&good.1).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        house.count("SELECT COUNT(*) FROM photo_inbox WHERE thumbnail IS NOT NULL").await,
        2,
        "erased with it"
    );
}
