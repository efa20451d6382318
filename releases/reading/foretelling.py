"""What a page tells its readers to wait for: a day, a time of day or "soon", at which something will be there.

A live page names the next release and its day. So a sentence counts that names the day on which this release is due,
or a time of day and no other day.
"""

import re
from collections.abc import Collection
from datetime import date

_THING = (
    r"(?:page|publications?|releases?|reports?|bulletins?|statistics|documents?|editions?|figures|data|datasets?|tables?"
    r"|results?|content|summary|numbers|§)"
)
_COMES = re.compile(
    rf" {_THING}(?: [^ .;]+){{0,8}}? (?:will (?:be|go|appear|come|follow)"
    r"|(?:is|are) (?:to be|due|out|expected|scheduled)"
    r"|to be|due|scheduled|expected|appears?|go(?:es)? live|comes? out|available (?:from|at|on)) "
    r"|^ (?:now )?(?:available (?:from|at|on)|publishing|releasing|due|expected|scheduled) "
    r"| to be (?:published|released|issued) "
    r"| (?:check|come|look|visit|return|try)(?: (?:back|again|here|this page|the page))+ "
)
_OF_ANOTHER = re.compile(
    r" (?:next|following|subsequent|future|further|other|revised|final|updated|monthly|quarterly|annual|every|each"
    r"|was|were|had been) "
)
_TIME = re.compile(r" (?:\d{1,2}(?:\.\d\d| : \d\d)? (?:am|pm)|\d\d(?:\.| : )\d\d|noon|midday) ")
_SOON = re.compile(r" (?:soon|shortly|later today|later this morning|in due course) ")
_SENTENCE = re.compile(r"(?<= )[.!?;](?= )")


def tells_to_wait(form: str, *, days: Collection[date], due_on: date | None, near_top: bool) -> bool:
    """Say whether a text tells of something that comes when this release is due.

    :param form: the text as `words` gives it, the release's own name as a sign.
    :param days: the single days that it names.
    :param due_on: the day on which the release is due.
    :param near_top: whether it stands near the top of the page; elsewhere only the very day counts, because many a
        page ends with notes on when its publisher publishes.
    """
    if days and due_on not in days:
        return False
    return any(
        days or (near_top and (_TIME.search(sentence) or _SOON.search(sentence) or sentence.endswith(" here ")))
        for sentence in _SENTENCE.split(form)
        if _COMES.search(sentence) and not _OF_ANOTHER.search(sentence)
    )
