pupil-actions = Actions
pupil-reason = Reason
pupil-choose = – choose –
pupil-cancel = Cancel
pupil-save = Save
pupil-what-happens = What will happen
pupil-pager = Pages of the list
pupil-pager-before = ‹ Before
pupil-pager-after = Next ›

pupils-title = Pupils
pupils-search = Search
pupils-search-hint = The beginning of a name, class or PESEL; Polish marks are not needed.
pupils-find = Search
pupils-all-classes = all classes
pupils-cards = Cards and orders
pupils-all-cards = all pupils
pupils-where-no-base-card = without a base card
pupils-where-no-mobile-card = without a mobile card
pupils-where-none-active = mobile card on no phone
pupils-where-active = mobile card active
pupils-where-ends-soon = base card ends within 60 days
pupils-where-expired = base card has run out
pupils-where-order-overdue = order overdue
pupils-where-order-due = order due within 3 days
pupils-where-order-later = order due later, or without a deadline
pupils-where-order-waiting = order waits for a photo or a base card
pupils-count = { $n ->
    [one] { $n } pupil
   *[other] { $n } pupils
  }
pupils-none = There are no such pupils. Change the words or the filters.
pupils-name = Surname and given names
pupils-base = Base card
pupils-mobile = Mobile card
pupils-phones = Phones
pupils-until = until { $day }
pupils-due = order due { $day }
pupils-standing-no-base-card = no base card
pupils-standing-expired = base card run out
pupils-standing-no-mobile-card = not issued
pupils-standing-none-active = not active
pupils-standing-active = active

pupil-enter = Enter a pupil
pupil-new-title = New pupil
pupil-new-button = Enter into the books
pupil-correct = Correct data
pupil-correct-title = Correction: { $name }
pupil-correct-note = When names, PESEL, birth date or address change, phones show the old data until the mobile card is issued again. The pupil’s file will then say which phones these are.
pupil-back = The pupil’s file
pupil-who = Pupil
pupil-surname = Surname
pupil-given-names = Given names
pupil-class = Class
pupil-birth-date = Birth date
pupil-identity = Identity
pupil-pesel = PESEL
pupil-pesel-hint = 11 digits; without a PESEL there is no mobile card.
pupil-other-document = Other identity document
pupil-other-document-hint = Only for a pupil without a PESEL, such as passport AB1234567.
pupil-address = Home address
pupil-street = Street and number
pupil-postal-code = Postal code
pupil-postal-code-hint = Written 00-000
pupil-city = Town
pupil-conflict = What differs
pupil-conflict-text = Somebody else has changed this entry since it was opened. Compare, mend the form below and save it again: then what stands in it holds.
pupil-conflict-field = Field
pupil-conflict-present = In the books now
pupil-conflict-typed = In your form

pupil-data = The pupil’s data
pupil-photo-alt = The pupil’s photo, as on the mobile card
pupil-no-photo = No photo
pupil-photo-add = Add a photo
pupil-photo-change = Change the photo
pupil-age = { $n ->
    [one] { $n } year
   *[other] { $n } years
  }
pupil-of-age = of age
pupil-no-mobile = no mobile card without a PESEL
pupil-guardians = Parents and guardians
pupil-no-guardians = Nobody was entered.
pupil-guardian-enter = Enter a guardian
pupil-guardian-title = New parent or guardian
pupil-guardian-button = Enter the guardian
pupil-guardian-email = E-mail
pupil-guardian-email-hint = Notices go to this address; the field may stay empty.
pupil-guardian-no-email = without an e-mail address
pupil-guardian-remove = Remove the guardian
pupil-guardian-remove-title = Removing a guardian: { $name }
pupil-guardian-remove-who = { $name } will no longer be a guardian of { $pupil }: no applications, no collecting of codes, no notices.
pupil-guardian-remove-closed = The portal account { $login } sees this pupil alone, so it will be closed, and whoever is signed in with it signed out.
pupil-guardian-remove-kept = { $n ->
    [one] The portal account { $login } will no longer show this pupil; it still sees { $n } other child.
   *[other] The portal account { $login } will no longer show this pupil; it still sees { $n } other children.
  }
pupil-guardian-remove-code = The QR code that the portal shows right now will stop working; whoever still has access is shown a new one.
pupil-guardian-remove-no-account = This person has no portal account that sees this pupil.
pupil-guardian-remove-notices = { $n ->
    [0] No e-mail notice is waiting to be sent to this person.
    [one] { $n } e-mail notice that waits to be sent to this person will be struck out.
   *[other] { $n } e-mail notices that wait to be sent to this person will be struck out.
  }
