"""Posts count from their first day to their last, deputies only while both they and the post do."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from yankao.kernel.people.models import Agency, Deputy, Post, Role, User
from yankao.kernel.people.standing import NOBODY, Held, standing

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2012, 1, 1), date(2012, 6, 30)
ONE = timedelta(days=1)


@pytest.fixture
def works():
    return Agency.objects.create(code="PW", name="工務局")


@pytest.fixture
def lin():
    return User.objects.create_user("lin", name="林怡君")


@pytest.fixture
def wang():
    return User.objects.create_user("wang", name="王大明")


@pytest.fixture
def post(lin, works):
    return Post.objects.create(user=lin, agency=works, role=Role.CONTROLLER, valid_from=FIRST, valid_to=LAST)


@pytest.mark.parametrize(
    ("day", "held"), [(FIRST - ONE, False), (FIRST, True), (LAST, True), (LAST + ONE, False)]
)
def test_a_post_counts_from_its_first_day_to_its_last(lin, post, works, day, held):
    found = standing(lin, day)
    assert found.has(Role.CONTROLLER) is held
    assert found.agencies() == ({works.pk} if held else set())


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2012, 3, 4), False),
        (date(2012, 3, 5), True),
        (date(2012, 3, 9), True),
        (date(2012, 3, 10), False),
    ],
)
def test_a_deputy_stands_in_on_the_days_named_and_no_other(wang, post, works, day, held):
    Deputy.objects.create(post=post, user=wang, valid_from=date(2012, 3, 5), valid_to=date(2012, 3, 9))
    expected = (Held(works.pk, None, Role.CONTROLLER, True),) if held else ()
    assert standing(wang, day).posts == expected


def test_a_deputy_cannot_outlast_the_post(wang, post):
    Deputy.objects.create(post=post, user=wang, valid_from=LAST, valid_to=LAST + ONE)
    assert standing(wang, LAST).has(Role.CONTROLLER)
    assert not standing(wang, LAST + ONE).has(Role.CONTROLLER)


def test_the_holder_keeps_the_post_while_deputised(lin, wang, post):
    Deputy.objects.create(post=post, user=wang, valid_from=FIRST, valid_to=LAST)
    (own,) = standing(lin, FIRST).posts
    assert not own.deputy


def test_two_deputies_of_one_post_do_not_double_it(lin, wang, post):
    for user in (wang, User.objects.create_user("chen", name="陳")):
        Deputy.objects.create(post=post, user=user, valid_from=FIRST, valid_to=LAST)
    assert len(standing(lin, FIRST).posts) == len(standing(wang, FIRST).posts) == 1


def test_concurrent_posts_hold_together_each_in_its_agency(lin, post, works):
    health = Agency.objects.create(code="H", name="衛生局")
    Post.objects.create(user=lin, agency=health, role=Role.HEAD, valid_from=LAST)
    found = standing(lin, LAST)
    assert found.agencies(Role.HEAD) == {health.pk} and found.agencies(Role.CONTROLLER) == {works.pk}
    assert found.agencies() == {health.pk, works.pk}
    assert standing(lin, LAST + ONE).agencies() == {health.pk}


def test_who_is_nobody_or_inactive_stands_nowhere(lin, post):
    assert standing(None) is standing(AnonymousUser()) is NOBODY
    lin.is_active = False
    assert standing(lin, FIRST) is NOBODY


def test_standing_asks_the_database_once_a_day(lin, post, django_assert_num_queries):
    with django_assert_num_queries(1):
        standing(lin, FIRST)
        standing(lin, FIRST)
    with django_assert_num_queries(1):
        standing(lin, FIRST + ONE)


def test_dates_out_of_order_are_refused_by_the_database(lin, works, post):
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.create(user=lin, agency=works, role=Role.HEAD, valid_from=LAST, valid_to=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deputy.objects.create(post=post, user=lin, valid_from=LAST, valid_to=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agency.objects.create(code="Z", name="z", valid_from=LAST, valid_to=FIRST)


def test_a_person_with_a_post_cannot_be_deleted(lin, post):
    with pytest.raises(ProtectedError):
        lin.delete()
