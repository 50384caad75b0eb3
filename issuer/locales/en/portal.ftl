portal-sign-in-sandbox = In the sandbox: zsn.uczen, zsn.rodzic, sp0.uczen or sp0.rodzic; password { $password }.
portal-nav-start = Start
portal-nav-applications = Applications
portal-nav-profile = Profile
portal-nav-photo = Photo
portal-nav-password = Password

portal-kind-pupil = pupil
portal-kind-guardian = parent or guardian

portal-sign-in-title = Sign in to the portal
portal-sign-in-lead = For pupils, parents and guardians. The class tutor hands out login and password.
portal-sign-in-login-hint = From the sheet that the tutor gave you, such as u-1234-5678.
portal-sign-in-wrong = Login and password do not match. Copy both exactly from the sheet and try again.
portal-sign-in-lost = No login, or the password is forgotten? Ask the class tutor.

portal-password-title = Change the password
portal-password-first-title = Choose a password of your own
portal-password-first-lead = The password on the sheet was for the first time. Choose one that only you know.
portal-password-lead = Other browsers are signed out when the password changes.
portal-password-current = Present password
portal-password-new = New password
portal-password-again = New password once more
portal-password-hint = At least { $n } characters. Three or four plain words are good.
portal-password-button = Save the password
portal-password-wrong = This is not the present password. Check it and type it again.
done-portal-password = The password was changed.

portal-authorize-title = Sign in to mObywatel Junior
portal-authorize-not-title = This account is not for mObywatel Junior
portal-authorize-lead = The app asks whether it is you. Once you confirm, you can add your card in it.
portal-authorize-guardian = mObywatel Junior is for pupils, and this is the account of a parent or guardian.
portal-authorize-guardian-how = Add your child's card in the standard mObywatel app: Documents, School card, the QR code of this portal. If your child is signing in, go back to the app, sign out of the portal and sign in with the child's login.
portal-authorize-app = App
portal-authorize-account = Account
portal-authorize-class = class
portal-authorize-sees = What the app will see
portal-authorize-sees-name = Your given name and class, to greet you.
portal-authorize-sees-code = Whether the QR code that you scan is for your card.
portal-authorize-not = It will see neither your password nor your PESEL number or address. The sign-in is valid for an hour and is only for adding the card.
portal-authorize-allow = It is me, sign in to the app
portal-authorize-cancel = Cancel
portal-authorize-back = Back to the app
portal-authorize-warning = If it is not you who is signing in to the app, or a stranger asks you to, choose Cancel.

portal-children-title = My children
portal-children-none = This account sees no pupil of this school now. If that is a mistake, ask the school's office.
portal-class = class { $class }
portal-child-link = What comes next
portal-applications-link = Applications
portal-fetch = The QR code for the mobile card is ready to be fetched.
portal-fetch-link = Show the QR code
portal-slip-link = Where to collect
portal-slip-until = The codes are good until { $until }.
portal-photo-link = Send a photo
portal-photo-not-yours = A parent or guardian sends the photo from their account; it can also be brought to the office.
portal-card-lapsed = The school card ran out on { $day }. Take it to the office: the school confirms it or makes a new one.
portal-card-until = Valid until { $day }.

portal-case-plastic = The pupil has a plastic card
portal-case-paper = The pupil has a paper card
portal-case-lapsed = The pupil's school card has run out
portal-case-none = The pupil has no school card yet

portal-progress-done = done
portal-progress-next = now
portal-progress-later = later

portal-step-application = Application
portal-step-photo = Photo
portal-step-card = School card
portal-step-code = QR code
portal-step-slip = QR code and activation code from the school
portal-step-device = Mobile card on the phone
portal-step-about-application = A parent or guardian applies at the school's office; a pupil of age applies alone.
portal-step-about-photo = Bring a photo to the office or send it from here.
portal-step-about-card = There can be a mobile card once the school card is made.
portal-step-about-code = The school makes the code. When it is ready, there is a green note with a link here.
portal-step-about-slip = The school prints the codes and hands them out at the office against a receipt.
portal-step-about-device = Scan the code in the mObywatel application.

