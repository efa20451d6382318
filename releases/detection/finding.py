"""The finding of a check, its reasons, and the statements of the publisher's own system."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from releases.rules import canonical
from releases.rules.calendar import local_date

EARLIEST = timedelta(days=1)
"""Monitoring begins this long before the due instant. If the publisher states an earlier time of publication, that time
belongs to an earlier edition."""

MOST_CHARACTERS = 500
"""The maximum number of characters stored from a publisher's text. The rest of a longer text is cut off."""


class PublisherState(StrEnum):
    ANNOUNCED = "announced"
    PUBLISHED = "published"
    EARLIER_EDITION = "earlier_edition"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    REDIRECTED = "redirected"


class Source(StrEnum):
    SCHEDULED_TIME_AND_DELAY = "scheduled_time_and_delay"
    CHANGE_HISTORY = "change_history"
    PUBLIC_UPDATED_AT = "public_updated_at"


@dataclass(frozen=True, slots=True)
class PublisherSays:
    """The statements of the publisher's own system at one check, as opposed to our observations.

    `published_at` is the stated time of publication of this edition, or None if no reliable time is stated. `source`
    names the data from which this time was read. `announced_for` is the announced time, and `announced_text` is its
    wording. `change_note` is the reason for a changed date, a cancellation or a withdrawal. Instants are aware.
    """

    state: PublisherState
    published_at: datetime | None = None
    source: Source | None = None
    announced_for: datetime | None = None
    announced_text: str = ""
    change_note: str = ""

    def __post_init__(self) -> None:
        naive = [at for at in (self.published_at, self.announced_for) if at is not None and at.tzinfo is None]
        if naive:
            raise ValueError(f"{naive[0].isoformat()} has no time zone.")
        if self.published_at is not None and self.source is None:
            raise ValueError("`published_at` requires a `source`.")


def publisher_to_json(says: PublisherSays | None) -> dict[str, Any]:
    if says is None:
        return {}
    written = {
        "state": says.state.value,
        "published_at": _written(says.published_at),
        "source": says.source.value if says.source else None,
        "announced_for": _written(says.announced_for),
        "announced_text": make_storable(says.announced_text),
        "change_note": make_storable(says.change_note),
    }
    return {name: value for name, value in written.items() if value}


def publisher_from_json(stored: Mapping[str, Any]) -> PublisherSays | None:
    """Read a value written by `publisher_to_json`.

    :raises ValueError: if the value does not have the structure that `publisher_to_json` writes.
    """
    if not stored:
        return None
    says: PublisherSays = canonical.read_dataclass(PublisherSays, stored)
    return says


