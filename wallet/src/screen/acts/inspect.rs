//! An inspector's phone: it checks cards of others and keeps nothing of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use shared::holder_code::Proves;
use shared::holder_code::Purpose;
use shared::presentation::revocation::RevocationData as _;
use shared::presentation::trust::RootPurpose;
use shared::presentation::verdict::Verdict;
use shared::vp::preset::Preset;
use shared::words::Lang;

use super::Given;
use crate::acquire::scan::{self, ScanRefusal};
use crate::online::blocking;
use crate::screen::page::flat;
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::{CheckSide, Kind, Trouble};
use crate::screen::view::{Found, Inspect, View, Work};
use crate::screen::words::Say;
use crate::verify::folder::InspectorFolder;
use crate::verify::offline::Inspector;
use crate::verify::online::session::RESULT_LIFETIME;
use crate::verify::online::{Asked, SessionState, Shown};
use crate::verify::update::{UpdateError, update};

/// Where issuers publish the list of those whom they trust.
const TRUST_LIST_PATH: &str = "/pki/trust-list";

/// How often it is looked whether the holder has answered.
const GLANCE: Duration = Duration::from_millis(150);

impl DeskPhone {
    /// From now on this phone is an inspector's.
    pub(super) async fn become_inspector(&self) {
        match self.keep_profile(|profile| profile.inspector = true).await {
            Ok(()) => self.go(View::Inspect(Inspect::Choose)),
            Err(trouble) => self.fail(trouble),
        }
    }

    fn inspects(&self) -> bool {
        self.profile().inspector
    }

    /// What is checked.
    pub(super) fn inspect(&self, given: &Given) {
        if let (true, Some(purpose)) = (self.inspects(), Preset::named(given.get("purpose"))) {
            self.go(View::Inspect(Inspect::How { purpose }));
        }
    }

    /// By the holder's code, or by asking.
    pub(super) async fn inspect_how(self: &Arc<Self>, given: &Given) {
        let View::Inspect(Inspect::How { purpose }) = self.view() else { return };
        match given.get("how") {
            "scan" => self.go(View::Inspect(Inspect::Scan { purpose })),
            "ask" => self.ask(purpose).await,
            _ => {}
        }
    }

    /// Another picture for the same check.
    pub(super) fn inspect_again(&self) {
        if let View::Trouble(Trouble { check: Some(CheckSide::Inspector(purpose)), .. }) = self.view() {
            self.go(View::Inspect(Inspect::Scan { purpose }));
        }
    }

    /// To the next check; what was found is forgotten.
    pub(super) async fn inspect_next(&self) {
        if !self.inspects() {
            return;
        }
        if let (View::Inspect(Inspect::Waiting { asked, .. }), Ok(gate)) =
            (self.view(), self.tools.gate.checkpoint().await)
        {
            gate.forget(&asked.id);
        }
        self.go(View::Inspect(Inspect::Choose));
    }

    async fn ask(self: &Arc<Self>, purpose: Preset) {
        if self.radio.is_airplane() {
            return self.fail(Trouble::new(Kind::NoNetwork, "airplane_mode"));
        }
        // The holder may read another language than the inspector.
        let why = Say(Lang::Pl).t(&format!("purpose-{}", purpose.name()));
        let asked = match self.tools.gate.ask(purpose, why).await {
            Ok(asked) => Arc::new(asked),
            Err(trouble) => return self.fail(trouble),
        };
        self.go(View::Inspect(Inspect::Waiting { purpose, asked: Arc::clone(&asked) }));
        let phone = Arc::clone(self);
        tokio::spawn(async move { phone.wait_for(asked).await });
    }

