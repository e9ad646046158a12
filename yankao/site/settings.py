"""Settings by environment, with safe defaults. Every variable is listed in docs/operations.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from .database import database
from .rooms import ROOMS as ROOMS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("YANKAO_DATA", BASE_DIR / "var")).resolve()
DEMO = os.environ.get("YANKAO_DEMO", "1") == "1"

SECRET_KEY = os.environ.get("YANKAO_SECRET_KEY", "demo-only")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("YANKAO_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")

USE_TZ = True
TIME_ZONE = "Asia/Taipei"
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "中文"), ("en", "English")]
# Packages that are no Django app (dates, sheets, the command line) have sentences, too.
LOCALE_PATHS = sorted(path for deep in ("*", "*/*") for path in (BASE_DIR / "yankao").glob(f"{deep}/locale"))
USE_THOUSAND_SEPARATOR = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), embedded=DATA / "yankao.sqlite3")}

KERNEL = [
    f"yankao.kernel.{name}"
    for name in (
        "people", "audit", "rules", "evidence", "jobs", "casework", "notice",
        "progress", "review", "register", "session", "figures",
    )
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *KERNEL,
    "yankao.desk",
    *ROOMS,
    "yankao.report",
    "yankao.site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "yankao.site.urls"
WSGI_APPLICATION = "yankao.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "yankao.desk.jinja.environment",
            "context_processors": ["yankao.desk.jinja.page"],
        },
    },
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]
STATIC_URL = "static/"

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.NONCE, CSP.STRICT_DYNAMIC],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "worker-src": [CSP.SELF, "blob:"],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["htmx", "yk"],
}

TASKS = {"default": {"BACKEND": "yankao.kernel.jobs.backend.LeasedBackend", "QUEUES": []}}  # any queue name

DEFAULT_FROM_EMAIL = os.environ.get("YANKAO_MAIL_FROM", "yankao@localhost")
MAILERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": DATA / "mail"},
    }
    if DEMO
    else {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": os.environ.get("YANKAO_SMTP_HOST", "localhost"),
            "port": int(os.environ.get("YANKAO_SMTP_PORT", "25")),
            "username": os.environ.get("YANKAO_SMTP_USER", ""),
            "password": os.environ.get("YANKAO_SMTP_PASSWORD", ""),
            "use_tls": os.environ.get("YANKAO_SMTP_TLS", "0") == "1",
            "timeout": 20,
        },
    }
}
