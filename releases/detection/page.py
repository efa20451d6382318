"""Whether a page shows the release that is due."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from releases.detection.absence import (
    Absence,
    asks_to_log_in,
    denied_by_heading,
    find_absence,
    hints_at_absence,
    is_search_page,
    was_withdrawn_since,
)
from releases.detection.characters import decode, holds, words
from releases.detection.file_type import FileType, declared_type, found_type
from releases.detection.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.detection.interstitials import (
    barrier_in_heading,
    barrier_in_text,
    is_elsewhere,
    is_page_above,
    is_same_host,
    is_script_shell,
    leads_to,
)
from releases.detection.marker import Marker, Mention, marker_of
from releases.detection.markup import TooComplex
from releases.detection.names import (
    Names,
    blocks_naming,
    is_about_series,
    is_headed_by_series,
    is_page_of_series,
    names_an_edition,
    names_of,
    shows_series,
)
from releases.detection.page_text import PageText, Place, read_page
from releases.rules.canonical import sha256_hex
from releases.rules.response import Answer


@dataclass(frozen=True, slots=True)
class PageLook:
    answer: Answer
    expectation: Expectation
    page: PageText
    digest: str
    names: Names
    marker: Marker
    place: Reason | None
    mention: Mention
    says_absent: Absence
    own_h1: str = ""

    @property
    def is_clear(self) -> bool:
        return self.mention is Mention.CLEAR

    @property
    def in_heading(self) -> bool:
        return self.is_clear and self.place is not Reason.MARKER_IN_TEXT

    @property
    def place_alone(self) -> tuple[Reason, ...]:
        return (self.place,) if self.place else ()


def look_at(page: PageText, digest: str, answer: Answer, expectation: Expectation) -> PageLook:
    """Find where on a page the marker stands, and what the page says of the release's absence.

    :param digest: of the page's steady text.
    """
    names = names_of(
        marker=expectation.marker,
        release_title=expectation.release_title,
        series_title=expectation.series_title,
        negative_markers=expectation.negative_markers,
    )
    due_on = expectation.due_at.date() if expectation.due_at else None
    marker = marker_of(names, release_title=expectation.release_title, due_on=due_on)
    place, mention = _find(marker, page)
    if (
        mention is Mention.CLEAR
        and place is Reason.MARKER_IN_TEXT
        and _is_in_passing(marker, page, digest, answer, expectation)
    ):
        mention = Mention.PASSING
    in_heading = mention is Mention.CLEAR and place is not Reason.MARKER_IN_TEXT
    own_h1 = next((h1 for h1 in page.headings[1:] if marker.in_heading(h1) is Mention.CLEAR), "")
    says_absent = find_absence(page, names, marker_in_heading=in_heading, own_h1=own_h1, due_on=due_on)
    return PageLook(answer, expectation, page, digest, names, marker, place, mention, says_absent, own_h1)


def _is_in_passing(marker: Marker, page: PageText, digest: str, answer: Answer, expectation: Expectation) -> bool:
    """Say whether the text may name the edition without holding it.

    A sentence that is added to the last edition's page before its successor is due is enough for that, and it is still
    the same text once the successor is due.
    """
    if expectation.due_at is None or answer.completed_at >= expectation.due_at:
        return digest in expectation.texts_before
    return marker.in_passing(page.own_blocks)


def _find(marker: Marker, page: PageText) -> tuple[Reason | None, Mention]:
    title, *headings = page.headings
    in_title = marker.in_heading(title)
    in_headings = max(map(marker.in_heading, headings), default=Mention.NONE)
    in_text = marker.in_text(page.own_blocks)
    places = (
        (Reason.MARKER_IN_TITLE, in_title),
        (Reason.MARKER_IN_HEADING, in_headings),
        (Reason.MARKER_IN_TEXT, in_text),
    )
    place, mention = max(places, key=lambda each: each[1])
    return (place, mention) if mention else (None, mention)


_HEADING = 120
"""Characters up to which a text may be a heading."""


def find_doubt(look: PageLook) -> Reason | None:
    """Return what makes it doubtful that a page which names the edition is the release, or None."""
    headings = look.page.headings[1:]
    # The title may have been changed ahead of the page; but an h1 is what a reader goes by.
    asked = headings if look.in_heading else look.page.headings
    if not look.own_h1 and look.marker.others(heading for heading in asked if names_an_edition(heading, look.names)):
        return Reason.OTHER_EDITION
    if not headings and look.in_heading and _shows_another_edition(look):
        return Reason.OTHER_EDITION
    if not is_about_series(look.page, look.names) or _is_listing(look):
        return Reason.OTHER_SUBJECT
    led_up = is_page_above(look.answer.final_url, requested=look.answer.requested_url)
    return Reason.PAGE_ABOVE if led_up and not look.in_heading else None


def _shows_another_edition(look: PageLook) -> bool:
    if look.marker.in_text(look.page.own_blocks) is Mention.CLEAR:
        return False
    return bool(look.marker.others(text for text in blocks_naming(look.page, look.names) if len(text) < _HEADING))


def _is_listing(look: PageLook) -> bool:
    """Say whether a page is headed by the period alone and names the series with other periods only.

    A calendar of a month and an archive list what came out in it.
    """
    if is_headed_by_series(look.page, look.names):
        return False
    naming = blocks_naming(look.page, look.names)
    return bool(naming) and all(look.marker.others([text]) for text in naming)


MOST_CHARACTERS = 20_000
_FEWEST_WORDS = 8
_LIKE = 0.85
_ECHO = re.compile(r"(?<!\S)\S*/\S*|https?:\S+")
_DIGITS = re.compile(r"\d+")


def own_text(page: PageText) -> str:
    lines = (page.headings[0], *(block.text for block in page.own_blocks))
    return "\n".join(line for line in lines if line)[:MOST_CHARACTERS]


def is_like_not_found(text: str, not_found_text: str, *, url: str) -> bool:
    """Say whether two texts are practically the same, whatever address they repeat and whatever date they carry.

    :param text: what stands at an address, as `own_text` gives it.
    :param not_found_text: what the same site gave for an address that cannot exist; too short, it is like nothing.
    :param url: the address that was asked for; its words are not counted where the text repeats them.
    """
    echoed = set(words(unquote(urlsplit(url).path)).split())
    ours, theirs = _counted(text, without=echoed), _counted(not_found_text, without=echoed)
    if min(ours.total(), theirs.total()) < _FEWEST_WORDS:
        return False
    return 2 * (ours & theirs).total() >= _LIKE * (ours.total() + theirs.total())


def _counted(text: str, *, without: set[str]) -> Counter[tuple[str, str]]:
    """Count the pairs of neighbouring words, so that the same words in another order are another text."""
    found = [
        _DIGITS.sub("0", word)
        for word in words(_ECHO.sub(" ", text)).split()
        if word not in without and word[0].isalnum()
    ]
    return Counter(pairwise(found))


_SHOW_SOMETHING = frozenset({LookResult.NOT_LIVE, LookResult.UNRECOGNISED})
_STAND_BEFORE_THE_PAGE = frozenset({
    Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.SCRIPT_SHELL, Reason.LEADS_ON, Reason.OTHER_HOST,
})  # fmt: skip


@dataclass(slots=True)
class TextsBefore:
    """The texts of the looks at one address before its release was due, each with its first and its last instant.

    An empty text stands for looks that surely showed no page.
    """

    _spans: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    _standing: frozenset[str] | None = None

    def note(self, result: LookResult, reasons: Iterable[str], digest: str, *, first: datetime, last: datetime) -> None:
        """Take in looks that showed the same: one, or all of them with the instants of the first and the last.

        What shows nothing of the page, such as a fault or a check for robots, is passed over; so is a live look.
        """
        if result not in _SHOW_SOMETHING or _STAND_BEFORE_THE_PAGE.intersection(reasons):
            return
        known = self._spans.get(digest, (first, last))
        self._spans[digest] = min(known[0], first), max(known[1], last)
        self._standing = None

    @property
    def standing(self) -> frozenset[str]:
        """The texts that took no other one's place for good: each earlier one was seen again after them."""
        if self._standing is None:
            self._standing = frozenset(self._find_standing())
        return self._standing

    @property
    def all(self) -> frozenset[str]:
        return frozenset(self._spans) - {""}

    def _find_standing(self) -> Iterable[str]:
        in_order = sorted(self._spans.items(), key=lambda span: span[1])
        earlier_end: datetime | None = None
        for digest, (first, last) in in_order:
            if digest and (earlier_end is None or earlier_end > first):
                yield digest
            earlier_end = last if earlier_end is None else min(earlier_end, last)


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