pupil-guardian-remove-applied = This person has applied: the name stays with the application, the e-mail address is erased.
pupil-guardian-remove-erased = The person's name and e-mail address will be erased from the pupil's entry.
pupil-guardian-remove-devices-title = Devices
pupil-guardian-remove-no-devices = The pupil's mobile card is on no device now.
pupil-guardian-remove-devices = { $n ->
    [one] The mobile card stays on { $n } device. The system does not know whose it is: if it is this person's, revoke the card on it.
   *[other] The mobile card stays on { $n } devices. The system does not know whose they are: if one is this person's, revoke the card on it.
  }
pupil-guardian-remove-button = Remove the guardian
pupil-guardian-unknown = a guardian who is no longer in the books

pupil-base-cards = Base cards (paper and plastic)
pupil-no-base-cards = The pupil has no base card yet.
pupil-mobile-cards = Mobile cards
pupil-no-mobile-cards = No mobile card was issued yet.
pupil-applications-orders = Applications and orders
pupil-applications = Applications
pupil-orders = Orders
pupil-no-applications = There are no applications or orders.
pupil-apply = Register an application
pupil-place-order = Place an order
pupil-history = History

pupil-application-received = to be checked
pupil-application-received-on = Received
pupil-application-applicant = Applicant
pupil-application-state = State
pupil-application-by-pupil = the pupil, of age
pupil-application-minor-collects = a minor may collect the codes
pupil-application-complete = complete
pupil-application-sent-back = sent back
pupil-application-objection = objection
pupil-order-placed = Placed
pupil-order-number = For base card
pupil-order-deadline = Last day
pupil-order-state = State
pupil-order-overdue = overdue
pupil-order-waiting = waits for a photo or a base card
pupil-order-ready = ready to be issued
pupil-order-issued = issued
pupil-order-cancelled = withdrawn

pupil-transfer = Transfer to another school
pupil-transfer-title = Transfer to another school
pupil-transfer-what = What will happen when you transfer { $name }
pupil-transfer-base = Base cards of this school will be voided ex officio.
pupil-transfer-orders = Open orders will be withdrawn.
pupil-transfer-file = The file goes to the new school; this office will not see it any more.
pupil-transfer-nowhere = There is no other school in this system. If the pupil goes to a school outside it, void the base card with the reason “moved to another school”.
pupil-transfer-school = New school
pupil-transfer-choose = Choose the school that the pupil goes to.
pupil-transfer-class = Class in the new school
pupil-transfer-button = Transfer the pupil

pupils-import = Import a list
pupil-object = Register an objection
pupil-personal = Personal data
pupil-export = Export all data of the pupil
pupil-erase = Erase the pupil’s data
class-order = Order for the whole class
class-issue = Make slips for the whole class

lose-devices = { $n ->
    [0] No phone holds the mobile card now.
    [one] { $n } phone loses the mobile card, at once and for good.
   *[other] { $n } phones lose the mobile card, at once and for good.
  }
lose-slips = { $n ->
    [0] No codes wait to be used.
    [one] { $n } slip stops working.
   *[other] { $n } slips stop working.
  }

base-number = Card number
base-number-hint = Such as 123/2026. Left empty: the next free number.
base-form = Kind
base-form-paper = paper
base-form-plastic = plastic (e-card)
base-issued = Day of issue
base-until = Valid until
base-until-hint = The last day of validity, included.
base-state = State
base-state-valid = valid
base-state-expired = run out
base-state-voided = voided
base-duplicate = duplicate
base-enter = Enter a base card
base-new-title = New base card
base-new-button = Enter the base card
base-choose-form = Choose the kind of card.
base-choose-reason = Choose a reason.
base-confirm = Confirm
base-confirm-title = Confirmation
base-confirm-lead = Base card { $number } is valid until { $day }. A confirmation (by stamp or hologram) lengthens it by another period.
base-confirm-devices = { $n ->
    [one] { $n } phone holds a mobile card with the old last day. After a confirmation the mobile card is issued again.
   *[other] { $n } phones hold a mobile card with the old last day. After a confirmation the mobile card is issued again.
  }
base-confirm-until = Valid until (included)
base-confirm-until-hint = We propose the end of the present period; the day may be changed.
base-confirm-button = Confirm
base-make-duplicate = Make a duplicate
base-duplicate-title = Duplicate
base-duplicate-what = What will happen to base card { $number }
base-duplicate-void = The present card will be voided.
base-duplicate-again = A mobile card for the duplicate must be ordered and activated anew.
base-duplicate-button = Void and make a duplicate
base-void = Void
base-void-title = Void a base card
base-void-what = What will happen when you void base card { $number }
base-void-good = The card is no longer valid. This cannot be undone.
base-void-duplicate = If the pupil is to get a new one right away, make a duplicate:
base-void-button = Void the base card

