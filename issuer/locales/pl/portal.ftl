portal-sign-in-sandbox = W piaskownicy: zsn.uczen, zsn.rodzic, sp0.uczen lub sp0.rodzic; hasło { $password }.
portal-nav-start = Start
portal-nav-applications = Aplikacje
portal-nav-profile = Profil
portal-nav-photo = Zdjęcie
portal-nav-password = Hasło

portal-kind-pupil = uczeń
portal-kind-guardian = rodzic lub opiekun

portal-sign-in-title = Logowanie do portalu
portal-sign-in-lead = Dla uczniów, rodziców i opiekunów. Login i hasło przekazuje wychowawca.
portal-sign-in-login-hint = Z kartki od wychowawcy, na przykład u-1234-5678.
portal-sign-in-wrong = Login lub hasło się nie zgadza. Przepisz oba dokładnie z kartki i spróbuj ponownie.
portal-sign-in-lost = Nie masz loginu albo nie pamiętasz hasła? Zgłoś się do wychowawcy.

portal-password-title = Zmiana hasła
portal-password-first-title = Ustal własne hasło
portal-password-first-lead = Hasło z kartki było na pierwszy raz. Ustal własne, które znasz tylko Ty.
portal-password-lead = Po zmianie hasła inne przeglądarki zostaną wylogowane.
portal-password-current = Obecne hasło
portal-password-new = Nowe hasło
portal-password-again = Nowe hasło jeszcze raz
portal-password-hint = Co najmniej { $n } znaków. Dobre są trzy lub cztery zwykłe słowa.
portal-password-button = Zapisz hasło
portal-password-wrong = To nie jest obecne hasło. Sprawdź je i wpisz ponownie.
done-portal-password = Hasło zostało zmienione.

portal-authorize-title = Logowanie w aplikacji mObywatel Junior
portal-authorize-not-title = To konto nie jest dla aplikacji mObywatel Junior
portal-authorize-lead = Aplikacja pyta, czy to Ty. Po potwierdzeniu dodasz w niej swoją legitymację.
portal-authorize-guardian = mObywatel Junior jest dla uczniów, a to jest konto rodzica lub opiekuna.
portal-authorize-guardian-how = Legitymację dziecka dodasz w zwykłej aplikacji mObywatel: Dokumenty, Legitymacja szkolna, kod QR z tego portalu. Jeśli loguje się tu dziecko, wróć do aplikacji, wyloguj się z portalu i zaloguj loginem dziecka.
portal-authorize-app = Aplikacja
portal-authorize-account = Konto
portal-authorize-class = klasa
portal-authorize-sees = Co zobaczy aplikacja
portal-authorize-sees-name = Twoje imię i klasę, żeby Cię przywitać.
portal-authorize-sees-code = Czy zeskanowany kod QR dotyczy Twojej legitymacji.
portal-authorize-not = Nie zobaczy hasła, numeru PESEL ani adresu. Logowanie jest ważne przez godzinę i służy tylko do dodania legitymacji.
portal-authorize-allow = To ja, zaloguj w aplikacji
portal-authorize-cancel = Anuluj
portal-authorize-back = Wróć do aplikacji
portal-authorize-warning = Jeśli to nie Ty logujesz się w aplikacji albo prosi Cię o to ktoś obcy, wybierz Anuluj.

portal-children-title = Moje dzieci
portal-children-none = To konto nie widzi teraz żadnego ucznia tej szkoły. Jeśli to pomyłka, zgłoś się do sekretariatu.
portal-class = klasa { $class }
portal-child-link = Co dalej
portal-applications-link = Aplikacje
portal-fetch = Kod QR do mLegitymacji jest gotowy do pobrania.
portal-fetch-link = Pokaż kod QR
portal-slip-link = Gdzie odebrać
portal-slip-until = Kody są ważne do { $until }.
portal-photo-link = Prześlij zdjęcie
portal-photo-not-yours = Zdjęcie przesyła rodzic lub opiekun ze swojego konta; można je też przynieść do sekretariatu.
portal-card-lapsed = Legitymacja szkolna straciła ważność { $day }. Zanieś ją do sekretariatu: szkoła potwierdzi ważność albo wyda nową.
portal-card-until = Ważna do { $day }.

portal-case-plastic = Uczeń ma legitymację plastikową
portal-case-paper = Uczeń ma legitymację papierową
portal-case-lapsed = Legitymacja ucznia straciła ważność
portal-case-none = Uczeń nie ma jeszcze legitymacji

portal-progress-done = gotowe
portal-progress-next = teraz
portal-progress-later = potem

