school-title = Szkoła
school-facts = Dane szkoły
school-name = Nazwa
school-kind = Typ
school-kind-primary = szkoła podstawowa
school-kind-post-primary = szkoła ponadpodstawowa
school-kind-other = inna placówka
school-rights = Status
school-rights-public = publiczna
school-rights-non-public-with-rights = niepubliczna o uprawnieniach szkoły publicznej
school-rights-non-public = niepubliczna bez uprawnień szkoły publicznej
school-term = Ważność legitymacji
school-term-yearly = do 30 września
school-term-semester = do 31 marca lub 30 września
school-address = Adres
school-rules-now = Zasady obowiązujące teraz
school-more = Więcej
school-more-staff = – kto pracuje w systemie i co mu wolno
school-more-tokens = – dostęp dla programów, np. dziennika elektronicznego
school-more-audit = – kto, co i kiedy zrobił
school-e-diary = Dziennik elektroniczny
school-more-e-diary = – dokąd wysyłać powiadomienia

confirm-what = Co się stanie
confirm-back = Wróć bez zmian

agreement-title = Porozumienie z ministerstwem
agreement-holds = obowiązuje
agreement-does-not-hold = nie obowiązuje
agreement-none = brak porozumienia
agreement-number = Numer porozumienia
agreement-signed-on = Obowiązuje od
agreement-ended-on = Obowiązuje do
agreement-ended-on-hint = Zostaw puste, jeśli koniec nie jest znany.
agreement-without = Bez obowiązującego porozumienia szkoła nie może wydawać mLegitymacji.
agreement-change = Zmień porozumienie
agreement-lead = Szkoła wydaje mLegitymacje na podstawie porozumienia. Zapisanie nowego zastępuje poprzednie.
agreement-save = Zapisz porozumienie
agreement-end = Zakończ porozumienie
agreement-end-title = Zakończenie porozumienia
agreement-end-what = Porozumienie przestanie obowiązywać od razu: jego ostatnim dniem będzie wczoraj. Szkoła nie wyda już żadnej mLegitymacji, a wydane kody nie zadziałają.
agreement-end-cards = mLegitymacje, które są już w telefonach, pozostaną ważne: żadne urządzenie ich nie traci. Jeśli mają stracić ważność, unieważnij je osobno.
agreement-end-button = Zakończ porozumienie
done-agreement-set = Zapisano porozumienie.
done-agreement-ended = Porozumienie zakończono.

rules-title = Zasady szkoły
rules-lead = Każda zmiana zasad ma swoją datę i zostaje w historii. Wydane kody zachowują zasady, według których powstały.
rules-change = Zmień zasady
rules-history = Historia zasad
rules-from = Od { $at }
rules-hold = obowiązują
rules-past = dawne
rules-future = przyszłe
rules-new-title = Zmiana zasad
rules-new-lead = Wybierz procedurę, od której szkoła zaczyna, i wpisz tylko to, co ma być inaczej.
rules-preset = Procedura
rules-preset-hint = Każda ustala wszystkie zasady; poniżej można zmienić pojedyncze.
rules-preset-legacy-2019 = procedura z 2019 r.: jedno urządzenie, kody na papierze, na wniosek
rules-preset-zpe-2025 = procedura ZPE z 2025 r.: pięć urządzeń, kod QR w portalu, dla wszystkich
rules-effective-from = Od kiedy
rules-effective-from-hint = Od początku tego dnia; puste pole albo dzisiejsza data znaczy: od teraz. Wstecz się nie da.
rules-own = Własne zmiany szkoły
rules-own-hint = Puste pole znaczy: tak jak w procedurze.
rules-as-preset = jak w procedurze
rules-boxes-hint = Nic niezaznaczone znaczy: tak jak w procedurze.
rules-devices = Liczba urządzeń
rules-devices-hint = Na ilu telefonach uczeń może mieć mLegitymację naraz, od 1 do 20.
rules-devices-text = { $n ->
    [one] jedno urządzenie
    [few] najwyżej { $n } urządzenia
   *[many] najwyżej { $n } urządzeń
  }
rules-activation = Aktywacja
rules-activation-hint = Kody na papierze wręcza sekretariat; kod QR w portalu uczeń otwiera sam po zalogowaniu.
rules-activation-qr-with-code = kod QR i kod aktywacyjny na papierze
rules-activation-portal-qr = kod QR w portalu, bez kodu aktywacyjnego
rules-grant-ttl = Ważność kodów
rules-grant-ttl-hint = W godzinach, od 1 do 2160 (90 dni); 720 godzin to 30 dni. Kod QR w portalu żyje najwyżej 10 minut.
rules-hours = { $n ->
    [one] godzina
    [few] { $n } godziny
   *[many] { $n } godzin
  }
