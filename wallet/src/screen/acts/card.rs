//! What can be done with a card.

use std::sync::Arc;

use super::Given;
use crate::documents::CardId;
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::Trouble;
use crate::screen::view::{Add, View, Work};

/// The card that a field names.
fn named(given: &Given) -> Option<CardId> {
    CardId::parse(given.get("id")).ok()
}

impl DeskPhone {
    pub(super) fn open_card(&self, given: &Given, drawer: bool) {
        if let (true, Some(id)) = (self.is_free(), named(given)) {
            self.go(View::Card { id, drawer });
        }
    }

    /// The card that the screen of trouble, or of success, is about.
    pub(super) fn open_held_card(&self) {
        let id = match self.view() {
            View::Trouble(Trouble { card: Some(id), .. }) | View::Add(Add::Done { id, .. }) => id,
            _ => return,
        };
        if self.is_free() {
            self.go(View::Card { id, drawer: false });
        }
    }

    pub(super) fn refresh(self: &Arc<Self>) {
        if self.is_free() {
            self.refresh_now();
        }
    }

    /// Asks about every card, and comes back to where the owner stood.
    pub(super) fn refresh_now(self: &Arc<Self>) {
        let Some(online) = self.online() else { return };
        let back = match self.view() {
            view @ View::Card { .. } => view,
            _ => View::Documents,
        };
        self.transcript.clear();
        let phone = Arc::clone(self);
        self.work(Work::Refreshing, async move {
            let report = match online.refresh_all(&phone.watcher()).await {
                Ok(report) => report,
                Err(error) => return View::Trouble(Trouble::from(&error)),
            };
            let shown = match &back {
                View::Card { id, .. } => Some(id),
                _ => None,
            };
            // One card's failure is shown; where all are shown, the first.
            let failed = report.cards.iter().find_map(|(id, refreshed)| match refreshed {
                Err(error) if shown.is_none_or(|shown| shown == id) => Some(error),
                _ => None,
            });
            if let Some(error) = failed {
                return View::Trouble(Trouble::from(error));
            }
            // A renewed card may have another name.
            let renewed = report.cards.iter().find_map(|(id, refreshed)| {
                let refreshed = refreshed.as_ref().ok()?;
                (shown == Some(id)).then(|| refreshed.id.clone())
            });
            match (back, renewed) {
                (View::Card { drawer, .. }, Some(id)) => View::Card { id, drawer },
                (back, _) => back,
            }
        });
    }

    pub(super) fn ask_delete(&self, given: &Given) {
        if let (true, Some(id)) = (self.is_free(), named(given)) {
            self.go(View::ConfirmDelete { id });
        }
    }

    pub(super) fn delete(self: &Arc<Self>, given: &Given) {
        let (View::ConfirmDelete { id }, Some(online)) = (self.view(), self.online()) else { return };
        if named(given).as_ref() != Some(&id) {
            return;
        }
        self.transcript.clear();
        let phone = Arc::clone(self);
        self.work(Work::Deleting, async move {
            match online.delete(&id, &phone.watcher()).await {
                Ok(_) => View::Documents,
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }
}
