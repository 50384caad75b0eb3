//! The phones of a world: new ones, and such as are opened again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use issuer::app::SystemEntropy;
use shared::clock::Clock;
use wallet::app_kind::AppKind;
use wallet::device::{DeviceDescription, DeviceName, Platform, Version};
use wallet::online::{OnlinePhone, Patience, Surroundings as PhoneSurroundings};
use wallet::phone::{LockedPhone, OpenError, Parts, UnlockedPhone};
use wallet::pin::{NewPin, Pin, PinCost};
use wallet::transport::Transport;
use wallet::trust::RootCertificate;

use super::{PIN, World};
use crate::phone::Phone;

impl World {
    /// A new Android phone that trusts the issuer and has agreed to the terms.
    pub async fn phone(&self, name: &str) -> Phone {
        self.phone_like(name, Platform::Android, "14", "1.0.0").await
    }

    /// A new phone of a platform and version.
    pub async fn phone_like(&self, name: &str, platform: Platform, os: &str, app: &str) -> Phone {
        let phone = self.stranger(name, platform, os, app).await;
        self.introduce(&phone).await;
        phone
    }

    /// A new Android phone with mObywatel Junior, on which nobody has signed in.
    pub async fn junior(&self, name: &str) -> Phone {
        let android = describe(name, Platform::Android, "14", "1.0.0");
        let phone = self.set_up_as(AppKind::Junior, &android, parts(), self.phone_surroundings()).await;
        self.introduce(&phone).await;
        phone
    }

    /// A new Android phone in surroundings of its own: another network, another clock.
    pub async fn phone_in(&self, name: &str, surroundings: PhoneSurroundings) -> Phone {
        let android = describe(name, Platform::Android, "14", "1.0.0");
        let phone = self.set_up(&android, parts(), surroundings).await;
        self.introduce(&phone).await;
        phone
    }

    /// A new phone made of other parts than usual.
    pub async fn phone_of(&self, parts: Parts, name: &str, platform: Platform, os: &str, app: &str) -> Phone {
        let phone = self.set_up(&describe(name, platform, os, app), parts, self.phone_surroundings()).await;
        self.introduce(&phone).await;
        phone
    }

    /// A new phone that trusts nobody yet.
    pub async fn stranger(&self, name: &str, platform: Platform, os: &str, app: &str) -> Phone {
        self.set_up(&describe(name, platform, os, app), parts(), self.phone_surroundings()).await
    }

    async fn set_up(
        &self,
        description: &DeviceDescription,
        parts: Parts,
        surroundings: PhoneSurroundings,
    ) -> Phone {
        self.set_up_as(AppKind::Standard, description, parts, surroundings).await
    }

    async fn set_up_as(
        &self,
        app: AppKind,
        description: &DeviceDescription,
        parts: Parts,
        surroundings: PhoneSurroundings,
    ) -> Phone {
        let n = self.phones.fetch_add(1, Ordering::Relaxed);
        let home = self.folder.path().join(format!("phone-{n}"));
        let pin = NewPin::parse(PIN).expect("a PIN");
        let now = surroundings.clock.now();
        let unlocked = UnlockedPhone::create_as(app, &home, description, &pin, now, parts);
        let unlocked = unlocked.expect("a new phone");
        let online = OnlinePhone::new(unlocked, surroundings);
        online.accept_terms().await.expect("the terms");
        Phone::new(online, home, self.base.clone())
    }

    /// Makes a phone trust this world's issuer.
    async fn introduce(&self, phone: &Phone) {
        let root = RootCertificate::parse(&self.fetch("/pki/ca/root.pem").await).expect("a root");
        phone.online.trust_root(&root, &[self.issuer()]).await.expect("trust");
    }

    /// Opens a phone's folder again, as after a restart of the phone. Whatever the phone was writing when it was
    /// dropped is finished first.
    pub async fn reopen(&self, home: &Path) -> Phone {
        self.reopen_in(home, self.phone_surroundings()).await
    }

    /// The same in surroundings of its own.
    pub async fn reopen_in(&self, home: &Path, surroundings: PhoneSurroundings) -> Phone {
        let pin = Pin::parse(PIN).expect("a PIN");
        let locked = closed_phone(home).await;
        let unlocked = OnlinePhone::unlock(locked, pin, self.clock.now(), surroundings).await;
        let online = unlocked.map_err(|locked| locked.refusal).expect("the right PIN");
        Phone::new(online, home.to_owned(), self.base.clone())
    }

    /// A phone that was opened by other means than this world's.
    pub fn adopt(&self, online: OnlinePhone, home: &Path) -> Phone {
        Phone::new(online, home.to_owned(), self.base.clone())
    }

    /// What phones of this world are given.
    pub fn phone_surroundings(&self) -> PhoneSurroundings {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let surroundings = PhoneSurroundings::new(clock, Arc::new(SystemEntropy), self.network());
        PhoneSurroundings { patience: Patience::NONE, ..surroundings }
    }

    /// The network of this world's phones, to be handed to a phone by way of somebody who meddles.
    pub fn network(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.network) as Arc<dyn Transport>
    }
}

fn describe(name: &str, platform: Platform, os: &str, app: &str) -> DeviceDescription {
    DeviceDescription {
        name: DeviceName::parse(name).expect("a device name"),
        platform,
        os_version: Version::parse(os).expect("a version"),
        app_version: Version::parse(app).expect("a version"),
    }
}

/// A phone that is in use is let go of in a moment: a dropped call still writes what it had begun to write.
async fn closed_phone(home: &Path) -> LockedPhone {
    for _ in 0..250 {
        match LockedPhone::open(home, parts()) {
            Ok(phone) => return phone,
            Err(OpenError::InUse) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("the phone does not open: {error}"),
        }
    }
    panic!("the phone stays in use");
}

/// What phones are made of: the usual, but a PIN that is quick to check.
pub fn parts() -> Parts {
    Parts::with_pin_cost(Arc::new(SystemEntropy), PinCost::FOR_TESTS)
}
