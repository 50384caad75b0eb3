# Wnioski i sprzeciwy
applications-title = Wnioski
applications-lead = Wnioski o mLegitymację: od wpływu do decyzji.
applications-lead-opt-out = Zasady szkoły nie wymagają wniosków: mLegitymację dostaje każdy uczeń, chyba że zgłoszono sprzeciw.
applications-blank = Druk wniosku (PDF)
applications-tabs = Wnioski według stanu
applications-all = Wszystkie ({ $n })
applications-states-received = Do sprawdzenia
applications-states-sent-back = Zwrócone
applications-states-no-order = Kompletne bez zlecenia
applications-states-complete = Kompletne
applications-states-objection = Sprzeciwy
applications-none = Nie ma takich wniosków. Nowy wniosek rejestruje się na stronie ucznia.
applications-received = Wpłynął

application-state-received = do sprawdzenia
application-state-complete = kompletny
application-state-sent-back = zwrócony
application-state-objection = sprzeciw

applicant-guardian = rodzic lub opiekun
applicant-pupil = uczeń

application-title = Wniosek
application-new = Zarejestruj wniosek
application-new-title = Nowy wniosek
application-no-guardian = W kartotece ucznia nie ma rodzica ani opiekuna, który mógłby złożyć wniosek.
application-add-guardian = Dodaj opiekuna na stronie ucznia
application-applicant = Wnioskodawca
application-received-on = Data wpływu
application-minor = Niepełnoletni uczeń może sam odebrać kody (tak zaznaczono we wniosku)
application-save = Zapisz wniosek
application-print = Wydrukuj wniosek (PDF)
application-superseded = Liczy się późniejsze pismo: po tym wpłynął nowy wniosek albo sprzeciw.
application-note = Powód
application-collects = Kody odbiera
application-collects-minor = rodzic, opiekun albo uczeń, także niepełnoletni
application-collects-guardian = rodzic lub opiekun; uczeń, jeśli jest pełnoletni
application-completed-on = Kompletny od
application-deadline-if = jeśli wniosek okaże się kompletny
application-entered = Zarejestrowano
application-settled = Rozpatrzono
application-complete-heading = Wniosek jest w porządku
application-complete-text = Dane się zgadzają, wniosek jest podpisany, zdjęcie się nadaje. Podaj dzień, w którym wpłynął poprawny wniosek: od niego biegnie termin wydania.
application-complete-button = Oznacz jako kompletny
application-back-heading = Wniosek trzeba poprawić
application-preset = Powód zwrotu
application-reason-bad-photo = Zdjęcie nie spełnia wymogów
application-reason-data-differ = Dane niezgodne ze stanem faktycznym
application-reason-no-signature = Brak podpisu
application-reason-other = Inny powód
application-reason-more = Co poprawić
application-reason-hint = Przy innym powodzie opisz go tutaj.
application-back-button = Zwróć do poprawy
application-next = Co dalej
application-next-order = Na podstawie tego wniosku można złożyć zlecenie wydania.
application-object = Wnioskodawca zmienił zdanie: zarejestruj sprzeciw
application-objection-title = Sprzeciw do wniosku
application-objection-text = Wniosek zamieni się w sprzeciw. Zlecenie w toku zostanie wycofane, a nowe kody dla tego ucznia nie powstaną, dopóki nie wpłynie nowy wniosek.
application-objection-devices = { $n ->
    [0] mLegitymacji tego ucznia nie ma na żadnym urządzeniu.
    [one] mLegitymacja tego ucznia jest na jednym urządzeniu i tam zostanie; jeśli ma zniknąć, unieważnij ją osobno na stronie ucznia.
    [few] mLegitymacja tego ucznia jest na { $n } urządzeniach i tam zostanie; jeśli ma zniknąć, unieważnij ją osobno na stronie ucznia.
   *[many] mLegitymacja tego ucznia jest na { $n } urządzeniach i tam zostanie; jeśli ma zniknąć, unieważnij ją osobno na stronie ucznia.
  }

objection-title = Sprzeciw
objection-new-title = Nowy sprzeciw
objection-new-link = Ktoś nie chce mLegitymacji dla tego ucznia: zarejestruj sprzeciw
objection-new-lead = Po zapisaniu sprzeciwu zlecenie w toku zostanie wycofane i nic nowego dla tego ucznia nie powstanie, dopóki ktoś nie złoży wniosku.
objection-reason = Treść sprzeciwu
objection-reason-hint = Krótko, własnymi słowami wnoszącego.
objection-save = Zapisz sprzeciw
objection-next = Sprzeciw obowiązuje do czasu nowego wniosku.

done-application-registered = Wniosek zapisano.
done-application-completed = Wniosek oznaczono jako kompletny. Termin wydania biegnie.
done-application-sent-back = Wniosek zwrócono do poprawy.
done-objection-registered = Sprzeciw zapisano.
