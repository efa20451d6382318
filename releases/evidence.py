"""What one look at an address shows: not live, live, or nothing that can be relied on."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from releases.answer import NO_ANSWER, Answer
from releases.canonical import sha256_hex
from releases.publisher import PublisherSays
from releases.reading.absence import Absence, absence, asks_to_log_in, denied_by_heading
from releases.reading.characters import decode, fold, has_words, holds, words
from releases.reading.destination import is_home_page, is_log_in_address
from releases.reading.file_type import FileType, declared_type, found_type, is_page, is_right_type, promised_type
from releases.reading.names import Names, is_page_of_series
from releases.reading.page_text import PageText, TooDeep, read_page
from releases.reading.phrases import is_obstacle


class LookResult(StrEnum):
    """What a look shows, in the order in which the possibilities are tried."""

    OBSERVER_FAULT = "observer_fault"
    UNREACHABLE = "unreachable"
    NOT_LIVE = "not_live"
    LIVE = "live"
    UNRECOGNISED = "unrecognised"


class AddressRole(StrEnum):
    """What an address of a release holds."""

    PAGE = "page"
    ATTACHMENT = "attachment"
    ANNOUNCEMENT = "announcement"


class Reason(StrEnum):
    """Why a look shows what it shows; the first ones are the failures of a fetch, under the same codes."""

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    ADDRESS_REFUSED = "address_refused"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    BROKEN = "broken"
    ASKED_TO_WAIT = "asked_to_wait"
    CONTROLS_FAIL = "controls_fail"
    OUR_ERROR = "our_error"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    NOT_FOUND = "not_found"
    GONE = "gone"
    OTHER_HOST = "other_host"
    HOME_PAGE = "home_page"
    LOG_IN = "log_in"
    NEGATIVE_MARKER = "negative_marker"
    WRONG_TYPE = "wrong_type"
    PREVIOUS_EDITION = "previous_edition"
    UNCHANGED = "unchanged"
    CONFIRMED_BY_PERSON = "confirmed_by_person"
    MARKER_IN_TITLE = "marker_in_title"
    MARKER_IN_HEADING = "marker_in_heading"
    MARKER_IN_TEXT = "marker_in_text"
    RIGHT_TYPE = "right_type"
    NO_MARKER = "no_marker"
    EMPTY = "empty"
    OBSTACLE = "obstacle"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an address should hold, and what is known of it by the time of a look.

    The three sets hold text digests of this address. `texts_not_live` are those of looks that were *completed
    before the due instant* and were not live: were later ones among them, a release that is out under a changed
    title would be called unchanged at its second look. `previous_edition_texts` and `confirmed_texts` are what a
    person called the previous edition, or this release. `controls_fail`: looks at our control addresses fail too.
    `not_found_text` is the folded text of what the host answers for a path that cannot exist, empty if not known;
    `due_at` is the aware instant at which the release is due.
    """

    role: AddressRole
    url: str
    marker: str
    release_title: str
    series_title: str
    negative_markers: tuple[str, ...] = ()
    texts_not_live: frozenset[str] = frozenset()
    previous_edition_texts: frozenset[str] = frozenset()
    confirmed_texts: frozenset[str] = frozenset()
    controls_fail: bool = False
    not_found_text: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look shows and why; the SHA-256 of the folded text (of a file: of its bytes), and the page's title.

    `publisher` is what the publisher's own system says of the page, where an adapter can read that.
    """

    result: LookResult
    reasons: tuple[Reason, ...]
    text_digest: str = ""
    title: str = ""
    publisher: PublisherSays | None = None


_BY_STATUS = {
    404: (LookResult.NOT_LIVE, Reason.NOT_FOUND),
    410: (LookResult.NOT_LIVE, Reason.GONE),
    401: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    403: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    429: (LookResult.UNREACHABLE, Reason.RATE_LIMITED),
}


def examine(answer: Answer, expectation: Expectation) -> Finding:
    """Say what one answer shows of the release that is expected at its address.

    The possibilities are tried in the order of LookResult. Where words on the page speak for and against the release
    at once, the finding is UNRECOGNISED: a person is asked, and nobody accused.
    """
    if answer.failure is not None:
        reason = Reason(answer.failure.value)
        if expectation.controls_fail and answer.failure in NO_ANSWER:
            return Finding(LookResult.OBSERVER_FAULT, (reason, Reason.CONTROLS_FAIL))
        return Finding(LookResult.UNREACHABLE, (reason,))
    if told := _by_status(answer):
        return told
    if reason_elsewhere := _ended_elsewhere(answer):
        return Finding(LookResult.NOT_LIVE, (reason_elsewhere,))
    if expectation.role is AddressRole.ATTACHMENT:
        return _examine_file(answer, expectation)
    return _examine_page(answer, expectation)


def _by_status(answer: Answer) -> Finding | None:
    status = answer.status
    if status is None:
        return Finding(LookResult.UNREACHABLE, (Reason.BROKEN,))
    if status in _BY_STATUS:
        result, reason = _BY_STATUS[status]
        return Finding(result, (reason,))
    if status >= 500:
        return Finding(LookResult.UNREACHABLE, (Reason.SERVER_ERROR,))
    if status >= 400:
        return Finding(LookResult.UNREACHABLE, (Reason.CLIENT_ERROR,))
    if status < 200 or (status >= 300 and not answer.left_allowed_hosts):
        return Finding(LookResult.UNREACHABLE, (Reason.UNEXPECTED_STATUS,))
    return None


def _ended_elsewhere(answer: Answer) -> Reason | None:
    final = answer.final_url or answer.requested_url
    if is_log_in_address(final, requested=answer.requested_url):
        return Reason.LOG_IN
    if answer.left_allowed_hosts:
        return Reason.OTHER_HOST
    return Reason.HOME_PAGE if is_home_page(final, requested=answer.requested_url) else None


def _examine_file(answer: Answer, expectation: Expectation) -> Finding:
    promised, found = promised_type(expectation.url), found_type(answer.body)
    declared = declared_type(answer.content_type)
    if not answer.body.strip():
        return Finding(LookResult.UNRECOGNISED, (Reason.EMPTY,))
    if is_page(answer.body, declared=declared):
        return _examine_page_in_place_of_file(answer, expectation, promised)
    digest = sha256_hex(answer.body)
    if told := _told_by_person(digest, "", expectation):
        return told
    if is_right_type(promised=promised, declared=declared, found=found):
        return Finding(LookResult.LIVE, (Reason.RIGHT_TYPE,), digest)
    return Finding(LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,), digest)


def _examine_page_in_place_of_file(answer: Answer, expectation: Expectation, promised: FileType | None) -> Finding:
    # An address that names no kind of file may be an attachment in HTML, so it is judged as any page is.
    shown = _examine_page(answer, expectation)
    settled = shown.result is LookResult.NOT_LIVE or Reason.CONFIRMED_BY_PERSON in shown.reasons
    if promised is None or settled or {Reason.OBSTACLE, Reason.NEGATIVE_MARKER} & set(shown.reasons):
        return shown
    if promised is FileType.HTML:
        return replace(shown, result=LookResult.LIVE, reasons=(Reason.RIGHT_TYPE,))
    return replace(shown, result=LookResult.NOT_LIVE, reasons=(Reason.WRONG_TYPE,))


def _examine_page(answer: Answer, expectation: Expectation) -> Finding:
    if found_type(answer.body) not in {FileType.HTML, FileType.TEXT}:
        digest = sha256_hex(answer.body)
        unread = Finding(LookResult.UNRECOGNISED, (Reason.WRONG_TYPE,), digest)
        return _told_by_person(digest, "", expectation) or unread
    try:
        page = read_page(decode(answer.body, charset=answer.charset))
    except TooDeep:
        return Finding(LookResult.UNREACHABLE, (Reason.TOO_DEEP,))
    seen = f"{fold(page.title)}\n{page.text}".strip()
    digest = sha256_hex(seen.encode(errors="replace")) if seen else ""
    if told := _told_by_person(digest, page.title, expectation):
        return told
    result, reasons = _weigh(page, digest, expectation)
    return Finding(result, reasons, digest, page.title)


def _told_by_person(digest: str, title: str, expectation: Expectation) -> Finding | None:
    # What a person said of this very text goes before every marker: it was asked for because markers could not tell.
    if digest in expectation.confirmed_texts:
        return Finding(LookResult.LIVE, (Reason.CONFIRMED_BY_PERSON,), digest, title)
    if digest in expectation.previous_edition_texts:
        return Finding(LookResult.NOT_LIVE, (Reason.PREVIOUS_EDITION,), digest, title)
    return None


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
