//! Judging an answer: pure, but for the revocation data, which are handed in.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::Value;
use shared::presentation::revocation::{RevocationData, Standing};
use shared::presentation::time::CorrectedTime;
use shared::presentation::trust;
use shared::presentation::verdict::{Check, Checked, Inspection, Outcome, Reason, Verdict};
use shared::sd_jwt::{ClaimPath, ExpectedBinding, Trust, UndatedPresentation, UnverifiedPresentation};
use shared::status::StatusReference;
use shared::vp::dcql::CredentialQuery;
use shared::vp::request::AuthorizationRequest;
use shared::vp::response::VpToken;
use shared::x509::chain::TrustAnchor;

use super::refusal::AnswerRefusal;

/// How far the holder's clock may be off ours.
pub const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// The dates of the list from which a verifier has its roots; none where somebody put the roots there by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListDates {
    /// Of when it is: no clock may stand before it.
    pub as_of: Option<Timestamp>,
    /// The first instant at which it is too old.
    pub until: Option<Timestamp>,
}

impl From<&trust::Trust> for ListDates {
    fn from(trust: &trust::Trust) -> Self {
        Self { as_of: trust.as_of, until: trust.until }
    }
}

/// What a holder disclosed, by the paths of the claims. Personal data: it neither prints nor outlives its session.
#[derive(Clone, PartialEq, Default)]
pub struct Shown(BTreeMap<String, Value>);

impl Shown {
    /// The value at a path such as `age_equal_or_over.18`.
    pub fn claim(&self, path: &str) -> Option<&Value> {
        self.0.get(path)
    }

    /// All of them.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(path, value)| (path.as_str(), value))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({} claims)", self.0.len())
    }
}

/// For the inspector's own screen, and for nothing else.
impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// An answer whose signatures hold and that answers what was asked; its dates and its standing nobody has judged yet.
pub struct AnsweredQuery {
    presentations: Vec<UndatedPresentation>,
    checked: Vec<Check>,
}

/// Verifies `token` as the answer to `request`, which was made at `asked_at`.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(
    token: &VpToken,
    request: &AuthorizationRequest,
    asked_at: Timestamp,
    anchors: &[TrustAnchor],
    now: Timestamp,
) -> Result<AnsweredQuery, AnswerRefusal> {
    let audience = request.client_id.to_string();
    let around = |at: Timestamp, by: SignedDuration| at.saturating_add(by).unwrap_or(at);
    let issued = around(asked_at, -CLOCKS_DIFFER)..=around(now, CLOCKS_DIFFER);
    let expected = ExpectedBinding { audience: &audience, nonce: &request.nonce, issued };
    let mut presentations = Vec::new();
    let mut answered = Vec::new();
    for (id, list) in token.presentations() {
        let query = request.query.credential(id).ok_or(AnswerRefusal::UnknownCredential)?;
        if list.len() > 1 && !query.multiple {
            return Err(AnswerRefusal::TooManyPresentations);
        }
        answered.push(id);
        for text in list {
            let presentation =
                UnverifiedPresentation::parse(text)?.verify(&Trust::Anchors(anchors), &expected)?;
            hold_against(&presentation, query)?;
            presentations.push(presentation);
        }
    }
    if !request.query.is_complete_with(&answered) {
        return Err(AnswerRefusal::MissingCredential);
    }
    let root =
        presentations.first().and_then(|one| one.signer()).map(|signer| signer.anchor().certificate().name());
    let chain = Check::of(Checked::Chain);
    let checked = vec![
        root.map_or(chain.clone(), |root| chain.by(root)),
        Check::of(Checked::IssuerSignature),
        Check::of(Checked::HolderSignature),
        Check::of(Checked::Request).as_of(asked_at),
    ];
    Ok(AnsweredQuery { presentations, checked })
}

/// The right type, nothing that was not asked, all that was.
fn hold_against(presentation: &UndatedPresentation, query: &CredentialQuery) -> Result<(), AnswerRefusal> {
    let claims = presentation.claims();
    let vct = claims.credential_type().unwrap_or_default();
    if !query.vct_values().is_some_and(|values| values.contains(&vct)) {
        return Err(AnswerRefusal::OtherType);
    }
    // What contains a claim that was asked comes with it, and what is inside one too.
    let asked = |disclosed: &ClaimPath| query.paths().any(|path| path.is_along(disclosed));
    if !claims.disclosed().iter().all(asked) {
        return Err(AnswerRefusal::TooMuch);
    }
    if !query.is_answered_by(claims.all()) {
        return Err(AnswerRefusal::TooLittle);
    }
    Ok(())
}

