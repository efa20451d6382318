"""The difference between two texts, word by word in the sentences that are alike."""

import random

from breaches.rules.content import WordChange, compare_texts

SENTENCE = "The page was live at 10:27am, an hour late."


def pieces(before, after):
    return [(piece.change.value, piece.text) for piece in compare_texts(before, after)]


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


REWRITTEN = "Readers could not open the tables. The web team put the file back at noon, after users had called."


def test_a_paragraph_that_was_written_again_is_gone_and_new_as_a_whole():
    before = f"{SENTENCE} The cause was a template in the scheduler.\n\nThe report was late too."
    after = before.replace(before.split("\n\n")[0], REWRITTEN)
    assert pieces(before, after) == [
        ("gone", f"{SENTENCE} The cause was a template in the scheduler.\n\n"),
        ("new", f"{REWRITTEN}\n\n"),
        ("same", "The report was late too."),
    ]
    assert pieces(SENTENCE, REWRITTEN) == [("gone", SENTENCE), ("new", REWRITTEN)]


def test_a_sentence_that_was_written_again_is_gone_and_new_between_those_that_stay():
    kept = "Two users noticed it."
    assert pieces(f"{SENTENCE} The cause was a template. {kept}", f"{SENTENCE} A disk was full at noon. {kept}") == [
        ("same", f"{SENTENCE} "),
        ("gone", "The cause was a template. "),
        ("new", "A disk was full at noon. "),
        ("same", kept),
    ]


def test_a_similar_sentence_is_compared_word_by_word_also_among_others():
    before = f"The page was there. {SENTENCE} It stayed."
    after = f"{REWRITTEN} {SENTENCE.replace('an hour', 'two hours')} Nothing happened then."
    assert pieces(before, after) == [
        ("gone", "The page was there. "),
        ("new", f"{REWRITTEN} "),
        ("same", "The page was live at 10:27am, "),
        ("gone", "an hour"),
        ("new", "two hours"),
        ("same", " late. "),
        ("gone", "It stayed."),
        ("new", "Nothing happened then."),
    ]


def test_whatever_was_changed_the_pieces_give_both_texts_back():
    chance = random.Random(7)  # noqa: S311  # no secret
    words = ["late", "early", "page", "\n\n", "the", "10:27am", "ﬁgure", "🙂", "صفحة"]
    for _ in range(500):
        before, after = (" ".join(chance.choices(words, k=chance.randrange(30))) for _ in range(2))
        found = compare_texts(before, after)
        assert "".join(piece.text for piece in found if piece.change is not WordChange.NEW) == before
        assert "".join(piece.text for piece in found if piece.change is not WordChange.GONE) == after
        assert all(piece.text for piece in found)
