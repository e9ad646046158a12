"""Signing: author is not approver, a change un-signs with the difference on record, checks hold the
freezing up.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from examples.lost_property.models import Find
from examples.lost_property.process import process
from yankao.kernel.audit.models import Entry
from yankao.kernel.figures.checks import Check
from yankao.kernel.figures.checks import checks as registered
from yankao.kernel.people.testing import Cast
from yankao.report import checks, editions, freezing
from yankao.report.editions import Refused
from yankao.report.models import Edition, Erratum, SignOff

from .conftest import KEY, forget, take_out, to_approved


def test_an_edition_walks_its_states(edition: Edition, cast: Cast) -> None:
    assert edition.state == "drafting"
    editions.submit(edition, cast.rdec_controller, [KEY])
    assert edition.state == "submitted"
    editions.review(edition, cast.rdec_chief, [KEY])
    assert edition.state == "reviewed"
    editions.check(edition, cast.rdec_controller)
    assert edition.state == "checked"
    editions.approve(edition, cast.rdec_commissioner)
    assert edition.state == "approved"
    freezing.freeze(edition, cast.rdec_chief)
    assert edition.state == "frozen"
    editions.deliver(edition, cast.rdec_controller, "高市研發字第11530674800號", timezone.localdate())
    assert edition.state == "delivered"
    editions.correct(edition, cast.rdec_chief, KEY, "文字誤植，更正如下。")
    assert edition.state == "errata"
    edition.refresh_from_db()
    assert (edition.state, Erratum.objects.count()) == ("errata", 1)
    acts = list(Entry.objects.filter(subject="report:115H1:1").order_by("seq").values_list("act", flat=True))
    assert acts == [
        "report." + act
        for act in ("open", "begin", "submit", "review", "check", "approve", "freeze", "deliver", "correct")
    ]


def test_steps_out_of_turn_are_refused_with_a_sentence(edition: Edition, cast: Cast) -> None:
    for step in (
        lambda: editions.review(edition, cast.rdec_chief, [KEY]),
        lambda: editions.check(edition, cast.rdec_controller),
        lambda: editions.approve(edition, cast.rdec_commissioner),
        lambda: freezing.freeze(edition, cast.rdec_chief),
        lambda: editions.deliver(
            edition, cast.rdec_controller, "高市研發字第11530674800號", timezone.localdate()
        ),
        lambda: editions.correct(edition, cast.rdec_chief, KEY, "勘誤"),
        lambda: editions.submit(edition, cast.rdec_controller, ["一(一)"]),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert str(refused.value)


def test_only_the_commission_signs(edition: Edition, cast: Cast) -> None:
    for person in (cast.officer, cast.controller, cast.mayor, cast.councillor, cast.stranger):
        with pytest.raises(Refused):
            editions.submit(edition, person, [KEY])
    editions.submit(edition, cast.rdec_controller, [KEY])
    with pytest.raises(Refused):
        editions.review(edition, cast.rdec_controller, [KEY])


def test_the_author_of_a_section_may_not_pass_or_approve_it(edition: Edition, cast: Cast) -> None:
    editions.submit(edition, cast.rdec_chief, [KEY])
    with pytest.raises(Refused, match="撰寫人"):
        editions.review(edition, cast.rdec_chief, [KEY])
    editions.review(edition, cast.rdec_commissioner, [KEY])
    editions.check(edition, cast.rdec_controller)
    editions.approve(edition, cast.rdec_commissioner)
    assert edition.state == "approved"


def test_a_commissioner_who_wrote_may_not_approve(edition: Edition, cast: Cast) -> None:
    source = editions.draft(edition)["zh-hant"].parts[KEY].source
    editions.save_text(edition, cast.rdec_commissioner, KEY, "zh-hant", source + "<p>併此敘明。</p>")
    editions.submit(edition, cast.rdec_controller, [KEY])
    editions.review(edition, cast.rdec_chief, [KEY])
    editions.check(edition, cast.rdec_controller)
    with pytest.raises(Refused, match="撰寫人"):
        editions.approve(edition, cast.rdec_commissioner)


def test_a_changed_value_unsigns_and_keeps_both_values(
    edition: Edition, cast: Cast, found: list[Find]
) -> None:
    to_approved(edition, cast)
    take_out(found[3], cast)
    broken = editions.broken(edition, editions.draft(edition))
    assert {(one.signature.section, one.signature.step) for one in broken} == {
        (KEY, "submit"),
        (KEY, "review"),
        ("", "check"),
        ("", "approve"),
    }
    with pytest.raises(Refused, match="尚未核定"):
        freezing.freeze(edition, cast.rdec_chief)
    edition.refresh_from_db()
    assert edition.state == "drafting"
    assert SignOff.objects.filter(void_at=None).count() == 0
    entry = Entry.objects.filter(act="report.unsign", subject="report:115H1:1").order_by("seq").first()
    assert entry
    body = json.loads(entry.body)
    assert '"examples.lost_property.noticed", "4"' in body["signed"]
    assert '"examples.lost_property.noticed", "3"' in body["now"]


def test_a_changed_text_unsigns_its_section(edition: Edition, cast: Cast) -> None:
    editions.submit(edition, cast.rdec_controller, [KEY])
    source = editions.draft(edition)["en"].parts[KEY].source
    editions.save_text(edition, cast.rdec_controller, KEY, "en", source.replace("owners", "the owners"))
    assert edition.state == "drafting"
    assert "the owners have" in editions.draft(edition)["en"].parts[KEY].source


def test_another_bookkeeping_of_the_same_value_unsigns_nothing(
    edition: Edition, cast: Cast, found: list[Find]
) -> None:
    editions.submit(edition, cast.rdec_controller, [KEY])
    process.amend(found[0], cast.rdec_controller, reason="地點登錄有誤", place="碼頭")
    assert editions.broken(edition, editions.draft(edition)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<p>公告招領四件。</p>", "須保留"),
        ("{source}<p>另有十二件。</p>", "未經追溯"),
        ("{source}<p>另有3,400件。</p>", "未經追溯"),
        ("{source}<script>alert()</script>", "script"),
        ("{source}<p>{{no.such.figure}}</p>", "no.such.figure"),
        ("{source}<p>{{ config }}</p><img src=x>", "img"),
    ],
)
def test_an_authors_text_keeps_its_figures_and_types_none(
    edition: Edition, cast: Cast, text: str, why: str
) -> None:
    source = editions.draft(edition)["zh-hant"].parts[KEY].source
    given = text.replace("{source}", source).replace("{{no.such.figure}}", "{no.such.figure}")
    with pytest.raises(Refused, match=why):
        editions.save_text(edition, cast.rdec_controller, KEY, "zh-hant", given)
    assert editions.texts_of(edition, "zh-hant") == {}


def test_an_authors_text_is_never_run_as_a_template(edition: Edition, cast: Cast) -> None:
    source = editions.draft(edition)["zh-hant"].parts[KEY].source
    editions.save_text(
        edition, cast.rdec_controller, KEY, "zh-hant", source + "<p>甲{{ period_text }}乙{% x %}</p>"
    )
    assert "甲{{ period_text }}乙{% x %}" in str(editions.draft(edition)["zh-hant"].parts[KEY].blocks)


def test_an_external_number_with_its_source_may_be_typed(edition: Edition, cast: Cast) -> None:
    source = editions.draft(edition)["zh-hant"].parts[KEY].source
    editions.save_text(
        edition, cast.rdec_controller, KEY, "zh-hant", source + "<p>專線{external:1999|行政院核定}。</p>"
    )
    assert editions.draft(edition)["zh-hant"].problems == ()


def test_an_empty_text_brings_back_the_rooms_own(edition: Edition, cast: Cast) -> None:
    source = editions.draft(edition)["zh-hant"].parts[KEY].source
    editions.save_text(edition, cast.rdec_controller, KEY, "zh-hant", source + "<p>併此敘明。</p>")
    editions.save_text(edition, cast.rdec_controller, KEY, "zh-hant", "")
    assert editions.draft(edition)["zh-hant"].parts[KEY].source == source


def test_a_section_is_sent_back_with_a_reason(edition: Edition, cast: Cast) -> None:
    editions.submit(edition, cast.rdec_controller, [KEY])
    with pytest.raises(Refused):
        editions.send_back(edition, cast.rdec_chief, KEY, " ")
    editions.send_back(edition, cast.rdec_chief, KEY, "請補充辦理情形")
    assert edition.state == "drafting"
    assert edition.remarks.get().text == "請補充辦理情形"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A check of a room that finds what the test puts in."""
    found = ["領回多於公告。"]
    monkeypatch.setitem(
        registered, "examples.E99", Check("E99", "examples", "領回不多於公告", lambda period: list(found))
    )
    forget()
    return found


