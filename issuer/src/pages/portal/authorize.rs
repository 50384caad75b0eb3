//! A pupil is asked whether an app may know who they are: the authorization endpoint of mObywatel Junior (RFC 6749 §3.1).

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use shared::vci::sign_in::RedirectUri;

use super::Visitor;
use crate::issuance::junior::{AUTHORIZE_PATH, AuthorizationFault, AuthorizationRequest, is_for_junior};
use crate::pages::form::Sent;
use crate::pages::frame::{Page, render};
use crate::pages::{PageFailure, Pages, policy_with_form_target};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(AUTHORIZE_PATH, get(ask).post(answer))
}

#[derive(Template)]
#[template(path = "portal/authorize.html")]
struct AskPage {
    page: Page,
    /// What the app asked, as it asked it.
    request: String,
    /// Whose account it is, and the class.
    name: String,
    class_name: String,
    /// `pupil`, `guardian`, or `nobody` where the account sees no pupil any more.
    who: &'static str,
}

/// Where the browser goes with a fault, if anywhere.
fn refused(pages: &Pages, fault: &AuthorizationFault) -> Result<Response, PageFailure> {
    let address = fault.address(&pages.issuance.addresses.issuer).ok_or(PageFailure::UnknownApp)?;
    Ok(Redirect::to(&address).into_response())
}

async fn ask(State(pages): State<Pages>, request: Request) -> Result<Response, PageFailure> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    // Nobody signs in for an app that is unknown.
    let asked = match AuthorizationRequest::parse(&query) {
        Ok(asked) => asked,
        Err(fault) => return refused(&pages, &fault),
    };
    let (mut parts, _) = request.into_parts();
    let visitor = Visitor::from_request_parts(&mut parts, &pages).await?;
    let who = match (is_for_junior(&visitor.account), visitor.children.is_empty()) {
        (false, _) => "guardian",
        (true, false) => "pupil",
        (true, true) => "nobody",
    };
    let title = if who == "pupil" { "portal-authorize-title" } else { "portal-authorize-not-title" };
    // There is one question to answer, and nowhere else to go.
    let page = Page { nav: Vec::new(), ..visitor.page(AUTHORIZE_PATH, title) };
    let class_name = visitor.children.first().map(|child| child.class_name.clone()).unwrap_or_default();
    let name = visitor.account.full_name.clone();
    let mut response = render(&AskPage { page, request: query, name, class_name, who });
    // Browsers hold the place where a form leads in the end against the policy, too.
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy(&asked.redirect)?);
    Ok(response)
}

/// The policy of the pages, with the app's address as one where the form may lead.
fn policy(redirect: &RedirectUri) -> Result<HeaderValue, PageFailure> {
    let target = match redirect.as_str().split_once("/junior/") {
        // An address in brackets cannot be written in a policy (CSP 3 §2.3.1); its scheme can.
        Some((host, _)) if host.contains('[') => "http:",
        Some((host, _)) => host,
        None => redirect.as_str().split_once('/').map_or("", |(scheme, _)| scheme),
    };
    policy_with_form_target(target).map_err(|error| PageFailure::ours(&error))
}

async fn answer(State(pages): State<Pages>, visitor: Visitor, sent: Sent) -> Result<Response, PageFailure> {
    let asked = match AuthorizationRequest::parse(sent.typed.raw("request")) {
        Ok(asked) => asked,
        Err(fault) => return refused(&pages, &fault),
    };
    if sent.typed.text("answer") != "allow" {
        return Ok(Redirect::to(&asked.denied(&pages.issuance.addresses.issuer)).into_response());
    }
    if !is_for_junior(&visitor.account) || visitor.children.is_empty() {
        return Err(PageFailure::Forbidden);
    }
    // Sent twice, it makes two codes of a minute, of which the app takes one.
    let address = pages.issuance.allow_sign_in(&asked, &visitor.account.id).await?;
    Ok(Redirect::to(&address).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_may_lead_to_the_app_that_asked_and_nowhere_else() {
        for (redirect, target) in [
            ("http://127.0.0.1:8090/junior/signed-in", "form-action 'self' http://127.0.0.1:8090;"),
            ("http://[::1]:8090/junior/signed-in", "form-action 'self' http:;"),
            ("pl.mlegitymacja.junior:/signed-in", "form-action 'self' pl.mlegitymacja.junior:;"),
        ] {
            let policy = policy(&RedirectUri::parse(redirect).unwrap()).unwrap();
            let policy = policy.to_str().unwrap();
            assert!(policy.contains(target) && policy.contains("default-src 'none'"), "{policy}");
        }
    }
}
