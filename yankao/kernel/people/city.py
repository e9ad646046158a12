"""The demonstration city's people: every bureau with its head, controller and officers, the commission, and
those who look on.

Names are synthetic; everything follows from one seed, so that the city is the same on every machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.utils import timezone

from .agencies import commission, first_level, load_agencies
from .geography import load_geography
from .models import Agency, District, Post, Role, User

SEED = 1010630

_SURNAMES = (
    "陳林黃張李王吳劉蔡楊許鄭謝洪郭邱曾廖賴徐周葉蘇莊呂江何蕭羅高潘簡朱鍾游詹胡施沈余"
    "盧梁趙顏柯翁魏孫戴范方宋鄧杜傅侯曹薛丁卓馬阮董唐溫藍石蔣田康"
)
_GIVEN = [
    "怡君",
    "冠廷",
    "詩涵",
    "博文",
    "佩珊",
    "家豪",
    "雅婷",
    "志明",
    "淑芬",
    "俊傑",
    "美玲",
    "建宏",
    "欣怡",
    "宗翰",
    "雅雯",
    "承翰",
    "佳蓉",
    "彥廷",
    "郁婷",
    "柏翰",
    "宜庭",
    "信宏",
    "惠雯",
    "明哲",
    "靜宜",
    "家瑋",
    "心怡",
    "子豪",
    "婉婷",
    "育誠",
    "思妤",
    "政達",
    "筱涵",
    "文彬",
    "玉珍",
    "永昌",
    "麗華",
    "國棟",
    "秀英",
    "榮華",
    "素貞",
    "正雄",
    "月娥",
    "景文",
    "雅芳",
    "士傑",
    "珮瑜",
    "奕安",
    "芷瑄",
    "品妍",
]

# Who stands for each role on the page of demonstration log-ins: username, role, agency code ("" = the
# commission), title.
PERSONAS: tuple[tuple[str, Role, str, str], ...] = (
    ("demo.officer", Role.OFFICER, "KCG-WR", "工程員"),
    ("demo.controller", Role.CONTROLLER, "KCG-WR", "研考"),
    ("demo.manager", Role.MANAGER, "KCG-WR", "科長"),
    ("demo.head", Role.HEAD, "KCG-WR", "局長"),
    ("demo.registrar", Role.REGISTRAR, "KCG-WR", "出國報告登錄人員"),
    ("demo.personnel", Role.PERSONNEL, "KCG-WR", "人事"),
    ("demo.rdec", Role.RDEC_CONTROLLER, "", "研究員"),
    ("demo.chief", Role.RDEC_CHIEF, "", "主任秘書"),
    ("demo.commissioner", Role.RDEC_COMMISSIONER, "", "主任委員"),
    ("demo.secretary", Role.INSPECTION_SECRETARY, "", "查核小組執行秘書"),
    ("demo.inspector", Role.INSPECTOR, "", "查核委員"),
    ("demo.agent", Role.CALL_AGENT, "", "話務員"),
    ("demo.callchief", Role.CALL_SUPERVISOR, "", "話務督導"),
    ("demo.editor", Role.KNOWLEDGE_EDITOR, "", "知識庫編輯"),
    ("demo.mayor", Role.MAYOR, "", "市長"),
    ("demo.councillor", Role.COUNCILLOR, "", "議員"),
    ("demo.auditor", Role.AUDITOR, "", "政風審計人員"),
    ("demo.ethics", Role.ETHICS, "", "政風人員"),
    ("demo.admin", Role.ADMIN, "", "系統管理員"),
)


@dataclass
class City:
    """What demonstration data draws on. `scale` is 1 for the whole city; below 1 the report says that it is
    scaled.
    """

    rng: random.Random
    today: date
    scale: float
    agencies: list[Agency]
    district_offices: list[Agency]
    districts: list[District]
    rdec: Agency
    posts: dict[tuple[int, str], list[User]] = field(default_factory=dict)

    def part(self, count: int, least: int = 1) -> int:
        """This city's part of `count` in the whole one, but so many as show every kind of them."""
        return max(round(count * self.scale), min(least, count))

    def person_name(self) -> str:
        """A synthetic name."""
        return self.rng.choice(_SURNAMES) + self.rng.choice(_GIVEN)

    def by_code(self, code: str) -> Agency:
        return next(agency for agency in [*self.agencies, *self.district_offices] if agency.code == code)

    def _holder(self, agency: Agency, role: Role, number: int = 0) -> User:
        holders = self.posts[agency.pk, role]
        return holders[number % len(holders)]

    def officer(self, agency: Agency, number: int = 0) -> User:
        return self._holder(agency, Role.OFFICER, number)

    def controller(self, agency: Agency) -> User:
        return self._holder(agency, Role.CONTROLLER)

    def manager(self, agency: Agency) -> User:
        return self._holder(agency, Role.MANAGER)

    def head(self, agency: Agency) -> User:
        return self._holder(agency, Role.HEAD)

    def registrar(self, agency: Agency) -> User:
        return self._holder(agency, Role.REGISTRAR)

    @cached_property
    def rdec_controller(self) -> User:
        return self._holder(self.rdec, Role.RDEC_CONTROLLER)

    @cached_property
    def rdec_chief(self) -> User:
        return self._holder(self.rdec, Role.RDEC_CHIEF)

    @cached_property
    def rdec_commissioner(self) -> User:
        return self._holder(self.rdec, Role.RDEC_COMMISSIONER)

    @cached_property
    def secretary(self) -> User:
        return self._holder(self.rdec, Role.INSPECTION_SECRETARY)

    @cached_property
    def inspectors(self) -> list[User]:
        """Internal commissioners of the inspection team."""
        return self.posts[self.rdec.pk, Role.INSPECTOR]


