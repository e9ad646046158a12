"""L06 and L04: the lag notice, the monthly bulletin, the notice of the steering meeting."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from yankao.control.programme import letters, steering
from yankao.control.programme.models import Month, Project
from yankao.kernel.letters import issuing
from yankao.kernel.letters.testing import reads_as

GOLDEN = Path(__file__).with_name("golden")
DAY = date(2012, 2, 10)


def behind(month: Month, project: Project) -> None:
    """January as submitted, ten points behind."""
    Month.objects.filter(pk=month.pk).update(
        planned="20.00", actual="10.00", submitted_at=datetime.fromisoformat("2012-02-03T02:00:00+00:00"),
        cause="contractor", reason="出工不足", measure="增派人力", recover_on=date(2012, 4, 30),
    )  # fmt: skip
    Project.objects.filter(pk=project.pk).update(light="red")


def test_an_agency_whose_project_lags_must_improve(cast: Any, project: Project, january: Month) -> None:
    assert issuing.refusal(letters.lag, project, cast.rdec_controller) != ""
    assert not letters.behind(cast.rdec_controller).exists()
    behind(january, project)
    project.refresh_from_db()
    assert list(letters.behind(cast.rdec_controller)) == [project]
    assert issuing.refusal(letters.lag, project, cast.rdec_controller) == ""
    assert "研考會" in issuing.refusal(letters.lag, project, cast.controller)
    text = reads_as(
        GOLDEN / "lag.txt", letters.lag, project, cast.rdec_controller, dated=DAY, until=date(2012, 2, 24)
    )
    assert "落後10.00個百分點" in text


def test_the_bulletin_lists_what_lags_in_a_month(cast: Any, project: Project, january: Month) -> None:
    behind(january, project)
    text = reads_as(
        GOLDEN / "bulletin.txt", letters.bulletin, project.programme, cast.rdec_controller, dated=DAY,
        month=date(2012, 1, 15),
    )  # fmt: skip
    assert "紅燈1案" in text and "10.00" in text
    none = issuing.compose(
        letters.bulletin, project.programme, cast.rdec_controller, {"month": date(2012, 5, 1)}, dated=DAY
    )
    assert "本月無落後計畫" in str(none.blocks)


def test_the_steering_meeting_is_called_by_notice(cast: Any, project: Project) -> None:
    meeting = steering.call_meeting(
        cast.rdec_controller, project.programme, held_on=date(2012, 3, 1), title="第1次督導會報"
    )
    meeting.agenda.create(programme=project.programme, project=project, text="愛河落後檢討", raised_on=DAY)
    reads_as(
        GOLDEN / "steering.txt", letters.steering, meeting, cast.rdec_controller, dated=DAY,
        at=datetime.fromisoformat("2012-03-01T09:30:00+08:00"), place="第一會議室", chair="副市長",
    )  # fmt: skip
    assert not letters.coming(cast.controller).exists()
