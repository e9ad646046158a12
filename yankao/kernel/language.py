"""In which language this browser is answered: one of the site's, kept in a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import check_for_language

YEAR = 365 * 24 * 3600


def keep_language(request: HttpRequest, response: HttpResponse) -> None:
    """Answer in the language the POST names from now on; one the site does not speak changes nothing."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
