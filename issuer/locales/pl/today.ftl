today-title = Na dziś
today-find = Znajdź ucznia
today-applications = Wnioski
today-unchecked = { $n ->
    [one] wniosek do sprawdzenia
    [few] wnioski do sprawdzenia
   *[many] wniosków do sprawdzenia
  }
today-no-order = { $n ->
    [one] kompletny wniosek bez zlecenia
    [few] kompletne wnioski bez zlecenia
   *[many] kompletnych wniosków bez zlecenia
  }
today-orders = Zlecenia wydania mLegitymacji
today-overdue = { $n ->
    [one] uczeń po terminie wydania
    [few] uczniów po terminie wydania
   *[many] uczniów po terminie wydania
  }
today-due = { $n ->
    [one] uczeń, któremu termin mija w ciągu 3 dni
    [few] uczniów, którym termin mija w ciągu 3 dni
   *[many] uczniów, którym termin mija w ciągu 3 dni
  }
today-later = { $n ->
    [one] uczeń z późniejszym terminem lub bez terminu
    [few] uczniów z późniejszym terminem lub bez terminu
   *[many] uczniów z późniejszym terminem lub bez terminu
  }
today-waiting = { $n ->
    [one] uczeń czeka na zdjęcie lub legitymację
    [few] uczniów czeka na zdjęcie lub legitymację
   *[many] uczniów czeka na zdjęcie lub legitymację
  }
today-approval = Do zatwierdzenia
today-not-approved = { $n ->
    [one] zlecenie czeka na zgodę dyrektora
    [few] zlecenia czekają na zgodę dyrektora
   *[many] zleceń czeka na zgodę dyrektora
  }
today-slips = Kody w drodze do uczniów
today-locked = { $n ->
    [one] komplet kodów zablokowany po pięciu błędnych kodach
    [few] komplety kodów zablokowane po pięciu błędnych kodach
   *[many] kompletów kodów zablokowanych po pięciu błędnych kodach
  }
today-expiring = { $n ->
    [one] komplet kodów traci ważność w ciągu 7 dni
    [few] komplety kodów tracą ważność w ciągu 7 dni
   *[many] kompletów kodów traci ważność w ciągu 7 dni
  }
today-uncollected = { $n ->
    [one] komplet kodów nieodebrany
    [few] komplety kodów nieodebrane
   *[many] kompletów kodów nieodebranych
  }
today-not-activated = { $n ->
    [one] komplet odebrany, jeszcze nieużyty
    [few] komplety odebrane, jeszcze nieużyte
   *[many] kompletów odebranych, jeszcze nieużytych
  }
today-photos = Zdjęcia
today-photos-waiting = { $n ->
    [one] zdjęcie czeka na sprawdzenie
    [few] zdjęcia czekają na sprawdzenie
   *[many] zdjęć czeka na sprawdzenie
  }
today-photos-refused = { $n ->
    [one] zdjęcie odrzucone
    [few] zdjęcia odrzucone
   *[many] zdjęć odrzuconych
  }
today-cards = Legitymacje uczniów
today-ends-soon = { $n ->
    [one] legitymacja kończy się w ciągu 60 dni
    [few] legitymacje kończą się w ciągu 60 dni
   *[many] legitymacji kończy się w ciągu 60 dni
  }
today-expired = { $n ->
    [one] legitymacja straciła ważność
    [few] legitymacje straciły ważność
   *[many] legitymacji straciło ważność
  }
today-no-base-card = { $n ->
    [one] uczeń bez legitymacji
    [few] uczniów bez legitymacji
   *[many] uczniów bez legitymacji
  }
today-no-mobile-card = { $n ->
    [one] uczeń bez mLegitymacji
    [few] uczniów bez mLegitymacji
   *[many] uczniów bez mLegitymacji
  }
today-none-active = { $n ->
    [one] mLegitymacja bez aktywnego telefonu
    [few] mLegitymacje bez aktywnego telefonu
   *[many] mLegitymacji bez aktywnego telefonu
  }
today-active = { $n ->
    [one] uczeń z aktywną mLegitymacją
    [few] uczniów z aktywną mLegitymacją
   *[many] uczniów z aktywną mLegitymacją
  }
