"""What is compared is the same on both sides, and a word of any length is told by grams the text has."""

from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.search.grams import asked_of, grams_of, holds, joined, normal, tokens, words_of

TEXT = st.text(st.sampled_from("臺台北市停車場路燈ＡaBß１1.-'\"*%_\\ \n\u3000é"), max_size=30)


def test_width_case_and_variants_of_a_character_are_folded() -> None:
    assert normal("臺北　Ａ１　Straße\n") == "台北 a1 strasse"
    assert words_of("  臺北市 台北市 ＬＥＤ ") == ["台北市", "led"]


def test_numbers_and_addresses_of_persons_are_left_out_of_what_is_searched() -> None:
    letter = "王先生A123456789來電0912-345-678或+886 912345678，信箱wang@example.org.tw陳情"
    told = joined(["拾101-0001", letter])
    assert told == "拾101-0001\n王先生 來電 或 ,信箱 陳情"
    assert joined(["工程編號0912345678901、電話04-22289111"]) == "工程編號0912345678901、電話04-22289111"


@given(TEXT, TEXT)
def test_whatever_holds_the_words_has_their_grams(text: str, query: str) -> None:
    kept, words = joined([text]), words_of(query)
    if words and holds(kept, words):
        assert asked_of(words) <= grams_of(kept)


@given(TEXT, st.data())
def test_any_run_of_characters_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    kept = joined([text])
    start = data.draw(st.integers(0, len(kept)))
    words = words_of(kept[start : data.draw(st.integers(start, len(kept)))])
    assert holds(kept, words)


@given(st.sets(TEXT))
def test_tokens_have_nothing_a_database_would_part_or_read_as_an_operator(texts: set[str]) -> None:
    for text in texts:
        for token in tokens(grams_of(normal(text)), "Ā"):
            assert all(letter.isalnum() for letter in token if letter.isascii())
