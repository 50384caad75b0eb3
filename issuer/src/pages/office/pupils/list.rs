//! The list of pupils: search as you type, filters, pages.

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;

use crate::pages::form::{Fields, Typed};
use crate::pages::frame::{Page, query, render};
use crate::pages::office::Office;
use crate::pages::{PageFailure, Pages};
use crate::registry::pupil_list::{PageFrom, SearchPupils};
use crate::registry::rights::Right;
use crate::store::id::PupilId;
use crate::store::tables::pupil_line::{PupilFilter, PupilLine, Standing};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/office/pupils", get(list))
}

/// A pupil as lists of pupils and classes show them.
pub(in crate::pages::office) struct Row {
    pub(in crate::pages::office) id: String,
    pub(in crate::pages::office) name: String,
    pub(in crate::pages::office) class_name: String,
    /// Number and last day of the base card, or empty.
    pub(in crate::pages::office) number: String,
    pub(in crate::pages::office) until: String,
    pub(in crate::pages::office) standing: &'static str,
    /// How the standing looks.
    pub(in crate::pages::office) kind: &'static str,
    pub(in crate::pages::office) phones: i64,
    /// The last day of an open order, or empty.
    pub(in crate::pages::office) due: String,
    /// Whether that day is over.
    pub(in crate::pages::office) overdue: bool,
}

impl Row {
    pub(in crate::pages::office) fn of(line: &PupilLine, today: Date, page: &Page) -> Self {
        let standing = line.standing(today);
        let base = line.base.as_ref();
        Self {
            id: line.id.to_string(),
            name: format!("{} {}", line.surname, line.given_names),
            class_name: line.class_name.clone(),
            number: base.map_or_else(String::new, |base| format!("{}/{}", base.number, base.year)),
            until: base.map_or_else(String::new, |base| page.date(&base.valid_until)),
            standing: standing.word(),
            kind: match standing {
                Standing::NoBaseCard => "plain",
                Standing::Expired => "bad",
                Standing::NoMobileCard => "info",
                Standing::NoneActive => "warn",
                Standing::Active => "good",
            },
            phones: line.phones,
            due: line.due.map_or_else(String::new, |due| page.date(&due)),
            overdue: line.due.is_some_and(|due| due < today),
        }
    }
}

#[derive(Template)]
#[template(path = "office/pupils.html")]
struct ListPage {
    page: Page,
    fields: Fields,
    /// The only class that the member of staff may see, or empty.
    own_class: String,
    classes: Vec<String>,
    filters: [&'static str; 10],
    rows: Vec<Row>,
    total: i64,
    /// Addresses of the pages before and after, or empty.
    before: String,
    after: String,
    may_edit: bool,
}

async fn list(
    State(pages): State<Pages>,
    office: Office,
    RawQuery(asked): RawQuery,
) -> Result<Response, PageFailure> {
    office.must(Right::ReadPupils)?;
    let asked = Typed::read(asked.unwrap_or_default().as_bytes());
    let own_class = office.only_class(Right::ReadPupils).map(str::to_owned);
    let class = own_class.clone().or_else(|| asked.some("class"));
    let from = match (PupilId::parse(asked.text("after")), PupilId::parse(asked.text("before"))) {
        (Some(after), _) => PageFrom::After(after),
        (None, Some(before)) => PageFrom::Before(before),
        (None, None) => PageFrom::First,
    };
    let search = SearchPupils::new(office.school.id.clone(), asked.text("q"), pages.now())
        .in_class(class)
        .of_whom(PupilFilter::parse(asked.text("where")))
        .from(from);
    let found = pages.issuance.store.read(search).await?;
    let address = |place: &str, line: Option<&PupilLine>, there: bool| {
        let Some(line) = line.filter(|_| there) else { return String::new() };
        let mut pairs: Vec<(&str, &str)> =
            ["q", "class", "where"].into_iter().map(|name| (name, asked.text(name))).collect();
        pairs.retain(|(_, value)| !value.is_empty());
        pairs.push((place, line.id.as_str()));
        format!("/office/pupils{}", query(&pairs))
    };
    let page = office.page("/office/pupils", "pupils-title");
    Ok(render(&ListPage {
        before: address("before", found.lines.first(), found.before),
        after: address("after", found.lines.last(), found.after),
        rows: found.lines.iter().map(|line| Row::of(line, found.today, &page)).collect(),
        fields: Fields::of(asked),
        own_class: own_class.unwrap_or_default(),
        classes: found.classes,
        filters: PupilFilter::ALL.map(PupilFilter::word),
        total: found.total,
        may_edit: office.may(Right::EditPupils),
        page,
    }))
}
