# Zlecenia, kody, odbiory
issue-column-pupil = Uczeń
issue-column-class = Klasa
issue-column-state = Stan
issue-column-deadline = Termin wydania
issue-overdue = po terminie
issue-due-soon = wkrótce
issue-choose = – wybierz –
issue-cancel = Anuluj
issue-pager = Strony listy
issue-pager-before = Poprzednia strona
issue-pager-after = Następna strona
issue-for-pupil = { $name }, klasa { $class }.

order-state-waiting = czeka
order-state-ready = gotowe
order-state-issued = wydane
order-state-cancelled = wycofane
order-missing-photo = zdjęcie
order-missing-base-card = legitymacja szkolna
order-missing-approval = zatwierdzenie dyrektora

orders-title = Zlecenia wydania
orders-lead = Co jest do wydania i do kiedy. Najpilniejsze są na górze.
orders-tabs = Zlecenia według stanu
orders-tab-open = Do zrobienia
orders-tab-waiting = Czekające
orders-tab-ready = Gotowe
orders-tab-issued = Wydane
orders-tab-cancelled = Wycofane
orders-tab-all = Wszystkie
orders-none = Nie ma takich zleceń.
orders-classes = Całe klasy
orders-classes-text = Zlecenia dla wszystkich uczniów klasy, dla których to możliwe, i wydruk kodów w jednym pliku.
orders-class-link = Złóż zlecenia dla klasy { $class }
orders-class-title = Zlecenia dla klasy { $class }
orders-class-count = { $n ->
    [0] W tej klasie nie ma komu złożyć zlecenia. Przy każdym uczniu napisano, dlaczego.
    [one] Zlecenie można złożyć dla jednego ucznia. Przy pozostałych napisano, dlaczego nie.
    [few] Zlecenia można złożyć dla { $n } uczniów. Przy pozostałych napisano, dlaczego nie.
   *[many] Zlecenia można złożyć dla { $n } uczniów. Przy pozostałych napisano, dlaczego nie.
  }
orders-class-outcome = Zlecenie
orders-class-ready = możliwe, niczego nie brakuje
orders-class-waiting = możliwe, poczeka na zdjęcie lub legitymację
orders-class-ordered = złożone wcześniej
orders-class-refused = niemożliwe
orders-class-button = { $n ->
    [one] Złóż jedno zlecenie
    [few] Złóż { $n } zlecenia
   *[many] Złóż { $n } zleceń
  }

order-title = Zlecenie wydania
order-of = Zlecenie z { $at }
order-waits-for = Czeka na
order-placed-at = Złożono
order-approved-at = Zatwierdzono
order-application = Wniosek
order-application-link = Pokaż wniosek
order-base-card = Legitymacja szkolna
order-base-card-until = ważna do { $day }
order-card = mLegitymacja
order-card-link = Pokaż mLegitymację
order-print-heading = Wydruk kodów
order-print-text = Powstaną: kartka z kodem QR i instrukcją, osobna kartka z kodem aktywacyjnym oraz potwierdzenie odbioru do podpisu. Kody można wydrukować tylko raz.
order-print-button = Utwórz kody i przejdź do wydruku
order-print-not-yet = Kody będzie można wydrukować, gdy niczego nie będzie brakować. Zdjęcie i legitymację dodaje się w kartotece ucznia.
order-slips = Wydrukowane komplety
order-new = Złóż zlecenie
order-new-title = Nowe zlecenie wydania
order-new-open = Dla tego ucznia jest już zlecenie w toku:
order-new-text = Zlecenie oprze się na najnowszym wniosku (jeśli zasady szkoły go wymagają) i na aktualnej legitymacji szkolnej. Jeśli brakuje zdjęcia lub legitymacji, poczeka na nie samo.
order-new-approval = Przed wydrukiem kodów musi je zatwierdzić dyrektor.
order-new-button = Złóż zlecenie
order-cancel = Wycofaj zlecenie
order-cancel-title = Wycofanie zlecenia
order-cancel-text = Zlecenie dla: { $name }, klasa { $class }, zostanie wycofane. Żadnych kodów jeszcze nie wydano, więc żadne urządzenie niczego nie straci.

approve-title = Zatwierdzanie zleceń
approve-link = Do zatwierdzenia: { $n }
approve-lead = Zaznacz zlecenia, które zatwierdzasz. Dopiero po zatwierdzeniu sekretariat może wydrukować kody.
approve-all = Zaznacz wszystkie
approve-tick = Zatwierdzam
approve-button = Zatwierdź zaznaczone
approve-none-ticked = Zaznacz co najmniej jedno zlecenie.
approve-nothing = Wszystko jest zatwierdzone.
approve-not-asked = Zasady szkoły nie wymagają zatwierdzania zleceń przez dyrektora.
approve-more = To nie wszystkie: kolejne pojawią się po zatwierdzeniu tych.

