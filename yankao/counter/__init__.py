"""櫃檯 The counter: the citizens' own pages, beside the desk and the programming interface.

It gives the frame (`templates/counter/frame.html`), the first page with its search, the engine of forms that
ask one thing at a time (`journey.py`), and the door through which a case is followed without an account.
What there is to bring and to follow, rooms say in their `public.py` (`offers.py`).
"""
