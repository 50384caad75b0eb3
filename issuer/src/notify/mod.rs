//! Notices: what the school tells pupils and guardians. They are written in the same transaction as the act
//! that they tell of, and never hold a code. [`outbox`] hands them over.

pub mod ediary;
pub mod link;
pub mod mail;
pub mod outbox;
mod refused_photo;
mod remind;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use shared::validity::warsaw_date;

pub(crate) use self::refused_photo::photo_refused;
pub use self::remind::RemindOfSlips;
use crate::audit::Act;
use crate::issuance::dossier::{Dossier, SchoolFile};
use crate::registry::profile::SchoolProfile;
use crate::store::id::{CardId, GuardianId, NoticeId, SchoolId};
use crate::store::tables::device::EndReason;
use crate::store::tables::grant::Grant;
use crate::store::tables::notice::{Channel, Event, Notice, NoticeState};
use crate::store::tables::pupil::{Application, Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// How many notices one event is worth at most: a diary, a banner, and the guardians' letters.
const AT_MOST: u32 = 6;

/// What there is to tell, and to whom.
struct News<'a> {
    event: Event,
    school: &'a SchoolId,
    profile: &'a SchoolProfile,
    pupil: &'a Pupil,
    /// The only guardian who gets a letter; all of them without it.
    only: Option<&'a GuardianId>,
    subject: &'a str,
    body: String,
    at: Timestamp,
}

/// Tells by every channel of the profile. `ids` bounds how many notices are written.
async fn tell(
    tx: &mut dyn Statements,
    news: News<'_>,
    ids: impl IntoIterator<Item = NoticeId>,
) -> Result<(), StoreError> {
    if news.pupil.erased_at.is_some() {
        return Ok(());
    }
    let mut recipients = Vec::new();
    for channel in &news.profile.notify {
        match channel {
            Channel::EDiary | Channel::Portal => recipients.push((*channel, news.pupil.id.to_string())),
            Channel::Email => {
                let guardians = Guardian::of_pupil(tx, &news.pupil.id).await?;
                let wanted = guardians.into_iter().filter(|g| news.only.is_none_or(|only| g.id == *only));
                for address in wanted.filter_map(|g| g.email) {
                    // Parents who share an address get one letter.
                    if !recipients.iter().any(|(_, to): &(_, String)| to.eq_ignore_ascii_case(&address)) {
                        recipients.push((*channel, address));
                    }
                }
            }
        }
    }
    for (id, (channel, recipient)) in ids.into_iter().zip(recipients) {
        // The banner is there as soon as it is written.
        let shown = channel == Channel::Portal;
        let notice = Notice {
            id,
            school_id: news.school.clone(),
            pupil_id: news.pupil.id.clone(),
            event: news.event,
            channel,
            recipient,
            subject: news.subject.to_owned(),
            body: news.body.clone(),
            state: if shown { NoticeState::Delivered } else { NoticeState::Queued },
            created_at: news.at,
            attempts: 0,
            next_attempt_at: (!shown).then_some(news.at),
            settled_at: shown.then_some(news.at),
            last_error: None,
        };
        notice.insert(tx).await?;
    }
    Ok(())
}

/// The names of what an act tells about `about`.
fn ids_of<'a>(act: &'a Act, about: &'a str) -> impl Iterator<Item = NoticeId> + 'a {
    (0..AT_MOST).map(move |n| act.notice_id(about, n))
}

fn day(at: Timestamp) -> String {
    warsaw_date(at).strftime("%d.%m.%Y").to_string()
}

/// Tells that a card can be fetched; `ids` bounds how many notices are written.
pub(crate) async fn card_ready(
    tx: &mut dyn Statements,
    dossier: &Dossier,
    grant: &Grant,
    ids: &[NoticeId],
) -> Result<(), StoreError> {
    let body = if grant.code_mac.is_some() {
        let until = day(grant.expires_at);
        format!(
            "Kod QR i kod aktywacyjny mLegitymacji są do odbioru w sekretariacie szkoły. Kody są ważne do {until}."
        )
    } else {
        "Kod QR mLegitymacji jest dostępny po zalogowaniu, w sekcji Aplikacje.".to_owned()
    };
    let news = News {
        event: Event::CardReady,
        school: &dossier.card.school_id,
        profile: &dossier.office.profile,
        pupil: &dossier.pupil,
        only: None,
        subject: "mLegitymacja gotowa do pobrania",
        body,
        at: grant.created_at,
    };
    tell(tx, news, ids.iter().cloned()).await
}