portal-heading = Gdzie jest kod QR
portal-note = Według zasad szkoły kodów się nie drukuje. Uczeń lub rodzic znajdzie kod QR po zalogowaniu do portalu, w sekcji „Aplikacje” (na telefonie: „Profil”).

issue-class-link = Wydrukuj kody dla klasy { $class }
issue-class-title = Wydruk kodów dla klasy { $class }
issue-class-lead = { $n ->
    [0] W tej klasie żadne zlecenie nie jest gotowe do wydruku.
    [one] Jedno zlecenie jest gotowe do wydruku.
    [few] { $n } zlecenia są gotowe do wydruku.
   *[many] { $n } zleceń jest gotowych do wydruku.
  }
issue-class-none = Ta klasa nie ma otwartych zleceń.
issue-class-text = Powstanie jeden plik PDF: dla każdego ucznia trzy kartki, w kolejności alfabetycznej. Plik można pobrać tylko raz, z tej przeglądarki, w ciągu 10 minut.
issue-class-button = { $n ->
    [one] Utwórz kody dla jednego ucznia
    [few] Utwórz kody dla { $n } uczniów
   *[many] Utwórz kody dla { $n } uczniów
  }

class-slips-title = Kody klasy { $class }
class-slips-link = Utworzone kody
class-slips-none = Dla tej klasy nie utworzono kodów albo żadne już się nie liczą.
class-slips-lead = { $n ->
    [0] W tej klasie nie ma niewykorzystanych kompletów kodów.
    [one] W tej klasie jest jeden niewykorzystany komplet kodów.
    [few] W tej klasie są { $n } niewykorzystane komplety kodów.
   *[many] W tej klasie jest { $n } niewykorzystanych kompletów kodów.
  }
class-slips-used = { $n ->
    [one] Jeden wykorzystano: sprawdź, czy na właściwym urządzeniu.
   *[other] { $n } wykorzystano: sprawdź, czy na właściwych urządzeniach.
  }
class-slips-heading = Zginęły wydrukowane kody?
class-slips-text = Zaznaczone komplety przestaną działać od razu, wszystkie naraz, także tych, którzy nie mogą teraz dostać nowych kodów. Nowe kody i kartki powstaną potem kolejno; jeśli coś to przerwie, ta strona pokaże, dla kogo ich jeszcze nie ma. Urządzenia, które mają już mLegitymację, nic nie stracą.
class-slips-hint = Zaznaczone są działające komplety, których nie odebrano. Zaznacz też inne, jeśli mogły trafić w niepowołane ręce.
class-slips-button = Zastąp zaznaczone nowymi kodami
class-slips-choose = Zaznacz co najmniej jeden komplet kodów
class-slips-tick = Zastąp

job-title = Wydruk kodów
job-title-class = Wydruk kodów dla klasy { $class }
job-working = Trwa tworzenie kodów. Strona odświeży się sama; nie trzeba nic robić.
job-progress = Postęp ({ $total } razem)
job-ready = { $n ->
    [one] Kody są gotowe: jeden komplet, trzy kartki.
    [few] Kody są gotowe: { $n } komplety, po trzy kartki.
   *[many] Kody są gotowe: { $n } kompletów, po trzy kartki.
  }
job-ready-once = Plik można pobrać tylko raz. Wydrukuj go od razu albo zapisz w bezpiecznym miejscu, a po wydruku usuń.
job-ready-soon = Plik czeka 10 minut. Potem kody trzeba zastąpić nowymi.
job-ready-apart = Kartkę z kodem QR i kartkę z kodem aktywacyjnym włóż do osobnych kopert.
job-ready-next = Gdy odbierający podpisze potwierdzenie, otwórz poniżej komplet ucznia i zapisz odbiór.
job-print = Pobierz PDF do druku
job-printed = Te kody zostały już pobrane do druku. Serwer ich nie przechowuje, więc nie da się ich pokazać drugi raz.
job-printed-again = Drugi raz się nie da: te kody zostały już wydrukowane.
job-replace = Jeśli drukarka się zacięła albo plik zaginął, otwórz komplet ucznia i wybierz „Zastąp nowymi kodami”: stare kody przestaną działać.
job-replace-class = Jeśli drukarka się zacięła albo plik zaginął, zastąp komplety klasy nowymi: stare kody przestaną działać.
job-spoilt = Kody powstały, ale nie udało się przygotować wydruku.
job-empty = Nie powstał żaden komplet kodów.
job-gone = Tego wydruku już nie ma: minęło 10 minut albo zaczęto go w innej przeglądarce.
job-slips = Kody, których nie odebrano
job-made = Utworzone komplety
job-refused = Bez kodów

