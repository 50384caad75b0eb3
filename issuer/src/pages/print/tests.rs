//! The sheets as others read them: poppler's text, and the QR code from poppler's picture.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use shared::secret::Secret;

use super::*;
use crate::pages::words::Lang;
use crate::registry::testing::evening;

/// Whether poppler's tools are there. If not, the test says so and passes, unless `MLEG_REQUIRE_ALL=1`.
pub(crate) fn poppler() -> bool {
    let found = ["pdftotext", "pdftoppm"].iter().all(|tool| Command::new(tool).arg("-v").output().is_ok());
    if !found {
        assert!(
            std::env::var_os("MLEG_REQUIRE_ALL").is_none_or(|value| value != "1"),
            "pdftotext and pdftoppm are required by MLEG_REQUIRE_ALL=1 and missing"
        );
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = writeln!(std::io::stderr(), "skipped: {test} wants poppler-utils, which is not installed");
    }
    found
}

/// A PDF in a folder of its own.
pub(crate) struct Printed {
    folder: tempfile::TempDir,
}

impl Printed {
    pub(crate) fn of(pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sheets.pdf"), pdf).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("sheets.pdf")
    }

    fn run(&self, tool: &str, args: &[&str], after: &Path) -> Vec<u8> {
        let output = Command::new(tool).args(args).arg(self.path()).arg(after).output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The text of a sheet, from 1.
    pub(crate) fn text(&self, sheet: usize) -> String {
        let sheet = sheet.to_string();
        let args = ["-f", &sheet, "-l", &sheet, "-layout"];
        String::from_utf8(self.run("pdftotext", &args, Path::new("-"))).unwrap()
    }

    /// The texts of the QR codes on a sheet.
    pub(crate) fn codes(&self, sheet: usize) -> Vec<String> {
        let (page, out) = (sheet.to_string(), self.folder.path().join("sheet"));
        let args = ["-f", &page, "-l", &page, "-r", "150", "-gray", "-png", "-singlefile"];
        self.run("pdftoppm", &args, &out);
        match shared::qr::scan::scan(&std::fs::read(out.with_extension("png")).unwrap()) {
            Ok(codes) => codes,
            Err(shared::qr::scan::ScanError::NoCode) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    /// How many sheets there are.
    pub(crate) fn count(&self) -> usize {
        let text = String::from_utf8(self.run("pdftotext", &[], Path::new("-"))).unwrap();
        text.matches('\u{c}').count()
    }
}

const OFFER: &str =
    "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A1%2Fo%2FZm9vYmFyYmF6cXV4Cg";

fn slip(of_age: bool, minor_may_collect: bool) -> SlipSheets {
    SlipSheets {
        school: "Szkoła Podstawowa nr 0 w Przykładowie".into(),
        pupil: "Świętosława Źdźbło-Gżegżółka".into(),
        class_name: "7a".into(),
        reference: "01jd7q2h5mz8v4k3t9w6x0ybrn".into(),
        expires_at: "2026-12-21T18:30:00Z".parse().unwrap(),
        of_age,
        minor_may_collect,
        devices: 1,
        offer: Secret::new(OFFER),
        typed: Secret::new("7Q2H-5MZ8-V4K3"),
        code: Secret::new("04712558"),
    }
}

#[test]
fn a_slip_is_three_sheets_and_the_code_is_on_the_second_alone() {
    if !poppler() {
        return;
    }
    let pdf = slips_pdf(&[slip(false, false)], Lang::Pl, evening()).unwrap();
    let printed = Printed::of(&pdf);
    assert_eq!(printed.count(), 3);
    let sheets: Vec<String> = (1..=3).map(|sheet| printed.text(sheet)).collect();
    for sheet in &sheets {
        assert!(sheet.contains("Świętosława Źdźbło-Gżegżółka"), "{sheet}");
        assert!(sheet.contains("Szkoła Podstawowa nr 0 w Przykładowie"), "{sheet}");
        assert!(sheet.contains("Wydruk z symulatora"), "{sheet}");
        assert!(sheet.contains("21.12.2026, 19:30"), "Warsaw time: {sheet}");
    }
    let digits = |sheet: &str| sheet.chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(sheets[1].contains("0471 2558"), "{}", sheets[1]);
    for other in [0, 2] {
        assert!(!digits(&sheets[other]).contains("04712558"), "sheet {other}: {}", sheets[other]);
    }
    assert!(sheets[0].contains("7Q2H-5MZ8-V4K3") && !sheets[1].contains("7Q2H"));
    assert!(sheets[0].contains("10. ") && sheets[0].contains("Zeskanuj kod QR"), "{}", sheets[0]);
    assert!(sheets[2].contains("Potwierdzenie odbioru"));
    assert!(sheets[2].contains("nie wolno wydać niepełnoletniemu"), "{}", sheets[2]);
    assert_eq!(printed.codes(1), [OFFER]);
    assert!(printed.codes(2).is_empty() && printed.codes(3).is_empty());
}

#[test]
fn the_receipt_lets_a_minor_sign_where_the_application_does() {
    if !poppler() {
        return;
    }
    let receipt = |slip: SlipSheets| Printed::of(&slips_pdf(&[slip], Lang::Pl, evening()).unwrap()).text(3);
    let allowed = receipt(slip(false, true));
    assert!(allowed.contains("niepełnoletni uczeń (wniosek") && !allowed.contains("nie wolno wydać"));
    let adult = receipt(slip(true, true));
    assert!(adult.contains("pełnoletni uczeń") && !adult.contains("niepełnoletni uczeń (wniosek"));
}

#[test]
fn a_document_says_what_it_is_and_in_which_language() {
    let pdf = slips_pdf(&[slip(false, false)], Lang::Pl, evening()).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/Lang"), "the language");
    assert!(
        !text.contains("04712558") && !text.contains("Zm9vYmFyYmF6"),
        "no secret stands beside the sheets"
    );
    assert!(pdf.len() < 200_000, "fonts are cut down to what is needed: {}", pdf.len());
}

#[test]
fn an_application_is_printed_blank_and_filled() {
    if !poppler() {
        return;
    }
    let blank = ApplicationSheet { school: "Szkoła".into(), ..ApplicationSheet::default() };
    let blank = Printed::of(&application_pdf(&blank, Lang::Pl, evening()).unwrap());
    assert_eq!(blank.count(), 1);
    assert!(blank.text(1).contains("Wniosek o wydanie mLegitymacji szkolnej"));
    assert!(!blank.text(1).contains('×'), "nothing is ticked");
    let filled = ApplicationSheet {
        school: "Szkoła Podstawowa nr 0 w Przykładowie, która ma bardzo długą nazwę".into(),
        school_address: "ul. Szkolna 1, 00-950 Przykładowo".into(),
        pupil: "Żaneta Zmyślona".into(),
        class_name: "7b".into(),
        birth_date: "28.02.2013".into(),
        pesel: "13222800026".into(),
        address:
            "ul. Zmyślona 7/3, 00-951 Przykładowo, obok bardzo długiej ulicy imienia kogoś o długim nazwisku"
                .into(),
        applicant: "Maria Zmyślona".into(),
        by_pupil: Some(false),
        minor_may_collect: true,
        received_on: "21.11.2026".into(),
        reference: "01jd7q2h5mz8v4k3t9w6x0ybrn".into(),
    };
    let filled = Printed::of(&application_pdf(&filled, Lang::Pl, evening()).unwrap());
    assert_eq!(filled.count(), 1);
    let text = filled.text(1);
    for part in ["Żaneta Zmyślona", "13222800026", "Maria Zmyślona", "28.02.2013"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches('×').count(), 2, "guardian, and a minor may collect: {text}");
}
