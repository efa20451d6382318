"""The difference between two texts, word by word."""

import random

from breaches.rules.content import WordChange, compare_words

SENTENCE = "The page was live at 10:27am, an hour late."


def pieces(before, after):
    return [(piece.change.value, piece.text) for piece in compare_words(before, after)]


def test_the_same_text_is_one_piece_and_two_empty_ones_are_none():
    assert pieces(SENTENCE, SENTENCE) == [("same", SENTENCE)]
    assert pieces("", "") == []


def test_a_changed_word_is_gone_and_new_between_what_stays():
    assert pieces(SENTENCE, SENTENCE.replace("10:27am,", "10:28am,")) == [
        ("same", "The page was live at "),
        ("gone", "10:27am,"),
        ("new", "10:28am,"),
        ("same", " an hour late."),
    ]


def test_a_text_that_was_written_where_there_was_none_is_new():
    assert pieces("", SENTENCE) == [("new", SENTENCE)]
    assert pieces(SENTENCE, "") == [("gone", SENTENCE)]


def test_whatever_was_changed_the_pieces_give_both_texts_back():
    chance = random.Random(7)  # noqa: S311  # no secret
    words = ["late", "early", "page", "\n\n", "the", "10:27am", "ﬁgure", "🙂", "صفحة"]
    for _ in range(500):
        before, after = (" ".join(chance.choices(words, k=chance.randrange(30))) for _ in range(2))
        found = compare_words(before, after)
        assert "".join(piece.text for piece in found if piece.change is not WordChange.NEW) == before
        assert "".join(piece.text for piece in found if piece.change is not WordChange.GONE) == after
        assert all(piece.text for piece in found)
