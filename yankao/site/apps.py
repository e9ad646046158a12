"""The house itself: when Django is ready, every room in use is opened."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Loads the rooms' processes, figures, screens and imports once all models are known."""

    name = "yankao.site"
    label = "yankao_site"

    def ready(self) -> None:
        from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models must be ready first)

        from . import safety  # noqa: F401, PLC0415  (registers its checks)

        rooms()
