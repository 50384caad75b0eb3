welcome = Welcome
welcome-text = Choose an app. It can be changed by installing anew only.
app-junior = mObywatel Junior
app-junior-text = For children and teenagers. Behind a PIN of six digits.
app-standard = mObywatel
app-standard-text = For parents, guardians and pupils of age. Behind a password.
describe = What phone is this?
describe-name = Name of the phone
describe-platform = System
describe-os = Version of the system
describe-app = Version of the app
describe-do = Change the phone
set-junior = Set a PIN
set-standard = Set a password
set-text-junior = Six digits, but none that are easily guessed, such as 123456 or 000000.
set-text-standard = 8 to 64 characters, among them a small letter, a capital letter and a digit.
pin-junior = PIN
pin-standard = Password
again-junior = PIN again
again-standard = Password again
current-junior = Present PIN
current-standard = Present password
new-junior = New PIN
new-standard = New password
change-junior = Change the PIN
change-standard = Change the password
set-do = Save
pin-fault-length = A PIN has 6 to 12 digits.
pin-fault-six-digits = The PIN has six digits.
pin-fault-not-digits = A PIN is made of digits only.
pin-fault-trivial = This PIN is easily guessed. Choose another one.
pin-fault-password-length = A password has 8 to 64 characters.
pin-fault-password-weak = A password needs a small letter, a capital letter and a digit.
pin-fault-differ = The two differ. Type the same twice.
locked = Phone locked
unlock = Unlock
lock = Lock
lock-wrong = { $n ->
    [one] Not the one. { $n } try is left, then the data are gone.
   *[other] Not the one. { $n } tries are left, then the data are gone.
 }
lock-tries = { $n ->
    [one] { $n } try is left.
   *[other] { $n } tries are left.
 }
lock-malformed-junior = The PIN has six digits. This try does not count.
lock-malformed-standard = The password has at least 8 characters. This try does not count.
lock-wait = Too early for another try. This one does not count.
lock-waits = { $n ->
    [one] Next try in { $n } second.
   *[other] Next try in { $n } seconds.
 }
settings = Settings
settings-app = App
settings-phone = Phone
settings-issuers = Trusted issuers
settings-no-issuer = none yet – the issuer must be in reach
settings-accepted = Accepted texts
settings-none-accepted = None yet.
settings-accepted-at = version { $version }, { $at }
settings-history = What happened
happened-activated = Mobile card added
happened-renewed = Mobile card renewed
happened-refreshed = The issuer confirmed the mobile card
happened-revoked = The issuer revoked the mobile card
happened-superseded = A later card took its place
happened-deleted = Mobile card deleted
happened-presented = Mobile card presented
happened-trusted = Trusted certificate added
happened-distrusted = Trusted certificate removed
happened-terms = Terms of use accepted
happened-privacy = Privacy notice read
sign-in = Sign in
sign-in-text = Use the portal's login and password that your tutor gave you. You can add your own card only.
sign-in-do = To the sign-in
sign-in-note = You sign in on the portal's own page; the app does not learn the password.
