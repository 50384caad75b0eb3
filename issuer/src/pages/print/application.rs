//! The application (wniosek): blank to be filled in by hand, or as it stands in the books.

use jiff::Timestamp;

use super::font::Face;
use super::paper::{BODY, MARGIN, Papers, SheetError, WIDTH};
use super::slip::signatures;
use crate::pages::words::Lang;

/// What stands on an application; what is empty is left to be written.
#[derive(Default)]
pub struct ApplicationSheet {
    /// The school, and where it is.
    pub school: String,
    /// Address of the school in one line.
    pub school_address: String,
    /// Given names and surname.
    pub pupil: String,
    /// The class.
    pub class_name: String,
    /// Birth date as it is written.
    pub birth_date: String,
    /// PESEL.
    pub pesel: String,
    /// Home address in one line.
    pub address: String,
    /// Who applies.
    pub applicant: String,
    /// Whether it is the pupil, being of age; otherwise a guardian. Unknown on a blank one.
    pub by_pupil: Option<bool>,
    /// Whether a minor may collect the codes.
    pub minor_may_collect: bool,
    /// When it was received.
    pub received_on: String,
    /// By what name the office finds it again.
    pub reference: String,
}

impl std::fmt::Debug for ApplicationSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApplicationSheet({})", self.reference)
    }
}

/// The form.
///
/// # Errors
/// When the document cannot be written.
pub fn application_pdf(sheet: &ApplicationSheet, lang: Lang, now: Timestamp) -> Result<Vec<u8>, SheetError> {
    let mut papers = Papers::new(lang, &lang.t("print-application-title"), now);
    let foot = if sheet.reference.is_empty() {
        String::new()
    } else {
        lang.t1("print-application-foot", "reference", &sheet.reference)
    };
    papers.sheet(&foot, |paper| {
        paper.paragraph(Face::Regular, BODY, &sheet.school)?;
        paper.paragraph(Face::Regular, BODY, &sheet.school_address)?;
        paper.gap(6.0);
        paper.title(&lang.t("print-application-title"))?;
        paper.rule(1.0);
        paper.heading(&lang.t("print-application-pupil"))?;
        let half = WIDTH / 2.0 - 8.0;
        paper.blank(MARGIN, WIDTH, &lang.t("print-application-name"), &sheet.pupil)?;
        let row = paper.y;
        paper.blank(MARGIN, half, &lang.t("print-application-class"), &sheet.class_name)?;
        paper.y = row;
        paper.blank(MARGIN + half + 16.0, half, &lang.t("print-application-born"), &sheet.birth_date)?;
        paper.blank(MARGIN, WIDTH, &lang.t("print-application-pesel"), &sheet.pesel)?;
        paper.blank(MARGIN, WIDTH, &lang.t("print-application-address"), &sheet.address)?;
        paper.heading(&lang.t("print-application-applicant"))?;
        paper.tick(sheet.by_pupil == Some(false), &lang.t("print-application-guardian"))?;
        paper.tick(sheet.by_pupil == Some(true), &lang.t("print-application-adult"))?;
        paper.blank(MARGIN, WIDTH, &lang.t("print-application-name"), &sheet.applicant)?;
        paper.heading(&lang.t("print-application-please"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-application-text"))?;
        paper.gap(4.0);
        paper.paragraph(Face::Regular, BODY, &lang.t("print-application-photo"))?;
        paper.gap(4.0);
        paper.tick(sheet.minor_may_collect, &lang.t("print-application-minor"))?;
        paper.gap(4.0);
        paper.paragraph(Face::Regular, BODY, &lang.t("print-application-true"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-application-privacy"))?;
        paper.gap(46.0);
        signatures(paper, &lang.t("print-application-place"), &lang.t("print-application-sign"))?;
        paper.gap(14.0);
        paper.rule(0.5);
        paper.heading(&lang.t("print-application-office"))?;
        paper.blank(MARGIN, WIDTH, &lang.t("print-application-received"), &sheet.received_on)?;
        paper.tick(false, &lang.t("print-application-complete"))?;
        paper.tick(false, &lang.t("print-application-back"))
    })?;
    papers.finish()
}
