"""The face of the docket for the rooms: what their boards, panels and figures read.

Reading only. Cases, clocks and links change through moves, amendments and archives, never from a room's own
code.
"""

from .models import Case, CaseEvidence, Clock, ClockChange, Link, Security

__all__ = ["Case", "CaseEvidence", "Clock", "ClockChange", "Link", "Security"]
