//! Signing in: tries are counted before they are looked at, and a session is known by its hash alone.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;

use crate::audit::Act;
use crate::issuance::keys::Keys;
use crate::store::id::{PortalAccountId, SchoolId, StaffId};
use crate::store::tables::junior::{JuniorCode, JuniorToken};
use crate::store::tables::portal_account::PortalAccount;
use crate::store::tables::session::{Realm, Session, SignInGuard};
use crate::store::tables::staff::Staff;
use crate::store::{Statements, StoreError, Verb};

/// How long a session lasts at the most.
pub const SESSION_TTL: SignedDuration = SignedDuration::from_hours(10);
/// How long a session lasts that nobody uses.
pub const IDLE_TTL: SignedDuration = SignedDuration::from_hours(1);
/// So many wrong tries cost nothing but the try.
pub const FREE_TRIES: u32 = 4;
/// The longest wait between two tries.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// The wait after so many wrong tries: 30 seconds after the fifth, then twice as long each time, an hour at most.
pub fn wait_after(failures: u32) -> SignedDuration {
    let doublings = match failures.checked_sub(FREE_TRIES + 1) {
        None => return SignedDuration::ZERO,
        Some(doublings) => doublings.min(16),
    };
    SignedDuration::from_secs(30_i64 << doublings).min(LONGEST_WAIT)
}

/// Counts a try with a login before it is looked at. The right password takes the count back.
#[derive(Debug)]
pub struct CountTry {
    /// [`Keys::sign_in_hash`] of the login.
    pub login_hash: [u8; 32],
    /// Now, UTC.
    pub now: Timestamp,
}

/// No try is looked at before then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong tries")]
pub struct MustWait {
    /// When the next try is looked at.
    pub until: Timestamp,
}

#[async_trait::async_trait]
impl Verb for CountTry {
    type Answer = Result<(), MustWait>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let fresh = SignInGuard { login_hash: self.login_hash, failures: 0, not_before: self.now };
        fresh.insert_if_new(tx).await?;
        let Some(mut guard) = SignInGuard::lock(tx, self.login_hash).await? else {
            return Err(StoreError::Contention);
        };
        // Nobody waits for longer than the longest wait: what lies beyond was written by a clock that was ahead.
        let wait = guard.not_before.duration_since(self.now);
        if wait.is_positive() && wait <= LONGEST_WAIT {
            return Ok(Err(MustWait { until: guard.not_before }));
        }
        guard.failures = guard.failures.saturating_add(1);
        guard.not_before = self.now.saturating_add(wait_after(guard.failures)).unwrap_or(Timestamp::MAX);
        guard.update(tx).await?;
        Ok(Ok(()))
    }
}

/// Takes counted tries back: somebody who is signed in has shown the right password once more.
#[derive(Debug)]
pub struct ForgiveTries(pub [u8; 32]);

#[async_trait::async_trait]
impl Verb for ForgiveTries {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        SignInGuard::forgive(tx, &self.0).await
    }
}

/// By what somebody has shown to hold an account. It is looked at before the act, since that takes its time.
pub enum Shown {
    /// A password: as it was kept then.
    Password(String),
    /// A sign-in elsewhere: as it was linked then.
    Federated(String),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Federated(_) => "Federated(…)",
        })
    }
}

impl Shown {
    /// Whether it still opens the account, whose row is held.
    async fn opens(&self, tx: &mut dyn Statements, session: &Session) -> Result<bool, StoreError> {
        let (password, federated) = match session.realm {
            Realm::Office => {
                let Some(id) = StaffId::parse(&session.account_id) else { return Ok(false) };
                match Staff::lock(tx, &id).await?.filter(|staff| staff.ended_at.is_none()) {
                    Some(staff) => (staff.password_hash, staff.federated_id),
                    None => return Ok(false),
                }
            }
            Realm::Portal => {
                let Some(id) = PortalAccountId::parse(&session.account_id) else { return Ok(false) };
                match PortalAccount::lock(tx, &id).await?.filter(|account| account.ended_at.is_none()) {
                    Some(account) => (account.password_hash, None),
                    None => return Ok(false),
                }
            }
        };
        Ok(match self {
            Self::Password(shown) => password == *shown,
            Self::Federated(shown) => federated.as_ref() == Some(shown),
        })
    }
}

/// Whose session begins.
#[derive(Debug)]
pub struct Holder {
    /// Where.
    pub realm: Realm,
    /// The account's name in the store.
    pub account_id: String,
    /// Which school it looks at.
    pub school_id: Option<SchoolId>,
    /// By what it was shown to be held.
    pub shown: Shown,
}

