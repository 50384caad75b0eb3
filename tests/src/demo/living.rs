//! A living school: two classes of the 2019 procedure and one on the platform, with every state that the office
//! may meet, so that its pages have something to show.
//!
//! What happened weeks ago is entered weeks ago: the sandbox starts on an earlier day and is moved to the present.

use issuer::app::SystemClock;
use issuer::audit::Actor;
use issuer::demo_school::accounts::enter_portal_account;
use issuer::registry::photo::PhotoRules;
use issuer::registry::photo_inbox::letter::Letter;
use issuer::registry::photo_inbox::look::ReadRoster;
use issuer::registry::photo_inbox::settle::{RefusalForm, RefusePicture};
use issuer::registry::photo_inbox::take::{NewPicture, TakePictures};
use issuer::store::id::{PupilId, SchoolId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock as _;
use shared::secret::Secret;
use shared::validity::warsaw_date;
use wallet::acquire::event::Unobserved;
use wallet::acquire::offer::OfferSource;
use wallet::device::Platform;

use super::{Desk, chapter, holds, step};
use crate::office::{Slip, drawn};
use crate::pupils::{PupilSpec, made_up_pesel};

/// Where a pupil of the living school stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// Entered, and nothing else.
    Entered,
    /// An application that nobody has looked at.
    Applied,
    /// An application that was sent back.
    SentBack,
    /// An order that waits for a photo.
    WaitsForPhoto,
    /// An order that waits for the base card.
    WaitsForCard,
    /// An order that can be carried out.
    Ordered,
    /// A slip that lies in the office.
    SlipMade,
    /// A slip that was handed out and not used.
    Collected,
    /// A slip that came back.
    HandedBack,
    /// A slip whose code was mistyped too often.
    Locked,
    /// A card on a phone.
    Active,
    /// A card on a phone whose base card ends within weeks.
    Ending,
    /// A card on a phone whose base card has ended.
    Ended,
    /// The phone was lost, and a new slip was made.
    PhoneLost,
    /// The base card was lost, and with it the mobile one.
    CardLost,
    /// The pupil's name was corrected after the card was issued.
    Renamed,
}

use Scene::{
    Active, Applied, CardLost, Collected, Ended, Ending, Entered, HandedBack, Locked, Ordered, PhoneLost,
    Renamed, SentBack, SlipMade, WaitsForCard, WaitsForPhoto,
};

/// Days ago, given name, surname, class, where the pupil stands. All plainly fictional.
const LEGACY: &[(i64, &str, &str, &str, Scene)] = &[
    (26, "Ala", "Bezkotna", "7a", Active),
    (26, "Bolesław", "Żartowniś", "7a", SlipMade),
    (26, "Celina", "Ćwiczebna", "7a", Collected),
    (26, "Dobromir", "Ślepy-Zaułek", "7a", Locked),
    (26, "Eulalia", "Ósemka", "7b", Active),
    (26, "Feliks", "Niestworzony", "7b", Ended),
    (26, "Grażyna", "Złudna", "7b", HandedBack),
    (25, "Henryk", "Kaczmarek-Próbny", "7a", Active),
    (25, "Iga", "Łamigłówka", "7b", CardLost),
    (22, "Janina", "Bajkowa", "7a", PhoneLost),
    (22, "Konrad", "Zagadka", "7b", Active),
    (20, "Leokadia", "Mrzonka", "7a", Ending),
    (20, "Łukasz", "Ćmielów-Testowy", "7b", Active),
    (13, "Marta", "Żadna", "7a", Ordered),
    (13, "Nikodem", "Pustelnik", "7b", Ordered),
    (11, "Olga", "Ściema", "7a", Renamed),
    (9, "Patryk", "Wzorcowy", "7b", SlipMade),
    (6, "Róża", "Modelowa", "7a", Collected),
    (5, "Seweryn", "Fikcyjny", "7b", SentBack),
    (4, "Tekla", "Urojona", "7a", WaitsForPhoto),
    (3, "Urban", "Szkicowy", "7b", WaitsForCard),
    (2, "Wit", "Makieta", "7a", Applied),
    (1, "Zenobia", "Ółtarzewska-Niby", "7b", Applied),
    (0, "Żelisława", "Ćwierćnuta", "7a", Entered),
    (0, "Ambroży", "Kleks", "7b", Entered),
];