def test_a_failing_check_blocks_until_a_sentence_is_signed(
    edition: Edition, cast: Cast, failing: list[str]
) -> None:
    editions.submit(edition, cast.rdec_controller, [KEY])
    editions.review(edition, cast.rdec_chief, [KEY])
    with pytest.raises(Refused, match="領回多於公告"):
        editions.check(edition, cast.rdec_controller)
    editions.explain(edition, cast.rdec_controller, "examples.E99", "上期公告者於本期領回。")
    editions.check(edition, cast.rdec_controller)
    assert edition.state == "checked"


def test_an_explanation_holds_for_what_was_found_and_nothing_else(
    edition: Edition, cast: Cast, failing: list[str]
) -> None:
    editions.explain(edition, cast.rdec_controller, "examples.E99", "上期公告者於本期領回。")
    assert not next(one for one in checks.run(edition.days, edition) if one.code == "examples.E99").open
    failing.append("另有一筆不符。")
    forget()
    assert next(one for one in checks.run(edition.days, edition) if one.code == "examples.E99").open


def test_a_fault_of_the_text_cannot_be_explained_away(
    edition: Edition, cast: Cast, templates: dict[str, str]
) -> None:
    templates["lost_property/paragraph.html"] = "<p>公告招領12件。</p>"
    with pytest.raises(Refused, match="不得以說明代替"):
        editions.explain(edition, cast.rdec_controller, "text:zh-hant", "就是十二件")


