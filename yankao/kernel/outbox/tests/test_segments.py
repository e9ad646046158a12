"""Text messages are counted as the network bills them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.outbox.segments import _CODES as ALPHABET
from yankao.kernel.outbox.segments import GSM, JOINED, UCS2, TooLong, counted


@pytest.mark.parametrize(
    ("text", "alphabet", "parts"),
    [
        ("a" * 160, GSM, 1),
        ("a" * 161, GSM, 2),
        ("a" * 306, GSM, 2),
        ("a" * 307, GSM, 3),
        ("a" * 158 + "€", GSM, 1),
        ("a" * 159 + "€", GSM, 2),
        ("陳" * 70, UCS2, 1),
        ("陳" * 71, UCS2, 2),
        ("陳" * 134, UCS2, 2),
        ("陳" * 135, UCS2, 3),
        ("a" * 69 + "陳", UCS2, 1),
        ("a" * 70 + "陳", UCS2, 2),
        ("𠮷" * 35, UCS2, 1),
        ("𠮷" * 36, UCS2, 2),
        ("", GSM, 1),
    ],
)
def test_parts_are_counted_by_the_alphabet(text, alphabet, parts):
    found = counted(text)
    assert (found.alphabet, len(found.parts)) == (alphabet, parts)


@given(st.text("".join(ALPHABET), max_size=800))
def test_gsm_parts_join_to_the_text_and_fit(text):
    found = counted(text)
    assert found.alphabet == GSM and "".join(found.parts) == text
    if len(found.parts) > 1:
        assert all(len(found.encoded(part)) <= JOINED[GSM] for part in found.parts)
        assert not any(found.encoded(part).endswith(b"\x1b") for part in found.parts)


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=400))
def test_no_character_is_torn_and_no_part_is_too_long(text):
    found = counted(text)
    assert "".join(found.parts) == text
    limit = 70 if len(found.parts) == 1 else 67
    if found.alphabet == UCS2:
        assert all(len(found.encoded(part)) <= 2 * limit for part in found.parts)
        assert "".join(found.encoded(part).decode("utf-16-be") for part in found.parts) == text


def test_a_text_without_end_is_refused():
    with pytest.raises(TooLong):
        counted("陳" * 671)
