# Orders, codes, hand-over
issue-column-pupil = Pupil
issue-column-class = Class
issue-column-state = State
issue-column-deadline = Deadline
issue-overdue = overdue
issue-due-soon = soon
issue-choose = – choose –
issue-cancel = Cancel
issue-pager = Pages of the list
issue-pager-before = Previous page
issue-pager-after = Next page
issue-for-pupil = { $name }, class { $class }.

order-state-waiting = waiting
order-state-ready = ready
order-state-issued = issued
order-state-cancelled = withdrawn
order-missing-photo = photo
order-missing-base-card = school card
order-missing-approval = principal's approval

orders-title = Orders to issue
orders-lead = What is to be issued, and by when. The most urgent come first.
orders-tabs = Orders by state
orders-tab-open = To do
orders-tab-waiting = Waiting
orders-tab-ready = Ready
orders-tab-issued = Issued
orders-tab-cancelled = Withdrawn
orders-tab-all = All
orders-none = There are no such orders.
orders-classes = Whole classes
orders-classes-text = Orders for all pupils of a class for whom it is possible, and all their codes in one file.
orders-class-link = Place orders for class { $class }
orders-class-title = Orders for class { $class }
orders-class-count = { $n ->
    [0] There is nobody in this class for whom an order can be placed. Each row says why.
    [one] An order can be placed for one pupil. The other rows say why not.
   *[other] Orders can be placed for { $n } pupils. The other rows say why not.
  }
orders-class-outcome = Order
orders-class-ready = possible, nothing is missing
orders-class-waiting = possible, will wait for photo or card
orders-class-ordered = placed before
orders-class-refused = not possible
orders-class-button = { $n ->
    [one] Place one order
   *[other] Place { $n } orders
  }

