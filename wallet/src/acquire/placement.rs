//! Where a new card goes: beside those that are held, in the place of one of them, or nowhere.

use jiff::Timestamp;
use shared::card::CardKey;
use shared::pesel::Pesel;
use shared::vci::uri::IssuerUrl;

use crate::documents::CardId;
use crate::show::OpenedCard;
use crate::verify_card::VerifiedCard;

/// What tells one card from another.
pub(crate) struct Traits {
    /// The credential issuer identifier: two issuers may well have schools and cards of the same numbers.
    issuer: String,
    card: CardKey,
    pesel: Pesel,
    place: u8,
    activated_at: Timestamp,
}

/// A card that is held, and whether it is of use yet.
pub(crate) struct HeldTraits {
    pub(crate) id: CardId,
    pub(crate) traits: Traits,
    /// Expired, revoked or superseded.
    pub(crate) over: bool,
}

/// Where it goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Beside the others.
    Beside,
    /// In the place of this one, in one step.
    Replaces(CardId),
    /// Nowhere: this one is the same card, and it is live.
    AlreadyHeld(CardId),
}

impl Traits {
    pub(crate) fn of_new(card: &VerifiedCard, issuer: &IssuerUrl) -> Self {
        let (data, leaf) = (card.data(), card.leaf());
        Self {
            issuer: issuer.as_str().to_owned(),
            card: CardKey { rspo: data.school.rspo, number: data.card_number },
            pesel: data.pesel.clone(),
            place: leaf.slot().number(),
            activated_at: leaf.activated_at(),
        }
    }

    pub(crate) fn of_held(card: &OpenedCard) -> Self {
        let (data, leaf) = (card.data(), card.certificate());
        Self {
            issuer: card.held().issuer.identifier.clone(),
            card: CardKey { rspo: data.school.rspo, number: data.card_number },
            pesel: data.pesel.clone(),
            place: leaf.slot().number(),
            activated_at: leaf.activated_at(),
        }
    }
}

/// Where `new` goes. Cards of other issuers are none of its affair.
///
/// The same card is held once. It takes the place of the one that is held if that one is over, or if the new one holds
/// the same device place since later: a place has one live device, so the old certificate is dead whatever this phone
/// knows. A card of the same pupil and school that is over makes room for its successor too: a duplicate has a new number.
pub(crate) fn place(new: &Traits, held: &[HeldTraits]) -> Placement {
    let mut held = held.iter().filter(|held| held.traits.issuer == new.issuer);
    if let Some(same) = held.clone().find(|held| held.traits.card == new.card) {
        let outlived = same.traits.place == new.place && same.traits.activated_at < new.activated_at;
        return if same.over || outlived {
            Placement::Replaces(same.id.clone())
        } else {
            Placement::AlreadyHeld(same.id.clone())
        };
    }
    let predecessor = held
        .find(|held| held.over && held.traits.pesel == new.pesel && held.traits.card.rspo == new.card.rspo);
    predecessor.map_or(Placement::Beside, |old| Placement::Replaces(old.id.clone()))
}

#[cfg(test)]
mod tests {
    use shared::card::CardNumber;
    use shared::school_id::Rspo;

    use super::*;

    fn traits(rspo: u32, number: u32, pesel: &str, place: u8, activated_at: i64) -> Traits {
        Traits {
            issuer: "https://issuer.example".to_owned(),
            card: CardKey {
                rspo: Rspo::try_from(rspo).unwrap(),
                number: CardNumber::new(2026, number).unwrap(),
            },
            pesel: Pesel::parse(pesel).unwrap(),
            place,
            activated_at: Timestamp::from_second(activated_at).unwrap(),
        }
    }

    #[test]
    fn a_card_is_held_once_and_its_successor_takes_its_place() {
        const ZOSIA: &str = "08312112303";
        const ANTEK: &str = "02070803628";
        let id = CardId::parse(&"ab".repeat(16)).unwrap();
        let held = |over| [HeldTraits { id: id.clone(), traits: traits(1, 7, ZOSIA, 2, 100), over }];
        let (replaces, already) = (Placement::Replaces(id.clone()), Placement::AlreadyHeld(id.clone()));
        for (case, new, over, expected) in [
            ("the same in another place", traits(1, 7, ZOSIA, 1, 200), false, &already),
            ("the same in its place, later", traits(1, 7, ZOSIA, 2, 101), false, &replaces),
            ("the same in its place, no later", traits(1, 7, ZOSIA, 2, 100), false, &already),
            ("the same after its end", traits(1, 7, ZOSIA, 1, 50), true, &replaces),
            ("a duplicate while the old one lives", traits(1, 8, ZOSIA, 1, 200), false, &Placement::Beside),
            ("a duplicate after the old one's end", traits(1, 8, ZOSIA, 1, 200), true, &replaces),
            ("a sibling's", traits(1, 8, ANTEK, 1, 200), true, &Placement::Beside),
            ("the same number of another school", traits(2, 7, ZOSIA, 1, 200), true, &Placement::Beside),
        ] {
            assert_eq!(place(&new, &held(over)), *expected, "{case}");
        }
        assert_eq!(place(&traits(1, 7, ZOSIA, 1, 0), &[]), Placement::Beside);
        for (number, over) in [(7, false), (7, true), (8, true)] {
            let elsewhere =
                Traits { issuer: "https://other.example".to_owned(), ..traits(1, number, ZOSIA, 2, 200) };
            assert_eq!(place(&elsewhere, &held(over)), Placement::Beside, "{number} {over}");
        }
    }
}
