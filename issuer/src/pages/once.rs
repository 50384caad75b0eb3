//! A form does what it asks for once, however often it is sent.

use crate::store::tables::session::SentForm;
use crate::store::{Statements, StoreError, Verb};
use jiff::Timestamp;

/// A verb that is run at most once for the form that asked for it.
pub(super) struct Once<V, F> {
    pub(super) session_hash: [u8; 32],
    pub(super) key: String,
    pub(super) now: Timestamp,
    pub(super) verb: V,
    /// Where to go when it is done.
    pub(super) place: F,
}

/// What came of it.
pub(super) enum Outcome<T, R> {
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
