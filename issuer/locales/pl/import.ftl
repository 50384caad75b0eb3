import-title = Import uczniów
import-lead = Wpisz wielu uczniów naraz z pliku arkusza. Najpierw plik zostanie tylko sprawdzony: zobaczysz, co jest w nim nie tak, i dopiero potem potwierdzisz wpisanie.
import-file = Plik z uczniami
import-file-hint = CSV (przecinki lub średniki) albo XLSX, najwyżej 5 MB i { $rows } wierszy. Pierwszy wiersz to nagłówki kolumn.
import-send = Sprawdź plik
import-send-hint = Samo sprawdzenie niczego nie wpisuje. Treść pliku usuwamy po wpisaniu, a najpóźniej po 24 godzinach.
import-template = Pobierz wzór (CSV)
import-no-file = Wybierz plik.
import-not-a-table = Tego pliku nie da się odczytać jako tabeli; zapisz go jako CSV albo XLSX.
import-old-excel = To stary format Excela (.xls); zapisz plik jako XLSX albo CSV.
import-too-large = Plik jest za duży; podziel go na mniejsze.
import-too-many-rows = W pliku jest więcej wierszy niż { $n }; podziel go na mniejsze.
import-empty = W pliku nie ma ani jednego ucznia.
import-missing = W pliku brakuje kolumn: { $columns }. Dodaj je albo popraw nagłówki.
import-twice = Kolumna „{ $column }” występuje w pliku więcej niż raz; zostaw jedną.
import-fault-unknown = Tego wiersza nie można przyjąć.
import-last = Ostatnie importy
import-when = Kiedy
import-file-name = Plik
import-state = Stan
import-accepted = Przyjęte
import-rejected = Odrzucone
import-state-preview = do potwierdzenia
import-state-running = w toku
import-state-done = zakończony
import-state-stopped = przerwany
import-state-expired = porzucony
import-columns = Kolumny pliku
import-columns-lead = Kolejność kolumn jest dowolna. Nagłówki mogą być polskie lub angielskie; wielkość liter i znaki diakrytyczne nie mają znaczenia. Uczeń bez numeru PESEL musi mieć wpisany inny dokument.
import-column = Kolumna
import-column-needed = Czy wymagana
import-column-example = Przykład
import-needed = wymagana
import-optional = można pominąć
import-no-example = puste

import-batch-title = Import uczniów z pliku
import-of-file = Plik „{ $name }”, przesłany { $at }.
import-preview-note = To tylko sprawdzenie: nic jeszcze nie zostało wpisane.
import-progress = Sprawdzono i wpisano { $done } z { $total } wierszy
import-running-hint = Możesz zamknąć tę stronę; wpisywanie trwa w tle.
import-refresh = Odśwież
import-done = { $n ->
    [one] Import zakończony: wpisano jednego ucznia.
   *[other] Import zakończony: wpisano uczniów: { $n }.
  }
import-stopped = Import przerwano po { $done } z { $total } wierszy. Wpisani uczniowie pozostali w kartotece; aby wpisać resztę, prześlij plik jeszcze raz – już wpisani zostaną pominięci.
import-expired = Nikt nie potwierdził tego importu na czas albo został odrzucony; treść pliku usunięto.
import-counts = Podsumowanie
import-count-rows = wierszy w pliku
import-count-good = gotowych do wpisania
import-count-entered = wpisanych
import-count-bad = odrzuconych
import-confirm = { $n ->
    [one] Wpisz jednego ucznia
   *[other] Wpisz uczniów: { $n }
  }
import-drop = Odrzuć ten plik
import-stop = Przerwij import
import-download-rejected = Pobierz odrzucone wiersze (CSV)
import-rejected-rows = Odrzucone wiersze
import-rejected-lead = Pobierz je jako plik, popraw i prześlij ponownie. Pozostałe wiersze można wpisać bez nich.
import-row = Wiersz
import-pupil = Uczeń
import-why = Co poprawić
import-more-rejects = { $n ->
    [one] Jeszcze jeden odrzucony wiersz jest w pliku do pobrania.
    [few] Jeszcze { $n } odrzucone wiersze są w pliku do pobrania.
   *[many] Jeszcze { $n } odrzuconych wierszy jest w pliku do pobrania.
  }
import-unread = Kolumny pominięte
import-unread-lead = Tych nagłówków nie znamy; co pod nimi stoi, nie zostanie wpisane:
import-first-rows = Początek pliku
done-import-dropped = Plik odrzucono; nic nie zostało wpisane.
