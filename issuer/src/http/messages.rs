//! What a pupil is told, for every reason: what is the matter and what to do next, in Polish and English.

use shared::vci::error::Reason;

/// The sentence in Polish and in English.
pub(super) fn of(reason: &Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::WrongCode => (
            "Kod aktywacyjny jest nieprawidłowy. Sprawdź go na kartce i wpisz jeszcze raz.",
            "The activation code is wrong. Check it on the slip and type it again.",
        ),
        Reason::Locked => (
            "Pięć razy wpisano błędny kod, więc ta kartka jest zablokowana. Poproś sekretariat szkoły o nową.",
            "A wrong code was typed five times, so this slip is locked. Ask the school office for a new one.",
        ),
        Reason::Expired => (
            "Ważność kodu minęła. Poproś sekretariat szkoły o nowy.",
            "The code has expired. Ask the school office for a new one.",
        ),
        Reason::Used => (
            "Ten kod został już użyty. Zeskanuj kod QR jeszcze raz.",
            "This code has been used already. Scan the QR code again.",
        ),
        Reason::Cancelled => (
            "Szkoła wycofała ten kod. Zapytaj w sekretariacie.",
            "The school took this code back. Ask at the school office.",
        ),
        Reason::Unknown => (
            "Nie znamy tego kodu. Sprawdź, czy pochodzi z Twojej szkoły, i spróbuj jeszcze raz.",
            "This code is unknown. Make sure that it is from your school and try again.",
        ),
        Reason::Replaced => (
            "Szkoła wydała nowszy kod. Użyj nowej kartki.",
            "The school has made a newer code. Use the new slip.",
        ),
        Reason::Revoked => (
            "mLegitymacja na tym urządzeniu została unieważniona. Zapytaj w sekretariacie szkoły.",
            "The mobile card on this device was revoked. Ask at the school office.",
        ),
        Reason::OtherDevice => (
            "Ten kod otworzył już mLegitymację na innym urządzeniu. Poproś sekretariat szkoły o nowy.",
            "This code has opened the card on another device already. Ask the school office for a new one.",
        ),
        Reason::OsTooOld => (
            "System tego telefonu jest zbyt stary. Zaktualizuj go albo użyj innego telefonu; kod pozostaje ważny.",
            "This phone's system is too old. Update it or use another phone; the code stays valid.",
        ),
        Reason::AppTooOld => (
            "Aplikacja jest zbyt stara. Zaktualizuj ją i zeskanuj kod jeszcze raz; kod pozostaje ważny.",
            "The application is too old. Update it and scan the code again; the code stays valid.",
        ),
        Reason::CardVoid => (
            "Legitymacja szkolna nie jest już ważna, więc nie można wydać mLegitymacji. Zapytaj w sekretariacie.",
            "The school card is void, so there is no mobile card. Ask at the school office.",
        ),
        Reason::CardExpired => (
            "Minął termin ważności legitymacji szkolnej. Potwierdź jej ważność w sekretariacie.",
            "The school card has run out. Have it confirmed at the school office.",
        ),
        Reason::NoAgreement => (
            "Ta szkoła nie może obecnie wydawać mLegitymacji. Zapytaj w sekretariacie.",
            "This school may not issue mobile cards at present. Ask at the school office.",
        ),
        Reason::SlotsFull => (
            "mLegitymacja jest już na tylu urządzeniach, na ilu może być. Usuń ją z jednego z nich.",
            "The card is on as many devices as it may be. Delete it from one of them.",
        ),
        Reason::CodeMissing => (
            "Wpisz kod aktywacyjny otrzymany w szkole: osiem cyfr.",
            "Type the activation code that the school gave you: eight digits.",
        ),
        Reason::CodeUnexpected => (
            "Ten kod QR nie wymaga kodu aktywacyjnego. Zeskanuj go jeszcze raz i niczego nie wpisuj.",
            "This QR code needs no activation code. Scan it again and type nothing.",
        ),
        Reason::RateLimited => (
            "Zbyt wiele prób naraz. Odczekaj chwilę i spróbuj jeszcze raz.",
            "Too many tries at once. Wait a moment and try again.",
        ),
        Reason::Malformed => (
            "Aplikacja wysłała niezrozumiałe żądanie. Zaktualizuj ją i spróbuj jeszcze raz.",
            "The application sent a request that cannot be read. Update it and try again.",
        ),
        Reason::BadProof | Reason::BadNonce | Reason::BadToken | Reason::BadDpop => (
            "Nie udało się potwierdzić klucza telefonu. Sprawdź godzinę w telefonie i zeskanuj kod jeszcze raz.",
            "The phone's key could not be confirmed. Check the phone's clock and scan the code again.",
        ),
        Reason::OtherPupil => (
            "Ten kod QR dotyczy legitymacji innego ucznia. W mObywatelu Junior zeskanuj kod ze swojego konta w portalu.",
            "This QR code is for another pupil's card. In mObywatel Junior, scan the code of your own account on the portal.",
        ),
        Reason::SignInAgain => (
            "Logowanie w aplikacji straciło ważność. Zaloguj się jeszcze raz i zeskanuj kod QR ponownie.",
            "The sign-in in the application is over. Sign in again, then scan the QR code once more.",
        ),
        Reason::Other(_) => (
            "Szkoła nie może teraz wydać tej mLegitymacji. Zapytaj w sekretariacie.",
            "The school cannot issue this card at present. Ask at the school office.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_something_of_its_own_in_both_languages() {
        for reason in Reason::KNOWN {
            let (pl, en) = of(reason);
            assert!(pl.ends_with('.') && en.ends_with('.'), "{reason}");
            assert_ne!(pl, en);
            assert_ne!(of(&Reason::Other("x".into())), (pl, en), "{reason} has no sentence of its own");
        }
    }
}
