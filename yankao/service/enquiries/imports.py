"""FAQ files: articles come in and go out in the same columns, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Values

from . import deeds
from .models import Article

PROFILE = Profile(
    title=gettext_lazy("知識庫條目"),
    columns=(
        Column("code", ("編號", "code"), parsing.text, required=True),
        Column("question", ("問題", "question"), parsing.text, required=True),
        Column("answer", ("答案", "answer"), parsing.text, required=True),
        Column("question_en", ("英文問題", "question in English"), parsing.text, default=""),
        Column("answer_en", ("英文答案", "answer in English"), parsing.text, default=""),
        Column("keywords", ("關鍵字", "key words"), parsing.text, default=""),
        Column("owner", ("權責機關", "owner"), cells.agency, required=True),
        Column("law", ("法令依據", "legal basis"), parsing.text, default=""),
        Column("forms", ("應備文件與表單", "forms"), parsing.text, default=""),
        Column("review_by", ("應複核日", "review by"), parsing.day, required=True),
    ),
    key=("code",),
)


def keep(actor: Any, values: Values) -> None:
    """A new article, or a new version of one; the same once more changes nothing."""
    given = {name: value for name, value in values.items() if name != "notes"}
    found = Article.objects.filter(code=given["code"]).first()
    if found is not None and all(getattr(found, name) == value for name, value in given.items()):
        return
    article = found or Article()
    for name, value in given.items():
        setattr(article, name, value)
    deeds.save_article(actor, article, reason=_("匯入常見問答"))


def on_record(user: Any) -> Iterator[Article]:
    return Article.objects.select_related("owner").order_by("code").iterator(chunk_size=500)


IMPORTS = (
    Import(
        "faq", gettext_lazy("知識庫條目（常見問答）"), PROFILE, keep=keep, may=deeds.edits, records=on_record,
        example=("A-101", "夜間可以申請謄本嗎？", "可以，請至地政便民服務站。"),
    ),
)  # fmt: skip
