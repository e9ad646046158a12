"""A frozen edition gives the same bytes after anything that happens later; what drifted is listed; damage
is found.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from examples.lost_property.models import Find
from yankao.kernel.people.testing import Cast
from yankao.kernel.period import Period
from yankao.report import api, drift, editions, freezing, keysets
from yankao.report.document.extract import figures_from_html, figures_from_json, figures_from_odt
from yankao.report.document.extract_pdf import figures_from_pdf
from yankao.report.document.package import verify_package
from yankao.report.editions import stored
from yankao.report.models import Edition, FrozenFigure, FrozenOutput, FrozenPart
from yankao.report.readings import Readings

from .conftest import KEY, PERIOD, forget, take_out

LANGUAGES = ("zh-hant", "en")


def outputs(edition: Edition) -> dict[str, str]:
    return {
        f"report.{language}.{form}": sha256(api.render(stored(edition, language), form)).hexdigest()  # type: ignore[arg-type]
        for language in LANGUAGES
        for form in api.FORMATS
    }


def test_freezing_keeps_every_figure_with_its_records(frozen: Edition, found: list[Find]) -> None:
    rows = {one.figure.rpartition(".")[2]: one for one in FrozenFigure.objects.filter(edition=frozen)}
    assert {name: one.value for name, one in rows.items()} == {
        "noticed": "4",
        "returned": "3",
        "returned_rate": "75.0",
    }
    assert all(one.section == KEY for one in rows.values())
    keys = keysets.read(frozen.pk)
    assert keys["examples.lost_property.noticed"] == sorted(str(one.pk) for one in found)
    assert rows["noticed"].records == 4
    parts = set(FrozenPart.objects.filter(edition=frozen).values_list("name", flat=True))
    assert parts == {"model.zh-hant.json", "model.en.json", "rules.json", "revision"}
    assert "examples.lost_property.term" in FrozenPart.objects.get(edition=frozen, name="rules.json").content
    assert freezing.verify(frozen) == []


def test_a_frozen_edition_regenerates_byte_for_byte(
    frozen: Edition, cast: Cast, found: list[Find], find: Callable[..., Find], templates: dict[str, str]
) -> None:
    before = outputs(frozen)
    assert before == dict(
        FrozenOutput.objects.filter(edition=frozen).exclude(name=keysets.NAME).values_list("name", "sha256")
    )
    find(date(2026, 5, 5))
    take_out(found[0], cast)
    templates["lost_property/paragraph.html"] = "<p>改寫。</p>"
    cast.rdec.name = "改名委員會"
    cast.rdec.save()
    assert outputs(frozen) == before
    assert freezing.verify(frozen) == []


def test_all_outputs_hold_the_same_figures(frozen: Edition) -> None:
    for language in LANGUAGES:
        built = stored(frozen, language)  # type: ignore[arg-type]
        told = figures_from_json(api.render(built, "json")).values
        assert told
        assert figures_from_html(api.render(built, "html")).values == told
        assert figures_from_odt(api.render(built, "odt")).values == told
        assert figures_from_pdf(api.render(built, "pdf")).values == told
        assert verify_package(api.render(built, "zip")) == []


def test_drift_lists_late_and_removed_records_with_the_entries_between(
    frozen: Edition, cast: Cast, found: list[Find], find: Callable[..., Find]
) -> None:
    assert drift.drift_of(frozen) == []
    late = find(date(2026, 5, 5))
    take_out(found[0], cast)
    lines = {one.frozen.figure.rpartition(".")[2]: one for one in drift.drift_of(frozen)}
    noticed = lines["noticed"]
    assert (noticed.old, noticed.now) == (4, 4)
    assert noticed.added == (str(late.pk),) == noticed.late
    assert noticed.removed == (str(found[0].pk),)
    assert {entry.case_id for entry in noticed.entries} == {late.pk, found[0].pk}
    assert all(entry.seq > (frozen.ledger_seq or 0) for entry in noticed.entries)
    assert (lines["returned"].old, lines["returned"].now) == (3, 2)
    assert lines["returned_rate"].now == Decimal("50.0")


def test_a_new_edition_tells_of_the_late_records_of_the_one_before(
    frozen: Edition, cast: Cast, find: Callable[..., Find]
) -> None:
    find(date(2026, 5, 5))
    later = editions.open_edition(cast.rdec_controller, Period.parse("115H2"))
    text = str(editions.draft(later)["zh-hant"].parts[KEY].blocks)
    assert "補登" in text
    assert "1筆" in text
    assert "上期更正為" in text
    assert "'5件'" in text
    assert "entered late" in str(editions.draft(later)["en"].parts[KEY].blocks)
    assert editions.draft(later)["zh-hant"].problems == ()


def test_values_of_the_edition_before_stand_with_the_figures(frozen: Edition, cast: Cast) -> None:
    later = editions.open_edition(cast.rdec_controller, Period.parse("115H2"))
    facts = {one.concept: one.previous for one in editions.draft(later)["zh-hant"].facts.records}
    assert facts["examples.lost_property.noticed"] == "4"


@pytest.mark.parametrize("model", [FrozenFigure, FrozenPart, FrozenOutput])
def test_the_database_refuses_to_change_what_is_frozen(frozen: Edition, model: type) -> None:
    row = model.objects.filter(edition=frozen).first()  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(edition=frozen)  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def damage(sql: str, given: list[object]) -> None:
    import conftest as root  # the ground's own way past the triggers

    with root.triggers_off(connection), connection.cursor() as cursor:
        cursor.execute(sql, given)


def test_verify_finds_a_changed_part_a_changed_figure_and_a_changed_file(frozen: Edition) -> None:
    damage("UPDATE report_frozenfigure SET value = '5' WHERE figure = %s", ["examples.lost_property.noticed"])
    assert any("examples.lost_property.noticed" in fault for fault in freezing.verify(frozen, outputs=False))
    damage("UPDATE report_frozenfigure SET value = '4' WHERE figure = %s", ["examples.lost_property.noticed"])
    assert freezing.verify(frozen, outputs=False) == []
    damage("UPDATE report_frozenpart SET content = content || ' ' WHERE name = %s", ["rules.json"])
    assert any("rules.json" in fault for fault in freezing.verify(frozen, outputs=False))
    path = keysets.folder(frozen.pk) / keysets.NAME
    path.write_bytes(path.read_bytes() + b"x")
    assert any("紀錄鍵值檔" in fault for fault in freezing.verify(frozen, outputs=False))
    path.unlink()
    assert any("不見了" in fault for fault in freezing.verify(frozen, outputs=False))


def test_an_edition_that_is_not_frozen_cannot_be_verified(edition: Edition) -> None:
    assert freezing.verify(edition)


def test_a_record_changed_while_freezing_makes_it_read_again(
    edition: Edition, cast: Cast, find: Callable[..., Find], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger moved between reading and writing: nothing is frozen from the older reading."""
    from .conftest import to_approved

    to_approved(edition, cast)
    real, moved = api.render, []

    def render(built: object, form: str) -> bytes:
        if not moved:
            moved.append(find(date(2026, 5, 5)))
        return real(built, form)  # type: ignore[arg-type]

    monkeypatch.setattr(freezing.api, "render", render)
    with pytest.raises(editions.Refused, match="重新核定"):
        freezing.freeze(edition, cast.rdec_chief)
    assert not FrozenFigure.objects.exists()


