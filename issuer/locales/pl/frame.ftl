brand = mLegitymacja
skip = Przejdź do treści
simulator = Symulator.
simulator-label = Uwaga
simulator-text = Nic, co tu powstaje, nie jest dokumentem.
language-name = Polski
sign-out = Wyloguj
menu = Menu
crumbs = Ścieżka
footer = mLegitymacja – symulator obiegu mobilnej legitymacji szkolnej
sandbox-clock = zegar piaskownicy:

nav-today = Na dziś
nav-pupils = Uczniowie
nav-applications = Wnioski
nav-photos = Zdjęcia
nav-orders = Zlecenia
nav-slips = Kody i odbiory
nav-notices = Powiadomienia
nav-school = Szkoła

role-principal = dyrektor
role-clerk = sekretariat
role-tutor = wychowawca

sign-in-title = Logowanie do sekretariatu
sign-in-lead = Dla dyrektora, sekretariatu i wychowawców.
sign-in-sandbox = W piaskownicy: sp0.sekretariat, sp0.dyrektor lub sp0.wychowawca, a w drugiej szkole zsn.sekretariat i tak dalej; hasło { $password }.
sign-in-login = Login
sign-in-password = Hasło
sign-in-button = Zaloguj się
sign-in-wrong = Login lub hasło się nie zgadza. Sprawdź oba i spróbuj ponownie.
sign-in-wait = { $minutes ->
    [one] Zbyt wiele nieudanych prób. Spróbuj ponownie za minutę.
    [few] Zbyt wiele nieudanych prób. Spróbuj ponownie za { $minutes } minuty.
   *[many] Zbyt wiele nieudanych prób. Spróbuj ponownie za { $minutes } minut.
  }
done-signed-out = Wylogowano.

faults-heading = { $n ->
    [one] Jedno pole wymaga poprawienia
    [few] { $n } pola wymagają poprawienia
   *[many] { $n } pól wymaga poprawienia
  }

failure-sign-in = Trzeba się zalogować
failure-sign-in-text = Zaloguj się i spróbuj ponownie.
failure-forbidden = Brak uprawnień
failure-forbidden-text = Twoja rola na to nie pozwala. Uprawnienia nadaje dyrektor.
failure-not-found = Nie ma takiej strony
failure-not-found-text = Adres jest błędny albo to, czego szukasz, zostało usunięte.
failure-stale-form = Formularz stracił ważność
failure-stale-form-text = Wróć do poprzedniej strony, odśwież ją i wyślij formularz jeszcze raz. Nic nie zostało zmienione.
failure-unknown-app = Nie znamy aplikacji, która o to prosi
failure-unknown-app-text = Zamknij tę stronę i zacznij logowanie od nowa w aplikacji mObywatel Junior. Nic nie zostało jej przekazane.
failure-unreadable = Tego nie da się odczytać
failure-unreadable-text = Formularz przyszedł uszkodzony. Wróć i wyślij go jeszcze raz.
failure-too-large = Za duże
failure-too-large-text = Wysłany plik lub formularz jest za duży. Nic nie zostało zmienione.
failure-refused = Tego nie można zrobić
failure-unavailable = Baza danych chwilowo nie odpowiada
failure-unavailable-text = Nic nie zostało zmienione. Spróbuj ponownie za chwilę.
failure-internal = Błąd po naszej stronie
failure-internal-text = Błąd zapisano w dzienniku. Zgłoś administratorowi, kiedy wystąpił.
failure-home = Wróć na początek