order-title = Order to issue
order-of = Order of { $at }
order-waits-for = Waits for
order-placed-at = Placed
order-approved-at = Approved
order-application = Application
order-application-link = Show the application
order-base-card = School card
order-base-card-until = valid until { $day }
order-card = Mobile school ID
order-card-link = Show the mobile card
order-print-heading = Printing the codes
order-print-text = This makes a sheet with the QR code and instructions, a separate sheet with the activation code, and a receipt to sign. The codes can be printed once.
order-print-button = Make the codes and go on to print
order-print-not-yet = The codes can be printed once nothing is missing. Photo and school card are added in the pupil's file.
order-slips = Printed sets
order-new = Place an order
order-new-title = New order to issue
order-new-open = An order for this pupil is on its way already:
order-new-text = The order rests on the newest application (if the school's rules ask for one) and on the present school card. If photo or card are missing, it waits for them by itself.
order-new-approval = The principal must approve it before codes are printed.
order-new-button = Place the order
order-cancel = Withdraw the order
order-cancel-title = Withdraw an order
order-cancel-text = The order for { $name }, class { $class }, is withdrawn. No codes were handed out yet, so no device loses anything.

approve-title = Approve orders
approve-link = To approve: { $n }
approve-lead = Tick the orders that you approve. Only then can the office print the codes.
approve-all = Tick all
approve-tick = I approve
approve-button = Approve those ticked
approve-none-ticked = Tick one order at least.
approve-nothing = Everything is approved.
approve-not-asked = The school's rules do not ask for the principal's approval of orders.
approve-more = These are not all: more appear when these are approved.

portal-heading = Where the QR code is
portal-note = Under the school's rules no codes are printed. Pupil or parent find the QR code on the portal, after signing in, in the section “Aplikacje” (on a phone: “Profil”).

issue-class-link = Print codes for class { $class }
issue-class-title = Codes for class { $class }
issue-class-lead = { $n ->
    [0] No order of this class is ready to print.
    [one] One order is ready to print.
   *[other] { $n } orders are ready to print.
  }
issue-class-none = This class has no open orders.
issue-class-text = This makes one PDF file: three sheets for each pupil, in alphabetical order. It can be fetched once, from this browser, within 10 minutes.
issue-class-button = { $n ->
    [one] Make codes for one pupil
   *[other] Make codes for { $n } pupils
  }

class-slips-title = Codes made for class { $class }
class-slips-link = Codes that were made
class-slips-none = No codes have been made for this class, or none that still count.
class-slips-lead = { $n ->
    [0] No set of codes of this class is unused.
    [one] One set of codes of this class is unused.
   *[other] { $n } sets of codes of this class are unused.
  }
class-slips-used = { $n ->
    [one] One was used: see whether the device is the right one.
   *[other] { $n } were used: see whether the devices are the right ones.
  }
class-slips-heading = Are printed codes missing?
class-slips-text = The sets that are ticked stop working at once, all together, also of those who cannot get new codes at present. New codes and sheets are then made one after the other; if that is broken off, this page shows who has none yet. Devices that have the mobile school ID already lose nothing.
class-slips-hint = Ticked are the sets that still work and were not collected. Tick the others too if they may be in the wrong hands.
class-slips-button = Replace those ticked by new codes
class-slips-choose = Tick at least one set of codes
class-slips-tick = Replace

job-title = Printing codes
job-title-class = Printing codes for class { $class }
job-working = The codes are being made. The page looks again by itself; there is nothing to do.
job-progress = Progress ({ $total } in all)
job-ready = { $n ->
    [one] The codes are ready: one set, three sheets.
   *[other] The codes are ready: { $n } sets of three sheets.
  }
job-ready-once = The file can be fetched once. Print it now, or save it in a safe place and delete it when it is printed.
job-ready-soon = The file waits for 10 minutes. After that the codes have to be replaced by new ones.
job-ready-apart = Put the sheet with the QR code and the sheet with the activation code into separate envelopes.
job-ready-next = When the receipt has been signed, open the pupil's set below and record that it was collected.
job-print = Fetch the PDF to print
job-printed = These codes were fetched for printing already. The server does not keep them, so they cannot be shown a second time.
job-printed-again = Not a second time: these codes were printed already.
job-replace = If the printer jammed or the file is lost, open the pupil's set and choose “Replace by new codes”: the old ones stop working.
job-replace-class = If the printer jammed or the file is lost, replace the sets of the class by new ones: the old codes stop working.
job-spoilt = The codes were made, but the sheets could not be.
job-empty = No set of codes was made.
job-gone = There is no such print any more: 10 minutes have passed, or it was begun in another browser.
job-slips = Codes that were not collected
job-made = Sets that were made
job-refused = Without codes

slips-title = Codes and hand-over
slips-lead = Printed sets: a QR code with its activation code.
slips-only-class = Class { $class } only.
slips-tabs = Sets by state
slips-tab-made = Valid
slips-tab-not-collected = Not collected
slips-tab-collected = Collected, not used
slips-tab-expiring = Expiring
slips-tab-used = Used
slips-tab-expired = Expired
slips-tab-locked = Locked
slips-tab-handed-back = Handed back or withdrawn
slips-tab-filed = In the file
slips-none = There are no such sets.

slip-is-not-collected = not collected
slip-is-collected = collected
slip-is-expiring = expiring
slip-is-used = used
slip-is-expired = expired
slip-is-locked = locked
slip-is-replaced = replaced by a newer one
slip-is-handed-back = handed back or withdrawn
slip-is-filed = in the file

slip-title = Set of codes
slip-reference = Number of the set
slip-made-at = Printed
slip-valid-until = Valid until
slip-tries = Tries left for the activation code
slip-collected-at = Collected
slip-filed-at = In the file since
slip-replaces = In place of the device
slip-device = Activated
slip-newer = Another set was made for this card later.
slip-newer-link = Show it
slip-hand-out-heading = Hand over against a receipt
slip-hand-out-text = Note the hand-over once the receipt is signed.
slip-not-minor = The pupil is under age, and the application does not let them collect the codes. Hand them to a parent or guardian.
slip-hand-out-by = Who collected them
slip-adult-pupil = pupil of age
slip-minor-pupil = pupil under age (the application allows it)
slip-hand-out-on = Day of the hand-over
slip-hand-out-button = Note the hand-over
slip-replace-heading = Did the printer jam?
slip-replace-text = New codes and new sheets are made, and these stop working. Devices that have the mobile school ID already lose nothing.
slip-replace-button = Replace by new codes
slip-end-heading = Codes come back to school
slip-end-text = Codes that were handed back or never collected are not thrown away: they go into the pupil's file.
slip-back-title = Codes were handed back
slip-back-text = This notes that the set that was handed out is back at school.
slip-back-button = Note the return
slip-file-title = Put into the file
slip-file-text = This notes that the set is in the pupil's file.
slip-file-button = Note that it is filed
slip-end-open = The codes stop working. No device loses anything, since these codes were not used yet.
slip-end-dead = These codes do not work any more; no device loses anything.

card-slip-title = New codes for the mobile school ID
card-slip-new = New set of codes for this card
card-slip-places = { $n ->
    [0] The mobile school ID is on no device (at most { $limit }).
    [one] The mobile school ID is on one device (at most { $limit }).
   *[other] The mobile school ID is on { $n } devices (at most { $limit }).
  }
card-slip-no-order = No order was carried out for this card yet, so there is nothing to issue again.
card-slip-device = For which device
card-slip-another = a new place (no device loses anything)
card-slip-instead = in place of: { $name }
card-slip-reason = Reason
card-slip-reason-hint = Only if the new device takes the place of another.
card-slip-reason-phone-lost = phone lost
card-slip-reason-identity-stolen = identity stolen
card-slip-reason-phone-damaged = phone damaged or misbehaving
card-slip-reason-data-wrong = wrong data
card-slip-reason-superseded = new data, for example after a confirmation
card-slip-at-once = the old device loses the card at once
card-slip-later = the old device loses the card when the new one has it
card-slip-no-reason = Choose why one device takes the place of another.
card-slip-text = New codes are made, to be printed once.
card-slip-button = Make the codes and go on to print

done-order-placed = The order was placed.
done-orders-placed = The orders were placed.
done-order-cancelled = The order was withdrawn.
done-orders-approved = The ticked orders were approved.
done-slip-collected = The hand-over was noted.
done-slip-handed-back = The return was noted. The codes do not work; now put them into the file.
done-slip-filed = Noted: the codes are in the pupil's file.
