//! An inspector's device: what it believes and knows, and its verdicts on codes, without any network.
//!
//! ```
//! use shared::holder_code::Purpose;
//! use wallet::verify::offline::Inspector;
//!
//! // Nobody is believed yet, and the time is not known: nothing is valid.
//! let mut inspector = Inspector::default();
//! let now = "2026-11-21T18:30:00Z".parse()?;
//! let inspection = inspector.verify("MLEG1:…", now, Some(Purpose::Ticket));
//! assert_eq!(inspection.verdict.code(), "not_a_card");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jiff::Timestamp;
use shared::holder_code::code::PREFIX;
use shared::holder_code::{Content, Purpose, verify};
use shared::presentation::revocation::StatusLists;
use shared::presentation::seen::SeenCodes;
use shared::presentation::time::{ClockCorrection, CorrectedTime, Timekeeping};
use shared::presentation::trust::{RootPurpose, Trust, TrustedRoot};
use shared::presentation::trust_list::{self, TrustListFault};
use shared::presentation::verdict::Inspection;
use shared::qr::scan::{ScanError, scan};
use shared::status::token::StatusTokenFault;
use shared::x509::chain::TrustAnchor;

/// What a device believes and knows. Nothing of what it reads from codes is kept but, for 45 seconds, that it was seen.
#[derive(Debug, Clone, Default)]
pub struct Inspector {
    /// The roots that somebody put here by hand.
    base: Vec<TrustedRoot>,
    /// Those and the list's.
    trust: Trust,
    lists: StatusLists,
    correction: Option<ClockCorrection>,
    clock_is_right: bool,
    seen: SeenCodes,
}

impl Inspector {
    /// Believes a root in cards and in lists of roots from now on.
    #[must_use]
    pub fn believing(mut self, anchor: TrustAnchor) -> Self {
        let name = anchor.certificate().name();
        let purposes = [RootPurpose::Cards, RootPurpose::TrustLists].into_iter().collect();
        let root = TrustedRoot { anchor, name, purposes, ocsp: None };
        self.trust.roots.push(root.clone());
        self.base.push(root);
        self
    }

    /// Goes by this machine's clock as it is: somebody keeps it right, as servers' are.
    #[must_use]
    pub fn with_right_clock(self) -> Self {
        Self { clock_is_right: true, ..self }
    }

    /// Takes a list of roots. Its names for roots that are believed already take the place of those.
    ///
    /// # Errors
    /// See [`TrustListFault`]; what was believed before still is.
    pub fn take_trust_list(&mut self, text: &str, raw: Timestamp) -> Result<(), TrustListFault> {
        let now = self.time(raw).now();
        let list = trust_list::verify(text, &self.believed(), now)?;
        self.believe(list);
        Ok(())
    }

    /// Takes a list of roots that was taken before and kept since: its time may be over, which the verdicts will say.
    ///
    /// # Errors
    /// See [`TrustListFault`]; what was believed before still is.
    pub fn take_kept_trust_list(&mut self, text: &str) -> Result<(), TrustListFault> {
        let list = trust_list::reread(text, &self.believed())?;
        self.believe(list);
        Ok(())
    }

    /// Lists of roots are judged by the roots that were put here by hand alone.
    fn believed(&self) -> Trust {
        Trust { roots: self.base.clone(), as_of: self.trust.as_of, ..Trust::default() }
    }

    fn believe(&mut self, list: Trust) {
        self.trust = list;
        self.trust.roots.extend(self.base.iter().cloned());
    }

    /// Takes a status list; returns its address.
    ///
    /// # Errors
    /// See [`StatusTokenFault`].
    pub fn take_status_list(&mut self, token: &str, raw: Timestamp) -> Result<String, StatusTokenFault> {
        let now = self.time(raw).now();
        self.lists.take(token, &self.trust.anchors(RootPurpose::Cards), now)
    }

    /// Takes what was learnt about this device's clock.
    pub fn learn(&mut self, correction: ClockCorrection) {
        self.correction = Some(correction);
    }

    /// What was learnt about this device's clock.
    pub fn correction(&self) -> Option<ClockCorrection> {
        self.correction
    }

    /// How this device comes to the time.
    pub fn timekeeping(&self) -> Timekeeping {
        if self.clock_is_right { Timekeeping::KeptRight } else { Timekeeping::Learnt(self.correction) }
    }

    /// What time it is when this device's own clock shows `raw`.
    pub fn time(&self, raw: Timestamp) -> CorrectedTime {
        self.timekeeping().time(raw)
    }

    /// Remembers that this device's own clock has shown `raw`: it must not show an earlier time again.
    pub fn has_seen(&mut self, raw: Timestamp) {
        self.correction = self.correction.map(|correction| correction.having_seen(raw));
    }

    /// Whom it believes, and of when its list is.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The status lists that it has.
    pub fn status_lists(&self) -> &StatusLists {
        &self.lists
    }

    /// Judges the text of a code at the moment when this device's own clock shows `raw`; see [`verify()`].
    pub fn verify(&mut self, text: &str, raw: Timestamp, asked: Option<Purpose>) -> Inspection<Content> {
        let now = self.time(raw);
        self.has_seen(raw);
        verify(text, &self.trust, &self.lists, now, asked, &mut self.seen)
    }

    /// Reads a picture and judges the code in it. Takes some time: not for a thread that others wait for.
    ///
    /// # Errors
    /// See [`ScanError`].
    pub fn verify_picture(
        &mut self,
        picture: &[u8],
        raw: Timestamp,
        asked: Option<Purpose>,
    ) -> Result<Inspection<Content>, ScanError> {
        let texts = scan(picture)?;
        // Posters have codes too.
        let code = texts.iter().find(|text| text.starts_with(PREFIX)).or(texts.first());
        Ok(self.verify(code.map_or("", String::as_str), raw, asked))
    }
}
