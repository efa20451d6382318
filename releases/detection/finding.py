"""The finding of a check, its reasons, and the statements of the publisher's own system."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from releases.rules import canonical
from releases.rules.calendar import local_date

EARLIEST = timedelta(days=1)
"""Monitoring begins this long before the due instant. A publisher's time before that counts as an earlier edition's."""

MOST_CHARACTERS = 500
"""The largest number of characters stored of a publisher's own text."""


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
    """The statements of the publisher's own system at one check, which are not our observations. Instants are aware.

    `published_at`, with its `source`, is the stated time of publication of this edition; None if there is no reliable
    time. `announced_for` is the announced time, `announced_text` its wording, and `change_note` the reason for a
    changed date, a cancellation or a withdrawal.
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
            raise ValueError("A time of the publisher needs its source.")


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
    """Read what `publisher_to_json` wrote.

    :raises ValueError: if something else was stored.
    """
    if not stored:
        return None
    says: PublisherSays = canonical.read_dataclass(PublisherSays, stored)
    return says


def publisher_time(says: Sequence[PublisherSays], *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return the publisher's own time of publication for the record, and its source; None if there is no such time.

    The most reliable source is used, and of its times the one that was read first, because some sources change with
    every later update of the page. A time more than `EARLIEST` before the due instant is not about this publication.

    :param says: the statements read by the checks of one address under one schedule, in the order in which the checks
        were sent.
    """
    for source in Source:
        for one in says:
            if one.source is source and one.published_at and one.published_at > due_at - EARLIEST:
                return one.published_at, source
    return None


def fills(published_at: datetime, source: Source, *, start: datetime, end: datetime) -> bool:
    """Return whether the publisher's own time lies in the gap in our observations between two aware instants.

    A time that changes with every update (`PUBLIC_UPDATED_AT`) does not count, because it only shows that publication
    was not later.
    """
    return source is not Source.PUBLIC_UPDATED_AT and start <= published_at <= end


def make_storable(text: str) -> str:
    # Half of a surrogate pair cannot be hashed, PostgreSQL refuses NUL, and a hostile site may send any length.
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
    """The reasons for a finding. The first ones are failures of a request, with the codes of `Failure`."""

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
    """The expected content of an address, and the facts known about it at the time of a check.

    The sets contain digests of texts at this address. `texts_not_live` are texts of checks that were *completed before
    the due instant* and not live, but only the texts in `EarlierTexts.lasting`. Otherwise a release that was published
    early under a changed title would count as unchanged. `texts_before` are all texts of such checks.
    `previous_edition_texts` and `confirmed_texts` are texts that a person identified as the previous edition and as
    this release.

    `controls_fail`: checks of our control addresses fail too, or are redirected to the same host. `not_found_text` is
    the result of `read_not_found_text` for the host's response at a path that cannot exist, empty if not known;
    `not_found_certain` means that the status of that response was 404 or 410. `due_at` is the aware due instant of the
    release. `needs_scripts`: readers see what scripts add to the response, as on a dashboard, and we do not run them.
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

    @property
    def due_on(self) -> date | None:
        """The London day of the due instant, as pages name it."""
        return local_date(self.due_at) if self.due_at else None


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check, its reasons, the SHA-256 of the folded text (of a file: of its bytes), and the title.

    `publisher` has the statements of the publisher's own system, if an adapter can read them. `words` are the words
    with which a page says that the release is absent (`Reason.NEGATIVE_MARKER`), if they can be quoted.
    """

    result: CheckOutcome
    reasons: tuple[Reason, ...]
    text_digest: str = ""
    title: str = ""
    publisher: PublisherSays | None = None
    words: str = ""


WORDS = "words: "
"""The prefix of a stored reason that is not a code but the words with which a page says that a release is absent."""


def reasons_to_json(finding: Finding) -> list[str]:
    """Return the reasons as they are stored with a check: the codes, and after them the words of the page, if any.

    Older checks have only codes, because words were not recorded then.
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

    A previous edition that is marked as withdrawn does not count.
    """
    given = set(reasons)
    return bool(_TAKEN_AWAY & given) and not _OF_ANOTHER_EDITION & given


def apply_answer(digest: str, title: str, expectation: Expectation) -> Finding | None:
    """Return the result that a person stated for this exact text, or None if there is no statement about it.

    The statement takes precedence over the marker, because a person is only asked if the marker was inconclusive.
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
    """The texts at one address before its release was due, each with the instants of its first and last check.

    The empty text stands for checks that certainly found no page.
    """

    __slots__ = ("_lasting", "_spans")

    def __init__(self) -> None:
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._lasting: frozenset[str] | None = None

    def note(
        self, result: CheckOutcome, reasons: Iterable[str], digest: str, *, first: datetime, last: datetime
    ) -> None:
        """Add checks with the same result and text: one, or several with the instants of the first and the last.

        Checks that show nothing of the page, such as a fault or a bot challenge, are ignored, and so are live checks.
        """
        if result not in _SHOW_SOMETHING or _BARRIERS.intersection(reasons):
            return
        known = self._spans.get(digest, (first, last))
        self._spans[digest] = min(known[0], first), max(known[1], last)
        self._lasting = None

    @property
    def lasting(self) -> frozenset[str]:
        """The texts that did not permanently replace another text.

        A text counts if every text that appeared earlier was still found after this text first appeared.
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
