//! Deciding about one picture: whose it is, and whether it becomes that pupil's photo.

use axum::extract::{Path, State};
use axum::response::Response;

use super::NAV;
use super::review::{CROP, View, find, judge_aside};
use super::verdict::told;
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::office::{Office, done};
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::fault::Faults;
use crate::registry::photo::PhotoRules;
use crate::registry::photo_book::KeepPhoto;
use crate::registry::photo_inbox::settle::{
    AcceptPicture, AcceptanceForm, AssignPicture, CRITERIA, NoteRefusal, RefusalForm, RefusePicture, Told,
};
use crate::store::id::{PhotoId, PupilId};
use crate::store::tables::photo_inbox::Origin;

/// Says whose photo it is.
pub(super) async fn assign(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let picture = find(&pages, &office, &id).await?;
    let here = format!("{NAV}/{}", picture.row.id);
    let Some(pupil) = PupilId::parse(sent.typed.text("pupil")) else {
        let fields = Fields::of(sent.typed.clone()).with_fault("pupil", office.lang.t("photo-pupil-missing"));
        return View { fields, ..View::default() }.render(&office, picture).await;
    };
    let (school, row) = (office.school.id.clone(), picture.row.id.clone());
    let verb = AssignPicture { school, id: row, pupil, act: office.act() };
    let place = move |(): &()| done(&here, "photo-assigned");
    let again = async |fields| View { fields, ..View::default() }.render(&office, picture).await;
    office.act_once(&pages, &sent, verb, place, again).await
}

/// Makes it the pupil's photo, or says why not.
pub(super) async fn accept(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let picture = find(&pages, &office, &id).await?;
    let typed = &sent.typed;
    let form = AcceptanceForm {
        crop: CROP.map(|name| typed.text(name)),
        ticked: CRITERIA.into_iter().filter(|name| typed.ticked(name)).collect(),
    };
    let view = View::again(typed);
    let cut = match form.parse() {
        Ok(cut) => cut,
        Err(faults) => {
            let fields = unticked(typed, &faults, office.lang);
            return View { fields, ..view }.render(&office, picture).await;
        }
    };
    let Some(pupil) = PupilId::parse(typed.text("pupil")) else {
        let fields = Fields::of(typed.clone()).with_fault("pupil", office.lang.t("photo-pupil-missing"));
        return View { fields, ..view }.render(&office, picture).await;
    };
    let (school, row) = (office.school.id.clone(), picture.row.id.clone());
    let mut keep = None;
    if let Some(bytes) = picture.bytes.clone() {
        match judge_aside(bytes, PhotoRules::from(&picture.rules), cut).await?.accepted {
            Ok(photo) => {
                let entropy = &*pages.issuance.entropy;
                keep = Some(KeepPhoto::new(pupil.clone(), photo, office.act(), entropy));
            }
            Err(why) => {
                let verb = NoteRefusal { school, id: row, why, act: office.act() };
                if let Err(refusal) = pages.issuance.store.write(verb).await? {
                    return Err(PageFailure::refused(&refusal));
                }
                let fields = Fields::of(typed.clone()).with_fault("crop", told(&why, office.lang));
                return View { fields, ..view }.render(&office, picture).await;
            }
        }
    }
    // Whoever chose the file goes back to the pupil, whoever works through the mail to the rest of it.
    let place = match picture.row.origin {
        Origin::Office => done(&format!("/office/pupils/{pupil}/photo"), "photo-kept"),
        Origin::Mail | Origin::Portal => done(NAV, "photo-kept"),
    };
    let present = PhotoId::parse(typed.text("present"));
    let verb = AcceptPicture { school, id: row, pupil, present, keep, act: office.act() };
    // As it is by now: whoever is told that something has changed sees what.
    let again =
        async |fields| View { fields, ..view }.render(&office, find(&pages, &office, &id).await?).await;
    office.act_once(&pages, &sent, verb, move |_| place.clone(), again).await
}

/// What is wrong with the form that accepts: six boxes that were not ticked are six different things to look for.
fn unticked(typed: &Typed, faults: &Faults, lang: Lang) -> Fields {
    let (boxes, others): (Vec<_>, Vec<_>) =
        faults.0.iter().cloned().partition(|fault| CRITERIA.contains(&fault.field.as_str()));
    boxes.iter().fold(Fields::faulty(typed, &Faults(others), lang), |fields, fault| {
        let what = lang.word("photo-look-for", &fault.field);
        fields.with_fault(&fault.field, lang.t1("photo-criterion-unticked", "what", what))
    })
}

/// Refuses it, with a reason.
pub(super) async fn refuse(
    State(pages): State<Pages>,
    office: Office,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let picture = find(&pages, &office, &id).await?;
    let note = sent.typed.some("note");
    let form = RefusalForm { reason: sent.typed.text("reason"), note: note.as_deref() };
    let why = match form.parse() {
        Ok(why) => why,
        Err(faults) => {
            let refusal = Fields::faulty(&sent.typed, &faults, office.lang);
            return View { refusal, ..View::default() }.render(&office, picture).await;
        }
    };
    let (school, row) = (office.school.id.clone(), picture.row.id.clone());
    let here = format!("{NAV}/{row}");
    let mut fault = None;
    if let Some(bytes) = picture.bytes.clone() {
        fault = judge_aside(bytes, PhotoRules::from(&picture.rules), None).await?.accepted.err();
    }
    let verb = RefusePicture { school, id: row, why, fault, act: office.act() };
    let again = async |refusal| View { refusal, ..View::default() }.render(&office, picture).await;
    let place = move |told: &Told| match told {
        Told::Sender => done(NAV, "photo-refused-told"),
        Told::ToCopy => done(&here, "photo-refused-to-copy"),
        Told::Nobody => done(NAV, "photo-refused"),
    };
    office.act_once(&pages, &sent, verb, place, again).await
}
