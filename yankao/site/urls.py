"""The addresses of the whole house."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/", include("yankao.desk.urls")),
    path("accounts/", include("yankao.site.account_urls")),
]