_SHOWN_AS_PAGES = frozenset({None, FileType.HTML})
_THIN = 600
Shown = tuple[LookResult, tuple[Reason, ...]]


def examine_page(answer: Answer, expectation: Expectation) -> Finding:
    found, declared = found_type(answer.body), declared_type(answer.content_type)
    if found not in {FileType.HTML, FileType.TEXT} or (found is FileType.HTML and declared not in _SHOWN_AS_PAGES):
        digest = sha256_hex(answer.body)
        unread = Finding(LookResult.UNRECOGNISED, (Reason.FILE_FOR_PAGE,), digest)
        return told_by_person(digest, "", expectation) or unread
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooComplex:
        return Finding(LookResult.UNREACHABLE, (Reason.TOO_DEEP,))
    text = steady_text(page)
    digest = sha256_hex(text.encode(errors="replace")) if text else ""
    if told := told_by_person(digest, page.title, expectation):
        return told
    result, reasons = _weigh(look_at(page, digest, answer, expectation))
    if not page.styles_known and reasons != (Reason.MARKER_IN_TITLE,) and result is not LookResult.UNRECOGNISED:
        result, reasons = LookResult.UNRECOGNISED, (*reasons, Reason.STYLES_UNREAD)
    return Finding(result, reasons, digest, page.title)


