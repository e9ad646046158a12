"""市政會議裁示列管 City-meeting directives.

What the mayor directs in the weekly city meeting is captured while it is said, one line a directive, with who
answers for it and until when (functional spec C2). Owners report every month before the meeting; whether a
directive is released, goes on or is left to its owner's own control is decided by the meeting alone. Who
disputes being the owner gets the commission's decision within two working days. Action items of every other
room's meetings arrive here by the kernel's event and are told when they are settled.
"""
