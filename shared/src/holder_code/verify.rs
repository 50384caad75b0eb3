//! A code becomes a verdict: pure, without any network.

use jiff::{SignedDuration, Timestamp};

use super::code::{CodeFault, HolderClock, UnverifiedCode};
use super::content::Content;
use super::credential::{CodeCredential, CredentialFault, VerifiedCredential};
use super::purpose::Purpose;
use crate::presentation::revocation::{RevocationData, Standing};
use crate::presentation::seen::SeenCodes;
use crate::presentation::time::CorrectedTime;
use crate::presentation::trust::Trust;
use crate::presentation::verdict::{Check, Checked, Inspection, Outcome, Reason, Verdict};
use crate::x509::signer::VerifiedSigner;

/// How old a code may be, by corrected clocks: it is shown for 15 seconds, and takes its time to be read.
pub const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// How far a code may be ahead of the inspector's corrected clock.
pub const AHEAD: SignedDuration = SignedDuration::from_secs(15);

/// Judges the text of a code.
///
/// - `trust`: the roots and the keys that sign codes;
/// - `revocation`: the status lists that were fetched, this morning or a moment ago;
/// - `now`: the time, corrected by the last signed one; in doubt, nothing is valid;
/// - `asked`: for what a code was asked for; `None` takes any;
/// - `seen`: what this device has accepted lately; only a valid code is added.
///
/// What is disclosed is there as soon as both signatures hold, so that a screen can say whose card has expired.
pub fn verify(
    text: &str,
    trust: &Trust,
    revocation: &dyn RevocationData,
    now: CorrectedTime,
    asked: Option<Purpose>,
    seen: &mut SeenCodes,
) -> Inspection<Content> {
    let (code, authentic) = match authenticate(text, trust, now) {
        Ok(authentic) => authentic,
        Err(verdict) => {
            let verdict = if now.doubt().is_none() { verdict.judged_at(now.now()) } else { verdict };
            return Inspection { verdict, disclosed: None };
        }
    };
    let mut checked = authentic.checked(trust);
    let claims = authentic.credential.claims();
    let verdict = certain_time(claims, trust, revocation, now, asked).and_then(|now| {
        let standing = revocation.standing(&claims.status, authentic.signer.anchor(), now);
        let judged = judge(&code, claims, standing, now, &mut checked).and_then(|()| {
            if !seen.is_new(&claims.key, code.made_at()) {
                return Err(too_old(code.made_at(), Reason::SeenBefore));
            }
            checked.push(Check::of(Checked::Replay));
            seen.remember(&claims.key, code.made_at(), now, FRESH + AHEAD);
            Ok(Verdict::new(Outcome::Valid))
        });
        judged.map(|valid| valid.judged_at(now)).map_err(|verdict| verdict.judged_at(now))
    });
    let verdict = verdict.unwrap_or_else(|refusal| refusal);
    Inspection { verdict: verdict.after(checked), disclosed: Some(claims.content.clone()) }
}

/// A code whose two signatures hold, the issuer's by a key that is trusted.
struct Authentic {
    signer: VerifiedSigner,
    credential: VerifiedCredential,
}

impl Authentic {
    fn checked(&self, trust: &Trust) -> Vec<Check> {
        let root = self.signer.anchor();
        let name = trust.name_of(root).map_or_else(|| root.certificate().name(), str::to_owned);
        let chain = Check { as_of: trust.as_of, ..Check::of(Checked::Chain).by(name) };
        vec![chain, Check::of(Checked::IssuerSignature), Check::of(Checked::HolderSignature)]
    }
}

fn authenticate(
    text: &str,
    trust: &Trust,
    now: CorrectedTime,
) -> Result<(UnverifiedCode, Authentic), Verdict> {
    let code = UnverifiedCode::parse(text).map_err(unreadable)?;
    let id = code.credential().signer();
    let mut named = trust.signers_named(id).peekable();
    let first = named.peek().ok_or_else(|| distrusted(Reason::UnknownSigner))?;
    // Whoever does not know the time can still tell whether a signature is right; nothing is valid for them anyway.
    let at = if now.doubt().is_some() { first.certificate().not_before() } else { now.now() };
    let signer = trust.signer(id, at).map_err(distrusted)?;
    let credential = code
        .credential()
        .clone()
        .verify(signer.public_key())
        .map_err(|_| altered(Reason::IssuerSignature))?;
    code.verify_holder(&credential).map_err(|_| altered(Reason::HolderSignature))?;
    Ok((code, Authentic { signer, credential }))
}