def not_found_text(answer: Answer) -> str:
    """Return the text of a site's own page for what it does not have, empty where the page is none that can be told."""
    if found_type(answer.body) is not FileType.HTML:
        return ""
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooComplex:
        return ""
    nobody = names_of(marker="", release_title="", series_title="")
    if is_script_shell(page) or page.declared.leads_on_to or asks_to_log_in(page, nobody, marker_seen=False):
        return ""
    stands_before = barrier_in_heading(page, nobody) or barrier_in_text(page, nobody)
    return "" if stands_before and not denied_by_heading(page, nobody) else own_text(page)


def _weigh(look: PageLook) -> Shown:
    rules = (_before_the_page, _absent, _in_place_of_the_page, _like_not_found, _there, _not_there)
    return next(shown for rule in rules if (shown := rule(look)))


def _before_the_page(look: PageLook) -> Shown | None:
    page, names = look.page, look.names
    if asks_to_log_in(page, names, marker_seen=look.is_clear, own_h1=look.own_h1):
        return LookResult.NOT_LIVE, (Reason.LOG_IN,)
    if target := leads_to(page.declared.leads_on_to, look.answer):
        return _led_on(target, look)
    barrier = None if look.in_heading else barrier_in_heading(page, names)
    if barrier and not (barrier is Reason.CONSENT and look.is_clear):
        if denied_by_heading(page, names):
            return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER,)
        return LookResult.UNRECOGNISED, (barrier,)
    return None


def _led_on(target: str, look: PageLook) -> Shown | None:
    requested = look.answer.requested_url
    # What readers find on another host is not known: it was not fetched.
    if is_same_host(target, requested=requested) and (reason := is_elsewhere(target, requested=requested)):
        return LookResult.NOT_LIVE, (reason,)
    thin = look.page.own_length < _THIN
    return (LookResult.UNRECOGNISED, (Reason.LEADS_ON,)) if thin else None


def _absent(look: PageLook) -> Shown | None:
    if is_search_page(look.page, look.names, own_h1=look.own_h1):
        return LookResult.NOT_LIVE, (Reason.SEARCH,)
    if look.says_absent is not Absence.CERTAIN:
        return None
    due_at = look.expectation.due_at
    if look.in_heading and due_at and was_withdrawn_since(look.page, look.names, due_on=due_at.date()):
        return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER, Reason.WITHDRAWN)
    return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER,)


def _in_place_of_the_page(look: PageLook) -> Shown | None:
    if is_script_shell(look.page):
        return LookResult.UNRECOGNISED, (*(look.place_alone or _declared(look)), Reason.SCRIPT_SHELL)
    barrier = barrier_in_text(look.page, look.names)
    if barrier and not (barrier is Reason.CONSENT and look.is_clear):
        return LookResult.UNRECOGNISED, (*look.place_alone, barrier)
    return None


