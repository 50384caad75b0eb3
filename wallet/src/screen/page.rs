//! What a screen shows, gathered from the phone: every value comes from the same calls as the command line's.

mod card;
mod inspect;
mod prove;

use std::sync::Arc;

use askama::Template;
use jiff::{SignedDuration, Timestamp};
use shared::validity::{warsaw, warsaw_date};
use shared::words::Lang;

use self::card::{CardFace, CardPage};
pub(super) use self::inspect::{InspectPage, flat};
pub(super) use self::prove::ProvePage;
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
    Prove(ProvePage),
    Inspect(InspectPage),
    Offer(OfferPage),
    Code { digits: Option<u32>, issuer: String, fault: Option<&'static str> },
    Confirm { issuer: String },
    Done { id: String, replaced: bool },
    Working(WorkingPage),
    Trouble(TroublePage),
}

/// The phone's settings.
pub(super) struct SettingsPage {
    pub(super) app: AppKind,
    pub(super) issuers: Vec<String>,
    /// What was accepted: key of the text, version, when.
    pub(super) accepted: Vec<(&'static str, String, String)>,
    /// What happened: when and what.
    pub(super) history: Vec<(String, String)>,
    /// Who was shown data: id of the receipt, when, who.
    pub(super) receipts: Vec<(String, String, String)>,
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
    /// The key of the advice.
    pub(super) advice: String,
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
        let word = view.word();
        let (word, shown) = if profile.lost {
            ("lost", Shown::Lost)
        } else {
            match scene.show(view, online.as_deref()).await {
                Ok(shown) => (word, shown),
                Err(error) => {
                    let trouble = Trouble::from(&error);
                    // From now on that is where the phone stands: only there do the ways on from it lead.
                    phone.fail_since(version, &trouble);
                    ("trouble", Shown::Trouble(scene.trouble(&trouble)))
                }
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
            (View::Inspect(inspect), _) => Shown::Inspect(self.inspect(inspect).await),
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
            (View::Prove(prove), Some(online)) => self.prove(prove, online).await?,
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
            advice: advice(self.say, trouble),
            ways: trouble.ways(self.phone.online().is_some()),
        }
    }

    async fn settings(&self, online: &OnlinePhone) -> Result<SettingsPage, StoreError> {
        let (consents, issuers, history, receipts) = online
            .with_phone(|phone| {
                let documents = phone.documents();
                Ok::<_, StoreError>((
                    documents.consents()?,
                    documents.trusted_issuers()?,
                    documents.history()?,
                    documents.receipts()?,
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
            receipts: (receipts.iter().rev().take(20))
                .map(|receipt| {
                    (receipt.id.to_string(), lang.instant(receipt.at), receipt.verifier.name.clone())
                })
                .collect(),
        })
    }
}

/// The key of what to do; who checks a card, or is asked for one, has nothing to type from a slip.
fn advice(say: Say, trouble: &Trouble) -> String {
    let key = format!("trouble-{}-advice", trouble.kind.word().replace('_', "-"));
    let checks = format!("{key}-check");
    if trouble.check.is_some() && say.has(&checks) { checks } else { key }
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