portal-step-application = Wniosek
portal-step-photo = Zdjęcie
portal-step-card = Legitymacja szkolna
portal-step-code = Kod QR
portal-step-slip = Kod QR i kod aktywacyjny ze szkoły
portal-step-device = mLegitymacja w telefonie
portal-step-about-application = Wniosek składa w sekretariacie rodzic lub opiekun, a pełnoletni uczeń sam.
portal-step-about-photo = Dostarcz do sekretariatu zdjęcie legitymacyjne lub prześlij je przez ten portal.
portal-step-about-card = mLegitymacja będzie dostępna po wyrobieniu legitymacji szkolnej.
portal-step-about-code = Kod generuje szkoła. Gdy będzie gotowy, zobaczysz tu zielony komunikat z odnośnikiem.
portal-step-about-slip = Kody drukuje szkoła i wydaje je w sekretariacie za potwierdzeniem odbioru.
portal-step-about-device = Zeskanuj kod w aplikacji mObywatel.

portal-next-objection = Do szkoły wpłynął sprzeciw, dlatego mLegitymacja nie jest wydawana. Zmienić to może tylko nowy wniosek w sekretariacie.
portal-next-photo = Najpierw potrzebne jest zdjęcie.
portal-next-base-card = mLegitymacja będzie dostępna po wyrobieniu legitymacji szkolnej albo przedłużeniu jej ważności.
portal-next-application = Najpierw trzeba złożyć wniosek w sekretariacie szkoły.
portal-next-order = Szkoła przygotowuje mLegitymację. Nic więcej nie trzeba robić.
portal-next-school = Szkoła nie może teraz wydawać mLegitymacji. Zapytaj w sekretariacie.
portal-next-portal-code = Kod QR do mLegitymacji jest gotowy do pobrania.
portal-next-slip-to-be = Szkoła przygotowuje kod QR i kod aktywacyjny. Poczekaj na wiadomość w dzienniku elektronicznym.
portal-next-slip-again = Poprzednie kody zostały już użyte albo straciły ważność. O nowe poproś w sekretariacie.
portal-next-slip = Kod QR i kod aktywacyjny są do odbioru w sekretariacie.
portal-next-phone = Kody zostały odebrane. Zeskanuj kod QR w aplikacji mObywatel i wpisz kod aktywacyjny.
portal-next-full = mLegitymacja jest na wszystkich urządzeniach, na których może być. Żeby dodać kolejne, usuń ją najpierw z jednego z nich.
portal-next-elsewhere = Kod QR jest teraz wyświetlany w innym miejscu. Zeskanuj go tam albo pokaż tutaj nowy.
portal-next-same = Kod QR na tej stronie trzeba wyświetlić na nowo.
portal-next-refused = Szkoła nie może teraz wydać kodu. Zapytaj w sekretariacie.
portal-next-not-yours = Kod QR widzi na swoim koncie pełnoletni uczeń.

portal-applications-title = Aplikacje
portal-applications-of = Aplikacje – { $name }
portal-live-title = mLegitymacja w aplikacji mObywatel
portal-live-counter = { $places ->
    [one] { $n } z { $places } urządzenia
   *[many] { $n } z { $places } urządzeń
  }
portal-live-scan = Zeskanuj ten kod w aplikacji mObywatel:
portal-live-alt = Kod QR do pobrania mLegitymacji. Jeśli nie możesz go zeskanować, wpisz w aplikacji kod podany niżej.
portal-live-typed = Nie da się zeskanować? Wpisz:
portal-live-until = Kod jest ważny do { $until }.
portal-live-left = Jeszcze
portal-live-one = Jeden kod dodaje mLegitymację na jednym urządzeniu. Gdy zostanie użyty, pojawi się następny.
portal-live-fresh = Pokaż nowy kod zamiast tego
portal-live-here = Pokaż kod tutaj
portal-live-again = Sprawdź
portal-live-no-script = Przeglądarka nie wykonuje skryptów, więc następny kod nie pojawi się sam. Po zeskanowaniu odśwież stronę.
portal-live-not-yours = Uczeń jest pełnoletni: kod QR widzi na swoim koncie.
portal-live-news-code = Na stronie jest nowy kod QR.
portal-live-news-full = Wszystkie miejsca są zajęte, kodu QR nie ma.
portal-live-news-none = Na stronie nie ma teraz kodu QR.

portal-devices-title = Urządzenia
portal-devices-none = mLegitymacji nie ma jeszcze na żadnym urządzeniu.
portal-device-nameless = Urządzenie bez nazwy
portal-device-since = Dodano { $at }
portal-device-drop = Usuń

portal-slip-where = Gdzie
portal-slip-office = Sekretariat szkoły
portal-slip-when = Kody ważne do
portal-slip-who = Kto odbiera
portal-slip-who-guardian = rodzic lub opiekun prawny
portal-slip-who-minor = rodzic, opiekun prawny albo uczeń (tak wskazano we wniosku)
portal-slip-who-adult = uczeń, bo jest pełnoletni
portal-slip-bring = Co zabrać
portal-slip-bring-text = Dokument tożsamości; odbiór potwierdza się podpisem.

