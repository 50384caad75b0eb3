//! The staff API obeys the table of roles, row by row.

use std::collections::BTreeSet;

use super::super::access::OPERATIONS;
use super::*;
use crate::registry::rights::{Reach, Right};
use crate::store::tables::staff::Role;

/// Two schools with a pupil each, and an account of every role at the first one.
struct TwoSchools {
    office: Office,
    own: String,
    other: String,
    /// Pupil, guardian, application, base card, order, slip, card and device by kind, at the first school.
    things: Vec<(&'static str, String)>,
    foreign: String,
}

impl TwoSchools {
    async fn new() -> Self {
        let office = Office::new().await;
        let own = office.school(11111, "zpe-2025").await;
        let other = office.school(22222, "zpe-2025").await;
        let (pupil, order) = office.ordered(&own).await;
        let slip = office.post(&format!("/orders/{order}/slips"), json!({})).await;
        let (slip, card) = (id(&slip["slip"]), slip["slip"]["card_id"].as_str().unwrap().to_owned());
        let guardian = json!({ "given_names": "Ewa", "surname": "Nowak" });
        let guardian = office.post(&format!("/pupils/{pupil}/guardians"), guardian).await;
        let guardian = id(&guardian);
        let application = json!({ "applicant": "guardian", "guardian_id": guardian });
        let application = id(&office.post(&format!("/pupils/{pupil}/applications"), application).await);
        let file = office.get(&format!("/pupils/{pupil}")).await;
        let base_card = id(&file["base_cards"][0]);
        let foreign = office.pupil(&other, "08312112303", "2008-11-21").await;
        let things = vec![
            ("schools", own.clone()),
            ("pupils", pupil),
            ("orders", order),
            ("slips", slip),
            ("cards", card),
            ("guardians", guardian),
            ("applications", application),
            ("base-cards", base_card),
        ];
        Self { office, own, other, things, foreign }
    }

    /// Acts from now on with a token of a new account at `school`.
    async fn become_(&mut self, login: &str, role: Role, school: Option<&str>, class: Option<&str>) {
        let entropy = &*self.office.issuance.entropy;
        let act = || Act::new(Actor::System, evening(), entropy);
        let json = json!({
            "login": login, "role": role.word(), "password": "kałamarz-i-liczydło", "school_id": school,
            "class_name": class,
        });
        let new = form::<StaffForm>(json).parse().unwrap();
        let password = HashedPassword::of(new.password(), entropy).unwrap();
        let store = &self.office.issuance.store;
        let staff = store.write(EnterStaff::new(new, password, act(), entropy)).await.unwrap().unwrap();
        let name = form::<TokenForm>(json!({ "name": "tests" })).parse().unwrap();
        let (make, token) = MakeToken::new(staff.id, name, act(), &self.office.issuance.keys, entropy);
        store.write(make).await.unwrap().unwrap();
        self.office.token = token.expose().to_owned();
    }

    /// The address of an operation about the first school's things; none for what is not there.
    fn address(&self, path: &str) -> String {
        let Some(kind) = path.strip_suffix("{id}").or_else(|| path.split("{id}").next()) else {
            return path.to_owned();
        };
        let kind = kind.trim_matches('/');
        match self.things.iter().find(|(known, _)| *known == kind) {
            Some((_, id)) => path.replace("{id}", id),
            None => path.replace("{id}", "00000000000000000000000000"),
        }
    }
}

#[test]
fn every_operation_of_the_description_stands_in_the_table_once() {
    let document = serde_json::to_value(openapi_json()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_ascii_uppercase()));
        }
    }
    let listed: Vec<String> = OPERATIONS.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), described);
    assert_eq!(listed.len(), described.len(), "an operation stands there twice");
}

