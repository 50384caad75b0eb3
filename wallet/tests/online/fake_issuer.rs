//! An issuer behind a [`Transport`]: keeps one slip's books, and does wrong on request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use rcgen::RevocationReason;
use serde_json::{Value, json};
use shared::card::{CardForm, CardNumber};
use shared::card_data::{
    CardData, CardPhoto, PersonName, PostalAddress, ProfileId, Salt, SchoolName, SchoolOnCard,
};
use shared::clock::{Clock, ManualClock};
use shared::device::DeviceSlot;
use shared::jose::dpop::{DPOP_WINDOW, DpopCheck, UnverifiedDpop};
use shared::pesel::Pesel;
use shared::school_id::Rspo;
use shared::secret::Secret;
use shared::validity::ValidityPeriod;
use shared::vci::credential::{CredentialRequest, CredentialResponse, X509Credential};
use shared::vci::metadata::{
    AuthorizationServerMetadata, CredentialConfiguration, CredentialMetadata, PortalEndpoints,
};
use shared::vci::notification::NotificationRequest;
use shared::vci::proof::UnverifiedProof;
use shared::vci::token::{TokenRequest, TokenType};
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use shared::x509::profile::DeviceCertificateFields;
use shared::x509::text::DeviceName;
use wallet::transport::{Request, Response, Transport, TransportError};

use crate::authority::{Authority, Listed};

pub(crate) const BASE: &str = "http://127.0.0.1:8080";
pub(crate) const CODE: &str = "12345678";

/// What goes wrong with the next request to a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mishap {
    /// Nobody hears it.
    Unheard,
    /// It is heard and acted on; the answer is lost.
    ReplyLost,
    /// It is refused with this status and body.
    Refused(u16, Value),
    /// It is refused with 401, this challenge and a page for people; a nonce for proofs comes along.
    Challenged(&'static str),
}

/// What is wrong with the cards that are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgery {
    None,
    AnotherKey,
    ChangedData,
    ForeignRoot,
    SlotBeyondPolicy,
    AnotherName,
    AnotherPeriod,
    Unreadable,
}