portal-drop-title = Usuwanie mLegitymacji z urządzenia
portal-drop-device = Urządzenie
portal-drop-since = Dodano
portal-drop-what = mLegitymacja na tym urządzeniu zostanie unieważniona od razu i nie da się tego cofnąć. Zwolni się miejsce na inne urządzenie. Legitymacja papierowa lub plastikowa zostaje bez zmian.
portal-drop-others = { $n ->
    [0] Innych urządzeń nie ma.
    [one] Na { $n } innym urządzeniu nic się nie zmieni.
   *[many] Na { $n } innych urządzeniach nic się nie zmieni.
  }
portal-drop-reason = Dlaczego?
portal-drop-reason-missing = Zaznacz powód, żeby szkoła wiedziała, co się stało.
portal-drop-reason-service-given-up = mLegitymacja nie jest już potrzebna na tym urządzeniu
portal-drop-reason-phone-lost = Urządzenie zginęło
portal-drop-reason-phone-damaged = Urządzenie jest uszkodzone albo działa niepoprawnie
portal-drop-reason-identity-stolen = Ktoś obcy może się nią posługiwać
portal-drop-button = Usuń z tego urządzenia
portal-drop-keep = Nie usuwaj
done-portal-dropped = mLegitymacja została usunięta z urządzenia.

portal-guide-pupil = Krok po kroku: uczeń
portal-guide-guardian = Krok po kroku: rodzic lub opiekun
portal-guide-slip = Krok po kroku
portal-guide-download = Pobierz aplikację mObywatel ze sklepu Google Play lub App Store.
portal-guide-junior = Wybierz opcję mObywatel Junior – wersję dedykowaną dzieciom i młodzieży.
portal-guide-sign-in = Zaloguj się przy pomocy danych przekazanych przez szkołę.
portal-guide-pin = Ustal kod PIN, który zabezpiecza dostęp do aplikacji.
portal-guide-scan = Zeskanuj kod QR dostępny na swoim koncie w portalu, w sekcji Aplikacje (na telefonie: Profil).
portal-guide-done = Gotowe – legitymacja zostanie dodana i widoczna w aplikacji.
portal-guide-parent-open = Wejdź do swojej aplikacji mObywatel (wersja standardowa).
portal-guide-parent-documents = Przejdź do sekcji Dokumenty.
portal-guide-parent-choose = Wybierz z listy Legitymacja szkolna.
portal-guide-parent-scan = Zeskanuj kod QR dziecka (dostępny po zalogowaniu).
portal-guide-parent-done = Cyfrowa legitymacja dziecka zostanie dodana do aplikacji rodzica.
portal-guide-parent-more = W przypadku wielu dzieci – powtórz to osobno dla każdego z nich.
portal-guide-slip-collect = Odbierz w sekretariacie kod QR i kod aktywacyjny. Nie udostępniaj ich nikomu.
portal-guide-slip-scan = W usłudze Legitymacja szkolna zeskanuj otrzymany kod QR. Jeśli to się nie uda, wpisz kod z klawiatury.
portal-guide-slip-code = Wpisz kod aktywacyjny mLegitymacji.

