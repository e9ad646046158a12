"""公務出國報告控管 Overseas trip reports.

Whoever travels abroad for the city hands in a report within three months of coming back (functional
spec R8, B1.4, B2.10): two paper copies and a file, with a self-check sheet. The agency reviews it in
fourteen days, corrections take ten, the accepted report is entered in the register by the end of the month
and is public, unless it is withheld on a ground that is named. What the report suggests goes to the agencies
concerned, which answer within a month; the host agency draws the answers together for the commission.
A journey made by several is one report, signed by all of them.
"""
