//! mObywatel Junior: the pupil signs in on the portal, before the PIN is set and whenever a card is to be added later.

use std::sync::Arc;

use crate::acquire::event::Unobserved;
use crate::app_kind::AppKind;
use crate::junior::{SignIn, SignInError};
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::Trouble;
use crate::screen::view::{Add, View, Work};

impl DeskPhone {
    /// Asks the portal where pupils sign in, and shows the way there.
    pub(super) fn begin_sign_in(self: &Arc<Self>) {
        let phone = Arc::clone(self);
        self.work(Work::SigningIn, async move {
            let issuer = phone.tools.trusted.issuer().clone();
            let redirect = phone.tools.redirect.clone();
            match SignIn::begin(&phone.surroundings(), &issuer, redirect, &Unobserved).await {
                Ok(sign_in) => {
                    phone.state().errand.sign_in = Some(Arc::new(sign_in));
                    View::SignIn
                }
                Err(error) => View::Trouble(Trouble::from(&error)),
            }
        });
    }

    /// Signs in once more, on a phone whose sign-in has run out or on which another pupil is signed in.
    pub(super) fn sign_in_again(self: &Arc<Self>) {
        let junior = self.online().is_some_and(|online| online.app_kind() == AppKind::Junior);
        if junior || matches!(self.view(), View::Trouble(_) | View::SignIn) {
            self.begin_sign_in();
        }
    }

    /// Follows what a browser brought back.
    pub(in crate::screen) async fn finish_sign_in(self: &Arc<Self>, redirected: String) {
        let _turn = self.turn.lock().await;
        self.touch();
        let (sign_in, online) = {
            let mut state = self.state();
            (state.errand.sign_in.take(), state.online.clone())
        };
        let Some(sign_in) = sign_in else { return };
        let outcome = sign_in.finish(&self.surroundings(), &redirected, &Unobserved).await;
        let outcome = match (outcome, online) {
            (Ok(session), None) => {
                self.state().errand.session = Some(session);
                self.go(View::SetPin { app: AppKind::Junior, fault: None });
                Ok(())
            }
            (Ok(session), Some(online)) => match online.keep_sign_in(session).await {
                Ok(_) => {
                    self.next_text(Add::Scan).await;
                    Ok(())
                }
                Err(error) => Err(error),
            },
            (Err(error), _) => Err(error),
        };
        match outcome {
            Ok(()) => {}
            // The true answer may still come.
            Err(SignInError::OtherSignIn) => self.state().errand.sign_in = Some(sign_in),
            Err(error) => self.fail(&error),
        }
    }
}
