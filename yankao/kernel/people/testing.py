"""The fixed cast of persons that tests play with: two bureaus, the commission, and those who look on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from .. import bulk, planner
from .models import Agency, District, Post, Role, User


@dataclass
class Cast:
    """水利局, 工務局, 研考會 and their people; each attribute is a saved row."""

    water: Agency
    works: Agency
    rdec: Agency
    officer: User
    colleague: User
    controller: User
    manager: User
    head: User
    registrar: User
    personnel: User
    works_officer: User
    works_controller: User
    rdec_controller: User
    rdec_chief: User
    rdec_commissioner: User
    secretary: User
    inspector: User
    mayor: User
    councillor: User
    agent: User
    crew: User
    auditor: User
    ethics: User
    admin: User
    stranger: User
    district: District


_POSTS: dict[str, tuple[str, Role, str]] = {
    "officer": ("water", Role.OFFICER, "林怡君"),
    "colleague": ("water", Role.OFFICER, "陳冠廷"),
    "controller": ("water", Role.CONTROLLER, "黃詩涵"),
    "manager": ("water", Role.MANAGER, "張博文"),
    "head": ("water", Role.HEAD, "李思源"),
    "registrar": ("water", Role.REGISTRAR, "吳佩珊"),
    "personnel": ("water", Role.PERSONNEL, "許家豪"),
    "works_officer": ("works", Role.OFFICER, "蔡明哲"),
    "works_controller": ("works", Role.CONTROLLER, "鄭雅文"),
    "rdec_controller": ("rdec", Role.RDEC_CONTROLLER, "王小明"),
    "rdec_chief": ("rdec", Role.RDEC_CHIEF, "周敏慧"),
    "rdec_commissioner": ("rdec", Role.RDEC_COMMISSIONER, "謝文泰"),
    "secretary": ("rdec", Role.INSPECTION_SECRETARY, "何建宏"),
    "inspector": ("rdec", Role.INSPECTOR, "郭正義"),
    "mayor": ("rdec", Role.MAYOR, "陳大市"),
    "agent": ("rdec", Role.CALL_AGENT, "葉話務"),
    "crew": ("water", Role.CREW, "莊班長"),
    "councillor": ("rdec", Role.COUNCILLOR, "簡議員"),
    "auditor": ("rdec", Role.AUDITOR, "孫清廉"),
    "ethics": ("rdec", Role.ETHICS, "江守密"),
    "admin": ("rdec", Role.ADMIN, "系統員"),
}


def make_cast() -> Cast:
    """Write the cast into the database at hand."""
    water, works, rdec = Agency.objects.bulk_create(
        [
            Agency(code="T-WATER", name="水利局", name_en="Water Resources Bureau", first_level=True),
            Agency(code="T-WORKS", name="工務局", name_en="Public Works Bureau", first_level=True),
            Agency(
                code="T-RDEC", name="研究發展考核委員會", name_en="RDEC", first_level=True, is_commission=True
            ),
        ]
    )
    agencies = {"water": water, "works": works, "rdec": rdec}
    people = {
        username: bulk.made(User, username=f"t.{username}", name=name, email=f"{username}@city.example")
        for username, (_agency, _role, name) in _POSTS.items()
    } | {"stranger": bulk.made(User, username="t.stranger", name="路人甲")}
    bulk.write(User, people.values())
    posts = [
        bulk.made(Post, user=people[username], agency=agencies[agency], role=role)
        for username, (agency, role, _name) in _POSTS.items()
    ]
    bulk.write(Post, posts)
    district = District.objects.create(code="T-64000010", name="鹽埕區", name_en="Yancheng District")
    everybody: dict[str, Any] = {**agencies, **people, "district": district}
    return Cast(**everybody)


def call_centre(cast: Cast) -> dict[str, User]:
    """The call centre beside the cast: `agent`, `lead` (its supervisor) and `editor` (of what it knows)."""
    people: dict[str, User] = {"agent": cast.agent}
    for name, role in (("lead", Role.CALL_SUPERVISOR), ("editor", Role.KNOWLEDGE_EDITOR)):
        people[name] = User.objects.create(username=f"t.{name}", name=name)
        Post.objects.create(user=people[name], agency=cast.rdec, role=role)
    return people


def settle() -> None:
    """After records that last for many tests: what waits for its check is checked now, not at the end of each
    test, and the planner learns how full the tables are, as after a real load.
    """
    connection.check_constraints()
    planner.learn()
