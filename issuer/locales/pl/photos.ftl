photo-pupil-title = Zdjęcie ucznia
photo-new = Nowe zdjęcie
photo-choose = Plik ze zdjęciem
photo-choose-hint = Plik JPG lub JPEG, najlepiej prosto z aparatu lub od fotografa. Wymagania są niżej na tej stronie.
photo-drop = Możesz też przeciągnąć tu plik.
photo-chosen-alt = Wybrane zdjęcie
photo-camera-open = Włącz kamerę
photo-camera-take = Zrób zdjęcie
photo-camera-close = Wyłącz kamerę
photo-camera-view = Podgląd z kamery
photo-camera-fault = Nie udało się włączyć kamery. Sprawdź, czy przeglądarka ma na to zgodę, albo wybierz plik.
photo-send = Sprawdź zdjęcie
photo-send-hint = Najpierw zobaczysz podgląd i wynik sprawdzenia. Nic nie trafi na legitymację bez potwierdzenia.
photo-file-missing = Wybierz plik ze zdjęciem.
photo-present = Zdjęcie na legitymacji
photo-kept-at = Przyjęte: { $at }
photo-none = Uczeń nie ma jeszcze przyjętego zdjęcia.
photo-waiting = Czekają na decyzję
photo-waiting-since = zdjęcie z { $at }
photo-wanted = Jakie zdjęcie przyjmujemy
photo-wanted-rest = Poza tym jak do dowodu osobistego: jasne, gładkie tło, twarz na 70–80 % wysokości, bez nakrycia głowy i ciemnych okularów, nie starsze niż sześć miesięcy.
photo-refused-now = Tego zdjęcia nie można przyjąć

photo-card-title = mLegitymacja szkolna
photo-card-alt = Zdjęcie na legitymacji: { $name }
photo-card-name = Imię i nazwisko
photo-card-born = Data urodzenia
photo-card-school = Szkoła
photo-card-new = Tak pokaże je telefon
photo-card-present = Teraz na legitymacji

photo-col-rule = Warunek
photo-col-wanted = Wymaganie
photo-col-state = Wynik
photo-met = spełniony
photo-not-met = niespełniony
photo-not-read = nie da się sprawdzić
photo-point-format = Format
photo-point-length = Rozmiar pliku
photo-point-whole = Kompletny plik
photo-point-colours = Kolory
photo-point-size = Wymiary
photo-point-quality = Jakość JPG
photo-point-metadata = Dane w pliku
photo-wanted-format = JPG lub JPEG, poznany po zawartości, nie po nazwie
photo-wanted-length = najwyżej { $size } ({ $n } bajtów)
photo-wanted-whole = cały, nieuszkodzony, możliwy do otwarcia
photo-wanted-rgb = RGB (kolorowe)
photo-wanted-rgb-or-grey = RGB lub odcienie szarości
photo-wanted-size = co najmniej { $min } pikseli
photo-wanted-size-between = od { $min } do { $max } pikseli
photo-wanted-quality = od { $min } do { $max } (w skali do 100)
photo-wanted-quality-any = dowolna
photo-wanted-metadata = bez miejsca wykonania i innych danych z aparatu
photo-found-length = { $n }
photo-found-size = { $size }
photo-found-quality = { $n }
photo-rules-source = Nadesłane zdjęcie
photo-rules-derived = Zdjęcie na legitymacji

