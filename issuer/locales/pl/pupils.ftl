pupil-actions = Czynności
pupil-reason = Powód
pupil-choose = – wybierz –
pupil-cancel = Anuluj
pupil-save = Zapisz
pupil-what-happens = Co się stanie
pupil-pager = Strony listy
pupil-pager-before = ‹ Poprzedni
pupil-pager-after = Następni ›

pupils-title = Uczniowie
pupils-search = Szukaj
pupils-search-hint = Początek imienia, nazwiska, klasy lub numeru PESEL; polskie znaki nie są potrzebne.
pupils-find = Szukaj
pupils-all-classes = wszystkie klasy
pupils-cards = Legitymacje i zlecenia
pupils-all-cards = wszyscy uczniowie
pupils-where-no-base-card = bez legitymacji
pupils-where-no-mobile-card = bez mLegitymacji
pupils-where-none-active = mLegitymacja bez aktywnego telefonu
pupils-where-active = mLegitymacja aktywna
pupils-where-ends-soon = legitymacja kończy się w ciągu 60 dni
pupils-where-expired = legitymacja straciła ważność
pupils-where-order-overdue = zlecenie po terminie
pupils-where-order-due = termin zlecenia w ciągu 3 dni
pupils-where-order-later = zlecenie z późniejszym terminem lub bez terminu
pupils-where-order-waiting = zlecenie czeka na zdjęcie lub legitymację
pupils-count = { $n ->
    [one] { $n } uczeń
    [few] { $n } uczniów
   *[many] { $n } uczniów
  }
pupils-none = Nie ma takich uczniów. Zmień słowa lub filtry.
pupils-name = Nazwisko i imię
pupils-base = Legitymacja
pupils-mobile = mLegitymacja
pupils-phones = Telefony
pupils-until = do { $day }
pupils-due = zlecenie do { $day }
pupils-standing-no-base-card = brak legitymacji
pupils-standing-expired = legitymacja nieważna
pupils-standing-no-mobile-card = nie wydano
pupils-standing-none-active = nieaktywna
pupils-standing-active = aktywna

pupil-enter = Wpisz ucznia
pupil-new-title = Nowy uczeń
pupil-new-button = Wpisz do kartoteki
pupil-correct = Popraw dane
pupil-correct-title = Poprawa danych: { $name }
pupil-correct-note = Po zmianie imion, nazwiska, numeru PESEL, daty urodzenia lub adresu telefony pokazują stare dane, dopóki mLegitymacja nie zostanie wydana ponownie. W kartotece zobaczysz wtedy, których telefonów to dotyczy.
pupil-back = Kartoteka ucznia
pupil-who = Uczeń
pupil-surname = Nazwisko
pupil-given-names = Imiona
pupil-class = Klasa
pupil-birth-date = Data urodzenia
pupil-identity = Tożsamość
pupil-pesel = PESEL
pupil-pesel-hint = 11 cyfr; bez numeru PESEL nie ma mLegitymacji.
pupil-other-document = Inny dokument tożsamości
pupil-other-document-hint = Tylko dla ucznia bez numeru PESEL, na przykład paszport AB1234567.
pupil-address = Adres zamieszkania
pupil-street = Ulica i numer
pupil-postal-code = Kod pocztowy
pupil-postal-code-hint = W postaci 00-000
pupil-city = Miejscowość
pupil-conflict = Co się różni
pupil-conflict-text = Ktoś inny zmienił tę kartotekę, odkąd ją otwarto. Porównaj, popraw formularz poniżej i zapisz go jeszcze raz – wtedy obowiązywać będzie to, co w nim stoi.
pupil-conflict-field = Pole
pupil-conflict-present = Teraz w kartotece
pupil-conflict-typed = W Twoim formularzu

pupil-data = Dane ucznia
pupil-photo-alt = Zdjęcie ucznia, takie jak na mLegitymacji
pupil-no-photo = Brak zdjęcia
pupil-photo-add = Dodaj zdjęcie
pupil-photo-change = Zmień zdjęcie
pupil-age = { $n ->
    [one] { $n } rok
    [few] { $n } lata
   *[many] { $n } lat
  }
