"""The product's settings with the worked examples switched on as rooms, one of each kind."""

from yankao.site.settings import *  # noqa: F403
from yankao.site.settings import INSTALLED_APPS, ROOMS, STORAGES

EXAMPLES = ["examples.lost_property", "examples.old_trees", "examples.rain_gauges", "examples.fire_drills"]
ROOMS = [*ROOMS, *EXAMPLES]
INSTALLED_APPS = [*INSTALLED_APPS[:-2], *EXAMPLES, *INSTALLED_APPS[-2:]]
# Tests serve the sources of static files, without collecting and hashing them first.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["tests.hashing.LightArgon2"]
