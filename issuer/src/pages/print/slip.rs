//! The three sheets of a slip: QR code with instructions, activation code, receipt.

use jiff::Timestamp;
use shared::secret::Secret;

use super::font::Face;
use super::paper::{BODY, MARGIN, MM, Paper, Papers, SheetError, WIDTH};
use crate::pages::words::Lang;

/// Side of the QR code, quiet zone included: 1.1 mm a module and more, which weak cameras read.
const QR_SIDE: f32 = 70.0 * MM;

/// What the sheets of one slip say.
pub struct SlipSheets {
    /// The school.
    pub school: String,
    /// Given names and surname.
    pub pupil: String,
    /// The class.
    pub class_name: String,
    /// By what name the office finds the slip again.
    pub reference: String,
    /// The first instant at which it opens nothing any more.
    pub expires_at: Timestamp,
    /// Whether the pupil is of age.
    pub of_age: bool,
    /// Whether the application lets a minor collect the codes.
    pub minor_may_collect: bool,
    /// On how many devices a card may be.
    pub devices: u8,
    /// The text of the QR code.
    pub offer: Secret,
    /// What can be typed instead.
    pub typed: Secret,
    /// The activation code.
    pub code: Secret,
}

impl std::fmt::Debug for SlipSheets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlipSheets({})", self.reference)
    }
}

/// The sheets of these slips, one after the other, in one document.
///
/// # Errors
/// When a QR code cannot be drawn or the document cannot be written.
pub fn slips_pdf(slips: &[SlipSheets], lang: Lang, now: Timestamp) -> Result<Vec<u8>, SheetError> {
    let mut papers = Papers::new(lang, &lang.t("print-slip-title"), now);
    for slip in slips {
        let foot = lang.t2("print-slip-foot", "reference", &slip.reference, "at", lang.instant(now));
        papers.sheet(&foot, |paper| slip.qr_sheet(paper, lang))?;
        papers.sheet(&foot, |paper| slip.code_sheet(paper, lang))?;
        papers.sheet(&foot, |paper| slip.receipt(paper, lang))?;
    }
    papers.finish()
}

impl SlipSheets {
    fn head(&self, paper: &mut Paper<'_>, title: &str) -> Result<(), SheetError> {
        paper.paragraph(Face::Regular, BODY, &self.school)?;
        paper.title(title)?;
        paper.rule(1.0);
        paper.gap(10.0);
        Ok(())
    }

    fn qr_sheet(&self, paper: &mut Paper<'_>, lang: Lang) -> Result<(), SheetError> {
        self.head(paper, &lang.t("print-qr-title"))?;
        let top = paper.y;
        // The quiet zone reaches into the margin, so that the code itself stands below the heading.
        paper.qr(MARGIN - 12.0, top, QR_SIDE, self.offer.expose())?;
        let (x, width) = (MARGIN + QR_SIDE + 10.0, WIDTH - QR_SIDE - 10.0);
        paper.gap(8.0);
        paper.fact(x, width, &lang.t("print-for"), &self.pupil)?;
        paper.fact(x, width, &lang.t("print-class"), &self.class_name)?;
        paper.fact(x, width, &lang.t("print-valid-until"), &lang.until(self.expires_at))?;
        paper.column(Face::Regular, 8.5, x, width, &lang.t("print-typed"))?;
        paper.column(Face::Mono, 16.0, x, width, self.typed.expose())?;
        paper.gap(3.0);
        paper.column(Face::Regular, 8.5, x, width, &lang.t("print-typed-hint"))?;
        paper.y = paper.y.max(top + QR_SIDE);
        paper.heading(&lang.t("print-steps"))?;
        let steps = [
            "print-step-start",
            "print-step-add",
            "print-step-information",
            "print-step-terms",
            "print-step-privacy",
            "print-step-camera",
            "print-step-scan",
            "print-step-code",
            "print-step-confirm",
            "print-step-certificate",
        ];
        paper.steps(&steps.map(|step| lang.t(step)))?;
        paper.heading(&lang.t("print-remember"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t1("print-remember-devices", "n", self.devices))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-remember-secret"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-remember-lost"))
    }

    fn code_sheet(&self, paper: &mut Paper<'_>, lang: Lang) -> Result<(), SheetError> {
        self.head(paper, &lang.t("print-code-title"))?;
        paper.fact(MARGIN, WIDTH, &lang.t("print-for"), &self.pupil)?;
        paper.fact(MARGIN, WIDTH, &lang.t("print-class"), &self.class_name)?;
        paper.fact(MARGIN, WIDTH, &lang.t("print-valid-until"), &lang.until(self.expires_at))?;
        paper.gap(20.0);
        paper.paragraph(Face::Regular, BODY, &lang.t("print-code"))?;
        paper.paragraph(Face::Mono, 46.0, &grouped(self.code.expose()))?;
        paper.gap(24.0);
        paper.paragraph(Face::Bold, 13.0, &lang.t("print-code-apart"))?;
        paper.gap(4.0);
        paper.paragraph(Face::Regular, BODY, &lang.t("print-code-when"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-code-tries"))
    }

    fn receipt(&self, paper: &mut Paper<'_>, lang: Lang) -> Result<(), SheetError> {
        self.head(paper, &lang.t("print-receipt-title"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-receipt-text"))?;
        paper.gap(8.0);
        paper.fact(MARGIN, WIDTH, &lang.t("print-for"), &self.pupil)?;
        paper.fact(MARGIN, WIDTH, &lang.t("print-class"), &self.class_name)?;
        paper.fact(MARGIN, WIDTH, &lang.t("print-valid-until"), &lang.until(self.expires_at))?;
        paper.heading(&lang.t("print-receipt-who"))?;
        paper.tick(false, &lang.t("print-receipt-guardian"))?;
        if self.of_age {
            paper.tick(false, &lang.t("print-receipt-adult"))?;
        } else if self.minor_may_collect {
            paper.tick(false, &lang.t("print-receipt-minor"))?;
        } else {
            paper.gap(6.0);
            paper.paragraph(Face::Bold, BODY, &lang.t("print-receipt-not-minor"))?;
        }
        paper.gap(10.0);
        paper.blank(MARGIN, WIDTH, &lang.t("print-receipt-name"), "")?;
        paper.gap(10.0);
        paper.paragraph(Face::Regular, BODY, &lang.t("print-receipt-informed"))?;
        paper.gap(60.0);
        signatures(paper, &lang.t("print-receipt-date-sign"), &lang.t("print-receipt-giver"))?;
        paper.gap(50.0);
        paper.rule(0.5);
        paper.heading(&lang.t("print-receipt-file"))?;
        paper.paragraph(Face::Regular, BODY, &lang.t("print-receipt-file-text"))
    }
}

/// Two places to sign beside each other.
pub(super) fn signatures(paper: &mut Paper<'_>, left: &str, right: &str) -> Result<(), SheetError> {
    let half = (WIDTH - 30.0) / 2.0;
    paper.signature(MARGIN, half, left)?;
    paper.signature(MARGIN + half + 30.0, half, right)?;
    paper.gap(14.0);
    Ok(())
}

/// In groups of four, as it is easiest to type.
fn grouped(code: &str) -> String {
    let mut out = String::new();
    for (at, digit) in code.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
