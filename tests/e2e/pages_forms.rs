//! Every form of every page that links lead to: it works for the browser it was shown to, and for nobody else.

use std::collections::BTreeSet;

use tests::reader::{Form, KEY, Reader, TOKEN, crawl, forms, pattern};
use tests::scene::{CLERK, PORTAL_PRINCIPAL, PRINCIPAL, Scene};

/// Every kind of form that is posted, with the page that has it.
async fn all_forms(reader: &mut Reader) -> Vec<(String, Form)> {
    let mut kinds = BTreeSet::new();
    let mut found = Vec::new();
    for page in crawl(reader, &["/office", "/office/components"], 3).await {
        for form in forms(&page.answer.body).into_iter().filter(|form| form.method == "post") {
            if kinds.insert(pattern(&form.action)) {
                found.push((page.path.clone(), form));
            }
        }
    }
    found
}

/// How many changes the books have seen.
async fn changes(scene: &Scene) -> usize {
    let verdict = scene.office().done("GET", "/audit/verify", None).await;
    let entries = verdict["entries"].as_u64().unwrap_or_else(|| panic!("{verdict}"));
    usize::try_from(entries).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_our_token_does_nothing() {
    let scene = Scene::living().await;
    for login in [PRINCIPAL, PORTAL_PRINCIPAL] {
        let mut reader = scene.reader(login).await;
        let mut other = scene.reader(CLERK).await;
        let theirs = forms(&other.get("/office/components").await.body);
        let theirs = theirs.iter().map(|form| form.value(TOKEN)).find(|token| !token.is_empty()).unwrap();
        let all = all_forms(&mut reader).await;
        assert!(all.len() > 1, "the crawl finds no forms");
        let before = changes(&scene).await;
        for (page, form) in &all {
            assert!(!form.value(TOKEN).is_empty(), "{page}: {} carries no token", form.action);
            let forged = [
                ("without a token", form.clone().without(TOKEN), Vec::new()),
                ("with an empty token", form.clone().with(TOKEN, ""), Vec::new()),
                ("with somebody else's token", form.clone().with(TOKEN, theirs), Vec::new()),
                ("from another site", form.clone(), vec![("sec-fetch-site", "cross-site")]),
            ];
            for (how, form, headers) in forged {
                let answer = reader.send_as(&form, &headers).await;
                assert_eq!(answer.status, 403, "{page}: {} {how}: {}", form.action, answer.body);
                assert!(answer.is_page() && answer.body.contains("<h1>"), "{page}: {} {how}", form.action);
            }
            let mut nobody = Reader::new(scene.world.base());
            let answer = nobody.send(form).await;
            let shut = answer.status == 303 && answer.location().ends_with("/sign-in");
            assert!(
                shut || answer.status == 403,
                "{page}: {} without cookies: {}",
                form.action,
                answer.status
            );
        }
        assert_eq!(changes(&scene).await, before, "a forged form changed the books");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_that_changes_something_is_worked_off_once() {
    let scene = Scene::living().await;
    let mut reader = scene.reader(PRINCIPAL).await;
    for (page, form) in all_forms(&mut reader).await {
        if matches!(form.action.as_str(), "/office/sign-out" | "/office/choose-school") {
            continue;
        }
        assert_eq!(form.value(KEY).len(), 26, "{page}: {} has no key to be worked off once", form.action);
    }
}