/// Opens the living school and lets its four weeks go by.
pub(super) async fn open(desk: &Desk) -> Value {
    chapter("A living school, for the office and the portal");
    let today = SystemClock.now();
    let start = today - SignedDuration::from_hours(26 * 24);
    let seeded = step("all", "two demo schools are entered four weeks ago", async {
        desk.sandbox("seed", json!({ "now": start })).await
    })
    .await;
    let id = |school: usize| seeded["schools"][school]["id"].as_str().unwrap_or_default().to_owned();
    let (legacy, zpe) = (id(0), id(1));
    step("S0, S3, S4", "25 pupils of classes 7a and 7b, in every state", async {
        for (n, (days_ago, given, surname, class, scene)) in (0_u16..).zip(LEGACY) {
            go_on_to(desk, today - SignedDuration::from_hours(24 * days_ago)).await;
            let pupil = Pupil { desk, school: &legacy, n, given, surname, class };
            pupil.enter(*scene).await;
        }
    })
    .await;
    step("S2", "a class on the platform: five devices, two devices, no photo yet, no card yet", async {
        platform(desk, &zpe).await;
    })
    .await;
    go_on_to(desk, today).await;
    step("S2 II.1, III.1", "photos come by mail: three wait, one was refused", photos(desk, &legacy)).await;
    let entries = desk.office.done("GET", "/audit/verify", None).await;
    holds("all", "and the audit chain is whole", entries["whole"] == true);
    seeded
}

/// Moves the clock forward, unless it is there already.
async fn go_on_to(desk: &Desk, then: Timestamp) {
    if then > desk.now() {
        desk.move_clock(then).await;
    }
}

struct Pupil<'a> {
    desk: &'a Desk,
    school: &'a str,
    n: u16,
    given: &'a str,
    surname: &'a str,
    class: &'a str,
}

