//! The unlocked phone: its documents can be read and changed, its keys sign.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{LockedPhone, Marker, Parts, UnlockRefusal};
use crate::app_kind::AppKind;
use crate::device::{DeviceDescription, DeviceRefusal};
use crate::documents::{
    ArrivedCopy, CardCopy, CardId, CopyId, CopyState, Documents, HeldCard, KeepError, Notice, NoticeId,
    OfferHash, PendingActivation, PendingKey, StoreError,
};
use crate::home::{self, DirLock};
use crate::pin::{NewPin, Pin, PinError};
use crate::secure_element::{ElementError, ElementSession, KeyHandle, PinRefusal, SecureElement};

/// A phone that somebody unlocked with its PIN, or has just set up.
///
/// May be shared by threads. Dropping it locks it: nothing but this value holds the keys.
pub struct UnlockedPhone {
    home: PathBuf,
    lock: DirLock,
    element: Box<dyn SecureElement>,
    session: Arc<dyn ElementSession>,
    documents: Documents,
    parts: Parts,
    app: AppKind,
    /// Held from where keys are made or asked for until a record names them, so that nobody sweeps them away
    /// in between.
    keys_turn: Mutex<()>,
}

impl UnlockedPhone {
    /// Sets up a new phone with the standard app; see [`create_as`](Self::create_as).
    ///
    /// # Errors
    /// See [`CreateError`]; then there is no phone.
    pub fn create(
        home: &Path,
        device: &DeviceDescription,
        pin: &NewPin,
        now: Timestamp,
        parts: Parts,
    ) -> Result<Self, CreateError> {
        Self::create_as(AppKind::Standard, home, device, pin, now, parts)
    }

    /// Sets up a new phone with the app `app` in `home`, which is made if missing, behind `pin`.
    ///
    /// What an earlier set-up left behind when it was killed is swept away. `now` as in
    /// [`LockedPhone::unlock`].
    ///
    /// # Errors
    /// See [`CreateError`]; then there is no phone.
    pub fn create_as(
        app: AppKind,
        home: &Path,
        device: &DeviceDescription,
        pin: &NewPin,
        now: Timestamp,
        parts: Parts,
    ) -> Result<Self, CreateError> {
        app.check_pin(pin)?;
        device.check(&parts.requirements)?;
        home::private_dir(home)?;
        let lock = DirLock::take(home)?;
        if Marker::exists(home)? {
            return Err(CreateError::AlreadySetUp);
        }
        let element = parts.elements.at(home)?;
        let id = element.provision(pin)?;
        let session: Arc<dyn ElementSession> = Arc::from(element.unlock(pin.pin(), now)?);
        let (store, entropy) = (parts.stores.create(home)?, Arc::clone(&parts.entropy));
        let documents = Documents::create(store, id, Arc::clone(&session), (device, app), entropy)?;
        Marker::write(home, app)?;
        Ok(Self::assemble(home.to_owned(), lock, (element, session), documents, parts, app))
    }

    pub(super) fn assemble(
        home: PathBuf,
        lock: DirLock,
        (element, session): (Box<dyn SecureElement>, Arc<dyn ElementSession>),
        documents: Documents,
        parts: Parts,
        app: AppKind,
    ) -> Self {
        Self { home, lock, element, session, documents, parts, app, keys_turn: Mutex::new(()) }
    }

    /// Locks the phone.
    pub fn lock(self) -> LockedPhone {
        LockedPhone {
            home: self.home,
            lock: self.lock,
            element: self.element,
            documents: self.documents.lock(),
            parts: self.parts,
            app: self.app,
        }
    }

    /// The phone's directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Which app it was set up as.
    pub fn app_kind(&self) -> AppKind {
        self.app
    }

    /// The unlocked secure element: public keys and signatures.
    pub fn element(&self) -> &dyn ElementSession {
        &*self.session
    }

    /// What the phone keeps. Changes that also concern keys are methods of the phone itself.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Keeps a new description of the phone, after its system or the app was updated or it was renamed.
    ///
    /// # Errors
    /// When the new description does not meet the requirements, or cannot be kept.
    pub fn describe(&self, device: &DeviceDescription) -> Result<(), CreateError> {
        device.check(&self.parts.requirements)?;
        Ok(self.documents.keep_device(device)?)
    }

    /// Sets `new` in place of the PIN `current`. A wrong `current` counts like a wrong PIN at the lock; at the
    /// last one the phone is erased, and only [`LockedPhone::wipe`] is of any use.
    ///
    /// # Errors
    /// As when unlocking; the old PIN then still holds.
    pub fn change_pin(&self, current: &Pin, new: &NewPin, now: Timestamp) -> Result<(), UnlockRefusal> {
        self.app.check_pin(new).map_err(UnlockRefusal::NewPin)?;
        Ok(self.element.change_pin(current, new, now)?)
    }

