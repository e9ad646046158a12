"""公共區域免費無線上網 Public Wi-Fi hotspots.

The sites of the city's free wireless network and how they are used (functional spec I4.7). An agency
proposes a site, the commission approves it, and it opens with its access points; each is known by the name
its network gives (NAS-Identifier), one site a name at any date. What is used is told by RADIUS accounting:
`detail` files of FreeRADIUS are read as they grow, or packets come straight to `yankao listen`. Accounts are
kept as keyed pseudonyms; a session without its end is closed after the time of the rule; users of a period
are its distinct pseudonyms, never the sum of daily counts.
"""