photo-import-button = Wczytaj wiadomości e-mail
photo-inbox-lead = Zdjęcia, które przyszły z zewnątrz, czekają tu, aż sekretariat wskaże, czyje są, i je przyjmie albo odrzuci. Same nie trafiają do nikogo.
photo-inbox-erased = Zdjęcia i dane nadawców są usuwane po 30 dniach, a samo zdjęcie od razu po decyzji.
photo-tabs = Stan zdjęć
photo-tab-waiting = Czekające
photo-tab-accepted = Przyjęte
photo-tab-refused = Odrzucone
photo-empty-waiting = Żadne zdjęcie nie czeka na decyzję.
photo-empty-accepted = W ostatnich 30 dniach nie przyjęto stąd żadnego zdjęcia.
photo-empty-refused = W ostatnich 30 dniach nie odrzucono żadnego zdjęcia.
photo-col-picture = Zdjęcie
photo-col-whose = Uczeń
photo-col-came = Skąd i kiedy
photo-nobody = nie wiadomo, czyje
photo-tied = – tak samo pasuje inny uczeń
photo-perhaps = być może ({ $percent } %)
photo-to-check = do sprawdzenia
photo-accepted = przyjęte
photo-nameless = bez nazwy
photo-pages = Strony
photo-older = Starsze
photo-origin-mail = e-mail
photo-origin-portal = portal
photo-origin-office = sekretariat
photo-purpose-mobile-card = mLegitymacja
photo-purpose-base-card = Legitymacja szkolna (uczeń bez legitymacji)
photo-purpose-not-said = nie podano

photo-fault-empty-file = pusty plik
photo-fault-not-jpeg = nie JPG
photo-fault-too-many-bytes = za duży plik
photo-fault-too-small = za mało pikseli
photo-fault-too-large = za dużo pikseli
photo-fault-decompression-bomb = ogromne wymiary
photo-fault-too-many-scans = niezwykły zapis
photo-fault-cmyk = kolory CMYK
photo-fault-grey = czarno-białe
photo-fault-unknown-colours = nieznane kolory
photo-fault-quality-too-low = za słaba jakość
photo-fault-quality-too-high = za wysoka jakość
photo-fault-truncated = urwany plik
photo-fault-broken = uszkodzony plik
photo-fault-unsupported-coding = rzadka odmiana JPG
photo-fault-crop-outside = zły kadr
photo-fault-crop-too-small = za mały kadr
photo-fault-cannot-shrink = nie da się zmniejszyć

photo-import-title = Zdjęcia z wiadomości e-mail
photo-import-lead = Wczytaj wiadomości zapisane z programu pocztowego. Z każdej bierzemy zdjęcia, a po temacie, treści i nazwach plików proponujemy, czyje są.
photo-import-choose = Wiadomości (.eml)
photo-import-hint = Najwyżej { $mails } wiadomości i 25 MB naraz; z jednej wiadomości do { $pictures } zdjęć.
photo-import-send = Wczytaj wiadomości
photo-import-missing = Wybierz co najmniej jedną wiadomość.
photo-import-too-many = Wybierz najwyżej { $n } wiadomości naraz.
photo-import-unreadable = Żadnego z tych plików nie da się odczytać jako wiadomości e-mail. W programie pocztowym wybierz „Zapisz jako” i format .eml.
photo-import-how = Jak to zrobić
photo-import-step-save = W programie pocztowym zapisz wiadomości od rodziców jako pliki .eml. Wiadomości przekazane dalej też zostaną otwarte.
photo-import-step-send = Wybierz te pliki powyżej i wczytaj je. Tytuł „mLegitymacja” lub „Legitymacja szkolna” zostanie rozpoznany, ale nie jest konieczny.
photo-import-step-confirm = Przy każdym zdjęciu potwierdź, czyje jest, i przyjmij je albo odrzuć. Bez potwierdzenia nic się nie stanie.
photo-import-taken = { $n ->
    [0] Nie wczytano żadnego nowego zdjęcia.
    [one] Wczytano jedno zdjęcie.
    [few] Wczytano { $n } zdjęcia.
   *[many] Wczytano { $n } zdjęć.
  }
photo-import-again = { $n ->
    [one] Jedno zdjęcie pominięto: z tej samej wiadomości wczytano je już wcześniej.
    [few] { $n } zdjęcia pominięto: z tych samych wiadomości wczytano je już wcześniej.
   *[many] { $n } zdjęć pominięto: z tych samych wiadomości wczytano je już wcześniej.
  }
