//! Tables as schools send them, and hostile ones.

use std::io::Write as _;

use jiff::civil::date;

use super::table::Table;
use super::*;
use crate::registry::fault::FaultCode;

const TODAY: jiff::civil::Date = date(2026, 11, 21);
const HEAD: &str = "Nazwisko;Imiona;PESEL;Data urodzenia;Klasa;Ulica i numer;Kod pocztowy;Miejscowość";

fn table(text: &str) -> Table {
    Table::read(text.as_bytes()).unwrap()
}

fn faults(text: &str) -> Vec<(u32, Column, FaultCode)> {
    let judged = judge(&table(text), TODAY);
    let faulty = judged.into_iter().filter_map(|row| Some((row.line, row.outcome.err()?)));
    faulty
        .flat_map(|(line, faults)| faults.into_iter().map(move |f| (line, f.column, f.code().unwrap())))
        .collect()
}

#[test]
fn every_heading_names_its_own_column() {
    for column in Column::ALL {
        for heading in [column.heading_pl(), column.heading_en(), &column.heading_pl().to_uppercase()] {
            assert_eq!(Column::of_heading(heading), Some(*column), "{heading}");
        }
    }
    assert_eq!(Column::of_heading("  Imię "), Some(Column::GivenNames));
    assert_eq!(Column::of_heading("e-mail rodzica"), Some(Column::GuardianEmail));
    assert_eq!(Column::of_heading("stopa"), None);
}

