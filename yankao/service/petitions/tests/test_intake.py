"""One door for every channel: a retried submission is the same case, and what it costs the database."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.casework.process import Refused
from yankao.service.petitions import intake, rules
from yankao.service.petitions.models import Channel, Kind, Petition

pytestmark = pytest.mark.django_db


def test_a_retried_submission_is_the_same_case_with_the_same_code(desk):
    told = desk.told(client_key="the-same-key-twice")
    first, again = intake.receive(told), intake.receive(told)
    assert first.fresh and not again.fresh
    assert (again.petition.pk, again.code) == (first.petition.pk, first.code)
    assert Petition.objects.count() == 1


def test_a_case_is_found_by_number_and_code_as_people_type_them(desk):
    got = intake.receive(desk.told())
    number, code = got.petition.case.number, got.code
    typed = f"{code[:5].lower()}-{code[5:]}"
    assert intake.find(number.lower(), typed) == got.petition
    assert intake.find(number, "AAAAAAAAAA") is None and intake.find("P999-000001", code) is None


def test_a_public_create_asks_the_database_little(desk):
    intake.receive(desk.told())  # rules, calendar and registers are read
    with CaptureQueriesContext(connection) as asked:
        intake.receive(desk.told(kind=Kind.MAILBOX))
    told = [one["sql"] for one in asked if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(told) <= 12, "\n".join(one[:90] for one in told)


def test_bad_input_is_told_by_field_and_opens_nothing(desk):
    wrong = {
        "content": {"content": "  "},
        "client_key": {"client_key": "short"},
        "latitude": {"latitude": 22},
        "place": {"kind": Kind.DISPATCH},
    }
    for name, more in wrong.items():
        with pytest.raises(ValidationError) as told:
            intake.receive(desk.told(**more))
        assert name in told.value.message_dict
    with pytest.raises(Refused):
        intake.receive(desk.told(agent=desk.cast.officer, channel=Channel.PHONE))
    assert not Petition.objects.exists()


@given(st.sampled_from(["complexity", "channel"]), st.integers(1, 30), st.integers(1, 30))
def test_the_narrowest_limit_of_a_policy_holds(name, wide, narrow):
    policy = rules.read_policy(f"{wide} working days; {name}=special: {narrow} days")
    assert str(policy.limit({name: "special"})).startswith(f"{narrow} day")
    assert "working" in str(policy.limit({name: "other"}))


def test_a_policy_that_cannot_be_read_says_why():
    for text in ("", "complexity=complex: 3 days", "colour=red: 3 days; 2 days", "5 of next month"):
        with pytest.raises(ValueError):
            rules.read_policy(text)
    below = rules.read_policy("6 working days; category=building: 10 working days")
    assert str(below.limit({"category": "building.illegal"})) == "10 working days"