/// Reminds of codes that end soon: collected and not used, or still in the office.
async fn slip_expires(
    tx: &mut dyn Statements,
    dossier: &Dossier,
    grant: &Grant,
    act: &Act,
) -> Result<(), StoreError> {
    let until = day(grant.expires_at);
    let (subject, body) = if grant.collected_at.is_some() {
        (
            "mLegitymacja czeka na aktywację",
            format!(
                "Odebrane kody mLegitymacji nie zostały jeszcze użyte i tracą ważność {until}. Aktywacja wymaga \
                 aplikacji mObywatel: zeskanuj kod QR i wpisz kod aktywacyjny."
            ),
        )
    } else {
        (
            "Kody mLegitymacji czekają na odbiór",
            format!(
                "Kod QR i kod aktywacyjny mLegitymacji nadal czekają w sekretariacie szkoły i tracą ważność {until}."
            ),
        )
    };
    let news = News {
        event: Event::GrantExpiring,
        school: &dossier.card.school_id,
        profile: &dossier.office.profile,
        pupil: &dossier.pupil,
        only: None,
        subject,
        body,
        at: act.at,
    };
    tell(tx, news, ids_of(act, grant.id.as_str())).await
}

/// How far a revocation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// The card is on no device any more, and its open codes are void.
    Everywhere,
    /// One device has lost it.
    OneDevice,
}

/// Tells that a card was taken off its devices by the school. What happens by itself, or at the wish of whoever
/// holds the phone, is not worth a notice.
pub(crate) async fn card_revoked(
    tx: &mut dyn Statements,
    card: &CardId,
    how_far: Revoked,
    reason: EndReason,
    act: &Act,
) -> Result<(), StoreError> {
    let Some(why) = reason_in_words(reason) else { return Ok(()) };
    let Some(dossier) = Dossier::load(tx, card, act.at, false).await? else { return Ok(()) };
    let place = match how_far {
        Revoked::Everywhere => "na wszystkich urządzeniach",
        Revoked::OneDevice => "na jednym z urządzeń",
    };
    let next = match reason {
        EndReason::CardVoid => "Nową mLegitymację szkoła wyda po wystawieniu nowej legitymacji.",
        EndReason::MovedSchool => "Nową mLegitymację wyda szkoła, do której uczeń przeszedł.",
        _ => "Legitymacja szkolna pozostaje ważna; o nowe kody można poprosić w sekretariacie.",
    };
    let news = News {
        event: Event::CardRevoked,
        school: &dossier.card.school_id,
        profile: &dossier.office.profile,
        pupil: &dossier.pupil,
        only: None,
        subject: "mLegitymacja unieważniona",
        body: format!("mLegitymacja została unieważniona {place}. Powód: {why}. {next}"),
        at: act.at,
    };
    tell(tx, news, ids_of(act, card.as_str())).await
}

fn reason_in_words(reason: EndReason) -> Option<&'static str> {
    match reason {
        EndReason::PhoneLost => Some("utrata telefonu"),
        EndReason::PhoneDamaged => Some("uszkodzenie lub niepoprawne działanie telefonu"),
        EndReason::IdentityStolen => Some("utrata tożsamości"),
        EndReason::ServiceGivenUp => Some("rezygnacja z usługi"),
        EndReason::DataWrong => Some("błąd w danych"),
        EndReason::CardVoid => Some("utrata ważności legitymacji szkolnej"),
        EndReason::MovedSchool => Some("przejście do innej szkoły"),
        EndReason::Superseded => Some("wymiana certyfikatów"),
        EndReason::Deleted | EndReason::NeverReleased => None,
    }
}

/// Tells whoever applied why an application was sent back.
pub(crate) async fn sent_back(
    tx: &mut dyn Statements,
    application: &Application,
    reason: &str,
    act: &Act,
) -> Result<(), StoreError> {
    let Some(pupil) = Pupil::find(tx, &application.pupil_id).await? else { return Ok(()) };
    let Some(office) = SchoolFile::load(tx, &pupil.school_id, act.at).await? else { return Ok(()) };
    // A reason ends as it was typed; the sentence that holds it ends with one full stop.
    let reason = reason.trim_end_matches('.');
    let news = News {
        event: Event::ApplicationSentBack,
        school: &pupil.school_id,
        profile: &office.profile,
        pupil: &pupil,
        only: application.guardian_id.as_ref(),
        subject: "Wniosek o mLegitymację wymaga poprawienia",
        body: format!(
            "Wniosek o wydanie mLegitymacji został zwrócony. Powód: {reason}. Poprawiony wniosek należy złożyć \
             w sekretariacie szkoły."
        ),
        at: act.at,
    };
    tell(tx, news, ids_of(act, application.id.as_str())).await
}

/// Reads notices, oldest first.
#[derive(Debug)]
pub struct ReadNotices {
    /// Written then or later.
    pub since: Timestamp,
    /// Of those written at that very instant only those after this one.
    pub after: Option<NoticeId>,
    /// At most so many.
    pub limit: u32,
    /// Only those about pupils of this school.
    pub school: Option<SchoolId>,
}

#[async_trait::async_trait]
impl Verb for ReadNotices {
    type Answer = Vec<Notice>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match &self.school {
            None => Notice::since(tx, self.since, self.after.as_ref(), self.limit).await,
            Some(school) => Notice::since_at(tx, school, self.since, self.after.as_ref(), self.limit).await,
        }
    }
}