#[tokio::test]
async fn every_role_may_do_what_its_row_says_and_nothing_else() {
    let mut schools = TwoSchools::new().await;
    let own = schools.own.clone();
    for (login, role, class) in [
        ("dyrektor.1", Role::Principal, None),
        ("sekretariat.1", Role::Clerk, None),
        ("wychowawca.1", Role::Tutor, Some("7b")),
    ] {
        schools.become_(login, role, Some(&own), class).await;
        for right in Right::ALL {
            for operation in OPERATIONS.iter().filter(|operation| operation.right == *right) {
                let name = format!("{role:?} {} {}", operation.method, operation.path);
                // A body that no form takes: whoever gets past the table is refused for that, and does nothing.
                let body = (operation.method != Method::GET && operation.method != Method::DELETE)
                    .then(|| json!({ "no_form_has_this": 1 }));
                let path = schools.address(operation.path);
                if operation.method == Method::DELETE {
                    // Nobody is stopped by its body: only those are asked who may not.
                    if right.reach(role) != Reach::Nobody {
                        continue;
                    }
                }
                let answer = schools.office.call(operation.method.clone(), &path, body).await;
                let forbidden = answer.status == StatusCode::FORBIDDEN;
                // Schools are entered by accounts of no school in particular.
                let house = operation.method == Method::POST && operation.path == "/schools";
                assert_eq!(
                    forbidden,
                    right.reach(role) == Reach::Nobody || house,
                    "{name}: {}",
                    answer.status
                );
                if forbidden {
                    assert_eq!(answer.code(), "forbidden_role", "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_account_of_a_school_knows_no_other() {
    let mut schools = TwoSchools::new().await;
    let (own, other, foreign) = (schools.own.clone(), schools.other.clone(), schools.foreign.clone());
    let things = schools.things.clone();
    // At the other school everything of the first one is as unknown as what does not exist.
    schools.become_("dyrektor.2", Role::Principal, Some(&other), None).await;
    for operation in OPERATIONS.iter().filter(|operation| operation.path.contains("{id}")) {
        let name = format!("{} {}", operation.method, operation.path);
        let path = schools.address(operation.path);
        let answer = schools.office.call(operation.method.clone(), &path, None).await;
        if things.iter().any(|(kind, _)| operation.path.starts_with(&format!("/{kind}/"))) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
            assert!(answer.code().starts_with("unknown_"), "{name}: {}", answer.code());
        }
    }
    let office = &schools.office;
    let listed = office.get("/schools").await;
    assert_eq!(listed["schools"].as_array().unwrap().len(), 1);
    assert_eq!(listed["schools"][0]["id"], json!(other));
    assert_eq!(office.get(&format!("/pupils/{foreign}")).await["pupil"]["id"], json!(foreign));
    assert_eq!(
        office.get("/notices").await["notices"],
        json!([]),
        "the first school's slip was told to its pupil"
    );
    assert_eq!(office.get("/staff").await["staff"].as_array().unwrap().len(), 1);

    // What it makes is of its school; accounts of another are out of its reach.
    let made = json!({ "login": "sekretariat.2", "role": "clerk", "password": "kałamarz-i-liczydło" });
    assert_eq!(office.post("/staff", made).await["school_id"], json!(other));
    let made =
        json!({ "login": "x.1", "role": "clerk", "password": "kałamarz-i-liczydło", "school_id": own });
    assert_eq!(office.refused("/staff", made).await, "unknown_school");
    schools.become_("dyrektor.1", Role::Principal, Some(&own), None).await;
    let office = &schools.office;
    let ours = office.get("/staff").await["staff"][0]["account"]["id"].clone();
    let token = json!({ "name": "x", "staff_id": ours });
    assert!(office.post("/tokens", token.clone()).await["secret"].is_string());
    let tokens = office.get("/staff").await["staff"][0]["tokens"][0]["id"].clone();
    schools.become_("wicedyrektor.2", Role::Principal, Some(&other), None).await;
    let office = &schools.office;
    assert_eq!(office.refused("/tokens", token).await, "unknown_staff");
    let end = format!("/staff/{}/end", ours.as_str().unwrap());
    assert_eq!(office.refused(&end, json!({})).await, "unknown_staff");
    let end = format!("/tokens/{}/end", tokens.as_str().unwrap());
    assert_eq!(office.refused(&end, json!({})).await, "unknown_token");
}

#[tokio::test]
async fn a_tutor_reads_the_own_class_alone() {
    let mut schools = TwoSchools::new().await;
    let own = schools.own.clone();
    schools.become_("wychowawca.8a", Role::Tutor, Some(&own), Some("8a")).await;
    let office = &schools.office;
    let listed = format!("/schools/{own}/pupils");
    assert_eq!(office.get(&listed).await["pupils"], json!([]));
    assert_eq!(office.get(&format!("{listed}?class=7b")).await["pupils"], json!([]));
    let pupil = schools.address("/pupils/{id}");
    assert_eq!(office.call(Method::GET, &pupil, None).await.code(), "unknown_pupil");
    let slip = schools.address("/slips/{id}/collected");
    assert_eq!(office.refused(&slip, json!({ "by": "guardian" })).await, "unknown_slip");
    schools.become_("wychowawca.7b", Role::Tutor, Some(&own), Some("7b")).await;
    let office = &schools.office;
    assert_eq!(office.get(&listed).await["pupils"].as_array().unwrap().len(), 1);
    assert_eq!(office.get(&format!("{listed}?class=8a")).await["pupils"], json!([]));
    assert_eq!(office.call(Method::GET, &pupil, None).await.status, StatusCode::OK);
    office.post(&slip, json!({ "by": "guardian" })).await;
}

#[tokio::test]
async fn a_tutor_needs_a_class_and_nobody_else_has_one() {
    let office = Office::new().await;
    let tutor = json!({ "login": "anna", "role": "tutor", "password": "kałamarz-i-liczydło" });
    let answer = office.call(Method::POST, "/staff", Some(tutor)).await;
    assert_eq!(answer.json()["fields"][0]["code"], "class_missing");
    let clerk =
        json!({ "login": "anna", "role": "clerk", "password": "kałamarz-i-liczydło", "class_name": "7a" });
    let answer = office.call(Method::POST, "/staff", Some(clerk)).await;
    assert_eq!(answer.json()["fields"][0]["code"], "class_unexpected");
    let tutor = json!({
        "login": "anna", "role": "tutor", "password": "kałamarz-i-liczydło", "class_name": "7a",
        "full_name": "Anna Łącka"
    });
    let made = office.post("/staff", tutor).await;
    assert_eq!((&made["full_name"], &made["class_name"]), (&json!("Anna Łącka"), &json!("7a")));
}
