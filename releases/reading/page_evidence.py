"""Evidence of a page: whether what a reader sees is the release that is due."""

from releases.answer import Answer
from releases.canonical import sha256_hex
from releases.reading.absence import Absence, absence, asks_to_log_in, denied_by_heading
from releases.reading.characters import decode, fold, has_words, holds, words
from releases.reading.file_type import FileType, found_type
from releases.reading.finding import Expectation, Finding, LookResult, Reason, told_by_person
from releases.reading.names import Names, is_page_of_series
from releases.reading.page_text import PageText, TooDeep, read_page
from releases.reading.phrases import is_obstacle


def examine_page(answer: Answer, expectation: Expectation) -> Finding:
    """Say what a successful answer shows of the release whose page is expected at its address."""
    if found_type(answer.body) not in {FileType.HTML, FileType.TEXT}:
        digest = sha256_hex(answer.body)
        unread = Finding(LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,), digest)
        return told_by_person(digest, "", expectation) or unread
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooDeep:
        return Finding(LookResult.UNREACHABLE, (Reason.TOO_DEEP,))
    seen = f"{fold(page.title)}\n{page.text}".strip()
    digest = sha256_hex(seen.encode(errors="replace")) if seen else ""
    if told := told_by_person(digest, page.title, expectation):
        return told
    result, reasons = _weigh(page, digest, expectation)
    return Finding(result, reasons, digest, page.title)


def _weigh(page: PageText, digest: str, expectation: Expectation) -> tuple[LookResult, tuple[Reason, ...]]:
    names = Names(
        marker=words(expectation.marker),
        release_title=words(expectation.release_title),
        series_title=words(expectation.series_title),
        negative_markers=tuple(words(each) for each in expectation.negative_markers if has_words(each)),
    )
    place = _place_of_marker(page, names.marker)
    in_heading = place in {Reason.MARKER_IN_TITLE, Reason.MARKER_IN_HEADING}
    if asks_to_log_in(page, names, marker_seen=place is not None):
        return LookResult.NOT_LIVE, (Reason.LOG_IN,)
    if not in_heading and any(is_obstacle(words(heading)) for heading in page.headings):
        if denied_by_heading(page, names):
            return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER,)
        return LookResult.UNRECOGNISED, (Reason.OBSTACLE,)
    says_absent = absence(page, names, marker_in_heading=in_heading)
    if says_absent is Absence.CERTAIN:
        return LookResult.NOT_LIVE, (Reason.NEGATIVE_MARKER,)
    if place and says_absent is Absence.POSSIBLE:
        return LookResult.UNRECOGNISED, (place, Reason.NEGATIVE_MARKER)
    if place:
        return LookResult.LIVE, (place,)
    if digest in expectation.texts_not_live and is_page_of_series(page, names):
        return LookResult.NOT_LIVE, (Reason.UNCHANGED,)
    return LookResult.UNRECOGNISED, (Reason.NO_MARKER if digest else Reason.EMPTY,)


def _place_of_marker(page: PageText, marker: str) -> Reason | None:
    title, *headings = page.headings
    if holds(words(title), marker):
        return Reason.MARKER_IN_TITLE
    if any(holds(words(heading), marker) for heading in headings):
        return Reason.MARKER_IN_HEADING
    return Reason.MARKER_IN_TEXT if holds(words(page.text), marker) else None