impl Pupil<'_> {
    async fn enter(&self, scene: Scene) {
        let office = &self.desk.office;
        let birth = Date::constant(2013, 1, 1).saturating_add(jiff::Span::new().days(i64::from(self.n) * 13));
        let spec = PupilSpec {
            given_names: self.given.to_owned(),
            surname: self.surname.to_owned(),
            birth_date: birth,
            pesel: made_up_pesel(birth, 100 + self.n),
            class_name: self.class.to_owned(),
        };
        let id = office.pupil(self.school, &spec).await;
        if scene == Entered {
            return;
        }
        let application = self.apply(&id).await;
        match scene {
            Applied => return,
            SentBack => {
                let reason = json!({ "reason": "Zdjęcie jest nieostre; proszę przynieść nowe." });
                office.done("POST", &format!("/applications/{application}/send-back"), Some(reason)).await;
                return;
            }
            _ => {}
        }
        office.done("POST", &format!("/applications/{application}/complete"), Some(json!({}))).await;
        if scene != WaitsForPhoto {
            let photo = office.photo(&id, drawn(self.n % 8, 354, 496)).await;
            assert!(photo.status < 300, "photo: {} {}", photo.status, photo.body);
        }
        if scene != WaitsForCard {
            self.base_card(&id, scene).await;
        }
        let order = office.order(&id).await;
        if !matches!(scene, WaitsForPhoto | WaitsForCard | Ordered) {
            self.slip(&id, &office.codes(&order).await, scene).await;
        }
    }

    /// A given name that goes with the surname, which Polish inflects: *Szkicowy* is a man's.
    fn guardian_name(&self) -> &'static str {
        match (self.surname.ends_with('y'), self.n.is_multiple_of(2)) {
            (true, _) => "Jan",
            (false, true) => "Maria",
            (false, false) => "Anna",
        }
    }

    /// A guardian's application that nobody has looked at yet.
    async fn apply(&self, id: &str) -> String {
        let office = &self.desk.office;
        let guardian = json!({
            "given_names": self.guardian_name(), "surname": self.surname,
            "email": format!("rodzic{}@przyklad.example", self.n),
        });
        let guardian = office.done("POST", &format!("/pupils/{id}/guardians"), Some(guardian)).await;
        let form = json!({
            "applicant": "guardian", "guardian_id": guardian["id"], "minor_may_collect": self.n.is_multiple_of(3),
        });
        let made = office.done("POST", &format!("/pupils/{id}/applications"), Some(form)).await;
        made["id"].as_str().unwrap_or_default().to_owned()
    }

    async fn base_card(&self, id: &str, scene: Scene) {
        let office = &self.desk.office;
        let real = warsaw_date(SystemClock.now());
        let in_days = |days: i64| real.saturating_add(jiff::Span::new().days(days)).to_string();
        let year_ago = in_days(-300);
        match scene {
            Ending => drop(office.base_card(id, &year_ago, &in_days(35)).await),
            Ended => drop(office.base_card(id, &year_ago, &in_days(-3)).await),
            _ => drop(office.base_card_of_today(id).await),
        }
    }

    /// What became of a slip.
    async fn slip(&self, pupil: &str, slip: &Slip, scene: Scene) {
        let office = &self.desk.office;
        let collect = async || {
            let by = json!({ "by": "guardian" });
            office.done("POST", &format!("/slips/{}/collected", slip.id), Some(by)).await;
        };
        match scene {
            SlipMade => {}
            Collected => collect().await,
            HandedBack => {
                collect().await;
                office.done("POST", &format!("/slips/{}/cancel", slip.id), Some(json!({}))).await;
            }
            Locked => {
                collect().await;
                let phone = self.desk.phone(&self.phone_name(), Platform::Android, "13").await;
                let wrong = if slip.activation_code.as_deref() == Some("00000000") { "1" } else { "0" };
                for _ in 0..5 {
                    let tried = follow(&phone, slip, Some(&wrong.repeat(8))).await;
                    assert!(!tried, "a wrong code opened a card");
                }
            }
            _ => {
                collect().await;
                let phone = self.desk.phone(&self.phone_name(), Platform::Android, "14").await;
                assert!(follow(&phone, slip, slip.activation_code.as_deref()).await, "{}", self.given);
                self.afterwards(pupil, slip, scene).await;
            }
        }
    }

    async fn afterwards(&self, pupil: &str, slip: &Slip, scene: Scene) {
        let office = &self.desk.office;
        match scene {
            PhoneLost => {
                for device in office.devices(&slip.card_id, "live").await {
                    office.revoke_device(&device, "phone_lost").await;
                }
                let order = office.order(pupil).await;
                office.codes(&order).await;
            }
            CardLost => {
                let file = office.card(&slip.card_id).await;
                let base = file["base_card"]["id"].as_str().unwrap_or_default().to_owned();
                let reason = json!({ "reason": "lost" });
                office.done("POST", &format!("/base-cards/{base}/void"), Some(reason)).await;
            }
            Renamed => {
                let shown = office.done("GET", &format!("/pupils/{pupil}"), None).await;
                let change = json!({ "version": shown["pupil"]["version"], "surname": "Ściema-Nowa" });
                office.done("PATCH", &format!("/pupils/{pupil}"), Some(change)).await;
            }
            _ => {}
        }
    }

    fn phone_name(&self) -> String {
        format!("{}: telefon", self.given)
    }
}

/// A parent's letter with the photos of two children, one of another child, and one that the office refused.
async fn photos(desk: &Desk, school: &str) {
    let issuance = desk.issuance();
    let (store, entropy) = (&issuance.store, &*issuance.entropy);
    let school = SchoolId::parse(school).expect("a school's id");
    let read = ReadRoster { school: school.clone(), now: issuance.now() };
    let (roster, profile) = store.read(read).await.expect("the roster");
    let rules = PhotoRules::from(&profile);
    let letters = [
        letter(
            "mLegitymacja",
            "Dzień dobry, przesyłam zdjęcia córki i syna: Tekla Urojona 7a, Urban Szkicowy 7b.",
            &[("Tekla Urojona.jpg", drawn(5, 354, 496)), ("urban_szkicowy.jpg", drawn(6, 354, 496))],
        ),
        letter("Legitymacja szkolna", "Ambroży Kleks, klasa 7b", &[("IMG_0042.jpg", drawn(7, 354, 496))]),
        letter(
            "mLegitymacja Seweryn Fikcyjny 7b",
            "W załączniku zdjęcie.",
            &[("zdjecie.jpg", drawn(2, 300, 400))],
        ),
    ];
    for (n, text) in letters.iter().enumerate() {
        let letter = Letter::read(text.as_bytes()).expect("a letter");
        let pictures = NewPicture::of_letter(letter, &roster, &rules);
        let take = TakePictures::new(school.clone(), pictures, issuance.act(Actor::System), entropy);
        let taken = store.write(take).await.expect("the store").expect("pictures taken in");
        if n == 2 {
            let why = RefusalForm {
                reason: "technical",
                note: Some("Proszę o zdjęcie co najmniej 354×496 pikseli."),
            };
            let why = why.parse().expect("a reason");
            let act = issuance.act(Actor::System);
            let refuse =
                RefusePicture { school: school.clone(), id: taken.ids[0].clone(), why, fault: None, act };
            store.write(refuse).await.expect("the store").expect("a refused picture");
        }
    }
}

