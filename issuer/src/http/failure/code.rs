//! Every code that the staff API refuses with: its status, and what people are told to do next.

use axum::http::StatusCode;

use crate::registry::wording::wording;

wording! {
    /// Why a request was refused. The words never change their meaning.
    Code {
        // What any request may meet.
        MalformedJson = "malformed_json":
            "Treść żądania nie jest poprawnym dokumentem JSON.",
            "the body is not JSON: check its syntax";
        QueryInvalid = "query_invalid":
            "Parametry w adresie są niepoprawne; sprawdź ich nazwy i wartości w opisie API.",
            "a query parameter is unknown or of the wrong form: compare with the API's description";
        KeyMalformed = "idempotency_key_malformed":
            "Nagłówek Idempotency-Key musi mieć od 1 do 255 drukowalnych znaków ASCII.",
            "Idempotency-Key must be 1 to 255 visible ASCII characters, sent once";
        TokenMissing = "token_missing":
            "Brakuje tokenu dostępu; wyślij nagłówek Authorization: Bearer.",
            "send an API token as Authorization: Bearer mleg_…; `issuer staff` makes the first one";
        TokenUnknown = "token_unknown":
            "Token dostępu jest nieznany albo został cofnięty; poproś dyrektora o nowy.",
            "the API token is unknown or was taken back: ask for a new one";
        NoSuchAddress = "no_such_address":
            "Pod tym adresem nic nie ma; sprawdź opis API pod /api.",
            "there is nothing at this address: see /api for all of them";
        MethodNotAllowed = "method_not_allowed":
            "Ten adres nie przyjmuje tej metody; nagłówek Allow podaje dozwolone.",
            "this address does not take this method: the Allow header names those it takes";
        BodyTooLarge = "body_too_large":
            "Treść żądania jest za duża: najwyżej 1 MiB, a dla zdjęcia 6 MiB.",
            "the body is too large: 1 MiB at most, 6 MiB for a photo";
        HeadersTooLarge = "headers_too_large":
            "Adres i nagłówki żądania są za duże: najwyżej 16 KiB i 64 nagłówki.",
            "address and headers are too large: 16 KiB and 64 headers at most";
        RequestTimeout = "request_timeout":
            "Treść żądania nie dotarła na czas; wyślij je ponownie.",
            "the body did not arrive in time: send the request again";
        MediaTypeUnsupported = "media_type_unsupported":
            "Zły rodzaj treści: wyślij application/json, a zdjęcie jako image/jpeg.",
            "send application/json, or image/jpeg for a photo, and say so in Content-Type";
        BodyUnexpected = "body_unexpected":
            "JSON ma inną budowę, niż oczekiwano: brakuje pola, jest nieznane pole albo wartość złego typu.",
            "the JSON is not of the expected shape: a member is missing, unknown, doubled or of the wrong type";
        FieldsInvalid = "fields_invalid":
            "Niektórych pól nie można przyjąć; przy każdym napisano, co poprawić.",
            "some fields cannot be accepted: `fields` says what is wrong with each";
        ForbiddenRole = "forbidden_role":
            "Rola właściciela tokenu na to nie pozwala; uprawnienia nadaje dyrektor.",
            "the role of the token's owner does not allow this: a principal gives rights";
        KeyReused = "idempotency_key_reused":
            "Ten klucz Idempotency-Key należy do innego żądania; użyj nowego klucza.",
            "this Idempotency-Key came with another request before: use a new key";
        RateLimited = "rate_limited":
            "Z tego adresu przyszło za dużo nieznanych tokenów; nagłówek Retry-After podaje, kiedy spróbować ponownie.",
            "too many unknown tokens came from this address: Retry-After says when to try again";
        InternalError = "internal_error":
            "Błąd po naszej stronie; zgłoś go administratorowi.",
            "the fault is ours and was logged: tell the administrator when it happened";
        Unavailable = "temporarily_unavailable":
            "Baza danych chwilowo nie odpowiada; spróbuj ponownie za chwilę.",
            "the database does not answer now: try again in a moment, with the same Idempotency-Key";

        // What is named does not exist.
        UnknownSchool = "unknown_school":
            "Nie ma takiej szkoły.",
            "there is no such school: GET /api/v1/schools lists them";
        UnknownPupil = "unknown_pupil":
            "Nie ma takiego ucznia.",
            "there is no such pupil: GET /api/v1/schools/{id}/pupils lists them";
        UnknownGuardian = "unknown_guardian":
            "Ten uczeń nie ma takiego opiekuna; dodaj go najpierw.",
            "the pupil has no such guardian: enter the guardian first";
        UnknownApplication = "unknown_application":
            "Nie ma takiego wniosku.",
            "there is no such application: the pupil's file lists them";
        UnknownBaseCard = "unknown_base_card":
            "Nie ma takiej legitymacji.",
            "there is no such base card: the pupil's file lists them";
        UnknownOrder = "unknown_order":
            "Nie ma takiego zlecenia.",
            "there is no such order: the pupil's file lists them";
        UnknownSlip = "unknown_slip":
            "Nie ma takiego kompletu kodów.",
            "there is no such slip: the card's file lists them";
        UnknownCard = "unknown_card":
            "Nie ma takiej mLegitymacji.",
            "there is no such mobile card: GET /api/v1/pupils/{id}/cards lists a pupil's";
        UnknownDevice = "unknown_device":
            "Na tym urządzeniu nie ma tej mLegitymacji.",
            "no such device holds this card: the card's file lists its devices";
        UnknownStaff = "unknown_staff":
            "Nie ma takiego konta.",
            "there is no such account: GET /api/v1/staff lists them";
        UnknownToken = "unknown_token":
            "Nie ma takiego tokenu.",
            "there is no such token: GET /api/v1/staff lists them";
        UnknownAgreement = "unknown_agreement":
            "Szkoła nie ma porozumienia, które można by zakończyć.",
            "the school has no agreement to end";
        UnknownPhoto = "unknown_photo":
            "Uczeń nie ma jeszcze zdjęcia.",
            "the pupil has no photo yet: PUT one to /api/v1/pupils/{id}/photo";
        NoPhoto = "no_photo":
            "Uczeń nie ma jeszcze przyjętego zdjęcia; wgraj je.",
            "the pupil has no accepted photo yet: PUT one to /api/v1/pupils/{id}/photo";
        UnknownPicture = "unknown_picture":
            "Nie ma takiego zdjęcia do obejrzenia; mogło już zostać usunięte po 30 dniach.",
            "no such picture waits to be looked at: it may have been erased after 30 days";

        // Schools.
        RspoTaken = "rspo_taken":
            "Szkoła o tym numerze RSPO jest już wpisana.",
            "a school with this RSPO number is entered already: GET /api/v1/schools finds it";
        NoAgreement = "no_agreement":
            "Szkoła nie ma dziś porozumienia z ministerstwem; wpisz je, zanim coś wydasz.",
            "the school has no agreement with the ministry today: PUT one before anything is issued";
        ProfileInPast = "profile_in_past":
            "Zasady nie mogą obowiązywać wstecz; podaj późniejszy początek albo pomiń to pole.",
            "rules cannot take effect in the past: leave effective_from out, or name a later instant";
        SchoolNotEligible = "school_not_eligible":
            "Ta szkoła nie może wydawać legitymacji: potrzebna jest szkoła podstawowa lub ponadpodstawowa, publiczna lub z uprawnieniami publicznej.",
            "only primary and post-primary schools, public or with the rights of public ones, may issue";

        // Pupils and applications.
        PeselTaken = "pesel_taken":
            "Uczeń o tym numerze PESEL jest już wpisany; jeśli zmienił szkołę, przenieś go.",
            "a pupil with this PESEL is entered already: transfer the pupil, or correct the other entry";
        ChangedMeanwhile = "changed_meanwhile":
            "Ktoś inny zmienił ten wpis; wczytaj go ponownie i wprowadź poprawki jeszcze raz.",
            "the entry was changed since it was read: read it again and send its new version";
        ApplicationDecided = "application_decided":
            "Ten wniosek został już rozpatrzony; zarejestruj nowy.",
            "this application was decided already: register a new one";
        CompletedBeforeReceived = "completed_before_received":
            "Wniosek nie mógł być kompletny, zanim wpłynął; popraw datę.",
            "an application cannot be complete before it was received: correct the day";
        SameSchool = "same_school":
            "Uczeń już należy do tej szkoły.",
            "the pupil belongs to this school already: there is nothing to transfer";

        // Base cards.
        NumberTaken = "number_taken":
            "Ten numer w tym roku ma już inna legitymacja; pomiń go, a nadamy następny wolny.",
            "another card has this number of this year: leave it out to get the next one";
        HoldsCard = "holds_card":
            "Uczeń ma już ważną legitymację; unieważnij ją albo wpisz nową jako duplikat.",
            "the pupil holds a valid base card: void it first, or name it in duplicate_of";
        RegisterFull = "register_full":
            "Rejestr tego roku jest pełny; sprawdź numer ostatniej legitymacji.",
            "the register of this year is full: check the number of its last card";
        BaseCardVoid = "base_card_void":
            "Legitymacja została unieważniona; wpisz duplikat.",
            "the base card was voided: enter a duplicate";
        NotLonger = "not_longer":
            "Nowy termin ważności musi być późniejszy niż obecny, nie w przeszłości i najwyżej 457 dni naprzód.",
            "the new last day must lie after the present one, not in the past, and at most 457 days ahead";
        NoBaseCard = "no_base_card":
            "Uczeń nie ma legitymacji, której kopią mogłaby być mLegitymacja; wpisz ją.",
            "the pupil has no base card to copy: enter one";
        BaseCardExpired = "base_card_expired":
            "Legitymacja straciła ważność; najpierw potwierdź ją na kolejny okres.",
            "the base card is no longer valid: confirm it for another period first";
        FormNotAccepted = "form_not_accepted":
            "Zasady szkoły nie przewidują mLegitymacji do tej formy legitymacji.",
            "the school's rules do not copy base cards of this form: enter another card or change the rules";

        // Orders, slips, cards.
        NoPesel = "no_pesel":
            "mLegitymację może mieć tylko uczeń z numerem PESEL; uzupełnij go we wpisie.",
            "only a pupil with a PESEL may have a mobile card: correct the entry when there is one";
        BirthDateDiffers = "birth_date_differs":
            "Data urodzenia nie zgadza się z numerem PESEL; popraw wpis ucznia.",
            "birth date and PESEL do not agree: correct the pupil's entry";
        MovedSchool = "moved_school":
            "Uczeń należy już do innej szkoły; wydać może tylko ona.",
            "the pupil belongs to another school now: only that school may issue";
        NoApplication = "no_application":
            "Nikt nie złożył wniosku; najpierw go zarejestruj.",
            "nobody has applied: register an application first";
        ApplicationNotComplete = "application_not_complete":
            "Wniosek nie jest kompletny; sprawdź go i oznacz jako kompletny.",
            "the application is not complete: check it and mark it complete";
        ApplicantNotEntitled = "applicant_not_entitled":
            "Wnioskodawca nie jest uprawniony: wniosek składa rodzic albo pełnoletni uczeń, jeśli dopuszczają to zasady szkoły.",
            "the applicant may not apply: a guardian may, or a pupil of age, as the school's rules say";
        Objection = "objection":
            "Zgłoszono sprzeciw; wydać można dopiero po nowym wniosku.",
            "there is an objection: only a new application lifts it";
        OrderIssued = "order_issued":
            "To zlecenie zostało już wykonane; zamiast niego unieważnij kartę lub komplet kodów.",
            "the order was carried out already: revoke the card or cancel its slips instead";
        OrderOpen = "order_open":
            "Zlecenie na tę legitymację jest już w toku; drugie nie jest potrzebne.",
            "an order for this card is on its way already: carry it out, or withdraw it first";
        OrderCancelled = "order_cancelled":
            "To zlecenie wycofano; złóż nowe.",
            "the order was withdrawn: place a new one";
        SlipUsed = "slip_used":
            "Ten komplet kodów już otworzył mLegitymację na urządzeniu; unieważnij to urządzenie.",
            "the slip has opened a device already: revoke the device, or reissue the card for it";
        MinorMayNotCollect = "minor_may_not_collect":
            "Wniosek nie pozwala wydać kodów niepełnoletniemu; wydaj je rodzicowi lub opiekunowi.",
            "the application does not let a minor collect the codes: hand them to a guardian";
        NoFreePlace = "no_free_place":
            "Wszystkie miejsca na urządzenia są zajęte; zwolnij jedno albo wydaj kartę ponownie dla wybranego urządzenia.",
            "all places for devices are taken: revoke a device, or reissue the card for one of them";
        OrderNotApproved = "order_not_approved":
            "Tego zlecenia nie zatwierdził jeszcze dyrektor; kody można wydrukować dopiero po zatwierdzeniu.",
            "the principal has not approved this order yet: ask for approval in the school's office";
        SlipDead = "slip_dead":
            "Ten komplet kodów jest już nieważny: zastąpił go nowszy albo został cofnięty. Nie wydawaj go.",
            "the slip is dead: a newer one took its place, or it was taken back; do not hand it out";
        SlipCollected = "slip_collected":
            "Odbiór tych kodów zapisano już wcześniej na kogoś innego; liczy się tamto potwierdzenie.",
            "somebody else has signed for this slip already: the first receipt stands";
        ReasonNotAllowed = "reason_not_allowed":
            "Tego powodu nie można podać przy ponownym wydaniu.",
            "a card is not issued again for this reason";

        // Photos.
        PhotoRefused = "photo_refused":
            "Zdjęcia nie można przyjąć.",
            "the photo cannot be accepted: `fields` says why";
        PictureSettled = "picture_settled":
            "Ktoś już zdecydował o tym zdjęciu: zostało przyjęte albo odrzucone.",
            "somebody has decided about this picture already: it was accepted or refused";
        PictureReassigned = "picture_reassigned":
            "Tego zdjęcia nie przypisano temu uczniowi; wskaż, czyje to zdjęcie, i spróbuj ponownie.",
            "the picture is not said to be this pupil's: say whose it is and try again";
        PhotoChanged = "photo_changed":
            "Ktoś w międzyczasie przyjął inne zdjęcie tego ucznia. Obejrzyj oba i zdecyduj, czy to ma je zastąpić.",
            "somebody has accepted another photo of this pupil meanwhile: look at both and decide again";
        PicturesFull = "pictures_full":
            "Tyle zdjęć tego ucznia już czeka na szkołę, że następne można wysłać dopiero po decyzji.",
            "as many pictures of this pupil wait for the school as may: send another after its decision";

        // Staff.
        LoginTaken = "login_taken":
            "Ten login jest zajęty; wybierz inny.",
            "the login is taken: choose another";
        LastPrincipal = "last_principal":
            "To ostatnie konto dyrektora; najpierw utwórz drugie, inaczej nikt nie będzie mógł nadawać uprawnień.",
            "this is the last principal's account: make another first, or nobody could give rights";
        AccountClosed = "account_closed":
            "To konto jest zamknięte; tokeny wydaje się tylko dla czynnych kont.",
            "the account is closed: tokens are made for open accounts alone";

        // Notices.
        UnknownNotice = "unknown_notice":
            "Nie ma takiego powiadomienia.",
            "there is no such notice";
        NoticeOfErased = "notice_of_erased":
            "Dane ucznia usunięto, więc powiadomienia nie można wysłać.",
            "the pupil's data were erased: there is nobody to tell";
        NoticeOnPortal = "notice_on_portal":
            "To powiadomienie jest widoczne w portalu; nie wysyła się go.",
            "this notice stands on the portal: there is nothing to send";
        DiaryNotLinked = "diary_not_linked":
            "Szkoła nie ma połączenia z e-dziennikiem; najpierw wpisz jego adres.",
            "the school has no link to a diary: enter its address first";

        // Signing in elsewhere.
        FederatedTaken = "federated_taken":
            "To konto jest już połączone z kontem innego pracownika; odłącz je tam albo zaloguj się innym.",
            "this sign-in belongs to another member of staff already: unlink it there, or use another";

        // Accounts on the portal.
        UnknownPortalAccount = "unknown_portal_account":
            "W tej szkole nie ma takiego konta rodzica lub opiekuna w portalu; sprawdź login.",
            "this school has no such guardian's account on the portal: check the login";
        HasPortalAccount = "has_portal_account":
            "Ta osoba ma już konto w portalu; jeśli nie pamięta hasła, nadaj nowe.",
            "this person has an account on the portal already: reset its password instead";
    }
}

