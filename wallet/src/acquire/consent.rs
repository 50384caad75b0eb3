//! What the phone's owner agrees to before anything is activated \[S3\]: the terms of use and the privacy notice.

use crate::documents::{Consent, Consents, StoreError};
use crate::online::OnlinePhone;

/// A text that must have been accepted in its present version.
#[derive(Debug, PartialEq, Eq)]
pub struct LegalText {
    /// A stable name for programs.
    pub name: &'static str,
    /// Its version, a date; a new one must be accepted anew.
    pub version: &'static str,
    /// The text, in Polish.
    pub text: &'static str,
}

/// The terms of use.
pub static TERMS: LegalText =
    LegalText { name: "terms", version: "2026-09-01", text: include_str!("../../texts/regulamin.pl.txt") };

/// The privacy notice.
pub static PRIVACY_NOTICE: LegalText = LegalText {
    name: "privacy_notice",
    version: "2026-09-01",
    text: include_str!("../../texts/klauzula.pl.txt"),
};

/// Which texts are still to be accepted, in the order in which they are to be read.
pub fn missing(consents: &Consents) -> Vec<&'static LegalText> {
    let accepted = |consent: &Option<Consent>, text: &LegalText| {
        consent.as_ref().is_some_and(|consent| consent.version == text.version)
    };
    [(&consents.terms, &TERMS), (&consents.privacy_notice, &PRIVACY_NOTICE)]
        .into_iter()
        .filter(|(consent, text)| !accepted(consent, text))
        .map(|(_, text)| text)
        .collect()
}

impl OnlinePhone {
    /// Which texts the owner has still to accept before anything can be activated.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn missing_consents(&self) -> Result<Vec<&'static LegalText>, StoreError> {
        let consents = self.with_phone(|phone| phone.documents().consents()).await?;
        Ok(missing(&consents))
    }

    /// The owner accepts both texts in their present versions; what was accepted before keeps its time.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn accept_terms(&self) -> Result<(), StoreError> {
        for text in self.missing_consents().await? {
            self.accept(text).await?;
        }
        Ok(())
    }

    /// The owner accepts one text in its present version, now; what was accepted before keeps its time.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn accept(&self, text: &'static LegalText) -> Result<(), StoreError> {
        let now = self.now();
        self.with_phone(move |phone| {
            let documents = phone.documents();
            if !missing(&documents.consents()?).contains(&text) {
                return Ok(());
            }
            let consent = Consent { version: text.version.to_owned(), at: now };
            if *text == TERMS {
                documents.accept_terms(consent)
            } else {
                documents.accept_privacy_notice(consent)
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_must_be_accepted_anew() {
        let consent = |version: &str| {
            Some(Consent { version: version.to_owned(), at: "2026-11-21T18:00:00Z".parse().unwrap() })
        };
        let names = |terms: Option<Consent>, privacy_notice: Option<Consent>| {
            let missing = missing(&Consents { terms, privacy_notice });
            missing.into_iter().map(|text| text.name).collect::<Vec<_>>()
        };
        assert_eq!(names(None, None), ["terms", "privacy_notice"]);
        assert_eq!(names(consent(TERMS.version), consent("2019-01-01")), ["privacy_notice"]);
        assert!(names(consent(TERMS.version), consent(PRIVACY_NOTICE.version)).is_empty());
    }
}
