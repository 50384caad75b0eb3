//! What a screen shows, gathered from the phone: every value comes from the same calls as the command line's.

use std::sync::Arc;

use askama::Template;
use jiff::{SignedDuration, Timestamp};
use shared::validity::{age_on, warsaw, warsaw_date};
use shared::words::Lang;
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::extension::ExtensionKind;
use shared::x509::oid::PrivateArc;

use super::assets;
use super::phone::{DeskPhone, State};
use super::profile::Profile;
use super::trouble::{Trouble, Way};
use super::view::{Add, LockFault, View, Working};
use super::words::Say;
use crate::acquire::OpenedOffer;
use crate::acquire::consent::{LegalText, PRIVACY_NOTICE, TERMS};
use crate::app_kind::AppKind;
use crate::documents::{HistoryEvent, StoreError};
use crate::online::OnlinePhone;
use crate::secure_element::Standing as LockStanding;
use crate::show::ShownCard;
use crate::standing::Standing;
use crate::transport::transcript::Exchanged;

/// A phone with what its screen shows.
#[derive(Template)]
#[template(path = "screen/phone.html")]
pub(super) struct PhonePage {
    pub(super) say: Say,
    pub(super) number: u8,
    pub(super) version: u64,
    pub(super) profile: Profile,
    pub(super) airplane: bool,
    pub(super) unlocked: bool,
    /// What the phone's clock shows.
    pub(super) now: Timestamp,
    /// The name of the view.
    pub(super) view: &'static str,
    pub(super) shown: Shown,
    /// Other phones that are set up, for whoever copies files: number and name.
    pub(super) others: Vec<(u8, String)>,
}