rules-ttl-days = { $n } dni
rules-basis = Podstawa wydania
rules-basis-hint = Czy potrzebny jest wniosek, czy wystarczy brak sprzeciwu.
rules-basis-application = na wniosek
rules-basis-opt-out = dla każdego ucznia, chyba że jest sprzeciw
rules-applicants = Kto może złożyć wniosek
rules-applicant-guardian = rodzic lub opiekun prawny
rules-applicant-pupil = pełnoletni uczeń
rules-forms = Do jakich legitymacji wydaje się mLegitymację
rules-form-paper = papierowa
rules-form-plastic = plastikowa
rules-notify = Powiadomienia
rules-channel-e-diary = dziennik elektroniczny
rules-channel-email = e-mail
rules-channel-portal = portal ucznia
rules-nobody = nie ma
rules-deadline = Termin wydania
rules-deadline-hint = W dniach od złożenia poprawnego wniosku, od 1 do 60.
rules-days = { $n ->
    [one] jeden dzień od poprawnego wniosku
   *[other] { $n } dni od poprawnego wniosku
  }
rules-no-deadline = bez terminu
rules-approval = Zatwierdzanie zleceń
rules-approval-hint = Czy dyrektor zatwierdza każdą partię zleceń, zanim powstaną kody.
rules-approval-true = zatwierdza dyrektor
rules-approval-false = bez zatwierdzania
rules-renewal = Po potwierdzeniu ważności
rules-renewal-hint = Skąd telefon bierze mLegitymację na kolejny okres.
rules-renewal-new-grant = nowe kody z sekretariatu
rules-renewal-over-the-air = telefon pobiera ją sam
rules-oldest = Najstarsze oprogramowanie
rules-oldest-text = Android { $android }, iOS { $ios }, aplikacja { $app }
rules-min-android = Najstarszy Android
rules-min-ios = Najstarszy iOS
rules-min-app = Najstarsza aplikacja
rules-save = Zapisz zasady
done-rules-set = Zapisano zasady.

staff-title = Pracownicy
staff-lead = Uprawnienia nadaje i odbiera dyrektor, imiennie. Wychowawca widzi tylko swoją klasę i może wydawać jej kody.
staff-new = Dodaj pracownika
staff-new-title = Nowy pracownik
staff-new-lead = Konto działa tylko w tej szkole. Login i hasło przekaż osobiście; pracownik zmieni hasło po zalogowaniu.
staff-new-button = Nadaj uprawnienia
staff-open = Konta czynne
staff-closed = Konta zamknięte
staff-name = Imię i nazwisko
staff-full-name = Imię i nazwisko
staff-login = Login
staff-login-hint = Od 3 do 64 znaków: litery a–z, cyfry, kropka, łącznik, podkreślenie, @.
staff-role = Rola
staff-role-hint = Sekretariat prowadzi sprawy uczniów; dyrektor ponadto nadaje uprawnienia i zmienia zasady.
staff-class = Klasa
staff-class-hint = Tylko dla wychowawcy, na przykład 7b.
staff-since = Od
staff-until = Zamknięte
staff-everywhere = (wszystkie szkoły)
staff-password = Hasło
staff-password-hint = Co najmniej 12 znaków.
staff-rights = Uprawnienia
staff-save = Zapisz uprawnienia
staff-reset = Nowe hasło
staff-reset-lead = Gdy pracownik zapomniał hasła. Zostanie wylogowany na wszystkich komputerach; przestaną działać jego tokeny API i logowanie Profilem Zaufanym.
staff-reset-button = Ustaw nowe hasło
staff-close = Zamknięcie konta
staff-close-lead = Gdy pracownik odchodzi ze szkoły.
staff-close-link = Zamknij konto…
staff-closed-at = Konto zamknięto { $at }.
staff-close-title = Zamknięcie konta: { $name }
staff-close-what = Pracownik zostanie od razu wylogowany i już się nie zaloguje. Konta nie da się otworzyć ponownie; w razie potrzeby dodaje się nowe.
staff-close-tokens = { $n ->
    [0] Konto nie ma czynnych tokenów API.
    [one] Przestanie też działać jego token API.
   *[other] Przestaną też działać jego tokeny API: { $n }.
  }
staff-close-button = Zamknij konto
done-staff-entered = Nadano uprawnienia.
done-staff-changed = Zmieniono uprawnienia.
done-staff-password-reset = Ustawiono nowe hasło.
done-staff-closed = Konto zamknięto.

account-title = Moje konto
account-class = klasa { $class }
account-school = Szkoła
account-password = Zmiana hasła
account-password-lead = Po zmianie zostaniesz wylogowany ze wszystkich innych komputerów.
account-old = Obecne hasło
account-old-wrong = To nie jest obecne hasło; wpisz je jeszcze raz.
account-new = Nowe hasło
account-new-hint = Co najmniej 12 znaków; najlepiej kilka słów.
account-repeat = Nowe hasło jeszcze raz
account-change = Zmień hasło
account-elsewhere = Profil Zaufany
account-elsewhere-link = Logowanie przez Profil Zaufany
done-password-changed = Zmieniono hasło.

