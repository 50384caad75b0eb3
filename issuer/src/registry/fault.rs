//! What is wrong with what was typed: one fault a field, all fields at once, so that a form is mended in one go.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::card::CardNumberError;
use shared::card_data::{PersonNameError, PostalAddressError, SchoolNameError};
use shared::pesel::{ImplausibleAge, PeselError};
use shared::school_id::{RegonError, RspoError};

use super::profile::ProfileError;
use super::wording::wording;

wording! {
    /// What is wrong with one field.
    FaultCode {
        TextNotALine = "text_not_a_line":
            "Wypełnij to pole: krótko, w jednej linii, bez niewidocznych znaków.",
            "type one line of text; it is empty, too long or has invisible characters";
        DayMalformed = "day_malformed":
            "Wpisz istniejącą datę w postaci RRRR-MM-DD.",
            "write an existing day as YYYY-MM-DD";
        DayInFuture = "day_in_future":
            "Ta data jest w przyszłości; wpisz dzisiejszą lub wcześniejszą.",
            "this day is in the future: name today or an earlier one";
        InstantMalformed = "instant_malformed":
            "Wpisz datę i godzinę według RFC 3339, na przykład 2026-09-01T00:00:00Z.",
            "write an instant as in RFC 3339, such as 2026-09-01T00:00:00Z";
        EndsBeforeItStarts = "ends_before_it_starts":
            "Koniec wypada przed początkiem; popraw jedną z dat.",
            "it ends before it starts: correct one of the days";
        RspoOutOfRange = "rspo_out_of_range":
            "Numer RSPO jest liczbą od 1 do 9999999; sprawdź go w rejestrze szkół.",
            "an RSPO number is 1 to 9999999: look it up in the register of schools";
        RegonMalformed = "regon_malformed":
            "REGON ma 9 albo 14 cyfr.",
            "a REGON has 9 or 14 digits";
        RegonChecksum = "regon_checksum":
            "Cyfra kontrolna numeru REGON się nie zgadza; sprawdź, czy nie ma literówki.",
            "the REGON's check digit is wrong: look for a typing error";
        SchoolName = "school_name_malformed":
            "Nazwa szkoły musi mieć od 1 do 200 znaków w jednej linii.",
            "a school's name is one line of 1 to 200 characters";
        NameLength = "name_length":
            "Wpisz od 1 do 64 znaków.",
            "a name has 1 to 64 characters";
        NameCharacter = "name_character":
            "W imieniu lub nazwisku jest znak, który nie jest literą, odstępem, łącznikiem ani apostrofem.",
            "a name has letters, spaces, hyphens and apostrophes alone";
        NameJoints = "name_joints":
            "Odstęp, łącznik i apostrof mogą stać tylko pojedynczo, między literami.",
            "spaces, hyphens and apostrophes stand one at a time, between letters";
        StreetLine = "street_line_malformed":
            "Wpisz ulicę i numer (albo miejscowość i numer) w jednej linii, do 120 znaków.",
            "write street and number in one line of up to 120 characters";
        PostalCode = "postal_code_malformed":
            "Kod pocztowy ma postać 00-000.",
            "a postal code is written 00-000";
        City = "city_malformed":
            "Wpisz miejscowość w jednej linii, do 80 znaków.",
            "write the town in one line of up to 80 characters";
        PeselMalformed = "pesel_malformed":
            "PESEL ma 11 cyfr, bez odstępów.",
            "a PESEL has 11 digits without spaces";
        PeselChecksum = "pesel_checksum":
            "Cyfra kontrolna numeru PESEL się nie zgadza; sprawdź, czy nie ma literówki.",
            "the PESEL's check digit is wrong: look for a typing error";
        PeselDate = "pesel_date":
            "Data urodzenia zapisana w numerze PESEL nie istnieje; sprawdź pierwsze sześć cyfr.",
            "the PESEL's date of birth does not exist: check its first six digits";
        BirthDateDiffers = "birth_date_differs":
            "Data urodzenia nie zgadza się z numerem PESEL; sprawdź, które z nich jest błędne.",
            "birth date and PESEL do not agree: find out which of them is wrong";
        NotBornYet = "not_born_yet":
            "Data urodzenia jest w przyszłości.",
            "the birth date is in the future";
        TooYoung = "too_young":
            "Tak małe dziecko nie jest jeszcze uczniem; sprawdź datę urodzenia.",
            "a child this young is no pupil yet: check the birth date";
        TooOld = "too_old":
            "Wiek ucznia jest mało prawdopodobny; sprawdź datę urodzenia, zwłaszcza stulecie.",
            "a pupil of this age is implausible: check the birth date, its century above all";
        IdentityMissing = "identity_missing":
            "Podaj PESEL, a jeśli uczeń go nie ma – inny dokument tożsamości.",
            "give a PESEL, or another identity document for a pupil who has none";
        IdentityTwice = "identity_twice":
            "Podaj PESEL albo inny dokument tożsamości, nie oba naraz.",
            "give either a PESEL or another identity document, not both";
        EmailMalformed = "email_malformed":
            "To nie jest adres e-mail; wpisz jeden adres, na przykład jan@example.pl.",
            "this is no e-mail address: write one, such as jan@example.pl";
        GuardianMissing = "guardian_missing":
            "Wskaż rodzica lub opiekuna, który złożył wniosek.",
            "name the guardian who applied";
        GuardianUnexpected = "guardian_unexpected":
            "Wniosek złożył uczeń, więc nie wskazuj opiekuna.",
            "the pupil applied, so name no guardian";
        ReceiverMissing = "receiver_missing":
            "Wskaż, kto odebrał kody.",
            "say who collected the codes";
        BeforeSlip = "before_slip":
            "Kody wydrukowano później; podaj dzień wydruku albo późniejszy.",
            "the codes were printed later: name the day of printing or a later one";
        CardNumberMalformed = "card_number_malformed":
            "Numer legitymacji to numer i rok, na przykład 123/2026.",
            "a card number is a number and a year, such as 123/2026";
        CardNumberRange = "card_number_out_of_range":
            "Takiego numeru lub roku nie ma w żadnym rejestrze.",
            "no register has such a number or such a year";
        CardNumberYear = "card_number_year_differs":
            "Rok w numerze legitymacji różni się od roku jej wydania; popraw jeden z nich.",
            "the year of the card number is not that of its issue: correct one of them";
        ValidityRange = "validity_out_of_range":
            "Tak długiej ważności legitymacja nie może mieć; sprawdź ostatni dzień.",
            "no card is valid for that long: check the last day";
        LoginMalformed = "login_malformed":
            "Login ma od 3 do 64 znaków: litery a–z, cyfry, kropka, łącznik, podkreślenie, @.",
            "a login has 3 to 64 of a-z, 0-9, dot, hyphen, underscore and @";
        PasswordLength = "password_length":
            "Hasło musi mieć od 12 do 128 znaków.",
            "a password has 12 to 128 characters";
        PupilPasswordLength = "pupil_password_length":
            "Hasło musi mieć od 8 do 128 znaków.",
            "the password has 8 to 128 characters";
        PasswordsDiffer = "passwords_differ":
            "Hasła nie są takie same; wpisz nowe hasło dwa razy tak samo.",
            "the passwords differ: type the new one twice the same";
        PasswordUnchanged = "password_unchanged":
            "To jest dotychczasowe hasło; wymyśl inne.",
            "this is the present password: choose another";
        ProfileDevices = "devices_out_of_range":
            "Liczba urządzeń musi być od 1 do 20.",
            "devices must be 1 to 20";
        ProfileGrantTtl = "grant_ttl_out_of_range":
            "Czas ważności kodów musi być od 1 do 2160 godzin.",
            "grant_ttl_hours must be 1 to 2160";
        ProfileDeadline = "deadline_out_of_range":
            "Termin wydania musi być od 1 do 60 dni.",
            "issue_deadline_days must be 1 to 60";
        ProfileVersion = "version_malformed":
            "Wersja to liczby z kropkami, na przykład 10.3.",
            "a version is dotted numbers, such as 10.3";
        ProfileEmptyList = "list_empty":
            "Lista uprawnionych i lista form legitymacji nie mogą być puste.",
            "applicants and accepted_forms must not be empty";
        DiaryAddress = "diary_address":
            "Wpisz adres https, pod którym e-dziennik przyjmuje wiadomości, na przykład https://dziennik.example.pl/mlegitymacja; adresy sieci wewnętrznej są niedozwolone.",
            "write the https address at which the diary takes messages; addresses of inner networks are not allowed";
        ClassMissing = "class_missing":
            "Wychowawca musi mieć klasę; wpisz ją.",
            "a tutor needs a class: name it";
        ClassUnexpected = "class_unexpected":
            "Klasę ma tylko wychowawca; usuń ją albo zmień rolę.",
            "only a tutor has a class: leave it out, or change the role";
        RowTwice = "row_twice":
            "Ten uczeń stoi w pliku już wcześniej; usuń jeden z wierszy.",
            "this pupil stands further up in the file: delete one of the rows";
        AlreadyEntered = "already_entered":
            "Ten uczeń jest już wpisany; jeśli zmienił szkołę, przenieś go.",
            "this pupil is entered already: transfer a pupil who changed schools";
        CardNumberTaken = "card_number_taken":
            "Ten numer w tym roku ma już inna legitymacja.",
            "another card has this number of this year";
        RegisterFull = "register_full":
            "Rejestr tego roku jest pełny; wpisz numer legitymacji.",
            "the register of this year is full: give the card a number";
        FormWord = "form_word":
            "Wpisz „papierowa” albo „plastikowa”.",
            "write `paper` or `plastic`";
        CardIncomplete = "card_incomplete":
            "Dane legitymacji bez jej rodzaju: wpisz „papierowa” albo „plastikowa”.",
            "there is a card here, but not what it is made of: write `paper` or `plastic`";
        CropMalformed = "crop_malformed":
            "Kadr jest niepełny albo nie składa się z liczb; zaznacz go jeszcze raz albo go pomiń.",
            "the cut is incomplete or no number: mark it again, or leave it out";
        CriterionNotTicked = "criterion_not_ticked":
            "Sprawdź to na zdjęciu i zaznacz; jeśli warunek nie jest spełniony, odrzuć zdjęcie.",
            "look for it in the photo and tick it; if it is not so, refuse the photo";
        PictureReasonMissing = "picture_reason_missing":
            "Wybierz powód odrzucenia zdjęcia.",
            "choose why the photo is refused";
    }
}