portal-next-objection = Somebody has objected, so no mobile card is issued. Only a new application at the office changes that.
portal-next-photo = A photo is needed first.
portal-next-base-card = There can be a mobile card once the school card is made or confirmed for another period.
portal-next-application = First somebody has to apply at the school's office.
portal-next-order = The school is preparing the mobile card. There is nothing else to do.
portal-next-school = The school cannot issue mobile cards now. Ask at the office.
portal-next-portal-code = The QR code for the mobile card is ready to be fetched.
portal-next-slip-to-be = The school is preparing the QR code and the activation code. Wait for word in the electronic diary.
portal-next-slip-again = The codes made before were used or have run out. Ask the office for new ones.
portal-next-slip = QR code and activation code can be collected at the office.
portal-next-phone = The codes were collected. Scan the QR code in mObywatel and type the activation code.
portal-next-full = The mobile card is on as many devices as it may be. To add another, take it off one of them first.
portal-next-elsewhere = The QR code is shown somewhere else now. Scan it there, or show a new one here.
portal-next-same = The QR code on this page has to be shown anew.
portal-next-refused = The school cannot give out a code now. Ask at the office.
portal-next-not-yours = The pupil is of age and sees the QR code on their own account.

portal-applications-title = Applications
portal-applications-of = Applications – { $name }
portal-live-title = Mobile card in mObywatel
portal-live-counter = { $places ->
    [one] { $n } of { $places } device
   *[other] { $n } of { $places } devices
  }
portal-live-scan = Scan this code in the mObywatel application:
portal-live-alt = QR code for the mobile card. If it cannot be scanned, type the code below in the application.
portal-live-typed = Cannot scan it? Type:
portal-live-until = The code is good until { $until }.
portal-live-left = Left:
portal-live-one = One code adds the card to one device. Once it is used, the next one appears.
portal-live-fresh = Show a new code instead
portal-live-here = Show the code here
portal-live-again = Check
portal-live-no-script = This browser runs no scripts, so the next code does not appear by itself. Reload the page after scanning.
portal-live-not-yours = The pupil is of age and sees the QR code on their own account.
portal-live-news-code = There is a new QR code on the page.
portal-live-news-full = Every place is taken; there is no QR code.
portal-live-news-none = There is no QR code on the page now.

portal-devices-title = Devices
portal-devices-none = The mobile card is on no device yet.
portal-device-nameless = Device without a name
portal-device-since = Added { $at }
portal-device-drop = Remove

portal-slip-where = Where
portal-slip-office = The school's office
portal-slip-when = Codes good until
portal-slip-who = Who collects them
portal-slip-who-guardian = a parent or legal guardian
portal-slip-who-minor = a parent, a legal guardian or the pupil (as the application says)
portal-slip-who-adult = the pupil, being of age
portal-slip-bring = What to bring
portal-slip-bring-text = An identity document; the receipt is signed.

portal-drop-title = Take the card off a device
portal-drop-device = Device
portal-drop-since = Added
portal-drop-what = The mobile card on this device is revoked at once, and that cannot be undone. Its place is free for another device. The paper or plastic card stays as it is.
portal-drop-others = { $n ->
    [0] There are no other devices.
    [one] Nothing changes on { $n } other device.
   *[other] Nothing changes on { $n } other devices.
  }
portal-drop-reason = Why?
portal-drop-reason-missing = Choose a reason, so that the school knows what happened.
portal-drop-reason-service-given-up = The card is no longer needed on this device
portal-drop-reason-phone-lost = The device is lost
portal-drop-reason-phone-damaged = The device is damaged or misbehaves
portal-drop-reason-identity-stolen = A stranger may be using it
portal-drop-button = Take it off this device
portal-drop-keep = Keep it
done-portal-dropped = The card was taken off the device.

portal-guide-pupil = Step by step: pupil
portal-guide-guardian = Step by step: parent or guardian
portal-guide-slip = Step by step
portal-guide-download = Get the mObywatel application from Google Play or the App Store.
portal-guide-junior = Choose mObywatel Junior, the version for children and young people.
portal-guide-sign-in = Sign in with what the school gave you.
portal-guide-pin = Set a PIN that protects the application.
portal-guide-scan = Scan the QR code of your account on the portal, under Applications (on a phone: Profile).
portal-guide-done = Done: the card is added and can be seen in the application.
portal-guide-parent-open = Open your mObywatel application (the standard version).
portal-guide-parent-documents = Go to Documents (Dokumenty).
portal-guide-parent-choose = Choose School card (Legitymacja szkolna) from the list.
portal-guide-parent-scan = Scan the child's QR code (shown after signing in).
portal-guide-parent-done = The child's card is added to the parent's application.
portal-guide-parent-more = With several children, do it for each of them.
portal-guide-slip-collect = Collect the QR code and the activation code at the office. Show them to nobody.
portal-guide-slip-scan = Under School card (Legitymacja szkolna), scan the QR code. If that fails, type the code.
portal-guide-slip-code = Type the activation code of the mobile card.