pupil-of-age = pełnoletni
pupil-no-mobile = bez numeru PESEL nie można wydać mLegitymacji
pupil-guardians = Rodzice i opiekunowie
pupil-no-guardians = Nie wpisano nikogo.
pupil-guardian-enter = Wpisz opiekuna
pupil-guardian-title = Nowy rodzic lub opiekun
pupil-guardian-button = Wpisz opiekuna
pupil-guardian-email = E-mail
pupil-guardian-email-hint = Na ten adres wysyłamy powiadomienia; pole może zostać puste.
pupil-guardian-no-email = bez adresu e-mail
pupil-guardian-remove = Usuń opiekuna
pupil-guardian-remove-title = Usunięcie opiekuna: { $name }
pupil-guardian-remove-who = { $name } przestanie być opiekunem ucznia { $pupil }: nie złoży wniosku, nie odbierze kodów i nie dostanie powiadomień.
pupil-guardian-remove-closed = Konto { $login } w portalu widzi tylko tego ucznia, więc zostanie zamknięte, a kto jest nim zalogowany, zostanie wylogowany.
pupil-guardian-remove-kept = { $n ->
    [one] Konto { $login } w portalu nie pokaże już tego ucznia; nadal widzi { $n } inne dziecko.
    [few] Konto { $login } w portalu nie pokaże już tego ucznia; nadal widzi { $n } inne dzieci.
   *[many] Konto { $login } w portalu nie pokaże już tego ucznia; nadal widzi { $n } innych dzieci.
  }
pupil-guardian-remove-code = Kod QR, który portal pokazuje w tej chwili, przestanie działać; kto nadal ma dostęp, zobaczy nowy.
pupil-guardian-remove-no-account = Ta osoba nie ma w portalu konta, które widzi tego ucznia.
pupil-guardian-remove-notices = { $n ->
    [0] Żadne powiadomienie e-mail nie czeka na wysłanie do tej osoby.
    [one] { $n } powiadomienie e-mail, które czeka na wysłanie do tej osoby, zostanie skreślone.
    [few] { $n } powiadomienia e-mail, które czekają na wysłanie do tej osoby, zostaną skreślone.
   *[many] { $n } powiadomień e-mail, które czekają na wysłanie do tej osoby, zostanie skreślonych.
  }
pupil-guardian-remove-applied = Ta osoba złożyła wniosek: przy wniosku zostanie jej imię i nazwisko, adres e-mail zostanie usunięty.
pupil-guardian-remove-erased = Imię, nazwisko i adres e-mail tej osoby zostaną usunięte z wpisu ucznia.
pupil-guardian-remove-devices-title = Urządzenia
pupil-guardian-remove-no-devices = mLegitymacji ucznia nie ma teraz na żadnym urządzeniu.
pupil-guardian-remove-devices = { $n ->
    [one] mLegitymacja zostaje na { $n } urządzeniu. System nie wie, czyje ono jest: jeśli należy do tej osoby, unieważnij na nim mLegitymację.
   *[many] mLegitymacja zostaje na { $n } urządzeniach. System nie wie, czyje są: jeśli któreś należy do tej osoby, unieważnij na nim mLegitymację.
  }
pupil-guardian-remove-button = Usuń opiekuna
pupil-guardian-unknown = opiekun, którego nie ma już w kartotece

pupil-base-cards = Legitymacje (papierowe i plastikowe)
pupil-no-base-cards = Uczeń nie ma jeszcze legitymacji.
pupil-mobile-cards = mLegitymacje
pupil-no-mobile-cards = Nie wydano jeszcze mLegitymacji.
pupil-applications-orders = Wnioski i zlecenia
pupil-applications = Wnioski
pupil-orders = Zlecenia
pupil-no-applications = Nie ma wniosków ani zleceń.
pupil-apply = Zarejestruj wniosek
pupil-place-order = Zleć wydanie
pupil-history = Historia

pupil-application-received = do sprawdzenia
pupil-application-received-on = Wpłynął
pupil-application-applicant = Wnioskodawca
pupil-application-state = Stan wniosku
pupil-application-by-pupil = uczeń pełnoletni
pupil-application-minor-collects = małoletni może odebrać kody
pupil-application-complete = kompletny
pupil-application-sent-back = zwrócony
pupil-application-objection = sprzeciw
pupil-order-placed = Zlecono
pupil-order-number = Do legitymacji
pupil-order-deadline = Termin wydania
pupil-order-state = Stan zlecenia
pupil-order-overdue = po terminie
pupil-order-waiting = czeka na zdjęcie lub legitymację
pupil-order-ready = gotowe do wydania
pupil-order-issued = wydane
pupil-order-cancelled = wycofane