void-reason-lost = lost
void-reason-damaged = damaged
void-reason-data-wrong = data wrong or changed
void-reason-moved-school = moved to another school
void-reason-left-school = left or finished school

end-reason-phone-lost = phone lost or stolen
end-reason-phone-damaged = phone damaged or misbehaving
end-reason-identity-stolen = identity stolen
end-reason-service-given-up = service given up
end-reason-data-wrong = data wrong or changed
end-reason-card-void = base card no longer valid
end-reason-moved-school = moved to another school
end-reason-superseded = replaced, or certificates exchanged
end-reason-deleted = deleted from the phone
end-reason-never-released = never issued

card-title = Mobile card of base card { $number }
card-until = valid until { $day }
card-not-carried = the base card that it copies is not valid
card-places = Devices: { $n } of { $m }
card-devices = Devices
card-no-devices = The mobile card was not activated on any device yet.
card-slips = Slips
card-no-slips = No codes were made yet.
card-outdated = { $n ->
    [one] { $n } phone shows old data.
   *[other] { $n } phones show old data.
  }
card-outdated-air = The phone fetches the new mobile card by itself when it is online.
card-outdated-slips = Make new codes for it with the button “New codes” in the table of devices.
card-new-slip = Make new codes
card-history = History of this mobile card
card-revoke = Revoke on all devices
card-revoke-title = Revoke a mobile card
card-revoke-base = The base card stays valid.
card-revoke-again = The mobile card can be issued again, with new codes.
card-revoke-button = { $n ->
    [0] Revoke the mobile card
    [one] Revoke on { $n } device
   *[other] Revoke on { $n } devices
  }
card-choose-reason = Choose why it is revoked.

pupil-device-name = Device
pupil-device-slot = Place
pupil-device-slot-of = { $n } of { $m }
pupil-device-activated = Activated
pupil-device-state = State
pupil-device-outdated = old data
pupil-device-pending = being activated
pupil-device-live = active
pupil-device-revoked = revoked
pupil-device-deleted = deleted from the phone
pupil-device-void = not issued
pupil-device-replace = New codes
pupil-device-replace-title = New codes for a device
pupil-device-replace-slip = A new slip is made; it opens the mobile card on one phone, once.
pupil-device-replace-at-once = For a lost phone or a stolen identity, the device “{ $device }” loses the mobile card at once.
pupil-device-replace-later = Otherwise it loses the card only when the new one is activated, and works until then.
pupil-device-replace-button = Make new codes
pupil-device-revoke = Revoke
pupil-device-revoke-title = Revoke on one device
pupil-device-revoke-others = Other devices and slips stay as they are; the place of this device becomes free.
pupil-device-revoke-button = Revoke on this device

pupil-slip-made = Made
pupil-slip-expires = Valid until
pupil-slip-state = State
pupil-slip-collected = collected
pupil-slip-collected-at = Collected
pupil-slip-ready = not collected
pupil-slip-bound = used
pupil-slip-expired = expired
pupil-slip-locked = locked
pupil-slip-replaced = replaced by a newer one
pupil-slip-cancelled = handed back or withdrawn
pupil-collected-guardian = guardian
pupil-collected-pupil = pupil

classes-title = Classes
classes-none = There are no classes yet. They come with the pupils that are entered.
classes-pupils = Pupils
classes-active = Mobile card active
classes-none-active = not active
classes-no-mobile = not issued
classes-ends-soon = ends within 60 days
classes-expired = run out
classes-no-base = no base card
class-title = Class { $name }
class-confirm = Yearly confirmation
class-confirm-hint = Pupils whose base cards end earlier are ticked. Untick those whose cards you do not confirm.
class-confirm-button = Confirm the ticked ones
class-tick = Confirm
class-tick-one = Confirm the base card of { $name }
class-choose = Tick at least one pupil.
class-confirmed-title = What came of the confirmation
class-confirmed-count = { $n ->
    [0] No base card was confirmed.
    [one] { $n } base card was confirmed.
   *[other] { $n } base cards were confirmed.
  }
class-confirmed-devices-air = { $n ->
    [one] { $n } phone fetches the new mobile card by itself.
   *[other] { $n } phones fetch the new mobile cards by themselves.
  }
class-confirmed-devices-slips = { $n ->
    [one] { $n } phone needs new codes.
   *[other] { $n } phones need new codes.
  }
class-refused-count = { $n ->
    [one] { $n } base card could not be confirmed
   *[other] { $n } base cards could not be confirmed
  }
class-refused-why = Why
class-back = Back to the class

