"""The product as a WSGI application, for granian (`yankao run`) and gunicorn alike: pages and static
files."""

from __future__ import annotations

import atexit
import gc
import os
from importlib import import_module
from wsgiref.headers import Headers

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yankao.site.settings")

HASHED = r"^.+\.[0-9a-f]{12}\..+$"
"""Files whose name holds their hash never change: browsers keep them for good."""


def _headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _application() -> WhiteNoise:
    pages = get_wsgi_application()
    from django.conf import settings  # noqa: PLC0415  (settings are read once Django is set up)

    served = WhiteNoise(
        pages, max_age=60, immutable_file_test=HASHED, add_headers_function=_headers, allow_all_origins=False
    )
    served.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
    import_module(settings.ROOT_URLCONF)  # the first reader need not wait until all pages are read
    # What was loaded stays: going through it took 80 ms out of a request each time the collector came by.
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end it is taken down in order
    return served


application = _application()