/// What time it is, if that is known well enough to judge by, and this is what was asked for.
fn certain_time(
    claims: &CodeCredential,
    trust: &Trust,
    revocation: &dyn RevocationData,
    now: CorrectedTime,
    asked: Option<Purpose>,
) -> Result<Timestamp, Verdict> {
    if asked.is_some_and(|asked| asked != claims.content.purpose()) {
        return Err(distrusted(Reason::AnotherPurpose));
    }
    let now = now.not_before(revocation.latest_signed(), AHEAD).not_before(trust.as_of, AHEAD);
    if let Some(doubt) = now.doubt() {
        return Err(uncertain(doubt.into()));
    }
    if trust.until.is_some_and(|until| now.now() >= until) {
        return Err(distrusted(Reason::TrustListOutdated));
    }
    Ok(now.now())
}

/// What stands against the code: the final reasons first, those that another try may remove last.
fn judge(
    code: &UnverifiedCode,
    claims: &CodeCredential,
    standing: Standing,
    now: Timestamp,
    checked: &mut Vec<Check>,
) -> Result<(), Verdict> {
    if now < claims.not_before {
        return Err(Verdict::new(Outcome::NotYetValid { from: claims.not_before }));
    }
    // Before revocation: the place in the list may belong to somebody else by now.
    if now >= claims.expires {
        return Err(Verdict::new(Outcome::Expired { since: claims.expires }));
    }
    checked.push(Check::of(Checked::Validity));
    if let Standing::Revoked { since, exact } = standing {
        return Err(Verdict::new(Outcome::Revoked { since, exact }));
    }
    if code.clock() == HolderClock::Uncorrected {
        return Err(uncertain(Reason::HolderWithoutSignedTime));
    }
    let age = now.duration_since(code.made_at());
    if age < -AHEAD {
        return Err(uncertain(Reason::FromTheFuture));
    }
    if age > FRESH {
        return Err(too_old(code.made_at(), Reason::Stale));
    }
    checked.push(Check::of(Checked::Freshness).as_of(code.made_at()));
    let unknown = |since, reason| Err(Verdict::new(Outcome::UnknownSince { since }).because(reason));
    match standing {
        Standing::Good { as_of, .. } => {
            checked.push(Check::of(Checked::Revocation).by(claims.status.uri.as_str()).as_of(as_of));
            Ok(())
        }
        Standing::Revoked { since, exact } => Err(Verdict::new(Outcome::Revoked { since, exact })),
        Standing::Outdated { as_of } => unknown(Some(as_of), Reason::ListOutdated),
        Standing::Unknown => unknown(None, Reason::NoList),
    }
}

fn uncertain(reason: Reason) -> Verdict {
    Verdict::new(Outcome::ClockUncertain).because(reason)
}

fn distrusted(reason: Reason) -> Verdict {
    Verdict::new(Outcome::NotTrusted).because(reason)
}

fn altered(reason: Reason) -> Verdict {
    Verdict::new(Outcome::Altered).because(reason)
}

fn too_old(made_at: Timestamp, reason: Reason) -> Verdict {
    Verdict::new(Outcome::CodeTooOld { made_at }).because(reason)
}

fn unreadable(fault: CodeFault) -> Verdict {
    let no_card = |reason| Verdict::new(Outcome::NotACard).because(reason);
    match fault {
        CodeFault::TooLong | CodeFault::Credential(CredentialFault::TooLong) => no_card(Reason::TooLarge),
        CodeFault::NotACode
        | CodeFault::NotBase45
        | CodeFault::NotCbor
        | CodeFault::NotSigned
        | CodeFault::Credential(CredentialFault::NotCbor | CredentialFault::NotSigned) => {
            no_card(Reason::UnknownForm)
        }
        CodeFault::Header
        | CodeFault::Claims
        | CodeFault::Credential(CredentialFault::Header | CredentialFault::Claims) => {
            no_card(Reason::UnknownContent)
        }
        CodeFault::NotDeterministic | CodeFault::Credential(CredentialFault::NotDeterministic) => {
            altered(Reason::Encoding)
        }
    }
}

#[cfg(test)]
mod tests;
