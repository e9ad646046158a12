"""The addresses of the whole house."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("yankao.site.account_urls")),
    path("api/", include("yankao.api.urls")),
    path("", include("yankao.report.urls")),
    path("", include("yankao.desk.room_urls")),
    path("", include("yankao.desk.urls")),
]