logins-title = Loginy do portalu
logins-of = Loginy do portalu – { $name }
logins-of-class = Loginy do portalu – klasa { $class }
logins-lead = Login i pierwsze hasło drukuje się na kartce; hasło trzeba zmienić przy pierwszym logowaniu.
logins-class-lead = Jedna kartka dla każdej osoby. Hasła widać tylko raz, zaraz po utworzeniu.
logins-back = Uczeń
logins-back-list = Loginy
logins-pupil = Uczeń
logins-guardian = Opiekun
logins-guardians = Opiekunowie
logins-login = Login
logins-first = hasło niezmienione
logins-used = w użyciu
logins-none = Nie ma jeszcze loginu.
logins-none-short = brak
logins-since = Utworzono { $at }
logins-make = Utwórz login i pokaż kartkę
logins-reset = Nadaj nowe hasło
logins-candidate = Konto z tym samym adresem e-mail:
logins-join = Dołącz dziecko do tego konta
logins-other-child = Opiekun ma już login innego dziecka
logins-join-login = Login opiekuna w tej szkole
logins-no-guardians = Uczeń nie ma wpisanych opiekunów.
logins-not-all-yours = To konto widzi też dziecko spoza Twojej klasy. Nowe hasło nadaje sekretariat.
logins-closed = zamknięte
logins-closed-at = Zamknięto { $at }
logins-close = Zamknij konto
logins-reopen = Otwórz ponownie i pokaż kartkę
logins-leave = Odłącz dziecko
logins-changed = Ktoś inny właśnie zmienił to konto. Poniżej stan na teraz; jeśli trzeba, zrób to jeszcze raz.
logins-close-title = Zamknięcie konta { $login }
logins-close-what = { $name }: z tego konta nie będzie można zalogować się do portalu, a kto jest nim teraz zalogowany, zostanie od razu wylogowany.
logins-close-children = Konto widzi: { $names }.
logins-close-again = Konto można otworzyć ponownie: ta sama osoba dostanie wtedy nowe pierwsze hasło.
logins-close-not-all-yours = To konto widzi też dziecko spoza Twojej klasy. Konto zamyka sekretariat.
logins-close-button = Zamknij konto
logins-end-code = Kod QR, który portal pokazuje w tej chwili, przestanie działać; kto nadal ma dostęp, zobaczy nowy.
logins-end-devices = mLegitymacja zostaje na urządzeniach, na których już jest.
logins-leave-title = Odłączenie dziecka od konta { $login }
logins-leave-what = { $name } nie zobaczy już w portalu: { $child }.
logins-leave-others = Konto nadal będzie widzieć: { $names }.
logins-leave-last = Konto nie widzi nikogo innego, więc zostanie zamknięte.
logins-leave-guardian = We wpisie ucznia opiekun zostaje i nadal dostaje powiadomienia.
logins-leave-button = Odłącz dziecko
logins-for-whom = Dla kogo
logins-choose = Zaznacz, dla kogo utworzyć loginy.
logins-pupils-without = { $n ->
    [one] Uczniowie bez loginu: { $n } osoba
    [few] Uczniowie bez loginu: { $n } osoby
   *[many] Uczniowie bez loginu: { $n } osób
  }
logins-guardians-without = { $n ->
    [one] Opiekunowie bez loginu: { $n } osoba
    [few] Opiekunowie bez loginu: { $n } osoby
   *[many] Opiekunowie bez loginu: { $n } osób
  }
logins-joined-hint = Opiekun, który ma już konto (to samo nazwisko i ten sam adres e-mail), zobaczy w nim także to dziecko; kartki nie dostanie.
logins-make-class = Utwórz loginy i pokaż kartki
logins-letters = { $n ->
    [one] { $n } kartka z loginem
    [few] { $n } kartki z loginami
   *[many] { $n } kartek z loginami
  }
logins-print-now = Wydrukuj teraz (Ctrl+P): haseł nie da się pokazać drugi raz. Jeśli wydruk się nie uda, nadaj nowe hasło.
done-logins-once = Loginy są utworzone. Hasła pokazano tylko raz; kto nie ma kartki, temu nadaj nowe hasło.
done-logins-joined = Dziecko zostało dołączone do konta opiekuna.
done-logins-closed = Konto zostało zamknięte.
done-logins-left = Dziecko zostało odłączone od konta opiekuna.

letter-title = Dostęp do portalu mLegitymacji
letter-guardian-of = Opiekun: { $names }
letter-address = Adres
letter-password = Hasło na pierwszy raz
letter-qr = Kod QR z adresem portalu
letter-step-open = Wejdź na podany adres albo zeskanuj kod QR obok aparatem telefonu.
letter-step-sign-in = Wybierz Zaloguj się, wpisz login i hasło z tej kartki.
letter-step-password = Ustal własne hasło: co najmniej { $n } znaków.
letter-step-code = W sekcji Aplikacje (na telefonie: Profil) znajdziesz kod QR do mLegitymacji albo informację, gdzie go odebrać.
letter-secret = Nie pokazuj tej kartki nikomu. Po zmianie hasła możesz ją zniszczyć.

portal-photo-title = Zdjęcie do legitymacji
portal-photo-hint = Plik JPG lub JPEG. Najlepiej oryginał od fotografa albo prosto z aparatu.
portal-photo-send = Wyślij zdjęcie
portal-photo-after = Program od razu sprawdzi, czy plik spełnia wymagania. Potem zdjęcie ogląda i przyjmuje sekretariat.
portal-photo-missing = Wybierz plik ze zdjęciem.
portal-photo-full = Sekretariat ma już trzy zdjęcia do obejrzenia. Poczekaj na decyzję.
portal-photo-sent = Przesłane zdjęcia
portal-photo-state-waiting = czeka na sprawdzenie
portal-photo-state-accepted = przyjęte
portal-photo-state-refused = odrzucone
done-portal-photo = Zdjęcie spełnia wymagania i zostało przesłane. Teraz obejrzy je sekretariat.

act-portal-account-password-changed = Zmieniono hasło do portalu
