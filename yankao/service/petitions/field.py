"""What the case page shows of the crew's telephone: each report with when and where, and its pictures."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.counter.maps import metres_between
from yankao.desk.jinja import format_time
from yankao.kernel.casework.docket import CaseEvidence
from yankao.kernel.evidence.models import Evidence

from .models import FieldReport, Petition


def shown(petition: Petition, user: Any) -> bool:
    return petition.dispatched_at is not None and petition.field_reports.exists()


def reports(petition: Petition, user: Any) -> dict[str, Any]:
    """Every report of the crews: the step, by whom, the telephone's time and place, what came of it."""
    links = {
        row.evidence_id: reverse("desk:evidence", args=[petition.pk, row.pk])
        for row in CaseEvidence.objects.filter(case_id=petition.pk)
    }
    rows = petition.field_reports.select_related("user", "link", "before", "after")
    return {"rows": [_row(petition, row, links) for row in rows]}


def _row(petition: Petition, row: FieldReport, links: dict[int, str]) -> dict[str, Any]:
    late = (row.received_at - row.said_at).total_seconds() > 120
    return {
        "act": str(row.get_act_display()),
        "who": str(row.link or row.user),
        "said": format_time(row.said_at),
        "received": format_time(row.received_at) if late else "",
        "place": _place(petition, row.longitude, row.latitude, row.within),
        "text": row.text if row.refused else "",
        "refused": row.refused,
        "left_out": row.left_out,
        "pictures": [
            (words, links.get(one.pk, ""), _shot(petition, one))
            for words, one in ((_("施工前"), row.before), (_("施工後"), row.after))
            if one is not None
        ],
    }


def _shot(petition: Petition, one: Evidence) -> str:
    """When and where a picture says it was taken."""
    when = _("%(when)s拍攝") % {"when": format_time(one.taken_at)} if one.taken_at else ""
    place = _place(petition, one.longitude, one.latitude, None)
    return _("、").join(part for part in (when, place) if part)


def _place(petition: Petition, longitude: Any, latitude: Any, within: int | None) -> str:
    """A place in degrees, and how far from where the fault was reported."""
    if longitude is None or latitude is None:
        return ""
    told = f"{latitude:.5f}, {longitude:.5f}"
    if within is not None:
        told = _("%(at)s（誤差%(n)s公尺）") % {"at": told, "n": within}
    if petition.longitude is None or petition.latitude is None:
        return told
    far = metres_between(
        (float(longitude), float(latitude)), (float(petition.longitude), float(petition.latitude))
    )
    return _("%(at)s，距通報位置約%(n)s公尺") % {"at": told, "n": round(far)}
