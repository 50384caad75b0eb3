//! An inspector's phone: it checks cards of others and keeps nothing of them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared::vp::preset::Preset;
use shared::words::Lang;

use super::Given;
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::{Kind, Trouble};
use crate::screen::view::{Found, Inspect, View};
use crate::screen::words::Say;
use crate::verify::online::session::RESULT_LIFETIME;
use crate::verify::online::{Asked, SessionState};

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
                Some(SessionState::Answered { verdict, shown }) => {
                    self.found(Found { verdict, shown, until: self.gone_at() })
                }
                Some(SessionState::Refused { verdict: Some(verdict), shown, .. }) => {
                    let shown = shown.unwrap_or_default();
                    self.found(Found { verdict, shown, until: self.gone_at() })
                }
            };
            // What was shown lives on this screen alone.
            gate.forget(&asked.id);
            return self.go(View::Inspect(ended));
        }
    }

    fn gone_at(&self) -> Timestamp {
        self.tools.clock.now().saturating_add(RESULT_LIFETIME).unwrap_or(Timestamp::MAX)
    }

    /// A verdict, which goes by itself.
    pub(super) fn found(self: &Arc<Self>, found: Found) -> Inspect {
        let found = Arc::new(found);
        let (phone, seen) = (Arc::clone(self), Arc::downgrade(&found));
        tokio::spawn(async move {
            tokio::time::sleep(RESULT_LIFETIME.unsigned_abs()).await;
            let gone = |view: &View| matches!(view, View::Inspect(Inspect::Verdict(shown)) if std::ptr::eq(Arc::as_ptr(shown), seen.as_ptr()));
            if gone(&phone.view()) {
                phone.go(View::Inspect(Inspect::Choose));
            }
        });
        Inspect::Verdict(found)
    }
}