impl AnsweredQuery {
    /// Where the credentials' standing is told, each with the root whose word counts about it.
    pub fn references(&self) -> Vec<(StatusReference, TrustAnchor)> {
        self.presentations.iter().filter_map(reference).collect()
    }

    /// Judges dates and standing, by roots out of a list of these dates.
    ///
    /// What somebody trusted has signed for a later time than `time` proves the clock slow: nothing is valid then, as
    /// nothing is by a list of roots that is too old.
    pub fn judge(self, revocation: &dyn RevocationData, time: CorrectedTime, list: ListDates) -> Judged {
        let shown = self.shown();
        let mut checked = self.checked.clone();
        let time = time.not_before(revocation.latest_signed(), CLOCKS_DIFFER);
        let time = time.not_before(list.as_of, CLOCKS_DIFFER);
        let now = time.now();
        if let Some(refusal) = unfit(time, list) {
            return Judged::refused(refusal, checked, Some(shown), time);
        }
        let mut worst: Option<Verdict> = None;
        for presentation in &self.presentations {
            if let Err(fault) = presentation.judge(now) {
                return Judged::refused(fault.into(), checked, Some(shown), time);
            }
            let standing = reference(presentation)
                .map_or(Standing::Unknown, |(place, root)| revocation.standing(&place, &root, now));
            let doubt = |since, reason| Verdict::new(Outcome::UnknownSince { since }).because(reason);
            match standing {
                Standing::Good { as_of, .. } => checked.push(Check::of(Checked::Revocation).as_of(as_of)),
                Standing::Revoked { since, exact } => {
                    return Judged::refused(
                        AnswerRefusal::Revoked { since, exact },
                        checked,
                        Some(shown),
                        time,
                    );
                }
                Standing::Outdated { as_of } => worst = Some(doubt(Some(as_of), Reason::ListOutdated)),
                Standing::Unknown => worst = Some(doubt(None, Reason::NoList)),
            }
        }
        checked.push(Check::of(Checked::Validity));
        let verdict = worst.unwrap_or_else(|| Verdict::new(Outcome::Valid)).judged_at(now).after(checked);
        Judged { inspection: Inspection { verdict, disclosed: Some(shown) }, refusal: None }
    }

    /// What was disclosed: the claims that a holder chose to show.
    fn shown(&self) -> Shown {
        let mut shown = BTreeMap::new();
        for presentation in &self.presentations {
            let claims = presentation.claims();
            for path in claims.disclosed() {
                if let Some(value) = claims.at(path) {
                    shown.insert(path.to_string(), value.clone());
                }
            }
        }
        Shown(shown)
    }
}

/// Why nobody can be judged with this time and this list of roots.
fn unfit(time: CorrectedTime, list: ListDates) -> Option<AnswerRefusal> {
    let outdated = list.until.is_some_and(|until| time.now() >= until);
    let doubt = time.doubt().map(AnswerRefusal::ClockUncertain);
    doubt.or(outdated.then_some(AnswerRefusal::TrustListOutdated))
}

fn reference(presentation: &UndatedPresentation) -> Option<(StatusReference, TrustAnchor)> {
    let place = presentation.claims().status()?.clone();
    Some((place, presentation.signer()?.anchor().clone()))
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Judged {
    /// For the inspector.
    pub inspection: Inspection<Shown>,
    /// For the phone, where the answer is refused.
    pub refusal: Option<AnswerRefusal>,
}

impl Judged {
    /// A refusal as a verdict.
    pub(super) fn refused(
        refusal: AnswerRefusal,
        checked: Vec<Check>,
        disclosed: Option<Shown>,
        time: CorrectedTime,
    ) -> Self {
        let verdict = refusal.verdict(time).after(checked);
        Self { inspection: Inspection { verdict, disclosed }, refusal: Some(refusal) }
    }
}