slips-title = Kody i odbiory
slips-lead = Wydrukowane komplety: kod QR z kodem aktywacyjnym.
slips-only-class = Tylko klasa { $class }.
slips-tabs = Komplety według stanu
slips-tab-made = Ważne
slips-tab-not-collected = Nieodebrane
slips-tab-collected = Odebrane, nieużyte
slips-tab-expiring = Kończą się
slips-tab-used = Użyte
slips-tab-expired = Przeterminowane
slips-tab-locked = Zablokowane
slips-tab-handed-back = Oddane lub cofnięte
slips-tab-filed = W teczce
slips-none = Nie ma takich kompletów.

slip-is-not-collected = nieodebrany
slip-is-collected = odebrany
slip-is-expiring = kończy się
slip-is-used = użyty
slip-is-expired = przeterminowany
slip-is-locked = zablokowany
slip-is-replaced = zastąpiony nowym
slip-is-handed-back = oddany lub cofnięty
slip-is-filed = w teczce

slip-title = Komplet kodów
slip-reference = Numer kompletu
slip-made-at = Wydrukowano
slip-valid-until = Ważne do
slip-tries = Pozostałe próby kodu aktywacyjnego
slip-collected-at = Odebrano
slip-filed-at = W teczce od
slip-replaces = Zamiast urządzenia
slip-device = Aktywowano
slip-newer = Dla tej mLegitymacji powstał później inny komplet.
slip-newer-link = Pokaż go
slip-hand-out-heading = Wydanie za potwierdzeniem
slip-hand-out-text = Zapisz odbiór, gdy potwierdzenie jest podpisane.
slip-not-minor = Uczeń jest niepełnoletni, a wniosek nie pozwala mu odebrać kodów. Wydaj je rodzicowi lub opiekunowi.
slip-hand-out-by = Kto odebrał
slip-adult-pupil = pełnoletni uczeń
slip-minor-pupil = niepełnoletni uczeń (wniosek pozwala)
slip-hand-out-on = Dzień odbioru
slip-hand-out-button = Zapisz odbiór
slip-replace-heading = Zacięła się drukarka?
slip-replace-text = Powstaną nowe kody i nowe kartki, a te przestaną działać. Urządzenia, które mają już mLegitymację, nic nie stracą.
slip-replace-button = Zastąp nowymi kodami
slip-end-heading = Kody wracają do szkoły
slip-end-text = Kodów oddanych i nieodebranych się nie wyrzuca: trafiają do teczki osobowej ucznia.
slip-back-title = Kody oddano
slip-back-text = Odnotujesz, że podpisany komplet wrócił do szkoły.
slip-back-button = Zapisz zwrot
slip-file-title = Włóż do teczki
slip-file-text = Odnotujesz, że komplet jest w teczce osobowej ucznia.
slip-file-button = Zapisz włożenie do teczki
slip-end-open = Kody przestaną działać. Żadne urządzenie nic nie straci, bo tych kodów jeszcze nie użyto.
slip-end-dead = Te kody już nie działają; żadne urządzenie nic nie straci.

card-slip-title = Nowe kody do mLegitymacji
card-slip-new = Nowy komplet kodów do tej mLegitymacji
card-slip-places = { $n ->
    [0] mLegitymacji nie ma na żadnym urządzeniu (najwyżej { $limit }).
    [one] mLegitymacja jest na jednym urządzeniu (najwyżej { $limit }).
    [few] mLegitymacja jest na { $n } urządzeniach (najwyżej { $limit }).
   *[many] mLegitymacja jest na { $n } urządzeniach (najwyżej { $limit }).
  }
card-slip-no-order = Dla tej mLegitymacji nie wykonano jeszcze żadnego zlecenia, więc nie ma czego wydać ponownie.
card-slip-device = Na jakie urządzenie
card-slip-another = nowe miejsce (żadne urządzenie nic nie traci)
card-slip-instead = zamiast: { $name }
card-slip-reason = Powód
card-slip-reason-hint = Tylko wtedy, gdy nowe urządzenie zastępuje inne.
card-slip-reason-phone-lost = telefon zgubiony
card-slip-reason-identity-stolen = kradzież tożsamości
card-slip-reason-phone-damaged = telefon uszkodzony lub działa niepoprawnie
card-slip-reason-data-wrong = błędne dane
card-slip-reason-superseded = nowe dane, na przykład po potwierdzeniu ważności
card-slip-at-once = stare urządzenie traci mLegitymację od razu
card-slip-later = stare urządzenie traci mLegitymację, gdy nowe ją dostanie
card-slip-no-reason = Wybierz, dlaczego jedno urządzenie zastępuje inne.
card-slip-text = Powstaną nowe kody do jednorazowego wydruku.
card-slip-button = Utwórz kody i przejdź do wydruku

done-order-placed = Zlecenie złożono.
done-orders-placed = Zlecenia złożono.
done-order-cancelled = Zlecenie wycofano.
done-orders-approved = Zaznaczone zlecenia zatwierdzono.
done-slip-collected = Odbiór zapisano.
done-slip-handed-back = Zwrot zapisano. Kody nie działają; teraz włóż je do teczki.
done-slip-filed = Zapisano: kody są w teczce osobowej ucznia.
