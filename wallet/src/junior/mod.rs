//! mObywatel Junior: a pupil signs in with the portal's login, and only that pupil's card comes to the phone.
//!
//! The sign-in happens in a browser, on the portal's own page; the app gets a token that says who signed in, and never
//! the password. The order is that of the schools' guides: sign in, set a PIN, scan the QR code of one's own account.
//!
//! ```text
//! SignIn::begin ─► url in a browser ─► SignIn::finish ─► HolderSession ─┐
//!                              UnlockedPhone::create_as(Junior, PIN) ──┴─► keep_sign_in ─► open_offer ─► activate
//! ```
//!
//! A phone is one pupil's: as long as it holds a card of one, nobody else signs in on it.
//!
//! On a phone that is set up already [`OnlinePhone::begin_sign_in`] and [`OnlinePhone::finish_sign_in`] do the same in
//! two calls. The sign-in counts for about an hour and only when a card is added: showing and refreshing need none, so
//! the phone works offline for as long as its card does.
//!
//! ```no_run
//! # use std::{error::Error, path::Path};
//! # use shared::vci::sign_in::RedirectUri;
//! # use shared::vci::uri::IssuerUrl;
//! use wallet::acquire::event::Unobserved;
//! use wallet::app_kind::AppKind;
//! use wallet::device::DeviceDescription;
//! use wallet::junior::SignIn;
//! use wallet::online::{OnlinePhone, Surroundings};
//! use wallet::phone::{Parts, UnlockedPhone};
//!
//! # async fn set_up(home: &Path, portal: IssuerUrl, device: DeviceDescription, parts: Parts,
//! #     surroundings: Surroundings) -> Result<(), Box<dyn Error>> {
//! let sign_in = SignIn::begin(&surroundings, &portal, RedirectUri::app(), &Unobserved).await?;
//! println!("open {}", sign_in.url());
//! let came_back = "pl.mlegitymacja.junior:/signed-in?code=…&state=…&iss=…";
//! let session = sign_in.finish(&surroundings, came_back, &Unobserved).await?;
//! println!("Cześć, {}!", session.holder.given_names);
//!
//! let (pin, now) = (AppKind::Junior.new_pin("493027")?, surroundings.clock.now());
//! let phone = UnlockedPhone::create_as(AppKind::Junior, home, &device, &pin, now, parts)?;
//! let phone = OnlinePhone::new(phone, surroundings);
//! // … phone.trust_root(…), phone.accept_terms() …
//! phone.keep_sign_in(session).await?;
//! # Ok(())
//! # }
//! ```

pub(crate) mod key;
mod refusal;
mod sign_in;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use jiff::Timestamp;
use shared::vci::sign_in::{HolderInfo, RedirectUri};
use shared::vci::uri::IssuerUrl;

pub use self::refusal::SignInError;
pub use self::sign_in::SignIn;
use crate::acquire::event::Observer;
use crate::app_kind::AppKind;
pub use crate::documents::HolderSession;
use crate::documents::StoreError;
use crate::online::OnlinePhone;

/// Where a browser goes back to whose app listens at `address`; `None` unless that is 127.0.0.1 or ::1 (RFC 8252 §7.3).
pub fn loopback(address: SocketAddr) -> Option<RedirectUri> {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => RedirectUri::loopback(address.port()),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => RedirectUri::loopback_v6(address.port()),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// The pupil whose phone this is. `Debug` does not tell who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who: a name for programs, given names, class.
    pub info: HolderInfo,
    /// At which issuer they signed in.
    pub issuer: String,
    /// When, by the phone's clock.
    pub signed_in_at: Timestamp,
    /// Until when cards can be added; `None` once the sign-in does not count any more. Nothing else needs it.
    pub counts_until: Option<Timestamp>,
}

impl Holder {
    fn of(session: HolderSession, now: Timestamp) -> Self {
        let counts_until = session.live_token(now).map(|token| token.expires_at);
        let HolderSession { issuer, holder, signed_in_at, .. } = session;
        Self { info: holder, issuer, signed_in_at, counts_until }
    }
}

impl OnlinePhone {
    /// Which app this phone was set up as.
    pub fn app_kind(&self) -> AppKind {
        self.phone().app_kind()
    }

    /// Begins a sign-in at an issuer that the phone trusts; the answer's [`SignIn::url`] is to be opened in a browser.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn begin_sign_in(
        &self,
        issuer: &IssuerUrl,
        redirect: RedirectUri,
        observer: &dyn Observer,
    ) -> Result<SignIn, SignInError> {
        self.may_sign_in_at(issuer).await?;
        SignIn::begin(self.surroundings(), issuer, redirect, observer).await
    }

    /// Follows the browser's answer and keeps who signed in, in place of whoever was signed in before.
    ///
    /// # Errors
    /// See [`SignInError`], above all [`SecondPupil`](SignInError::SecondPupil); then nothing has changed.
    pub async fn finish_sign_in(
        &self,
        sign_in: &SignIn,
        redirected: &str,
        observer: &dyn Observer,
    ) -> Result<Holder, SignInError> {
        self.may_sign_in_at(sign_in.issuer()).await?;
        let session = sign_in.finish(self.surroundings(), redirected, observer).await?;
        self.keep_sign_in(session).await
    }

    /// Keeps a sign-in that was made before the phone was set up, or while it was locked.
    ///
    /// # Errors
    /// See [`SignInError`], above all when the phone does not trust the issuer, or holds a card of another pupil.
    pub async fn keep_sign_in(&self, session: HolderSession) -> Result<Holder, SignInError> {
        let issuer = IssuerUrl::parse(&session.issuer, Default::default());
        let issuer = issuer.map_err(|_| StoreError::Damaged("an issuer has no address"))?;
        self.may_sign_in_at(&issuer).await?;
        let now = self.now();
        // A card that is on its way belongs to whoever is signed in now.
        let _turn = self.activation_turn().await;
        self.with_phone(move |phone| {
            let kept = phone.documents().keep_holder_session(&session)?;
            if kept { Ok(Holder::of(session, now)) } else { Err(SignInError::SecondPupil) }
        })
        .await
    }

    /// Who is signed in, or was last: for the greeting. [`Holder::counts_until`] says whether cards can be added.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        let session = self.with_phone(|phone| phone.documents().holder_session()).await?;
        Ok(session.map(|session| Holder::of(session, self.now())))
    }

    /// Forgets who signed in. Cards stay; the issuer's token runs out by itself.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        self.with_phone(|phone| phone.documents().forget_holder_session()).await
    }

    async fn may_sign_in_at(&self, issuer: &IssuerUrl) -> Result<(), SignInError> {
        if self.app_kind() != AppKind::Junior {
            return Err(SignInError::NotJunior);
        }
        let identifier = issuer.as_str().to_owned();
        let roots = self.with_phone(move |phone| phone.documents().roots_for(&identifier)).await?;
        if roots.is_empty() { Err(SignInError::UntrustedIssuer(issuer.clone())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_comes_back_to_this_machine_alone() {
        let at = |address: &str| loopback(address.parse().unwrap()).map(|uri| uri.as_str().to_owned());
        assert_eq!(at("127.0.0.1:8090").as_deref(), Some("http://127.0.0.1:8090/junior/signed-in"));
        assert_eq!(at("[::1]:8090").as_deref(), Some("http://[::1]:8090/junior/signed-in"));
        for other in ["127.0.0.2:8090", "0.0.0.0:8090", "192.168.0.1:8090", "127.0.0.1:0"] {
            assert_eq!(at(other), None, "{other}");
        }
    }
}
