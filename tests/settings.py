"""The product's settings with the worked example switched on as one more room."""

from yankao.site.settings import *  # noqa: F403
from yankao.site.settings import INSTALLED_APPS, ROOMS, STORAGES

ROOMS = [*ROOMS, "examples.lost_property"]
INSTALLED_APPS = [*INSTALLED_APPS[:-2], "examples.lost_property", *INSTALLED_APPS[-2:]]
# Tests serve the sources of static files, without collecting and hashing them first.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