/// Begins a session, under a cookie that nobody has seen before, and takes back the counted try.
#[derive(Debug)]
pub struct BeginSession {
    session: Session,
    shown: Shown,
    login_hash: Option<[u8; 32]>,
    act: Act,
}

/// The account was closed, or got another password, while the one that was shown was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("account is no longer opened by that")]
pub struct NoLongerOpens;

impl BeginSession {
    /// The act, and what the cookie holds if it succeeds: 256 random bits.
    pub fn new(
        holder: Holder,
        login_hash: Option<[u8; 32]>,
        act: Act,
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> (Self, Secret) {
        let Holder { realm, account_id, school_id, shown } = holder;
        let cookie = Secret::new(BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()));
        let session = Session {
            hash: keys.session_hash(&cookie),
            realm,
            account_id,
            school_id,
            created_at: act.at,
            seen_at: act.at,
            expires_at: act.at.saturating_add(SESSION_TTL).unwrap_or(Timestamp::MAX),
        };
        (Self { session, shown, login_hash, act }, cookie)
    }
}

#[async_trait::async_trait]
impl Verb for BeginSession {
    type Answer = Result<(), NoLongerOpens>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if !self.shown.opens(tx, &self.session).await? {
            return Ok(Err(NoLongerOpens));
        }
        if let Some(login_hash) = &self.login_hash {
            SignInGuard::forgive(tx, login_hash).await?;
        }
        self.session.insert(tx).await?;
        let detail = json!({ "realm": self.session.realm });
        self.act.trail().record(tx, "session.begun", &self.session.account_id, detail).await?;
        Ok(Ok(()))
    }
}

/// Ends a session. Ending one that is over changes nothing.
#[derive(Debug)]
pub struct EndSession(pub [u8; 32]);

#[async_trait::async_trait]
impl Verb for EndSession {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        Session::end(tx, &self.0).await
    }
}

/// Finds the session behind a cookie's hash, if it is neither over nor idle for too long.
#[derive(Debug)]
pub struct FindSession {
    /// Where.
    pub realm: Realm,
    /// [`Keys::session_hash`] of the cookie.
    pub hash: [u8; 32],
    /// Now, UTC.
    pub now: Timestamp,
}

impl FindSession {
    /// The session itself, for verbs that need more than it.
    pub(crate) async fn session(&self, tx: &mut dyn Statements) -> Result<Option<Session>, StoreError> {
        let session = Session::find(tx, self.hash).await?;
        Ok(session.filter(|session| {
            session.realm == self.realm
                && self.now < session.expires_at
                // Either way: one that was last used in an hour that is still to come was begun by a clock that was ahead.
                && self.now.duration_since(session.seen_at).abs() < IDLE_TTL
        }))
    }
}

#[async_trait::async_trait]
impl Verb for FindSession {
    type Answer = Option<Session>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        self.session(tx).await
    }
}

/// Notes that a session is in use, and which school it looks at.
#[derive(Debug)]
pub struct TouchSession(pub Session);

#[async_trait::async_trait]
impl Verb for TouchSession {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.0.touch(tx).await
    }
}

/// Finds the open account with this login.
pub struct FindStaff(pub String);

#[async_trait::async_trait]
impl Verb for FindStaff {
    type Answer = Option<Staff>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(Staff::by_login(tx, &self.0).await?.filter(|staff| staff.ended_at.is_none()))
    }
}

/// Finds the open account for which a sign-in elsewhere stands.
pub struct FindFederatedStaff(pub String);

#[async_trait::async_trait]
impl Verb for FindFederatedStaff {
    type Answer = Option<Staff>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(Staff::by_federated_id(tx, &self.0).await?.filter(|staff| staff.ended_at.is_none()))
    }
}

/// Finds an open account by its name in the store.
#[derive(Debug)]
pub struct OpenStaff(pub StaffId);

#[async_trait::async_trait]
impl Verb for OpenStaff {
    type Answer = Option<Staff>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(Staff::find(tx, &self.0).await?.filter(|staff| staff.ended_at.is_none()))
    }
}

/// Forgets sessions that are over, tries of the day before, and forms of the day before.
#[derive(Debug)]
pub struct ForgetSessions {
    /// Now, UTC.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ForgetSessions {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let yesterday = self.now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        Session::forget(tx, self.now).await?;
        JuniorToken::forget(tx, self.now).await?;
        JuniorCode::forget(tx, yesterday).await?;
        SignInGuard::forget(tx, yesterday).await?;
        crate::store::tables::session::SentForm::forget(tx, yesterday).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_ends_growing() {
        let seconds: Vec<i64> = (0..15).map(|failures| wait_after(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(wait_after(u32::MAX).as_secs(), 3600);
    }
}
