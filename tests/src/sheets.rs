//! Printed sheets as those read them who hold them in hand: pictures of the pages (`pdftoppm`) and their text
//! (`pdftotext`), both of Debian's `poppler-utils`.

use std::fs;
use std::path::Path;
use std::process::Command;

use shared::qr::scan;

use crate::outside::{program, require};

/// Somebody with a printer and eyes.
pub struct Sheets(());

/// One page of a document.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its text, line by line as it stands there.
    pub text: String,
    /// What it looks like, PNG.
    pub picture: Vec<u8>,
}

impl Sheets {
    /// The programs, or why they are missing.
    pub fn installed() -> Option<Self> {
        require("pdftoppm and pdftotext (Debian: poppler-utils)", || {
            program("pdftoppm", "-v")?;
            program("pdftotext", "-v").map(|_| Self(()))
        })
    }

    /// The pages of a document, at the resolution of an ordinary printer's draft mode.
    ///
    /// # Panics
    /// When it is no document.
    pub fn read(&self, pdf: &Path) -> Vec<Sheet> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pages = folder.path().join("page");
        run(Command::new("pdftoppm").args(["-r", "150", "-png"]).arg(pdf).arg(&pages));
        let mut pictures: Vec<_> = fs::read_dir(folder.path())
            .expect("its pages")
            .map(|entry| entry.expect("a page").path())
            .collect();
        // Numbers of one document are all of one length.
        pictures.sort();
        let said = run(Command::new("pdftotext").arg("-layout").arg(pdf).arg("-"));
        let texts = said.split('\u{c}').map(str::to_owned).chain(std::iter::repeat(String::new()));
        let sheet = |(picture, text)| {
            let picture: Vec<u8> = fs::read::<std::path::PathBuf>(picture).expect("a page");
            Sheet { text, picture }
        };
        pictures.into_iter().zip(texts).map(sheet).collect()
    }
}

impl Sheet {
    /// What its QR codes say. Looking takes long where there is none.
    pub fn codes(&self) -> Vec<String> {
        scan::scan(&self.picture).unwrap_or_default()
    }

    /// The first number of so many digits that stands apart from others.
    pub fn number(&self, digits: usize) -> Option<String> {
        // Printed in groups for the eye: „1234 5678”.
        let line = |line: &str| {
            let joined: String = line.chars().filter(|letter| *letter != ' ').collect();
            let mut runs = joined.split(|letter: char| !letter.is_ascii_digit());
            runs.find(|run| run.len() == digits).map(str::to_owned)
        };
        self.text.lines().find_map(line)
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program that was there a moment ago");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
