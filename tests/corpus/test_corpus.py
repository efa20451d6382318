"""The corpus: every whole response gets its right answer, and two naive checks do not."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from tests.corpus.case import Right
from tests.corpus.examination import CASES, examined
from tests.corpus.naive import bare_status, keyword
from tests.corpus.table import confusion_table, mistakes, naively, ours, wrong


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_check_of_a_case_gets_its_right_answer(case):
    for found in examined(case):
        told = f"{case.why} At {found.look.minutes:+g} min: {found.finding.result}, {', '.join(found.finding.reasons)}"
        assert found.answer is found.look.right, told
        assert found.look.reason is None or found.look.reason in found.finding.reasons, told


def test_every_case_has_a_name_of_its_own_and_says_why():
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert [case.name for case in CASES if not case.why.strip() or not case.looks] == []


def test_our_rules_are_never_wrong_and_the_naive_checks_often_are(capsys):
    """Wrong is: live where it is not, not live where it is, either where the answer is inconclusive."""
    with capsys.disabled():
        sys.stdout.write(f"\n{confusion_table()}\n")
    assert mistakes() == []
    assert wrong(ours()) == 0
    assert wrong(naively(lambda case, look: bare_status(case, look.reply))) > len(CASES) / 4
    assert wrong(naively(lambda case, look: keyword(case, look.reply))) > len(CASES) / 4


def test_the_corpus_holds_enough_of_each_answer():
    rights = Counter(look.right for case in CASES for look in case.looks)
    assert len(CASES) >= 60
    assert min(rights[right] for right in Right) >= 30


def test_the_documentation_shows_the_table_as_it_is():
    written = (Path(settings.BASE_DIR) / "docs" / "reference" / "verdicts.md").read_text()
    assert confusion_table() in written, "Repeat it: .venv/bin/python -m tests.corpus"