    /// Tries `pin` again, for an act that its owner is to confirm. A wrong one counts like any other.
    ///
    /// # Errors
    /// As when unlocking.
    pub fn confirm_pin(&self, pin: &Pin, now: Timestamp) -> Result<(), UnlockRefusal> {
        self.element.unlock(pin, now)?;
        Ok(())
    }

    /// Begins to answer an offer: a key for each of `configurations`, kept together with the offer before
    /// anything is asked of the issuer. For an offer that was begun already, the keys of then: so an activation
    /// that was killed goes on with the key that the issuer knows.
    ///
    /// `renews` names the card that is to be replaced, if this is a renewal.
    ///
    /// # Errors
    /// When element or store cannot be written.
    pub fn begin_activation(
        &self,
        offer: &OfferHash,
        issuer: &str,
        configurations: &[&str],
        renews: Option<&CardId>,
        at: Timestamp,
    ) -> Result<PendingActivation, StoreError> {
        let _turn = self.keys_turn();
        let begun = self.documents.activation(offer)?.filter(|begun| begun.issuer == issuer);
        let mut activation = begun.clone().unwrap_or_else(|| PendingActivation {
            offer: offer.clone(),
            issuer: issuer.to_owned(),
            keys: Vec::new(),
            renews: renews.cloned(),
            started_at: at,
            resumption: None,
        });
        for &configuration in configurations {
            if activation.key(configuration).is_none() {
                let key = self.session.generate_key(&*self.parts.entropy)?;
                activation.keys.push(PendingKey { configuration: configuration.to_owned(), key });
            }
        }
        if begun.as_ref() != Some(&activation) {
            self.documents.keep_activation(&activation)?;
        }
        Ok(activation)
    }

    /// Gives up the activation of `offer`; its keys are destroyed. That there is none is no error.
    ///
    /// # Errors
    /// When element or store cannot be written.
    pub fn abandon_activation(&self, offer: &OfferHash) -> Result<(), StoreError> {
        let turn = self.keys_turn();
        self.documents.drop_activation(offer)?;
        self.sweep_keys(&turn)
    }

    /// Keeps a card that was activated and verified; `offer` names the activation that ends with the same step.
    ///
    /// # Errors
    /// See [`KeepError`]; nothing is kept then.
    pub fn insert_card(
        &self,
        card: &HeldCard,
        offer: Option<&OfferHash>,
        at: Timestamp,
    ) -> Result<CardId, KeepError> {
        let turn = self.keys_turn();
        self.require_keys(card)?;
        let inserted = self.documents.insert_card(card, offer, at)?;
        if inserted.replaced {
            let _swept = self.sweep_keys(&turn);
        }
        Ok(inserted.id)
    }

    /// Puts a renewed card in the place of `old` in one step: after any crash there is the one or the other.
    /// Keys that only the old one needed are destroyed.
    ///
    /// # Errors
    /// See [`KeepError`]; the old card is kept then.
    pub fn replace_card(
        &self,
        old: &CardId,
        card: &HeldCard,
        offer: Option<&OfferHash>,
        at: Timestamp,
    ) -> Result<CardId, KeepError> {
        let turn = self.keys_turn();
        self.require_keys(card)?;
        let id = self.documents.replace_card(old, card, offer, at)?;
        let _swept = self.sweep_keys(&turn);
        Ok(id)
    }

    /// Keys for `count` copies of a card, kept before anything is asked of the issuer: those that were made before and
    /// got no answer first, then new ones.
    ///
    /// # Errors
    /// [`KeepError::NoSuchCard`] when the card has gone meanwhile, or when element or store cannot be written.
    pub fn begin_copies(
        &self,
        card: &CardId,
        configuration: &str,
        count: usize,
    ) -> Result<Vec<(CopyId, KeyHandle)>, KeepError> {
        let turn = self.keys_turn();
        let mut asked = self.documents.copies(card, configuration)?;
        asked.retain(|(_, copy)| copy.state == CopyState::Asked);
        asked.truncate(count);
        let mut fresh = Vec::new();
        for _ in asked.len()..count {
            let key = self.session.generate_key(&*self.parts.entropy).map_err(StoreError::from)?;
            let copy = CardCopy {
                card: card.clone(),
                configuration: configuration.to_owned(),
                key,
                state: CopyState::Asked,
            };
            fresh.push((CopyId::random(&*self.parts.entropy), copy));
        }
        if let Err(error) = self.documents.expect_copies(card, &fresh) {
            let _swept = self.sweep_keys(&turn);
            return Err(error);
        }
        Ok(asked.into_iter().chain(fresh).map(|(id, copy)| (id, copy.key)).collect())
    }

