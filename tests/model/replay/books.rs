//! What stands in the issuer's books, held against the model's state.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use issuer::store::id::CardId;
use issuer::store::tables::certificate::Certificate;
use issuer::store::tables::device::Device;
use issuer::store::tables::grant::Grant;
use issuer::store::{Statements, StoreError, Verb};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::model::{CertificateState, Client, DeviceState, GrantState};

use super::Replay;

/// Reads all that belongs to a card.
struct Books(CardId);

struct Read {
    grants: Vec<Grant>,
    devices: Vec<Device>,
    certificates: Vec<Certificate>,
}

#[async_trait::async_trait]
impl Verb for Books {
    type Answer = Read;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Read, StoreError> {
        let devices = Device::of_card(tx, &self.0).await?;
        let mut certificates = Vec::new();
        for device in &devices {
            certificates.extend(Certificate::of_device(tx, &device.id).await?);
        }
        Ok(Read { grants: Grant::of_card(tx, &self.0).await?, devices, certificates })
    }
}

/// What model and books can be compared by.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    /// State, wrong codes, device, device to be replaced.
    slips: Vec<(GrantState, u8, Option<u8>, Option<u8>)>,
    /// Slip, whose key, place, state.
    devices: Vec<(u8, Option<Client>, u8, DeviceState)>,
    /// Device, state, whether it is signed.
    certificates: Vec<(u8, CertificateState, bool)>,
}

impl Replay {
    async fn read(&self) -> Read {
        let card = CardId::parse(&self.card.id).expect("a card's id");
        self.world.issuance().store.read(Books(card)).await.expect("the books")
    }

    /// The number of the certificate that an answer carries, if it is the stored one.
    pub(super) async fn certificate_of(&mut self, body: &Value) -> Option<u8> {
        let leaf = body["credentials"][0]["credential"]["x5c"][0].as_str()?;
        let leaf = BASE64_STANDARD.decode(leaf).ok()?;
        let read = self.read().await;
        self.number(&read);
        let stored = read.certificates.iter().find(|certificate| certificate.der.as_ref() == Some(&leaf))?;
        let place = self.card.serials.iter().position(|serial| *serial == stored.serial)?;
        u8::try_from(place).ok()
    }

    /// Gives what is new in the books the next number: there is never more than one new thing of a kind.
    fn number(&mut self, read: &Read) {
        for device in &read.devices {
            if !self.card.devices.iter().any(|known| known == device.id.as_str()) {
                self.card.devices.push(device.id.as_str().to_owned());
            }
        }
        for certificate in &read.certificates {
            if !self.card.serials.contains(&certificate.serial) {
                self.card.serials.push(certificate.serial.clone());
            }
        }
    }

    /// Holds the books against the model's state.
    pub(super) async fn compare(&mut self, what: &str) {
        let read = self.read().await;
        self.number(&read);
        let (books, model) = (self.shown(&read), self.of_model());
        assert_eq!(books, model, "the books, then the model: {what}");
    }

    fn shown(&self, read: &Read) -> Shown {
        let at = |list: &[String], id: &str| {
            list.iter().position(|known| known == id).and_then(|place| u8::try_from(place).ok())
        };
        let device = |id: &str| at(&self.card.devices, id);
        let slips: Vec<String> = self.card.slips.iter().map(|slip| slip.id.clone()).collect();
        let owners =
            [Client::First, Client::Second, Client::Stranger].map(|client| (client, self.thumbprint(client)));
        let owner = |print: &str| owners.iter().find(|(_, own)| own == print).map(|(client, _)| *client);
        let in_order = |ids: &[String], wanted: &str| at(ids, wanted).unwrap_or(u8::MAX);
        let mut grants: Vec<&Grant> = read.grants.iter().collect();
        grants.sort_by_key(|grant| in_order(&slips, grant.id.as_str()));
        let mut devices: Vec<&Device> = read.devices.iter().collect();
        devices.sort_by_key(|found| in_order(&self.card.devices, found.id.as_str()));
        let mut certificates: Vec<&Certificate> = read.certificates.iter().collect();
        certificates.sort_by_key(|certificate| in_order(&self.card.serials, &certificate.serial));
        Shown {
            slips: grants
                .iter()
                .map(|grant| {
                    let opened = grant.device_id.as_ref().and_then(|id| device(id.as_str()));
                    let replaces = grant.replaces_device.as_ref().and_then(|id| device(id.as_str()));
                    (grant.state, grant.failures, opened, replaces)
                })
                .collect(),
            devices: devices
                .iter()
                .map(|found| {
                    let grant = in_order(&slips, found.grant_id.as_str());
                    (grant, owner(&found.thumbprint), found.slot, found.state)
                })
                .collect(),
            certificates: certificates
                .iter()
                .map(|found| {
                    let of = in_order(&self.card.devices, found.device_id.as_str());
                    (of, found.state, found.der.is_some())
                })
                .collect(),
        }
    }

    fn of_model(&self) -> Shown {
        let state = &self.card.state;
        let signed = |state| matches!(state, CertificateState::Issued | CertificateState::Revoked);
        Shown {
            slips: state.grants.iter().map(|g| (g.state, g.failures, g.device, g.replaces)).collect(),
            devices: state.devices.iter().map(|d| (d.grant, Some(d.key), d.slot, d.state)).collect(),
            certificates: state.certificates.iter().map(|c| (c.device, c.state, signed(c.state))).collect(),
        }
    }

    /// RFC 7638, of what the key says of itself.
    fn thumbprint(&self, client: Client) -> String {
        let jwk = self.key(client).jwk();
        let member = |name| super::office::text(&jwk, name).to_owned();
        let canonical = format!(
            r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            member("crv"),
            member("x"),
            member("y")
        );
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }
}
