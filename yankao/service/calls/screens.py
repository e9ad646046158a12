"""話務中心的畫面 What the desk shows of the call centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.desk import city_board
from yankao.desk.parts import Stat
from yankao.desk.screens import Screens
from yankao.kernel.journal import repair

from . import figures, files, live, pages, wall


def first(user: Any) -> Sequence[dict[str, Any]]:
    """First screen of the supervisor: who waits now, whether the level holds, what could not be read."""
    if not pages.leads(user):
        return []
    board = live.board()
    place = reverse("calls:home")
    level = board.whole.level
    found: list[dict[str, Any]] = [
        {
            "label": _("等候中的來電"),
            "count": board.whole.waiting,
            "url": place,
            "tone": "red" if board.stale else "",
        }
    ]
    if level is not None and level < board.target:
        found.append(
            {
                "label": _("今日服務水準未達目標"),
                "count": pages.percent(level, 1),
                "url": place,
                "tone": "red",
            }
        )
    waiting = repair.waiting("service.calls").count()
    if waiting:
        found.append({
            "label": _("話務紀錄無法讀取"), "count": waiting,
            "url": reverse("desk:office_journal", args=["service.calls"]), "tone": "red",
        })  # fmt: skip
    return found


def city(_user: Any) -> dict[str, list[Stat]]:
    """What the mayor sees of the whole city: calls of the half-year and their service level."""
    figures_told = city_board.of_figures([figures.handled, figures.service_level], timezone.localdate())
    return {"citizens": figures_told}


screens = Screens(opens=pages.opens, works=pages.works, first=first, city=city)

urlpatterns = [
    path("", pages.home, name="home"),
    path("levels/", pages.show_levels, name="levels"),
    path("staffing/", pages.staffing, name="staffing"),
    path("calls/", pages.list_calls, name="list"),
    path("files/", files.files, name="files"),
    path("files/<str:key>/", files.mapping, name="file"),
    re_path(r"^files/(?P<key>\w+)/refused\.(?P<form>csv|ods)$", files.refused_file, name="file_refused"),
    path("wall/", wall.wall, name="wall"),
    path("wall/board", wall.wall_board, name="wall_board"),
    path("kiosks/", pages.kiosks, name="kiosks"),
    path("kiosks/<int:pk>/revoke", pages.revoke_kiosk, name="kiosk_revoke"),
]
public_urlpatterns = [
    path("wall/<str:token>/", wall.kiosk, name="kiosk"),
    path("wall/<str:token>/board", wall.kiosk_board, name="kiosk_board"),
]
