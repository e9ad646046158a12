"""Every system of the platform, in the order of the council report. A room is switched on by its line here."""

ROOMS: list[str] = []