#[test]
fn a_table_reads_the_same_however_it_was_saved() {
    let rows = "Żółć;Łucja;12290155531;1.09.2012;7b;ul. Lipowa 3/7;42200;Częstochowa\r\n";
    let plain = format!("{HEAD}\r\n{rows}");
    let comma = plain.replace(';', ",");
    let tab = plain.replace(';', "\t");
    let named = format!("sep=;\r\n{plain}");
    let marked = format!("\u{feff}{plain}");
    let quoted = plain.replace("Łucja", "\"Łucja\"");
    for text in [&plain, &comma, &tab, &named, &marked, &quoted] {
        let read = table(text);
        assert_eq!(read.cell(&read.rows[0], Column::Surname), "Żółć");
        assert_eq!(read.rows[0].line, if text == &named { 3 } else { 2 });
        assert!(faults(text).is_empty(), "{:?}", faults(text));
    }
    // As Polish Excel saves "CSV (rozdzielany przecinkami)".
    let windows: Vec<u8> = plain
        .chars()
        .map(|c| match c {
            'Ż' => 0xaf,
            'ó' => 0xf3,
            'ł' => 0xb3,
            'ć' => 0xe6,
            'Ł' => 0xa3,
            'ę' => 0xea,
            'ś' => 0x9c,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let read = Table::read(&windows).unwrap();
    assert_eq!(read.cell(&read.rows[0], Column::Surname), "Żółć");
    assert_eq!(read.cell(&read.rows[0], Column::City), "Częstochowa");
}

#[test]
fn spreadsheets_eat_noughts_and_get_them_back() {
    let head = HEAD;
    let row = |pesel: &str, born: &str, code: &str| {
        format!("{head}\nNowak;Jan;{pesel};{born};7b;ul. A 1;{code};Łódź")
    };
    // 08312112303 without its nought; the code of 00-950 as a number; days as Excel counts them.
    assert!(
        faults(&row("8312112303", "39773", "950")).is_empty(),
        "{:?}",
        faults(&row("8312112303", "39773", "950"))
    );
    assert_eq!(super::row::day("39773"), "2008-11-21");
    assert_eq!(super::row::day("21/11/2008"), "2008-11-21");
    assert_eq!(super::row::day("2008-11-21T00:00:00"), "2008-11-21");
    assert_eq!(super::row::day("31.02.2008"), "31.02.2008");
    let wrong = faults(&row("8312112304", "2008-11-21", "00-950"));
    assert_eq!(wrong, [(2, Column::Pesel, FaultCode::PeselChecksum)]);
}

#[test]
fn every_fault_stands_at_its_column() {
    let head = format!(
        "{HEAD};Imiona opiekuna;Nazwisko opiekuna;E-mail opiekuna;Numer legitymacji;Rodzaj legitymacji;Data wydania;Ważna do"
    );
    let good = "Nowak;Jan;12290155531;2012-09-01;7b;ul. A 1;42-200;Łódź";
    let of =
        |row: &str| faults(&format!("{head}\n{row}")).into_iter().map(|(_, c, f)| (c, f)).collect::<Vec<_>>();
    for (row, column, code) in [
        (format!("{good};;;;;;;").replace("Nowak", ""), Column::Surname, FaultCode::NameLength),
        (
            format!("{good};;;;;;;").replace("2012-09-01", "wrzesień"),
            Column::BirthDate,
            FaultCode::DayMalformed,
        ),
        (
            format!("{good};;;;;;;").replace("2012-09-01", "2012-09-02"),
            Column::BirthDate,
            FaultCode::BirthDateDiffers,
        ),
        (format!("{good};;;;;;;").replace("42-200", "4220A"), Column::PostalCode, FaultCode::PostalCode),
        (format!("{good};;;;;;;").replace("12290155531", ""), Column::Pesel, FaultCode::IdentityMissing),
        (format!("{good};Anna;;;;;;"), Column::GuardianSurname, FaultCode::NameLength),
        (format!("{good};Anna;Nowak;anna;;;;"), Column::GuardianEmail, FaultCode::EmailMalformed),
        (format!("{good};;;;1/2026;;;"), Column::CardForm, FaultCode::CardIncomplete),
        (format!("{good};;;;;drewniana;;"), Column::CardForm, FaultCode::FormWord),
        (format!("{good};;;;jeden;papierowa;;"), Column::CardNumber, FaultCode::CardNumberMalformed),
        (format!("{good};;;;1/2026;papierowa;2025-09-01;"), Column::CardNumber, FaultCode::CardNumberYear),
        (
            format!("{good};;;;;papierowa;2026-09-01;2026-08-01"),
            Column::CardValidUntil,
            FaultCode::EndsBeforeItStarts,
        ),
    ] {
        assert_eq!(of(&row), [(column, code)], "{row}");
    }
    assert_eq!(of(&format!("{good};Anna;Nowak;;1/2026;Papierowa;1.9.2026;30.9.2027")), []);
    let twice = faults(&format!("{head}\n{good};;;;1/2026;papierowa;;\n{good};;;;1/2026;papierowa;;"));
    assert_eq!(
        twice,
        [(3, Column::Pesel, FaultCode::RowTwice), (3, Column::CardNumber, FaultCode::CardNumberTaken)]
    );
}

#[test]
fn what_is_no_table_is_told_apart() {
    let read = |bytes: &[u8]| Table::read(bytes).unwrap_err();
    assert_eq!(read(b""), TableRefusal::Empty);
    assert_eq!(read(HEAD.as_bytes()), TableRefusal::Empty);
    assert_eq!(read(b"a\0b"), TableRefusal::NotATable);
    assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1"), TableRefusal::OldExcel);
    assert_eq!(read(b"PK\x03\x04rubbish"), TableRefusal::NotATable);
    assert_eq!(read(&vec![b'a'; FILE_LIMIT + 1]), TableRefusal::TooLarge);
    assert_eq!(read(format!("{HEAD};Klasa\n").as_bytes()), TableRefusal::Twice(Column::ClassName));
    let missing = HEAD.replace("PESEL;", "").replace("Klasa;", "");
    assert_eq!(read(missing.as_bytes()), TableRefusal::Missing(vec![Column::ClassName, Column::Pesel]));
    let many = format!("{HEAD}\n{}", "a;b;c;d;e;f;g;h\n".repeat(ROW_LIMIT + 1));
    assert_eq!(read(many.as_bytes()), TableRefusal::TooManyRows);
    let odd = table(&format!("Lp.;{HEAD};Powód odrzucenia\n1;a;b;c;d;e;f;g;h;x"));
    assert_eq!(odd.unread, ["Lp."], "our own column of reasons is passed over in silence");
    assert_eq!(odd.cell(&odd.rows[0], Column::Surname), "a");
}

/// An XLSX file with this sheet and these shared texts.
fn xlsx(sheet: &str, strings: &str) -> Vec<u8> {
    xlsx_of(sheet, "", strings)
}

/// The same, with attributes of the list of shared texts.
fn xlsx_of(sheet: &str, announced: &str, strings: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let rels = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Uczniowie" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let parts = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
    let styles = r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let strings = format!(
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" {announced}>{strings}</sst>"#
    );
    for (name, content) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", rels),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", parts),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/sharedStrings.xml", &strings),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A row of texts, but for those that are numbers already.
fn cells(row: u32, texts: &[&str]) -> String {
    let cell = |(at, text): (usize, &&str)| {
        let place = format!("{}{row}", char::from(b'A' + u8::try_from(at).unwrap()));
        match text.strip_prefix('#') {
            Some(number) => format!(r#"<c r="{place}"><v>{number}</v></c>"#),
            None => match text.strip_prefix('~') {
                Some(day) => format!(r#"<c r="{place}" s="1"><v>{day}</v></c>"#),
                None => format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#),
            },
        }
    };
    format!(r#"<row r="{row}">{}</row>"#, texts.iter().enumerate().map(cell).collect::<String>())
}

#[test]
fn a_workbook_reads_like_a_csv() {
    let head: Vec<&str> = HEAD.split(';').collect();
    let sheet = cells(1, &head)
        + &cells(3, &["Nowak", "Jan", "#8312112303", "~39773", "#7", "ul. A 1", "#950", "Łódź"])
        + &cells(4, &["Kot", "Ala", "12290155531", "#41153", "7b", "ul. A 1", "42-200", "Łódź"]);
    let read = Table::read(&xlsx(&sheet, "")).unwrap();
    assert_eq!(read.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(read.cell(&read.rows[0], Column::BirthDate), "2008-11-21");
    assert_eq!(read.cell(&read.rows[0], Column::ClassName), "7");
    for row in judge(&read, TODAY) {
        assert!(row.outcome.is_ok(), "{:?}", row.outcome);
    }
}

#[test]
fn a_hostile_workbook_is_refused_before_it_fills_the_memory() {
    // Small when packed, far beyond the limit when unpacked.
    let bomb = xlsx("", &" ".repeat(65 * 1024 * 1024));
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    assert_eq!(Table::read(&bomb).unwrap_err(), TableRefusal::TooLarge);
    // One cell at the far end would make a table of seventeen thousand million cells.
    let far = cells(1, &HEAD.split(';').collect::<Vec<_>>())
        + r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    assert_eq!(Table::read(&xlsx(&far, "")).unwrap_err(), TableRefusal::TooManyRows);
    let wide =
        cells(1, &HEAD.split(';').collect::<Vec<_>>()) + r#"<row r="2"><c r="XFD2"><v>1</v></c></row>"#;
    assert_eq!(Table::read(&xlsx(&wide, "")).unwrap_err(), TableRefusal::Empty);
}

#[test]
fn rows_that_are_looked_at_tell_nothing_of_pupils() {
    let table = table(&format!("{HEAD}\nKot;Ala;12290155531;2012-09-01;7b;ul. A 1;42-200;Łódź\nPies;x"));
    for row in judge(&table, TODAY) {
        let told = format!("{row:?}{:?}", row.outcome);
        for word in ["Kot", "Ala", "Pies", "12290155531", "2012-09-01", "2012", "42-200"] {
            assert!(!told.contains(word), "{told}");
        }
    }
}

#[test]
fn a_workbook_that_announces_more_texts_than_it_has_takes_no_memory_for_them() {
    let sheet = cells(1, &HEAD.split(';').collect::<Vec<_>>());
    let announcing = |attribute: &str, text: &str| {
        let strings = format!("<si><t>{text}</t></si>");
        let honest = xlsx(&sheet, &strings);
        assert_eq!(Table::read(&honest).unwrap_err(), TableRefusal::Empty, "the workbook itself is fine");
        Table::read(&xlsx_of(&sheet, attribute, &strings)).unwrap_err()
    };
    // The second would be the end of the whole program: four terabytes are not there.
    for count in ["18446744073709551615", "200000000000"] {
        for attribute in [
            format!("count=\"1\" uniqueCount=\"{count}\""),
            format!("uniqueCount = '{count}'"),
            format!("uniqueCount\n=\t\"00{count}\""),
            format!("uniqueCount=\"+{count}\""),
        ] {
            assert_eq!(announcing(&attribute, "a"), TableRefusal::TooLarge, "{attribute}");
        }
    }
    assert_eq!(announcing("uniqueCount=\"1\"", "a"), TableRefusal::Empty);
    assert_eq!(announcing("unique\u{1b}(BCount=\"200000000000\"", "a"), TableRefusal::NotATable);
}
