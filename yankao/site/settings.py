"""Settings by environment, with safe defaults. Every variable is listed in docs/operations.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from . import gateways
from .database import database
from .keys import kept_secret
from .rooms import ROOMS as ROOMS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("YANKAO_DATA", BASE_DIR / "var")).resolve()
DEMO = os.environ.get("YANKAO_DEMO", "1") == "1"

SECRET_KEY = os.environ.get("YANKAO_SECRET_KEY") or kept_secret(DATA / "keys" / "secret_key")
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
        "people",
        "audit",
        "rules",
        "evidence",
        "jobs",
        "search",
        "casework",
        "suggest",
        "vault",
        "outbox",
        "notice",
        "progress",
        "money",
        "session",
        "figures",
        "review",
        "journal",
        "letters",
    )
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *KERNEL,
    "yankao.desk",
    "yankao.counter",
    "yankao.api",
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
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yankao.site.idle.IdleLogout",
    "yankao.desk.again.KeepTyped",
    "yankao.site.rivals.Rivals",
]
ROOT_URLCONF = "yankao.site.urls"
CSRF_FAILURE_VIEW = "yankao.desk.errors.stale_form"
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
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
            ],
        },
    },
]
TEMPLATE_CACHE = Path(os.environ.get("YANKAO_CACHE", DATA / "cache")).resolve() / "templates"
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "yankao.site.static_files.HashedFiles"},
}

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

# ── Messages to citizens, see gateways.py ────────────────────────────────────────────────────────────
SMS, PUSH = gateways.told()
MESSAGES = gateways.drivers(DEMO, SMS, PUSH)
PUBLIC_URL = os.environ.get("YANKAO_URL", "")
VAULT_KEYS = os.environ.get("YANKAO_VAULT_KEYS", "")
# Boxes citizens write to, see yankao/service/petitions/mail/boxes.py
INTAKE = os.environ.get("YANKAO_INTAKE", "")
INTAKE_PASSWORD = os.environ.get("YANKAO_INTAKE_PASSWORD", "")
INTAKE_ADDRESS = os.environ.get("YANKAO_INTAKE_ADDRESS", "")

# ── Other systems, see yankao/api/open311 and yankao/api/hooks.py ─────────────────────────────────────
OPEN311_JURISDICTIONS = [name for name in os.environ.get("YANKAO_JURISDICTIONS", "").split(",") if name]
OPEN311_CONTACT = os.environ.get("YANKAO_CONTACT", "")
OPEN_DATA_LICENCE = os.environ.get("YANKAO_OPEN_DATA_LICENCE", "https://data.gov.tw/license")
WEBHOOK_HOSTS = [name for name in os.environ.get("YANKAO_WEBHOOK_HOSTS", "").split(",") if name]

# ── AUTH: signing in, see signin.py, lockout.py, idle.py; refusals to start in safety.py ──────────────
AUTHENTICATION_BACKENDS = ["yankao.site.signin.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4: where the password is the only factor
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "name_en", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "yankao.site.signin.AccountAdapter"
ACCOUNT_FORMS = {"login": "yankao.site.signin.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by the administrator
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip"}  # per account: lockout.py
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "yankao 研考"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO  # http://localhost
PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("YANKAO_PROXIES", "0"))
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "yankao_cache"}}

SESSION_ENGINE = "yankao.site.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEMO
LANGUAGE_COOKIE_SAMESITE = "Lax"
IDLE_SECONDS = 60 * int(os.environ.get("YANKAO_IDLE_MINUTES", "30"))
SECURE_SSL_REDIRECT = not DEMO
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by watchers beside the server, which speak plain HTTP

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "yankao": {"handlers": ["stderr"], "level": "INFO"},
        "django": {"handlers": ["stderr"], "level": "WARNING"},
        # Refusals and failures are logged by desk/errors.py, with the number that the page shows.
        "django.request": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
    },
}
