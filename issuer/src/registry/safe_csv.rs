//! CSV files that a spreadsheet opens without running anything: for Polish Excel, with semicolons and a byte
//! order mark.

/// Writes a table. What begins like a formula gets an apostrophe in front, which spreadsheets show as text.
#[derive(Debug)]
pub struct SafeCsv(String);

impl Default for SafeCsv {
    fn default() -> Self {
        Self("\u{feff}".to_owned())
    }
}

/// What spreadsheets take for the beginning of a formula, or skip before they look for one. Some take the wide forms
/// of East Asian keyboards as well.
const STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

impl SafeCsv {
    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut first = true;
        for cell in cells {
            if !first {
                self.0.push(';');
            }
            first = false;
            self.cell(cell.as_ref());
        }
        self.0.push_str("\r\n");
    }

    fn cell(&mut self, text: &str) {
        // A line feed hides a formula as well as the others do once a program trims it away.
        let risky = is_formula(text);
        self.0.push('"');
        if risky {
            self.0.push('\'');
        }
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }

    /// The file.
    pub fn finish(self) -> String {
        self.0
    }
}

/// Whether a spreadsheet could run a text. Blanks of any kind in front hide nothing: programs trim them.
fn is_formula(text: &str) -> bool {
    let hidden = |c: char| c.is_whitespace() && !STARTS.contains(&c) || matches!(c, '\u{feff}' | '\u{200b}');
    text.trim_start_matches(hidden).starts_with(STARTS)
}

/// Takes the apostrophe away again that [`SafeCsv`] puts in front.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_like_a_formula() {
        for text in [
            "=1+1",
            "+48",
            "-2",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "\n=1",
            "=HYPERLINK(\"http://x\";\"a\")",
            "＝1+1",
            "＠SUM(A1)",
            "\u{a0}=1",
            "\u{2009}+1",
            "\u{200b}=1",
        ] {
            let mut csv = SafeCsv::default();
            csv.row([text, "Nowak-Żółć", "a;b \"c\""]);
            let file = csv.finish();
            assert!(file.starts_with("\u{feff}\"'"), "{file:?}");
            assert!(file.contains(";\"Nowak-Żółć\";\"a;b \"\"c\"\"\"\r\n"), "{file:?}");
            let mut reader =
                csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(file.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            assert_eq!(unguarded(read[0].trim_start_matches('\u{feff}')), text);
        }
        assert_eq!(unguarded("'t Hooft"), "'t Hooft");
    }
}
