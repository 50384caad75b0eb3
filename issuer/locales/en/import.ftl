import-title = Import of pupils
import-lead = Enter many pupils at once from a spreadsheet file. At first the file is only checked: you see what is wrong with it, and confirm only then.
import-file = File of pupils
import-file-hint = CSV (commas or semicolons) or XLSX, at most 5 MB and { $rows } rows. The first row has the column headings.
import-send = Check the file
import-send-hint = Checking enters nothing. What stands in the file is erased once it is entered, after 24 hours at the latest.
import-template = Download a template (CSV)
import-no-file = Choose a file.
import-not-a-table = This file cannot be read as a table; save it as CSV or XLSX.
import-old-excel = This is the old Excel format (.xls); save the file as XLSX or CSV.
import-too-large = The file is too large; split it into smaller ones.
import-too-many-rows = The file has more rows than { $n }; split it into smaller ones.
import-empty = There is not a single pupil in the file.
import-missing = The file lacks these columns: { $columns }. Add them, or correct the headings.
import-twice = The column “{ $column }” stands in the file more than once; keep one.
import-fault-unknown = This row cannot be accepted.
import-last = Last imports
import-when = When
import-file-name = File
import-state = State
import-accepted = Accepted
import-rejected = Rejected
import-state-preview = to be confirmed
import-state-running = running
import-state-done = finished
import-state-stopped = stopped
import-state-expired = dropped
import-columns = Columns of the file
import-columns-lead = Columns may stand in any order. Headings may be Polish or English; capitals and diacritics do not matter. A pupil without a PESEL needs another document.
import-column = Column
import-column-needed = Needed
import-column-example = Example
import-needed = needed
import-optional = may be left out
import-no-example = empty

import-batch-title = Import of pupils from a file
import-of-file = File “{ $name }”, sent { $at }.
import-preview-note = This is a check only: nothing has been entered yet.
import-progress = { $done } of { $total } rows gone through
import-running-hint = You may close this page; the work goes on in the background.
import-refresh = Refresh
import-done = { $n ->
    [one] Import finished: one pupil entered.
   *[other] Import finished: { $n } pupils entered.
  }
import-stopped = The import was stopped after { $done } of { $total } rows. Pupils who were entered stay; to enter the others, send the file again – those entered already are passed over.
import-expired = Nobody confirmed this import in time, or it was dropped; what stood in the file was erased.
import-counts = Summary
import-count-rows = rows in the file
import-count-good = ready to be entered
import-count-entered = entered
import-count-bad = rejected
import-confirm = { $n ->
    [one] Enter one pupil
   *[other] Enter { $n } pupils
  }
import-drop = Drop this file
import-stop = Stop the import
import-download-rejected = Download rejected rows (CSV)
import-rejected-rows = Rejected rows
import-rejected-lead = Download them as a file, mend them and send them again. The other rows can be entered without them.
import-row = Row
import-pupil = Pupil
import-why = What to mend
import-more-rejects = { $n ->
    [one] One more rejected row stands in the file to download.
    [few] { $n } more rejected rows stand in the file to download.
   *[many] { $n } more rejected rows stand in the file to download.
  }
import-unread = Columns passed over
import-unread-lead = We do not know these headings; what stands below them is not entered:
import-first-rows = Beginning of the file
done-import-dropped = The file was dropped; nothing was entered.