def test_a_scaled_demonstration_says_so_on_every_output(
    found: list[Find], tmp_path: object, settings: object
) -> None:
    from pathlib import Path

    (Path(settings.DATA) / "demo.json").write_text('{"scale": 0.1}')  # type: ignore[attr-defined]
    built = api.build(PERIOD)
    assert "示範資料縮小比例" in built.report.notice
    assert "示範資料縮小比例".encode() in api.render(built, "html")
    assert "Scaled demonstration" in api.build(PERIOD, "en").report.notice


def test_the_keys_of_a_figure_are_those_it_was_read_with(found: list[Find]) -> None:
    forget()
    from yankao.kernel.figures.declare import resolve

    readings = Readings(PERIOD, keep_keys=True)
    figure = resolve("examples.lost_property.returned_rate")
    assert readings.records(figure, PERIOD)[2] == sorted(str(one.pk) for one in found)


def test_every_night_voids_proves_and_tells_once(
    frozen: Edition, cast: Cast, found: list[Find], find: Callable[..., Find]
) -> None:
    from yankao.kernel.notice.models import Notice
    from yankao.report.tasks import watch_reports

    second = editions.open_edition(cast.rdec_controller, PERIOD)
    editions.begin(second, cast.rdec_controller)
    editions.submit(second, cast.rdec_controller, [KEY])
    assert watch_reports.func() == {"void": 0, "drifted": 0, "faults": 0}
    find(date(2026, 5, 5))
    assert watch_reports.func() == {"void": 1, "drifted": 2, "faults": 0}
    assert watch_reports.func() == {"void": 0, "drifted": 2, "faults": 0}
    told = Notice.objects.filter(user=cast.rdec_chief, kind="report").values_list("text", "link")
    assert sorted(told) == [
        ("施政報告115H1 v1定稿後有紀錄異動。", "/report/115H1/1/drift/"),
        ("施政報告115H1 v2有簽核因內容變更而失效。", "/report/115H1/2/desk/"),
    ]
    second.refresh_from_db()
    assert second.state == "drafting"