/// The books.
pub(crate) struct Books {
    pub(crate) mishaps: VecDeque<(&'static str, Mishap)>,
    pub(crate) forgery: Forgery,
    pub(crate) number: u32,
    pub(crate) slot: (u8, u8),
    pub(crate) last_day: &'static str,
    pub(crate) min_android: &'static str,
    /// The grant is bound to this device: its key, and what was delivered.
    pub(crate) bound: Option<(Vec<u8>, Delivered)>,
    pub(crate) listed: Vec<Listed>,
    pub(crate) list_dated: Option<Timestamp>,
    pub(crate) list_number: u64,
    epoch: u64,
    /// The epoch of pre-authorized codes that still open something.
    live_codes: u64,
    pub(crate) failures: u8,
    nonces: u64,
    spent_nonces: Vec<String>,
    serial: u64,
    /// Every path that was asked for, in order.
    pub(crate) asked: Vec<String>,
    /// The thumbprints in DPoP proofs, in order.
    pub(crate) provers: Vec<String>,
    /// What wallets reported.
    pub(crate) reports: Vec<Value>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Delivered {
    chain: Vec<Vec<u8>>,
    card: Vec<u8>,
    pub(crate) serial: u64,
}

pub(crate) struct FakeIssuer {
    clock: Arc<ManualClock>,
    pub(crate) authority: Authority,
    foreign: Authority,
    books: Mutex<Books>,
}

impl FakeIssuer {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        let books = Books {
            mishaps: VecDeque::new(),
            forgery: Forgery::None,
            number: 7,
            slot: (1, 5),
            last_day: "2027-09-30",
            min_android: "6.0",
            bound: None,
            listed: Vec::new(),
            list_dated: None,
            list_number: 5,
            epoch: 0,
            live_codes: 0,
            failures: 0,
            nonces: 0,
            spent_nonces: Vec::new(),
            serial: 0x1000,
            asked: Vec::new(),
            provers: Vec::new(),
            reports: Vec::new(),
        };
        Self {
            clock,
            authority: Authority::new("Sample", BASE),
            foreign: Authority::new("Foreign", BASE),
            books: Mutex::new(books),
        }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// A new slip: nothing is bound any more; what was bound stays issued.
    pub(crate) fn new_slip(&self) {
        let mut books = self.books();
        books.bound = None;
        books.failures = 0;
    }

    pub(crate) fn mishap(&self, path: &'static str, mishap: Mishap) {
        self.books().mishaps.push_back((path, mishap));
    }

    pub(crate) fn revoke(&self, serial: u64, reason: RevocationReason) {
        let since = self.clock.now();
        self.books().listed.push(Listed { serial, since, reason });
    }

    fn answer(&self, request: &Request) -> Response {
        let body =
            request.body.as_ref().map(|body| body.text.expose().as_bytes().to_vec()).unwrap_or_default();
        let path = request.url.path().to_owned();
        match path.as_str() {
            "/.well-known/openid-credential-issuer" => self.metadata(),
            "/.well-known/oauth-authorization-server" => {
                let issuer = IssuerUrl::parse(BASE, UrlPolicy::default()).unwrap();
                let endpoint = issuer.endpoint("/token");
                let portal = PortalEndpoints {
                    authorization: issuer.at_root("/portal/authorize"),
                    holder: issuer.at_root("/portal/junior/me"),
                };
                let server = AuthorizationServerMetadata::of(issuer, endpoint, portal);
                ok(&serde_json::to_value(server).unwrap())
            }
            "/pki/ca/root.pem" => Response::new(200, self.authority.root_pem()),
            "/pki/crl" => {
                let books = self.books();
                let dated = books.list_dated.unwrap_or_else(|| self.clock.now());
                Response::new(200, self.authority.list(&books.listed, books.list_number, dated))
            }
            "/typed-code" => self.offer(),
            "/token" => self.token(request, &body),
            "/nonce" => {
                let mut books = self.books();
                books.nonces += 1;
                ok(&json!({ "c_nonce": format!("nonce-{}", books.nonces) }))
            }
            "/credential" => self.credential(request, &body),
            "/notification" => {
                if self.prover(request).is_none() {
                    return refuse(401, json!({"error": "invalid_dpop_proof"}));
                }
                let report = NotificationRequest::parse(&body).unwrap();
                self.books().reports.push(serde_json::to_value(report).unwrap());
                Response::new(204, "")
            }
            _ if path.starts_with("/o/") => self.offer(),
            _ => Response::new(404, ""),
        }
    }

    fn metadata(&self) -> Response {
        let card = CredentialConfiguration::x509("mlegitymacja_x509", CredentialMetadata::default());
        ok(&json!({
            "credential_issuer": BASE,
            "credential_endpoint": format!("{BASE}/credential"),
            "nonce_endpoint": format!("{BASE}/nonce"),
            "notification_endpoint": format!("{BASE}/notification"),
            "mleg_typed_code_endpoint": format!("{BASE}/typed-code"),
            "display": [{"name": "Wystawca", "locale": "pl"}],
            "credential_configurations_supported": {"mlegitymacja_x509": card},
        }))
    }

    fn offer(&self) -> Response {
        let books = self.books();
        ok(&json!({
            "credential_issuer": BASE,
            "credential_configuration_ids": ["mlegitymacja_x509"],
            "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                "pre-authorized_code": format!("code-{}", books.live_codes),
                "tx_code": {"input_mode": "numeric", "length": 8},
            }},
            "mleg_requirements": {"min_android": books.min_android},
        }))
    }

    /// The key that the request's DPoP proof proves.
    fn prover(&self, request: &Request) -> Option<String> {
        let proof = UnverifiedDpop::parse(request.dpop.as_ref()?.expose()).ok()?;
        let token = request.authorization.as_ref().map(|header| {
            let (kind, token) = TokenType::from_authorization(header.expose()).unwrap();
            assert_eq!(kind, TokenType::Dpop);
            token
        });
        let check = DpopCheck {
            method: request.method.as_str(),
            url: &request.url,
            now: self.clock.now(),
            access_token: token.as_ref().map(Secret::expose),
            window: DPOP_WINDOW,
        };
        let thumbprint = proof.verify(&check).ok()?.thumbprint().to_string();
        self.books().provers.push(thumbprint.clone());
        Some(thumbprint)
    }

