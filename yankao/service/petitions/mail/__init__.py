"""電子郵件收件 Mails that citizens write, from their boxes to cases.

`boxes` fetch them (maildir, mbox, IMAP), `reading` understands one (MIME), `plain` makes text of HTML,
`taking` decides what becomes of it, `pages` show a person what waits for a decision.
"""
