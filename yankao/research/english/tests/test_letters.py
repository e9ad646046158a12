"""The agencies are told of approved names by letter; a certified business is given a certificate."""

import io
import zipfile
from datetime import date

import pytest

from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import open_bytes
from yankao.kernel.letters import issuing, series
from yankao.kernel.letters.tests.test_writing import needs_fonts
from yankao.research.english import letters
from yankao.research.english.badges import process as bp
from yankao.research.english.badges.letters import certificate
from yankao.research.english.letters import notification, waiting
from yankao.research.english.signs import process as sp
from yankao.research.english.signs.letters import proof as sign_proof

from .conftest import at

pytestmark = [pytest.mark.django_db, needs_fonts]


@pytest.fixture(autouse=True)
def numbered(cast):
    """The commission numbers its letters."""
    series.setting(
        cast.rdec_chief, cast.rdec, word="示市研發", since=date(2011, 1, 1),
        form="{word}字第{roc}3{seq:05d}00號", address="示範市四維路2號", phone="07-3368333",
    )  # fmt: skip


def text_of(evidence):
    with open_bytes(evidence) as kept:
        return zipfile.ZipFile(io.BytesIO(kept.read())).read("content.xml").decode()


def test_the_list_of_approved_names_goes_to_every_first_level_agency(names, cast):
    rdec = cast.rdec_controller
    names.approve(names.propose())
    names.approve(names.propose("舊城", "Old City"))
    rows = list(waiting(rdec))
    given = {"mend_by": date(2012, 9, 30)}
    with pytest.raises(Refused):
        issuing.issue(notification, rows, cast.officer, given)
    sent = issuing.issue(notification, rows, rdec, given, key="k", dated=date(2012, 6, 25))
    assert issuing.issue(notification, rows, rdec, given, key="k") == sent
    text = text_of(sent.odt)
    assert "Lotus Pond" in text and "Old City" in text and sent.number in text
    assert "水利局" in sent.receivers and "工務局" in sent.receivers


def test_a_certificate_is_for_a_certified_business(cast):
    rdec = cast.rdec_controller
    shop = bp.process.open(
        rdec, title="海港小館", agency=cast.rdec, name_en="Harbor Kitchen", sector="food", address="x",
        at=at(date(2012, 1, 5)),
    )  # fmt: skip
    with pytest.raises(Refused, match="已認證"):
        issuing.issue(certificate, shop, rdec, {})
    bp.enrol(shop, rdec, certified_on=date(2012, 5, 1), badge_no="KES1")
    sent = issuing.issue(certificate, shop, rdec, {}, dated=date(2012, 5, 2))
    assert "Harbor Kitchen" in text_of(sent.odt) and sent.pdf.size > 1000


def test_a_proof_shows_a_name_as_it_stands_on_the_sign(names, cast):
    names.approve(names.propose())
    rows = list(letters.in_force(cast.rdec_controller))
    said = str(issuing.compose(letters.proof, rows, cast.rdec_controller).blocks)
    assert said.index("蓮池潭") < said.index("Lotus Pond") and "校對表" in said
    assert issuing.refusal(letters.proof, [names.propose("舊城", "Old City")], cast.rdec_controller)


def test_whoever_mends_a_sign_gets_its_proof(cast):
    report = sp.process.open(
        None, title="捷運出口", agency=cast.rdec, place="左營站二號出口", fault="spelling",
        wording="Lotus Pont", code="x", key="sign:1",
    )  # fmt: skip
    assert "查證" in issuing.refusal(sign_proof, report, cast.rdec_controller)
    sp.assign_keeper(report, cast.rdec_controller, keeper=cast.water, approved_name="Lotus Pond")
    assert issuing.refusal(sign_proof, report, cast.controller) == ""
    assert "由" in issuing.refusal(sign_proof, report, cast.works_controller)
    assert "Lotus Pond" in str(issuing.compose(sign_proof, report, cast.controller).blocks)
