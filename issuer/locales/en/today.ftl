today-title = Today
today-find = Find a pupil
today-applications = Applications
today-unchecked = { $n ->
    [one] application to be checked
   *[other] applications to be checked
  }
today-no-order = { $n ->
    [one] complete application without an order
   *[other] complete applications without an order
  }
today-orders = Orders for mobile cards
today-overdue = { $n ->
    [one] pupil past the deadline
   *[other] pupils past the deadline
  }
today-due = { $n ->
    [one] pupil due within 3 days
   *[other] pupils due within 3 days
  }
today-later = { $n ->
    [one] pupil due later, or without a deadline
   *[other] pupils due later, or without a deadline
  }
today-waiting = { $n ->
    [one] pupil waits for a photo or a base card
   *[other] pupils wait for a photo or a base card
  }
today-approval = To be approved
today-not-approved = { $n ->
    [one] order waits for the principal's approval
   *[other] orders wait for the principal's approval
  }
today-slips = Codes on their way
today-locked = { $n ->
    [one] slip locked by five wrong codes
   *[other] slips locked by five wrong codes
  }
today-expiring = { $n ->
    [one] slip expires within 7 days
   *[other] slips expire within 7 days
  }
today-uncollected = { $n ->
    [one] slip not collected
   *[other] slips not collected
  }
today-not-activated = { $n ->
    [one] slip collected, not used yet
   *[other] slips collected, not used yet
  }
today-photos = Photos
today-photos-waiting = { $n ->
    [one] photo to be looked at
   *[other] photos to be looked at
  }
today-photos-refused = { $n ->
    [one] photo refused
   *[other] photos refused
  }
today-cards = Pupils’ cards
today-ends-soon = { $n ->
    [one] base card ends within 60 days
   *[other] base cards end within 60 days
  }
today-expired = { $n ->
    [one] base card has run out
   *[other] base cards have run out
  }
today-no-base-card = { $n ->
    [one] pupil without a base card
   *[other] pupils without a base card
  }
today-no-mobile-card = { $n ->
    [one] pupil without a mobile card
   *[other] pupils without a mobile card
  }
today-none-active = { $n ->
    [one] mobile card that no phone holds
   *[other] mobile cards that no phone holds
  }
today-active = { $n ->
    [one] pupil with an active mobile card
   *[other] pupils with an active mobile card
  }
