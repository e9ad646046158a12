"""What is shown of a person, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.vault import persons
from yankao.kernel.vault.persons import Person, email_form, home_form, id_form, mask_address, phone_form

TEXTS = st.text(min_size=1, max_size=60)
DIGITS = st.text("0123456789", min_size=8, max_size=12)


@pytest.mark.parametrize(
    ("field", "told", "shown"),
    [
        ("name", "王小明", "王○明"),
        ("mobile", "0912-345-678", "09**-***-678"),
        ("mobile", "+886 912 345 678", "09**-***-678"),
        ("phone", "(07)336-8333 分機12", "07-****-333"),
        ("phone", "1999", "****"),
        ("phone", "沒有電話", "****"),
        ("email", "test@gmail.com", "t**t@***.com"),
        ("email", "ab@city.gov.tw", "**@***.tw"),
        ("email", "壞掉的信箱", "****"),
        ("address", "高雄市前金區中正四路211號", "高雄市前金區****"),
        ("address", "80203 高雄市苓雅區四維三路2號", "高雄市苓雅區****"),
        ("address", "前鎮區一心二路1號", "前鎮區****"),
        ("address", "12 Main Street", "****"),
        ("id_number", "a123456789", "A******789"),
        ("id_number", "1234", "****"),
    ],
)
def test_each_field_is_masked_in_its_own_way(field, told, shown):
    assert getattr(persons.masked(Person(**{field: told})), field) == shown


def test_an_empty_field_stays_empty():
    assert persons.masked(Person()) == Person()


@given(DIGITS)
def test_a_masked_number_tells_five_digits_at_most(number):
    shown = persons.mask_phone(number)
    assert sum(character.isdigit() for character in shown) <= 5
    assert number not in shown and shown.count("*") >= 3


@given(TEXTS, TEXTS)
def test_a_masked_address_of_mail_tells_two_letters_and_the_last_part(local, domain):
    shown = persons.mask_email(f"{local}@{domain}")
    if shown:
        before = shown.partition("@")[0]
        assert len(before.replace("*", "")) <= 2
        assert len(local) < 4 or local.strip() not in shown or set(local) <= {"*", " "}


@given(st.text("高雄市前金區中正路巷弄號樓0123456789 市縣鄉鎮", min_size=1, max_size=60))
def test_a_masked_address_has_no_number_and_no_road(address):
    shown = mask_address(address)
    assert not any(character in "0123456789" for character in shown)
    assert len(shown) <= 13


@given(st.builds(Person, *[st.text(max_size=30)] * 6))
def test_neither_repr_nor_str_tells_a_person(person):
    assert repr(person) == str(person) == "Person()"


@given(st.builds(Person, *[st.text(max_size=30)] * 6))
def test_what_is_written_is_read_again(person):
    assert Person.read(person.written()) == person


@pytest.mark.parametrize(
    "alike",
    [
        (
            "0912345678",
            "0912-345-678",
            "+886-912-345-678",
            "886 912345678".join(["00", ""]),
            "０９１２３４５６７８",
        ),
        ("(07)3368333", "07-336-8333#12", "+886 7 3368333", "07 3368333轉12", "073368333 ext. 5"),
        ("+81 3-1234-5678", "0081312345678"),
    ],
)
def test_one_number_has_many_writings(alike):
    assert len({phone_form(number) for number in alike}) == 1


@given(DIGITS, st.text("- ()", max_size=3))
def test_separators_make_no_difference(number, joint):
    assert phone_form(number[:4] + joint + number[4:]) == phone_form(number)


def test_other_values_are_compared_in_one_form():
    assert email_form(" Test@Example.COM ") == email_form("test@example.com")
    assert id_form("a-123456789") == id_form("Ａ123456789")
    assert home_form("王小明", "台南市 中西區") == home_form("王 小明", "臺南市中西區")
    assert home_form("王小明", "") == home_form("", "臺南市") == ""