pupil-transfer = Przenieś do innej szkoły
pupil-transfer-title = Przeniesienie do innej szkoły
pupil-transfer-what = Co się stanie, gdy przeniesiesz ucznia: { $name }
pupil-transfer-base = Legitymacje wydane przez tę szkołę zostaną unieważnione z urzędu.
pupil-transfer-orders = Otwarte zlecenia zostaną wycofane.
pupil-transfer-file = Kartoteka przejdzie do nowej szkoły; ten sekretariat nie będzie już jej widział.
pupil-transfer-nowhere = W tym systemie nie ma innej szkoły. Jeśli uczeń odchodzi do szkoły spoza systemu, unieważnij jego legitymację z powodem „przejście do innej szkoły”.
pupil-transfer-school = Nowa szkoła
pupil-transfer-choose = Wybierz szkołę, do której uczeń przechodzi.
pupil-transfer-class = Klasa w nowej szkole
pupil-transfer-button = Przenieś ucznia

pupils-import = Wczytaj listę z pliku
pupil-object = Zarejestruj sprzeciw
pupil-personal = Dane osobowe
pupil-export = Wydaj wszystkie dane ucznia
pupil-erase = Usuń dane ucznia
class-order = Zleć dla całej klasy
class-issue = Wydaj kody całej klasie

lose-devices = { $n ->
    [0] Żaden telefon nie ma teraz mLegitymacji.
    [one] { $n } telefon straci mLegitymację, natychmiast i nieodwracalnie.
    [few] { $n } telefony stracą mLegitymację, natychmiast i nieodwracalnie.
   *[many] { $n } telefonów straci mLegitymację, natychmiast i nieodwracalnie.
  }
lose-slips = { $n ->
    [0] Nie ma kodów czekających na użycie.
    [one] { $n } komplet kodów przestanie działać.
    [few] { $n } komplety kodów przestaną działać.
   *[many] { $n } kompletów kodów przestanie działać.
  }

base-number = Numer legitymacji
base-number-hint = Na przykład 123/2026. Puste pole: następny wolny numer.
base-form = Rodzaj
base-form-paper = papierowa
base-form-plastic = plastikowa (e-legitymacja)
base-issued = Data wydania
base-until = Ważna do
base-until-hint = Ostatni dzień ważności, włącznie.
base-state = Stan
base-state-valid = ważna
base-state-expired = straciła ważność
base-state-voided = unieważniona
base-duplicate = duplikat
base-enter = Wpisz legitymację
base-new-title = Nowa legitymacja
base-new-button = Wpisz legitymację
base-choose-form = Wybierz rodzaj legitymacji.
base-choose-reason = Wybierz powód.
base-confirm = Potwierdź
base-confirm-title = Potwierdzenie ważności
base-confirm-lead = Legitymacja { $number } jest ważna do { $day }. Potwierdzenie (pieczęcią lub hologramem) przedłuża ją na kolejny okres.
base-confirm-devices = { $n ->
    [one] { $n } telefon ma mLegitymację z dawnym terminem. Po potwierdzeniu mLegitymacja wydawana jest ponownie.
    [few] { $n } telefony mają mLegitymację z dawnym terminem. Po potwierdzeniu mLegitymacja wydawana jest ponownie.
   *[many] { $n } telefonów ma mLegitymację z dawnym terminem. Po potwierdzeniu mLegitymacja wydawana jest ponownie.
  }
base-confirm-until = Ważna do (włącznie)
base-confirm-until-hint = Proponujemy koniec bieżącego okresu; dzień można zmienić.
base-confirm-button = Potwierdź ważność
base-make-duplicate = Wydaj duplikat
base-duplicate-title = Duplikat legitymacji
base-duplicate-what = Co się stanie z legitymacją { $number }
base-duplicate-void = Dotychczasowa legitymacja zostanie unieważniona.
base-duplicate-again = mLegitymację do duplikatu trzeba zlecić i aktywować od nowa.
base-duplicate-button = Unieważnij i wydaj duplikat
base-void = Unieważnij
base-void-title = Unieważnienie legitymacji
base-void-what = Co się stanie, gdy unieważnisz legitymację { $number }
base-void-good = Legitymacja przestanie być ważna. Tego nie można cofnąć.
base-void-duplicate = Jeśli uczeń ma od razu dostać nową, wydaj duplikat:
base-void-button = Unieważnij legitymację

