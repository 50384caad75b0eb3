//! A school's rules: which published procedure, and the school's own changes to it, from when on.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use shared::validity::warsaw;

use super::{Office, PLACE};
use crate::pages::form::{Fields, Sent, Typed};
use crate::pages::frame::{Page, capital, render, render_as};
use crate::pages::office::done;
use crate::pages::words::Lang;
use crate::pages::{PageFailure, Pages};
use crate::registry::fault::FaultCode;
use crate::registry::profile::{Overrides, Preset, SchoolProfile};
use crate::registry::rights::Right;
use crate::registry::rules::{ListProfiles, ProfileForm, RulesForm, SetProfile};
use crate::store::tables::school::Profile;

const RULES: &str = "/office/school/rules";
const NEW: &str = "/office/school/rules/new";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(RULES, get(history)).route(NEW, get(show).post(set))
}

/// Rules that held, hold or will hold.
struct Dated {
    from: String,
    kind: &'static str,
    state: String,
    rules: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "office/school_rules.html")]
struct HistoryPage {
    page: Page,
    dated: Vec<Dated>,
    may_edit: bool,
}

async fn history(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::ReadSchool)?;
    let listed = pages.issuance.store.read(ListProfiles(office.school.id.clone())).await?;
    let profiles = listed.map_err(|refusal| PageFailure::refused(&refusal))?;
    let (now, lang) = (pages.now(), office.lang);
    let holding = profiles.iter().rposition(|profile| profile.effective_from <= now);
    let mut dated = Vec::new();
    for (at, profile) in profiles.iter().enumerate().rev() {
        let (kind, key) = match holding {
            Some(holding) if at == holding => ("good", "rules-hold"),
            Some(holding) if at < holding => ("plain", "rules-past"),
            _ => ("info", "rules-future"),
        };
        let rules = in_words(&SchoolProfile::from_row(profile)?, lang);
        dated.push(Dated { from: lang.instant(profile.effective_from), kind, state: lang.t(key), rules });
    }
    let may_edit = office.may(Right::EditSchool);
    Ok(render(&HistoryPage { page: office.page(PLACE, "rules-title"), dated, may_edit }))
}

/// The word by which serde knows a value.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Every rule with what it says, as people read it.
pub(super) fn in_words(profile: &SchoolProfile, lang: Lang) -> Vec<(String, String)> {
    let list = |texts: Vec<String>| {
        if texts.is_empty() { lang.t("rules-nobody") } else { texts.join(", ") }
    };
    let applicants = profile.applicants.iter().map(|one| lang.word("rules-applicant", one.word()));
    let forms = profile.accepted_forms.iter().map(|one| lang.word("rules-form", one.word()));
    let channels = profile.notify.iter().map(|one| lang.word("rules-channel", one.word()));
    let deadline = match profile.issue_deadline_days {
        Some(days) => lang.t1("rules-days", "n", u32::from(days)),
        None => lang.t("rules-no-deadline"),
    };
    let lifetime = match profile.grant_ttl_hours {
        hours if hours >= 48 && hours.is_multiple_of(24) => lang.t1("rules-ttl-days", "n", hours / 24),
        hours => lang.t1("rules-hours", "n", hours),
    };
    vec![
        (lang.t("rules-preset"), lang.word("rules-preset", &preset_word(profile.preset))),
        (lang.t("rules-devices"), lang.t1("rules-devices-text", "n", u32::from(profile.devices.limit()))),
        (lang.t("rules-activation"), lang.word("rules-activation", &word(profile.activation))),
        (lang.t("rules-grant-ttl"), lifetime),
        (lang.t("rules-basis"), lang.word("rules-basis", &word(profile.basis))),
        (lang.t("rules-applicants"), list(applicants.collect())),
        (lang.t("rules-forms"), list(forms.collect())),
        (lang.t("rules-notify"), list(channels.collect())),
        (lang.t("rules-deadline"), deadline),
        (
            lang.t("rules-approval"),
            lang.word("rules-approval", if profile.principal_approves { "true" } else { "false" }),
        ),
        (lang.t("rules-renewal"), lang.word("rules-renewal", &word(profile.renewal))),
        (
            lang.t("rules-oldest"),
            lang.with(
                "rules-oldest-text",
                &[("android", &profile.min_android), ("ios", &profile.min_ios), ("app", &profile.min_app)],
            ),
        ),
    ]
}

