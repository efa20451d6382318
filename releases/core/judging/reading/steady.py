"""The text of a page without what changes at every look: clocks, counters, tokens, request numbers, what is around it.

Two looks at one edition must give the same text, and a change of a figure, a word or a date another one. A clock is
told from a time of publication by its seconds, or by the words before it.
"""

import re

from releases.core.judging.reading.page_text import PageText, Place

_CLOCK = r"\d{1,2}(?:[:.]\d\d){1,2}(?:\.\d+)?(?: ?[ap]\.?m\.?)?(?: ?(?:gmt|bst|utc|z)\b)?"
_DATE = r"(?:\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9},? \d{4}|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4})"
_RENDERED = (
    r"(?:(?:last |page |this page (?:was )?(?:last )?|data ){0,4}(?:refreshed|rendered|generated|served|loaded"
    r"|retrieved|accessed|printed|checked)|(?:current|local|server|page) (?:date and )?time|it is now|today is"
    r"|time now)"
)
# Each pattern begins at the boundary of a word and repeats a bounded number of times: without both, the time for a long
# page grows with the square of its length.
_LENGTH = r"(?:\d{1,9} ?(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[dhms])\b[ ,:]{0,3}(?:and )?){1,8}"
_NUMBERED = (
    r"(?:request|trace|correlation)(?: id)?|(?:ray|incident|support|session|transaction|csrf) (?:id|number|token)"
)
_AT = rf"(?:[\d.]+ ?(?:ms|milliseconds|s|seconds)\b|{_DATE}(?:,? (?:at )?{_CLOCK})?|{_CLOCK}(?:,? (?:on )?{_DATE})?)"
_READERS = r"(?:people|users|readers|visitors) (?:are |is )?(?:now |currently )?(?:viewing|online|reading|on this)"
_OPENING = r"(?:released?|releases|publish(?:es|ed)|publication|live|available|opens?|starts?|countdown|remaining)"
_PASSING = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "#id"),
        # what nobody can read: letters and digits mixed, too long for the code of a table
        (r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,}\b|\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}={0,2}", "#id"),
        (rf"\b(?:{_NUMBERED}):? ?#?(?=[\w.:-]{{0,200}}\d)[\w.:-]{{6,}}", "#id"),
        (r"\b(?:served by|server:|host:|node:|instance:) [\w.-]*\d[\w.-]*", "#server"),
        (rf"\b{_RENDERED}(?: (?:at|on|in|by))?:? {_AT}", "#clock"),
        (rf"\b(?:updated|modified|changed):? (?:at )?{_CLOCK}", "#clock"),
        (r"\b\d{1,2}:\d\d:\d\d(?:\.\d+)?\b", "#clock"),
        (r"\b(?:just now|a moment ago|(?:a|an|\d+) (?:second|minute|hour|day)s? ago)\b", "#ago"),
        (rf"\b{_OPENING}(?: (?:starts )?in)?:? {_LENGTH}", "#countdown"),
        (rf"\b{_LENGTH}(?:to go|remaining|left|until)\b", "#countdown"),
        (r"\bvisitor (?:number|no\.?|counter|count):? [\d,]+", "#count"),
        (r"\b(?:page views|hits|views|viewed|downloads):? [\d,]+(?: times)?", "#count"),
        (rf"\b[\d,]{{1,15}} {_READERS}\b", "#count"),
        (r"^[\d,]+ (?:page )?(?:views|hits|downloads)$", "#count"),
    )
)  # fmt: skip


_MAY_PASS = re.compile(r"\d|\bago\b|just now")


def steady_text(page: PageText) -> str:
    """Return the folded title and text by which two looks at a page are compared, a line per block.

    What stands around the page's own text is left out, unless there is nothing else.
    """
    blocks = page.own_blocks or page.blocks
    lines = [
        *page.headings[:1],
        *(block.text if block.place is Place.TABLE else _steadied(block.text) for block in blocks),
    ]
    return "\n".join(line for line in lines if line)


def _steadied(text: str) -> str:
    if _MAY_PASS.search(text):
        for pattern, sign in _PASSING:
            text = pattern.sub(sign, text)
    return text