/// A field and what is wrong with it. Never repeats what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Name of the field, with dots into nested ones.
    pub field: String,
    /// What is wrong.
    pub code: FaultCode,
}

/// Everything that is wrong with a form; at least one fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of the fields cannot be accepted", .0.len())]
pub struct Faults(pub Vec<FieldFault>);

impl Faults {
    /// The only fault of a form.
    pub fn one(field: &str, code: impl Into<FaultCode>) -> Self {
        Self(vec![FieldFault { field: field.to_owned(), code: code.into() }])
    }
}

/// Collects faults while a form is read.
#[derive(Debug, Default)]
pub(super) struct Checked(Vec<FieldFault>);

impl Checked {
    /// The value, or nothing and a fault.
    pub(super) fn field<T, E: Into<FaultCode>>(&mut self, field: &str, outcome: Result<T, E>) -> Option<T> {
        outcome.map_err(|error| self.fault(field, error)).ok()
    }

    /// As [`Self::field`], for what may be left out.
    pub(super) fn maybe<T, E: Into<FaultCode>>(
        &mut self,
        field: &str,
        outcome: Option<Result<T, E>>,
    ) -> Option<Option<T>> {
        match outcome {
            Some(outcome) => self.field(field, outcome).map(Some),
            None => Some(None),
        }
    }

