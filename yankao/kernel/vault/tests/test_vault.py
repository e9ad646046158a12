"""What lies in the vault is found by nobody who has the database alone, and opened by duty only."""

import logging
import traceback

import pytest
from django.core import serializers
from django.db import DatabaseError, connection, transaction

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.steps import Refused
from yankao.kernel.vault import keeping, keys, persons, revealing, sealing
from yankao.kernel.vault.models import Identity, Purpose, Reveal
from yankao.kernel.vault.persons import Person

from .conftest import ALSO_WRITTEN, PLANTED

pytestmark = pytest.mark.django_db


def everything():
    """The bytes of every row of every table, and on SQLite those of the whole file."""
    if connection.vendor == "sqlite":
        yield connection.connection.serialize()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table.startswith("search_") and connection.vendor == "sqlite":
                continue  # a virtual table; its own tables were read
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    yield bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def test_no_table_holds_a_word_of_a_person(kept, accuser, cast):
    revealing.reveal(kept, actor=cast.officer, purpose=Purpose.CONTACT, fields=["mobile"])
    dump = b"\n".join(everything())
    assert b"t.officer" in dump
    assert [word for word in ALSO_WRITTEN if word.encode() in dump] == []


def test_neither_an_export_nor_a_printed_row_tells_a_person(kept):
    told = (
        serializers.serialize("json", Identity.objects.all()) + repr(kept) + str(kept) + repr(kept.envelope)
    )
    assert [word for word in ALSO_WRITTEN if word in told] == []


def test_a_failure_logged_with_its_arguments_tells_no_person(kept, caplog):
    try:
        raise ValueError(PLANTED, keeping.unsealed(kept), kept)
    except ValueError as error:
        logging.getLogger("yankao").exception("%r %s", PLANTED, keeping.unsealed(kept))
        told = caplog.text + "".join(traceback.format_exception(error))
    assert [word for word in ALSO_WRITTEN if word in told] == []


def test_lists_show_a_person_masked(kept, cast):
    shown = keeping.masked(Identity.objects.get(pk=kept.pk), cast.rdec_controller)
    assert (shown.name, shown.mobile, shown.email) == ("諸葛○○○", "09**-***-678", "k**e@***.net")


def test_an_anonymous_petitioner_is_nobody(cast, umbrella):
    assert keeping.keep(Person(), case=umbrella.case) is None
    assert keeping.masked(None, cast.officer) == keeping.NOBODY


@pytest.mark.parametrize("who", ["officer", "manager", "head", "rdec_chief", "rdec_commissioner", "auditor"])
def test_who_answers_for_the_case_sees_the_person(kept, cast, who):
    seen = revealing.reveal(kept, actor=getattr(cast, who), purpose=Purpose.REPLY, why="寄發答復函")
    assert seen == PLANTED


@pytest.mark.parametrize(
    "who",
    ["colleague", "controller", "works_officer", "rdec_controller", "mayor", "councillor", "ethics", "admin"],
)
def test_everybody_else_is_refused_and_no_look_is_written(kept, cast, who):
    with pytest.raises(Refused, match="沒有您可以調閱的個人資料"):
        revealing.reveal(kept, actor=getattr(cast, who), purpose=Purpose.REPLY)
    assert not revealing.may_reveal(kept, getattr(cast, who))
    assert not Reveal.objects.exists()


def test_a_look_says_who_when_why_and_what(kept, cast, umbrella):
    seen = revealing.reveal(
        kept, actor=cast.officer, purpose=Purpose.VISIT, why="約定會勘", fields=["mobile", "name"]
    )
    assert seen == Person(name=PLANTED.name, mobile=PLANTED.mobile)
    (look,) = revealing.looks(umbrella.case)
    assert (look.actor, look.purpose, look.why, look.labels) == (
        cast.officer,
        "visit",
        "約定會勘",
        ["姓名", "手機"],
    )


def test_the_ledger_holds_the_reference_of_a_look_and_stays_whole(kept, cast):
    revealing.reveal(kept, actor=cast.officer, purpose=Purpose.REPLY)
    entry = Entry.objects.get(act="vault.reveal")
    assert (entry.subject, entry.actor) == (f"identity:{kept.pk}", cast.officer)
    assert entry.body == f'{{"purpose":"reply","reveal":{Reveal.objects.get().pk}}}'
    assert ledger.verify() == []


def test_the_database_refuses_to_unwrite_a_look(kept, cast):
    revealing.reveal(kept, actor=cast.officer, purpose=Purpose.REPLY)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Reveal.objects.update(why="")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Reveal.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    ("purpose", "fields"), [("gossip", ["name"]), ("reply", ["shoe_size"]), ("reply", [])]
)
def test_a_look_needs_a_purpose_and_fields_there_are(kept, cast, purpose, fields):
    with pytest.raises(ValueError, match="Unknown"):
        revealing.reveal(kept, actor=cast.officer, purpose=purpose, fields=fields)