def publisher_time(says: Sequence[PublisherSays], *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return the publisher's own time of publication and its source, or None if no usable time is stated.

    The most reliable source is used. If this source states more than one time, the time that was read first is used,
    because some sources change with every later update of the page. A time is ignored if it is a day (`EARLIEST`) or
    more before the due instant, because it is not about this publication.

    :param says: the statements read by the checks of one address for one schedule, in the order in which the checks
        were sent.
    """
    for source in Source:
        for one in says:
            if one.source is source and one.published_at and one.published_at > due_at - EARLIEST:
                return one.published_at, source
    return None


def fills(published_at: datetime, source: Source, *, start: datetime, end: datetime) -> bool:
    """Return whether the publisher's time of publication is in the gap between two of our checks.

    The gap is from `start` to `end`, which are aware instants. A time from PUBLIC_UPDATED_AT does not count. This time
    changes with every update, so it only shows that the page was published by then.
    """
    return source is not Source.PUBLIC_UPDATED_AT and start <= published_at <= end


def make_storable(text: str) -> str:
    # A lone surrogate cannot be hashed, and PostgreSQL refuses NUL. A hostile site may send a text of any length.
    return text[:MOST_CHARACTERS].encode(errors="replace").decode().replace("\0", "")


def _written(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


class CheckOutcome(StrEnum):
    OBSERVER_FAULT = "observer_fault"
    UNREACHABLE = "unreachable"
    NOT_LIVE = "not_live"
    LIVE = "live"
    UNRECOGNISED = "unrecognised"


class AddressRole(StrEnum):
    PAGE = "page"
    ATTACHMENT = "attachment"
    ANNOUNCEMENT = "announcement"


class Reason(StrEnum):
    """The reasons for a finding.

    The reasons from TIMEOUT to BROWSER are failures of a request. They have the same values as in `Failure`.
    """

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
    BROWSER = "browser"
    CONTROLS_FAIL = "controls_fail"
    OUR_ERROR = "our_error"
    CLOCK_OFF = "clock_off"
    EXAMINATION_TIME = "examination_time"
    EXAMINATION_MEMORY = "examination_memory"
    EXAMINATION_ENDED = "examination_ended"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    UNEXPECTED_STATUS = "unexpected_status"
    NOT_FOUND = "not_found"
    GONE = "gone"
    OTHER_HOST = "other_host"
    HOME_PAGE = "home_page"
    SEARCH = "search"
    PAGE_ABOVE = "page_above"
    LEADS_ON = "leads_on"
    LOG_IN = "log_in"
    NEGATIVE_MARKER = "negative_marker"
    LIKE_NOT_FOUND = "like_not_found"
    WRONG_TYPE = "wrong_type"
    FILE_FOR_PAGE = "file_for_page"
    INCOMPLETE = "incomplete"
    PREVIOUS_EDITION = "previous_edition"
    UNCHANGED = "unchanged"
    EMBEDDED = "embedded"
    CHANGED_BY_SCRIPT = "changed_by_script"
    CONFIRMED_BY_PERSON = "confirmed_by_person"
    MARKER_IN_TITLE = "marker_in_title"
    MARKER_IN_HEADING = "marker_in_heading"
    MARKER_IN_TEXT = "marker_in_text"
    MARKER_IN_META = "marker_in_meta"
    MARKER_IN_LINKED_DATA = "marker_in_linked_data"
    MARKER_HIDDEN = "marker_hidden"
    STYLES_UNREAD = "styles_unread"
    RIGHT_TYPE = "right_type"
    NO_MARKER = "no_marker"
    OTHER_PERIOD = "other_period"
    OTHER_EDITION = "other_edition"
    OTHER_SUBJECT = "other_subject"
    STILL_TO_COME = "still_to_come"
    COMMON_MARKER = "common_marker"
    MENTIONED_ONCE = "mentioned_once"
    EMPTY = "empty"
    OBSTACLE = "obstacle"
    CONSENT = "consent"
    FAULT_TEXT = "fault_text"
    SCRIPT_SHELL = "script_shell"
    TOO_DEEP = "too_deep"
    UNKNOWN_SHAPE = "unknown_shape"
    ANNOUNCEMENT = "announcement"
    CANCELLED = "cancelled"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"
    EARLIER_EDITION = "earlier_edition"
    UPDATED = "updated"
    NOT_UPDATED = "not_updated"
    OTHER_KIND = "other_kind"
    OTHER_PAGE = "other_page"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected content of an address, and the facts known about the address at the time of a check.

    The sets contain digests of texts found at this address. `texts_before` contains all texts of checks that were
    *completed before the due instant* and did not find the release live. `texts_not_live` contains only those texts
    that are also in `EarlierTexts.lasting`. A text that permanently replaced another text is left out, because it may
    be the release, published early under a changed title. `previous_edition_texts` contains texts that a person
    identified as the previous edition, and `confirmed_texts` contains texts that a person identified as this release.

    If `controls_fail` is true, checks of our control addresses fail too. If the response redirects to another host,
    `controls_fail` means that our control addresses are redirected to that host too.

    `not_found_text` is the result of `read_not_found_text` for a path on the host that cannot exist. It is empty if the
    text is not known. If `not_found_certain` is true, the status of the response for this path was 404 or 410. `due_at`
    is the aware due instant of the release. If `needs_scripts` is true, scripts that we do not run add content to the
    page, as on a dashboard. If `is_translation` is true, the page is the Welsh page of the release.
    """

    role: AddressRole
    url: str
    marker: str
    release_title: str
    series_title: str
    negative_markers: tuple[str, ...] = ()
    texts_not_live: frozenset[str] = frozenset()
    texts_before: frozenset[str] = frozenset()
    previous_edition_texts: frozenset[str] = frozenset()
    confirmed_texts: frozenset[str] = frozenset()
    controls_fail: bool = False
    not_found_text: str = ""
    not_found_certain: bool = False
    due_at: datetime | None = None
    needs_scripts: bool = False
    is_translation: bool = False

    @property
    def due_on(self) -> date | None:
        """The day of the due instant in London time, as pages show it."""
        return local_date(self.due_at) if self.due_at else None


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check and the reasons for the result.

    `text_digest` is the SHA-256 digest of a page's folded text or of a file's bytes. `title` is the title of the page.
    `publisher` contains the statements of the publisher's own system, if an adapter can read them. `words` is the
    phrase with which a page says that the release is absent (`Reason.NEGATIVE_MARKER`), if the phrase can be quoted.
    """

    result: CheckOutcome
    reasons: tuple[Reason, ...]
    text_digest: str = ""
    title: str = ""
    publisher: PublisherSays | None = None
    words: str = ""


WORDS = "words: "
"""The prefix of a stored reason that quotes the page. The phrase with which the page says that the release is absent
follows the prefix. All other stored reasons are codes."""


def reasons_to_json(finding: Finding) -> list[str]:
    """Return the reasons of a finding in the form in which they are stored with a check.

    The codes come first. If the finding quotes the page (`words`), the last item is this quotation. Older checks have
    only codes, because quotations were not recorded then.
    """
    has_words = finding.words and Reason.NEGATIVE_MARKER in finding.reasons
    return [*finding.reasons, *([f"{WORDS}{make_storable(finding.words)}"] if has_words else [])]


def codes_from_json(stored: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for each in stored if not each.startswith(WORDS))


def words_from_json(stored: Iterable[str]) -> str:
    return next((each.removeprefix(WORDS) for each in stored if each.startswith(WORDS)), "")


type Shown = tuple[CheckOutcome, tuple[Reason, ...]]
"""The outcome and the reasons of a finding, as the rules return them."""

_TAKEN_AWAY = frozenset({Reason.GONE, Reason.WITHDRAWN})
_OF_ANOTHER_EDITION = frozenset({Reason.UNCHANGED, Reason.EARLIER_EDITION, Reason.PREVIOUS_EDITION})


def is_taken_away(reasons: Iterable[str]) -> bool:
    """Return whether the reasons of a check show that the expected content was published and then removed.

    If the page shows a previous edition, the result is False, even if the page is marked as withdrawn.
    """
    given = set(reasons)
    return bool(_TAKEN_AWAY & given) and not _OF_ANOTHER_EDITION & given


def apply_answer(digest: str, title: str, expectation: Expectation) -> Finding | None:
    """Return the finding that a person's statement about this exact text implies, or None if there is no statement.

    The statement takes precedence over the marker, because a person is asked only if the marker was inconclusive.
    """
    if digest in expectation.confirmed_texts:
        return Finding(CheckOutcome.LIVE, (Reason.CONFIRMED_BY_PERSON,), digest, title)
    if digest in expectation.previous_edition_texts:
        return Finding(CheckOutcome.NOT_LIVE, (Reason.PREVIOUS_EDITION,), digest, title)
    return None


_SHOW_SOMETHING = frozenset({CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED})
_BARRIERS = frozenset({
    Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.SCRIPT_SHELL, Reason.LEADS_ON, Reason.OTHER_HOST,
})  # fmt: skip


class EarlierTexts:
    """The texts found at one address before the release was due, and when each text was first and last found.

    Texts are stored as digests. The empty digest stands for checks that found no text, such as a 404 response.
    """

    __slots__ = ("_lasting", "_spans")

    def __init__(self) -> None:
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._lasting: frozenset[str] | None = None

    def note(
        self, result: CheckOutcome, reasons: Iterable[str], digest: str, *, first: datetime, last: datetime
    ) -> None:
        """Add one check, or several checks that had the same result and text.

        Live checks are ignored. Checks that do not show the page, for example because of a fault or a bot challenge,
        are also ignored.

        :param first: the instant of the first of these checks.
        :param last: the instant of the last of these checks.
        """
        if result not in _SHOW_SOMETHING or _BARRIERS.intersection(reasons):
            return
        known = self._spans.get(digest, (first, last))
        self._spans[digest] = min(known[0], first), max(known[1], last)
        self._lasting = None

    @property
    def lasting(self) -> frozenset[str]:
        """The digests of the texts that did not permanently replace another text.

        A text counts if each earlier text was found again after this text first appeared.
        """
        if self._lasting is None:
            self._lasting = frozenset(self._find_lasting())
        return self._lasting

    @property
    def all(self) -> frozenset[str]:
        return frozenset(self._spans) - {""}

    def _find_lasting(self) -> Iterable[str]:
        in_order = sorted(self._spans.items(), key=lambda span: span[1])
        earlier_end: datetime | None = None
        for digest, (first, last) in in_order:
            if digest and (earlier_end is None or earlier_end > first):
                yield digest
            earlier_end = last if earlier_end is None else min(earlier_end, last)
