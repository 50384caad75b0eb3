//! An age from which something is allowed, as far as cards tell about it.

/// An age that a card tells about, and tells by yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AgeLimit {
    /// 13 years.
    A13,
    /// 15 years.
    A15,
    /// 16 years.
    A16,
    /// 18 years.
    A18,
    /// 24 years: below it, tickets are reduced.
    A24,
    /// 26 years.
    A26,
}

impl AgeLimit {
    /// Every limit, from the lowest.
    pub const ALL: [Self; 6] = [Self::A13, Self::A15, Self::A16, Self::A18, Self::A24, Self::A26];

    /// Takes an age that cards tell about.
    pub fn of_years(years: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.years() == years)
    }

    /// In years.
    pub const fn years(self) -> u8 {
        match self {
            Self::A13 => 13,
            Self::A15 => 15,
            Self::A16 => 16,
            Self::A18 => 18,
            Self::A24 => 24,
            Self::A26 => 26,
        }
    }

    /// Whether somebody of this age, in years, has reached it.
    pub fn is_reached_at(self, age: u8) -> bool {
        age >= self.years()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_back_from_their_years_and_reached_on_the_birthday() {
        for limit in AgeLimit::ALL {
            assert_eq!(AgeLimit::of_years(limit.years()), Some(limit));
            assert!(limit.is_reached_at(limit.years()) && !limit.is_reached_at(limit.years() - 1));
        }
        assert_eq!(AgeLimit::of_years(17), None);
    }
}
