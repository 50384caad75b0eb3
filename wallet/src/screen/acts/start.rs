//! The first start, the lock, and the PIN.

use std::sync::Arc;

use super::Given;
use crate::app_kind::AppKind;
use crate::device::{DeviceName, Platform, Version};
use crate::online::{OnlinePhone, blocking};
use crate::phone::{CreateError, UnlockRefusal, UnlockedPhone};
use crate::pin::{NewPin, Pin, PinError};
use crate::screen::phone::DeskPhone;
use crate::screen::trouble::{Kind, Trouble};
use crate::screen::view::{LockFault, View};

/// The name of what is wrong with a PIN or a password.
fn fault_word(error: PinError) -> &'static str {
    match error {
        PinError::Length => "length",
        PinError::NotDigits => "not-digits",
        PinError::NotSixDigits => "six-digits",
        PinError::Trivial => "trivial",
        PinError::PasswordLength => "password-length",
        PinError::PasswordWeak => "password-weak",
    }
}

/// What an app asks for when a PIN is set: six digits for Junior, a password for the standard app.
fn new_pin(app: AppKind, given: &Given) -> Result<NewPin, &'static str> {
    let (text, again) = (given.get("pin"), given.get("again"));
    let pin = match app {
        AppKind::Junior if text.chars().count() != AppKind::JUNIOR_PIN_DIGITS => return Err("six-digits"),
        AppKind::Junior => AppKind::Junior.new_pin(text),
        AppKind::Standard => NewPin::password(text),
    };
    let pin = pin.map_err(fault_word)?;
    if text == again { Ok(pin) } else { Err("differ") }
}

impl DeskPhone {
    /// The standard app begins with a password, Junior with a sign-in on the portal.
    pub(super) fn choose_app(self: &Arc<Self>, given: &Given) {
        let fits = matches!(self.view(), View::Welcome | View::SetPin { .. });
        match AppKind::parse(given.get("app")) {
            Some(app @ AppKind::Standard) if fits => self.go(View::SetPin { app, fault: None }),
            Some(AppKind::Junior) if fits => self.begin_sign_in(),
            _ => {}
        }
    }

    /// Another phone: its name and system, before it is set up.
    pub(super) async fn describe(&self, given: &Given) {
        if !matches!(self.view(), View::Welcome) {
            return;
        }
        let (name, platform) = (DeviceName::parse(given.get("name")), Platform::parse(given.get("platform")));
        let (os, app) = (Version::parse(given.get("os_version")), Version::parse(given.get("app_version")));
        if let (Ok(name), Ok(platform), Ok(os_version), Ok(app_version)) = (name, platform, os, app) {
            let kept = self.keep_profile(|profile| {
                profile.name = name;
                profile.platform = platform;
                profile.os_version = os_version;
                profile.app_version = app_version;
            });
            if let Err(trouble) = kept.await {
                self.fail(trouble);
            }
        }
    }

    pub(super) async fn set_pin(self: &Arc<Self>, given: &Given) {
        let View::SetPin { app, .. } = self.view() else { return };
        let pin = match new_pin(app, given) {
            Ok(pin) => pin,
            Err(fault) => return self.go(View::SetPin { app, fault: Some(fault) }),
        };
        if let Err(trouble) = self.keep_profile(|profile| profile.app = Some(app)).await {
            return self.fail(trouble);
        }
        let (home, device) = (self.home.clone(), self.profile().description());
        let (parts, now) = (self.tools.parts.clone(), self.tools.machine.now());
        match blocking(move || UnlockedPhone::create_as(app, &home, &device, &pin, now, parts)).await {
            Ok(phone) => self.switch_on(OnlinePhone::new(phone, self.surroundings())).await,
            Err(CreateError::AlreadySetUp) => self.lock().await,
            Err(error) => self.fail(&error),
        }
    }

    /// The phone is unlocked now.
    async fn switch_on(&self, online: OnlinePhone) {
        // Without the issuer in reach the phone learns whom to trust when it first needs to.
        let _later = self.tools.trusted.teach(&online).await;
        let session = self.state().errand.session.take();
        let kept = match session {
            None => Ok(()),
            Some(session) => online.keep_sign_in(session).await.map(drop),
        };
        self.change(|state| {
            state.online = Some(Arc::new(online));
            state.lock = None;
            state.view = match kept {
                Ok(()) => View::Documents,
                Err(error) => View::Trouble(Trouble::from(&error)),
            };
        });
    }

