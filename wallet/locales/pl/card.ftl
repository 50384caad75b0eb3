documents = Dokumenty
documents-none = Nie ma tu jeszcze żadnego dokumentu.
refresh = Sprawdź ważność
delete = Usuń
delete-ask = Usunąć legitymację?
delete-text = Legitymacja zniknie z tego telefonu, a wystawca zwolni jej miejsce. Do ponownego dodania potrzebny będzie nowy kod.
delete-do = Usuń z telefonu
keep = Zostaw
slot = Urządzenie { $n } z { $of }.
other-cards = Legitymacje w tym telefonie
card-title = mLegitymacja szkolna
card-covered = Legitymacja jest zasłonięta, gdy patrzysz gdzie indziej. Zrzut ekranu nie jest dowodem.
portrait = Zdjęcie: { $name }
status-pupil = uczeń
card-number = Numer
card-issued = Wydana
card-valid = Ważna do
card-birth = Data urodzenia
card-age = { $n ->
    [one] { $n } rok
    [few] { $n } lata
   *[many] { $n } lat
 }
card-private = Pokaż PESEL i adres
card-home = Adres
card-school = Szkoła
card-mark = Symulator: to nie jest dokument.
card-confirmed = Potwierdzona przez wystawcę: { $at }.
drawer = Dla programistów
drawer-close = Zamknij szufladę
drawer-subject = Podmiot
drawer-serial = Numer seryjny
drawer-not-before = Ważny od (UTC)
drawer-not-after = Ważny do (UTC)
drawer-device = Urządzenie
drawer-slot = Miejsce
drawer-activated = Aktywacja (UTC)
drawer-crl = Lista unieważnień
drawer-fingerprint = Odcisk SHA-256
drawer-chain = Łańcuch certyfikatów
drawer-pem = Certyfikaty (PEM)
drawer-data = Dane karty (JSON, bez zdjęcia)
drawer-protocol = Ostatnia rozmowa z wystawcą ({ $n })
drawer-no-protocol = W tej sesji jeszcze nie było rozmowy.
standing-valid = Ważna
standing-valid-text = Wystawca ją potwierdza.
standing-ends-in-days = Ważna, wkrótce się kończy
standing-ends-in-days-text = { $days ->
    [0] Dziś jest ostatni dzień. Poproś w szkole o przedłużenie.
    [one] Został { $days } dzień. Poproś w szkole o przedłużenie.
    [few] Zostały { $days } dni. Poproś w szkole o przedłużenie.
   *[many] Zostało { $days } dni. Poproś w szkole o przedłużenie.
 }
standing-not-confirmed-since = Ważna, ale niepotwierdzona
standing-not-confirmed-since-text = Wystawca ostatnio potwierdził ją { $since }. Połącz się z internetem i sprawdź ważność.
standing-not-yet-valid = Jeszcze nieważna
standing-not-yet-valid-text = Będzie ważna od { $from }.
standing-expired = Nieważna: termin minął
standing-expired-text = Była ważna do { $on }. Po przedłużeniu legitymacji w szkole sprawdź ważność albo poproś o nowy kod.
standing-revoked = Unieważniona
standing-revoked-text = Od { $since }: { $why } Zapytaj w sekretariacie o nowy kod.
standing-superseded = Zastąpiona
standing-superseded-text = Zastąpiono ją { $since }. Sprawdź ważność, aby pobrać nową; jeśli jej nie ma, poproś szkołę o nowy kod.
standing-clock-behind = Zegar telefonu się spóźnia
standing-clock-behind-text = Jest co najmniej { $floor }. Ustaw zegar; dopóki jest zły, ważności nie da się ocenić.
revoked-key-compromise = telefon zgłoszono jako zgubiony lub w cudzych rękach.
revoked-affiliation-changed = zmieniły się dane lub szkoła.
revoked-superseded = zastąpiła ją nowsza.
revoked-cessation-of-operation = zrezygnowano z niej albo urządzenie usunięto.
revoked-privilege-withdrawn = szkoła ją odebrała.
revoked-unspecified = szkoła nie podała powodu.
drawer-extensions = Rozszerzenia ({ $n })
drawer-critical = krytyczne
