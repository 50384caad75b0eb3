//! `issuer import` and `issuer export`, run as somebody at a terminal runs them.
#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use issuer::app::{SystemClock, SystemEntropy};
use issuer::audit::{Act, Actor};
use issuer::registry::pupil::ListPupils;
use issuer::registry::school::{EnterSchool, ListSchools, SchoolForm};
use issuer::store::tables::pupil::Pupil;
use issuer::store::{Location, Statements, Store, StoreError, Verb};
use serde_json::{Value as Json, json};
use shared::clock::Clock as _;

const HEAD: &str =
    "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica i numer;Kod pocztowy;Miejscowość;Rubryka";
/// Three good rows; a wrong checksum; a row that stands there twice.
const ROWS: [&str; 5] = [
    "Żółć;Łucja;12290155531;2012-09-01;7b;ul. Lipowa 3;42-200;Częstochowa;x",
    "Nowak;Jan;08312112303;21.11.2008;3a;ul. Lipowa 4;42-200;Częstochowa;",
    "Zła;Suma;44051401358;1944-05-14;7b;ul. Lipowa 5;42-200;Częstochowa;",
    "Dwa;Razy;12290155531;2012-09-01;7b;ul. Lipowa 6;42-200;Częstochowa;",
    "Lis;Ewa;20222922241;2020-02-29;1a;ul. Lipowa 7;42-200;Częstochowa;",
];

/// A data folder that was set up, and the program.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        assert_eq!(desk.run(&["init"]).status.code(), Some(0));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Runs the program on the folder.
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_issuer"))
            .args(arguments)
            .arg("--data")
            .arg(self.path("data"))
            .env("MLEG_LOG", "error")
            .output()
            .unwrap()
    }

    fn store(&self) -> (tokio::runtime::Runtime, Location) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        (runtime, Location::Sqlite(self.path("data").join("issuer.db")))
    }

    fn school(&self, rspo: u32) {
        let (runtime, location) = self.store();
        runtime.block_on(async {
            let form = json!({
                "rspo": rspo, "name": "Szkoła", "kind": "primary", "rights": "public",
                "address": { "street_line": "ul. Szkolna 1", "postal_code": "00-950", "city": "Warszawa" },
            });
            let school = serde_json::from_value::<SchoolForm>(form).unwrap().parse().unwrap();
            let act = Act::new(Actor::System, SystemClock.now(), &SystemEntropy);
            let store = Store::open(&location).await.unwrap();
            store.write(EnterSchool::new(school, act, &SystemEntropy)).await.unwrap().unwrap();
        });
    }

    /// How many rows a query finds.
    fn count(&self, sql: &'static str) -> usize {
        let (runtime, location) = self.store();
        runtime.block_on(async { Store::open(&location).await.unwrap().read(Count(sql)).await.unwrap() })
    }

    /// The pupils of the only school, by the alphabet.
    fn pupils(&self) -> Vec<Pupil> {
        let (runtime, location) = self.store();
        runtime.block_on(async {
            let store = Store::open(&location).await.unwrap();
            let school = store.read(ListSchools).await.unwrap().remove(0).id;
            let list = ListPupils { school, surname: None, class_name: None, after: None, limit: 100 };
            store.read(list).await.unwrap().unwrap()
        })
    }
}