void-reason-lost = zgubiona
void-reason-damaged = zniszczona
void-reason-data-wrong = błąd lub zmiana danych
void-reason-moved-school = przejście do innej szkoły
void-reason-left-school = skreślenie lub ukończenie szkoły

end-reason-phone-lost = zgubiony lub skradziony telefon
end-reason-phone-damaged = telefon uszkodzony lub działa niepoprawnie
end-reason-identity-stolen = kradzież tożsamości
end-reason-service-given-up = rezygnacja z usługi
end-reason-data-wrong = błąd lub zmiana danych
end-reason-card-void = legitymacja straciła ważność
end-reason-moved-school = przejście do innej szkoły
end-reason-superseded = zastąpiona lub wymiana certyfikatów
end-reason-deleted = usunięta z telefonu
end-reason-never-released = nie doszło do wydania

card-title = mLegitymacja do legitymacji { $number }
card-until = ważna do { $day }
card-not-carried = legitymacja, której jest kopią, nie jest ważna
card-places = Urządzenia: { $n } z { $m }
card-devices = Urządzenia
card-no-devices = mLegitymacji nie aktywowano jeszcze na żadnym urządzeniu.
card-slips = Komplety kodów
card-no-slips = Nie wydano jeszcze kodów.
card-outdated = { $n ->
    [one] { $n } telefon pokazuje nieaktualne dane.
    [few] { $n } telefony pokazują nieaktualne dane.
   *[many] { $n } telefonów pokazuje nieaktualne dane.
  }
card-outdated-air = Telefon pobierze nową mLegitymację sam, gdy będzie miał połączenie z internetem.
card-outdated-slips = Wydaj dla niego nowe kody przyciskiem „Nowe kody” w tabeli urządzeń.
card-new-slip = Wydaj nowe kody
card-history = Historia tej mLegitymacji
card-revoke = Unieważnij na wszystkich urządzeniach
card-revoke-title = Unieważnienie mLegitymacji
card-revoke-base = Legitymacja papierowa lub plastikowa pozostaje ważna.
card-revoke-again = mLegitymację będzie można wydać ponownie, z nowymi kodami.
card-revoke-button = { $n ->
    [0] Unieważnij mLegitymację
    [one] Unieważnij na { $n } urządzeniu
    [few] Unieważnij na { $n } urządzeniach
   *[many] Unieważnij na { $n } urządzeniach
  }
card-choose-reason = Wybierz powód unieważnienia.

pupil-device-name = Urządzenie
pupil-device-slot = Miejsce
pupil-device-slot-of = { $n } z { $m }
pupil-device-activated = Aktywowano
pupil-device-state = Stan
pupil-device-outdated = nieaktualne dane
pupil-device-pending = w trakcie aktywacji
pupil-device-live = aktywna
pupil-device-revoked = unieważniona
pupil-device-deleted = usunięta z telefonu
pupil-device-void = niewydana
pupil-device-replace = Nowe kody
pupil-device-replace-title = Nowe kody dla urządzenia
pupil-device-replace-slip = Powstanie nowy komplet kodów do wydruku; otworzy mLegitymację na jednym telefonie, raz.
pupil-device-replace-at-once = Przy zgubieniu telefonu i kradzieży tożsamości urządzenie „{ $device }” straci mLegitymację natychmiast.
pupil-device-replace-later = W pozostałych przypadkach straci ją dopiero wtedy, gdy nowa zostanie aktywowana; do tego czasu działa.
pupil-device-replace-button = Utwórz nowe kody
pupil-device-revoke = Unieważnij
pupil-device-revoke-title = Unieważnienie na jednym urządzeniu
pupil-device-revoke-others = Inne urządzenia i kody pozostają bez zmian; miejsce tego urządzenia zwolni się.
pupil-device-revoke-button = Unieważnij na tym urządzeniu

pupil-slip-made = Utworzono
pupil-slip-expires = Ważny do
pupil-slip-state = Stan
pupil-slip-collected = odebrany
pupil-slip-collected-at = Odebrano
pupil-slip-ready = nieodebrany
pupil-slip-bound = użyty
pupil-slip-expired = przeterminowany
pupil-slip-locked = zablokowany
pupil-slip-replaced = zastąpiony nowym
pupil-slip-cancelled = oddany lub cofnięty
pupil-collected-guardian = opiekun
pupil-collected-pupil = uczeń