    /// Waits for the holder's answer, as long as somebody waits for it here.
    async fn wait_for(self: Arc<Self>, asked: Arc<Asked>) {
        let Ok(gate) = self.tools.gate.checkpoint().await else { return };
        loop {
            tokio::time::sleep(GLANCE).await;
            let waiting = matches!(self.view(), View::Inspect(Inspect::Waiting { asked: other, .. }) if Arc::ptr_eq(&other, &asked));
            if !waiting {
                return gate.forget(&asked.id);
            }
            let ended = match gate.state(&asked.id, None) {
                Some(SessionState::Asked | SessionState::Returning) => continue,
                None | Some(SessionState::Expired) => Inspect::Over,
                Some(SessionState::Refused { verdict: None, .. }) => Inspect::Declined,
                Some(SessionState::Answered { verdict, shown }) => self.found(verdict, claims(&shown), false),
                Some(SessionState::Refused { verdict: Some(verdict), shown, .. }) => {
                    self.found(verdict, claims(&shown.unwrap_or_default()), false)
                }
            };
            // What was shown lives on this screen alone.
            gate.forget(&asked.id);
            return self.go(View::Inspect(ended));
        }
    }

    /// A verdict, which goes by itself: see [`Self::forget_old_verdict`].
    fn found(&self, verdict: Verdict, claims: Vec<(String, Value)>, no_face: bool) -> Inspect {
        let at = self.tools.clock.now();
        let until = at.saturating_add(RESULT_LIFETIME).unwrap_or(Timestamp::MAX);
        Inspect::Verdict(Arc::new(Found { verdict, claims, no_face, at, until }))
    }

    /// Forgets a verdict whose time is over.
    pub(in crate::screen) fn forget_old_verdict(&self) {
        let (version, view) = {
            let state = self.state();
            (state.version(), state.view.clone())
        };
        let View::Inspect(Inspect::Verdict(found)) = view else { return };
        if self.tools.clock.now() >= found.until {
            self.go_since(version, View::Inspect(Inspect::Choose));
        }
    }

    /// The text of a code, by the camera.
    pub(in crate::screen) fn inspect_text(self: &Arc<Self>, text: &str) -> bool {
        let View::Inspect(Inspect::Scan { purpose }) = self.view() else { return false };
        // Posters have codes too; only what begins like a holder's code is judged without being asked.
        if !text.starts_with(shared::holder_code::code::PREFIX) {
            return false;
        }
        self.judge(text.to_owned(), purpose);
        true
    }

    /// A picture of a code.
    pub(super) async fn inspect_picture(self: &Arc<Self>, picture: Vec<u8>) {
        let View::Inspect(Inspect::Scan { purpose }) = self.view() else { return };
        match blocking(move || scan::texts(&picture)).await {
            Ok(texts) => {
                let code = texts.iter().find(|text| text.starts_with(shared::holder_code::code::PREFIX));
                self.judge(code.or(texts.first()).cloned().unwrap_or_default(), purpose);
            }
            Err(unread) => {
                let check = Some(CheckSide::Inspector(purpose));
                self.fail(Trouble { check, ..Trouble::from(ScanRefusal::Unread(unread)) });
            }
        }
    }

    /// The text of a code, typed or pasted.
    pub(super) fn inspect_typed(self: &Arc<Self>, given: &Given) {
        if let View::Inspect(Inspect::Scan { purpose }) = self.view() {
            self.judge(given.get("text").trim().to_owned(), purpose);
        }
    }

    fn judge(self: &Arc<Self>, text: String, purpose: Preset) {
        let phone = Arc::clone(self);
        self.work(Work::Inspecting, async move {
            let mut kept = phone.offline.lock().await;
            let inspector = match phone.inspector(&mut kept).await {
                Ok(inspector) => inspector,
                Err(trouble) => return View::Trouble(trouble),
            };
            let inspection = inspector.verify(&text, phone.tools.clock.now(), code_purpose(purpose));
            if let Some(Err(error)) = inspector.correction().map(|seen| phone.folder().keep_clock(&seen)) {
                tracing::warn!(%error, "what the clock shows cannot be kept");
            }
            let no_face =
                inspection.disclosed.as_ref().is_some_and(|content| content.proves() == Proves::Name);
            let claims = inspection.disclosed.map(|content| flat(content.to_json())).unwrap_or_default();
            phone.counted.fetch_add(1, Ordering::Relaxed);
            View::Inspect(phone.found(inspection.verdict, claims, no_face))
        });
    }