    fn token(&self, request: &Request, body: &[u8]) -> Response {
        let Some(prover) = self.prover(request) else {
            return refuse(400, json!({"error": "invalid_dpop_proof"}));
        };
        let mut books = self.books();
        match TokenRequest::parse(body).unwrap() {
            TokenRequest::PreAuthorizedCode { pre_authorized_code, tx_code, .. } => {
                if pre_authorized_code.expose() != format!("code-{}", books.live_codes) {
                    return refuse(400, json!({"error": "invalid_grant", "reason": "used"}));
                }
                if tx_code.unwrap().expose() != CODE {
                    books.failures += 1;
                    let left = 5 - books.failures;
                    let reason = if left == 0 { "locked" } else { "wrong_code" };
                    let body = json!({"error": "invalid_grant", "reason": reason, "tries_left": left,
                        "message_pl": "Kod aktywacyjny jest nieprawidłowy."});
                    return refuse(400, body);
                }
                books.live_codes += 1;
            }
            TokenRequest::AuthorizationCode { .. } => {
                return refuse(400, json!({"error": "unsupported_grant_type"}));
            }
            TokenRequest::RefreshToken { refresh_token } => {
                if refresh_token.expose() != format!("refresh-{prover}") {
                    return refuse(400, json!({"error": "invalid_grant", "reason": "other_device"}));
                }
                if books
                    .bound
                    .as_ref()
                    .is_none_or(|(_, held)| books.listed.iter().any(|l| l.serial == held.serial))
                {
                    return refuse(400, json!({"error": "invalid_grant", "reason": "revoked"}));
                }
            }
        }
        books.epoch += 1;
        ok(&json!({
            "access_token": format!("access-{}", books.epoch),
            "token_type": "DPoP",
            "expires_in": 300,
            "refresh_token": format!("refresh-{prover}"),
        }))
    }

    fn credential(&self, request: &Request, body: &[u8]) -> Response {
        if self.prover(request).is_none() {
            return refuse(401, json!({"error": "invalid_dpop_proof"}));
        }
        let now = self.clock.now();
        let wanted = CredentialRequest::parse(body).unwrap();
        let proof = UnverifiedProof::parse(wanted.proofs.only().unwrap()).unwrap();
        let proven = proof.verify(BASE, now, None).unwrap();
        let key = proven.key().to_sec1().to_vec();
        let mut books = self.books();
        let token = request.authorization.as_ref().unwrap().expose();
        if !token.ends_with(&format!(" access-{}", books.epoch)) {
            return refuse(401, json!({"error": "invalid_token", "reason": "replaced"}));
        }
        let nonce = proven.nonce().expose().to_owned();
        let replayed = books.spent_nonces.contains(&nonce);
        match &books.bound {
            Some((bound, _)) if *bound != key => {
                let body = json!({"error": "credential_request_denied", "reason": "other_device"});
                return refuse(400, body);
            }
            Some((_, held)) if books.forgery == Forgery::None => return deliver(held),
            _ if replayed => return refuse(400, json!({"error": "invalid_nonce"})),
            _ => {}
        }
        books.spent_nonces.push(nonce);
        let name = wanted.device.unwrap().name;
        let issued = self.issue(&mut books, &key, &name, now);
        if books.forgery == Forgery::None {
            books.bound = Some((key, issued.clone()));
        }
        deliver(&issued)
    }

    /// Issues again to the bound device, as after a confirmation of the base card.
    pub(crate) fn renew(&self, last_day: &'static str) {
        let now = self.clock.now();
        let mut books = self.books();
        books.last_day = last_day;
        let (key, _) = books.bound.clone().unwrap();
        let issued = self.issue(&mut books, &key, "Telefon", now);
        books.bound = Some((key, issued));
    }