classes-title = Klasy
classes-none = Nie ma jeszcze żadnej klasy. Klasy powstają z wpisów uczniów.
classes-pupils = Uczniowie
classes-active = mLegitymacja aktywna
classes-none-active = nieaktywna
classes-no-mobile = nie wydano
classes-ends-soon = kończy się w 60 dni
classes-expired = straciła ważność
classes-no-base = brak legitymacji
class-title = Klasa { $name }
class-confirm = Roczne potwierdzenie ważności
class-confirm-hint = Zaznaczono uczniów, których legitymacje kończą się wcześniej. Odznacz tych, których legitymacji nie potwierdzasz.
class-confirm-button = Potwierdź zaznaczone
class-tick = Potwierdź
class-tick-one = Potwierdź legitymację: { $name }
class-choose = Zaznacz przynajmniej jednego ucznia.
class-confirmed-title = Wynik potwierdzenia
class-confirmed-count = { $n ->
    [0] Nie potwierdzono żadnej legitymacji.
    [one] Potwierdzono { $n } legitymację.
    [few] Potwierdzono { $n } legitymacje.
   *[many] Potwierdzono { $n } legitymacji.
  }
class-confirmed-devices-air = { $n ->
    [one] { $n } telefon pobierze nową mLegitymację sam.
    [few] { $n } telefony pobiorą nowe mLegitymacje same.
   *[many] { $n } telefonów pobierze nowe mLegitymacje samo.
  }
class-confirmed-devices-slips = { $n ->
    [one] Dla { $n } telefonu trzeba wydać nowe kody.
    [few] Dla { $n } telefonów trzeba wydać nowe kody.
   *[many] Dla { $n } telefonów trzeba wydać nowe kody.
  }
class-refused-count = { $n ->
    [one] { $n } legitymacji nie można było potwierdzić
    [few] { $n } legitymacji nie można było potwierdzić
   *[many] { $n } legitymacji nie można było potwierdzić
  }
class-refused-why = Dlaczego
class-back = Wróć do klasy

done-pupil-entered = Uczeń został wpisany do kartoteki.
done-pupil-corrected = Dane zostały poprawione. Jeśli telefony pokazują stare dane, napisano to przy mLegitymacji.
done-pupil-transferred = Uczeń został przeniesiony; jego legitymacje w tej szkole unieważniono.
done-guardian-entered = Opiekun został wpisany.
done-guardian-removed = Opiekun został usunięty z wpisu ucznia.
done-guardian-gone = Tego opiekuna już tu nie ma: ktoś inny usunął go wcześniej.
done-base-entered = Legitymacja została wpisana.
done-base-voided = Legitymacja została unieważniona, a jej mLegitymacja zniknęła z telefonów.
done-base-confirmed = Ważność legitymacji została potwierdzona.
done-base-confirmed-air = Ważność legitymacji została potwierdzona. Telefony pobiorą nową mLegitymację same.
done-base-confirmed-slips = Ważność legitymacji została potwierdzona. Wydaj nowe kody telefonom z dawnym terminem.
done-card-revoked = mLegitymacja została unieważniona na wszystkich urządzeniach.
done-device-revoked = mLegitymacja została unieważniona na tym urządzeniu.
done-class-confirmed = Legitymacje zostały potwierdzone.
done-class-confirmed-air = Legitymacje zostały potwierdzone. Telefony pobiorą nowe mLegitymacje same.
done-class-confirmed-slips = Legitymacje zostały potwierdzone. Telefonom z dawnym terminem trzeba wydać nowe kody.

history-empty = Nic się jeszcze nie działo.
history-until = do { $day }
history-tries-left = { $n ->
    [0] nie ma więcej prób
    [one] została { $n } próba
    [few] zostały { $n } próby
   *[many] zostało { $n } prób
  }
history-slips-cancelled = { $n ->
    [one] unieważniono { $n } komplet kodów
    [few] unieważniono { $n } komplety kodów
   *[many] unieważniono { $n } kompletów kodów
  }
doer-program = program (konto { $name })
doer-other-school = inna szkoła
doer-portal = portal ucznia i opiekuna
doer-wallet = telefon
doer-system = system

pupil-field-given-names = imiona
pupil-field-surname = nazwisko
pupil-field-pesel = PESEL
pupil-field-other-document = inny dokument
pupil-field-birth-date = data urodzenia
pupil-field-address = adres
pupil-field-class-name = klasa

