//! Names of files come from outside, and are shown in many places: a name is a text and never a part of the page.

use tests::portrait::Portrait;
use tests::reader::{Form, Found, Reader, crawl, forms, tags};
use tests::scene::{CLERK, PORTAL_CLERK, PORTAL_TUTOR, PRINCIPAL, Scene};

/// A name that would be run, with a mark by which it is found again. In a header it is quoted, as browsers do.
fn name(mark: &str) -> String {
    // What stands before a slash is a folder's name and is not kept.
    format!("\"<script>alert(1)</script>'><img src=x onerror=alert(2)>&amp;{mark}.jpg\"")
}

/// The same with a quotation mark in it, which would end an attribute.
fn quoted(mark: &str) -> String {
    format!("\"{mark}\\\"><img src=x onerror=alert(3)>.jpg\"")
}

fn picture() -> Vec<u8> {
    Portrait::new(3).jpeg(354, 496, 95).expect("a drawn portrait")
}

/// A mail with two attachments, whose names are given in the two ways in which mails give names.
fn mail() -> Vec<u8> {
    use base64::Engine as _;
    let jpeg = base64::prelude::BASE64_STANDARD.encode(picture());
    let encoded =
        "letter2%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(3)%3E%0D%0A%3Cscript%3Ealert(1)%3C/script%3E.jpg";
    let plain = name("letter1");
    format!(
        "From: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?= <mama@przyklad.example>\r\n\
         Subject: letter0 <script>alert(1)</script>\"><img src=x onerror=alert(3)>\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"parts\"\r\n\r\n\
         --parts\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename={plain}\r\n\r\n{jpeg}\r\n\
         --parts\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=utf-8''{encoded}\r\n\r\n{jpeg}\r\n--parts--\r\n"
    )
    .into_bytes()
}

/// Sends a file by the form of a page.
async fn sends(reader: &mut Reader, page: &str, field: &str, file_name: &str, content: &[u8]) {
    let body = reader.get(page).await.body;
    let form = forms(&body).into_iter().find(|form| form.files.iter().any(|file| file == field));
    let form = form.unwrap_or_else(|| panic!("{page} takes no {field}"));
    let answer = reader.send_files(&form, &[(field, file_name, content)]).await;
    assert_eq!(answer.status, 303, "{page}: {}", answer.body);
}

/// A guardian of a pupil of the second school, by the login that a tutor hands out.
async fn guardian(scene: &Scene, pupil: &str) -> Reader {
    let mut tutor = scene.reader(PORTAL_TUTOR).await;
    let page = tutor.get(&format!("/office/pupils/{pupil}/logins")).await.body;
    let makes =
        |form: &Form| matches!(form.value("act"), "enter" | "reset") && form.value("whose") != "pupil";
    let form = forms(&page).into_iter().find(makes).expect("a form that makes a login");
    let letter = tutor.send(&form).await.body;
    let keys = tags(&letter).into_iter().filter(|tag| tag.get("class") == Some("code key"));
    let [login, password] = keys.map(|tag| tag.text).collect::<Vec<_>>().try_into().expect("a letter");
    let mut reader = Reader::new(scene.world.base());
    assert_eq!(reader.signs_in("/portal/sign-in", &login, &password).await.status, 303);
    let page = reader.follow("/portal").await.body;
    let form = forms(&page).into_iter().find(|form| form.action == "/portal/password").expect("a form");
    let chosen = "trzy zielone parasole";
    assert_eq!(reader.send(&form.with("password", chosen).with("again", chosen)).await.status, 303);
    reader
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_called_anything_and_is_only_ever_shown() {
    let scene = Scene::fresh().await;
    let mut clerk = scene.reader(CLERK).await;
    let pupil = scene.pupils(0).remove(0);
    let photo = format!("/office/pupils/{pupil}/photo");
    sends(&mut clerk, &photo, "photo", &name("office1"), &picture()).await;
    sends(&mut clerk, &photo, "photo", &quoted("office2"), &picture()).await;
    sends(&mut clerk, "/office/photos/import", "mails", &name("eml1"), &mail()).await;
    let table = "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica;Kod;Miasto\n\
                 row1<script>alert(1)</script>;=HYPERLINK(1);;2012-09-01;7b;ul. A 1;42-200;Łódź\n";
    sends(&mut clerk, "/office/pupils/import", "file", &name("table1"), table.as_bytes()).await;
    sends(&mut clerk, "/office/pupils/import", "file", &quoted("table2"), table.as_bytes()).await;
    let child = scene.pupils(1).remove(0);
    let mut parent = guardian(&scene, &child).await;
    let sent = Portrait::new(5).jpeg(236, 304, 95).expect("a drawn portrait");
    sends(&mut parent, &format!("/portal/children/{child}/photo"), "photo", &name("portal1"), &sent).await;

    let mut unseen = vec!["office1", "office2", "letter1", "letter2", "table1", "table2", "row1", "portal1"];
    for (login, root) in [(PRINCIPAL, "/office"), (CLERK, "/office"), (PORTAL_CLERK, "/office")] {
        let mut reader = scene.reader(login).await;
        harmless(crawl(&mut reader, &[root, "/office/photos?state=waiting"], 40).await, login, &mut unseen);
    }
    harmless(crawl(&mut parent, &["/portal"], 20).await, "guardian", &mut unseen);
    assert_eq!(unseen, Vec::<&str>::new(), "these names are shown nowhere, so that nothing was tried");
}

/// No page has a tag, or a handler in a tag, that a file's name brought.
fn harmless(found: Vec<Found>, who: &str, unseen: &mut Vec<&str>) {
    for page in found.iter().filter(|page| page.answer.is_page()) {
        let body = &page.answer.body;
        unseen.retain(|mark| !body.contains(mark));
        for tag in tags(body) {
            let ours = tag.name != "script" || tag.get("src").is_some_and(|src| src.starts_with("/assets/"));
            assert!(ours, "{who}: {} has a script that is none of ours", page.path);
            assert_ne!(tag.get("src"), Some("x"), "{who}: {} shows a picture of theirs", page.path);
            let handler = tag.attributes.iter().find(|(name, _)| name.starts_with("on"));
            assert!(handler.is_none(), "{who}: {}: {handler:?}", page.path);
        }
    }
    for page in found.iter().filter(|page| !page.answer.is_page()) {
        let disposition = page.answer.header("content-disposition");
        assert!(!disposition.contains("alert"), "{who}: {}: {disposition}", page.path);
    }
}
