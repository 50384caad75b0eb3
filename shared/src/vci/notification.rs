//! What became of a credential on the phone (OpenID4VCI 1.0 §11).

use serde::{Deserialize, Serialize};

use super::error::{Coded, Description, NotificationErrorCode};
use super::json::read;

/// Longest `notification_id`, in bytes.
pub const MAX_NOTIFICATION_ID_LENGTH: usize = 256;

/// Longest request that is looked at, in bytes.
pub const MAX_REQUEST_LENGTH: usize = 4 * 1024;

/// A message of the wallet to the notification endpoint; repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationRequest {
    /// The id that came with the credential.
    pub notification_id: String,
    /// What happened.
    pub event: NotificationEvent,
    /// More about it, for developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_description: Option<Description>,
}

/// What may happen to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationEvent {
    /// It is stored.
    CredentialAccepted,
    /// It could not be stored.
    CredentialFailure,
    /// The pupil did not want it, or has deleted it.
    CredentialDeleted,
}

impl NotificationRequest {
    /// Reads the JSON body of a request.
    ///
    /// # Errors
    /// See [`NotificationRequestError`].
    pub fn parse(json: &[u8]) -> Result<Self, NotificationRequestError> {
        let request: Self =
            read(json, MAX_REQUEST_LENGTH).map_err(|_| NotificationRequestError::Malformed)?;
        if request.notification_id.is_empty() || request.notification_id.len() > MAX_NOTIFICATION_ID_LENGTH {
            return Err(NotificationRequestError::IdLength);
        }
        Ok(request)
    }
}

/// Messages complete "cannot read notification: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationRequestError {
    /// Too long, not JSON, a member missing or of the wrong type, or an unknown event.
    #[error("body is not JSON of the expected shape")]
    Malformed,
    /// Empty, or longer than [`MAX_NOTIFICATION_ID_LENGTH`]; so no id of ours.
    #[error("notification_id is empty or too long")]
    IdLength,
}

impl Coded for NotificationRequestError {
    type Code = NotificationErrorCode;

    fn code(&self) -> NotificationErrorCode {
        match self {
            Self::Malformed => NotificationErrorCode::InvalidNotificationRequest,
            Self::IdLength => NotificationErrorCode::InvalidNotificationId,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn parse(value: &Value) -> Result<NotificationRequest, NotificationRequestError> {
        NotificationRequest::parse(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn messages_are_read_and_written_member_by_member() {
        let cases = [
            (
                json!({"notification_id": "3fwe98js", "event": "credential_accepted"}),
                NotificationEvent::CredentialAccepted,
            ),
            (
                json!({"notification_id": "3fwe98js", "event": "credential_deleted"}),
                NotificationEvent::CredentialDeleted,
            ),
            (
                json!({
                    "notification_id": "3fwe98js", "event": "credential_failure",
                    "event_description": "Could not store the Credential. Out of storage.",
                }),
                NotificationEvent::CredentialFailure,
            ),
        ];
        for (wire, event) in cases {
            let request = parse(&wire).unwrap();
            assert_eq!(request.event, event);
            assert_eq!(serde_json::to_value(&request).unwrap(), wire);
        }
    }

    #[test]
    fn wrong_messages_have_their_own_reason_and_code() {
        use NotificationErrorCode::{InvalidNotificationId, InvalidNotificationRequest};
        let cases = [
            (json!({"event": "credential_accepted"}), InvalidNotificationRequest),
            (json!({"notification_id": "x"}), InvalidNotificationRequest),
            (json!({"notification_id": 1, "event": "credential_accepted"}), InvalidNotificationRequest),
            (json!({"notification_id": "x", "event": "Credential_Accepted"}), InvalidNotificationRequest),
            (
                json!({"notification_id": "x", "event": "credential_accepted", "event_description": 1}),
                InvalidNotificationRequest,
            ),
            (json!({"notification_id": "", "event": "credential_accepted"}), InvalidNotificationId),
            (
                json!({"notification_id": "x".repeat(257), "event": "credential_accepted"}),
                InvalidNotificationId,
            ),
        ];
        for (wire, code) in cases {
            assert_eq!(parse(&wire).map_err(|error| error.code()), Err(code), "{wire}");
        }
        assert!(parse(&json!({"notification_id": "x", "event": "credential_accepted", "more": 1})).is_ok());
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>()) {
            let _ = NotificationRequest::parse(&bytes);
        }
    }
}