    /// Keeps copies that came and were verified; the keys of copies that are over are destroyed.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn keep_copies(&self, arrived: &[ArrivedCopy], now: Timestamp) -> Result<(), StoreError> {
        let turn = self.keys_turn();
        self.documents.keep_copies(arrived, now)?;
        let _swept = self.sweep_keys(&turn);
        Ok(())
    }

    /// Gives up keys that wait for copies, because what came for them will not do; they are destroyed.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn give_up_copies(&self, ids: &[CopyId]) -> Result<(), StoreError> {
        let turn = self.keys_turn();
        self.documents.give_up_copies(ids)?;
        let _swept = self.sweep_keys(&turn);
        Ok(())
    }

    /// Deletes a card and destroys its keys.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn delete_card(&self, id: &CardId, at: Timestamp) -> Result<(), KeepError> {
        let turn = self.keys_turn();
        self.documents.delete_card(id, None, at)?;
        let _swept = self.sweep_keys(&turn);
        Ok(())
    }

    /// Deletes a card and, in the same step, keeps the notice by which its issuer will hear of it. The notice
    /// needs the card's key, so that one lives until [`forget_notice`](Self::forget_notice).
    ///
    /// # Errors
    /// See [`KeepError`]; neither has happened then.
    pub fn give_up_card(&self, id: &CardId, notice: &Notice, at: Timestamp) -> Result<(), KeepError> {
        let turn = self.keys_turn();
        self.documents.delete_card(id, Some(notice), at)?;
        let _swept = self.sweep_keys(&turn);
        Ok(())
    }

    /// Forgets a notice that was delivered, or that nobody would read any more, and the keys that only it needed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget_notice(&self, id: &NoticeId) -> Result<(), StoreError> {
        let turn = self.keys_turn();
        self.documents.drop_notice(id)?;
        let _swept = self.sweep_keys(&turn);
        Ok(())
    }

    fn require_keys(&self, card: &HeldCard) -> Result<(), KeepError> {
        match self.session.public_key(&card.key) {
            Ok(_) => Ok(()),
            Err(ElementError::NoSuchKey) => Err(KeepError::KeyMissing),
            Err(error) => Err(StoreError::from(error).into()),
        }
    }

    /// Destroys the keys that neither a card nor a copy nor an activation nor a notice needs; at every unlocking.
    pub(super) fn forget_unused_keys(&self) -> Result<(), StoreError> {
        self.sweep_keys(&self.keys_turn())
    }

    fn keys_turn(&self) -> MutexGuard<'_, ()> {
        self.keys_turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one run leaves behind, the next one finds: a failure after a change undoes nothing and is no news.
    fn sweep_keys(&self, _turn: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
        let in_use = self.documents.keys_in_use()?;
        let unused = |handle: &KeyHandle| !in_use.contains(handle);
        for handle in self.session.key_handles()?.into_iter().filter(unused) {
            self.session.delete_key(&handle)?;
        }
        Ok(())
    }
}

/// Why a phone could not be set up or described. Messages complete "cannot set up the phone: …".
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// It is too old.
    #[error(transparent)]
    Device(#[from] DeviceRefusal),
    /// The PIN is none for this app.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// There is a phone already.
    #[error("there is one already")]
    AlreadySetUp,
    /// Another handle, in this process or another, has it.
    #[error("it is in use by another program")]
    InUse,
    /// The secure element did not work.
    #[error(transparent)]
    Element(ElementError),
    /// The documents could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system refused.
    #[error("it cannot be written")]
    Io(#[from] io::Error),
}

impl CreateError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Device(refusal) => refusal.reason(),
            Self::Pin(error) => error.reason(),
            Self::AlreadySetUp => "already_set_up",
            Self::InUse => "phone_in_use",
            Self::Element(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Io(_) => "phone_io",
        }
    }
}

impl From<PinRefusal> for CreateError {
    fn from(refusal: PinRefusal) -> Self {
        match refusal {
            PinRefusal::Element(error) => error.into(),
            PinRefusal::WrongPin { .. } | PinRefusal::Wait { .. } | PinRefusal::Erased => {
                Self::Element(ElementError::Damaged("a new PIN does not unlock"))
            }
        }
    }
}
