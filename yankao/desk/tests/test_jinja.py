"""The template environment: safe, strict, in the reader's language, with a nonce for htmx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.template import loader
from django.test import Client, RequestFactory
from django.utils.csp import LazyNonce
from django.utils.translation import override
from jinja2 import UndefinedError

from yankao.desk import icons
from yankao.desk.jinja import PageEnvironment, environment, table_rows, template_folders
from yankao.desk.pages import render_page
from yankao.desk.parts import Column, Due, Person, Row, Tag

HOUSE = Path(settings.BASE_DIR) / "yankao"


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/desk/guide")
    request._csp_nonce = LazyNonce()  # type: ignore[attr-defined]
    return request


def written(source: str, **context: Any) -> str:
    return environment().from_string(source).render(**context)


def test_text_is_escaped_and_a_missing_name_is_a_mistake() -> None:
    assert written("{{ x }}", x="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        written("{{ missing }}")


def test_dates_are_written_in_the_reader_s_calendar_even_when_constant() -> None:
    env = environment()
    template = env.from_string(
        "{{ d|roc }}|{{ d|roc(true) }}|{{ d|roc_short }}|{{ t|time }}|{{ 1140000|money }}"
    )
    values = {"d": date(2026, 11, 23), "t": datetime(2026, 11, 22, 16, 5, tzinfo=UTC)}
    with override("zh-hant"):
        chinese = template.render(values)
    with override("en"):
        english = template.render(values)
    assert chinese == "115年11月23日|115年11月23日（星期一）|115/11/23|115/11/23 00:05|114萬元"
    assert english == "23 Nov 2026|23 Nov 2026 (Mon)|23 Nov 2026|23 Nov 2026 00:05|NT$1,140,000"


def test_numbers_are_grouped_rounded_half_up_and_counted_in_words() -> None:
    with override("zh-hant"):
        assert written("{{ 371842|number }} {{ x|number(2) }}", x=Decimal("94.345")) == "371,842 94.35"
        assert written("{{ 42703|measure('件') }}") == "42,703件"
        assert written("{{ none|number }}{{ none|money }}") == "––"
    with override("en"):
        assert written("{{ 42703|measure('件') }} {{ 1|measure('件') }}") == "42,703 cases 1 case"


def test_translation_follows_the_reader(request_: HttpRequest) -> None:
    with override("en"):
        assert 'lang="en"' in loader.render_to_string("yk/preferences.html", {"form": _form()}, request_)
    with override("zh-hant"):
        assert "顯示設定" in loader.render_to_string("yk/preferences.html", {"form": _form()}, request_)


def test_a_translated_sentence_escapes_what_is_put_into_it() -> None:
    with override("zh-hant"):
        assert written('{{ _("還有%(n)s件", n=x) }}', x="<b>") == "還有&lt;b&gt;件"
        assert written('{{ _("目標95%") }}') == "目標95%"
    with override("en"):
        assert written('{{ _("目標95%") }}') == "target 95%"


def _form() -> Any:
    from yankao.desk.preferences import PreferencesForm

    return PreferencesForm()


def test_a_quotation_mark_in_a_translation_does_not_end_an_attribute() -> None:
    source = "<input placeholder=\"{{ _('例如 機關:水利局 狀態:未結 期限:<3天') }}\">"
    with override("en"):
        text = written(source)
    assert text.count('"') == 2
    assert "&#34;Water Resources Bureau&#34;" in text


def test_hx_writes_attributes_with_the_page_s_nonce(request_: HttpRequest) -> None:
    text = written(
        '{{ hx(get="/a?b=1&c=2", target="#x", push_url=True, swap=none, headers__inherited={"X": "1"}) }}',
        request=request_,
    )
    nonce = str(request_._csp_nonce)  # type: ignore[attr-defined]
    assert text == (
        'hx-get="/a?b=1&amp;c=2" hx-target="#x" hx-push-url="true" '
        f'hx-headers:inherited="{{&#34;X&#34;: &#34;1&#34;}}" hx-nonce="{nonce}"'
    )


@pytest.mark.parametrize(
    "call", ["on__click='x()'", "vals='js:{a:1}'", "trigger='click[ctrlKey]'", "get='javascript:x'"]
)
def test_hx_refuses_what_would_need_evaluation(call: str, request_: HttpRequest) -> None:
    with pytest.raises(ValueError, match="evaluation"):
        written(f"{{{{ hx({call}) }}}}", request=request_)


def templates() -> Iterator[Path]:
    for folder in template_folders():
        yield from folder.rglob("*.html")


COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "style=": re.compile(r"<[^>]*\sstyle\s*="),
    "on…=": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "script without nonce": re.compile(r"<script(?![^>]*nonce=)"),
    "hx- by hand": re.compile(r"<[a-z][^>]*?\s(?:data-)?hx-[a-z-]+(?::[a-z]+)?\s*="),
    "|safe": re.compile(r"\|\s*safe\b"),
}


def test_no_template_of_the_house_breaks_the_policy() -> None:
    found = list(templates())
    assert len(found) >= 9
    sins = [
        f"{path.relative_to(HOUSE)}: {name}"
        for path in found
        for name, pattern in FORBIDDEN.items()
        if pattern.search(COMMENT.sub("", path.read_text()))
    ]
    assert sins == []


def test_the_patterns_find_what_they_look_for() -> None:
    bad = {
        "style=": '<p style="x">',
        "on…=": '<p onclick="x">',
        "inline script": '<script nonce="{{ page_nonce }}">x</script>',
        "script without nonce": '<script src="/x">',
        "hx- by hand": '<a href="{{ x }}" hx-get="/x">',
        "|safe": "{{ x | safe }}",
    }
    assert {name for name, pattern in FORBIDDEN.items() if pattern.search(bad[name])} == set(FORBIDDEN)


def test_every_template_compiles_and_every_icon_it_names_is_drawn() -> None:
    env = environment()
    for path in templates():
        text = path.read_text()
        env.parse(text)
        named = set(re.findall(r"""icon\("([a-z-]+)"\)""", text))
        assert named <= icons.NAMES, path


def test_rooms_come_before_the_desk_and_the_kernel_last() -> None:
    folders = list(template_folders())
    desk = Path(apps.get_app_config("desk").path) / "templates"
    rooms = [
        f
        for f in folders
        if any(
            f == Path(apps.get_app_config(r.rpartition(".")[2]).path) / "templates" for r in settings.ROOMS
        )
    ]
    assert desk in folders
    assert all(folders.index(room) < folders.index(desk) for room in rooms)
    kernel = [f for f in folders if "/kernel/" in str(f)]
    assert all(folders.index(folder) > folders.index(desk) for folder in kernel)


POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "worker-src": "'self' blob:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "htmx yk",
}


def test_the_policy_arrives_with_the_nonce_the_page_carries(client: Client) -> None:
    response = client.get("/desk/guide")
    header = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    match = re.fullmatch(r"'nonce-([\w-]+)' 'strict-dynamic'", header.pop("script-src"))
    assert header == POLICY
    assert match
    body = response.content.decode()
    assert set(re.findall(r'nonce="([^"]*)"', body)) == {match[1]}
    assert client.get("/desk/guide")["Content-Security-Policy"] != response["Content-Security-Policy"]


def test_htmx_gets_the_block_and_a_browser_the_page(client: Client) -> None:
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    whole, part = client.get("/desk/guide"), client.get("/desk/guide", headers=partial)
    again = client.get("/desk/guide", headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert "<html" in whole.content.decode()
    assert "<html" in again.content.decode()
    text = part.content.decode()
    assert text.lstrip().startswith('<div class="card"><table')
    assert "<html" not in text
    assert text.strip() in whole.content.decode()
    assert {"HX-Request", "HX-Request-Type"} <= set(map(str.strip, part["Vary"].split(",")))


def test_a_refused_form_comes_back_as_422_with_what_was_typed(client: Client) -> None:
    response = client.post("/desk/guide", {"title": "自由路", "due": "115/13/40", "budget": "很多"})
    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="自由路"' in body
    assert 'value="115/13/40"' in body
    assert '<a href="#id_due">' in body
    assert re.search(r'<input[^>]*aria-describedby="id_due_helptext id_due_error"[^>]*>', body) or (
        'id="id_due_error"' in body and "id_due_error" in re.findall(r'name="due"[^>]*', body)[0]
    )


def test_a_page_without_a_block_is_whole_for_everyone(request_: HttpRequest) -> None:
    request_.META["HTTP_HX_REQUEST"] = "true"
    request_.META["HTTP_HX_REQUEST_TYPE"] = "partial"
    response = render_page(request_, "yk/preferences.html", {"form": _form()})
    assert b"<html" in response.content


# ── Compiled templates ────────────────────────────────────────────────────────────────────────────


def test_a_template_compiled_once_is_not_compiled_by_the_next_process(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TEMPLATE_CACHE = tmp_path / "cache" / "templates"
    environment().get_template("desk/case.html")
    with monkeypatch.context() as patch:
        patch.setattr(PageEnvironment, "compile", lambda *_all, **_named: pytest.fail("compiled again"))
        assert environment().get_template("desk/case.html")


def test_what_another_compiler_made_is_not_used(settings: Any, tmp_path: Path) -> None:
    settings.TEMPLATE_CACHE = tmp_path
    environment().get_template("desk/case.html")
    [ours] = tmp_path.iterdir()
    ours.rename(tmp_path / "0123456789abcdef")
    environment().get_template("desk/case.html")
    assert [file.name for file in sorted(ours.iterdir())] == [
        file.name for file in sorted((tmp_path / "0123456789abcdef").iterdir())
    ]


def test_pages_are_shown_where_nothing_can_be_kept(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.TEMPLATE_CACHE = tmp_path / "file"
    assert environment().bytecode_cache is None
    assert environment().get_template("desk/case.html")


def test_whatever_stands_in_a_row_of_a_list_is_text_and_an_empty_cell_stays_empty() -> None:
    bad, kinds = "<b>'\"", ["subject", "text", "number", "date", "tag", "due", "person"]
    columns = [Column(bad, kind) for kind in kinds]
    cells = [bad, bad, bad, bad, Tag(bad), Due(bad, date=bad), Person(bad)]
    rows = [Row(bad, bad, cells, (bad,), note=Tag(bad)), Row("1", "/1/", [bad, *[None] * 6])]
    drawn = str(table_rows(columns, rows, True, bad))
    assert "<b>" not in drawn and drawn.count("&lt;b&gt;&#39;&#34;") >= 16
    assert drawn.count("<tr ") == 2 and drawn.count('<td role="cell"></td>') == 6
    assert table_rows(columns, [], True, bad) == ""
