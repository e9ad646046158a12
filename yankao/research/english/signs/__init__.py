"""雙語標示通報 Wrong bilingual signs.

Anybody may report a sign whose English is wrong, missing or differs from the approved name (functional spec
R9): place, what it says, a photograph; no name is asked. The commission checks the report against the
register of names and sends it to the agency that looks after the sign; that agency mends it and shows it.
"""
