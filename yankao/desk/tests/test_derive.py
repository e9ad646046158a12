"""Forms and schemas read off asks: types, rows of inputs, files that outlive a refusal."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.lost_property.models import Find
from examples.lost_property.process import give_back, give_notice, process
from yankao.desk.derive import AskForm, Asking, ask_of_column, field_of, form_of, needs_rows, schema_of
from yankao.desk.inputs import FEW, SearchField, SearchRowsField
from yankao.kernel.casework.asks import LONG, PERSONAL, Accept, Among, Chosen, Label, asks_of
from yankao.kernel.casework.process import processes
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, District
from yankao.kernel.rooms import rooms

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Few(TextChoices):
    RED = "red", "紅"
    BLUE = "blue", "藍"


Many = TextChoices("Many", {f"M{n}": (f"m{n}", f"第{n}") for n in range(9)})


@dataclass
class Line:
    name: Annotated[str, Label("項目")]
    weight: Annotated[Decimal, Label("權重")]
    until: date | None = None


def asks(body):
    return asks_of(body)


def posted(**values):
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def form(body, data=None, files=None, user=None, **more):
    return AskForm(asks(body), Asking(Find, user), data, files, **more)


def answers(body, **values):
    made = form(body, posted(**values))
    assert made.is_valid(), made.faults
    return made.given()


def test_each_type_is_read_as_an_official_writes_it():
    def body(
        record, *, name: str, words: Annotated[str, LONG], number: int, share: Decimal, sure: bool, on: date,
        at: datetime, few: Few, many: Many,
    ) -> None: ...  # fmt: skip

    given = answers(
        body, name=" 王 ", words="一\r\n二", number="１，２３４", share="12.5%", sure="on", on="101年3月5日",
        at="101/3/5 14:30", few="red", many="m7",
    )  # fmt: skip
    assert given == {
        "name": "王", "words": "一\n二", "number": 1234,
        "share": Decimal("12.5"), "sure": True, "on": date(2012, 3, 5),
        "at": datetime(2012, 3, 5, 6, 30, tzinfo=UTC), "few": Few.RED, "many": Many.M7,
    }  # fmt: skip
    made = form(body)
    kinds = {part.bound.name: part.bound.widget_type for part in made.parts}
    assert kinds == {
        "name": "text", "words": "textarea", "number": "number", "share": "number", "sure": "checkbox",
        "on": "rocdate", "at": "rocmoment", "few": "radioselect", "many": "select",
    }  # fmt: skip


def test_what_is_left_empty_takes_the_default_of_the_move():
    def body(
        record, *, note: str = "", kind: Few | None = None, paid: Decimal = Decimal(0), on: date | None = None
    ) -> None: ...

    assert answers(body) == {}
    assert form(body).fields["paid"].initial == Decimal(0)


def test_what_must_be_given_is_asked_for_with_its_name_and_place():
    def body(record, *, name: Annotated[str, Label("領回人"), PERSONAL], few: Few) -> None: ...

    made = form(body, posted())
    assert not made.is_valid()
    assert [anchor for anchor, _text in made.faults] == ["id_name", "id_few_0"]
    assert made.faults[0][1].startswith("領回人：")


def test_the_label_and_the_length_come_from_the_record(db, cast):
    find = process.open(cast.officer, title="x", agency=cast.water, place="x", found_on=date(2012, 3, 1))
    made = form_of(give_notice, find, cast.officer)
    assert str(made.fields["noticed_on"].label) == "招領公告日"
    opening = AskForm({"place": ask_of_column(Find._meta.get_field("place"))}, Asking(Find, cast.officer),
                      posted(place="x" * 121))  # fmt: skip
    assert not opening.is_valid()


def test_money_is_taken_in_words_where_the_column_holds_money():

    from yankao.desk.fields import MoneyField
    from yankao.kernel.casework.asks import Ask
    from yankao.kernel.casework.models import money

    column = money("預算")
    column.set_attributes_from_name("budget")
    ask = ask_of_column(column)
    assert isinstance(ask, Ask)
    assert ask.type is Decimal
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("yankao.desk.derive.column_of", lambda *given, **more: column)
        field = field_of(ask, Asking(Find, None))
    assert isinstance(field, MoneyField)
    assert field.clean("34億6553萬1000元") == Decimal(3465531000)


def test_rows_are_chosen_from_those_the_move_names(db, cast):
    def body(
        record, *, agency: Annotated[Agency, Among(lambda record, user: Agency.objects.filter(pk=user.pk))]
    ): ...

    class Asked:
        pk = cast.works.pk

    made = AskForm(asks(body), Asking(Find, Asked()), posted(agency=str(cast.works.pk)))
    assert made.is_valid()
    assert made.given() == {"agency": cast.works}
    other = AskForm(asks(body), Asking(Find, Asked()), posted(agency=str(cast.water.pk)))
    assert not other.is_valid()


def test_many_rows_are_found_by_typing_their_name_or_code(db, cast):
    for number in range(FEW + 2):
        District.objects.create(code=f"X{number:03}", name=f"第{number}區")

    def body(record, *, district: District) -> None: ...

    made = AskForm(asks(body), Asking(Find, cast.officer), posted(district="第7區"))
    assert isinstance(made.fields["district"], SearchField)
    assert made.is_valid()
    assert made.given()["district"].code == "X007"
    assert AskForm(asks(body), Asking(Find, cast.officer), posted(district="X009")).is_valid()
    wrong = AskForm(asks(body), Asking(Find, cast.officer), posted(district="火星區"))
    assert not wrong.is_valid()
    assert "找不到「火星區」" in wrong.faults[0][1]
    assert 'value="火星區"' in str(wrong["district"])
    assert "<datalist" in str(wrong["district"])


def test_several_of_many_rows_are_found_by_typing_one_a_box(db, cast):
    for number in range(FEW + 2):
        District.objects.create(code=f"X{number:03}", name=f"第{number}區")

    def body(record, *, districts: Annotated[list[District], Chosen, Label("行政區")]) -> None: ...

    made = AskForm(asks(body), Asking(Find, cast.officer), posted(districts=["第7區", "", "X009", "第7區"]))
    assert isinstance(made.fields["districts"], SearchRowsField)
    assert made.is_valid()
    assert [one.code for one in made.given()["districts"]] == ["X007", "X009"]
    wrong = AskForm(asks(body), Asking(Find, cast.officer), posted(districts=["第7區", "火星區"]))
    assert not wrong.is_valid()
    assert "找不到「火星區」" in wrong.faults[0][1]
    shown = str(wrong["districts"])
    assert 'value="第7區"' in shown and 'value="火星區"' in shown  # nothing typed is lost
    assert shown.count("<input") == 4 and shown.count("<datalist") == 1
    nothing = AskForm(asks(body), Asking(Find, cast.officer), posted(districts=[""]))
    assert not nothing.is_valid()


# ── Rows of inputs ──────────────────────────────────────────────────────────────────────────────────


def plan(record, *, lines: Annotated[list[Line], Label("工作項目")], note: str = "") -> None: ...


def table(*rows, **more):
    data = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0", **more}
    for number, (name, weight, until) in enumerate(rows):
        data |= {
            f"lines-{number}-name": name,
            f"lines-{number}-weight": weight,
            f"lines-{number}-until": until,
        }
    return posted(**data)


def test_a_table_of_inputs_gives_its_rows_and_passes_over_empty_ones():
    made = form(plan, table(("路基", "40", "101/3/5"), ("", "", ""), ("路面", "60", "")))
    assert made.is_valid(), made.faults
    assert made.given()["lines"] == [
        Line("路基", Decimal(40), date(2012, 3, 5)),
        Line("路面", Decimal(60), None),
    ]


def test_a_fault_in_a_table_names_the_row_and_keeps_every_cell():
    made = form(plan, table(("路基", "四十", ""), ("", "60", "")))
    assert not made.is_valid()
    told = dict(made.faults)
    assert "工作項目第1列：權重" in told["id_lines-0-weight"]
    assert "工作項目第2列：項目" in told["id_lines-1-name"]
    assert 'value="四十"' in str(made.tables["lines"].forms[0]["weight"])


def test_a_table_that_must_not_be_empty_says_so():
    made = form(plan, table(("", "", "")))
    assert not made.is_valid()
    assert made.faults == [("lines-table", "工作項目：請至少填一列。")]


def test_one_more_row_is_given_without_a_word_of_what_is_still_missing():
    made = form(plan, table(("路基", "四十", ""), note="x"), more="lines")
    made.forgive()
    assert made.faults == []
    assert len(made.tables["lines"].forms) == 2
    assert 'value="四十"' in str(made.tables["lines"].forms[0]["weight"])
    assert 'value="x"' in str(made["note"])


def test_what_the_move_finds_lands_at_the_table_or_field_it_names():
    made = form(plan, table(("路基", "40", "")))
    assert made.is_valid()
    made.blame(ValidationError({"lines": "權重合計40%，應為100%。", "note": "不可空白", "place": "太長"}))
    assert ("lines-table", "工作項目：權重合計40%，應為100%。") in made.faults
    assert ("id_note", "note：不可空白") in made.faults
    assert ("", "拾得地點：太長") in made.faults


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
            st.decimals(0, 100, places=2),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_every_row_that_is_typed_comes_through_in_its_order(rows):
    made = form(plan, table(*[(name, str(weight), "") for name, weight in rows]))
    assert made.is_valid(), made.faults
    assert [(line.name, line.weight) for line in made.given()["lines"]] == rows


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────


def file_move(
    record, *, on: date, report: Annotated[Evidence, Accept("pdf", "odt")], photos: list[Evidence] = []  # noqa: B006
) -> None: ...  # fmt: skip


@pytest.fixture
def store(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


def upload(name="報告.pdf", data=PDF):
    return SimpleUploadedFile(name, data)


def test_a_file_outlives_a_refused_form(db, cast, store):
    files = MultiValueDict({"report": [upload()]})
    made = AskForm(asks(file_move), Asking(Find, cast.officer), posted(on="?"), files)
    assert not made.is_valid()
    drawn = str(made["report"])
    assert "報告.pdf" in drawn
    token = drawn.split('name="report-kept" value="')[1].split('"')[0]
    again = AskForm(
        asks(file_move),
        Asking(Find, cast.officer),
        posted(on="101/3/5", **{"report-kept": token}),
        MultiValueDict(),
    )
    assert again.is_valid(), again.faults
    assert again.given()["report"] == Evidence.objects.get()
    stranger = AskForm(
        asks(file_move),
        Asking(Find, cast.colleague),
        posted(on="101/3/5", **{"report-kept": token}),
        MultiValueDict(),
    )
    assert not stranger.is_valid()
    dropped = posted(on="101/3/5", **{"report-kept": token, "report-drop": token})
    assert not AskForm(asks(file_move), Asking(Find, cast.officer), dropped, MultiValueDict()).is_valid()


def test_a_file_of_another_kind_is_refused_with_what_would_be_taken(db, cast, store):
    files = MultiValueDict({"report": [upload("照片.png", b"\x89PNG\r\n\x1a\n")]})
    made = AskForm(asks(file_move), Asking(Find, cast.officer), posted(on="101/3/5"), files)
    assert not made.is_valid()
    assert "PDF、ODT" in made.faults[0][1]
    assert Evidence.objects.count() == 0


def test_one_bad_file_among_several_loses_none_of_the_good_ones(db, cast, store):
    files = MultiValueDict(
        {"report": [upload()], "photos": [upload("一.pdf"), upload("二.exe", b"MZ"), upload("三.pdf")]}
    )
    made = AskForm(asks(file_move), Asking(Find, cast.officer), posted(on="101/3/5"), files)
    assert not made.is_valid()
    drawn = str(made["photos"])
    assert "一.pdf" in drawn
    assert "三.pdf" in drawn
    assert "二.exe" not in drawn


# ── Schema ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_says_what_the_form_asks():
    schema = schema_of(give_back)
    assert schema["required"] == ["claimant"]
    assert schema["properties"]["claimant"]["title"] == "領回人"
    assert schema_of(give_notice)["properties"]["noticed_on"]["format"] == "date"
    extension = schema_of(process.moves["extend_claim"])
    assert extension["properties"]["days"]["type"] == "integer"
    assert extension["additionalProperties"] is False


def test_only_forms_without_rows_and_tables_are_drawn_in_the_case_page():
    assert not needs_rows(asks(file_move))
    assert needs_rows(asks(plan))

    def body(record, *, agency: Agency) -> None: ...

    assert needs_rows(asks(body))


# ── Every room ──────────────────────────────────────────────────────────────────────────────────────


def all_moves():
    rooms()
    return [
        pytest.param(move, id=f"{kind}:{move.name}")
        for kind, one in processes.items()
        for move in one.moves.values()
    ]


@pytest.mark.parametrize("move", all_moves())
def test_every_move_of_every_room_has_a_form_and_a_schema(move):
    schema = schema_of(move)
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == list(move.asks)
    asking = Asking(move.process.record, None)
    for name, ask in move.asks.items():
        if ask.row is not None:
            for one in ask.row.values():
                if not needs_rows({one.name: one}):
                    assert str(field_of(one, asking, in_row=True).label)
        elif not needs_rows({name: ask}):
            assert str(field_of(ask, asking, tuple(move.asks.values())).label) != name, (
                "a label in words is wanted"
            )


def test_several_rows_are_ticked_and_given_as_rows(db, cast):
    rows = list(Agency.objects.order_by("pk")[:3])

    def body(
        record, *, told: Annotated[list[Agency], Label("知會機關"), Among(lambda r, u: rows)]
    ) -> None: ...

    assert [option.choice_label for option in form(body)["told"].subwidgets] == [str(row) for row in rows]
    assert answers(body, told=[str(rows[0].pk), str(rows[2].pk)]) == {"told": [rows[0], rows[2]]}
    assert not form(body, posted(told=["999999"])).is_valid()
    assert not form(body, posted()).is_valid()