def test_an_accuser_is_opened_by_the_custodian_alone(accuser, cast):
    assert revealing.reveal(accuser, actor=cast.ethics, purpose=Purpose.VERIFY) == PLANTED
    for who in ("officer", "manager", "head", "rdec_chief", "auditor", "admin", "mayor"):
        with pytest.raises(Refused):
            revealing.reveal(accuser, actor=getattr(cast, who), purpose=Purpose.VERIFY)


def test_nobody_else_can_tell_an_accuser_from_nobody(accuser, kept, cast, umbrella):
    assert keeping.masked(accuser, cast.officer) == keeping.masked(None, cast.officer)
    assert keeping.masked(accuser, cast.ethics).name == "諸葛○○○"
    refusals = set()
    for identity in (accuser, None):
        with pytest.raises(Refused) as refused:
            revealing.reveal(identity, actor=cast.officer, purpose=Purpose.REPLY)
        refusals.add(str(refused.value))
    assert len(refusals) == 1
    revealing.reveal(accuser, actor=cast.ethics, purpose=Purpose.VERIFY)
    assert not Entry.objects.filter(case=umbrella.case, act="vault.reveal").exists()
    assert (
        not keeping.same_as(kept).exists() and not keeping.same_person(PLANTED).exclude(pk=kept.pk).exists()
    )


def test_the_same_person_is_found_by_any_contact_however_written(kept, umbrella):
    other = Person(phone="+886 912 345 678", name="孔明")
    found = keeping.keep(other, case=umbrella.case)
    assert list(keeping.same_as(kept)) == [found]
    assert set(keeping.same_person(Person(email="KongMing.Zhuge@example.net"))) == {kept}
    assert set(keeping.same_person(Person(name="諸葛孔明曉", address="高雄市前金區中正四路211號7樓"))) == {
        kept
    }
    assert not keeping.same_person(Person(name="諸葛孔明曉")).exists()  # a name alone is nobody's
    assert not keeping.same_person(Person()).exists()


def test_marks_of_two_installations_differ(kept, settings, tmp_path):
    settings.DATA = tmp_path / "elsewhere"
    assert keeping.prepared(PLANTED).mobile_mark != kept.mobile_mark


@pytest.mark.parametrize("column", ["text", "wrapped"])
def test_a_flipped_bit_is_refused_with_a_sentence(kept, cast, column):
    spoilt = bytearray(getattr(kept, column))
    spoilt[-1] ^= 1
    Identity.objects.filter(pk=kept.pk).update(**{column: bytes(spoilt)})
    with pytest.raises(sealing.Damaged, match="無法解讀"):
        revealing.reveal(Identity.objects.get(pk=kept.pk), actor=cast.officer, purpose=Purpose.REPLY)
    assert not Reveal.objects.exists()


def test_the_text_of_another_is_refused(kept, umbrella):
    other = keeping.keep(Person(name="周瑜"), case=umbrella.case)
    kept.text = other.text
    with pytest.raises(sealing.Damaged):
        keeping.unsealed(kept)


def test_a_missing_key_is_named(kept):
    keys.destroy(kept.key_id)
    with pytest.raises(keys.KeyMissing, match=kept.key_id):
        keeping.unsealed(kept)


def test_a_correction_seals_anew(kept):
    before = bytes(kept.text), kept.mobile_mark
    keeping.correct(kept, Person(name="諸葛亮", mobile="0922000111"))
    again = Identity.objects.get(pk=kept.pk)
    assert keeping.unsealed(again) == Person(name="諸葛亮", mobile="0922000111")
    assert (bytes(again.text), again.mobile_mark) != before and again.email_mark is None


def test_texts_of_different_length_look_alike():
    sizes = {
        len(sealing.seal(Person(name=name).written(), keys.ring(keys.ORDINARY)).text)
        for name in ("王○", "歐陽娜娜", "林")
    }
    assert len(sizes) == 1


def test_keys_are_for_the_account_alone(kept, settings):
    assert {path.stat().st_mode & 0o777 for path in keys.folder().iterdir()} == {0o600}
    assert keys.folder().stat().st_mode & 0o777 == 0o700


def test_a_list_of_fifty_opens_without_a_query_a_row(umbrella, cast, django_assert_num_queries):
    keeping.keep_all((PLANTED, umbrella.case) for _number in range(50))
    rows = list(Identity.objects.all())
    with django_assert_num_queries(0):
        assert len(keeping.masked_all(rows, cast.officer)) == 50
    assert persons.masked(PLANTED) == keeping.masked(rows[0], cast.officer)
