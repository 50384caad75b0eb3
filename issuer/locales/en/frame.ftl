brand = mLegitymacja
skip = Skip to content
simulator = Simulator.
simulator-label = Notice
simulator-text = Nothing that is made here is a document.
language-name = English
sign-out = Sign out
menu = Menu
crumbs = Path
footer = mLegitymacja – a simulator of the mobile school card's life
sandbox-clock = sandbox clock:

nav-today = Today
nav-pupils = Pupils
nav-applications = Applications
nav-photos = Photos
nav-orders = Orders
nav-slips = Slips and hand-over
nav-notices = Notices
nav-school = School

role-principal = principal
role-clerk = office
role-tutor = tutor

sign-in-title = Sign in to the office
sign-in-lead = For the principal, the office and tutors.
sign-in-sandbox = In the sandbox: sp0.sekretariat, sp0.dyrektor or sp0.wychowawca, at the other school zsn.sekretariat and so on; password { $password }.
sign-in-login = Login
sign-in-password = Password
sign-in-button = Sign in
sign-in-wrong = Login or password is wrong. Check both and try again.
sign-in-wait = { $minutes ->
    [one] Too many wrong tries. Try again in a minute.
   *[other] Too many wrong tries. Try again in { $minutes } minutes.
  }
done-signed-out = Signed out.

faults-heading = { $n ->
    [one] One field needs to be corrected
   *[other] { $n } fields need to be corrected
  }

failure-sign-in = Sign in first
failure-sign-in-text = Sign in and try again.
failure-forbidden = Not allowed
failure-forbidden-text = Your role does not allow this. The principal gives rights.
failure-not-found = There is no such page
failure-not-found-text = The address is wrong, or what you look for was removed.
failure-stale-form = The form is no longer valid
failure-stale-form-text = Go back, reload the page and send the form again. Nothing was changed.
failure-unknown-app = The app that asks for this is unknown
failure-unknown-app-text = Close this page and begin the sign-in again in mObywatel Junior. Nothing was passed on.
failure-unreadable = This cannot be read
failure-unreadable-text = The form arrived damaged. Go back and send it again.
failure-too-large = Too large
failure-too-large-text = The file or form that was sent is too large. Nothing was changed.
failure-refused = This cannot be done
failure-unavailable = The database does not answer now
failure-unavailable-text = Nothing was changed. Try again in a moment.
failure-internal = The fault is ours
failure-internal-text = It was logged. Tell the administrator when it happened.
failure-home = Back to the beginning
