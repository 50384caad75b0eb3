//! The live QR codes of the portal: made when looked at, kept in memory while they live, stored nowhere.
//!
//! A code belongs to a card, not to a browser: whoever may see the card sees the same code, so that a reload, a
//! second window or the other parent does not kill the one that a phone is just scanning.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use shared::qr::render;
use shared::secret::Secret;
use shared::typed_code::TypedCode;

use super::Pages;
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant};
use crate::pages::PageFailure;
use crate::registry::portal_standing::{Next, ReadStanding, Standing};
use crate::store::id::{GrantId, PupilId};

/// A live code.
#[derive(Clone)]
pub(in crate::pages) struct ShownCode {
    /// The grant that it opens.
    pub(super) grant: GrantId,
    /// The QR code as an `<svg>` element.
    pub(super) svg: Arc<Secret>,
    /// What can be typed instead.
    pub(super) typed: TypedCode,
    /// When it ends.
    pub(super) expires_at: Timestamp,
}

/// Why somebody looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// To see the code on a page: the live one, or else a new one.
    Look,
    /// A new one, whatever there is.
    Fresh,
    /// To go on with a page that shows this grant's code: a new one only once that one is used up.
    Follow(Option<GrantId>),
}

/// What there is to see.
pub(super) enum Seen {
    /// This code.
    Code(ShownCode),
    /// The code that the page shows already; only the page still knows it.
    Same(GrantId),
    /// A live code that only another of our processes can show.
    Elsewhere,
    /// The school cannot make one now.
    Refused,
    /// None: something else comes first.
    None,
}

type Place = Arc<tokio::sync::Mutex<Option<ShownCode>>>;

/// The live codes, one place for each pupil; whoever makes one holds the place meanwhile.
#[derive(Default)]
pub(in crate::pages) struct Shelf(Mutex<HashMap<PupilId, Place>>);

impl Shelf {
    fn place(&self, pupil: &PupilId, now: Timestamp) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Places that nobody holds and whose code is over are given up.
        places.retain(|_, place| {
            Arc::strong_count(place) > 1
                || place.try_lock().is_ok_and(|code| code.as_ref().is_some_and(|code| now < code.expires_at))
        });
        Arc::clone(places.entry(pupil.clone()).or_default())
    }
}

impl Pages {
    /// How far the pupil's card is.
    pub(super) async fn standing(&self, pupil: &PupilId) -> Result<Standing, PageFailure> {
        let read = ReadStanding { pupil: pupil.clone(), now: self.now() };
        self.issuance.store.read(read).await?.ok_or(PageFailure::NotFound)
    }

    /// How far the pupil's card is, and the code that may be shown for it.
    pub(super) async fn look(
        &self,
        pupil: &PupilId,
        wish: &Wish,
        actor: Actor,
    ) -> Result<(Standing, Seen), PageFailure> {
        let now = self.now();
        let place = self.own.shelf.place(pupil, now);
        let mut kept = place.lock().await;
        let standing = self.standing(pupil).await?;
        if standing.next() != Next::PortalCode {
            *kept = None;
            return Ok((standing, Seen::None));
        }
        let live = standing.grant.as_ref().map(|grant| &grant.id);
        if kept.as_ref().is_some_and(|code| Some(&code.grant) != live) {
            *kept = None;
        }
        match (wish, &*kept, live) {
            (Wish::Look | Wish::Follow(_), Some(code), _) => {
                let code = code.clone();
                return Ok((standing, Seen::Code(code)));
            }
            // After a restart, or made by another process: let it live as long as somebody may be scanning it.
            (Wish::Follow(Some(shown)), None, Some(live)) if shown == live => {
                let live = live.clone();
                return Ok((standing, Seen::Same(live)));
            }
            // Two processes whose pages took the code from each other would never end.
            (Wish::Follow(_), None, Some(_)) => return Ok((standing, Seen::Elsewhere)),
            (Wish::Follow(_) | Wish::Look, None, _) | (Wish::Fresh, _, _) => {}
        }
        let Some(order) = standing.order.as_ref().map(|order| order.id.clone()) else {
            return Ok((standing, Seen::None));
        };
        let (verb, secrets) = MakeGrant::new(&self.issuance, GrantSource::Order(order, None), actor);
        // Before the act: a code that cannot be shown must not be made.
        let uri = secrets.offer_uri(&self.issuance.addresses).map_err(|error| PageFailure::ours(&error))?;
        let svg = render::svg(uri.expose()).map_err(|error| PageFailure::ours(&error))?;
        let grant = match self.issuance.store.write(verb).await? {
            Ok(grant) => grant,
            Err(refusal) => {
                tracing::info!(%refusal, "the portal shows no code");
                return Ok((standing, Seen::Refused));
            }
        };
        let code = ShownCode {
            grant: grant.id,
            svg: Arc::new(Secret::new(svg)),
            typed: secrets.typed,
            expires_at: grant.expires_at,
        };
        *kept = Some(code.clone());
        Ok((standing, Seen::Code(code)))
    }
}
