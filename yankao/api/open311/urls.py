"""Addresses of Open311, mounted at `/open311/`."""

from django.urls import URLPattern, URLResolver, path, re_path

from . import views

app_name = "open311"

urlpatterns: list[URLPattern | URLResolver] = [
    path("discovery.<str:form>", views.discovery, name="discovery"),
    path("v2/discovery.<str:form>", views.discovery),
    path("v2/services.<str:form>", views.services, name="services"),
    re_path(r"^v2/services/(?P<code>[^/]+)\.(?P<form>[a-z]+)$", views.definition, name="definition"),
    path("v2/requests.<str:form>", views.requests, name="requests"),
    re_path(r"^v2/requests/(?P<number>[^/]+)\.(?P<form>[a-z]+)$", views.request_one, name="request"),
    re_path(r"^v2/tokens/(?P<token>[^/]+)\.(?P<form>[a-z]+)$", views.token, name="token"),
    path("v2/servicerequestupdates.<str:form>", views.updates, name="updates"),
    re_path(".*", views.nothing),
]