def _like_not_found(look: PageLook) -> Shown | None:
    """Tell the site's own page for what is not there.

    A script shell, a check for robots or a page of rules is the same at every address too. So being alike accuses
    only where the site said by its status, or the text itself says, that there is nothing.
    """
    known = look.expectation
    if not known.not_found_text or not is_like_not_found(own_text(look.page), known.not_found_text, url=known.url):
        return None
    # A short page in a long frame is much like it too: where it names the series its own words must say so.
    certain = known.not_found_certain and not is_page_of_series(look.page, look.names)
    told = certain or look.says_absent or hints_at_absence(look.page, look.names)
    shown_for_any = look.place is Reason.MARKER_IN_TEXT and holds(words(known.not_found_text), look.names.marker)
    if told and (shown_for_any or not look.is_clear):
        return LookResult.NOT_LIVE, (Reason.LIKE_NOT_FOUND,)
    return LookResult.UNRECOGNISED, (*look.place_alone, Reason.LIKE_NOT_FOUND)


def _there(look: PageLook) -> Shown | None:
    if not look.is_clear or look.place is None:
        return None
    if look.says_absent:
        return LookResult.UNRECOGNISED, (look.place, Reason.NEGATIVE_MARKER)
    if against := find_doubt(look):
        return LookResult.UNRECOGNISED, (look.place, against)
    return LookResult.LIVE, (look.place,)


def _not_there(look: PageLook) -> Shown:
    in_text_at_most = look.place in {None, Reason.MARKER_IN_TEXT}
    # The page may be the release for those who see what a script or another style sheet shows.
    if in_text_at_most and look.marker.in_text(look.page.hidden) is Mention.CLEAR:
        return LookResult.UNRECOGNISED, (*look.place_alone, Reason.MARKER_HIDDEN)
    known = look.digest in look.expectation.texts_not_live
    # A text that names the edition may have been the release all along.
    named = look.mention is Mention.PASSING
    if known and in_text_at_most and not named and shows_series(look.page, look.names):
        return _unchanged(look)
    if in_text_at_most and _led_to_an_earlier_edition(look):
        return LookResult.NOT_LIVE, (Reason.OTHER_EDITION,)
    return LookResult.UNRECOGNISED, _why_unrecognised(look)


def _unchanged(look: PageLook) -> Shown:
    # What a frame holds may be new although the page around it never changes.
    if look.page.has_frame:
        return LookResult.UNRECOGNISED, (Reason.UNCHANGED, Reason.EMBEDDED)
    return LookResult.NOT_LIVE, (Reason.UNCHANGED,)


def _led_to_an_earlier_edition(look: PageLook) -> bool:
    """Say whether a redirect led to a page of an earlier edition before the release was due.

    From then on only a text that stood there before is one: some editions are named after the month of their figures.
    """
    due_at = look.expectation.due_at
    if due_at is not None and look.answer.completed_at >= due_at:
        return False
    final, requested = (urlsplit(url).path.rstrip("/") for url in (look.answer.final_url, look.answer.requested_url))
    others = look.marker.others(look.page.headings)
    return final != requested and bool(others) and all(each.last < look.marker.sought[0].first for each in others)


def _why_unrecognised(look: PageLook) -> tuple[Reason, ...]:
    why = {
        Mention.TO_COME: Reason.STILL_TO_COME,
        Mention.COMMON: Reason.COMMON_MARKER,
        Mention.PASSING: Reason.MENTIONED_ONCE,
        Mention.OTHER_PERIOD: Reason.OTHER_PERIOD,
    }
    if look.mention in why:
        return (*look.place_alone, why[look.mention])
    return _declared(look) or (Reason.NO_MARKER if look.digest else Reason.EMPTY,)


def _declared(look: PageLook) -> tuple[Reason, ...]:
    """Return where a page names the edition to machines only: that asks a person, and proves nothing."""
    told = (
        (Reason.MARKER_IN_META, look.page.declared.meta),
        (Reason.MARKER_IN_LINKED_DATA, look.page.declared.linked_data),
    )
    return tuple(
        reason for reason, texts in told if any(look.marker.in_heading(text) is Mention.CLEAR for text in texts)
    )
