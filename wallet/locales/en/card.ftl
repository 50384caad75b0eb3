documents = Documents
documents-none = There is no document here yet.
refresh = Check validity
delete = Delete
delete-ask = Delete the card?
delete-text = The card goes from this phone, and the issuer frees its place. Adding it again needs a new code.
delete-do = Delete from the phone
keep = Keep it
slot = Device { $n } of { $of }.
other-cards = Cards on this phone
card-title = Mobile school ID
card-covered = The card is covered while you look elsewhere. A screenshot proves nothing.
portrait = Photograph: { $name }
status-pupil = pupil (uczeń)
card-number = Number
card-issued = Issued
card-valid = Valid until
card-birth = Date of birth
card-age = { $n ->
    [one] { $n } year
   *[other] { $n } years
 }
card-private = Show PESEL and address
card-home = Address
card-school = School
card-mark = Simulator: this is not a document.
card-confirmed = Confirmed by the issuer: { $at }.
drawer = For developers
drawer-close = Close the drawer
drawer-subject = Subject
drawer-serial = Serial number
drawer-not-before = Not before (UTC)
drawer-not-after = Not after (UTC)
drawer-device = Device
drawer-slot = Slot
drawer-activated = Activated (UTC)
drawer-crl = Revocation list
drawer-fingerprint = SHA-256 fingerprint
drawer-chain = Certificate chain
drawer-pem = Certificates (PEM)
drawer-data = Card data (JSON, without the photograph)
drawer-protocol = Last conversation with the issuer ({ $n })
drawer-no-protocol = There was no conversation in this session yet.
standing-valid = Valid
standing-valid-text = The issuer confirms it.
standing-ends-in-days = Valid, ends soon
standing-ends-in-days-text = { $days ->
    [0] Today is the last day. Ask at school to have it extended.
    [one] { $days } day is left. Ask at school to have it extended.
   *[other] { $days } days are left. Ask at school to have it extended.
 }
standing-not-confirmed-since = Valid, but not confirmed
standing-not-confirmed-since-text = The issuer last confirmed it on { $since }. Connect to the network and check.
standing-not-yet-valid = Not valid yet
standing-not-yet-valid-text = It will be valid from { $from }.
standing-expired = Not valid: it has expired
standing-expired-text = It was valid until { $on }. After the school has extended the card, check its validity or ask for a new code.
standing-revoked = Revoked
standing-revoked-text = Since { $since }: { $why } Ask the school office for a new code.
standing-superseded = Replaced
standing-superseded-text = It was replaced on { $since }. Check its validity to fetch the new one; if there is none, ask the school for a new code.
standing-clock-behind = The phone's clock is slow
standing-clock-behind-text = It is at least { $floor }. Set the clock; while it is wrong nothing can be said.
revoked-key-compromise = the phone was reported lost or in other hands.
revoked-affiliation-changed = data or school have changed.
revoked-superseded = a later one took its place.
revoked-cessation-of-operation = it was given up, or the device was removed.
revoked-privilege-withdrawn = the school took it back.
revoked-unspecified = the school gave no reason.
drawer-extensions = Extensions ({ $n })
drawer-critical = critical
