"""What cannot be answered says why, in the reader's language."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils import translation

from yankao.desk import errors, nav

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_menu():
    nav.forget()


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.officer)
    return client


def test_an_unknown_address_is_told_within_the_frame(desk):
    answer = desk.get("/no-such-page/")
    assert answer.status_code == 404
    assert "沒有這個網頁，或您不能查看。" in answer.content.decode()
    assert "<main" in answer.content.decode()


def test_a_case_one_may_not_know_of_is_told_in_our_words(desk):
    assert "沒有這個案件，或您不能查看。" in desk.get(reverse("desk:case", args=[999999])).content.decode()


def test_english_readers_are_told_in_english(desk):
    with translation.override("zh-hant"):  # puts back the language the request leaves behind
        text = desk.get("/no-such-page/", headers={"Accept-Language": "en"}).content.decode()
    assert "There is no such page" in text


def test_htmx_gets_the_sentence_alone(desk):
    asked = {"HX-Request": "true", "HX-Request-Type": "partial"}
    text = desk.get(reverse("desk:case", args=[999999]), headers=asked).content.decode()
    assert text.startswith('<div class="note bad"')
    assert "<html" not in text


def test_a_form_without_its_token_is_told_that_nothing_typed_is_lost(cast):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.officer)
    answer = strict.post(reverse("desk:comment", args=[1]), {"text": "x"})
    assert answer.status_code == 403
    assert "您輸入的內容還在那一頁" in answer.content.decode()


def test_a_breakdown_is_told_without_the_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = errors.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "沒有存入" in answer.content.decode()
    assert "was not saved" in answer.content.decode()


def fail(request):
    raise RuntimeError("the boiler burst")


def deny(request):
    raise PermissionDenied


def distrust(request):
    raise SuspiciousOperation


urlpatterns = [
    *(path(f"{at}fail/", fail) for at in ("", "api/")),
    *(path(f"{at}deny/", deny) for at in ("", "api/")),
    path("distrust/", distrust),
    path("", include("yankao.site.urls")),
]
handler400, handler403 = errors.bad_request, errors.forbidden
handler404, handler500 = errors.not_found, errors.server_error


@pytest.mark.parametrize(
    ("place", "status", "chinese", "english"),
    [
        ("/distrust/", 400, "請求有誤", "could not be understood"),
        ("/deny/", 403, "不能辦理", "not within your duties"),
        ("/no/such/page/", 404, "沒有這個網頁", "no such page"),
        ("/fail/", 500, "系統發生錯誤", "Something went wrong"),
    ],
)
@override_settings(ROOT_URLCONF=__name__)
def test_a_refusal_has_a_number_that_stands_in_the_log(client, caplog, place, status, chinese, english):
    client.raise_request_exception = False
    caplog.set_level("INFO", "yankao.errors")
    for language, words in (("zh-hant", chinese), ("en", english)):
        with translation.override("zh-hant"):
            answer = client.get(place, headers={"Accept-Language": language})
        page, number = answer.content.decode(), answer["X-Error-Id"]
        assert answer.status_code == status
        assert words in page
        assert number in page
        assert any(number in record.getMessage() for record in caplog.records)
    if status == 500:
        assert any(record.exc_info and "boiler" in str(record.exc_info[1]) for record in caplog.records)
        assert "boiler" not in page


@pytest.mark.parametrize(("place", "status"), [("/api/deny/", 403), ("/api/fail/", 500)])
@override_settings(ROOT_URLCONF=__name__)
def test_programs_are_refused_in_json_with_the_same_number(client, place, status):
    client.raise_request_exception = False
    answer = client.get(place)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["id"]) == (status, answer["X-Error-Id"])
