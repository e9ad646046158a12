"""Terms, thresholds, checklists and weights of the pre-review by effective date (functional spec B6, P2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yankao.kernel.review.scoring import Criterion as Weighed
from yankao.kernel.rules.values import Declared, Seed, declare, term

from .models import Criterion, Kind, Question

SINCE = date(1990, 1, 1)
GUIDE = "施政計畫先期作業要點"
DEFAULT = "平台預設值"


@dataclass(frozen=True)
class Checklist:
    """The questions a kind of proposal must answer, in their order. As a rule: "basis goal land"."""

    questions: tuple[Question, ...]

    @classmethod
    def parse(cls, text: str) -> Checklist:
        """Read codes parted by blanks. Raises ValueError for an unknown one."""
        return cls(tuple(Question(code) for code in text.split()))

    def __str__(self) -> str:
        return " ".join(self.questions)


@dataclass(frozen=True)
class Weights:
    """What each criterion weighs, in percent, together 100. As a rule: "policy 25, need 20, …"."""

    criteria: tuple[Weighed, ...]

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Read "policy 25, need 20, …": every criterion once. Raises ValueError."""
        found: dict[Criterion, Decimal] = {}
        for part in text.split(","):
            code, _blank, weight = part.strip().partition(" ")
            found[Criterion(code)] = Decimal(weight)
        if set(found) != set(Criterion) or sum(found.values()) != 100:
            raise ValueError("the weights of all criteria must sum to 100")
        return cls(tuple(Weighed(code.value, code.label, found[code]) for code in Criterion))

    def __str__(self) -> str:
        return ", ".join(f"{one.code} {one.weight}" for one in self.criteria)


CHECKLISTS: dict[str, Declared[Checklist]] = {
    Kind.CONSTRUCTION: declare(
        "planning.proposals.checklist_construction", Checklist.parse, _("公共建設計畫形式審查項目"),
        Seed("basis goal benefit alternatives land eia urban_plan permits recurrent private execution",
             SINCE, GUIDE),
    ),
    Kind.ADMINISTRATIVE: declare(
        "planning.proposals.checklist_administrative", Checklist.parse, _("重要行政計畫形式審查項目"),
        Seed("basis goal benefit alternatives execution", SINCE, GUIDE),
    ),
    Kind.INSTRUMENTS: declare(
        "planning.proposals.checklist_instruments", Checklist.parse, _("儀器設備申購計畫形式審查項目"),
        Seed("basis benefit recurrent utilisation sharing", SINCE, GUIDE),
    ),
}  # fmt: skip

SIZE_NEW = declare(
    "planning.proposals.size_new",
    Decimal,
    _("新興計畫總經費門檻（元，含）"),
    Seed("50000000", SINCE, DEFAULT),
)
SIZE_CONTINUING = declare(
    "planning.proposals.size_continuing", Decimal, _("延續性計畫年度經費門檻（元，含）"),
    Seed("10000000", SINCE, DEFAULT),
)  # fmt: skip
SIZE_INSTRUMENTS = declare(
    "planning.proposals.size_instruments", Decimal, _("儀器設備總經費門檻（元，含）"),
    Seed("5000000", SINCE, DEFAULT),
)  # fmt: skip
NEAR = declare(
    "planning.proposals.near_threshold", int, _("疑似規避門檻之金額（門檻之百分比，含）"),
    Seed("90", SINCE, DEFAULT),
)  # fmt: skip
ALIKE = declare("planning.proposals.alike", int, _("案名相似度示警（%，含）"), Seed("60", SINCE, DEFAULT))
CLOSE_BY = declare(
    "planning.proposals.close_by", int, _("地點相近示警（公尺內）"), Seed("300", SINCE, DEFAULT)
)
LOOK_BACK = declare("planning.proposals.look_back", int, _("分割計畫之回溯年數"), Seed("2", SINCE, GUIDE))
LEAST_SCORES = declare(
    "planning.proposals.least_scores", int, _("初審最少評分委員數"), Seed("2", SINCE, DEFAULT)
)
TRIM_FROM = declare(
    "planning.proposals.trim_from", int, _("去除最高最低分之最少評分數"), Seed("5", SINCE, DEFAULT)
)
WEIGHTS = declare(
    "planning.proposals.weights", Weights.parse, _("評分項目權重"),
    Seed("policy 25, need 20, benefit 20, readiness 15, funding 10, execution 10", SINCE, DEFAULT),
)  # fmt: skip

CHECK_TERM = term("planning.proposals.check_term", _("形式審查期限"), Seed("14 days", SINCE, DEFAULT))
CORRECT_TERM = term("planning.proposals.correct_term", _("補正期限"), Seed("7 days", SINCE, DEFAULT))
REVISE_TERM = term("planning.proposals.revise_term", _("依初審意見修正期限"), Seed("14 days", SINCE, DEFAULT))
MINUTES_TERM = term("planning.proposals.minutes_term", _("會議紀錄期限"), Seed("7 days", SINCE, DEFAULT))


def size_floor(kind: str, continuing: bool, day: date) -> Decimal:
    """The amount from which a proposal is pre-reviewed: of the whole, for a continuing one of its year."""
    if kind == Kind.INSTRUMENTS:
        return SIZE_INSTRUMENTS.at(day)
    return SIZE_CONTINUING.at(day) if continuing else SIZE_NEW.at(day)
