//! A card on a screen: in lists, whole, and opened for developers.

use jiff::Timestamp;
use shared::validity::{age_on, warsaw_date};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::extension::ExtensionKind;
use shared::x509::oid::PrivateArc;

use super::Scene;
use crate::documents::StoreError;
use crate::online::OnlinePhone;
use crate::show::ShownCard;
use crate::standing::Standing;
use crate::transport::transcript::Exchanged;

/// A card as lists show it.
pub(in crate::screen) struct CardFace {
    pub(in crate::screen) id: String,
    pub(in crate::screen) name: String,
    pub(in crate::screen) school: String,
    pub(in crate::screen) slot: (u8, u8),
    pub(in crate::screen) state: StateBand,
    /// When it begins or ends, milliseconds since 1970, if that is to come.
    pub(in crate::screen) turns: Option<i64>,
}

/// How a card stands, in words.
pub(in crate::screen) struct StateBand {
    /// `good`, `warn` or `bad`.
    pub(in crate::screen) tone: &'static str,
    pub(in crate::screen) title: String,
    pub(in crate::screen) text: String,
}

/// A card with everything on it.
pub(in crate::screen) struct CardPage {
    pub(in crate::screen) face: CardFace,
    pub(in crate::screen) given_names: String,
    pub(in crate::screen) surname: String,
    pub(in crate::screen) number: String,
    pub(in crate::screen) issued: String,
    pub(in crate::screen) valid_until: String,
    pub(in crate::screen) birth: String,
    pub(in crate::screen) age: u8,
    pub(in crate::screen) pesel: String,
    pub(in crate::screen) home: String,
    pub(in crate::screen) school_address: String,
    pub(in crate::screen) confirmed: String,
    pub(in crate::screen) others: Vec<CardFace>,
    pub(in crate::screen) drawer: Option<Drawer>,
}

/// What developers see of a card.
pub(in crate::screen) struct Drawer {
    pub(in crate::screen) facts: Vec<(String, String)>,
    /// Name and identifier of each, and whether it is critical.
    pub(in crate::screen) extensions: Vec<(String, String, bool)>,
    pub(in crate::screen) chain: Vec<String>,
    pub(in crate::screen) pem: String,
    pub(in crate::screen) data: String,
    pub(in crate::screen) exchanges: Vec<Exchanged>,
}

