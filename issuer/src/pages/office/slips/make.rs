//! Making slips, and the sheets that show their codes once.

use axum::response::{IntoResponse, Redirect, Response};

use crate::audit::Actor;
use crate::http::failure::{Code, Coded};
use crate::issuance::grant::{GrantRefusal, GrantSource, MakeGrant, SlipSecrets};
use crate::issuance::order::OrderRefusal;
use crate::pages::form::{Fields, Sent};
use crate::pages::office::Office;
use crate::pages::print::job::Progress;
use crate::pages::print::{SlipSheets, slips_pdf};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::issue_book::slip::{ReadSlip, SlipFile};
use crate::store::Verb;
use crate::store::tables::grant::Grant;

/// Where a print job is looked after.
pub(super) fn print_place(job: &str) -> String {
    format!("/office/print/{job}")
}

/// Makes one slip by `verb` for the form that was sent, and leads to where its sheets are printed. The same form
/// sent again leads there too and makes nothing.
pub(in crate::pages::office) async fn one<V>(
    pages: &Pages,
    office: &Office,
    sent: &Sent,
    verb: V,
    secrets: SlipSecrets,
    refused: impl AsyncFnOnce(Fields) -> Result<Response, PageFailure>,
) -> Result<Response, PageFailure>
where
    V: Verb<Answer = Result<Grant, GrantRefusal>>,
{
    // Before the act: a slip that cannot be shown must not be made.
    secrets.offer_uri(&pages.issuance.addresses).map_err(|error| PageFailure::ours(&error))?;
    let (jobs, job) = (pages.print_jobs(), pages.fresh_key());
    // Before the act as well: whoever sends the form twice must find the job.
    jobs.begin(&job, office.session().hash, pages.now(), 1, None);
    let place = print_place(&job);
    match office.try_once(pages, sent, verb, move |_| place.clone()).await {
        Ok(Ok((Some(grant), place))) => {
            let mut progress = Progress { total: 1, ..Progress::default() };
            let sheet = sheet_of(pages, grant, secrets, &mut progress).await;
            print(pages, &job, progress, sheet.into_iter().collect()).await;
            Ok(Redirect::to(&place).into_response())
        }
        Ok(Ok((None, place))) => {
            jobs.forget(&job);
            Ok(Redirect::to(&place).into_response())
        }
        Ok(Err(refusal)) => {
            jobs.forget(&job);
            refused(Fields::refused(&sent.typed, &refusal, office.lang)).await
        }
        Err(failure) => {
            jobs.forget(&job);
            Err(failure)
        }
    }
}

/// What the slip of a pupil of a class is made from, and whose it is.
pub(super) struct ClassTask {
    pub(super) source: GrantSource,
    pub(super) pupil: String,
}

/// Begins a print job for `total` slips of a class, claims its tasks by the form that was sent, and works them off
/// beside the answer, which leads to the job. The same form sent again leads there too and makes nothing.
pub(super) async fn begin_class<V>(
    pages: &Pages,
    office: &Office,
    sent: &Sent,
    class_name: String,
    total: usize,
    claim: V,
) -> Result<Response, PageFailure>
where
    V: Verb<Answer = Result<Vec<ClassTask>, OrderRefusal>>,
{
    let job = pages.fresh_key();
    let place = print_place(&job);
    pages.print_jobs().begin(&job, office.session().hash, pages.now(), total, Some(class_name.clone()));
    let claimed = office.try_once(pages, sent, claim, move |_| place.clone()).await;
    let outcome = match claimed {
        Ok(Ok((Some(tasks), place))) => {
            let actor = Actor::Staff(office.staff.id.clone());
            tokio::spawn(class(pages.clone(), actor, job, class_name, tasks));
            return Ok(Redirect::to(&place).into_response());
        }
        Ok(Ok((None, place))) => Ok(Redirect::to(&place).into_response()),
        Ok(Err(refusal)) => Err(PageFailure::refused(&refusal)),
        Err(failure) => Err(failure),
    };
    pages.print_jobs().forget(&job);
    outcome
}

/// Makes the slips of a class one after the other, tells the job how far it is, and prints them all at the end.
async fn class(pages: Pages, actor: Actor, job: String, class_name: String, tasks: Vec<ClassTask>) {
    let mut progress = Progress { class_name: Some(class_name), total: tasks.len(), ..Progress::default() };
    let mut sheets = Vec::new();
    for ClassTask { source, pupil } in tasks {
        let (verb, secrets) = MakeGrant::new(&pages.issuance, source, actor.clone());
        match pages.issuance.store.write(verb).await {
            Ok(Ok(grant)) => sheets.extend(sheet_of(&pages, grant, secrets, &mut progress).await),
            Ok(Err(refusal)) => progress.refused.push((pupil, refusal.code())),
            Err(error) => {
                tracing::error!(%error, "cannot make a slip for a class");
                progress.refused.push((pupil, Code::Unavailable));
            }
        }
        pages.print_jobs().advance(&job, progress.clone());
    }
    print(&pages, &job, progress, sheets).await;
}

/// The sheets of a slip that was just made; none, and logged, if they cannot be: then the slip is to be replaced.
async fn sheet_of(
    pages: &Pages,
    grant: Grant,
    secrets: SlipSecrets,
    progress: &mut Progress,
) -> Option<SlipSheets> {
    let id = grant.id.clone();
    let file = match pages.issuance.store.read(ReadSlip { slip: id.clone(), now: pages.now() }).await {
        Ok(Some(file)) => file,
        Ok(None) => {
            tracing::error!(slip = %id, "cannot print a slip: it is not one on paper");
            progress.made.push((id, String::new()));
            return None;
        }
        Err(error) => {
            tracing::error!(%error, "cannot print a slip");
            progress.made.push((id, String::new()));
            return None;
        }
    };
    progress.made.push((id, format!("{} {}", file.pupil.surname, file.pupil.given_names)));
    written(pages, file, secrets)
}

fn written(pages: &Pages, file: SlipFile, secrets: SlipSecrets) -> Option<SlipSheets> {
    let offer = match secrets.offer_uri(&pages.issuance.addresses) {
        Ok(offer) => offer,
        Err(error) => {
            tracing::error!(%error, "cannot print a slip");
            return None;
        }
    };
    Some(SlipSheets {
        school: file.school.name,
        pupil: file.pupil.full_name(),
        class_name: file.pupil.class_name,
        reference: file.slip.id.to_string(),
        expires_at: file.slip.expires_at,
        of_age: file.of_age,
        minor_may_collect: file.pupil_may_collect,
        devices: file.profile.devices.limit(),
        offer,
        typed: shared::secret::Secret::new(secrets.typed.expose()),
        code: shared::secret::Secret::new(secrets.code.expose()),
    })
}

/// Prints the sheets into the job. They are Polish whatever the clerk reads: parents get them.
async fn print(pages: &Pages, job: &str, progress: Progress, sheets: Vec<SlipSheets>) {
    let now = pages.now();
    let made = if sheets.is_empty() {
        None
    } else {
        match tokio::task::spawn_blocking(move || slips_pdf(&sheets, Lang::Pl, now)).await {
            Ok(Ok(pdf)) => Some(pdf),
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot print slips");
                None
            }
            Err(error) => {
                tracing::error!(%error, "cannot print slips");
                None
            }
        }
    };
    pages.print_jobs().finish(job, now, progress, made);
}