/// The preset's word, fit for the name of a text.
fn preset_word(preset: Preset) -> String {
    word(preset)
}

#[derive(Template)]
#[template(path = "office/school_rules_new.html")]
struct RulesPage {
    page: Page,
    fields: Fields,
}

async fn show(State(pages): State<Pages>, office: Office) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let profile = SchoolProfile::from_row(&super::read(&pages, &office).await?.profile)?;
    Ok(form(&office, Fields::of(as_typed(&profile))))
}

fn form(office: &Office, fields: Fields) -> Response {
    let status = fields.status();
    render_as(status, &RulesPage { page: office.page(PLACE, "rules-new-title"), fields })
}

/// The rules as somebody would have typed them: what is as in the procedure stays empty.
fn as_typed(profile: &SchoolProfile) -> Typed {
    let plain = SchoolProfile::preset(profile.preset);
    let mut typed = vec![("preset".to_owned(), word(profile.preset))];
    let mut differs = |name: &str, own: String, usual: String| {
        if own != usual {
            typed.push((name.to_owned(), own));
        }
    };
    differs("devices", profile.devices.limit().to_string(), plain.devices.limit().to_string());
    differs("activation", word(profile.activation), word(plain.activation));
    differs("grant_ttl_hours", profile.grant_ttl_hours.to_string(), plain.grant_ttl_hours.to_string());
    differs("basis", word(profile.basis), word(plain.basis));
    let days = |profile: &SchoolProfile| {
        profile.issue_deadline_days.map(|days| days.to_string()).unwrap_or_default()
    };
    differs("issue_deadline_days", days(profile), days(&plain));
    differs("renewal", word(profile.renewal), word(plain.renewal));
    differs("approval", profile.principal_approves.to_string(), plain.principal_approves.to_string());
    differs("min_android", profile.min_android.clone(), plain.min_android.clone());
    differs("min_ios", profile.min_ios.clone(), plain.min_ios.clone());
    differs("min_app", profile.min_app.clone(), plain.min_app.clone());
    let mut ticked = |names: Vec<&'static str>, usual: bool, prefix: &str| {
        if !usual {
            typed.extend(names.into_iter().map(|name| (format!("{prefix}_{name}"), "on".to_owned())));
        }
    };
    let names = profile.applicants.iter().map(|one| one.word()).collect();
    ticked(names, profile.applicants == plain.applicants, "applicant");
    let names = profile.accepted_forms.iter().map(|one| one.word()).collect();
    ticked(names, profile.accepted_forms == plain.accepted_forms, "form");
    let names = profile.notify.iter().map(|one| one.word()).collect();
    ticked(names, profile.notify == plain.notify, "notify");
    Typed::of(typed)
}

/// The boxes that are ticked under a prefix; none if nothing is.
fn boxes<T: DeserializeOwned>(typed: &Typed, prefix: &str, words: &[&str]) -> Option<Vec<T>> {
    let ticked = words.iter().filter(|word| typed.ticked(&format!("{prefix}_{word}")));
    let values = ticked.filter_map(|word| serde_json::from_value((*word).into()).ok());
    Some(values.collect::<Vec<T>>()).filter(|values| !values.is_empty())
}

/// A number that was typed; one that cannot be one is out of every range.
fn number<T: std::str::FromStr>(typed: &Typed, name: &str, out_of_range: T) -> Option<T> {
    typed.some(name).map(|text| text.parse().unwrap_or(out_of_range))
}

