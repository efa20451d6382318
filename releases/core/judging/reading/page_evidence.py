"""Evidence of a page: whether what a reader sees is the release that is due."""

from urllib.parse import urlsplit

from releases.core.canonical import sha256_hex
from releases.core.judging.reading.absence import (
    Absence,
    asks_to_log_in,
    denied_by_heading,
    hints_at_absence,
    is_search,
    was_withdrawn_since,
)
from releases.core.judging.reading.barriers import barrier_in_heading, barrier_in_text, is_script_shell
from releases.core.judging.reading.characters import decode, holds, words
from releases.core.judging.reading.destination import is_elsewhere, is_same_host, leads_to
from releases.core.judging.reading.doubts import doubt
from releases.core.judging.reading.file_type import FileType, declared_type, found_type
from releases.core.judging.reading.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.core.judging.reading.marker import Mention
from releases.core.judging.reading.markup import TooComplex
from releases.core.judging.reading.names import is_page_of_series, names_of, shows_series
from releases.core.judging.reading.not_found import is_like_not_found, own_text
from releases.core.judging.reading.page_look import PageLook, look_at
from releases.core.judging.reading.page_text import read_page
from releases.core.judging.reading.steady import steady_text
from releases.core.looks.answer import Answer

_SHOWN_AS_PAGES = frozenset({None, FileType.HTML})
_THIN = 600
Shown = tuple[LookResult, tuple[Reason, ...]]


def examine_page(answer: Answer, expectation: Expectation) -> Finding:
    """Say what a successful answer shows of the release whose page is expected at its address."""
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
    """Try what a page can show in the order in which the signs go before one another."""
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
    if is_search(look.page, look.names, own_h1=look.own_h1):
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
    if against := doubt(look):
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