/// A letter as a mail program would send it.
fn letter(subject: &str, text: &str, pictures: &[(&str, Vec<u8>)]) -> String {
    use base64::Engine as _;
    let base64 = |bytes: &[u8]| base64::prelude::BASE64_STANDARD.encode(bytes);
    let mut message = format!(
        "From: rodzic@przyklad.example\r\nTo: sekretariat@szkola.example\r\nSubject: =?utf-8?B?{}?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=part\r\n\r\n--part\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(subject.as_bytes()),
        base64(text.as_bytes())
    );
    for (name, jpeg) in pictures {
        message += &format!(
            "--part\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            base64(jpeg)
        );
    }
    message + "--part--\r\n"
}

/// Whether a phone got the card of a slip.
async fn follow(phone: &super::desk::DemoPhone, slip: &Slip, code: Option<&str>) -> bool {
    let offer = OfferSource::from_text(&slip.offer_uri).expect("an offer");
    let Ok(opened) = phone.online.open_offer(offer, &Unobserved).await else { return false };
    phone.online.activate(&opened, code.map(Secret::new).as_ref(), &Unobserved).await.is_ok()
}

/// Given name, surname, whether there is a photo, form of the base card, whose phones.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, &'static [&'static str]);

/// The class on the platform.
async fn platform(desk: &Desk, school: &str) {
    let office = &desk.office;
    let rows: [Row; 6] = [
        (
            "Amelia",
            "Pięciotelefonna",
            "yes",
            Some("plastic"),
            &["Telefon Amelii", "Telefon mamy", "Telefon taty", "Telefon babci", "Tablet"],
        ),
        ("Bartosz", "Dwutelefonny", "yes", Some("plastic"), &["Telefon Bartka", "Telefon mamy"]),
        ("Cecylia", "Papierowa", "no", Some("paper"), &[]),
        ("Dawid", "Bezkartny", "yes", None, &[]),
        ("Emilia", "Plastikowa", "yes", Some("plastic"), &[]),
        ("Franciszek", "Nowy", "no", None, &[]),
    ];
    for (n, (given, surname, photo, card, devices)) in (0_u16..).zip(rows) {
        let birth = Date::constant(2015, 2, 1).saturating_add(jiff::Span::new().days(i64::from(n) * 17));
        let pupil = office
            .pupil(
                school,
                &PupilSpec {
                    given_names: given.to_owned(),
                    surname: surname.to_owned(),
                    birth_date: birth,
                    pesel: made_up_pesel(birth, 200 + n),
                    class_name: "5a".to_owned(),
                },
            )
            .await;
        let guardian = json!({
            "given_names": "Maria", "surname": surname, "email": format!("opiekun{n}@przyklad.example"),
        });
        office.done("POST", &format!("/pupils/{pupil}/guardians"), Some(guardian)).await;
        if photo == "yes" {
            let photo = office.photo(&pupil, drawn(n % 4, 236, 304)).await;
            assert!(photo.status < 300, "photo: {} {}", photo.status, photo.body);
        }
        if let Some(form) = card {
            let form = json!({ "form": form });
            office.done("POST", &format!("/pupils/{pupil}/base-cards"), Some(form)).await;
        }
        let order = office.order(&pupil).await;
        for (at, whose) in devices.iter().enumerate() {
            let platform = if at % 2 == 0 { Platform::Android } else { Platform::Ios };
            let phone = desk.phone(whose, platform, "16").await;
            let slip = office.codes(&order).await;
            assert!(follow(&phone, &slip, None).await, "{given}'s device {at}");
        }
        let children = vec![(PupilId::parse(&pupil).expect("a pupil's id"), None)];
        let school = SchoolId::parse(school).expect("a school's id");
        let (login, name) = (format!("zsn.{}", given.to_lowercase()), format!("{given} {surname}"));
        let account = enter_portal_account(desk.issuance(), &school, &login, &name, children).await;
        account.expect("an account on the portal");
    }
}