    /// As [`Self::field`], for a part that has fields of its own.
    pub(super) fn part<T>(&mut self, name: &str, outcome: Result<T, Faults>) -> Option<T> {
        let note = |faults: Faults| {
            faults.0.into_iter().for_each(|fault| self.fault(&format!("{name}.{}", fault.field), fault.code));
        };
        outcome.map_err(note).ok()
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, field: &str, code: impl Into<FaultCode>) {
        self.0.push(FieldFault { field: field.to_owned(), code: code.into() });
    }

    /// What was made of the fields, unless one of them is at fault.
    pub(super) fn finish<T>(self, made: Option<T>) -> Result<T, Faults> {
        match made {
            Some(made) if self.0.is_empty() => Ok(made),
            Some(_) | None => Err(Faults(self.0)),
        }
    }
}

/// Reads a day of the years 1800 to 2299, written `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Result<Date, FaultCode> {
    let text = text.trim();
    let date: Option<Date> = if text.len() == 10 { text.parse().ok() } else { None };
    date.filter(|date| (1800..=2299).contains(&date.year())).ok_or(FaultCode::DayMalformed)
}

/// Reads a day that is not after `today`.
pub(super) fn past_day(text: &str, today: Date) -> Result<Date, FaultCode> {
    let day = day(text)?;
    if day <= today { Ok(day) } else { Err(FaultCode::DayInFuture) }
}

