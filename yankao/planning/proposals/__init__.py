"""施政計畫先期作業 Pre-review of the annual plan.

Every year the agencies propose what next year's plan and budget should hold: public construction, key
administrative plans, instruments. A proposal carries its cost by year and funding source in exact 元, and the
database itself refuses a cost sheet that does not sum to its total. The commission checks the form by the
list of the proposal's kind, reviews in scheduled meetings, scores by weighted criteria, reviews again, ranks,
and decides under the ceiling of each source; a simulator shows beforehand who falls in or out, and why. What
is decided goes to the budget office as a file and into control as an item. Projects that need the centre's
money are reviewed inside the city first and then sent to the ministry.
"""
