//! The columns of a table of pupils, and what they may be called.

use serde::{Deserialize, Serialize};

use crate::registry::sorting::folded;

macro_rules! columns {
    ($($column:ident = $pl:literal, $en:literal, $example:literal, [$($other:literal),*];)*) => {
        /// A column of a table of pupils.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Column {
            $(#[doc = $en] $column,)*
        }

        impl Column {
            /// All of them, in the order of the template.
            pub const ALL: &'static [Self] = &[$(Self::$column,)*];

            /// Its heading in Polish.
            pub fn heading_pl(self) -> &'static str {
                match self { $(Self::$column => $pl,)* }
            }

            /// Its heading in English.
            pub fn heading_en(self) -> &'static str {
                match self { $(Self::$column => $en,)* }
            }

            /// What may stand in it: of nobody who lives.
            pub fn example(self) -> &'static str {
                match self { $(Self::$column => $example,)* }
            }

            /// The column with this heading, in either language, whatever its capitals, marks and signs.
            pub fn of_heading(heading: &str) -> Option<Self> {
                let heading = plain(heading);
                let known: &[(Self, &[&str])] = &[$((Self::$column, &[$pl, $en, $($other,)*]),)*];
                let named = |names: &[&str]| names.iter().any(|name| plain(name) == heading);
                known.iter().find(|(_, names)| named(names)).map(|(column, _)| *column)
            }
        }
    };
}

columns! {
    Surname = "Nazwisko", "Surname", "Przykładowa", ["nazwisko ucznia", "last name"];
    GivenNames = "Imiona", "Given names", "Zofia Maria", ["imię", "imię i drugie imię", "imiona ucznia", "first name", "given name"];
    Pesel = "PESEL", "PESEL number", "12290155531", ["numer pesel", "nr pesel"];
    OtherDocument = "Inny dokument", "Other document", "", ["inny dokument tożsamości"];
    BirthDate = "Data urodzenia", "Birth date", "2012-09-01", ["date of birth", "ur"];
    ClassName = "Klasa", "Class", "7b", ["oddział", "oddzial klasa"];
    StreetLine = "Ulica i numer", "Street and number", "ul. Lipowa 3/7", ["ulica", "adres", "street", "address"];
    PostalCode = "Kod pocztowy", "Postal code", "42-200", ["kod", "postcode"];
    City = "Miejscowość", "Town", "Częstochowa", ["miasto", "city"];
    GuardianGivenNames = "Imiona opiekuna", "Guardian given names", "Anna", ["imię opiekuna", "imię rodzica"];
    GuardianSurname = "Nazwisko opiekuna", "Guardian surname", "Przykładowa", ["nazwisko rodzica"];
    GuardianEmail = "E-mail opiekuna", "Guardian e-mail", "anna@example.pl", ["email opiekuna", "e-mail rodzica", "guardian email"];
    Guardian2GivenNames = "Imiona opiekuna 2", "Guardian 2 given names", "", ["imię opiekuna 2", "imię rodzica 2"];
    Guardian2Surname = "Nazwisko opiekuna 2", "Guardian 2 surname", "", ["nazwisko rodzica 2"];
    Guardian2Email = "E-mail opiekuna 2", "Guardian 2 e-mail", "", ["email opiekuna 2", "e-mail rodzica 2", "guardian 2 email"];
    CardNumber = "Numer legitymacji", "Card number", "123/2026", ["nr legitymacji"];
    CardForm = "Rodzaj legitymacji", "Card form", "papierowa", ["forma legitymacji", "card kind"];
    CardIssuedOn = "Data wydania", "Issued on", "2026-09-01", ["wydana", "data wydania legitymacji", "issue date"];
    CardValidUntil = "Ważna do", "Valid until", "2027-09-30", ["data ważności", "ważność", "termin ważności"];
}

impl Column {
    /// Whether a table without this column cannot be read.
    pub fn is_needed(self) -> bool {
        matches!(
            self,
            Self::Surname
                | Self::GivenNames
                | Self::BirthDate
                | Self::ClassName
                | Self::StreetLine
                | Self::PostalCode
                | Self::City
        )
    }

    /// Whether a day stands in it.
    pub fn is_day(self) -> bool {
        matches!(self, Self::BirthDate | Self::CardIssuedOn | Self::CardValidUntil)
    }
}

/// Headings that our own file of rejected rows adds, to be passed over when it comes back.
pub(super) fn is_ours(heading: &str) -> bool {
    ["powod odrzucenia", "reason", "wiersz w pliku", "row in the file"].contains(&plain(heading).as_str())
}

/// The heading of the column that says why a row was rejected, in Polish and English.
pub const REASON: (&str, &str) = ("Powód odrzucenia", "Reason");
/// The heading of the column that says where a row stood, in Polish and English.
pub const ROW: (&str, &str) = ("Wiersz w pliku", "Row in the file");

/// Small letters without marks, with single blanks for everything that is neither letter nor figure.
fn plain(heading: &str) -> String {
    let folded = folded(heading);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
