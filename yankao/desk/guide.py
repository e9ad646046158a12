"""The living style guide: every part of the design language with sample content, in both languages.

Samples are invented and say so; nothing here reads the database. Browser tests run over this page.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import charts
from .fields import MoneyField, RocDateField
from .pages import render_page, say, wants_block
from .parts import (
    Action,
    Attachment,
    Card,
    Change,
    Check,
    Chip,
    Column,
    Comment,
    Due,
    Event,
    Fact,
    Group,
    Lane,
    Link,
    NavGroup,
    Person,
    Row,
    Stat,
    Step,
    Tag,
)


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(
        label=gettext_lazy("案名"), max_length=80, help_text=gettext_lazy("寫出地點與要做的事")
    )
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    cause = forms.ChoiceField(
        label=gettext_lazy("落後原因"),
        choices=[
            ("", gettext_lazy("請選擇")),
            ("land", gettext_lazy("用地取得")),
            ("bid", gettext_lazy("招標流標")),
        ],
    )
    due = RocDateField(label=gettext_lazy("預定完成日"))
    budget = MoneyField(label=gettext_lazy("預算"), help_text=gettext_lazy("例如1,140萬"))
    share = forms.DecimalField(label=gettext_lazy("預定進度（%）"), max_digits=5, decimal_places=2)
    light = forms.ChoiceField(
        label=gettext_lazy("燈號"),
        choices=[("g", gettext_lazy("綠燈")), ("y", gettext_lazy("黃燈")), ("r", gettext_lazy("紅燈"))],
        widget=forms.RadioSelect,
    )
    agencies = forms.MultipleChoiceField(
        label=gettext_lazy("會辦機關"),
        choices=[("w", gettext_lazy("水利局")), ("p", gettext_lazy("工務局"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    plan = forms.FileField(
        label=gettext_lazy("計畫書"), help_text=gettext_lazy("ODT或PDF，20MB以內"), required=False
    )
    sure = forms.BooleanField(label=gettext_lazy("我已核對上列資料"))
    token = forms.CharField(widget=forms.HiddenInput, initial="sample")


class MonthForm(forms.Form):
    """A row of the monthly plan."""

    item = forms.CharField(label=gettext_lazy("工作項目"))
    weight = forms.DecimalField(label=gettext_lazy("權重（%）"), max_digits=5, decimal_places=2)
    until = RocDateField(label=gettext_lazy("完成日"))


class FilterForm(forms.Form):
    """The filter builder of a list."""

    stage = forms.ChoiceField(
        label=gettext_lazy("狀態"),
        required=False,
        choices=[("", gettext_lazy("全部")), ("open", gettext_lazy("未結"))],
    )
    since = RocDateField(label=gettext_lazy("收件起日"), required=False)


def _nav(here: str) -> list[NavGroup]:
    return [
        NavGroup(
            "",
            [
                Link(_("我的待辦"), here, 38, True, "inbox"),
                Link(_("列管計畫"), here, 168, icon="flag"),
                Link(_("出國報告"), here, 12, icon="document"),
                Link(_("工程查核"), here, 7, icon="shield"),
            ],
        ),
        NavGroup(
            _("報告"), [Link(_("議會施政報告"), here, icon="book"), Link(_("統計圖表"), here, icon="chart")]
        ),
        NavGroup(_("已存檢視"), [Link(_("水利局落後計畫"), here, 6)]),
    ]


def _worklist(here: str) -> dict[str, Any]:
    columns = [
        Column(_("主旨"), "subject", here + "?sort=title"),
        Column(_("來源"), "text"),
        Column(_("期限"), "due", here + "?sort=-due", "ascending"),
        Column(_("支用率"), "number"),
        Column(_("狀態"), "tag"),
        Column(_("承辦"), "person"),
    ]
    sample = [
        (
            "P115-0087",
            _("鳳山溪水質改善第三期10月進度填報"),
            _("施政計畫"),
            Due(_("逾期1天"), "11/22", "late", 1),
            "81.4%",
            Tag(_("待改善對策"), "red"),
            _("黃詩涵"),
            _("水利局"),
        ),
        (
            "T115-0031",
            _("赴新加坡考察智慧水務報告"),
            _("出國報告"),
            Due(_("剩3小時"), _("今天17:30"), "soon", 0.86),
            None,
            Tag(_("待審核"), "blue"),
            _("林怡君"),
            _("研考會"),
        ),
        (
            "Q115-0067",
            _("大樹污水幹管第二標缺失改善備查"),
            _("工程查核"),
            Due(_("剩4天"), "11/27", "", 0.4),
            "62.0%",
            Tag(_("待備查"), "green"),
            _("陳冠廷"),
            _("工務局"),
        ),
        (
            "P115-0102",
            _("議會附帶決議：左營自由路人行道拓寬"),
            _("施政計畫"),
            Due(_("剩5天"), "11/28", "", 0.2),
            "12.5%",
            Tag(_("會辦中"), "violet"),
            _("張博文"),
            _("工務局"),
        ),
    ]
    rows = [
        Row(key, here, (title, source, due, rate, tag, Person(who)), (key, unit))
        for key, title, source, due, rate, tag, who, unit in sample
    ]
    groups = [
        Group(_("逾期"), rows[:1], _("%(n)s件") % {"n": 1}),
        Group(_("今天到期"), rows[1:2], _("%(n)s件") % {"n": 1}),
        Group(_("本週"), rows[2:], _("%(n)s件") % {"n": 2}),
    ]
    return {"columns": columns, "groups": groups}


def _case(here: str) -> dict[str, Any]:
    return {
        "facts": [
            Fact(_("主辦機關"), _("水利局")),
            Fact(_("承辦人"), Person(_("黃詩涵"), _("水利局污水科"))),
            Fact(_("期限"), Due(_("剩4天"), "115/11/27", "", 0.4)),
            Fact(_("狀態"), Tag(_("執行中"), "amber")),
            Fact(_("總經費"), _("3億4,653萬元"), here),
        ],
        "steps": [
            Step(_("提報"), "done", "115/1/10"),
            Step(_("審議"), "done", "115/2/3"),
            Step(_("執行"), "current", _("第10個月")),
            Step(_("檢討"), "skipped"),
            Step(_("考核")),
            Step(_("結案")),
        ],
        "events": [
            Event(
                "115/11/20 09:12",
                "2026-11-20T09:12+08:00",
                _("黃詩涵"),
                _("填報10月進度"),
                _("管線遷移延後，已改夜間施工。"),
                [Fact(_("預定"), "72.40%"), Fact(_("實際"), "65.20%")],
                "red",
                _("帳冊第10,231筆"),
            ),
            Event("115/11/02 14:40", "2026-11-02T14:40+08:00", _("林怡君"), _("核定修正計畫"), tone="green"),
            Event("115/01/10 10:00", "2026-01-10T10:00+08:00", _("系統"), _("立案")),
        ],
        "comments": [
            Comment(_("陳冠廷"), "115/11/21 16:03", "2026-11-21T16:03+08:00", _("請補附夜間施工許可。")),
            Comment(_("林怡君"), "115/11/22 08:50", "2026-11-22T08:50+08:00", _("列入下週專案會議。"), True),
        ],
        "files": [
            Attachment(
                _("夜間施工許可.pdf"),
                here,
                "412 KB",
                "PDF",
                "9f2c41d0",
                Tag(_("掃描通過"), "green"),
                _("黃詩涵"),
            ),
            Attachment(
                _("工地照片.jpg"), here, "2.1 MB", "JPEG", "77b0aa12", Tag(_("掃描中"), "amber"), _("黃詩涵")
            ),
        ],
        "changes": [
            Change(_("完成日"), "115/10/31", "115/12/15"),
            Change(_("落後原因"), "", _("用地取得")),
        ],
    }


def _board(here: str) -> list[Lane]:
    card = Card(
        _("鳳山溪水質改善第三期"),
        here,
        ("P115-0087", _("水利局")),
        Tag(_("紅燈"), "red"),
        Due(_("逾期1天"), "", "late"),
    )
    other = Card(_("左營自由路人行道拓寬"), here, ("P115-0102",), None, None, Person(_("張博文")))
    return [
        Lane(_("未填報"), [card], 3, here),
        Lane(_("填報中"), [other, card], 2),
        Lane(_("待審核"), [other], 1),
        Lane(_("已核定"), [], 0),
    ]


def _charts() -> list[tuple[str, str, str]]:
    months = [_("%(m)s月") % {"m": m} for m in range(1, 7)]
    now, before = [58210, 54400, 64100, 62000, 65400, 67720], [54100, 53800, 60900, 58200, 62100, 63050]
    plan = [4, 10, 19, 30, 42, 55, 66, 76, 85, 92, 97, 100]
    done = [3, 8, 17, 27, 36, 45, 55, 62, 70]
    year = [_("%(m)s月") % {"m": m} for m in range(1, 13)]
    call = _("通")
    parts = [(_("中央款"), 62), (_("市款"), 31), (_("代辦款"), 7)]
    grouped = charts.grouped_bar(
        months,
        [(_("今年"), now), (_("去年"), before)],
        sentence=_("各月進線都高於去年同月，6月最多，67,720通。"),
        unit=call,
    )
    bars = charts.bar(
        [(_("用地取得"), 14), (_("招標流標"), 9), (_("管線遷移"), 6), (_("變更設計"), 3)],
        sentence=_("落後原因以用地取得最多，14件。"),
    )
    line = charts.line(
        year[:9],
        [(_("實際"), done), (_("預定"), plan[:9])],
        sentence=_("實際進度自4月起低於預定進度。"),
        unit="%",
    )
    s_curve = charts.s_curve(year, plan, done, sentence=_("累計預定85%，實際70%，落後15個百分點。"))
    area = charts.area(
        months,
        [91.0, 93.2, 95.1, 94.0, 96.4, 96.8],
        target=95,
        sentence=_("6月依限辦結率96.8%，高於目標95%。"),
        unit="%",
    )
    bullet = charts.bullet(
        [(_("執行率"), 70.2, 80.0), (_("達成率"), 91.0, 90.0), (_("支用率"), 64.5, 75.0)],
        sentence=_("三率中只有達成率達到目標。"),
    )
    share = charts.stacked_share(parts, sentence=_("經費來源：中央款62%、市款31%、代辦款7%。"))
    head, dl = _("月份"), charts.data_table
    return [
        (
            _("圖一　各月進線"),
            grouped,
            dl([head, _("今年"), _("去年")], zip(months, now, before, strict=True)),
        ),
        (
            _("圖二　落後原因"),
            bars,
            dl(
                [_("原因"), _("件數")],
                [(_("用地取得"), 14), (_("招標流標"), 9), (_("管線遷移"), 6), (_("變更設計"), 3)],
            ),
        ),
        (_("圖三　進度"), line, dl([head, _("實際"), _("預定")], zip(year[:9], done, plan[:9], strict=True))),
        (
            _("圖四　S曲線"),
            s_curve,
            dl([head, _("預定"), _("實際")], zip(year, plan, [*done, "", "", ""], strict=True)),
        ),
        (
            _("圖五　依限辦結率"),
            area,
            dl([head, "%"], zip(months, [91.0, 93.2, 95.1, 94.0, 96.4, 96.8], strict=True)),
        ),
        (
            _("圖六　三率"),
            bullet,
            dl(
                [_("項目"), _("實際"), _("目標")],
                [(_("執行率"), 70.2, 80.0), (_("達成率"), 91.0, 90.0), (_("支用率"), 64.5, 75.0)],
            ),
        ),
        (_("圖七　經費來源"), share, dl([_("來源"), "%"], parts)),
    ]


def guide(request: HttpRequest) -> HttpResponse:
    """The whole guide; a POST checks the sample form and shows its errors."""
    here = reverse("desk:guide")
    form = (
        SampleForm(request.POST, request.FILES)
        if request.method == "POST"
        else SampleForm(initial={"due": date(2026, 11, 23)})
    )
    wrong = SampleForm(
        {"title": "", "due": "115/13/40", "budget": _("很多"), "token": "sample"}, auto_id="wrong_%s"
    )
    months = forms.formset_factory(MonthForm, extra=2, can_delete=True)(prefix="months")
    context = {
        "heading": _("設計語言"),
        "lead": _("研考各畫面共用的外觀與零件；內容皆為示例。"),
        "city": _("示範市政府"),
        "nav": _nav(here),
        "crumbs": [Link(_("首頁"), "/"), Link(_("設計語言"), "")],
        "palette_url": reverse("desk:guide_commands"),
        "stats": [
            Stat("2", _("逾期"), here, _("昨天5"), True),
            Stat("6", _("今天到期"), here, _("已辦4")),
            Stat("9", _("待我審核"), here, _("平均等候1.3天")),
            Stat("96.4%", _("本月依限辦結率"), here, _("目標95%")),
        ],
        "views": [
            Link(_("全部"), here, 38, True),
            Link(_("待我審核"), here, 9),
            Link(_("我交辦的"), here, 14),
            Link(_("關注中"), here, 7),
        ],
        "chips": [Chip(_("機關"), _("水利局、工務局等5個"), here), Chip(_("狀態"), _("未結"), here)],
        "filter_form": FilterForm(auto_id="filter_%s"),
        "bulk": [
            Action(_("核准"), "move", "approve", "primary"),
            Action(_("改分派"), "move", "assign"),
            Action(_("催辦"), "move", "remind"),
        ],
        "list": _worklist(here),
        "case": _case(here),
        "lanes": _board(here),
        "form": form,
        "wrong": wrong,
        "months": months,
        "answers": [Fact(_("案名"), _("左營自由路人行道拓寬"), here), Fact(_("預算"), _("1,140萬元"), here)],
        "charts": _charts(),
        "spark": charts.sparkline([22, 20, 17, 18, 10, 5], sentence=_("六期走勢下降")),
        "figure": reverse("desk:guide_figure"),
        "toc": [
            (Link(_("一、研究發展"), "#report"), []),
            (Link(_("二、管制考核"), "#report", current=True), [Link(_("（一）施政計畫"), "#report")]),
        ],
        "checks": [
            Check(_("小計相符"), _("表一合計等於各管道之和。")),
            Check(_("派工通報"), _("鎖定後補登3筆。"), "warn", here, _("檢視差異")),
        ],
    }
    response = render_page(
        request, "yk/guide.html", context, block="worklist", status=422 if form.errors else 200
    )
    return say(response, _("清單已更新")) if wants_block(request) else response


def guide_commands(request: HttpRequest) -> HttpResponse:
    """Sample answers of the command palette: those whose words hold the query."""
    here, query = reverse("desk:guide"), request.GET.get("q", "").strip()
    found = [
        (_("前往"), [Link(_("我的待辦"), here, icon="inbox"), Link(_("列管計畫"), here, icon="flag")]),
        (_("案件"), [Link("P115-0087 " + _("鳳山溪水質改善第三期"), here, _("水利局"), icon="document")]),
    ]
    groups = [
        (name, [link for link in links if query.lower() in link.label.lower()]) for name, links in found
    ]
    return render_page(
        request, "yk/hits.html", {"groups": [(n, ls) for n, ls in groups if ls], "query": query}, block="hits"
    )


def guide_figure(request: HttpRequest) -> HttpResponse:
    """A sample figure: the popover's inside for htmx, a page of its own for everyone else."""
    context = {
        "spark": charts.sparkline([320, 331, 346, 342, 355, 372], sentence=_("六期走勢上升")),
        "facts": [
            Fact(_("期間"), "101.1.1–101.6.30"),
            Fact(_("定義"), _("結束狀態為已接聽的進線，含轉接。"), reverse("desk:guide")),
            Fact(_("來源"), _("話務紀錄，每日02:10匯入")),
            Fact(_("核對"), Tag(_("重算一致"), "green")),
        ],
        "records": reverse("desk:guide"),
    }
    return render_page(request, "yk/guide_figure.html", context, block="figure")