impl Scene<'_> {
    pub(super) async fn faces(&self, online: &OnlinePhone) -> Result<Vec<CardFace>, StoreError> {
        Ok(online.cards().await?.iter().map(|shown| self.face(shown)).collect())
    }

    pub(super) fn face(&self, shown: &ShownCard) -> CardFace {
        let data = shown.card.data();
        let slot = shown.card.certificate().slot();
        CardFace {
            id: shown.card.id().to_string(),
            name: format!("{} {}", data.given_names.as_str(), data.surname.as_str()),
            school: data.school.name.to_string(),
            slot: (slot.number(), slot.of()),
            state: self.band(&shown.standing),
            turns: match &shown.standing {
                Standing::NotYetValid { from } => Some(from.as_millisecond()),
                // The last second is valid to its end.
                standing if standing.is_valid() => {
                    Some((shown.card.certificate().not_after().as_second() + 1) * 1000)
                }
                _ => None,
            },
        }
    }

    /// How a card stands, for people; what to do about it stands beside it.
    fn band(&self, standing: &Standing) -> StateBand {
        let say = self.say;
        let date = |at: &Timestamp| say.0.date(warsaw_date(*at));
        let word = standing.reason().replace('_', "-");
        let title = say.t(&format!("standing-{word}"));
        let key = format!("standing-{word}-text");
        let text = match standing {
            Standing::Valid => say.t(&key),
            Standing::EndsInDays { days } => say.t1(&key, "days", *days),
            Standing::NotConfirmedSince { since } | Standing::Superseded { since } => {
                say.t1(&key, "since", date(since))
            }
            Standing::NotYetValid { from } => say.t1(&key, "from", date(from)),
            Standing::Expired { not_after } => say.t1(&key, "on", date(not_after)),
            Standing::Revoked { since, reason } => {
                let known = format!("revoked-{}", reason.replace('_', "-"));
                let why = say.t(if say.has(&known) { &known } else { "revoked-unspecified" });
                say.t2(&key, "since", date(since), "why", why)
            }
            Standing::ClockBehind { floor } => say.t1(&key, "floor", say.0.instant(*floor)),
        };
        let tone = match standing {
            Standing::Valid => "good",
            Standing::EndsInDays { .. } | Standing::NotConfirmedSince { .. } => "warn",
            Standing::NotYetValid { .. }
            | Standing::Expired { .. }
            | Standing::Revoked { .. }
            | Standing::Superseded { .. }
            | Standing::ClockBehind { .. } => "bad",
        };
        StateBand { tone, title, text }
    }

    pub(super) fn card(&self, cards: &[ShownCard], at: usize, drawer: bool) -> CardPage {
        let shown = &cards[at];
        let (data, held) = (shown.card.data(), shown.card.held());
        let lang = self.say.0;
        CardPage {
            face: self.face(shown),
            given_names: data.given_names.as_str().to_owned(),
            surname: data.surname.as_str().to_owned(),
            number: data.card_number.to_string(),
            issued: lang.date(data.validity.first_day()),
            valid_until: lang.date(data.validity.last_day()),
            birth: lang.date(data.birth_date()),
            age: age_on(data.birth_date(), warsaw_date(self.now)),
            pesel: data.pesel.as_str().to_owned(),
            home: data.home_address.one_line(),
            school_address: data.school.address.one_line(),
            confirmed: lang.instant(held.last_refresh.unwrap_or(held.acquired_at)),
            others: cards.iter().map(|other| self.face(other)).collect(),
            drawer: drawer.then(|| self.drawer(shown)),
        }
    }

    fn drawer(&self, shown: &ShownCard) -> Drawer {
        let (certificate, held) = (shown.card.certificate(), shown.card.held());
        let fact = |key: &str, value: String| (self.say.t(key), value);
        let authorities: Vec<CaCertificate> =
            held.x5c.iter().skip(1).filter_map(|der| CaCertificate::parse(der.as_slice()).ok()).collect();
        let facts = vec![
            fact("drawer-subject", format!("{} {}", certificate.given_names(), certificate.surname())),
            fact("drawer-serial", certificate.serial().to_string()),
            fact("drawer-not-before", certificate.not_before().to_string()),
            fact("drawer-not-after", certificate.not_after().to_string()),
            fact("drawer-device", certificate.device_name().to_owned()),
            fact("drawer-slot", certificate.slot().to_string()),
            fact("drawer-activated", certificate.activated_at().to_string()),
            fact("drawer-crl", certificate.crl_url().to_owned()),
            fact("drawer-fingerprint", certificate.fingerprint().to_string()),
        ];
        let leaf = format!("{} {}", certificate.given_names(), certificate.surname());
        Drawer {
            facts,
            extensions: extensions(certificate),
            chain: std::iter::once(leaf).chain(authorities.iter().map(CaCertificate::name)).collect(),
            pem: crate::show::pem_chain(shown),
            data: serde_json::to_string_pretty(&crate::show::without_picture(shown)).unwrap_or_default(),
            exchanges: self.phone.transcript.exchanges(),
        }
    }
}

/// The extensions of a device certificate, under the names of the standards.
fn extensions(certificate: &DeviceCertificate) -> Vec<(String, String, bool)> {
    let arc = PrivateArc::default();
    let named = |oid| ExtensionKind::OF_DEVICES.into_iter().find(|kind| kind.oid(&arc) == oid);
    let all = certificate.body().extensions().iter();
    all.map(|(oid, critical)| {
        let name = named(*oid).map_or_else(|| "?".to_owned(), |kind| kind.to_string());
        (name, oid.to_string(), *critical)
    })
    .collect()
}