photo-import-left = { $n ->
    [one] Jeden załącznik pominięto: nie jest zdjęciem albo było ich za dużo.
    [few] { $n } załączniki pominięto: nie są zdjęciami albo było ich za dużo.
   *[many] { $n } załączników pominięto: nie są zdjęciami albo było ich za dużo.
  }
photo-import-unread = { $n ->
    [one] Jednego pliku nie dało się odczytać jako wiadomości e-mail.
   *[many] { $n } plików nie dało się odczytać jako wiadomości e-mail.
  }

photo-review-title = Sprawdzenie zdjęcia
photo-about = Skąd to zdjęcie
photo-came-by = Skąd
photo-sender = Nadawca
photo-subject = Temat
photo-sent-at = Wysłano
photo-file = Plik
photo-for = Do czego
photo-received = Wczytano
photo-erased-on = Zostanie usunięte
photo-whose = Czyje to zdjęcie
photo-whose-not-said = Jeszcze nie wskazano ucznia.
photo-whose-change = To inny uczeń
photo-candidates = Uczniowie do wyboru
photo-sure = pewność { $percent } %
photo-assign = To zdjęcie tego ucznia
photo-pupil-missing = Wskaż, czyje to zdjęcie.
photo-search = Szukaj ucznia (nazwisko, imię lub klasa)
photo-search-button = Szukaj
photo-search-none = Nie ma ucznia pasującego do „{ $q }”.
photo-why-full-name = imię i nazwisko
photo-why-called-after = imię w nazwie pliku, nazwisko w wiadomości
photo-why-part = część nazwiska lub drugie imię
photo-why-file-name = w nazwie pliku
photo-why-subject = w temacie wiadomości
photo-why-text = w treści wiadomości
photo-why-surname-alone = tylko nazwisko
photo-why-given-name-alone = tylko imię
photo-why-apart = imię i nazwisko nie obok siebie
photo-why-declined = odmienione
photo-why-class = klasa się zgadza
photo-why-other-class = podano inną klasę
photo-why-namesake = inny uczeń nazywa się tak samo
photo-why-several = w wiadomości jest kilkoro dzieci
photo-hint-base-card = Zdjęcie przyszło jako „Legitymacja szkolna”, a uczeń nie ma jeszcze legitymacji. Najpierw wystaw legitymację; mLegitymacja będzie możliwa po jej wyrobieniu.
photo-hint-has-base-card = Zdjęcie przyszło jako „Legitymacja szkolna”, ale uczeń ma już legitymację. Przyjęte zdjęcie trafi na mLegitymację.
photo-hint-no-base-card = Uczeń nie ma jeszcze legitymacji szkolnej. Zdjęcie można przyjąć, ale mLegitymacja będzie możliwa dopiero po wyrobieniu legitymacji.
photo-too-large-kept = Plik był za duży, żeby go przechować. Poproś nadawcę o mniejszy.
photo-settled-accepted = Zdjęcie przyjęto { $at }. Nadesłany plik usunięto.
photo-settled-refused = Zdjęcie odrzucono { $at }: { $reason }. Nadesłany plik usunięto.

