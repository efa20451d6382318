"""What the rules say of each page of the corpus: the result and its reasons, check by check."""

from tests.corpus.case import Case
from tests.corpus.examination import CASES, examined
from tests.pins.conftest import Pinned


def test_the_result_of_each_page_of_the_corpus(pinned: Pinned):
    pinned("corpus.json", {case.name: results(case) for case in CASES})


def results(case: Case) -> list[str]:
    """One line for each check: minutes from the due time, the result, the reasons."""
    return [
        f"{found.look.minutes:+g} min: {found.finding.result}, {', '.join(found.finding.reasons)}"
        for found in examined(case)
    ]