def build_city(scale: float = 1.0, today: date | None = None) -> City:
    """Load geography and agencies and write the people; safe to call on an empty installation only."""
    load_geography()
    load_agencies()
    day = today or timezone.localdate()
    then = date(2012, 6, 30)
    agencies = list(first_level(then))
    offices = list(Agency.objects.filter(code__startswith="KCG-64", valid_from__lte=then).order_by("code"))
    city = City(
        random.Random(SEED),
        day,
        scale,
        agencies,
        offices,
        list(District.objects.order_by("code")),
        commission(then),
    )
    _people(city)
    return city


def _people(city: City) -> None:
    wanted: list[tuple[str, Role, Agency, str]] = []
    taken = {(role, code or city.rdec.code) for _username, role, code, _title in PERSONAS}
    for username, role, code, title in PERSONAS:
        wanted.append((username, role, city.by_code(code) if code else city.rdec, title))
    bureau = (
        (Role.HEAD, "局長"),
        (Role.MANAGER, "科長"),
        (Role.CONTROLLER, "研考"),
        (Role.REGISTRAR, "登錄人員"),
    )
    for agency in city.agencies:
        for role, title in (*bureau, (Role.OFFICER, "承辦人"), (Role.OFFICER, "承辦人")):
            if (role, agency.code) not in taken or role == Role.OFFICER:
                wanted.append(("", role, agency, title))
    for agency in city.district_offices:
        wanted += [
            ("", role, agency, title)
            for role, title in ((Role.HEAD, "區長"), (Role.CONTROLLER, "研考"), (Role.OFFICER, "課員"))
        ]
    wanted += [("", Role.RDEC_CONTROLLER, city.rdec, "研究員"), ("", Role.RDEC_CONTROLLER, city.rdec, "組員")]
    wanted += [("", Role.INSPECTOR, city.rdec, "查核委員") for _number in range(3)]
    for username, code in (("demo.crew", "KCG-WR"), ("", "KCG-PW"), ("", "KCG-TRA"), ("", "KCG-TOU")):
        wanted.append((username, Role.CREW, city.by_code(code), "派工班長"))
    users = []
    for number, (username, _role, _agency, _title) in enumerate(wanted, 1):
        name = city.person_name()
        user = User(username=username or f"u{number:04d}", name=name, demo=True)
        user.set_unusable_password()
        users.append(user)
    User.objects.bulk_create(users)
    Post.objects.bulk_create(
        [Post(user=user, agency=agency, role=role, title=title)
         for user, (_username, role, agency, title) in zip(users, wanted, strict=True)]
    )  # fmt: skip
    for user, (_username, role, agency, _title) in zip(users, wanted, strict=True):
        city.posts.setdefault((agency.pk, role), []).append(user)
