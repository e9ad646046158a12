"""Every system of the platform, in the order of the council report; its line here switches a room on."""

ROOMS: list[str] = [
    "yankao.research.papers",
    "yankao.research.subsidies",
    "yankao.research.trips",
    "yankao.research.english",
    "yankao.research.english.badges",
    "yankao.research.english.signs",
    "yankao.planning.proposals",
    "yankao.control.directives",
    "yankao.control.programme",
    "yankao.inspection.quality",
    "yankao.inspection.training",
    "yankao.service.calls",  # before the enquiries, which are linked to its calls
    "yankao.service.enquiries",
    "yankao.service.petitions",
    "yankao.information.hotspots",
]