logins-title = Logins for the portal
logins-of = Logins for the portal – { $name }
logins-of-class = Logins for the portal – class { $class }
logins-lead = Login and first password are printed on a sheet; the password must be changed when it is first used.
logins-class-lead = One sheet for each person. Passwords are seen only once, right after they were made.
logins-back = Pupil
logins-back-list = Logins
logins-pupil = Pupil
logins-guardian = Guardian
logins-guardians = Guardians
logins-login = Login
logins-first = password unchanged
logins-used = in use
logins-none = No login yet.
logins-none-short = none
logins-since = Made { $at }
logins-make = Make a login and show its sheet
logins-reset = Give a new password
logins-candidate = An account with the same e-mail address:
logins-join = Add the child to this account
logins-other-child = The guardian has a login for another child
logins-join-login = The guardian's login at this school
logins-no-guardians = No guardians are entered for this pupil.
logins-not-all-yours = This account also sees a child of another class. The office gives it a new password.
logins-closed = closed
logins-closed-at = Closed { $at }
logins-close = Close the account
logins-reopen = Open it again and show its sheet
logins-leave = Take the child out
logins-changed = Somebody else has just changed this account. Below is how it stands now; do it again if need be.
logins-close-title = Closing the account { $login }
logins-close-what = { $name } will not be able to sign in to the portal, and is signed out at once if signed in now.
logins-close-children = The account sees: { $names }.
logins-close-again = The account can be opened again: the same person then gets a new first password.
logins-close-not-all-yours = This account also sees a child of another class. The office closes it.
logins-close-button = Close the account
logins-end-code = The QR code that the portal shows right now will stop working; whoever still has access is shown a new one.
logins-end-devices = The mobile card stays on the devices that hold it already.
logins-leave-title = Taking a child out of the account { $login }
logins-leave-what = { $name } will no longer see on the portal: { $child }.
logins-leave-others = The account will go on seeing: { $names }.
logins-leave-last = The account sees nobody else, so it will be closed.
logins-leave-guardian = The guardian stays in the pupil's entry and goes on getting notices.
logins-leave-button = Take the child out
logins-for-whom = For whom
logins-choose = Tick for whom to make logins.
logins-pupils-without = { $n ->
    [one] Pupils without a login: { $n } person
   *[other] Pupils without a login: { $n } people
  }
logins-guardians-without = { $n ->
    [one] Guardians without a login: { $n } person
   *[other] Guardians without a login: { $n } people
  }
logins-joined-hint = A guardian who has an account already (the same name and e-mail address) sees this child there too, and gets no sheet.
logins-make-class = Make logins and show the sheets
logins-letters = { $n ->
    [one] { $n } sheet with a login
   *[other] { $n } sheets with logins
  }
logins-print-now = Print now (Ctrl+P): the passwords cannot be shown again. If printing fails, give a new password.
done-logins-once = The logins are made. Passwords were shown only once; give a new one to whoever has no sheet.
done-logins-joined = The child was added to the guardian's account.
done-logins-closed = The account was closed.
done-logins-left = The child was taken out of the guardian's account.

letter-title = Your access to the mobile school card portal
letter-guardian-of = Guardian of: { $names }
letter-address = Address
letter-password = Password for the first time
letter-qr = QR code with the portal's address
letter-step-open = Go to this address, or scan the QR code beside it with the phone's camera.
letter-step-sign-in = Choose Sign in, and type the login and the password on this sheet.
letter-step-password = Choose a password of your own: { $n } characters at least.
letter-step-code = Under Applications (on a phone: Profile) there is the QR code for the mobile card, or word of where to collect it.
letter-secret = Show this sheet to nobody. Once the password is changed, you may destroy it.

portal-photo-title = Photo for the card
portal-photo-hint = A JPG or JPEG file: the photographer's original, or straight from the camera.
portal-photo-send = Send the photo
portal-photo-after = The file is checked against the rules at once. Then the school's office looks at the photo and takes it.
portal-photo-missing = Choose the file with the photo.
portal-photo-full = Three photos wait for the office already. Wait for its decision.
portal-photo-sent = Photos that were sent
portal-photo-state-waiting = waits to be checked
portal-photo-state-accepted = accepted
portal-photo-state-refused = refused
done-portal-photo = The photo meets the rules and was sent. The office looks at it next.

act-portal-account-password-changed = The password for the portal was changed
