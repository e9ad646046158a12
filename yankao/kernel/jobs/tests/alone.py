"""Settings for a worker in a process of its own, on a database file named by JOBS_TEST_DB."""

import os

SECRET_KEY = "test"
USE_TZ = True
TIME_ZONE = "Asia/Taipei"
INSTALLED_APPS = ["yankao.kernel.jobs"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "yankao.kernel.sqlite",
        "NAME": os.environ.get("JOBS_TEST_DB", ""),
        "CONN_MAX_AGE": None,
    }
}
TASKS = {"default": {"BACKEND": "yankao.kernel.jobs.backend.LeasedBackend", "QUEUES": []}}
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
