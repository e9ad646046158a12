"""An address book in which everything breaks down, for the page that says so."""

from typing import Any

from django.urls import path

from yankao.site.urls import handler500 as handler500


def fail(_request: Any) -> None:
    raise RuntimeError("the boiler burst")


urlpatterns = [path("", fail)]
