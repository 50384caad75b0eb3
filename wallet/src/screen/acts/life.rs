//! What befalls a phone: no network, lost and found, its files on another phone.

use std::sync::Arc;

use crate::acquire::event::Unobserved;
use crate::documents::StoreError;
use crate::online::blocking;
use crate::screen::phone::DeskPhone;
use crate::screen::view::View;

impl DeskPhone {
    pub(super) fn toggle_airplane(&self) {
        self.change(|_| self.radio.set_airplane(!self.radio.is_airplane()));
    }

    /// A lost phone is locked and lies somewhere else.
    pub(super) async fn lose(&self, lost: bool) {
        self.lock().await;
        if let Err(trouble) = self.keep_profile(|profile| profile.lost = lost).await {
            self.fail(trouble);
        }
    }

    /// Asks about every card in the background, where nobody is doing anything else. What it finds is shown.
    pub(in crate::screen) async fn refresh_quietly(self: &Arc<Self>) {
        let online = {
            let state = self.state();
            let busy = matches!(state.view, View::Working(_)) || state.profile.lost;
            state.online.clone().filter(|_| !busy)
        };
        if let Some(online) = online {
            // What goes wrong unasked is no screen: the card itself says since when nobody has stood by it.
            let _report = online.refresh_all(&Unobserved).await;
            drop(online);
            self.change(|_| ());
        }
    }

    /// Puts this phone's documents onto another one, as somebody would who copies the files of an app.
    ///
    /// Both are locked for it. The other one keeps its own secure element, so it cannot read them.
    pub(in crate::screen) async fn copy_store_to(
        self: &Arc<Self>,
        other: &Arc<Self>,
    ) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.lock().await;
        let _other_turn = other.turn.lock().await;
        other.lock().await;
        let (from, to) = (self.home.clone(), other.home.clone());
        let stores = Arc::clone(&self.tools.parts.stores);
        blocking(move || stores.copy(&from, &to)).await?;
        other.lock().await;
        Ok(())
    }
}
