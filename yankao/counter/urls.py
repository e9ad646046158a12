"""Addresses of the counter, below /counter/. What rooms bring besides forms is named `<room>_counter:…`."""

from django.urls import URLPattern, URLResolver, include, path

from . import following, pages, places
from .offers import modules

own: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("push.js", pages.push_script, name="push_script"),
    path("search/", pages.search, name="search"),
    path("follow/", following.follow, name="follow"),
    path("follow/leave/", following.leave, name="leave"),
    path("<slug:journey>/", pages.start, name="start"),
    path("<slug:journey>/check/", pages.check, name="check"),
    path("<slug:journey>/done/", pages.done, name="done"),
    path("<slug:journey>/danger/", pages.danger, name="danger"),
    path("<slug:journey>/discard/", pages.discard, name="discard"),
    path("<slug:journey>/map.svg", places.map_picture, name="map"),
    path("<slug:journey>/<slug:page>/", pages.page, name="page"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *(
        path(f"{label}/", include((module.counter_urlpatterns, f"{label}_counter")))
        for label, module in modules()
        if hasattr(module, "counter_urlpatterns")
    ),
    path("", include((own, "counter"))),
]
