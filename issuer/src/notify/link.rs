//! Linking a school to its electronic diary.

use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;
use url::Url;

use super::ediary::{fresh_secret, seal_secret};
use crate::audit::Act;
use crate::issuance::keys::Keys;
use crate::outgoing::Reach;
use crate::registry::fault::{FaultCode, Faults};
use crate::store::id::SchoolId;
use crate::store::tables::e_diary::EDiary;
use crate::store::tables::notice::{Channel, Notice};
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// The longest address, in bytes.
const LONGEST: usize = 500;

/// A link as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EDiaryForm {
    /// Where notices are posted to.
    pub url: String,
}

/// An address to which notices may be posted.
#[derive(Clone)]
pub struct EDiaryUrl(Url);

impl std::fmt::Debug for EDiaryUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Some diaries put a key into the address.
        f.write_str("EDiaryUrl(…)")
    }
}

impl EDiaryForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn parse(&self, reach: Reach) -> Result<EDiaryUrl, Faults> {
        let text = self.url.trim();
        let url = if text.len() <= LONGEST { text.parse().ok() } else { None };
        match url.filter(|url| reach.admits(url) && url.fragment().is_none()) {
            Some(url) => Ok(EDiaryUrl(url)),
            None => Err(Faults::one("url", FaultCode::DiaryAddress)),
        }
    }
}

/// Links a school to its diary, or changes the address. The secret is made with the link and stays until it is
/// renewed.
#[derive(Debug)]
pub struct LinkEDiary {
    school: SchoolId,
    /// None leaves the address as it is.
    url: Option<EDiaryUrl>,
    sealed_secret: Vec<u8>,
    act: Act,
}

impl LinkEDiary {
    /// The act of linking, and the secret that signs from then on if the school had no link.
    pub fn new(
        school: SchoolId,
        url: EDiaryUrl,
        act: Act,
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> (Self, Secret) {
        let (verb, secret) = Self::renewing(school, act, keys, entropy);
        (Self { url: Some(url), ..verb }, secret)
    }

    /// The act of taking a new secret into use at once, and the secret.
    pub fn renewing(school: SchoolId, act: Act, keys: &Keys, entropy: &dyn Entropy) -> (Self, Secret) {
        let secret = fresh_secret(entropy);
        let sealed_secret = seal_secret(keys, &school, &secret, entropy);
        (Self { school, url: None, sealed_secret, act }, secret)
    }
}

#[async_trait::async_trait]
impl Verb for LinkEDiary {
    /// Whether the new secret is the one in use.
    type Answer = Result<bool, LinkRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if School::lock(tx, &self.school).await?.is_none() {
            return Ok(Err(LinkRefusal::UnknownSchool));
        }
        let (action, renewed) = match (EDiary::lock(tx, &self.school).await?, &self.url) {
            (None, None) => return Ok(Err(LinkRefusal::NotLinked)),
            (None, Some(url)) => {
                let link = EDiary {
                    school_id: self.school.clone(),
                    url: url.0.to_string(),
                    sealed_secret: self.sealed_secret.clone(),
                    created_at: self.act.at,
                };
                link.insert(tx).await?;
                ("e_diary.linked", true)
            }
            (Some(mut link), Some(url)) => {
                link.url = url.0.to_string();
                link.update(tx).await?;
                ("e_diary.moved", false)
            }
            (Some(mut link), None) => {
                link.sealed_secret = self.sealed_secret.clone();
                link.update(tx).await?;
                ("e_diary.secret_renewed", true)
            }
        };
        self.act.trail().record(tx, action, self.school.as_str(), json!({})).await?;
        Ok(Ok(renewed))
    }
}

/// Cuts the link; notices for the diary wait until there is another.
#[derive(Debug)]
pub struct CutEDiary {
    /// Whose.
    pub school: SchoolId,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for CutEDiary {
    type Answer = Result<(), LinkRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(link) = EDiary::lock(tx, &self.school).await? else {
            return Ok(Err(LinkRefusal::NotLinked));
        };
        link.delete(tx).await?;
        self.act.trail().record(tx, "e_diary.cut", self.school.as_str(), json!({})).await?;
        Ok(Ok(()))
    }
}

/// Reads a school's link, and how many notices wait for the diary.
#[derive(Debug)]
pub struct ReadEDiary(pub SchoolId);

#[async_trait::async_trait]
impl Verb for ReadEDiary {
    type Answer = (Option<EDiary>, i64);

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let link = EDiary::find(tx, &self.0).await?;
        Ok((link, Notice::waiting(tx, &self.0, Channel::EDiary).await?))
    }
}

/// Messages complete "cannot link the diary: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// No such school.
    #[error("school is unknown")]
    UnknownSchool,
    /// There is no link.
    #[error("school has no link to a diary")]
    NotLinked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_is_a_fault_of_its_field() {
        let parse = |url: &str| EDiaryForm { url: url.to_owned() }.parse(Reach::Public);
        assert!(parse(" https://dziennik.example.pl/hooks ").is_ok());
        for url in
            ["", "dziennik.example.pl", "http://dziennik.example.pl", "https://10.0.0.1/", "https://a/#b"]
        {
            let faults = parse(url).unwrap_err();
            assert_eq!(faults.0[0].field, "url", "{url:?}");
            assert_eq!(faults.0[0].code, FaultCode::DiaryAddress, "{url:?}");
        }
    }
}
