//! What an owner can do on a phone. Each act is a name and some fields; one that does not fit where the phone
//! stands changes nothing, as when a button is pressed twice.

mod add;
mod card;
mod inspect;
mod junior;
mod life;
pub(super) mod prove;
mod start;

use std::collections::HashMap;
use std::sync::Arc;

use super::phone::DeskPhone;
use super::view::{Add, View};

/// What was typed into a form.
#[derive(Default)]
pub(super) struct Given(pub(super) HashMap<String, String>);

impl Given {
    /// A field; empty if it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// There is no such act.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSuchAct;

impl DeskPhone {
    /// Does what was asked for.
    pub(super) async fn act(self: &Arc<Self>, name: &str, given: &Given) -> Result<(), NoSuchAct> {
        let _turn = self.turn.lock().await;
        self.touch();
        match name {
            // the first start, and the lock
            "choose-app" => self.choose_app(given),
            "sign-in" => self.sign_in_again(),
            "describe" => self.describe(given).await,
            "set-pin" => self.set_pin(given).await,
            "restart-setup" => self.lock().await,
            "unlock" => self.unlock(given).await,
            "lock" => self.lock().await,
            "change-pin" => self.change_pin(given).await,
            // getting about
            "documents" => self.open_view(View::Documents),
            "settings" => self.open_view(View::Settings),
            "new-pin" => self.open_view(View::ChangePin { fault: None }),
            // towards a card
            "add" => self.open_view(View::Add(Add::Choose)),
            "choose" => self.open_view(View::Add(Add::How)),
            "understood" => self.read_terms().await,
            "accept-terms" => self.accept_terms(given).await,
            "accept-privacy" => self.accept_privacy(given).await,
            "allow-camera" | "scan" => self.open_view(View::Add(Add::Scan)),
            "type" => self.open_view(View::Add(Add::Typed { typed: String::new(), fault: None })),
            "typed" => self.take_typed(given),
            "take-offer" => self.take_offer(),
            "code" => self.take_code(given),
            "code-again" => self.open_view(View::Add(Add::Code { fault: None })),
            "confirm" => self.confirm(),
            "retry" => self.retry().await,
            // a card
            "card" => self.open_card(given, false),
            "drawer" => self.open_card(given, true),
            "held-card" => self.open_held_card(),
            "refresh" => self.refresh(),
            "ask-delete" => self.ask_delete(given),
            "delete" => self.delete(given),
            // a card is shown to somebody
            "purposes" => self.choose_purpose(given),
            "show-code" => self.show_code(given).await,
            "answer" => self.begin_answer(),
            "answer-digits" => self.answer_digits(given),
            "agree" => self.agree(given).await,
            "decline" => self.decline().await,
            "receipt" => self.open_receipt(given),
            // somebody's card is checked
            "be-inspector" => self.become_inspector().await,
            "inspect" => self.inspect(given),
            "inspect-how" => self.inspect_how(given).await,
            "inspect-again" => self.inspect_again(),
            "inspect-typed" => self.inspect_typed(given),
            "fetch-data" => self.fetch_data(),
            "inspect-next" => self.inspect_next().await,
            // the phone's life
            "airplane" => self.toggle_airplane(),
            "lose" => self.lose(true).await,
            "find" => self.lose(false).await,
            "reinstall" => self.reinstall().await,
            _ => return Err(NoSuchAct),
        }
        Ok(())
    }

    /// Goes somewhere, if the phone is unlocked and not busy.
    fn open_view(&self, view: View) {
        if self.is_free() {
            self.go(view);
        }
    }

    /// Whether the phone is unlocked and nothing is being done on it.
    fn is_free(&self) -> bool {
        let state = self.state();
        state.online.is_some() && !matches!(state.view, View::Working(_))
    }
}