done-pupil-entered = The pupil was entered.
done-pupil-corrected = The data were corrected. If phones show old data, the mobile card says so.
done-pupil-transferred = The pupil was transferred; the cards of this school were voided.
done-guardian-entered = The guardian was entered.
done-guardian-removed = The guardian was removed from the pupil's entry.
done-guardian-gone = This guardian is not here any more: somebody else removed the entry before.
done-base-entered = The base card was entered.
done-base-voided = The base card was voided, and its mobile card is gone from the phones.
done-base-confirmed = The base card was confirmed.
done-base-confirmed-air = The base card was confirmed. The phones fetch the new mobile card by themselves.
done-base-confirmed-slips = The base card was confirmed. Make new codes for the phones with the old last day.
done-card-revoked = The mobile card was revoked on all devices.
done-device-revoked = The mobile card was revoked on this device.
done-class-confirmed = The base cards were confirmed.
done-class-confirmed-air = The base cards were confirmed. The phones fetch the new mobile cards by themselves.
done-class-confirmed-slips = The base cards were confirmed. The phones with the old last day need new codes.

history-empty = Nothing has happened yet.
history-until = until { $day }
history-tries-left = { $n ->
    [0] no tries left
    [one] { $n } try left
   *[other] { $n } tries left
  }
history-slips-cancelled = { $n ->
    [one] { $n } slip cancelled
   *[other] { $n } slips cancelled
  }
doer-program = a program (account { $name })
doer-other-school = another school
doer-portal = portal of pupils and guardians
doer-wallet = phone
doer-system = system

pupil-field-given-names = given names
pupil-field-surname = surname
pupil-field-pesel = PESEL
pupil-field-other-document = other document
pupil-field-birth-date = birth date
pupil-field-address = address
pupil-field-class-name = class

act-pupil-entered = Pupil entered
act-pupil-corrected = Pupil’s data corrected
act-pupil-transferred = Pupil transferred to another school
act-guardian-entered = Guardian entered
act-guardian-removed = Guardian removed
act-application-registered = Application registered
act-application-completed = Application found complete
act-application-sent-back = Application sent back
act-application-objected = Objection noted
act-objection-registered = Objection registered
act-photo-accepted = Photo accepted
act-base-card-entered = Base card entered
act-base-card-confirmed = Base card confirmed
act-base-card-voided = Base card voided
act-order-placed = Mobile card ordered
act-order-ready = Order ready to be issued
act-order-waiting = Order waits for a new base card
act-order-cancelled = Order withdrawn
act-grant-made = Slip made
act-grant-collected = Slip collected
act-grant-cancelled = Slip withdrawn or handed back
act-grant-filed = Slip put into the pupil's file
act-grant-wrong-code = Wrong activation code typed
act-grant-locked = Slip locked after wrong codes
act-device-activated = Mobile card activated on a device
act-device-copies = Copies to be shown were issued to this device
act-device-renewed = Mobile card renewed on a device
act-device-replaced = Device replaced by a new one
act-device-revoked = Mobile card revoked on a device
act-device-deleted = Mobile card deleted from the phone
act-card-revoked = Mobile card revoked
act-certificate-voided = Certificate withdrawn before it was released
act-certificate-orphaned = Certificate revoked that the restored books do not know
act-school-entered = School entered
act-agreement-set = Agreement with the ministry entered
act-agreement-ended = Agreement with the ministry ended
act-profile-set = School’s rules changed
act-staff-entered = Staff account made
act-staff-ended = Staff account closed
act-token-made = API token made
act-token-ended = API token taken back
act-session-begun = Signed in
act-e-diary-cut = E-diary disconnected
act-e-diary-linked = E-diary connected
act-e-diary-moved = E-diary address changed
act-e-diary-secret-renewed = E-diary secret replaced
act-notice-delivered = Notice delivered
act-notice-failed = Notice could not be delivered
act-notice-sent-again = Notice sent again
act-pupil-erased = Pupil's data erased
act-staff-federated = Account linked to a sign-in elsewhere
act-order-approved = Order approved
act-picture-accepted = Photo sent in accepted
act-picture-assigned = Photo sent in assigned to the pupil
act-picture-erased = Photo sent in erased
act-picture-not-accepted = Photo sent in does not meet the rules
act-picture-refused = Photo sent in refused
act-picture-taken = Photo received
act-import-begun = Import of pupils begun
act-import-dropped = Import of pupils dropped
act-import-stopped = Import of pupils stopped
act-import-done = Import of pupils done
act-import-taken-in = Import file read
act-staff-unfederated = Account no longer linked to a sign-in elsewhere
act-staff-password-changed = Password changed
act-staff-password-reset = New password given
act-staff-rights-changed = Rights changed
act-portal-account-entered = Portal account made
act-portal-account-junior-signed-in = Signed in to mObywatel Junior
act-portal-account-junior-replayed = Sign-in to mObywatel Junior was taken back: its code came twice
act-portal-account-joined = Pupil joined to a portal account
act-portal-account-reset = New portal password given
act-pupil-exported = Pupil's data taken out
