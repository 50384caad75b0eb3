notices-title = Powiadomienia
notices-lead = Co szkoła przekazała uczniom i opiekunom: przez e-dziennik, e-mailem i w portalu. Powiadomienia nigdy nie zawierają kodów.
notices-mailbox = Poczta piaskownicy
notices-no-diary = { $n ->
    [one] Jedno powiadomienie czeka na e-dziennik
    [few] { $n } powiadomienia czekają na e-dziennik
   *[many] { $n } powiadomień czeka na e-dziennik
  }
notices-no-diary-text = Szkoła nie ma połączenia z e-dziennikiem. Gdy dyrektor je ustawi, powiadomienia zostaną wysłane.
notices-no-mail = { $n ->
    [one] Jedno powiadomienie czeka na wysłanie e-mailem
    [few] { $n } powiadomienia czekają na wysłanie e-mailem
   *[many] { $n } powiadomień czeka na wysłanie e-mailem
  }
notices-no-mail-text = Wysyłka e-maili nie jest skonfigurowana. Ustawia ją administrator systemu.
notices-channel = Sposób przekazania
notices-state = Stan
notices-any = Wszystkie
notices-filter = Pokaż
notices-none = Nie ma takich powiadomień.
notices-written = Utworzono
notices-subject = Temat
notices-event = Dotyczy
notices-pupil = Uczeń
notices-recipient = Odbiorca
notices-tries = Próby
notices-act = Czynność
notices-error = Ostatni błąd
notices-next = Następna próba
notices-handed-over = Przekazano
notices-given-up = Zaprzestano prób
notices-erased = dane usunięte
notices-older = Starsze powiadomienia
notices-again = Wyślij ponownie
notices-again-label = Wyślij ponownie: { $subject }
done-notice-again = Powiadomienie zostanie wysłane za chwilę.

notice-text = Treść
notice-way = Przekazanie
notice-again-waiting = Powiadomienie zostanie wysłane od razu, a próby będą liczone od początku.
notice-again-delivered = Powiadomienie już przekazano. Odbiorca dostanie je po raz drugi.

notice-channel-e-diary = e-dziennik
notice-channel-email = e-mail
notice-channel-portal = portal
notice-recipient-e-diary = konta opiekunów i ucznia w e-dzienniku
notice-recipient-portal = osoby, które zalogują się w portalu
notice-state-queued = oczekuje
notice-state-delivered = przekazano
notice-state-failed = nie udało się
notice-event-card-ready = kody do odbioru
notice-event-grant-expiring = kody, które wkrótce tracą ważność
notice-event-card-revoked = unieważnienie mLegitymacji
notice-event-application-sent-back = zwrot wniosku
notice-event-photo-refused = odrzucenie zdjęcia
notice-error-unreachable = Serwer nie odpowiada albo nie udało się nawiązać bezpiecznego połączenia.
notice-error-timed-out = Serwer nie odpowiedział na czas.
notice-error-diary-status = E-dziennik odmówił przyjęcia (kod { $code }).
notice-error-mail-status = Serwer poczty odmówił przyjęcia (kod { $code }).
notice-error-address-malformed = Adres jest niepoprawny. Popraw go i wyślij powiadomienie ponownie.
notice-error-address-forbidden = Adres e-dziennika prowadzi do sieci wewnętrznej, a to jest niedozwolone.
notice-error-secret-unreadable = Klucza podpisu nie da się odczytać. Utwórz nowy w połączeniu z e-dziennikiem.
notice-error-pupil-erased = Dane ucznia zostały usunięte.

e-diary-title = Połączenie z e-dziennikiem
e-diary-lead = Powiadomienia są przekazywane e-dziennikowi jako podpisane wiadomości. Rozsyła je dalej e-dziennik, który wie, kto jest opiekunem ucznia.
e-diary-none = E-dziennik nie jest połączony. Powiadomienia będą na niego czekać.
e-diary-none-waiting = { $n ->
    [one] E-dziennik nie jest połączony. Czeka na niego jedno powiadomienie.
    [few] E-dziennik nie jest połączony. Czekają na niego { $n } powiadomienia.
   *[many] E-dziennik nie jest połączony. Czeka na niego { $n } powiadomień.
  }
e-diary-url = Adres, pod którym e-dziennik przyjmuje wiadomości
e-diary-url-hint = Podaje go dostawca e-dziennika; zaczyna się od https://.
e-diary-link = Połącz
e-diary-save = Zapisz adres
e-diary-test = Wiadomość próbna
e-diary-test-text = Wysyła od razu wiadomość, która nie dotyczy żadnego ucznia, i pokazuje odpowiedź e-dziennika.
e-diary-test-button = Wyślij wiadomość próbną
e-diary-test-taken = E-dziennik przyjął wiadomość próbną.
e-diary-secret = Klucz podpisu
e-diary-secret-text = Po kluczu e-dziennik poznaje, że wiadomość pochodzi od szkoły. Nowy klucz zastępuje dotychczasowy od razu; dopóki nie zostanie wpisany w e-dzienniku, wiadomości będą odrzucane i wysyłane ponownie. Odłączenie wstrzymuje powiadomienia dla e-dziennika.
e-diary-secret-button = Utwórz nowy klucz
e-diary-secret-new = Nowy klucz podpisu
e-diary-secret-once = Przekaż go dostawcy e-dziennika. Pokazujemy go tylko teraz.
e-diary-cut = Odłącz e-dziennik
e-diary-cut-text = Adres i klucz podpisu zostaną usunięte. Kolejne powiadomienia dla e-dziennika będą czekać na nowe połączenie. Wydanych mLegitymacji to nie zmienia.
e-diary-cut-waiting = { $n ->
    [0] Obecnie żadne powiadomienie nie czeka na wysłanie.
    [one] Obecnie na wysłanie czeka jedno powiadomienie.
    [few] Obecnie na wysłanie czekają { $n } powiadomienia.
   *[many] Obecnie na wysłanie czeka { $n } powiadomień.
  }
e-diary-keep = Zostaw połączenie
done-e-diary-kept = Zapisano adres. Klucz podpisu pozostał bez zmian.
done-e-diary-cut = E-dziennik został odłączony.

mailbox-title = Poczta piaskownicy
mailbox-lead = W piaskownicy nic nie wychodzi na zewnątrz: e-maile szkoły zatrzymują się tutaj.
mailbox-letters = { $n ->
    [0] E-maile: żadnego
    [one] E-maile: jeden
   *[other] E-maile: { $n }
  }
mailbox-others = { $n ->
    [0] E-dziennik i portal: żadnego powiadomienia
    [one] E-dziennik i portal: jedno powiadomienie
    [few] E-dziennik i portal: { $n } powiadomienia
   *[many] E-dziennik i portal: { $n } powiadomień
  }
mailbox-others-label = E-dziennik i portal
mailbox-from = Od
mailbox-to = Do
mailbox-at = Kiedy