def test_the_letter_to_the_council_needs_its_number(frozen: Edition, cast: Cast) -> None:
    for letter in ("", "第115號", "高市研發字第115號"):
        with pytest.raises(Refused, match="發文字號"):
            editions.deliver(frozen, cast.rdec_controller, letter, timezone.localdate())
    with pytest.raises(Refused, match="送達日"):
        editions.deliver(frozen, cast.rdec_controller, "高市研發字第11530674800號", date(2020, 1, 1))


def test_a_frozen_edition_takes_no_more_text(frozen: Edition, cast: Cast) -> None:
    with pytest.raises(Refused, match="已定稿"):
        editions.save_text(frozen, cast.rdec_controller, KEY, "zh-hant", "")
    with pytest.raises(Refused, match="已定稿"):
        freezing.freeze(frozen, cast.rdec_chief)


def test_cumulative_figures_may_not_fall_without_an_erratum(
    frozen: Edition, cast: Cast, find: Callable[..., Find], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test.utils import override_settings  # noqa: F401

    from yankao.kernel.period import Period
    from yankao.report.models import FrozenFigure

    later = editions.open_edition(cast.rdec_controller, Period.parse("115H2"))
    old = FrozenFigure.objects.get(edition=frozen, figure="examples.lost_property.noticed")
    FrozenFigure.objects.create(
        edition=frozen,
        position=99,
        figure="examples.lost_property.returned_rate[x=y]",
        section=KEY,
        label="甲",
        label_en="a",
        value="9",
        unit="件",
        decimals=0,
        kind="cumulative",
        first=old.first,
        last=old.last,
        as_of=old.as_of,
        records=9,
        digest=old.digest,
        definition="",
        definition_en="",
        version=1,
    )
    monkeypatch.setattr(
        "yankao.report.checks.resolve",
        lambda name: __import__("examples.lost_property.figures", fromlist=["noticed"]).noticed,
    )
    result = next(one for one in checks.run(later.days, later) if one.code == "E22")
    assert result.faults == ("甲由9降為0，上期未勘誤。",)
    editions.deliver(frozen, cast.rdec_controller, "高市研發字第11530674800號", timezone.localdate())
    editions.correct(frozen, cast.rdec_chief, KEY, "更正", figure="examples.lost_property.returned_rate[x=y]")
    assert next(one for one in checks.run(later.days, later) if one.code == "E22").faults == ()
