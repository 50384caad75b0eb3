welcome = Witaj
welcome-text = Wybierz aplikację. Zmienić ją można tylko przez ponowną instalację.
app-junior = mObywatel Junior
app-junior-text = Dla dzieci i młodzieży. Chroniona sześciocyfrowym kodem PIN.
app-standard = mObywatel
app-standard-text = Dla rodziców, opiekunów i pełnoletnich uczniów. Chroniona hasłem.
describe = Jaki to telefon?
describe-name = Nazwa telefonu
describe-platform = System
describe-os = Wersja systemu
describe-app = Wersja aplikacji
describe-do = Zmień telefon
set-junior = Ustal kod PIN
set-standard = Ustal hasło
set-text-junior = Sześć cyfr, ale nie takie, które łatwo zgadnąć, jak 123456 czy 000000.
set-text-standard = Od 8 do 64 znaków, w tym mała litera, wielka litera i cyfra.
pin-junior = Kod PIN
pin-standard = Hasło
again-junior = Powtórz kod PIN
again-standard = Powtórz hasło
current-junior = Obecny kod PIN
current-standard = Obecne hasło
new-junior = Nowy kod PIN
new-standard = Nowe hasło
change-junior = Zmień kod PIN
change-standard = Zmień hasło
set-do = Zapisz
pin-fault-length = Kod PIN ma od 6 do 12 cyfr.
pin-fault-six-digits = Kod PIN ma sześć cyfr.
pin-fault-not-digits = Kod PIN składa się z samych cyfr.
pin-fault-trivial = Ten kod PIN łatwo zgadnąć. Wybierz inny.
pin-fault-password-length = Hasło ma od 8 do 64 znaków.
pin-fault-password-weak = W haśle muszą być mała litera, wielka litera i cyfra.
pin-fault-differ = Oba wpisy się różnią. Wpisz to samo dwa razy.
locked = Telefon zablokowany
unlock = Odblokuj
lock = Zablokuj
lock-wrong = { $n ->
    [one] To nie to. Została { $n } próba, potem dane przepadną.
    [few] To nie to. Zostały { $n } próby, potem dane przepadną.
   *[many] To nie to. Zostało { $n } prób, potem dane przepadną.
 }
lock-tries = { $n ->
    [one] Została { $n } próba.
    [few] Zostały { $n } próby.
   *[many] Zostało { $n } prób.
 }
lock-malformed-junior = Kod PIN ma sześć cyfr. Ta próba się nie liczy.
lock-malformed-standard = Hasło ma co najmniej 8 znaków. Ta próba się nie liczy.
lock-wait = Za wcześnie na kolejną próbę. Ta się nie liczy.
lock-waits = { $n ->
    [one] Następna próba za { $n } sekundę.
    [few] Następna próba za { $n } sekundy.
   *[many] Następna próba za { $n } sekund.
 }
settings = Ustawienia
settings-app = Aplikacja
settings-phone = Telefon
settings-issuers = Zaufani wystawcy
settings-no-issuer = jeszcze żaden – potrzebne jest połączenie z wystawcą
settings-accepted = Zaakceptowane teksty
settings-none-accepted = Jeszcze żadnego.
settings-accepted-at = wersja { $version }, { $at }
settings-history = Co się działo
happened-activated = Dodano mLegitymację
happened-renewed = Odnowiono mLegitymację
happened-refreshed = Wystawca potwierdził mLegitymację
happened-revoked = Wystawca unieważnił mLegitymację
happened-superseded = Zastąpiono mLegitymację nowszą
happened-deleted = Usunięto mLegitymację
happened-presented = Okazano mLegitymację
happened-trusted = Dodano zaufany certyfikat
happened-distrusted = Usunięto zaufany certyfikat
happened-terms = Zaakceptowano regulamin
happened-privacy = Przeczytano klauzulę informacyjną
sign-in = Zaloguj się
sign-in-text = Użyj loginu i hasła do portalu, które dał Ci wychowawca. Dodasz tylko swoją legitymację.
sign-in-do = Przejdź do logowania
sign-in-note = Logowanie odbywa się na stronie portalu; aplikacja nie poznaje hasła.
