notices-title = Notices
notices-lead = What the school has told pupils and guardians: through the electronic diary, by e-mail and on the portal. Notices never hold codes.
notices-mailbox = Sandbox mail
notices-no-diary = { $n ->
    [one] One notice waits for the electronic diary
   *[other] { $n } notices wait for the electronic diary
  }
notices-no-diary-text = The school has no link to an electronic diary. Once the principal sets it up, the notices are sent.
notices-no-mail = { $n ->
    [one] One notice waits to be sent by e-mail
   *[other] { $n } notices wait to be sent by e-mail
  }
notices-no-mail-text = Sending e-mail is not set up. The administrator of the system does that.
notices-channel = Channel
notices-state = State
notices-any = All
notices-filter = Show
notices-none = There are no such notices.
notices-written = Written
notices-subject = Subject
notices-event = About
notices-pupil = Pupil
notices-recipient = Recipient
notices-tries = Tries
notices-act = Action
notices-error = Last error
notices-next = Next try
notices-handed-over = Handed over
notices-given-up = Given up
notices-erased = data erased
notices-older = Older notices
notices-again = Send again
notices-again-label = Send again: { $subject }
done-notice-again = The notice will be sent in a moment.

notice-text = Text
notice-way = Delivery
notice-again-waiting = The notice is sent at once, and its tries are counted anew.
notice-again-delivered = The notice was handed over already. The recipient will get it a second time.

notice-channel-e-diary = electronic diary
notice-channel-email = e-mail
notice-channel-portal = portal
notice-recipient-e-diary = the accounts of guardians and pupil in the diary
notice-recipient-portal = whoever signs in to the portal
notice-state-queued = waiting
notice-state-delivered = handed over
notice-state-failed = failed
notice-event-card-ready = codes to be collected
notice-event-grant-expiring = codes that expire soon
notice-event-card-revoked = revocation of the mobile card
notice-event-application-sent-back = application sent back
notice-event-photo-refused = photo refused
notice-error-unreachable = The server does not answer, or a secure connection could not be made.
notice-error-timed-out = The server did not answer in time.
notice-error-diary-status = The electronic diary refused it (status { $code }).
notice-error-mail-status = The mail server refused it (status { $code }).
notice-error-address-malformed = The address is malformed. Correct it and send the notice again.
notice-error-address-forbidden = The diary's address leads into an inner network, which is not allowed.
notice-error-secret-unreadable = The signing secret cannot be read. Make a new one in the link to the diary.
notice-error-pupil-erased = The pupil's data were erased.

e-diary-title = Link to the electronic diary
e-diary-lead = Notices are handed to the electronic diary as signed messages. The diary, which knows a pupil's guardians, passes them on.
e-diary-none = The electronic diary is not linked. Notices will wait for it.
e-diary-none-waiting = { $n ->
    [one] The electronic diary is not linked. One notice waits for it.
   *[other] The electronic diary is not linked. { $n } notices wait for it.
  }
e-diary-url = Address at which the diary takes messages
e-diary-url-hint = The diary's provider tells it; it begins with https://.
e-diary-link = Link
e-diary-save = Save the address
e-diary-test = Test message
e-diary-test-text = Sends a message at once that is about no pupil, and shows what the diary answers.
e-diary-test-button = Send a test message
e-diary-test-taken = The electronic diary took the test message.
e-diary-secret = Signing secret
e-diary-secret-text = By the secret the diary knows that a message comes from the school. A new secret replaces the present one at once; until it is entered in the diary, messages are refused and sent again. Cutting the link holds back the diary's notices.
e-diary-secret-button = Make a new secret
e-diary-secret-new = New signing secret
e-diary-secret-once = Hand it to the diary's provider. It is shown only now.
e-diary-cut = Cut the link
e-diary-cut-text = Address and signing secret will be deleted. Further notices for the diary will wait for a new link. Mobile cards stay as they are.
e-diary-cut-waiting = { $n ->
    [0] No notice waits to be sent at present.
    [one] One notice waits to be sent at present.
   *[other] { $n } notices wait to be sent at present.
  }
e-diary-keep = Keep the link
done-e-diary-kept = The address was saved. The signing secret is the same as before.
done-e-diary-cut = The link to the electronic diary was cut.

mailbox-title = Sandbox mail
mailbox-lead = Nothing leaves the sandbox: the school's e-mails end up here.
mailbox-letters = { $n ->
    [0] E-mails: none
    [one] E-mails: one
   *[other] E-mails: { $n }
  }
mailbox-others = { $n ->
    [0] Diary and portal: no notices
    [one] Diary and portal: one notice
   *[other] Diary and portal: { $n } notices
  }
mailbox-others-label = Diary and portal
mailbox-from = From
mailbox-to = To
mailbox-at = When