photo-crop = Kadr i podgląd
photo-sent-alt = Nadesłane zdjęcie
photo-crop-label = Kadr zdjęcia
photo-crop-help = Przesuń kadr myszą lub palcem, a za róg zmień jego wielkość. Na klawiaturze: strzałki przesuwają, + powiększa, − zmniejsza, Home wraca na środek. Bez zmian pokażemy środek zdjęcia.
photo-crop-said = Kadr
photo-crop-larger = Większy kadr
photo-crop-smaller = Mniejszy kadr
photo-crop-middle = Środek zdjęcia
photo-crop-numbers = Kadr w liczbach
photo-crop-x = Od lewej (piksele)
photo-crop-y = Od góry (piksele)
photo-crop-width = Szerokość (piksele)
photo-crop-height = Wysokość (piksele)
photo-crop-numbers-hint = Puste pola oznaczają środek zdjęcia. Kadr o innych proporcjach niż 35:45 zostanie przycięty.
photo-crop-try = Sprawdź ten kadr
photo-cut = Kadr na legitymację
photo-cut-alt = Wykadrowane zdjęcie
photo-oval-hint = Twarz powinna mieścić się między liniami owalu (70–80 % wysokości), oczy na poziomej linii.
photo-as-it-is = Zdjęcie spełnia już wymagania legitymacji: trafi na nią bez zmian, tylko bez danych z aparatu.
photo-criteria = Tego program nie widzi – obejrzyj i potwierdź
photo-criterion-background = Tło jest jasne, gładkie i bez cieni.
photo-criterion-head = Głowa nie jest nakryta (wyjątek: względy religijne, potwierdzone zaświadczeniem).
photo-criterion-glasses = Osoba nie nosi ciemnych okularów (wyjątek: orzeczenie lekarskie).
photo-criterion-recent = Zdjęcie nie jest starsze niż sześć miesięcy.
photo-criterion-likeness = Uczeń jest rozpoznawalny i jest na zdjęciu sam.
photo-criterion-eyes = Oczy są otwarte, widoczne i patrzą w obiektyw.
photo-criterion-unticked = { $what } – sprawdź na zdjęciu i zaznacz. Jeśli warunek nie jest spełniony, odrzuć zdjęcie.
photo-look-for-background = Tło
photo-look-for-head = Nakrycie głowy
photo-look-for-glasses = Ciemne okulary
photo-look-for-recent = Wiek zdjęcia
photo-look-for-likeness = Rozpoznawalność
photo-look-for-eyes = Oczy
photo-accept-heading = Przyjmij zdjęcie
photo-accept-first = Najpierw wskaż, czyje to zdjęcie.
photo-accept-effect = Zdjęcie zastąpi dotychczasowe na legitymacji: { $name }, { $class }. Nadesłany plik zostanie usunięty.
photo-accept = Przyjmij zdjęcie
photo-refuse-heading = Odrzuć zdjęcie
photo-refuse-reason = Powód
photo-refuse-choose = – wybierz –
photo-refuse-note = Uwaga dla nadawcy (niekonieczna)
photo-refuse-note-hint = Na przykład co poprawić. Nadawca ją przeczyta. Bez danych innych osób.
photo-refuse-effect = Nadesłany plik zostanie usunięty od razu; powód pozostanie na liście do 30 dni. Nadawca, którego adres szkoła zna, dostanie wiadomość z powodem.
photo-refuse = Odrzuć zdjęcie
photo-reason-technical = nie spełnia wymagań technicznych
photo-reason-background = niewłaściwe tło
photo-reason-head = nakrycie głowy
photo-reason-glasses = ciemne okulary
photo-reason-old = starsze niż sześć miesięcy
photo-reason-likeness = uczeń nierozpoznawalny lub nie sam
photo-reason-eyes = oczy zamknięte lub niewidoczne
photo-reason-not-a-pupil = to nie jest uczeń tej szkoły
photo-reason-other = inny powód

photo-answer = Wiadomość do nadawcy
photo-answer-unknown = Adresu nadawcy nie ma u żadnego opiekuna tego ucznia, dlatego system niczego nie wysłał. Jeśli wiesz, kto napisał, skopiuj ten tekst do odpowiedzi.
photo-answer-text = Tekst do skopiowania
photo-answer-open = Napisz w programie pocztowym
photo-answer-sent = Nadawca dostaje wiadomość z powodem odrzucenia.
photo-answer-look = Zobacz powiadomienie

done-photo-kept = Zdjęcie przyjęto.
done-photo-refused = Zdjęcie odrzucono, a nadesłany plik usunięto.
done-photo-assigned = Wskazano ucznia. Sprawdź kadr i przyjmij zdjęcie.
done-photo-refused-told = Zdjęcie odrzucono, a nadesłany plik usunięto. Nadawca dostanie wiadomość z powodem.
done-photo-refused-to-copy = Zdjęcie odrzucono, a nadesłany plik usunięto. Nadawcy jeszcze nikt nie odpowiedział: tekst jest poniżej.
