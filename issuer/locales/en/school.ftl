school-title = School
school-facts = The school
school-name = Name
school-kind = Kind
school-kind-primary = primary school
school-kind-post-primary = post-primary school
school-kind-other = another institution
school-rights = Status
school-rights-public = public
school-rights-non-public-with-rights = non-public with the rights of public ones
school-rights-non-public = non-public without the rights of public ones
school-term = Cards run
school-term-yearly = to 30 September
school-term-semester = to 31 March or 30 September
school-address = Address
school-rules-now = Rules that hold now
school-more = More
school-more-staff = – who works with the system, and what they may do
school-more-tokens = – access for programs, such as the e-diary
school-more-audit = – who did what, and when
school-e-diary = E-diary
school-more-e-diary = – where notices are sent

confirm-what = What will happen
confirm-back = Back, change nothing

agreement-title = Agreement with the ministry
agreement-holds = in force
agreement-does-not-hold = not in force
agreement-none = no agreement
agreement-number = Number of the agreement
agreement-signed-on = In force from
agreement-ended-on = In force to
agreement-ended-on-hint = Leave empty if no end is known.
agreement-without = Without an agreement in force the school cannot issue mobile cards.
agreement-change = Change the agreement
agreement-lead = The school issues mobile cards under an agreement. Saving a new one takes the place of the former.
agreement-save = Save the agreement
agreement-end = End the agreement
agreement-end-title = Ending the agreement
agreement-end-what = The agreement is over at once: its last day was yesterday. The school issues no mobile card any more, and slips that are out do not work.
agreement-end-cards = Mobile cards that are on phones stay valid: no device loses one. If they are to end, revoke them one by one.
agreement-end-button = End the agreement
done-agreement-set = Agreement saved.
done-agreement-ended = Agreement ended.

rules-title = The school's rules
rules-lead = Every change of the rules has a date and stays in the history. Slips that are out keep the rules under which they were made.
rules-change = Change the rules
rules-history = History of the rules
rules-from = From { $at }
rules-hold = in force
rules-past = past
rules-future = future
rules-new-title = Change of rules
rules-new-lead = Choose the procedure that the school starts from, and write only what is to be different.
rules-preset = Procedure
rules-preset-hint = Each sets all rules; single ones can be changed below.
rules-preset-legacy-2019 = procedure of 2019: one device, codes on paper, on application
rules-preset-zpe-2025 = ZPE procedure of 2025: five devices, QR code on the portal, for everybody
rules-effective-from = From when
rules-effective-from-hint = From the beginning of that day; empty or today means: from now. Never from earlier.
rules-own = The school's own changes
rules-own-hint = An empty field means: as in the procedure.
rules-as-preset = as in the procedure
rules-boxes-hint = Nothing ticked means: as in the procedure.
rules-devices = Devices
rules-devices-hint = On how many phones a pupil may have the card at once, 1 to 20.
rules-devices-text = { $n ->
    [one] one device
    [few] at most { $n } devices
   *[many] at most { $n } devices
  }
rules-activation = Activation
rules-activation-hint = Codes on paper are handed out by the office; the QR code on the portal a pupil opens after signing in.
rules-activation-qr-with-code = QR code and activation code on paper
rules-activation-portal-qr = QR code on the portal, without an activation code
rules-grant-ttl = Codes are good for
rules-grant-ttl-hint = In hours, 1 to 2160 (90 days); 720 hours are 30 days. A QR code on the portal lives for 10 minutes at most.
rules-hours = { $n ->
    [one] one hour
    [few] { $n } hours
   *[many] { $n } hours
  }
rules-ttl-days = { $n } days
rules-basis = Basis of issuing
rules-basis-hint = Whether an application is needed, or no objection is enough.
rules-basis-application = on application
rules-basis-opt-out = for every pupil, unless there is an objection
rules-applicants = Who may apply
rules-applicant-guardian = parent or legal guardian
rules-applicant-pupil = pupil of age
rules-forms = Base cards that may be copied
rules-form-paper = paper
rules-form-plastic = plastic
rules-notify = Notices
rules-channel-e-diary = e-diary
rules-channel-email = e-mail
rules-channel-portal = portal
rules-nobody = none
rules-deadline = Deadline
rules-deadline-hint = In days from a correct application, 1 to 60.
rules-days = { $n ->
    [one] one day from a correct application
   *[other] { $n } days from a correct application
  }
rules-no-deadline = no deadline
rules-approval = Approval of orders
rules-approval-hint = Whether the principal approves each batch of orders before slips are made.
rules-approval-true = by the principal
rules-approval-false = not needed
rules-renewal = After a confirmation
rules-renewal-hint = Where the phone gets the card for another period from.
rules-renewal-new-grant = new codes from the office
rules-renewal-over-the-air = the phone fetches it by itself
rules-oldest = Oldest software
rules-oldest-text = Android { $android }, iOS { $ios }, application { $app }
rules-min-android = Oldest Android
rules-min-ios = Oldest iOS
rules-min-app = Oldest application
rules-save = Save the rules
done-rules-set = Rules saved.