impl Code {
    /// Codes of acts that only people do, on pages: no request to the API meets them.
    pub const ON_PAGES_ALONE: &'static [Self] = &[
        Self::UnknownNotice,
        Self::NoticeOfErased,
        Self::NoticeOnPortal,
        Self::DiaryNotLinked,
        Self::FederatedTaken,
        Self::UnknownPicture,
        Self::PictureSettled,
        Self::PictureReassigned,
        Self::PhotoChanged,
        Self::PicturesFull,
        Self::UnknownPortalAccount,
        Self::HasPortalAccount,
    ];

    /// The status that goes with it: 404 for what does not exist, 409 for what stands in the way and may be
    /// cleared, 422 for what is wrong with the request itself.
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson | Self::QueryInvalid | Self::KeyMalformed => StatusCode::BAD_REQUEST,
            Self::TokenMissing | Self::TokenUnknown => StatusCode::UNAUTHORIZED,
            Self::ForbiddenRole => StatusCode::FORBIDDEN,
            Self::NoSuchAddress
            | Self::UnknownSchool
            | Self::UnknownPupil
            | Self::UnknownGuardian
            | Self::UnknownApplication
            | Self::UnknownBaseCard
            | Self::UnknownOrder
            | Self::UnknownSlip
            | Self::UnknownCard
            | Self::UnknownDevice
            | Self::UnknownAgreement
            | Self::UnknownPhoto
            | Self::UnknownPicture
            | Self::UnknownStaff
            | Self::UnknownToken
            | Self::UnknownNotice
            | Self::UnknownPortalAccount => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyUnexpected
            | Self::FieldsInvalid
            | Self::KeyReused
            | Self::ProfileInPast
            | Self::CompletedBeforeReceived
            | Self::NotLonger
            | Self::ReasonNotAllowed
            | Self::PhotoRefused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RspoTaken
            | Self::NoPhoto
            | Self::PictureSettled
            | Self::PictureReassigned
            | Self::PhotoChanged
            | Self::PicturesFull
            | Self::NoAgreement
            | Self::SchoolNotEligible
            | Self::PeselTaken
            | Self::ChangedMeanwhile
            | Self::ApplicationDecided
            | Self::SameSchool
            | Self::NumberTaken
            | Self::HoldsCard
            | Self::RegisterFull
            | Self::BaseCardVoid
            | Self::NoBaseCard
            | Self::BaseCardExpired
            | Self::FormNotAccepted
            | Self::NoPesel
            | Self::BirthDateDiffers
            | Self::MovedSchool
            | Self::NoApplication
            | Self::ApplicationNotComplete
            | Self::ApplicantNotEntitled
            | Self::Objection
            | Self::OrderIssued
            | Self::OrderOpen
            | Self::OrderCancelled
            | Self::SlipUsed
            | Self::OrderNotApproved
            | Self::SlipDead
            | Self::SlipCollected
            | Self::NoFreePlace
            | Self::MinorMayNotCollect
            | Self::LoginTaken
            | Self::LastPrincipal
            | Self::AccountClosed
            | Self::NoticeOfErased
            | Self::NoticeOnPortal
            | Self::DiaryNotLinked
            | Self::FederatedTaken
            | Self::HasPortalAccount => StatusCode::CONFLICT,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_and_says_what_to_do() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.word().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code:?}");
            assert!(code.message_pl().ends_with('.') && code.message_pl().len() > 15, "{code:?}");
            assert!(code.message_en().len() > 15, "{code:?}");
            assert!(code.status().as_u16() >= 400, "{code:?}");
        }
    }
}
