"""Line icons drawn for yankao on a 20 × 20 grid, stroke 1.6; decoration only, the word stands beside it."""

from __future__ import annotations

from markupsafe import Markup

_PATHS = {
    "add": "M10 4v12M4 10h12",
    "agenda": "M5 18V3h10l-2 4 2 4H5",
    "alert": "M10 3 2.5 16.5h15zM10 8v4M10 14.4v.2",
    "arrow": "M4 10h12M11 5l5 5-5 5",
    "back": "M16 10H4M9 5l-5 5 5 5",
    "bell": "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8 17.5h4",
    "board": "M3 4h4v12H3zM8.5 4h4v8h-4zM14 4h4v10h-4z",
    "book": "M4 4h5a2 2 0 0 1 1 1 2 2 0 0 1 1-1h5v12h-5a2 2 0 0 0-1 1 2 2 0 0 0-1-1H4zM10 5v12",
    "calendar": "M3.5 5h13v12h-13zM3.5 8.5h13M7 3v3M13 3v3",
    "chart": "M3 17h14M6 14v-4M10 14V5M14 14V8",
    "check": "m4 10.5 4 4 8-9",
    "clip": "m15 9-5.5 5.5a3 3 0 0 1-4.2-4.2l6-6a2 2 0 0 1 2.9 2.9l-6 6a1 1 0 0 1-1.5-1.4L12 6.5",
    "clock": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 6.5V10l2.5 2",
    "close": "m5 5 10 10M15 5 5 15",
    "document": "M5 2.5h7l3 3v12H5zM8 9h4M8 12h4",
    "download": "M10 3v9M6 8.5l4 4 4-4M4 16.5h12",
    "edit": "m4 16 .8-3.4L13.5 4l2.5 2.5L7.4 15.2z",
    "eye": "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
    "filter": "M3 5h14l-5.5 6v5l-3-1.5V11z",
    "flag": "M5 18V3h9l-2 3.5L14 10H5",
    "gear": "M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2"
    "M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4"
    "M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4",
    "help": "M7 7.5A3 3 0 1 1 10.8 10.4Q10 10.8 10 12M10 14.8v.2",
    "history": "M4 10a6 6 0 1 0 2-4.5L4 7.2M4 3.5v3.7h3.7M10 6.8V10l2.2 1.8",
    "inbox": "M3 11h4l1.5 3h3L13 11h4M3 11l2-7h10l2 7v5H3z",
    "language": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM3 10h14M10 3c-4 4.5-4 9.5 0 14M10 3c4 4.5 4 9.5 0 14",
    "link": "M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-1 1"
    "M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l1-1",
    "lock": "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
    "map": "m3 5 5-2 4 2 5-2v12l-5 2-4-2-5 2zM8 3v12M12 5v12",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "message": "M3 4h14v10H9l-4 3v-3H3z",
    "minus": "M4 10h12",
    "people": "M7 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM2.5 16c0-3 2-4.5 4.5-4.5s4.5 1.5 4.5 4.5"
    "M13 5.5a2 2 0 1 1 0 4M13.5 11.5c2.5 0 4 1.5 4 4.5",
    "person": "M10 3.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 17c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5",
    "play": "M6 4v12l10-6z",
    "print": "M6 7V3h8v4M4 7h12v7H4zM6 12h8v5H6z",
    "search": "M9 3a6 6 0 1 1 0 12A6 6 0 0 1 9 3zM13.5 13.5l4 4",
    "sheet": "M3.5 4h13v12h-13zM3.5 8h13M3.5 12h13M8.5 4v12",
    "shield": "M10 2.5 16 5v5c0 4-3 6.5-6 7.5-3-1-6-3.5-6-7.5V5z",
    "sign-out": "M8 4H4v12h4M8 10h9M13.5 6.5 17 10l-3.5 3.5",
    "star": "m10 3 2.2 4.6 5 .7-3.6 3.5.9 5L10 14.4l-4.5 2.4.9-5L2.8 8.3l5-.7z",
    "upload": "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
}
NAMES = frozenset(_PATHS)
_ICONS = {
    name: Markup(  # noqa: S704
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f'<path d="{path}"/></svg>'
    )
    for name, path in _PATHS.items()
}


def icon(name: str) -> Markup:
    """The inline SVG of one icon, hidden from screen readers. An unknown name: KeyError."""
    return _ICONS[name]