staff-title = Staff
staff-lead = The principal gives and takes rights, by name. A tutor sees their own class alone and may hand out its slips.
staff-new = Add a member of staff
staff-new-title = New member of staff
staff-new-lead = The account works at this school alone. Hand login and password over in person; the member changes the password after signing in.
staff-new-button = Give rights
staff-open = Open accounts
staff-closed = Closed accounts
staff-name = Name
staff-full-name = Given name and surname
staff-login = Login
staff-login-hint = 3 to 64 characters: letters a–z, figures, dot, hyphen, underscore, @.
staff-role = Role
staff-role-hint = A clerk does everything about pupils; a principal also gives rights and changes rules.
staff-class = Class
staff-class-hint = For a tutor only, such as 7b.
staff-since = Since
staff-until = Closed
staff-everywhere = (every school)
staff-password = Password
staff-password-hint = At least 12 characters.
staff-rights = Rights
staff-save = Save rights
staff-reset = New password
staff-reset-lead = When a member of staff has forgotten the password. They are signed out everywhere; their API tokens and their sign-in elsewhere (Profil Zaufany) end.
staff-reset-button = Set a new password
staff-close = Closing the account
staff-close-lead = When a member of staff leaves.
staff-close-link = Close the account…
staff-closed-at = The account was closed on { $at }.
staff-close-title = Closing the account of { $name }
staff-close-what = The member of staff is signed out at once and cannot sign in again. A closed account cannot be opened; a new one is made if need be.
staff-close-tokens = { $n ->
    [0] The account has no live API tokens.
    [one] Its API token stops working too.
   *[other] Its { $n } API tokens stop working too.
  }
staff-close-button = Close the account
done-staff-entered = Rights given.
done-staff-changed = Rights changed.
done-staff-password-reset = New password set.
done-staff-closed = Account closed.

account-title = My account
account-class = class { $class }
account-school = School
account-password = Change of password
account-password-lead = Afterwards you are signed out everywhere else.
account-old = Present password
account-old-wrong = This is not the present password; type it once more.
account-new = New password
account-new-hint = At least 12 characters; several words are best.
account-repeat = New password once more
account-change = Change the password
account-elsewhere = Profil Zaufany
account-elsewhere-link = Signing in by Profil Zaufany
done-password-changed = Password changed.

tokens-title = API tokens
tokens-lead = A token lets a program act on behalf of a member of staff: in their role and at their school alone.
tokens-api = About the API
tokens-new = New token
tokens-name = What it is for
tokens-name-hint = Such as “e-diary”.
tokens-owner = On whose behalf
tokens-owner-hint = The program may do as much as this person.
tokens-make = Make a token
tokens-made = The token is made
tokens-made-text = Copy it now: it is not shown again.
tokens-all = All tokens
tokens-none = There is no token yet.
tokens-since = Made
tokens-state = State
tokens-live = live
tokens-ended = taken back on { $at }
tokens-end = Take back
tokens-end-title = Taking back the token “{ $name }”
tokens-end-what = The program that uses this token loses access at once. The token cannot be brought back.
tokens-end-button = Take the token back
done-token-ended = Token taken back.

audit-title = Audit trail
audit-lead = Every change leaves an entry. The entries form a chain that shows whether anything was removed or changed. Ids stand in it instead of names.
audit-verify = Check the whole chain
audit-whole = { $n ->
    [one] The chain is whole: one entry.
    [few] The chain is whole: { $n } entries.
   *[many] The chain is whole: { $n } entries.
  }
audit-head = Hash of the last entry, to be kept elsewhere:
audit-broken = The chain is broken at entry { $n }.
audit-broken-text = An entry was removed or changed. Keep this database as evidence and tell the administrator.
audit-csv = Download as CSV
audit-jsonl = Download as JSON Lines
audit-search = Search
audit-subject = Id (what it is about)
audit-action = Action
audit-any = all
audit-actor = Who (such as staff:… or wallet)
audit-from = From
audit-until = To
audit-day-wrong = Write a day, such as 2026-09-01.
audit-find = Search
audit-entries = Entries
audit-none = There are no such entries.
audit-position = No.
audit-at = When
audit-who = Who
audit-detail = Details
audit-older = Older entries
audit-pages = Pages
audit-system = system
audit-wallet = phone
audit-token = token “{ $name }” ({ $owner })

export-title = A pupil's data to take out
export-lead = { $name }: all that we keep, in one file.
export-what = The file has the data of pupil and guardians, applications, photos, cards, devices, certificates, notices and the history. Give it to nobody but those entitled. That it was taken out is recorded.
export-button = Download the file (JSON)

erase-title = Erasing a pupil's data
erase-devices = { $n ->
    [0] The pupil has the mobile card on no device.
    [one] The mobile card ends on one device.
   *[other] The mobile card ends on { $n } devices.
  }
erase-orders = { $n ->
    [0] There are no open orders.
    [one] One open order is withdrawn.
    [few] { $n } open orders are withdrawn.
   *[many] { $n } open orders are withdrawn.
  }
erase-base-cards = { $n ->
    [0] There is no valid base card to void.
    [one] The base card is voided; its number is not given again.
   *[other] The base cards are voided ({ $n }); their numbers are not given again.
  }
erase-data = The data of pupil and guardians, the address, photos, notices, and accounts on the portal that nobody else uses are erased.
erase-stays = What stays: serial numbers of revoked certificates (to the end of their validity), and the audit trail, which holds ids only.
erase-for-good = This cannot be undone.
erase-export-first = Download the data as a file first.
erase-reason = Reason of revocation
erase-reason-hint = It is noted at the devices and in the audit trail.
erase-reason-service-given-up = service given up
erase-reason-data-wrong = wrong data
erase-reason-identity-stolen = identity stolen
erase-reason-phone-lost = phone lost
erase-sure = I understand that this pupil's data are erased for good.
erase-not-sure = Tick that the data are to be erased.
erase-button = Erase the pupil's data
done-pupil-erased = The pupil's data were erased.
