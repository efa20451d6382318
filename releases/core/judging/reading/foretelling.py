"""What a page tells its readers to wait for: a day, a time of day or "soon", at which something will be there.

A live page names the next release and its day. So a sentence counts that names the day on which this release is due,
or a time of day and no other day.
"""

import re
from datetime import date

from releases.core.judging.reading.characters import words
from releases.core.judging.reading.periods import periods

_WHOLE = r"page|publications?|releases?|reports?|bulletins?|statistics|documents?|editions?|results?|§|¤"
_OUT = (
    r"(?:published|released|issued|available|made available|added|posted|live|out|here|ready|announced|put|up"
    r"|on this page)"
)
_PART = r"figures|data|datasets?|tables?|content|summary|numbers"
_IS_TO_COME = (
    rf"(?: [^ .;]+){{0,8}}? (?:will (?:be {_OUT}|go|appear|come|follow)|(?:is|are) (?:due|out|expected|scheduled)"
    rf"|to be {_OUT}|due|scheduled|expected|go(?:es)? live|comes? out|available (?:from|at|on))"
)
_COME_AGAIN = r" (?:check|come|look|visit|return|try)(?: (?:back|again|here|this page|the page))+ "
_WHOLE_COMES = re.compile(rf" (?:{_WHOLE}){_IS_TO_COME} |{_COME_AGAIN}")
_COMES = re.compile(
    rf" (?:{_WHOLE}|{_PART}){_IS_TO_COME} |{_COME_AGAIN}"
    r"|^ (?:now )?(?:available (?:from|at|on)|publishing|releasing|due|expected|scheduled) "
    r"| to be (?:published|released|issued) "
)
_OF_ANOTHER = re.compile(
    r" (?:next|following|subsequent|future|further|other|revised|final|updated|monthly|quarterly|annual|every|each"
    r"|was|were|had been|unavailable|offline|closed|out of service) "
)
_TIME = re.compile(r" (?:\d{1,2}(?:\.\d\d| : \d\d)? (?:am|pm)|\d\d(?:\.| : )\d\d|noon|midday) ")
_SOON = re.compile(r" (?:soon|shortly|later today|later this morning|in due course) ")
_SENTENCE = re.compile(r"(?<= )[.!?;](?= )")


def tells_to_wait(text: str, form: str, *, due_on: date | None, near_top: bool) -> bool:
    """Say whether a text tells of something that comes when this release is due.

    :param text: as it is written on the page.
    :param form: the same as `words` gives it, with signs for the names of the release and its series.
    :param due_on: the day on which the release is due.
    :param near_top: whether it stands near the top of the page; elsewhere only the very day counts, because many a
        page ends with notes on when its publisher publishes.
    """
    sentences = [
        sentence for sentence in _SENTENCE.split(form) if _COMES.search(sentence) and not _OF_ANOTHER.search(sentence)
    ]
    if not sentences:
        return False
    # The name of a month may be the release's own, so days are read from the text itself.
    days = [each.first for each in periods(words(text)) if each.first == each.last]
    return due_on in days if days else near_top and any(map(_tells_when, sentences))


def _tells_when(sentence: str) -> bool:
    """Say whether a sentence without a day makes its readers wait; many a live page has a part that comes "soon"."""
    if _TIME.search(sentence):
        return True
    soon = _SOON.search(sentence) or sentence.endswith(" here ")
    return bool(soon and _WHOLE_COMES.search(sentence))
