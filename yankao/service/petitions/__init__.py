"""人民陳情與派工通報 Petitions and dispatch.

What citizens ask of the city comes in by web, telephone, counter, letter, fax, e-mail, a councillor or
Open311 and is a petition, a letter to the mayor's mailbox or a fault for a crew (functional spec S2, B2.5,
B3). It is registered, sorted and assigned to the agency that answers for it; the agency may return it within
its window, and what three agencies will not have the commission decides. Supplements stop the clock,
extensions are asked before it runs out, joint handling has one lead, a merged letter keeps its petitioner's
right to a reply, and nothing is closed without one. Crews go out by hours: survey, safety, repair, each with
its photographs. Who petitions stands in the identity vault.
"""
