//! What the office does, and what it publishes.

use serde_json::{Value, json};
use shared::x509::crl::RevocationStatus;
use shared::x509::serial::SerialNumber;
use tests::model::{Action, Source};
use tests::office::read_slip;

use super::{CONFIRMED_UNTIL, Held, Replay, Said};

impl Replay {
    pub(super) async fn office(&mut self, action: Action) -> Said {
        let device = |device: u8| self.card.devices[usize::from(device)].as_str();
        let reissue = |place: u8, reason: &str| {
            let form = json!({ "device_id": device(place), "reason": reason });
            (format!("/cards/{}/reissue", self.card.id), form)
        };
        let (path, form) = match action {
            Action::MakeSlip(Source::Order) => (format!("/orders/{}/slips", self.card.order), json!({})),
            Action::MakeSlip(Source::InPlaceOf(slip)) => {
                (format!("/slips/{}/replace", self.card.slips[usize::from(slip)].id), json!({}))
            }
            Action::MakeSlip(Source::Swap(place)) => reissue(place, "superseded"),
            Action::MakeSlip(Source::Lost(place)) => reissue(place, "phone_lost"),
            Action::RevokeDevice { device: place } => {
                (format!("/devices/{}/revoke", device(place)), json!({ "reason": "phone_lost" }))
            }
            Action::RevokeCard => {
                (format!("/cards/{}/revoke", self.card.id), json!({ "reason": "service_given_up" }))
            }
            Action::VoidBaseCard => {
                (format!("/base-cards/{}/void", self.card.base_card), json!({ "reason": "lost" }))
            }
            Action::Confirm => {
                (format!("/base-cards/{}/confirm", self.card.base_card), json!({ "until": CONFIRMED_UNTIL }))
            }
            action => unreachable!("{action:?} is not the office's"),
        };
        let answer = self.world.office.call("POST", &path, Some(form)).await;
        if answer.status >= 300 {
            return Said::word(plain(answer.code()));
        }
        if matches!(action, Action::MakeSlip(_)) {
            self.card.slips.push(read_slip(&answer.body));
            self.card.held.push(Held::default());
        }
        Said::word("done")
    }

    /// The list as it is served, as a bit for each certificate of this card; the lists of their parts say the same.
    pub(super) async fn fetch_list(&self) -> Said {
        let list = self.world.revocation_list().await;
        let mut entries = 0u16;
        for (n, serial) in self.card.serials.iter().enumerate() {
            let serial: SerialNumber = serial.parse().expect("a serial number");
            let revoked = matches!(list.status_at(serial, self.now), RevocationStatus::Revoked(_));
            entries |= u16::from(revoked) << n;
        }
        Said::word(format!("listed {entries:b}"))
    }

    /// At the end of a path the list names what has ended, whoever asked for it before.
    pub(super) async fn listed_at_last(&self, name: &str) {
        let ended = Said::word(format!("listed {:b}", self.card.state.ended()));
        assert_eq!(self.fetch_list().await, ended, "{name}: the list at the end");
    }
}

/// The office's words for what phones are told in theirs.
fn plain(code: &str) -> &str {
    match code {
        "base_card_expired" => "card_expired",
        code => code,
    }
}

/// Text of a JSON member.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}