act-pupil-entered = Wpisano ucznia
act-pupil-corrected = Poprawiono dane ucznia
act-pupil-transferred = Przeniesiono ucznia do innej szkoły
act-guardian-entered = Wpisano opiekuna
act-guardian-removed = Usunięto opiekuna
act-application-registered = Zarejestrowano wniosek
act-application-completed = Uznano wniosek za kompletny
act-application-sent-back = Zwrócono wniosek do poprawy
act-application-objected = Odnotowano sprzeciw
act-objection-registered = Zarejestrowano sprzeciw
act-photo-accepted = Przyjęto zdjęcie
act-base-card-entered = Wpisano legitymację
act-base-card-confirmed = Potwierdzono ważność legitymacji
act-base-card-voided = Unieważniono legitymację
act-order-placed = Zlecono wydanie mLegitymacji
act-order-ready = Zlecenie gotowe do wydania
act-order-waiting = Zlecenie czeka na nową legitymację
act-order-cancelled = Wycofano zlecenie
act-grant-made = Utworzono komplet kodów
act-grant-collected = Odebrano komplet kodów
act-grant-cancelled = Wycofano lub zwrócono komplet kodów
act-grant-filed = Włożono komplet kodów do teczki ucznia
act-grant-wrong-code = Wpisano błędny kod aktywacyjny
act-grant-locked = Zablokowano komplet kodów po błędnych próbach
act-device-activated = Aktywowano mLegitymację na urządzeniu
act-device-copies = Wydano kopie do pokazywania na tym urządzeniu
act-device-renewed = Odnowiono mLegitymację na urządzeniu
act-device-replaced = Zastąpiono urządzenie nowym
act-device-revoked = Unieważniono mLegitymację na urządzeniu
act-device-deleted = Usunięto mLegitymację z telefonu
act-card-revoked = Unieważniono mLegitymację
act-certificate-voided = Cofnięto niewydany certyfikat
act-certificate-orphaned = Unieważniono certyfikat, którego nie ma w księgach po odtworzeniu z kopii
act-school-entered = Wpisano szkołę
act-agreement-set = Wpisano porozumienie z ministerstwem
act-agreement-ended = Zakończono porozumienie z ministerstwem
act-profile-set = Zmieniono zasady szkoły
act-staff-entered = Założono konto pracownika
act-staff-ended = Zamknięto konto pracownika
act-token-made = Utworzono token API
act-token-ended = Cofnięto token API
act-session-begun = Zalogowano się
act-e-diary-cut = Odłączono dziennik elektroniczny
act-e-diary-linked = Połączono dziennik elektroniczny
act-e-diary-moved = Zmieniono adres dziennika elektronicznego
act-e-diary-secret-renewed = Wymieniono sekret dziennika elektronicznego
act-notice-delivered = Doręczono powiadomienie
act-notice-failed = Nie udało się doręczyć powiadomienia
act-notice-sent-again = Ponowiono wysyłkę powiadomienia
act-pupil-erased = Usunięto dane ucznia
act-staff-federated = Powiązano konto z zewnętrznym logowaniem
act-order-approved = Zatwierdzono zlecenie
act-picture-accepted = Przyjęto nadesłane zdjęcie
act-picture-assigned = Przypisano nadesłane zdjęcie do ucznia
act-picture-erased = Usunięto nadesłane zdjęcie
act-picture-not-accepted = Nadesłane zdjęcie nie spełniło wymagań
act-picture-refused = Odrzucono nadesłane zdjęcie
act-picture-taken = Wpłynęło zdjęcie
act-import-begun = Rozpoczęto import uczniów
act-import-dropped = Porzucono import uczniów
act-import-stopped = Zatrzymano import uczniów
act-import-done = Zakończono import uczniów
act-import-taken-in = Wczytano plik importu
act-staff-unfederated = Rozłączono konto z zewnętrznym logowaniem
act-staff-password-changed = Zmieniono hasło
act-staff-password-reset = Nadano nowe hasło
act-staff-rights-changed = Zmieniono uprawnienia
act-portal-account-entered = Założono konto w portalu
act-portal-account-junior-signed-in = Zalogowano się w aplikacji mObywatel Junior
act-portal-account-junior-replayed = Unieważniono logowanie w aplikacji mObywatel Junior: kod przyszedł drugi raz
act-portal-account-joined = Dołączono ucznia do konta w portalu
act-portal-account-reset = Nadano nowe hasło do portalu
act-pupil-exported = Pobrano dane ucznia