tokens-title = Tokeny API
tokens-lead = Token pozwala programowi działać w imieniu pracownika: z jego rolą i tylko w jego szkole.
tokens-api = Opis API
tokens-new = Nowy token
tokens-name = Do czego służy
tokens-name-hint = Na przykład „dziennik elektroniczny”.
tokens-owner = W czyim imieniu
tokens-owner-hint = Program będzie mógł tyle, ile ta osoba.
tokens-make = Utwórz token
tokens-made = Token utworzono
tokens-made-text = Skopiuj go teraz: nie zostanie pokazany ponownie.
tokens-all = Wszystkie tokeny
tokens-none = Nie ma jeszcze żadnego tokenu.
tokens-since = Utworzony
tokens-state = Stan
tokens-live = czynny
tokens-ended = odebrany { $at }
tokens-end = Odbierz
tokens-end-title = Odebranie tokenu „{ $name }”
tokens-end-what = Program, który używa tego tokenu, od razu straci dostęp. Tokenu nie da się przywrócić.
tokens-end-button = Odbierz token
done-token-ended = Token odebrano.

audit-title = Dziennik zdarzeń
audit-lead = Każda zmiana zostawia wpis. Wpisy tworzą łańcuch, po którym widać, czy coś usunięto lub zmieniono. Zamiast nazwisk stoją w nim identyfikatory.
audit-verify = Sprawdź cały łańcuch
audit-whole = { $n ->
    [one] Łańcuch jest nienaruszony: jeden wpis.
    [few] Łańcuch jest nienaruszony: { $n } wpisy.
   *[many] Łańcuch jest nienaruszony: { $n } wpisów.
  }
audit-head = Skrót ostatniego wpisu, do przechowania w innym miejscu:
audit-broken = Łańcuch jest naruszony od wpisu nr { $n }.
audit-broken-text = Wpis usunięto albo zmieniono. Zachowaj tę bazę jako dowód i zawiadom administratora.
audit-csv = Pobierz jako CSV
audit-jsonl = Pobierz jako JSON Lines
audit-search = Szukaj
audit-subject = Identyfikator (czego dotyczy)
audit-action = Czynność
audit-any = wszystkie
audit-actor = Kto (np. staff:… lub wallet)
audit-from = Od dnia
audit-until = Do dnia
audit-day-wrong = Wpisz datę, na przykład 2026-09-01.
audit-find = Szukaj
audit-entries = Wpisy
audit-none = Nie ma takich wpisów.
audit-position = Nr
audit-at = Kiedy
audit-who = Kto
audit-detail = Szczegóły
audit-older = Starsze wpisy
audit-pages = Strony
audit-system = system
audit-wallet = telefon
audit-token = token „{ $name }” ({ $owner })

export-title = Dane ucznia do pobrania
export-lead = { $name }: wszystko, co przechowujemy, w jednym pliku.
export-what = Plik zawiera dane ucznia i opiekunów, wnioski, zdjęcia, legitymacje, urządzenia, certyfikaty, powiadomienia i historię zdarzeń. Przekaż go tylko osobie uprawnionej. Pobranie zostanie odnotowane.
export-button = Pobierz plik (JSON)

erase-title = Usunięcie danych ucznia
erase-devices = { $n ->
    [0] Uczeń nie ma mLegitymacji na żadnym urządzeniu.
    [one] mLegitymacja straci ważność na jednym urządzeniu.
   *[other] mLegitymacja straci ważność na { $n } urządzeniach.
  }
erase-orders = { $n ->
    [0] Nie ma otwartych zleceń.
    [one] Jedno otwarte zlecenie zostanie wycofane.
    [few] { $n } otwarte zlecenia zostaną wycofane.
   *[many] { $n } otwartych zleceń zostanie wycofanych.
  }
erase-base-cards = { $n ->
    [0] Nie ma ważnej legitymacji do unieważnienia.
    [one] Legitymacja zostanie unieważniona; jej numer nie będzie użyty ponownie.
   *[other] Legitymacje zostaną unieważnione ({ $n }); ich numery nie będą użyte ponownie.
  }
erase-data = Dane ucznia i opiekunów, adres, zdjęcia, powiadomienia i konta w portalu, z których nikt inny nie korzysta, zostaną usunięte.
erase-stays = Zostaną: numery seryjne unieważnionych certyfikatów (do końca ich ważności) oraz dziennik zdarzeń, w którym są tylko identyfikatory.
erase-for-good = Tego nie da się cofnąć.
erase-export-first = Najpierw pobierz dane do pliku.
erase-reason = Powód unieważnienia
erase-reason-hint = Jest zapisywany przy urządzeniach i w dzienniku zdarzeń.
erase-reason-service-given-up = rezygnacja z usługi
erase-reason-data-wrong = błędne dane
erase-reason-identity-stolen = kradzież tożsamości
erase-reason-phone-lost = zgubiony telefon
erase-sure = Rozumiem, że dane tego ucznia zostaną usunięte na zawsze.
erase-not-sure = Zaznacz, że dane mają zostać usunięte.
erase-button = Usuń dane ucznia
done-pupil-erased = Dane ucznia usunięto.
