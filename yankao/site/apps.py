"""The house itself: when Django is ready, every room in use is opened."""

from django.apps import AppConfig
from django.db.models import fields
from django.utils.translation import gettext_lazy


class SiteConfig(AppConfig):
    """Loads the rooms' processes, figures, screens and imports once all models are known."""

    name = "yankao.site"
    label = "yankao_site"

    def ready(self) -> None:
        from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models must be ready first)

        from . import safety  # noqa: F401, PLC0415  (registers its checks)

        fields.BLANK_CHOICE_LABEL = gettext_lazy("請選擇")  # before the rooms' forms; Django's own is English
        rooms()