/// Reads an instant of RFC 3339.
///
/// # Errors
/// [`FaultCode::InstantMalformed`]
pub fn instant(text: &str) -> Result<Timestamp, FaultCode> {
    text.trim().parse().map_err(|_| FaultCode::InstantMalformed)
}

impl From<RspoError> for FaultCode {
    fn from(RspoError: RspoError) -> Self {
        Self::RspoOutOfRange
    }
}

impl From<RegonError> for FaultCode {
    fn from(error: RegonError) -> Self {
        match error {
            RegonError::Malformed => Self::RegonMalformed,
            RegonError::BadChecksum => Self::RegonChecksum,
        }
    }
}

impl From<SchoolNameError> for FaultCode {
    fn from(SchoolNameError: SchoolNameError) -> Self {
        Self::SchoolName
    }
}

impl From<PersonNameError> for FaultCode {
    fn from(error: PersonNameError) -> Self {
        match error {
            PersonNameError::Length => Self::NameLength,
            PersonNameError::ForeignCharacter => Self::NameCharacter,
            PersonNameError::Joints => Self::NameJoints,
        }
    }
}

impl From<PostalAddressError> for FaultCode {
    fn from(error: PostalAddressError) -> Self {
        match error {
            PostalAddressError::StreetLine => Self::StreetLine,
            PostalAddressError::PostalCode => Self::PostalCode,
            PostalAddressError::City => Self::City,
        }
    }
}

impl From<PeselError> for FaultCode {
    fn from(error: PeselError) -> Self {
        match error {
            PeselError::Malformed => Self::PeselMalformed,
            PeselError::BadChecksum => Self::PeselChecksum,
            PeselError::ImpossibleDate => Self::PeselDate,
        }
    }
}

impl From<ImplausibleAge> for FaultCode {
    fn from(error: ImplausibleAge) -> Self {
        match error {
            ImplausibleAge::NotBornYet => Self::NotBornYet,
            ImplausibleAge::TooYoung => Self::TooYoung,
            ImplausibleAge::TooOld => Self::TooOld,
        }
    }
}

impl From<CardNumberError> for FaultCode {
    fn from(error: CardNumberError) -> Self {
        match error {
            CardNumberError::Malformed | CardNumberError::YearFirst | CardNumberError::ShortYear => {
                Self::CardNumberMalformed
            }
            CardNumberError::OutOfRange => Self::CardNumberRange,
        }
    }
}

impl From<ProfileError> for FaultCode {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Devices => Self::ProfileDevices,
            ProfileError::GrantTtl => Self::ProfileGrantTtl,
            ProfileError::Deadline => Self::ProfileDeadline,
            ProfileError::Version => Self::ProfileVersion,
            ProfileError::EmptyList => Self::ProfileEmptyList,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_one_way() {
        assert_eq!(day("2026-11-21").unwrap(), jiff::civil::date(2026, 11, 21));
        for text in
            ["", "2026-02-29", "21.11.2026", "2026-11-21T10:00", "20261121", "1799-12-31", "2300-01-01"]
        {
            assert_eq!(day(text), Err(FaultCode::DayMalformed), "{text:?}");
        }
        assert_eq!(past_day("2026-11-22", jiff::civil::date(2026, 11, 21)), Err(FaultCode::DayInFuture));
    }

    #[test]
    fn every_fault_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<&str> = FaultCode::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), FaultCode::ALL.len());
    }
}