    pub(super) async fn unlock(self: &Arc<Self>, given: &Given) {
        if !matches!(self.view(), View::Lock { .. }) {
            return;
        }
        let Ok(pin) = Pin::typed(given.get("pin")) else {
            return self.go(View::Lock { fault: Some(LockFault::Malformed) });
        };
        let locked = match self.open().await {
            Ok(locked) => locked,
            Err(error) => return self.fail(&error),
        };
        let now = self.tools.machine.now();
        match OnlinePhone::unlock(locked, pin, now, self.surroundings()).await {
            Ok(online) => self.switch_on(online).await,
            Err(still_locked) => {
                let standing = still_locked.phone.standing(now).ok();
                let view = match lock_fault(&still_locked.refusal) {
                    Some(fault) => View::Lock { fault: Some(fault) },
                    None => View::Trouble(Trouble::from(&still_locked.refusal)),
                };
                drop(still_locked);
                self.change(|state| {
                    state.view = view;
                    state.lock = standing;
                });
            }
        }
    }

    pub(super) async fn change_pin(self: &Arc<Self>, given: &Given) {
        let (View::ChangePin { .. }, Some(online)) = (self.view(), self.online()) else { return };
        let app = self.profile().app.unwrap_or(AppKind::Standard);
        let fault = |fault| View::ChangePin { fault: Some(fault) };
        let Ok(current) = Pin::typed(given.get("current")) else {
            return self.go(fault(LockFault::Malformed));
        };
        let new = match new_pin(app, given) {
            Ok(new) => new,
            Err(word) => return self.go(fault(LockFault::New(word))),
        };
        let now = self.tools.machine.now();
        let changed = online.with_phone(move |phone| phone.change_pin(&current, &new, now)).await;
        match changed {
            Ok(()) => self.go(View::Settings),
            Err(refusal) => match lock_fault(&refusal) {
                Some(wrong) => self.go(fault(wrong)),
                None => self.lock_with(Trouble::from(&refusal)),
            },
        }
    }

    /// The phone is out of use: nothing of it may stay open.
    pub(super) fn lock_with(&self, trouble: Trouble) {
        self.change(|state| {
            state.online = None;
            state.view = View::Trouble(trouble);
        });
    }

    /// As the shop delivers it: keys and documents are gone for good.
    pub(super) async fn reinstall(self: &Arc<Self>) {
        self.change(|state| {
            state.online = None;
            state.errand = crate::screen::phone::Errand::default();
        });
        self.transcript.clear();
        let mut tries = 20;
        let wiped = loop {
            let (home, parts) = (self.home.clone(), self.tools.parts.clone());
            match blocking(move || crate::phone::LockedPhone::wipe(&home, &parts)).await {
                Err(crate::phone::WipeError::InUse) if tries > 0 => {
                    tries -= 1;
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                outcome => break outcome,
            }
        };
        if let Err(error) = wiped {
            let kind = if error.reason() == "phone_in_use" { Kind::InUse } else { Kind::Damaged };
            return self.fail(Trouble::new(kind, format!("{}: {error}", error.reason())));
        }
        if let Err(trouble) = self.forget_inspector().await {
            return self.fail(trouble);
        }
        let kept = self.keep_profile(|profile| {
            profile.app = None;
            profile.inspector = false;
        });
        if let Err(trouble) = kept.await {
            return self.fail(trouble);
        }
        self.lock().await;
    }
}

/// What the lock itself says of a try; `None` for what no other try helps against.
pub(super) fn lock_fault(refusal: &UnlockRefusal) -> Option<LockFault> {
    match refusal {
        UnlockRefusal::WrongPin { tries_left, .. } => Some(LockFault::Wrong { tries_left: *tries_left }),
        UnlockRefusal::Wait { .. } => Some(LockFault::Wait),
        UnlockRefusal::NewPin(error) => Some(LockFault::New(fault_word(*error))),
        UnlockRefusal::Erased | UnlockRefusal::Element(_) | UnlockRefusal::Store(_) => None,
    }
}
