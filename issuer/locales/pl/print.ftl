# Kartki do druku
print-simulator = Wydruk z symulatora. Nie jest dokumentem i nie uprawnia do niczego.
print-slip-title = Kody do mLegitymacji
print-slip-foot = Nr kompletu: { $reference } · wydrukowano { $at }

print-for = Uczeń
print-class = Klasa
print-valid-until = Kody są ważne do (czas w Polsce)

print-qr-title = mLegitymacja szkolna – kod QR
print-typed = Kod do wpisania zamiast skanowania
print-typed-hint = Gdy aparat nie odczyta kodu QR, wpisz ten kod w aplikacji.
print-steps = Jak dodać mLegitymację do telefonu
print-step-start = Uruchom aplikację mObywatel i zaloguj się do niej. Telefon musi mieć dostęp do internetu.
print-step-add = Wybierz opcję „dodaj mLegitymację”.
print-step-information = Zapoznaj się z informacją o procesie aktywacji mLegitymacji.
print-step-terms = Zapoznaj się z regulaminem i zaakceptuj go.
print-step-privacy = Zapoznaj się z klauzulą informacyjną o przetwarzaniu danych.
print-step-camera = Wyraź zgodę na użycie aparatu, jeśli telefon o nią zapyta.
print-step-scan = Zeskanuj kod QR z tej kartki. Jeśli to się nie uda, wpisz kod z klawiatury.
print-step-code = Wprowadź kod aktywacyjny z drugiej kartki.
print-step-confirm = Zatwierdź komunikat; dane legitymacji wczytają się do aplikacji.
print-step-certificate = Certyfikat, który potwierdza autentyczność danych, utworzy się sam.
print-remember = Pamiętaj
print-remember-devices = { $n ->
    [one] Ten komplet kodów działa raz, na jednym telefonie; mLegitymacja może być tylko na jednym urządzeniu.
    [few] Ten komplet kodów działa raz, na jednym telefonie; na kolejne urządzenia (razem najwyżej { $n }) szkoła wyda osobne komplety.
   *[many] Ten komplet kodów działa raz, na jednym telefonie; na kolejne urządzenia (razem najwyżej { $n }) szkoła wyda osobne komplety.
  }
print-remember-secret = Nie udostępniaj nikomu tej kartki ani kodu aktywacyjnego i nie rób im zdjęć.
print-remember-lost = Po utracie telefonu albo kodów zgłoś się do sekretariatu szkoły: stare kody zostaną unieważnione, a szkoła wyda nowe.

print-code-title = mLegitymacja szkolna – kod aktywacyjny
print-code = Kod aktywacyjny
print-code-apart = Przechowuj tę kartkę osobno od kartki z kodem QR.
print-code-when = Aplikacja zapyta o ten kod po zeskanowaniu kodu QR. Wpisz osiem cyfr bez odstępu.
print-code-tries = Po pięciu błędnych próbach kody zostaną zablokowane; wtedy poproś w sekretariacie o nowe.

print-receipt-title = Potwierdzenie odbioru
print-receipt-text = Potwierdzam odbiór jednorazowego kodu QR oraz kodu aktywacyjnego do mLegitymacji szkolnej, na dwóch osobnych kartkach.
print-receipt-who = Odbierający
print-receipt-guardian = rodzic lub opiekun prawny
print-receipt-adult = pełnoletni uczeń
print-receipt-minor = niepełnoletni uczeń (wniosek na to pozwala)
print-receipt-not-minor = Kodów nie wolno wydać niepełnoletniemu uczniowi: wniosek na to nie pozwala.
print-receipt-name = Imię i nazwisko odbierającego:
print-receipt-informed = Wiem, że kody działają jeden raz, że nie wolno ich udostępniać i że utratę kodów lub telefonu trzeba zgłosić w sekretariacie szkoły.
print-receipt-date-sign = data i podpis odbierającego
print-receipt-giver = podpis osoby wydającej
print-receipt-file = Dla szkoły
print-receipt-file-text = Podpisane potwierdzenie zostaje w szkole. Kodów oddanych i nieodebranych nie wyrzuca się: trafiają do teczki osobowej ucznia.

print-application-title = Wniosek o wydanie mLegitymacji szkolnej
print-application-foot = Nr wniosku: { $reference }
print-application-pupil = Dane ucznia
print-application-name = Imię i nazwisko:
print-application-class = Klasa:
print-application-born = Data urodzenia:
print-application-pesel = PESEL:
print-application-address = Adres zamieszkania:
print-application-applicant = Wnioskodawca
print-application-guardian = rodzic lub opiekun prawny ucznia
print-application-adult = pełnoletni uczeń
print-application-please = Treść wniosku
print-application-text = Proszę o wydanie mLegitymacji szkolnej do legitymacji szkolnej lub e-legitymacji wydanej temu uczniowi.
print-application-photo = Do wniosku dołączam aktualne zdjęcie ucznia, spełniające wymogi zdjęcia dokumentowego (na przykład przesłane na adres e-mail szkoły).
print-application-minor = Wyrażam zgodę, aby kod QR i kod aktywacyjny odebrał niepełnoletni uczeń.
print-application-true = Oświadczam, że podane dane i zdjęcie są zgodne ze stanem faktycznym. Wiem, że mLegitymacja nie zostanie wydana, jeśli dane się nie zgadzają albo zdjęcie jest nieodpowiednie.
print-application-privacy = Zapoznałam się / zapoznałem się z informacją o przetwarzaniu danych osobowych przez szkołę.
print-application-place = miejscowość i data
print-application-sign = podpis wnioskodawcy
print-application-office = Wypełnia szkoła
print-application-received = Data wpływu:
print-application-complete = wniosek kompletny i poprawny
print-application-back = wniosek zwrócono do poprawy; powód: ......................................................................
