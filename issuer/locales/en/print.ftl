# Sheets of paper
print-simulator = Printed by a simulator. It is no document and gives no rights.
print-slip-title = Codes for the mobile school ID
print-slip-foot = Set no. { $reference } · printed { $at }

print-for = Pupil
print-class = Class
print-valid-until = The codes are valid until (time in Poland)

print-qr-title = Mobile school ID – QR code
print-typed = Code to type instead of scanning
print-typed-hint = If the camera cannot read the QR code, type this code in the app.
print-steps = How to add the mobile school ID to a phone
print-step-start = Start the mObywatel app and log in. The phone must be online.
print-step-add = Choose “add mLegitymacja”.
print-step-information = Read how the mobile school ID is activated.
print-step-terms = Read the terms and accept them.
print-step-privacy = Read the privacy notice.
print-step-camera = Allow the app to use the camera, if the phone asks.
print-step-scan = Scan the QR code on this sheet. If that fails, type the code.
print-step-code = Enter the activation code from the second sheet.
print-step-confirm = Confirm the message; the data of the card are loaded into the app.
print-step-certificate = The certificate that proves that the data are authentic is made by itself.
print-remember = Remember
print-remember-devices = { $n ->
    [one] This set of codes works once, on one phone; the mobile school ID can be on one device only.
   *[other] This set of codes works once, on one phone; for further devices (at most { $n } in all) the school hands out further sets.
  }
print-remember-secret = Show this sheet and the activation code to nobody, and take no photos of them.
print-remember-lost = If the phone or the codes are lost, tell the school's office: the old codes are made void and the school hands out new ones.

print-code-title = Mobile school ID – activation code
print-code = Activation code
print-code-apart = Keep this sheet apart from the sheet with the QR code.
print-code-when = The app asks for this code after the QR code was scanned. Type the eight digits without a blank.
print-code-tries = After five wrong tries the codes are locked; then ask the office for new ones.

print-receipt-title = Receipt
print-receipt-text = I confirm that I have received the one-time QR code and the activation code for the mobile school ID, on two separate sheets.
print-receipt-who = Received by
print-receipt-guardian = parent or legal guardian
print-receipt-adult = pupil of age
print-receipt-minor = pupil under age (the application allows it)
print-receipt-not-minor = The codes must not be handed to the pupil, who is under age: the application does not allow it.
print-receipt-name = Full name of the receiver:
print-receipt-informed = I know that the codes work once, that they must not be shared, and that the loss of codes or phone is to be reported to the school's office.
print-receipt-date-sign = date and signature of the receiver
print-receipt-giver = signature of the member of staff
print-receipt-file = For the school
print-receipt-file-text = The signed receipt stays at school. Codes that were handed back or never collected are not thrown away: they go into the pupil's file.

print-application-title = Application for a mobile school ID
print-application-foot = Application no. { $reference }
print-application-pupil = The pupil
print-application-name = Full name:
print-application-class = Class:
print-application-born = Date of birth:
print-application-pesel = PESEL:
print-application-address = Home address:
print-application-applicant = The applicant
print-application-guardian = parent or legal guardian of the pupil
print-application-adult = pupil of age
print-application-please = The application
print-application-text = I ask for a mobile school ID to go with the school card that this pupil holds.
print-application-photo = I enclose a recent photo of the pupil that meets the rules for photos on documents (for example sent to the school by e-mail).
print-application-minor = I agree that a pupil under age collects the QR code and the activation code.
print-application-true = I declare that data and photo are true. I know that no mobile school ID is issued if the data do not match or the photo is unsuitable.
print-application-privacy = I have read how the school processes personal data.
print-application-place = place and date
print-application-sign = signature of the applicant
print-application-office = Filled in by the school
print-application-received = Received on:
print-application-complete = application complete and correct
print-application-back = sent back to be mended; reason: ......................................................................