/// What the screen itself shows.
pub(super) enum Shown {
    Lost,
    Welcome,
    SignIn { url: String },
    SetPin { app: AppKind, fault: Option<&'static str> },
    Lock { app: AppKind, fault: Option<LockFault>, tries_left: Option<u8>, wait_seconds: i64 },
    Documents { cards: Vec<CardFace> },
    Card(Box<CardPage>),
    ConfirmDelete { card: CardFace },
    Settings(SettingsPage),
    ChangePin { app: AppKind, fault: Option<LockFault> },
    Choose,
    How,
    Text { act: &'static str, key: &'static str, version: &'static str, paragraphs: Vec<String> },
    Camera,
    Scan,
    Typed { typed: String, fault: Option<&'static str> },
    Offer(OfferPage),
    Code { digits: Option<u32>, issuer: String, fault: Option<&'static str> },
    Confirm { issuer: String },
    Done { id: String, replaced: bool },
    Working(WorkingPage),
    Trouble(TroublePage),
}

/// A card as lists show it.
pub(super) struct CardFace {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) school: String,
    pub(super) slot: (u8, u8),
    pub(super) state: StateBand,
    /// When it begins or ends, milliseconds since 1970, if that is to come.
    pub(super) turns: Option<i64>,
}

/// How a card stands, in words.
pub(super) struct StateBand {
    /// `good`, `warn` or `bad`.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) text: String,
}

/// A card with everything on it.
pub(super) struct CardPage {
    pub(super) face: CardFace,
    pub(super) given_names: String,
    pub(super) surname: String,
    pub(super) number: String,
    pub(super) issued: String,
    pub(super) valid_until: String,
    pub(super) birth: String,
    pub(super) age: u8,
    pub(super) pesel: String,
    pub(super) home: String,
    pub(super) school_address: String,
    pub(super) confirmed: String,
    pub(super) others: Vec<CardFace>,
    pub(super) drawer: Option<Drawer>,
}

/// What developers see of a card.
pub(super) struct Drawer {
    pub(super) facts: Vec<(String, String)>,
    /// Name and identifier of each, and whether it is critical.
    pub(super) extensions: Vec<(String, String, bool)>,
    pub(super) chain: Vec<String>,
    pub(super) pem: String,
    pub(super) data: String,
    pub(super) exchanges: Vec<Exchanged>,
}

/// The phone's settings.
pub(super) struct SettingsPage {
    pub(super) app: AppKind,
    pub(super) issuers: Vec<String>,
    /// What was accepted: key of the text, version, when.
    pub(super) accepted: Vec<(&'static str, String, String)>,
    /// What happened: when and what.
    pub(super) history: Vec<(String, String)>,
}

/// What is offered.
pub(super) struct OfferPage {
    pub(super) issuer: String,
    pub(super) address: String,
}

/// What is being done.
pub(super) struct WorkingPage {
    pub(super) work: &'static str,
    /// Name of the step; `done`, `now` or `later`; milliseconds of those that are done.
    pub(super) steps: Vec<(String, &'static str, Option<u128>)>,
    pub(super) retrying: bool,
}

/// What went wrong.
pub(super) struct TroublePage {
    pub(super) word: &'static str,
    pub(super) text: String,
    pub(super) detail: String,
    pub(super) tries_left: Option<u8>,
    pub(super) floor: String,
    pub(super) issuer: String,
    pub(super) least: String,
    pub(super) ways: Vec<Way>,
}

impl PhonePage {
    /// What `phone` shows now.
    pub(super) async fn of(phone: &DeskPhone, lang: Lang) -> Self {
        let say = Say(lang);
        let (version, profile, view, online, lock, offer) = {
            let state = phone.state();
            let State { profile, online, view, lock, errand, .. } = &*state;
            (
                state.version(),
                profile.clone(),
                view.clone(),
                online.clone(),
                lock.clone(),
                errand.offer.clone(),
            )
        };
        let now = phone.tools.clock.now();
        let scene = Scene { phone, say, now, app: profile.app.unwrap_or(AppKind::Standard), lock, offer };
        let word = if profile.lost { "lost" } else { view.word() };
        let shown = if profile.lost {
            Shown::Lost
        } else {
            match scene.show(view, online.as_deref()).await {
                Ok(shown) => shown,
                Err(error) => Shown::Trouble(scene.trouble(&Trouble::from(&error))),
            }
        };
        Self {
            say,
            number: phone.number,
            version,
            unlocked: online.is_some(),
            profile,
            airplane: phone.radio.is_airplane(),
            now,
            view: word,
            shown,
            others: Vec::new(),
        }
    }

    /// An id that is this phone's own on a desk of many.
    pub(super) fn id(&self, name: &str) -> String {
        format!("p{}-{name}", self.number)
    }

    /// Where a form of this phone goes.
    pub(super) fn act(&self, name: &str) -> String {
        format!("/phones/{}/{name}", self.number)
    }

    /// Hours and minutes on the phone's clock.
    pub(super) fn clock(&self) -> String {
        self.now.to_zoned(warsaw()).strftime("%H:%M").to_string()
    }

    /// The day on the phone's clock.
    pub(super) fn day(&self) -> String {
        self.say.0.long_date(warsaw_date(self.now))
    }

    pub(super) fn millis(&self) -> i64 {
        self.now.as_millisecond()
    }
}

struct Scene<'a> {
    phone: &'a DeskPhone,
    say: Say,
    now: Timestamp,
    app: AppKind,
    lock: Option<LockStanding>,
    offer: Option<Arc<OpenedOffer>>,
}

impl Scene<'_> {
    async fn show(&self, view: View, online: Option<&OnlinePhone>) -> Result<Shown, StoreError> {
        Ok(match (view, online) {
            (View::Welcome, _) => Shown::Welcome,
            (View::SignIn, _) => {
                let url = self.phone.state().errand.sign_in.as_ref().map(|sign_in| sign_in.url().to_string());
                Shown::SignIn { url: url.unwrap_or_default() }
            }
            (View::SetPin { app, fault }, _) => Shown::SetPin { app, fault },
            (View::Lock { fault }, _) => self.locked(fault),
            (View::Working(working), _) => Shown::Working(self.working(&working)),
            (View::Trouble(trouble), _) => Shown::Trouble(self.trouble(&trouble)),
            (_, None) => self.locked(None),
            (View::Documents, Some(online)) => Shown::Documents { cards: self.faces(online).await? },
            (View::Card { id, drawer }, Some(online)) => {
                let cards = online.cards().await?;
                let at = cards.iter().position(|shown| *shown.card.id() == id);
                match at {
                    // The card has gone meanwhile.
                    None => Shown::Documents { cards: self.faces(online).await? },
                    Some(at) => Shown::Card(Box::new(self.card(&cards, at, drawer))),
                }
            }
            (View::ConfirmDelete { id }, Some(online)) => match online.show(&id).await? {
                None => Shown::Documents { cards: self.faces(online).await? },
                Some(shown) => Shown::ConfirmDelete { card: self.face(&shown) },
            },
            (View::Settings, Some(online)) => Shown::Settings(self.settings(online).await?),
            (View::ChangePin { fault }, Some(_)) => Shown::ChangePin { app: self.app, fault },
            (View::Add(add), Some(_)) => self.add(add),
        })
    }

    fn locked(&self, fault: Option<LockFault>) -> Shown {
        let (tries_left, wait_until) = match &self.lock {
            Some(LockStanding::Ready { tries_left, wait_until }) => (Some(*tries_left), *wait_until),
            Some(LockStanding::Blank | LockStanding::Erased) | None => (None, None),
        };
        let machine = self.phone.tools.machine.now();
        let wait = wait_until.map_or(SignedDuration::ZERO, |until| until.duration_since(machine));
        Shown::Lock { app: self.app, fault, tries_left, wait_seconds: wait.as_secs().max(0) }
    }

    fn add(&self, add: Add) -> Shown {
        let issuer = || self.offer.as_ref().map_or_else(String::new, |offer| offer.issuer_name().to_owned());
        match add {
            Add::Choose => Shown::Choose,
            Add::How => Shown::How,
            Add::Terms => legal("accept-terms", "terms", &TERMS),
            Add::Privacy => legal("accept-privacy", "privacy", &PRIVACY_NOTICE),
            Add::Camera => Shown::Camera,
            Add::Scan => Shown::Scan,
            Add::Typed { typed, fault } => Shown::Typed { typed, fault },
            Add::Offer => match &self.offer {
                None => Shown::Scan,
                Some(offer) => Shown::Offer(OfferPage {
                    issuer: offer.issuer_name().to_owned(),
                    address: offer.issuer().as_str().to_owned(),
                }),
            },
            Add::Code { fault } => {
                let digits = self.offer.as_ref().and_then(|offer| offer.asks_code()).and_then(|c| c.length);
                Shown::Code { digits, issuer: issuer(), fault }
            }
            Add::Confirm => Shown::Confirm { issuer: issuer() },
            Add::Done { id, replaced } => Shown::Done { id: id.to_string(), replaced },
        }
    }

    fn working(&self, working: &Working) -> WorkingPage {
        let begun = &working.begun;
        let mut steps: Vec<(String, &'static str, Option<u128>)> = Vec::new();
        for (at, step) in begun.iter().enumerate() {
            let took = begun.get(at + 1).map(|next| next.at.duration_since(step.at).as_millis());
            let state = if took.is_some() { "done" } else { "now" };
            steps.push((step.step.word().to_owned(), state, took));
        }
        for step in working.work.steps() {
            if !begun.iter().any(|begun| begun.step >= *step) {
                steps.push((step.word().to_owned(), "later", None));
            }
        }
        WorkingPage { work: working.work.word(), steps, retrying: working.retrying }
    }

    fn trouble(&self, trouble: &Trouble) -> TroublePage {
        TroublePage {
            word: trouble.kind.word(),
            text: self.say.t(&format!("trouble-{}-text", trouble.kind.word().replace('_', "-"))),
            detail: trouble.detail.clone(),
            tries_left: trouble.tries_left,
            floor: trouble.floor.map_or_else(String::new, |floor| self.say.0.instant(floor)),
            issuer: trouble.issuer.clone().unwrap_or_default(),
            least: trouble.least.clone().unwrap_or_default(),
            ways: trouble.kind.ways_on(self.phone.online().is_some()),
        }
    }

    async fn faces(&self, online: &OnlinePhone) -> Result<Vec<CardFace>, StoreError> {
        Ok(online.cards().await?.iter().map(|shown| self.face(shown)).collect())
    }

    fn face(&self, shown: &ShownCard) -> CardFace {
        let data = shown.card.data();
        let slot = shown.card.certificate().slot();
        CardFace {
            id: shown.card.id().to_string(),
            name: format!("{} {}", data.given_names.as_str(), data.surname.as_str()),
            school: data.school.name.to_string(),
            slot: (slot.number(), slot.of()),
            state: self.band(&shown.standing),
            turns: match &shown.standing {
                Standing::NotYetValid { from } => Some(from.as_millisecond()),
                // The last second is valid to its end.
                standing if standing.is_valid() => {
                    Some((shown.card.certificate().not_after().as_second() + 1) * 1000)
                }
                _ => None,
            },
        }
    }

    /// How a card stands, for people; what to do about it stands beside it.
    fn band(&self, standing: &Standing) -> StateBand {
        let say = self.say;
        let date = |at: &Timestamp| say.0.date(warsaw_date(*at));
        let word = standing.reason().replace('_', "-");
        let title = say.t(&format!("standing-{word}"));
        let key = format!("standing-{word}-text");
        let text = match standing {
            Standing::Valid => say.t(&key),
            Standing::EndsInDays { days } => say.t1(&key, "days", *days),
            Standing::NotConfirmedSince { since } | Standing::Superseded { since } => {
                say.t1(&key, "since", date(since))
            }
            Standing::NotYetValid { from } => say.t1(&key, "from", date(from)),
            Standing::Expired { not_after } => say.t1(&key, "on", date(not_after)),
            Standing::Revoked { since, reason } => {
                let known = format!("revoked-{}", reason.replace('_', "-"));
                let why = say.t(if say.has(&known) { &known } else { "revoked-unspecified" });
                say.t2(&key, "since", date(since), "why", why)
            }
            Standing::ClockBehind { floor } => say.t1(&key, "floor", say.0.instant(*floor)),
        };
        let tone = match standing {
            Standing::Valid => "good",
            Standing::EndsInDays { .. } | Standing::NotConfirmedSince { .. } => "warn",
            Standing::NotYetValid { .. }
            | Standing::Expired { .. }
            | Standing::Revoked { .. }
            | Standing::Superseded { .. }
            | Standing::ClockBehind { .. } => "bad",
        };
        StateBand { tone, title, text }
    }

    fn card(&self, cards: &[ShownCard], at: usize, drawer: bool) -> CardPage {
        let shown = &cards[at];
        let (data, held) = (shown.card.data(), shown.card.held());
        let lang = self.say.0;
        CardPage {
            face: self.face(shown),
            given_names: data.given_names.as_str().to_owned(),
            surname: data.surname.as_str().to_owned(),
            number: data.card_number.to_string(),
            issued: lang.date(data.validity.first_day()),
            valid_until: lang.date(data.validity.last_day()),
            birth: lang.date(data.birth_date()),
            age: age_on(data.birth_date(), warsaw_date(self.now)),
            pesel: data.pesel.as_str().to_owned(),
            home: data.home_address.one_line(),
            school_address: data.school.address.one_line(),
            confirmed: lang.instant(held.last_refresh.unwrap_or(held.acquired_at)),
            others: cards.iter().map(|other| self.face(other)).collect(),
            drawer: drawer.then(|| self.drawer(shown)),
        }
    }

    fn drawer(&self, shown: &ShownCard) -> Drawer {
        let (certificate, held) = (shown.card.certificate(), shown.card.held());
        let fact = |key: &str, value: String| (self.say.t(key), value);
        let authorities: Vec<CaCertificate> =
            held.x5c.iter().skip(1).filter_map(|der| CaCertificate::parse(der.as_slice()).ok()).collect();
        let facts = vec![
            fact("drawer-subject", format!("{} {}", certificate.given_names(), certificate.surname())),
            fact("drawer-serial", certificate.serial().to_string()),
            fact("drawer-not-before", certificate.not_before().to_string()),
            fact("drawer-not-after", certificate.not_after().to_string()),
            fact("drawer-device", certificate.device_name().to_owned()),
            fact("drawer-slot", certificate.slot().to_string()),
            fact("drawer-activated", certificate.activated_at().to_string()),
            fact("drawer-crl", certificate.crl_url().to_owned()),
            fact("drawer-fingerprint", certificate.fingerprint().to_string()),
        ];
        let leaf = format!("{} {}", certificate.given_names(), certificate.surname());
        Drawer {
            facts,
            extensions: extensions(certificate),
            chain: std::iter::once(leaf).chain(authorities.iter().map(CaCertificate::name)).collect(),
            pem: crate::show::pem_chain(shown),
            data: serde_json::to_string_pretty(&crate::show::without_picture(shown)).unwrap_or_default(),
            exchanges: self.phone.transcript.exchanges(),
        }
    }

    async fn settings(&self, online: &OnlinePhone) -> Result<SettingsPage, StoreError> {
        let (consents, issuers, history) = online
            .with_phone(|phone| {
                let documents = phone.documents();
                Ok::<_, StoreError>((
                    documents.consents()?,
                    documents.trusted_issuers()?,
                    documents.history()?,
                ))
            })
            .await?;
        let lang = self.say.0;
        let accepted = [("terms", consents.terms), ("privacy", consents.privacy_notice)];
        let accepted = accepted.into_iter().filter_map(|(key, consent)| {
            consent.map(|consent| (key, consent.version, lang.instant(consent.at)))
        });
        let told = history.iter().rev().take(20);
        let history = told.map(|entry| (lang.instant(entry.at), self.say.t(happened(&entry.event))));
        Ok(SettingsPage {
            app: self.app,
            issuers: issuers.into_iter().map(|issuer| issuer.identifier).collect(),
            accepted: accepted.collect(),
            history: history.collect(),
        })
    }
}

/// The extensions of a device certificate, under the names of the standards.
fn extensions(certificate: &DeviceCertificate) -> Vec<(String, String, bool)> {
    let arc = PrivateArc::default();
    let named = |oid| ExtensionKind::OF_DEVICES.into_iter().find(|kind| kind.oid(&arc) == oid);
    let all = certificate.body().extensions().iter();
    all.map(|(oid, critical)| {
        let name = named(*oid).map_or_else(|| "?".to_owned(), |kind| kind.to_string());
        (name, oid.to_string(), *critical)
    })
    .collect()
}

/// A text to be read to its end. Its lines are broken for terminals; here a paragraph is what begins without a blank.
fn legal(act: &'static str, key: &'static str, text: &'static LegalText) -> Shown {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.text.lines().filter(|line| !line.trim().is_empty()) {
        match paragraphs.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => paragraphs.push(line.to_owned()),
        }
    }
    Shown::Text { act, key, version: text.version, paragraphs }
}

/// The key of the text for something that happened.
fn happened(event: &HistoryEvent) -> &'static str {
    match event {
        HistoryEvent::Activated => "happened-activated",
        HistoryEvent::Renewed => "happened-renewed",
        HistoryEvent::Refreshed => "happened-refreshed",
        HistoryEvent::Revoked { .. } => "happened-revoked",
        HistoryEvent::Superseded => "happened-superseded",
        HistoryEvent::Deleted => "happened-deleted",
        HistoryEvent::Presented { .. } => "happened-presented",
        HistoryEvent::RootTrusted { .. } => "happened-trusted",
        HistoryEvent::RootDistrusted { .. } => "happened-distrusted",
        HistoryEvent::TermsAccepted { .. } => "happened-terms",
        HistoryEvent::PrivacyNoticeAccepted { .. } => "happened-privacy",
    }
}

/// The desk with all its phones, or one phone alone.
#[derive(Template)]
#[template(path = "screen/desk.html")]
pub(super) struct DeskPage {
    pub(super) say: Say,
    /// Whether one phone is shown alone.
    pub(super) alone: bool,
    pub(super) phones: Vec<PhonePage>,
    pub(super) issuer: String,
    /// What the phones' clock shows, and whether it can be moved.
    pub(super) now: Timestamp,
    pub(super) sandbox: bool,
    /// The page's own address.
    pub(super) path: String,
    /// What was asked of the desk and could not be done: the key of a text.
    pub(super) fault: Option<&'static str>,
}

impl DeskPage {
    pub(super) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    pub(super) fn clock(&self) -> String {
        let lang = self.say.0;
        let now = self.now.to_zoned(warsaw());
        format!("{}, {}", lang.long_date(now.date()), now.strftime("%H:%M"))
    }

    pub(super) fn millis(&self) -> i64 {
        self.now.as_millisecond()
    }
}
