"""The product's settings with the worked examples switched on as rooms, one of each kind."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "YANKAO_TEST_DATA" not in os.environ:
    # A folder of the run's own: what an installation in this checkout keeps is neither read nor written.
    _mine, _folder = os.getpid(), tempfile.mkdtemp(prefix="yankao-tests-")
    os.environ["YANKAO_TEST_DATA"] = _folder
    atexit.register(lambda: os.getpid() == _mine and shutil.rmtree(_folder, ignore_errors=True))
os.environ["YANKAO_DATA"] = os.environ["YANKAO_TEST_DATA"]
# Compiled templates are kept from run to run, for all processes of the tests.
os.environ.setdefault("YANKAO_CACHE", str(Path(__file__).resolve().parent.parent / "build"))

from yankao.site.settings import *  # noqa: F403  (Django's way to build settings on others: every name counts)
from yankao.site.settings import INSTALLED_APPS, ROOMS, STORAGES

EXAMPLES = [
    "examples.lost_property", "examples.old_trees", "examples.rain_gauges", "examples.fire_drills",
    "examples.slogans",
]  # fmt: skip
ROOMS = [*ROOMS, *EXAMPLES]
INSTALLED_APPS = [*INSTALLED_APPS[:-2], *EXAMPLES, *INSTALLED_APPS[-2:]]
# Tests serve the sources of static files, without collecting and hashing them first.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["tests.hashing.LightArgon2"]
