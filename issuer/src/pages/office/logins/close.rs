//! Closing an account on the portal, and taking a child out of a guardian's.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{name_of, of_person};
use crate::pages::form::{Fields, Sent};
use crate::pages::office::school::confirm::Confirm;
use crate::pages::office::{Office, done};
use crate::pages::{PageFailure, Pages};
use crate::registry::portal_account::{ClosePortalAccount, LeavePortalAccount, Left, ReadAccount};
use crate::registry::portal_logins::PupilLogins;
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/office/pupils/{id}/logins/{whose}/close", get(ask_close).post(close))
        .route("/office/pupils/{id}/logins/{whose}/leave", get(ask_leave).post(leave))
}

/// An account that somebody at the office is about to end for a pupil.
struct Desk {
    logins: PupilLogins,
    account: PortalAccount,
    /// Whom it sees.
    children: Vec<Pupil>,
    whose: String,
    /// Whether the member of staff reaches everybody whom it sees.
    reached: bool,
}

impl Desk {
    /// The open account of `whose`; the pupil's logins alone where there is none.
    async fn open(
        pages: &Pages,
        office: &Office,
        id: &str,
        whose: String,
    ) -> Result<Result<Self, PupilLogins>, PageFailure> {
        let logins = office.logins(pages, id).await?;
        let known =
            whose == "pupil" || logins.guardians.iter().any(|login| login.guardian.id.as_str() == whose);
        if !known {
            return Err(PageFailure::NotFound);
        }
        let Some(account) = of_person(&logins, &whose).0.cloned() else { return Ok(Err(logins)) };
        let read = ReadAccount(account.id.clone());
        let (_, children) = pages.issuance.store.read(read).await?.ok_or(PageFailure::NotFound)?;
        let reached = office.reaches_account(pages, &account.id).await?;
        Ok(Ok(Self { logins, account, children, whose, reached }))
    }

    fn address(&self) -> String {
        format!("/office/pupils/{}/logins", self.logins.pupil.id)
    }

    /// The page that says what will happen; `act` is where its form is sent to, with title and button.
    fn ask(
        &self,
        office: &Office,
        (act, title, button): (&str, &str, &str),
        what: Vec<String>,
        fields: Fields,
    ) -> Response {
        let lang = office.lang;
        let title = lang.t1(title, "login", &self.account.login);
        Confirm {
            page: office.page("/office/pupils", "logins-title").named(title),
            fields,
            back: (self.address(), lang.t1("logins-of", "name", name_of(&self.logins.pupil))),
            what,
            action: format!("{}/{}/{act}", self.address(), self.whose),
            button: lang.t(button),
        }
        .show()
    }

    fn ask_close(&self, office: &Office, fields: Fields) -> Response {
        let lang = office.lang;
        let names: Vec<String> = self.children.iter().map(name_of).collect();
        let mut what = vec![lang.t1("logins-close-what", "name", &self.account.full_name)];
        if self.account.kind == PortalKind::Guardian {
            what.push(lang.t1("logins-close-children", "names", names.join(", ")));
        }
        what.extend([lang.t("logins-end-code"), lang.t("logins-end-devices"), lang.t("logins-close-again")]);
        self.ask(office, ("close", "logins-close-title", "logins-close-button"), what, fields)
    }

    fn ask_leave(&self, office: &Office, fields: Fields) -> Response {
        let (lang, name) = (office.lang, name_of(&self.logins.pupil));
        let mut what = vec![lang.t2("logins-leave-what", "name", &self.account.full_name, "child", &name)];
        let others = self.children.iter().filter(|child| child.id != self.logins.pupil.id);
        let others: Vec<String> = others.map(name_of).collect();
        what.push(if others.is_empty() {
            lang.t("logins-leave-last")
        } else {
            lang.t1("logins-leave-others", "names", others.join(", "))
        });
        what.extend([
            lang.t("logins-end-code"),
            lang.t("logins-end-devices"),
            lang.t("logins-leave-guardian"),
        ]);
        self.ask(office, ("leave", "logins-leave-title", "logins-leave-button"), what, fields)
    }
}

/// The logins as they are, where somebody else has ended the account meanwhile.
fn changed(office: &Office, logins: PupilLogins) -> Response {
    let fields = Fields::default().with_fault("act", office.lang.t("logins-changed"));
    office.pupil_page(fields, logins)
}

async fn ask_close(
    State(pages): State<Pages>,
    office: Office,
    Path((id, whose)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    Ok(match Desk::open(&pages, &office, &id, whose).await? {
        Ok(desk) => desk.ask_close(&office, Fields::default()),
        Err(logins) => changed(&office, logins),
    })
}

async fn close(
    State(pages): State<Pages>,
    office: Office,
    Path((id, whose)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = Desk::open(&pages, &office, &id, whose).await?;
    if let Some(before) = office.before(&pages, &sent).await? {
        return Ok(before);
    }
    let desk = match desk {
        Ok(desk) => desk,
        Err(logins) => return Ok(changed(&office, logins)),
    };
    if !desk.reached {
        let fields = Fields::of(sent.typed).with_fault("act", office.lang.t("logins-close-not-all-yours"));
        return Ok(desk.ask_close(&office, fields));
    }
    let verb = ClosePortalAccount { account: desk.account.id.clone(), act: office.act() };
    let place = done(&desk.address(), "logins-closed");
    let refused = async |fields| Ok(desk.ask_close(&office, fields));
    office.act_once(&pages, &sent, verb, move |_: &PortalAccount| place.clone(), refused).await
}

async fn ask_leave(
    State(pages): State<Pages>,
    office: Office,
    Path((id, whose)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    Ok(match Desk::open(&pages, &office, &id, whose).await? {
        Ok(desk) if desk.account.kind == PortalKind::Guardian => desk.ask_leave(&office, Fields::default()),
        Ok(_) => return Err(PageFailure::NotFound),
        Err(logins) => changed(&office, logins),
    })
}

async fn leave(
    State(pages): State<Pages>,
    office: Office,
    Path((id, whose)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, PageFailure> {
    let desk = Desk::open(&pages, &office, &id, whose).await?;
    if let Some(before) = office.before(&pages, &sent).await? {
        return Ok(before);
    }
    let desk = match desk {
        Ok(desk) if desk.account.kind == PortalKind::Guardian => desk,
        Ok(_) => return Err(PageFailure::NotFound),
        Err(logins) => return Ok(changed(&office, logins)),
    };
    let verb = LeavePortalAccount {
        account: desk.account.id.clone(),
        pupil: desk.logins.pupil.id.clone(),
        act: office.act(),
    };
    let address = desk.address();
    let place = move |left: &Left| done(&address, if left.closed { "logins-closed" } else { "logins-left" });
    let refused = async |fields| Ok(desk.ask_leave(&office, fields));
    office.act_once(&pages, &sent, verb, place, refused).await
}