/// Every change that was typed, alone, with the field that it was typed into.
fn changes(typed: &Typed) -> Vec<(&'static str, Overrides)> {
    let none = Overrides::default;
    vec![
        ("devices", Overrides { devices: number(typed, "devices", 0), ..none() }),
        ("activation", Overrides { activation: typed.word("activation"), ..none() }),
        ("grant_ttl_hours", Overrides { grant_ttl_hours: number(typed, "grant_ttl_hours", 0), ..none() }),
        ("basis", Overrides { basis: typed.word("basis"), ..none() }),
        (
            "applicant_guardian",
            Overrides { applicants: boxes(typed, "applicant", &["guardian", "pupil"]), ..none() },
        ),
        ("form_paper", Overrides { accepted_forms: boxes(typed, "form", &["paper", "plastic"]), ..none() }),
        (
            "notify_e_diary",
            Overrides { notify: boxes(typed, "notify", &["e_diary", "email", "portal"]), ..none() },
        ),
        (
            "issue_deadline_days",
            Overrides { issue_deadline_days: number(typed, "issue_deadline_days", 0), ..none() },
        ),
        (
            "approval",
            Overrides { principal_approves: typed.some("approval").map(|word| word == "true"), ..none() },
        ),
        ("renewal", Overrides { renewal: typed.word("renewal"), ..none() }),
        ("min_android", Overrides { min_android: typed.some("min_android"), ..none() }),
        ("min_ios", Overrides { min_ios: typed.some("min_ios"), ..none() }),
        ("min_app", Overrides { min_app: typed.some("min_app"), ..none() }),
    ]
}

/// All of the changes together.
fn together(changes: Vec<(&'static str, Overrides)>) -> Overrides {
    changes.into_iter().fold(Overrides::default(), |all, (_, one)| Overrides {
        devices: all.devices.or(one.devices),
        activation: all.activation.or(one.activation),
        grant_ttl_hours: all.grant_ttl_hours.or(one.grant_ttl_hours),
        basis: all.basis.or(one.basis),
        applicants: all.applicants.or(one.applicants),
        accepted_forms: all.accepted_forms.or(one.accepted_forms),
        notify: all.notify.or(one.notify),
        issue_deadline_days: all.issue_deadline_days.or(one.issue_deadline_days),
        principal_approves: all.principal_approves.or(one.principal_approves),
        renewal: all.renewal.or(one.renewal),
        min_android: all.min_android.or(one.min_android),
        min_ios: all.min_ios.or(one.min_ios),
        min_app: all.min_app.or(one.min_app),
    })
}

async fn set(State(pages): State<Pages>, office: Office, sent: Sent) -> Result<Response, PageFailure> {
    office.must(Right::EditSchool)?;
    let (typed, lang) = (&sent.typed, office.lang);
    let Some(preset) = typed.word::<Preset>("preset") else { return Err(PageFailure::Unreadable) };
    let mut fields = Fields::of(typed.clone());
    let told = |code: FaultCode| capital(lang.pick(code.message_pl(), code.message_en()));
    // The form knows the rules as one; looked at one by one they tell which field is at fault.
    for (field, change) in changes(typed) {
        if let Err(faults) = (RulesForm { preset, overrides: Some(change) }).parse()
            && let Some(fault) = faults.0.first()
        {
            fields = fields.with_fault(field, told(fault.code));
        }
    }
    // A day is its first instant in Warsaw; today is now.
    let today = pages.today();
    let effective_from = typed.some("effective_from").filter(|day| *day != today.to_string());
    let effective_from = effective_from.map(|day| {
        let start = day.parse::<Date>().ok().and_then(|day| day.to_zoned(warsaw()).ok());
        start.map_or(day, |start| start.timestamp().to_string())
    });
    let wanted = ProfileForm { preset, overrides: Some(together(changes(typed))), effective_from };
    let profile = match wanted.parse() {
        Ok(profile) => profile,
        Err(faults) => {
            let day = faults.0.iter().any(|fault| fault.field == "effective_from");
            let day = day.then(|| told(FaultCode::DayMalformed));
            return Ok(form(
                &office,
                match day {
                    Some(message) => fields.with_fault("effective_from", message),
                    None => fields,
                },
            ));
        }
    };
    let verb = SetProfile::new(office.school.id.clone(), profile, office.act(), &*pages.issuance.entropy);
    let place = |_: &Profile| done(RULES, "rules-set");
    office.act_once(&pages, &sent, verb, place, async |fields| Ok(form(&office, fields))).await
}