struct Count(&'static str);

#[async_trait::async_trait]
impl Verb for Count {
    type Answer = usize;

    async fn run(&self, tx: &mut dyn Statements) -> Result<usize, StoreError> {
        Ok(tx.query(self.0, &[]).await?.len())
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn answer(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", said(output), complained(output)))
}

fn is_private(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn a_file_is_looked_at_entered_mended_and_entered_again() {
    let desk = Desk::new();
    desk.school(12345);
    let table = desk.file("uczniowie.csv", format!("{HEAD}\n{}", ROWS.join("\n")));

    let output = desk.run(&["import", &table, "--dry-run", "--json"]);
    assert_eq!(code(&output), 3, "{}", complained(&output));
    let told = answer(&output);
    assert_eq!((&told["rows"], &told["accepted"], &told["rejected"]), (&json!(5), &json!(3), &json!(2)));
    assert_eq!((&told["entered"], &told["dry_run"]), (&json!(0), &json!(true)));
    assert_eq!(told["unread_columns"], json!(["Rubryka"]));
    assert_eq!(told["faults"][0]["line"], json!(4));
    assert_eq!(
        (&told["faults"][0]["column"], &told["faults"][0]["code"]),
        (&json!("pesel"), &json!("pesel_checksum"))
    );
    assert_eq!(told["faults"][1]["code"], json!("row_twice"));
    assert!(desk.count("SELECT id FROM pupil") == 0, "a dry run enters nothing");
    assert!(desk.count("SELECT line FROM import_reject") == 0, "and keeps nothing");

    let rejects = desk.path("odrzucone.csv");
    let output = desk.run(&["import", &table, "--school", "12345", "--rejects", rejects.to_str().unwrap()]);
    assert_eq!(code(&output), 3, "{}", complained(&output));
    let text = said(&output);
    assert!(text.contains("row 4") && text.contains("PESEL number"), "{text}");
    assert!(text.contains("entered       3") && text.contains("rejected      2"), "{text}");
    assert!(complained(&output).contains("hint: mend the rows in"));
    for row in ROWS {
        for cell in row.split(';').take(3) {
            assert!(!text.contains(cell) && !complained(&output).contains(cell), "{cell} is told");
        }
    }
    let surnames: Vec<String> = desk.pupils().into_iter().map(|pupil| pupil.surname).collect();
    assert_eq!(surnames, ["Lis", "Nowak", "Żółć"]);
    assert!(is_private(&rejects), "pupils stand in it");
    let sent_back = fs::read_to_string(&rejects).unwrap();
    assert!(
        sent_back.contains("Powód odrzucenia") && sent_back.contains("Zła") && sent_back.contains("Razy")
    );
    assert!(!sent_back.contains("Nowak"));

    // Mended, and nothing else changed: every row is taken now. A file that is there is not written over.
    let mended = sent_back.replace("44051401358", "44051401359").replace("12290155531", "00210100004");
    let mended = mended.replace("2012-09-01", "2000-01-01");
    let again = desk.file("poprawione.csv", mended);
    let output = desk.run(&["import", &again, "--rejects", rejects.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("not written over"), "{}", complained(&output));
    assert_eq!(fs::read_to_string(&rejects).unwrap(), sent_back);
    let none = desk.path("zadne.csv");
    let output = desk.run(&["import", &again, "--rejects", none.to_str().unwrap(), "--json"]);
    assert_eq!((code(&output), &answer(&output)["entered"]), (0, &json!(2)), "{}", said(&output));
    assert!(!none.exists(), "nothing was rejected");
    assert_eq!(desk.pupils().len(), 5);

    // Sent once more, everybody is there already; the trail tells who did it, and no names.
    let output = desk.run(&["import", &again, "--json"]);
    assert_eq!((code(&output), &answer(&output)["rejected"]), (3, &json!(2)));
    assert_eq!(answer(&output)["faults"][0]["code"], json!("already_entered"));
    let imports = "SELECT id FROM audit_entry WHERE action LIKE 'import.%'";
    assert!(desk.count(imports) > 0);
    assert_eq!(
        desk.count(imports),
        desk.count("SELECT id FROM audit_entry WHERE action LIKE 'import.%' AND actor = 'system'")
    );
    assert_eq!(
        desk.count("SELECT id FROM audit_entry WHERE detail LIKE '%Nowak%' OR detail LIKE '%uczniowie%'"),
        0
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_a_hint() {
    let desk = Desk::new();
    let table = desk.file("uczniowie.csv", format!("{HEAD}\n{}", ROWS[0]));
    let refused = |arguments: &[&str], told: &str| {
        let output = desk.run(arguments);
        let text = complained(&output);
        assert_eq!((code(&output), said(&output).as_str()), (1, ""), "{arguments:?}: {text}");
        assert!(text.contains(told) && text.contains("hint: "), "{arguments:?}: {text}");
    };
    refused(&["import", &table], "there is no such school");
    desk.school(12345);
    desk.school(23456);
    refused(&["import", &table], "there are several schools");
    refused(&["import", &table, "--school", "99999"], "there is no such school");
    let school = ["--school", "12345"];
    for (name, content, told) in [
        ("pusty.csv", &b""[..], "not a single pupil"),
        ("stary.xls", &b"\xd0\xcf\x11\xe0 old"[..], "old Excel"),
        ("bez.csv", "Nazwisko;Imiona\nA;B".as_bytes(), "Birth date"),
        ("obraz.png", &b"\x89PNG\0\0"[..], "CSV"),
    ] {
        let file = desk.file(name, content);
        refused(&["import", &file, school[0], school[1]], told);
    }
    let rejects = desk.path("nowy.csv");
    let missing = desk.path("nie-ma.csv");
    let (rejects, missing) = (rejects.to_str().unwrap(), missing.to_str().unwrap());
    refused(&["import", missing, school[0], school[1], "--rejects", rejects], "nie-ma.csv");
    assert!(!Path::new(rejects).exists(), "no empty file is left behind");
    refused(&["export", "nobody"], "there is no such pupil");
    refused(&["export", "00000000000000000000000000"], "there is no such pupil");
    assert!(desk.count("SELECT id FROM pupil") == 0);
    assert_eq!(code(&desk.run(&["import"])), 2, "usage");
    let bare = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_issuer"))
        .args(["import", &table, "--data"])
        .arg(bare.path())
        .output()
        .unwrap();
    assert!(code(&output) == 1 && complained(&output).contains("run `issuer init` first"));
    assert!(!bare.path().join("issuer.db").exists(), "nothing is set up by the way");
}

#[test]
fn a_pupil_is_written_out_as_the_office_does() {
    let desk = Desk::new();
    desk.school(12345);
    let table = desk.file("uczniowie.csv", format!("{HEAD}\n{}", ROWS[0]));
    assert_eq!(code(&desk.run(&["import", &table])), 0);
    let pupil = desk.pupils().remove(0).id.to_string();
    let output = desk.run(&["export", &pupil]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let all = answer(&output);
    assert_eq!((&all["version"], &all["pupil"][0]["surname"]), (&json!(1), &json!("Żółć")));
    assert!(said(&output).lines().count() > 10, "readable without --json");
    let out = desk.path("uczen.json");
    let output = desk.run(&["export", &pupil, "--out", out.to_str().unwrap(), "--json"]);
    assert_eq!((code(&output), said(&output).as_str()), (0, ""));
    assert!(is_private(&out));
    let kept = fs::read_to_string(&out).unwrap();
    let again: Json = serde_json::from_str(&kept).unwrap();
    assert_eq!(again["pupil"], all["pupil"]);
    assert!(!again["audit_trail"].to_string().contains("Żółć"));
    let output = desk.run(&["export", &pupil, "--out", out.to_str().unwrap()]);
    assert!(code(&output) == 1 && complained(&output).contains("not written over"));
    assert_eq!(fs::read_to_string(&out).unwrap(), kept);
    assert_eq!(desk.count("SELECT id FROM audit_entry WHERE action = 'pupil.exported'"), 2);
}
