//! Addresses that somebody made up, and what every answer says about itself.

use tests::reader::{Reader, crawl};
use tests::scene::{ATTRIBUTE, PRINCIPAL, SCRIPT, Scene, TUTOR};

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_assets() {
    let scene = Scene::fresh().await;
    let mut reader = Reader::new(scene.world.base());
    let door = reader.get("/office/sign-in").await.body;
    let style = door.split('"').find(|part| part.ends_with("/style.css")).unwrap().to_owned();
    assert_eq!(reader.get(&style).await.status, 200);
    let version = style.trim_end_matches("style.css");
    for name in [
        "..%2f..%2fCargo.toml",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5cissuer.db",
        "%2fetc%2fpasswd",
        "style.css%00.png",
        "style.css/../../../etc/passwd",
        ".",
        "..",
        "%252e%252e%252fetc%252fpasswd",
        "master-secret",
    ] {
        let answer = reader.get(&format!("{version}{name}")).await;
        assert!(matches!(answer.status, 303 | 404), "{name}: {}", answer.status);
        assert!(!answer.body.contains("root:") && !answer.body.contains("[package]"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_are_not_found() {
    let scene = Scene::living().await;
    let mut reader = scene.reader(PRINCIPAL).await;
    let found = crawl(&mut reader, &["/office"], 1).await;
    let paths: Vec<&str> = found.iter().map(|page| page.path.split('?').next().unwrap()).collect();
    let mut tried = 0;
    for path in paths {
        let parts: Vec<&str> = path.split('/').collect();
        for (n, part) in parts.iter().enumerate() {
            if part.len() < 20 {
                continue;
            }
            for made_up in
                ["..%2f..", "%00", "'%20OR%201=1--", "%3Cscript%3E", "01AAAAAAAAAAAAAAAAAAAAAAAA", "-1"]
            {
                let mut parts = parts.clone();
                parts[n] = made_up;
                let path = parts.join("/");
                let answer = reader.get(&path).await;
                assert!(matches!(answer.status, 303 | 404), "{path}: {}", answer.status);
                assert!(!answer.body.contains("<script>"), "{path} is shown as it came");
                tried += 1;
            }
        }
    }
    assert!(tried > 0, "no page has an id in its address");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_are_not_where_we_lead() {
    let scene = Scene::fresh().await;
    for place in ["//evil.example", "https://evil.example/", "/%5cevil.example", "javascript:alert(1)"] {
        let mut reader = Reader::new(scene.world.base());
        let answer = reader.get(&format!("/language/en?back={place}")).await;
        assert_eq!((answer.status, answer.location()), (303, "/office"), "{place}");
        let door = reader.get(&format!("/office/sign-in?next={place}")).await;
        assert!(!door.body.contains("evil.example") && !door.body.contains("javascript:"), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_confined_and_kept_by_nobody() {
    let scene = Scene::living().await;
    for login in [PRINCIPAL, TUTOR] {
        let mut reader = scene.reader(login).await;
        let mut answers: Vec<(String, _)> = Vec::new();
        for found in crawl(&mut reader, &["/office", "/office/components"], 1).await {
            answers.push((found.path, found.answer));
        }
        for path in ["/office/nothing", "/portal/nothing", "/office/sign-in", "/"] {
            answers.push((path.to_owned(), reader.get(path).await));
        }
        for (path, answer) in answers {
            // The API speaks to programs; what it says of itself is tested with it.
            if path.starts_with("/api/") {
                continue;
            }
            let policy = answer.header("content-security-policy");
            for must in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(policy.contains(must), "{path} is not confined by {must}: {policy:?}");
            }
            let loose = ["unsafe", "*", "http:", "https:"].iter().find(|word| policy.contains(**word));
            assert!(loose.is_none() && policy.contains("form-action "), "{path}: {policy}");
            // The API's description is nobody's.
            let about_people = !path.starts_with("/api");
            assert!(!about_people || answer.header("cache-control") == "no-store", "{path} may be kept");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            let referrer = answer.header("referrer-policy");
            assert!(matches!(referrer, "same-origin" | "no-referrer"), "{path}: {referrer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_shown_and_never_run() {
    let scene = Scene::living().await;
    let mut reader = scene.reader(PRINCIPAL).await;
    let mut shown = 0;
    for found in crawl(&mut reader, &["/office"], 20).await {
        if !found.answer.is_page() {
            continue;
        }
        let body = &found.answer.body;
        for text in [SCRIPT, ATTRIBUTE, "<b>7a</b>", "onerror=alert(1)>"] {
            assert!(!body.contains(text), "{} has {text} in it as it was written", found.path);
        }
        shown += usize::from(body.contains("alert(1)"));
    }
    assert!(shown > 0, "none of the texts is shown anywhere");
}