    /// Fetches what codes are judged by.
    pub(super) fn fetch_data(self: &Arc<Self>) {
        if !self.inspects() {
            return;
        }
        let phone = Arc::clone(self);
        self.work(Work::Fetching, async move {
            match phone.fetch().await {
                Ok(()) => View::Inspect(Inspect::Choose),
                Err(trouble) => View::Trouble(trouble),
            }
        });
    }

    async fn fetch(&self) -> Result<(), Trouble> {
        let anchor = self.tools.trusted.root().await?.anchor().clone();
        let mut kept = self.offline.lock().await;
        let inspector = self.inspector(&mut kept).await?;
        // Before what only this root vouches for, so that a desk that is laid again finds both.
        let written = self.folder().keep_root(&anchor);
        written.map_err(|error| Trouble::new(Kind::Damaged, format!("phone_io: {error}")))?;
        if inspector.trust().anchors(RootPurpose::TrustLists).iter().all(|known| *known != anchor) {
            *inspector = std::mem::take(inspector).believing(anchor);
        }
        let url = self.tools.trusted.issuer().at_root(TRUST_LIST_PATH);
        let updated = update(inspector, &self.folder(), url.as_url(), &self.surroundings()).await;
        updated.map(drop).map_err(|error| {
            let kind =
                if matches!(error, UpdateError::Transport(_)) { Kind::NoNetwork } else { Kind::NoData };
            Trouble::new(kind, format!("{}: {error}", error.reason()))
        })
    }

    /// As the shop delivers it: nothing to judge by, and nothing counted.
    pub(super) async fn forget_inspector(&self) -> Result<(), Trouble> {
        let mut kept = self.offline.lock().await;
        let folder = self.folder_path();
        let gone = blocking(move || crate::home::remove_dir(&folder)).await;
        gone.map_err(|error| Trouble::new(Kind::Damaged, format!("phone_io: {error}")))?;
        *kept = None;
        self.counted.store(0, Ordering::Relaxed);
        Ok(())
    }

    fn folder_path(&self) -> PathBuf {
        self.home.join("inspector")
    }

    fn folder(&self) -> InspectorFolder {
        InspectorFolder::new(self.folder_path())
    }

    /// What this phone judges codes by, read from its folder at the first call.
    async fn inspector<'a>(&self, kept: &'a mut Option<Inspector>) -> Result<&'a mut Inspector, Trouble> {
        if kept.is_none() {
            let (folder, now) = (self.folder(), self.tools.clock.now());
            let opened = blocking(move || folder.open(now)).await;
            let opened = opened.map_err(|error| Trouble::new(Kind::Damaged, error.reason()))?;
            *kept = Some(opened);
        }
        Ok(kept.get_or_insert_with(Inspector::default))
    }

    /// Of when the data are by which this phone judges: the list of the trusted, the status lists, the signed time.
    pub(in crate::screen) async fn data_ages(&self) -> [Option<Timestamp>; 3] {
        let mut kept = self.offline.lock().await;
        match self.inspector(&mut kept).await {
            Err(_) => [None; 3],
            Ok(inspector) => [
                inspector.trust().as_of,
                inspector.status_lists().latest_signed(),
                inspector.correction().map(|correction| correction.learnt()),
            ],
        }
    }
}

/// The offline code's purpose for what is checked.
fn code_purpose(purpose: Preset) -> Option<Purpose> {
    purpose.full_name().parse().ok()
}

fn claims(shown: &Shown) -> Vec<(String, Value)> {
    shown.claims().map(|(claim, value)| (claim.to_owned(), value.clone())).collect()
}
