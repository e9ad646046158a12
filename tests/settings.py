"""The product's settings with the worked example switched on as one more room."""

from yankao.site.settings import *  # noqa: F403
from yankao.site.settings import INSTALLED_APPS, ROOMS

ROOMS = [*ROOMS, "examples.lost_property"]
INSTALLED_APPS = [*INSTALLED_APPS[:-2], "examples.lost_property", *INSTALLED_APPS[-2:]]
