"""示範評審 What the demonstration rounds of every room have in common: reviewers, files and scores."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape

from ..people.models import User
from .models import Assignment, Mark, Reviewer, Sheet

EXPERTISE = (
    "公共管理、統計",
    "土木、水利",
    "公共衛生",
    "教育",
    "環境工程",
    "財政、經濟",
    "資訊管理",
    "社會工作",
)
SCHOOLS = (
    "國立大學公共事務研究所",
    "國立大學土木工程系",
    "醫學大學公共衛生系",
    "師範大學教育系",
    "科技大學資訊管理系",
)
SURNAMES, GIVEN = "陳林黃張李王吳劉蔡楊許鄭謝郭洪", (
    "宗憲", "淑惠", "志遠", "麗娟", "文彥", "佳穎", "柏宏", "秀玲", "俊賢", "雅惠", "明宗", "怡婷",
)  # fmt: skip


def odt(title: str, paragraphs: Sequence[str]) -> bytes:
    """A report as OpenDocument text, the same bytes for the same words."""
    body = f'<text:h text:outline-level="1">{escape(title)}</text:h>' + "".join(
        f"<text:p>{escape(words)}</text:p>" for words in paragraphs
    )
    ns = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.text"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    content = (
        f'{head}<office:document-content xmlns:office="{ns}:office:1.0" xmlns:text="{ns}:text:1.0"'
        f' office:version="1.3"><office:body><office:text>{body}</office:text></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'{head}<manifest:manifest xmlns:manifest="{ns}:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, text in (("mimetype", kind), ("content.xml", content), ("META-INF/manifest.xml", manifest)):
            entry = zipfile.ZipInfo(name, (2012, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            box.writestr(entry, text)
    return out.getvalue()


def workday(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def back_to_work(day: date) -> date:
    """The day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def name_of(rng: random.Random) -> str:
    """A synthetic name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def reviewers(rng: random.Random) -> list[Reviewer]:
    """Twelve outsiders with accounts; the first is the one to sign in as."""
    kept = list(Reviewer.objects.filter(user__demo=True).order_by("pk"))
    if kept:
        return kept
    users = []
    for number in range(12):
        user = User(
            username="demo.reviewer" if not number else f"rv{number:03d}", name=name_of(rng), demo=True
        )
        user.set_unusable_password()
        users.append(user)
    User.objects.bulk_create(users)
    return Reviewer.objects.bulk_create(
        [
            Reviewer(
                name=user.name, user=user, employer=SCHOOLS[n % len(SCHOOLS)], valid_from=date(2011, 7, 1),
                expertise=EXPERTISE[n % len(EXPERTISE)],
            )
            for n, user in enumerate(users)
        ]
    )  # fmt: skip


def marks_of(rng: random.Random, one: Assignment, criteria: Sequence[str]) -> list[Mark]:
    """Marks whose weighted total is the assignment's: what one criterion gets more, its equal gets less."""
    assert one.total is not None
    apart = Decimal(rng.randrange(0, 4))
    shift = {criteria[0]: apart, criteria[1]: -apart}
    return [Mark(assignment=one, criterion=code, score=one.total + shift.get(code, 0)) for code in criteria]


COMMENTS = (
    "主題切合市政需要，資料蒐集完整。", "研究方法交代清楚，建議補充限制。", "建議具體可行，宜列後續追蹤。",
    "文獻回顧可再充實，結論與數據大致相符。", "問卷設計合宜，樣本代表性宜再說明。",
)  # fmt: skip


def judged(
    rng: random.Random, sheet: Sheet, people: Sequence[Reviewer], target: Decimal, turn: int, on: date, *,
    apart: Decimal,
) -> list[Assignment]:  # fmt: skip
    """Two scores around the target, and a third on it where they lie far apart."""
    scores = [target + apart, target - apart] + ([target] if apart > Decimal("7.5") else [])
    return [
        Assignment(
            sheet=sheet, reviewer=people[(turn + n) % len(people)], extra=n == 2, assigned_on=on,
            due_on=on + timedelta(days=21), scored_on=workday(on + timedelta(days=9 + n * 4)), total=score,
            comment=COMMENTS[(turn + n) % len(COMMENTS)],
        )
        for n, score in enumerate(scores)
    ]  # fmt: skip
