# Applications and objections
applications-title = Applications
applications-lead = Applications for the mobile school ID, from receipt to decision.
applications-lead-opt-out = The school's rules ask for no applications: every pupil gets the mobile school ID unless there is an objection.
applications-blank = Blank form (PDF)
applications-tabs = Applications by state
applications-all = All ({ $n })
applications-states-received = To be checked
applications-states-sent-back = Sent back
applications-states-no-order = Complete, no order
applications-states-complete = Complete
applications-states-objection = Objections
applications-none = There are no such applications. A new one is registered on the pupil's page.
applications-received = Received

application-state-received = to be checked
application-state-complete = complete
application-state-sent-back = sent back
application-state-objection = objection

applicant-guardian = parent or guardian
applicant-pupil = pupil

application-title = Application
application-new = Register an application
application-new-title = New application
application-no-guardian = The pupil's entry names no parent or guardian who could apply.
application-add-guardian = Add a guardian on the pupil's page
application-applicant = Applicant
application-received-on = Received on
application-minor = A pupil under age may collect the codes (the application says so)
application-save = Save the application
application-print = Print the application (PDF)
application-superseded = A later paper counts: after this one came a new application or an objection.
application-note = Reason
application-collects = Codes are collected by
application-collects-minor = parent, guardian or the pupil, even under age
application-collects-guardian = parent or guardian; the pupil if of age
application-completed-on = Complete since
application-deadline-if = if the application proves complete
application-entered = Registered
application-settled = Decided
application-complete-heading = The application is in order
application-complete-text = The data match, it is signed, and the photo will do. Give the day on which a correct application was there: the time to issue runs from it.
application-complete-button = Mark as complete
application-back-heading = The application must be mended
application-preset = Reason
application-reason-bad-photo = The photo does not meet the rules
application-reason-data-differ = The data do not match
application-reason-no-signature = It is not signed
application-reason-other = Another reason
application-reason-more = What to mend
application-reason-hint = Describe another reason here.
application-back-button = Send back
application-next = What comes next
application-next-order = An order to issue can be placed on this application.
application-object = The applicant has changed their mind: register an objection
application-objection-title = Objection to the application
application-objection-text = The application turns into an objection. Open orders are withdrawn, and no new codes are made for this pupil until there is a new application.
application-objection-devices = { $n ->
    [0] This pupil's mobile school ID is on no device.
    [one] This pupil's mobile school ID is on one device and stays there; if it is to go, revoke it on the pupil's page.
   *[other] This pupil's mobile school ID is on { $n } devices and stays there; if it is to go, revoke it on the pupil's page.
  }

objection-title = Objection
objection-new-title = New objection
objection-new-link = Somebody does not want the mobile school ID for this pupil: register an objection
objection-new-lead = Once it is saved, open orders are withdrawn and nothing new is made for this pupil until somebody applies.
objection-reason = What the objection says
objection-reason-hint = Briefly, in the words of whoever objects.
objection-save = Save the objection
objection-next = The objection stands until there is a new application.

done-application-registered = The application was saved.
done-application-completed = The application was marked complete. The time to issue runs.
done-application-sent-back = The application was sent back.
done-objection-registered = The objection was saved.
