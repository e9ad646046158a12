"""Articles and contacts as files: they come in and go out in the same columns, so that nothing is lost on the
way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.docket import Case
from yankao.kernel.intake import Import
from yankao.kernel.journal.declare import Row
from yankao.kernel.journal.facts import Named, coded, facts, when
from yankao.kernel.journal.models import Source
from yankao.kernel.people import cells
from yankao.kernel.people.models import Agency, User
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import deeds
from .journal import contacts
from .models import Article, Channel, Contact, Incident, Outcome

PROFILE = Profile(
    title=gettext_lazy("知識庫條目"),
    columns=(
        Column("code", ("編號", "code"), parsing.text, required=True),
        Column("question", ("問題", "question"), parsing.text, required=True),
        Column("answer", ("答案", "answer"), parsing.text, required=True),
        Column("question_en", ("英文問題", "question in English"), parsing.text, default=""),
        Column("answer_en", ("英文答案", "answer in English"), parsing.text, default=""),
        Column("keywords", ("關鍵字", "key words"), parsing.text, default=""),
        Column("queue", ("話術佇列", "queue of the script"), parsing.text, default=""),
        Column("greeting", ("開場白", "greeting"), parsing.text, default=""),
        Column("asks", ("要問的事", "questions to ask"), parsing.text, default=""),
        Column("says", ("要說的話", "what to say"), parsing.text, default=""),
        Column("greeting_en", ("英文開場白", "greeting in English"), parsing.text, default=""),
        Column("asks_en", ("英文要問的事", "questions to ask in English"), parsing.text, default=""),
        Column("says_en", ("英文要說的話", "what to say in English"), parsing.text, default=""),
        Column("owner", ("權責機關", "owner"), cells.agency, required=True),
        Column("law", ("法令依據", "legal basis"), parsing.text, default=""),
        Column("forms", ("應備文件與表單", "forms"), parsing.text, default=""),
        Column("review_by", ("應複核日", "review by"), parsing.day, required=True),
        Column("verified_on", ("查核日", "verified on"), parsing.day),
        Column("published_on", ("公開日", "published on"), parsing.day),
        Column("withdrawn_on", ("停用日", "withdrawn on"), parsing.day),
    ),
    key=("code",),
)
DATED = ("verified_on", "published_on", "withdrawn_on")
"""What is decided on the page of an article; a file says it of a new article alone."""


def keep(actor: Any, values: Values) -> None:
    """A new article, or a new version of one; the same once more changes nothing."""
    given = {name: value for name, value in values.items() if name != "notes"}
    found = Article.objects.filter(code=given["code"]).first()
    if found is not None:
        labels = {column.field: column.names[0] for column in PROFILE.columns}
        for name in DATED:
            if (value := given.pop(name)) not in (None, getattr(found, name)):
                sentence = _("條目「%(code)s」已登錄，查核、公開與停用請在條目頁辦理。")
                raise Refusal(sentence % {"code": found.code}, labels[name], value.isoformat())
        if all(getattr(found, name) == value for name, value in given.items()):
            return
    article = found or Article()
    for name, value in given.items():
        setattr(article, name, value)
    deeds.save_article(actor, article, reason=_("匯入常見問答"))


def on_record(user: Any) -> Iterator[Article]:
    return Article.objects.select_related("owner").order_by("code").iterator(chunk_size=500)


CONTACT = (
    when("at", "時間", "time", required=True),
    Column("channel", ("管道", "channel"), parsing.among(Channel), required=True),
    Column("outcome", ("處理結果", "outcome"), parsing.among(Outcome), required=True),
    Column("language", ("語言", "language"), parsing.text, default="zh"),
    Column("article_id", ("條目", "article"), parsing.text, told=coded("article")),
    Column("agency_id", ("機關代碼", "agency code"), parsing.text, told=coded("agency")),
    Column("agent_id", ("話務員帳號", "agent"), parsing.text, told=coded("agent", "username")),
    Column(
        "call_source_id", ("來電來源", "source of the call"), parsing.text,
        told=coded("call_source"),
    ),
    Column("call_id", ("來電識別碼", "call"), parsing.text, default=""),
    Column("note", ("摘要", "summary"), parsing.text, default=""),
    Column("case_id", ("案號", "case"), parsing.text, told=coded("case", "number")),
    Column("incident_id", ("重大事件", "incident"), parsing.text, told=coded("incident")),
)  # fmt: skip


def sound(values: Values) -> str:
    """What the table itself would refuse, in words."""
    if values["outcome"] == Outcome.TRANSFERRED and values["agency_id"] is None:
        return _("轉接須指定機關。")
    if values["outcome"] in (Outcome.CASE_CREATED, Outcome.CASE_JOINED) and values["case_id"] is None:
        return _("已立案須填案號。")
    if bool(values["call_id"]) != (values["call_source_id"] is not None):
        return _("來電來源與來電識別碼須一起填寫。")
    values["day"] = timezone.localdate(datetime.fromtimestamp(values["at"], UTC))
    return ""


def counted_once(rows: dict[str, Row]) -> dict[str, str]:
    """New immediate answers to calls that have one: a call is answered at once only once."""
    at = {name: place for place, name in enumerate(contacts.columns)}
    quick = {
        name: (row[at["call_source_id"]], row[at["call_id"]])
        for name, row in rows.items()
        if row[at["outcome"]] == Outcome.IMMEDIATE and row[at["call_id"]]
    }
    found = Contact.objects.filter(
        outcome=Outcome.IMMEDIATE, call_id__in={call for _source, call in quick.values()}
    )
    taken = set(found.values_list("call_source_id", "call_id"))
    back = {}
    for name, call in quick.items():
        if call in taken:
            back[name] = _("這通來電已登錄為立即答復，一通來電只計一件。")
        taken.add(call)
    return back


IMPORTS = (
    Import(
        "faq", gettext_lazy("知識庫條目（常見問答）"), PROFILE, keep=keep, may=deeds.edits, records=on_record,
        example=("A-101", "夜間可以申請謄本嗎？", "可以，請至地政便民服務站。"),
    ),
    facts(
        contacts, "contacts", gettext_lazy("諮詢紀錄"), CONTACT, sound=sound, against=counted_once,
        named={
            "article_id": Named(Article.objects.all),
            "agency_id": Named(Agency.objects.all),
            "agent_id": Named(User.objects.all, "username"),
            "case_id": Named(Case.objects.all, "number"),
            "incident_id": Named(Incident.objects.all),
            "call_source_id": Named(lambda: Source.objects.filter(journal=deeds.CALLS)),
        },
        related=("article", "agency", "agent", "call_source", "case", "incident"),
    ),
)  # fmt: skip