    fn issue(&self, books: &mut Books, key: &[u8], device: &str, now: Timestamp) -> Delivered {
        books.serial += 1;
        let serial = books.serial;
        let forgery = books.forgery;
        let data = card(books.number, books.last_day);
        let mut bytes = data.to_bytes();
        if forgery == Forgery::Unreadable {
            bytes.truncate(bytes.len() - 1);
        }
        let slot = if forgery == Forgery::SlotBeyondPolicy { (21, 21) } else { books.slot };
        let mut fields = DeviceCertificateFields {
            given_names: data.given_names.clone(),
            surname: data.surname.clone(),
            pesel: data.pesel.clone(),
            device_name: DeviceName::parse(device).unwrap(),
            slot: DeviceSlot::new(slot.0, slot.1).unwrap(),
            activated_at: now,
            card_digest: CardData::digest(&bytes),
            not_before: data.validity.not_before(),
            not_after: data.validity.not_after(),
        };
        if forgery == Forgery::AnotherName {
            fields.surname = PersonName::parse("Obca").unwrap();
        }
        if forgery == Forgery::AnotherPeriod {
            fields.not_after = "2028-09-30T21:59:59Z".parse().unwrap();
        }
        if forgery == Forgery::ChangedData {
            let at = bytes.windows(6).position(|window| window == "Szkoln".as_bytes()).unwrap();
            bytes[at] = b'D';
        }
        let authority = if forgery == Forgery::ForeignRoot { &self.foreign } else { &self.authority };
        let other = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let other = other.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        let key = if forgery == Forgery::AnotherKey { &other } else { key };
        let leaf = authority.device(&fields, key, serial);
        Delivered { chain: vec![leaf, authority.issuing_der.clone()], card: bytes, serial }
    }
}

#[async_trait]
impl Transport for FakeIssuer {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.url.path().to_owned();
        let mishap = {
            let mut books = self.books();
            books.asked.push(path.clone());
            match books.mishaps.iter().position(|(at, _)| *at == path || (*at == "*" && path != "/pki/crl")) {
                Some(index) => books.mishaps.remove(index).map(|(_, mishap)| mishap),
                None => None,
            }
        };
        match mishap {
            None => Ok(self.answer(&request)),
            Some(Mishap::Unheard) => Err(TransportError::Unreachable),
            Some(Mishap::ReplyLost) => {
                self.answer(&request);
                Err(TransportError::TimedOut)
            }
            Some(Mishap::Refused(status, body)) => Ok(refuse(status, body)),
            Some(Mishap::Challenged(challenge)) => Ok(Response::new(401, "<html>")
                .with_header("www-authenticate", challenge)
                .with_header("dpop-nonce", "nonce-of-the-server")),
        }
    }
}

fn ok(body: &Value) -> Response {
    Response::new(200, body.to_string())
}

fn refuse(status: u16, body: Value) -> Response {
    Response::new(status, body.to_string())
}

fn deliver(issued: &Delivered) -> Response {
    let credential = X509Credential::new(&issued.chain, &issued.card);
    let response = CredentialResponse::one(credential, Some(format!("notice-{}", issued.serial)));
    ok(&serde_json::to_value(response).unwrap())
}

fn card(number: u32, last_day: &str) -> CardData {
    let address = |street: &str| PostalAddress::new(street, "00-950", "Przykładowo").unwrap();
    let mut photo = vec![0; 2000];
    photo[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    photo[1998..].copy_from_slice(&[0xff, 0xd9]);
    CardData {
        salt: Salt::from_bytes(vec![3; 32]).unwrap(),
        given_names: PersonName::parse("Zofia").unwrap(),
        surname: PersonName::parse("Zmyślona").unwrap(),
        pesel: Pesel::parse("08312112303").unwrap(),
        card_number: CardNumber::new(2026, number).unwrap(),
        card_form: CardForm::Paper,
        school: SchoolOnCard {
            name: SchoolName::parse("Szkoła Przykładowa").unwrap(),
            rspo: Rspo::try_from(123_456).unwrap(),
            address: address("ul. Szkolna 1"),
        },
        home_address: address("ul. Zmyślona 7"),
        validity: ValidityPeriod::new("2026-09-01".parse().unwrap(), last_day.parse().unwrap()).unwrap(),
        photo: CardPhoto::from_jpeg(photo).unwrap(),
        profile_id: ProfileId::parse("legacy-2019").unwrap(),
    }
}
