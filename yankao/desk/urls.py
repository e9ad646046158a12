"""Addresses of the desk that belong to no room."""

from django.urls import path

from .guide import guide, guide_commands, guide_figure
from .preferences import preferences

app_name = "desk"
urlpatterns = [
    path("preferences", preferences, name="preferences"),
    path("guide", guide, name="guide"),
    path("guide/commands", guide_commands, name="guide_commands"),
    path("guide/figure", guide_figure, name="guide_figure"),
]
