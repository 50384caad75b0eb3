//! A form does what it asks for once, however often it is sent.

use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::form::{Fields, Sent};
use super::words::Lang;
use super::{PageFailure, Pages};
use crate::http::failure::Coded;
use crate::store::tables::session::SentForm;
use crate::store::{Statements, StoreError, Verb};

/// Whose form it is, and when it came: what [`Once`] needs of whoever is signed in.
pub(super) struct Sender {
    pub(super) session_hash: [u8; 32],
    pub(super) now: Timestamp,
    pub(super) lang: Lang,
}

impl Sender {
    /// Does `verb` once for the form that was sent, and goes to `place`; a refusal shows the form again.
    pub(super) async fn act_once<V, T, R>(
        &self,
        pages: &Pages,
        sent: &Sent,
        verb: V,
        place: impl Fn(&T) -> String + Send + Sync + 'static,
        refused: impl AsyncFnOnce(Fields) -> Result<Response, PageFailure>,
    ) -> Result<Response, PageFailure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Coded + Send + 'static,
    {
        match self.try_once(pages, sent, verb, place).await? {
            Ok((_, place)) => Ok(Redirect::to(&place).into_response()),
            Err(refusal) => refused(Fields::refused(&sent.typed, &refusal, self.lang)).await,
        }
    }

    /// Where a form led to that was sent before.
    pub(super) async fn before(&self, pages: &Pages, sent: &Sent) -> Result<Option<String>, PageFailure> {
        let Some(key) = sent.key() else { return Ok(None) };
        let find = FindSent { session_hash: self.session_hash, key: key.to_owned() };
        Ok(pages.issuance.store.read(find).await?)
    }

    /// Does `verb` once for the form that was sent; what was made is there only the first time.
    pub(super) async fn try_once<V, T, R>(
        &self,
        pages: &Pages,
        sent: &Sent,
        verb: V,
        place: impl Fn(&T) -> String + Send + Sync + 'static,
    ) -> Result<Result<(Option<T>, String), R>, PageFailure>
    where
        V: Verb<Answer = Result<T, R>>,
        T: Send + 'static,
        R: Send + 'static,
    {
        let store = &pages.issuance.store;
        let Some(key) = sent.key() else {
            return Ok(store.write(verb).await?.map(|made| {
                let place = place(&made);
                (Some(made), place)
            }));
        };
        let once = Once { session_hash: self.session_hash, key: key.to_owned(), now: self.now, verb, place };
        Ok(match store.write(once).await? {
            Outcome::Done(made, place) => Ok((Some(made), place)),
            Outcome::Before(place) => Ok((None, place)),
            Outcome::Refused(refusal) => Err(refusal),
        })
    }
}

struct FindSent {
    session_hash: [u8; 32],
    key: String,
}

#[async_trait::async_trait]
impl Verb for FindSent {
    type Answer = Option<String>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(SentForm::by_key(tx, &self.session_hash, &self.key).await?.map(|form| form.place))
    }
}

/// A verb that is run at most once for the form that asked for it.
struct Once<V, F> {
    session_hash: [u8; 32],
    key: String,
    now: Timestamp,
    verb: V,
    /// Where to go when it is done.
    place: F,
}

/// What came of it.
enum Outcome<T, R> {
    /// Done now, and where to go.
    Done(T, String),
    /// Done before; it led here.
    Before(String),
    /// Refused; the form may be sent again.
    Refused(R),
}

#[async_trait::async_trait]
impl<V, F, T, R> Verb for Once<V, F>
where
    V: Verb<Answer = Result<T, R>>,
    F: Fn(&T) -> String + Send + Sync + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    type Answer = Outcome<T, R>;

    fn keeps(answer: &Self::Answer) -> bool {
        // A refusal gives the key free with everything else; verbs that pages send keep nothing when they refuse.
        matches!(answer, Outcome::Done(..) | Outcome::Before(_))
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut form = SentForm {
            session_hash: self.session_hash,
            key: self.key.clone(),
            place: String::new(),
            at: self.now,
        };
        // The unique key decides: whoever comes second waits here and then goes where the first one went.
        if !form.insert_if_new(tx).await? {
            let before = SentForm::by_key(tx, &self.session_hash, &self.key).await?;
            return Ok(Outcome::Before(before.ok_or(StoreError::Contention)?.place));
        }
        match self.verb.run(tx).await? {
            Ok(made) => {
                form.place = (self.place)(&made);
                form.settle(tx).await?;
                Ok(Outcome::Done(made, form.place))
            }
            Err(refusal) => Ok(Outcome::Refused(refusal)),
        }
    }
}
