"""Nothing leaks before the reveal: a test for each channel, from the reviewer's side and from the author's.

From the author's side the strongest question is asked: whatever a person outside the review opens gives the
same answer before anybody is assigned and after the meeting has decided.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from yankao.api import tokens
from yankao.desk import nav, paging
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case, CaseEvidence, Comment, Follow
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.figures.declare import resolve
from yankao.kernel.jobs.models import Job
from yankao.kernel.notice.models import Notice
from yankao.kernel.people.models import Post, Role
from yankao.kernel.people.testing import make_cast
from yankao.kernel.period import Period
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Assignment, Sheet
from yankao.research.papers import imports
from yankao.research.papers import process as p
from yankao.research.papers.models import KIND, Paper

from .conftest import Hall

pytestmark = pytest.mark.django_db
TITLE = "雨水下水道維護管理之研究"
VOLATILE = re.compile(
    r'nonce="[^"]*"|value="[A-Za-z0-9]{64}"|name="key" value="[^"]*"|X-CSRFToken[^}]*|"key": ?"[^"]*"'
    r"|\d+ (?:秒|分鐘)前|錯誤編號：\w+"
)
OUTSIDE = (
    "officer",
    "controller",
    "head",
    "mayor",
    "auditor",
    "councillor",
    "admin",
    "stranger",
    "works_officer",
)


def text(answer):
    body = b"".join(answer) if answer.streaming else answer.content
    return VOLATILE.sub("", body.decode("utf-8", "replace"))


class Eyes:
    """A person at the desk with a browser and a program."""

    def __init__(self, user):
        self.user, self.client = user, Client()
        self.headers = {}
        if not isinstance(user, AnonymousUser):
            self.client.force_login(user)
            self.headers = {"Authorization": f"Bearer {tokens.make(user, '測試')[0]}"}

    def get(self, address, **query):
        for kept in (nav, paging):
            kept.forget()
        answer = self.client.get(address, query)
        return f"{answer.status_code}\n{text(answer)}"

    def ask(self, address):
        answer = self.client.get(f"/api{address}", headers=self.headers)
        return f"{answer.status_code}\n{text(answer)}"


# ── What the author and everybody outside may open, by channel ──────────────────────────────────────


def _evidence(paper):
    row = CaseEvidence.objects.filter(case_id=paper.pk).order_by("pk").last()
    return reverse("desk:evidence", args=[paper.pk, row.pk])


def _list(eyes, **query):
    return eyes.get(reverse("desk:list", args=[KIND]), **query)


YEAR = Period.of_year(101)
CHANNELS = {
    "case page": lambda e, one: e.get(reverse("desk:case", args=[one.pk])),
    "ledger page": lambda e, one: e.get(reverse("desk:ledger", args=[one.pk])),
    "list": lambda e, one: _list(e),
    "list with the sealed columns": lambda e, one: _list(e, columns="number,stage,grade,prize,score"),
    "count by grade": lambda e, one: _list(e, grade="first"),
    "count by stage": lambda e, one: _list(e, stage="awarded") + _list(e, stage="reviewing"),
    "order": lambda e, one: "".join(_list(e, sort=way) for way in ("newest", "oldest", "due", "nearest")),
    "search": lambda e, one: e.get(reverse("desk:find"), q=TITLE),
    "palette by code word": lambda e, one: e.get(reverse("desk:palette"), q="ZZCODE"),
    "palette by status": lambda e, one: e.get(reverse("desk:palette"), q="獲獎"),
    "export csv": lambda e, one: e.get(reverse("desk:export", args=[KIND, "csv"])),
    "board": lambda e, one: e.get(reverse("desk:board", args=[KIND])),
    "work list": lambda e, one: e.get(reverse("desk:work"), tab="open"),
    "work list export": lambda e, one: e.get(reverse("desk:work_export", args=["csv"])),
    "inbox": lambda e, one: e.get(reverse("desk:inbox")),
    "programming interface": lambda e, one: (
        e.ask(f"/cases/{one.case.number}/") + e.ask(f"/rooms/{KIND}/cases/")
    ),
    "figures": lambda e, one: (
        e.get(reverse("report:figure", args=[f"{KIND}.awarded", "101"]))
        + e.get(reverse("report:figure", args=[f"{KIND}.prize_money", "101"]))
    ),
    "form of a move": lambda e, one: e.get(reverse("desk:move", args=[one.pk, "award"])),
    "file": lambda e, one: str(e.client.get(_evidence(one)).status_code),
    "public repository": lambda e, one: e.get(reverse("papers_public:list"), q=TITLE),
    "likeness": lambda e, one: e.get(reverse("papers_public:list"), like=TITLE),
    "open data": lambda e, one: e.get(reverse("papers_public:open_data", args=["json"])),
    "reviews": lambda e, one: e.get(reverse("desk:reviews")),
    "rounds": lambda e, one: e.get(reverse("desk:rounds")),
    "outgoing register": lambda e, one: (
        e.get(reverse("desk:letters")) + e.get(reverse("desk:letters_export", args=["csv"]))
    ),
    "incoming register": lambda e, one: e.get(reverse("desk:letters_received")),
    "letters of the room": lambda e, one: (
        e.get(reverse("desk:room_letters", args=[KIND]))
        + e.get(reverse("desk:room_letter", args=[KIND, "certificate"]))
    ),
    "letter of the case": lambda e, one: e.get(reverse("desk:case_letter", args=[one.pk, "certificate"])),
    "list of reviewers": lambda e, one: e.get(reverse("desk:reviewers")),
    "error texts": lambda e, one: "".join(
        move.refusal(Paper.objects.select_related("case").get(pk=one.pk), e.user)
        for move in p.process.moves.values()
    ),
    "typing ahead": lambda e, one: "".join(
        e.get(reverse("desk:palette"), q=word) for word in (TITLE[:4], "審查", "研獎", "師")
    ),
    "records taken out": lambda e, one: e.get(f"/rooms/{KIND}/import/papers/records.csv"),
}  # fmt: skip


TIMED = ("case page", "list", "search", "board", "work list")


def timed(eyes, paper):
    """How many questions the pages ask the database: what takes as long tells nothing by its time."""
    found = {}
    for name in TIMED:
        CHANNELS[name](eyes, paper)
        with CaptureQueriesContext(connection) as asked:
            CHANNELS[name](eyes, paper)
        found[f"time of the {name}"] = str(len(asked))
    return found


@pytest.fixture(scope="module")
def answers(django_db_setup, django_db_blocker, tmp_path_factory):
    """What every channel tells the author: before anything is assigned, after the meeting decided, and after
    the announcement. One case played once; the tests below each look at one channel.
    """
    from django.conf import settings

    data, settings.DATA = settings.DATA, tmp_path_factory.mktemp("leaks")
    with django_db_blocker.unblock(), transaction.atomic():
        hall = Hall(make_cast())
        paper = hall.admitted(TITLE)
        Sheet.objects.update(code="ZZCODE")
        Follow.objects.create(case=paper.case, user=hall.cast.officer)
        eyes = Eyes(hall.cast.officer)

        def look():
            return {name: channel(eyes, paper) for name, channel in CHANNELS.items()} | timed(eyes, paper)

        told = [look()]
        hall.decided(paper)
        told.append(look())
        rounds.announce(hall.round, hall.cast.rdec_controller)
        told.append(look())
        transaction.set_rollback(True)
    settings.DATA = data
    return told


@pytest.mark.parametrize("channel", [*CHANNELS, *(f"time of the {name}" for name in TIMED)])
def test_the_author_learns_nothing_before_the_announcement(answers, channel):
    before, after = answers[0][channel], answers[1][channel]
    assert before == after
    for secret in ("甲師", "乙師", "丙師", "意見90", "意見92", "91.00", "90.00", "20,000"):
        assert secret not in after, secret
    assert "ZZCODE" not in after or channel == "palette by code word"


def test_the_reveal_reaches_the_author_and_the_reviewers_stay_unknown(answers):
    """The counterpart: the same pages do change with the announcement, or the tests above could not fail."""
    _first, before, after = answers
    telling = ("case page", "count by grade", "export csv", "programming interface", "inbox", "ledger page")
    assert [name for name in telling if before[name] == after[name]] == []
    page = after["case page"]
    assert "獲獎" in page and "意見90" in page and "意見92" in page
    assert not [name for name in ("甲師", "乙師", "丙師") if any(name in one for one in after.values())]
    assert "ZZCODE" not in page


@pytest.fixture
def sealed(hall):
    """A report under review, and the round it is in."""
    return hall, hall.admitted(TITLE)


def test_nobody_outside_opens_a_round_a_sheet_or_a_ranking(hall):
    paper = hall.decided(hall.admitted())
    sheet, one = hall.sheet(paper), Assignment.objects.first()
    places = [
        reverse("desk:round", args=[hall.round.pk]),
        reverse("desk:round_meeting", args=[hall.round.pk]),
        reverse("desk:round_sheet", args=[hall.round.pk, sheet.code]),
        reverse("desk:round_file", args=[hall.round.pk, "csv"]),
        reverse("desk:round_file", args=[hall.round.pk, "ods"]),
        reverse("desk:review", args=[one.key]),
        reverse("desk:review_copy", args=[one.key]),
        reverse("desk:review_recuse", args=[one.key]),
    ]
    deeds = [reverse(f"desk:round_{deed}", args=[hall.round.pk]) for deed in ("assign", "announce")]
    for who in OUTSIDE:
        eyes = Eyes(getattr(hall.cast, who))
        assert {eyes.client.get(place).status_code for place in places} == {404}, who
        assert {eyes.client.post(place).status_code for place in deeds} == {404}, who
    hall.round.refresh_from_db()
    assert hall.round.announced_on is None


def test_the_ledger_of_the_house_names_no_reviewer_and_no_score(hall):
    hall.decided(hall.admitted())
    page = "".join(
        Eyes(getattr(hall.cast, who)).get(reverse("desk:office_ledger"))
        for who in ("rdec_chief", "auditor", "admin")
    )
    assert page.startswith("200") and "review." in page
    assert not [
        word for word in ("甲師", "乙師", "丙師", "90", "first") if f">{word}" in page or f"={word}" in page
    ]
    for entry in Entry.objects.filter(act__startswith="review.").exclude(act="review.announce"):
        assert set(json.loads(entry.body)) == {"sealed"} and entry.actor_id is None


def test_no_notice_and_no_mail_tells_the_author_that_somebody_judges(sealed):
    hall, paper = sealed
    told, mails = Notice.objects.filter(user=hall.cast.officer).count(), Job.objects.count()
    hall.decided(paper)
    assert Notice.objects.filter(user=hall.cast.officer).count() == told
    sent = [
        json.dumps(job.args, ensure_ascii=False) + json.dumps(job.kwargs, ensure_ascii=False, default=str)
        for job in Job.objects.order_by("pk")[mails:]
    ]
    assert not [one for one in sent if "city.example" in one and hall.cast.officer.email in one]
    assert not [one for one in sent if TITLE in one or "林怡君" in one or "水利局" in one]


def test_taking_a_report_back_says_the_same_before_and_after_the_meeting(hall):
    one, other = hall.admitted(), hall.admitted("公共自行車站點配置之研究")
    hall.assigned(one)
    p.withdraw.run(one, hall.cast.officer, {"reason": "另投他處"})
    before = p.withdraw.refusal(hall.fresh(other), hall.cast.officer)
    hall.decided(other)
    assert p.withdraw.refusal(hall.fresh(other), hall.cast.officer) == before == ""
    p.withdraw.run(other, hall.cast.officer, {"reason": "另投他處"})
    assert rounds.announce(hall.round, hall.cast.rdec_controller) == 0


def test_a_warning_of_repetition_tells_of_published_reports_only(hall):
    hall.decided(hall.admitted(TITLE))
    draft = hall.draft(f"{TITLE}（續）")
    assert "與本件相近" not in Eyes(hall.cast.officer).get(reverse("desk:case", args=[draft.pk]))


def test_figures_count_results_from_the_day_of_the_announcement(hall):
    year = timezone.localdate().year - 1911
    hall.round.code = str(year - 1)
    hall.round.save()
    paper = hall.draft(year=year - 1)
    p.submit.run(paper, hall.cast.officer, hall.given())
    for move in (p.pass_form, p.admit):
        move.run(paper, hall.cast.rdec_controller, {})
    period = Period.of_year(year)
    awarded = resolve(f"{KIND}.awarded")
    hall.decided(paper)
    assert awarded.value(period) == 0
    rounds.announce(hall.round, hall.cast.rdec_controller)
    assert awarded.value(period) == 1
    assert awarded.value(period.with_as_of(timezone.localdate() - timedelta(days=1))) == 0


# ── What a reviewer may open ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def reader(hall):
    """A reviewer with a sheet to judge, and the words that would give its author away."""
    paper = hall.admitted(TITLE)
    one = hall.assigned(paper)[0]
    words = [
        paper.case.number,
        f"/cases/{paper.pk}/",
        "林怡君",
        "陳冠廷",
        "水利局",
        "T-WATER",
        "Water Resources",
        "t.officer",
    ]
    return hall, paper, one, Eyes(one.reviewer.user), words


def test_a_reviewer_s_pages_do_not_know_the_author(reader):
    _hall, paper, one, eyes, words = reader
    for place in (
        "/reviews/",
        reverse("desk:review", args=[one.key]),
        reverse("desk:review_recuse", args=[one.key]),
        "/work/",
        "/inbox/",
    ):
        page = eyes.get(place)
        assert page.startswith("200"), place
        # The search of the work list names bureaus as examples, to everybody alike.
        assert not [word for word in words if word in page and (word != "水利局" or place != "/work/")], place
    assert TITLE in eyes.get(reverse("desk:review", args=[one.key]))
    assert paper.case.number not in eyes.get(reverse("desk:reviews"))


def test_no_channel_leads_a_reviewer_to_the_case(reader):
    """Every channel of the house, asked by the reviewer: it says nothing."""
    _hall, paper, _one, eyes, words = reader
    for name, channel in CHANNELS.items():
        page = channel(eyes, paper)
        echoed = (f"/cases/{paper.pk}/", paper.case.number)  # the reader's own words in an answer of 404
        known = [word for word in words if word in page and not (page.startswith("404") and word in echoed)]
        # The lists' own help names bureaus as examples, to everybody alike.
        assert [word for word in known if word != "水利局" or "自研" in page] == [], name


def test_a_reviewer_who_works_for_another_bureau_sees_no_case_behind_a_figure(reader):
    hall, paper, one, eyes, words = reader
    Post.objects.create(user=one.reviewer.user, agency=hall.cast.works, role=Role.OFFICER)
    assert not Case.objects.filter(visible(one.reviewer.user), pk=paper.pk).exists()
    page = eyes.get(f"/figures/{KIND}.submitted/101/")
    assert page.startswith("200")
    assert not [word for word in words[:4] if word in page]


def test_a_reviewer_cannot_follow_link_or_comment_on_the_case(reader):
    hall, paper, _one, eyes, _words = reader
    for name, given in (
        ("follow", {}),
        ("comment", {"text": "?"}),
        ("link", {"number": paper.case.number, "kind": "see_also"}),
    ):
        assert eyes.client.post(reverse(f"desk:{name}", args=[paper.pk]), given).status_code == 404, name
    assert not Follow.objects.filter(case=paper.case).exists() and not Comment.objects.exists()
    for move in p.process.moves.values():
        with pytest.raises((Refused, KeyError)):
            move.run(hall.fresh(paper), eyes.user, {})


def test_a_saved_or_narrowed_list_finds_no_author(reader):
    hall, _paper, _one, eyes, _words = reader
    for query in ({"officer": hall.cast.officer.username}, {"agency": "T-WATER"}, {"find": "林怡君"}):
        page = eyes.get("/work/", tab="open", **query)
        assert TITLE not in page and "/cases/" not in page


def test_the_file_has_a_name_and_headers_that_say_nothing(reader):
    _hall, _paper, one, eyes, words = reader
    answer = eyes.client.get(reverse("desk:review_copy", args=[one.key]))
    data = b"".join(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="{one.sheet.code}.odt"'
    told = f"{dict(answer.headers)} {data!r}"
    assert "Last-Modified" not in answer.headers and "ETag" not in answer.headers
    assert not [word for word in words if word in told or word.encode() in data]


def test_addresses_and_order_say_nothing_of_who_came_first(hall):
    papers = [hall.admitted(f"研究{n}之探討") for n in range(4)]
    rounds.assign_all(hall.round, hall.cast.rdec_controller)
    for person in hall.people:
        page = Eyes(person.user).get("/reviews/")
        found = re.findall(r"/reviews/([0-9a-f-]{36})/", page)
        codes = re.findall(r">([A-Z0-9]{6})<", page)
        assert found and codes == sorted(codes)
        assert not re.search(r'/(?:reviews|cases)/\d+/"', page)
        assert not [one for one in papers if one.case.number in page]


def test_another_s_key_answers_as_one_that_does_not_exist(reader):
    hall, _paper, one, _eyes, _words = reader
    other = Eyes(next(person for person in hall.people if person != one.reviewer).user)
    absent = "00000000-0000-4000-8000-000000000000"
    other.client.get(reverse("desk:reviews"))  # the session and the menu are asked for once
    for name in ("review", "review_copy", "review_recuse"):
        answers = []
        for key in (str(one.key), absent):
            with CaptureQueriesContext(connection) as asked:
                answer = other.client.get(reverse(f"desk:{name}", args=[key]))
            answers.append((answer.status_code, text(answer).replace(key, "KEY"), len(asked)))
        # The same words, after the same number of questions: the time taken tells nothing either.
        assert answers[0] == answers[1], name
        assert answers[1][0] == 404


def test_a_reviewer_sees_neither_the_other_scores_nor_the_list_of_reviewers(hall):
    paper = hall.scored(hall.admitted())
    one = Assignment.objects.order_by("pk").first()
    other = Assignment.objects.order_by("pk").last()
    eyes = Eyes(one.reviewer.user)
    page = eyes.get(reverse("desk:review", args=[one.key]))
    assert "意見90" in page and "意見92" not in page and str(other.reviewer) not in page
    assert eyes.get(f"/rooms/{KIND}/import/reviewers/records.csv").startswith(("403", "404"))
    assert list(imports.seen_reviewers(eyes.user)) == [] and paper.pk


def test_whoever_may_open_the_case_cannot_be_its_reviewer(hall):
    paper = hall.admitted()
    for name in ("mayor", "auditor", "rdec_chief", "controller"):
        person = hall.people[0]
        person.user = getattr(hall.cast, name)
        person.save()
        with pytest.raises(Refused, match="應迴避"):
            rounds.assign(hall.sheet(paper), person, hall.cast.rdec_controller)
