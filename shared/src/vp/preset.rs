//! What inspectors usually ask, as queries: each the least that its purpose needs. None asks for the PESEL or an address.

use serde_json::Value;

use super::dcql::{CredentialQuery, DcqlQuery};
use crate::age_limit::AgeLimit;
use crate::card_claims::AGE_EQUAL_OR_OVER;
use crate::sd_jwt::ClaimPath;

/// The id under which presets ask for the card.
pub const CARD: &str = "card";

/// Claims that no preset asks, and about which a phone warns whoever asks them.
pub const SENSITIVE: [&str; 2] = ["personal_administrative_number", "address"];

/// A usual check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Name, portrait, that one is a pupil, and whether one is 24 (the relief ends there).
    Ticket,
    /// That one is a pupil and has reached an age, and nothing else; who has not reached it has no answer.
    Cinema(AgeLimit),
    /// Name and card number; the school, if one likes to tell it.
    Library,
    /// Everything but the PESEL and the address; birth date and the school's address if one likes to tell them.
    FullCard,
}

impl Preset {
    /// All presets, the cinema's for 18.
    pub const USUAL: [Self; 4] = [Self::Ticket, Self::Cinema(AgeLimit::A18), Self::Library, Self::FullCard];

    /// A stable name for programs: `ticket`, `cinema`, `library`, `card`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Cinema(_) => "cinema",
            Self::Library => "library",
            Self::FullCard => "card",
        }
    }

    /// The name with its age, if it has one: `cinema-18`; also the purpose of the code that a phone shows for it.
    pub fn full_name(self) -> String {
        match self {
            Self::Cinema(age) => format!("cinema-{}", age.years()),
            Self::Ticket | Self::Library | Self::FullCard => self.name().to_owned(),
        }
    }

    /// The preset of this name; `cinema` alone is for 18, `cinema-16` for 16.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(years) = name.strip_prefix("cinema-") {
            return years.parse().ok().and_then(AgeLimit::of_years).map(Self::Cinema);
        }
        Self::USUAL.into_iter().find(|preset| preset.name() == name)
    }

    /// The query to a card of one of these types (`vct`).
    pub fn query(self, types: &[&str]) -> DcqlQuery {
        let top = ClaimPath::of;
        let age = |limit: AgeLimit| ClaimPath::of(AGE_EQUAL_OR_OVER).member(&limit.years().to_string());
        let (claims, optional) = match self {
            Self::Ticket => (
                vec![
                    top("given_name"),
                    top("family_name"),
                    top("picture"),
                    top("pupil_status"),
                    age(AgeLimit::A24),
                ],
                vec![],
            ),
            Self::Cinema(limit) => (vec![top("pupil_status"), age(limit)], vec![]),
            Self::Library => {
                (vec![top("given_name"), top("family_name"), top("card_number")], vec![top("school_name")])
            }
            Self::FullCard => (
                [
                    "given_name",
                    "family_name",
                    "picture",
                    "pupil_status",
                    "card_number",
                    "date_of_issuance",
                    "date_of_expiry",
                    "school_name",
                ]
                .map(top)
                .to_vec(),
                vec![top("birthdate"), top("school_address")],
            ),
        };
        let query = CredentialQuery::sd_jwt(CARD, types, &claims, &optional);
        DcqlQuery::of(match self {
            Self::Cinema(limit) => query.wanting(&age(limit), Value::Bool(true)),
            Self::Ticket | Self::Library | Self::FullCard => query,
        })
    }
}

/// Whether a phone warns when this is asked.
pub fn is_sensitive(path: &ClaimPath) -> bool {
    path.top().is_some_and(|name| SENSITIVE.contains(&name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VCT: &str = "https://issuer.example/credentials/mlegitymacja/1";

    #[test]
    fn every_preset_is_a_query_that_a_stranger_can_read() {
        for preset in Preset::USUAL {
            let query = preset.query(&[VCT]);
            let json = serde_json::to_vec(&query).unwrap();
            assert_eq!(DcqlQuery::parse(&json), Ok(query.clone()), "{preset:?}");
            assert!(query.credentials()[0].paths().all(|path| !is_sensitive(path)), "{preset:?}");
            assert_eq!(Preset::named(preset.name()), Some(preset));
        }
    }

    #[test]
    fn the_cinema_asks_two_things() {
        let query = Preset::named("cinema-16").unwrap().query(&[VCT]);
        let wire = json!({"credentials": [{
            "id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
            "claims": [{"path": ["pupil_status"]}, {"path": ["age_equal_or_over", "16"], "values": [true]}],
        }]});
        assert_eq!(serde_json::to_value(query).unwrap(), wire);
        assert_eq!(Preset::named("cinema-17"), None);
        assert_eq!(Preset::named("cinema-x"), None);
    }

    #[test]
    fn whoever_has_not_reached_the_age_does_not_answer_the_cinema() {
        let query = Preset::named("cinema-16").unwrap().query(&[VCT]);
        for (reached, answers) in [(true, true), (false, false)] {
            let claims = json!({"pupil_status": "uczeń", "age_equal_or_over": {"16": reached}});
            assert_eq!(
                query.credentials()[0].is_answered_by(claims.as_object().unwrap()),
                answers,
                "{reached}"
            );
        }
        let ticket = Preset::Ticket.query(&[VCT]);
        let of_any_age = ticket.credentials()[0].claims.iter().all(|claim| claim.values.is_empty());
        assert!(of_any_age, "the relief ends at 24, and the inspector is told on which side");
    }

    #[test]
    fn optional_claims_can_be_refused_one_by_one() {
        let card = &Preset::FullCard.query(&[VCT]).credentials()[0].clone();
        let sizes: Vec<usize> = card.claim_sets.iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 9, 9, 8]);
        assert!(card.claim_sets.iter().all(|set| set.contains(&"given_name".to_owned())));
        assert!(!card.claim_sets[1].contains(&"school_address".to_owned()));
        assert!(!card.claim_sets[2].contains(&"birthdate".to_owned()));
    }

    #[test]
    fn the_warning_is_for_pesel_and_address_and_whatever_is_inside() {
        assert!(is_sensitive(&ClaimPath::of("address").member("locality")));
        assert!(is_sensitive(&ClaimPath::of("personal_administrative_number")));
        assert!(!is_sensitive(&ClaimPath::of("school_address")));
    }
}
