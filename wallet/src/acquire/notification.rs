//! Telling the issuer what became of a card (OpenID4VCI 1.0 §11), at once or, if it is out of reach, later.

use shared::secret::Secret;
use shared::vci::json::MAX_RESPONSE_LENGTH;
use shared::vci::notification::{NotificationEvent, NotificationRequest};
use shared::vci::token::TokenType;
use url::Url;

use super::event::{Event, Observer, Step};
use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError, IssuerRefusal};
use super::proof::DeviceKey;
use super::token::TokenEndpoint;
use crate::documents::{Notice, StoreError};
use crate::online::OnlinePhone;
use crate::secure_element::ElementError;
use crate::transport::{Body, JSON, Request};

/// Whether the issuer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It does.
    Delivered,
    /// It is out of reach, or refuses for a reason that may pass; the notice is kept and delivered at the next refresh.
    Queued,
    /// It says no: the device no longer holds the card as far as the issuer is concerned, so there is nothing to tell.
    Refused(Box<IssuerRefusal>),
    /// It takes no notices, or gave us nothing to prove them with.
    NotPossible,
}

impl Told {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Queued => "queued",
            Self::Refused(_) => "refused",
            Self::NotPossible => "not_possible",
        }
    }
}

/// What became of the notices that were waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// How many are off the list: delivered, moot or out of date.
    pub settled: usize,
    /// How many go on waiting.
    pub waiting: usize,
}

/// Says `event` under an access token.
pub(crate) async fn tell(
    line: &Line<'_>,
    endpoint: &Url,
    token: (TokenType, &Secret),
    key: &DeviceKey,
    notification_id: &str,
    event: NotificationEvent,
) -> Result<(), ExchangeError> {
    line.began(Step::Notification);
    let request =
        NotificationRequest { notification_id: notification_id.to_owned(), event, event_description: None };
    let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::Notification, what };
    let body = serde_json::to_string(&request).map_err(|_| unreadable("it cannot even be asked"))?;
    let body = Body { content_type: JSON, text: Secret::new(body) };
    let request = Request::post(endpoint.clone(), Some(body), MAX_RESPONSE_LENGTH);
    line.ask(&Call::authorized(Endpoint::Notification, request, token, key)).await.map(|_| ())
}

impl OnlinePhone {
    /// Delivers the notices that are waiting.
    ///
    /// # Errors
    /// When the store cannot be read or written; an issuer that is out of reach is no error.
    pub async fn deliver_notices(&self, observer: &dyn Observer) -> Result<Delivery, StoreError> {
        let notices = self.with_phone(|phone| phone.documents().notices()).await?;
        let mut delivery = Delivery::default();
        for notice in notices {
            match self.deliver(&Line::new(self.surroundings(), observer), &notice).await? {
                Told::Queued => delivery.waiting += 1,
                Told::Delivered | Told::Refused(_) | Told::NotPossible => delivery.settled += 1,
            }
        }
        Ok(delivery)
    }

    /// Delivers one notice that is kept, and forgets it unless it must wait.
    pub(crate) async fn deliver(&self, line: &Line<'_>, notice: &Notice) -> Result<Told, StoreError> {
        let floor = self.with_phone(|phone| phone.documents().time_floor()).await?;
        // By trusted time: a clock that is wrong for a day must not make the phone forget what it owes.
        if floor.instant().is_some_and(|reached| reached > notice.until) {
            return self.settle_notice(line, notice, Told::NotPossible).await;
        }
        match self.say(line, notice).await {
            // Under a token that was outdated when it arrived any id is unknown: only a fresh one tells.
            Err(ExchangeError::Refused(refusal)) if refusal.is_about_notification_id() => {
                self.deliver_under_fresh_token(line, notice).await
            }
            said => self.settle_notice(line, notice, judge(said)).await,
        }
    }

    /// Delivers one notice that is kept under a fresh token, whose word is final.
    pub(super) async fn deliver_under_fresh_token(
        &self,
        line: &Line<'_>,
        notice: &Notice,
    ) -> Result<Told, StoreError> {
        let said = self.say(line, notice).await;
        self.settle_notice(line, notice, judge(said)).await
    }

    async fn settle_notice(&self, line: &Line<'_>, notice: &Notice, told: Told) -> Result<Told, StoreError> {
        if told == Told::Queued {
            line.tell(Event::NoticeQueued);
        } else {
            let id = notice.id();
            self.with_phone(move |phone| phone.forget_notice(&id)).await?;
        }
        Ok(told)
    }

    async fn say(&self, line: &Line<'_>, notice: &Notice) -> Result<(), ExchangeError> {
        let key = DeviceKey::load(self.shared_phone(), notice.key.clone()).await?;
        let tokens = TokenEndpoint { url: &notice.token_endpoint, prover: Some(&key), holder: None };
        let tokens = tokens.refresh(line, &notice.refresh_token).await?;
        let token = (tokens.token_type, &tokens.access_token);
        tell(line, &notice.notification_endpoint, token, &key, &notice.notification_id, notice.event).await
    }
}

fn judge(said: Result<(), ExchangeError>) -> Told {
    match said {
        Ok(()) => Told::Delivered,
        Err(ExchangeError::Refused(refusal)) if refusal.leaves_nothing_to_tell() => Told::Refused(refusal),
        Err(ExchangeError::Key(StoreError::Element(ElementError::NoSuchKey))) => Told::NotPossible,
        Err(ExchangeError::Refused(_))
        | Err(ExchangeError::Key(_))
        | Err(ExchangeError::NoAnswer { .. })
        | Err(ExchangeError::TryAgain { .. })
        | Err(ExchangeError::Unreadable { .. }) => Told::Queued,
    }
}
