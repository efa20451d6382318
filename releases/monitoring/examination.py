"""Examination of responses: the queue, control requests, and pages for missing addresses."""

import logging
import secrets
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from releases.detection.finding import CheckOutcome, Finding, Reason
from releases.evidence.store import CheckResult
from releases.host_budgets import ProbeInterface
from releases.models import Address, NotFoundPage
from releases.models.observation import Purpose
from releases.monitoring.targets import CheckKey, Target
from releases.rules.clock_error import ClockError, bound_seconds_of_check
from releases.rules.response import NO_ANSWER, Answer, CheckRequest
from releases.rules.web_address import address_that_cannot_exist

logger = logging.getLogger(__name__)

FRESH_FOR = timedelta(seconds=5)
# Each response takes some tenths of a millisecond, and due checks must not wait for thousands of responses.
EXAMINED_AT_A_TIME = 250


@dataclass(slots=True)
class Controls:
    """The control addresses from the settings, and the last responses from these addresses.

    Control requests show whether our own network works.
    """

    urls: Sequence[str]
    requested_at: datetime | None = None
    waiting: set[str] = field(default_factory=set)
    answered: bool = True
    led_to: dict[str, str] = field(default_factory=dict)

    def requests(self, *, now: datetime) -> list[CheckRequest]:
        """Return the control requests to make now.

        The list is empty if there are no control addresses, or if the last control requests are less than five seconds
        old. If the clock was set back since, the age of the last control requests is unknown, so they are repeated.
        """
        if not self.urls or (self.requested_at and timedelta(0) <= now - self.requested_at < FRESH_FOR):
            return []
        self.requested_at, self.waiting, self.answered = now, set(self.urls), False
        self.led_to.clear()
        return [
            CheckRequest(key=("control", url), url=url, allowed_hosts=frozenset({urlsplit(url).netloc}), planned_at=now)
            for url in self.urls
        ]

    def is_current(self, request: CheckRequest) -> bool:
        """Whether a request is one of the last control requests."""
        return request.key == ("control", request.url) and request.planned_at == self.requested_at

    def take(self, url: str, answer: Answer) -> None:
        """Record the response to a control request. Any response from outside shows that our own network works."""
        self.waiting.discard(url)
        if answer.left_allowed_hosts:
            self.led_to[url] = urlsplit(answer.final_url).netloc
        self.answered = self.answered or answer.failure is None

    def lead_away_to(self, host: str) -> bool:
        """Return whether every control request was redirected to this host.

        If so, a gateway of our own network probably redirects all requests.

        :param host: "host" or "host:port", as in the address.
        """
        return bool(self.urls) and all(self.led_to.get(url) == host for url in self.urls)

    @property
    def pending(self) -> bool:
        """Whether control requests are still open, and no response so far shows that our own network works."""
        number_answered = len(self.urls) - len(self.waiting)
        return bool(self.waiting) and (not self.answered or len(self.led_to) == number_answered)

    @property
    def fail(self) -> bool:
        """Whether every control request ended without a response."""
        return bool(self.urls) and not self.waiting and not self.answered


def mark_clock_off(finding: Finding, error: ClockError, *, largest: timedelta) -> Finding:
    """Return the finding, with the reason `CLOCK_OFF` if the clock was off by more than `largest`.

    A finding with this reason proves nothing for or against the release.
    """
    if error.is_off(largest=largest):
        return replace(finding, reasons=(*finding.reasons, Reason.CLOCK_OFF))
    return finding


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one check."""

    key: CheckKey
    target: Target
    answer: Answer


class ExaminationQueue:
    """Passes responses to the processes that examine them, oldest first.

    If a request got no response, or was redirected to a host that may not be requested, its result waits until the
    control requests show whether our own network is at fault. If an earlier response of the same address is being
    examined, the next response also waits, because the examination compares it with the earlier content.
    """

    def __init__(
        self,
        probe: ProbeInterface,
        controls: Controls,
        not_found_page: Callable[[str], NotFoundPage | None],
        *,
        clock_error: Callable[[], ClockError],
        clock_largest_error: timedelta,
        on_fault: Callable[[Exception], None] = lambda fault: None,
    ) -> None:
        """Create an empty queue.

        :param not_found_page: returns the page of a host for missing addresses, or None if the page is not known.
        :param clock_largest_error: if the clock is known to be off by more than this, a check proves nothing.
        :param on_fault: called with each exception of our own code. The exceptions are also logged.
        """
        self._probe, self._controls, self._not_found_page = probe, controls, not_found_page
        self._clock_error, self._clock_largest_error = clock_error, clock_largest_error
        self._on_fault = on_fault
        self._waiting: deque[Response] = deque()
        self._failed: deque[Response] = deque()
        self._examining: dict[CheckKey, Response] = {}

    def __len__(self) -> int:
        """Return the number of responses without a result, except responses that wait for the control requests."""
        return len(self._waiting) + len(self._examining)

    @property
    def is_examining(self) -> bool:
        return bool(self._examining)

    def add(self, response: Response) -> None:
        self._waiting.append(response)

    def examine(self, *, now: datetime, most: int | None = None) -> Iterator[CheckResult]:
        """Examine the oldest responses, and yield the checks whose results are known at once.

        `take_result` returns the other checks. The caller must process each result before it requests the next one,
        because the result may change the expectation for a later response of the same address.

        :param now: the aware instant at which control requests are made, if they are needed.
        :param most: the maximum number of responses to examine. The default is `EXAMINED_AT_A_TIME`.
        """
        busy = {key.address for key in self._examining}
        postponed = []
        for _ in range(min(EXAMINED_AT_A_TIME if most is None else most, len(self._waiting))):
            response = self._waiting.popleft()
            if response.key.address in busy:
                postponed.append(response)
            # A gateway of our own network may redirect all requests to a log-in page or a notice. If it does, it also
            # redirects the control requests.
            elif response.answer.failure in NO_ANSWER or response.answer.left_allowed_hosts:
                self._failed.append(response)
                for control in self._controls.requests(now=now):
                    self._probe.start(control)
            else:
                yield from self._examine(response)
                if response.key in self._examining:
                    busy.add(response.key.address)
        self._waiting.extendleft(reversed(postponed))
        while self._failed and not self._controls.pending:
            yield from self._examine(self._failed.popleft())

    def take_result(self, key: Hashable, found: Finding | str | Exception) -> CheckResult | None:
        """Return the check to which a result belongs, or None if this queue did not begin the examination."""
        if not isinstance(key, CheckKey) or key not in self._examining:
            return None
        response = self._examining.pop(key)
        if isinstance(found, Finding):
            return self._result(response, found)
        return self._fault(response, found if isinstance(found, Exception) else TypeError(found))

    def _examine(self, response: Response) -> Iterator[CheckResult]:
        target, answer = response.target, response.answer
        controls_fail = self._controls.fail
        if answer.left_allowed_hosts:
            controls_fail = self._controls.lead_away_to(urlsplit(answer.final_url).netloc)
        try:
            expectation = target.expectation(controls_fail=controls_fail, not_found=self._not_found_page(target.host))
            finding = self._probe.begin_examination(response.key, target.address.adapter, answer, expectation)
        except Exception as fault:  # noqa: BLE001  # logged there
            yield self._fault(response, fault)
            return
        if finding is None:
            self._examining[response.key] = response
        else:
            yield self._result(response, finding)

    def _fault(self, response: Response, fault: Exception) -> CheckResult:
        """Log an exception of our own code, and return a result that does not affect the verdict.

        The exception is not raised, so that other examinations continue.
        """
        reference = response.target.address.release.reference
        logger.error("cannot examine a check of %s", reference, exc_info=fault, extra={"release": reference})
        self._on_fault(fault)
        return self._result(response, Finding(CheckOutcome.OBSERVER_FAULT, (Reason.OUR_ERROR,)))

    def _result(self, response: Response, finding: Finding) -> CheckResult:
        purpose, target, error = response.key.purpose, response.target, self._clock_error()
        if purpose is Purpose.ANNOUNCEMENT and finding.publisher is None:
            finding = _as_announcement(finding)
        return CheckResult(
            address=target.address,
            schedule_version=target.schedule_version,
            answer=response.answer,
            finding=mark_clock_off(finding, error, largest=self._clock_largest_error),
            purpose=purpose,
            clock_bound_seconds=bound_seconds_of_check(error, response.answer),
        )


def _as_announcement(finding: Finding) -> Finding:
    """Return a finding with the result "not live", unless there was no usable response.

    The text of an announcement is never the release itself.
    """
    if finding.result in {CheckOutcome.OBSERVER_FAULT, CheckOutcome.UNREACHABLE}:
        return finding
    return replace(finding, result=CheckOutcome.NOT_LIVE, reasons=(Reason.ANNOUNCEMENT,))


VALID_FOR = timedelta(days=1)
# If the response has no text and its status is not in `SAYS_ABSENT`, the page is requested again after this time.
RETRY_AFTER = timedelta(minutes=15)
SAYS_ABSENT = frozenset({404, 410})
# The page for missing addresses is requested only for hosts that have a page with this adapter. If another adapter
# queries a publishing system, the system itself reports that a document does not exist.
ADAPTER = "page"


class NotFoundPages:
    """The pages that the hosts of a sweep show for missing addresses.

    Stored pages are read from the database. If a page is not stored or is too old, it is requested.
    """

    def __init__(self, probe: ProbeInterface) -> None:
        self._probe = probe
        self._pages: dict[str, NotFoundPage | None] = {}
        self._requested: dict[Hashable, str] = {}
        self._examining: dict[Hashable, tuple[CheckRequest, Answer]] = {}
        self._unsaved: list[NotFoundPage] = []

    def __len__(self) -> int:
        """Return how many responses are being examined."""
        return len(self._examining)

    def get(self, host: str) -> NotFoundPage | None:
        """Return the page of a host, or None if it is not known."""
        return self._pages.get(host)

    def request_missing(self, targets: Iterable[Target], *, now: datetime, again: bool) -> None:
        """Read the stored pages of the targets' hosts, and request pages that are missing or too old.

        :param again: whether to request pages again that have become too old. If not, only new hosts are requested.
        """
        pages = (t for t in targets if t.address.role == Address.Role.PAGE and t.address.adapter == ADAPTER)
        by_host = {target.host: target for target in pages}
        new = [host for host in by_host if host not in self._pages]
        if new:
            stored = {page.host: page for page in NotFoundPage.objects.filter(host__in=new)}
            self._pages |= {host: stored.get(host) for host in new}
        for host in by_host if again else new:
            key, target = ("not found", host), by_host[host]
            if self._is_to_request(host, now=now) and key not in self._requested:
                url = address_that_cannot_exist(target.address.url, token=secrets.token_hex(8))
                self._requested[key] = host
                self._probe.start(CheckRequest(key=key, url=url, allowed_hosts=target.allowed_hosts, planned_at=now))

    def _is_to_request(self, host: str, *, now: datetime) -> bool:
        page = self._pages[host]
        return page is None or page.ask_again_at <= now

    def is_requested(self, key: Hashable) -> bool:
        return key in self._requested

    def take_response(self, request: CheckRequest, answer: Answer, *, now: datetime) -> None:
        """Begin to examine the response to a request that `request_missing` made."""
        text = self._probe.begin_text_of(request.key, answer)
        if text is None:
            self._examining[request.key] = request, answer
        else:
            self._add(request, answer, text, now=now)

    def is_examining(self, key: Hashable) -> bool:
        return key in self._examining

    def take_text(self, key: Hashable, text: str, *, now: datetime) -> None:
        """Add a page whose text was extracted. If our own code failed on the page, the text is empty."""
        request, answer = self._examining.pop(key)
        self._add(request, answer, text, now=now)

    def save(self) -> None:
        for page in self._unsaved:
            page.save()
        self._unsaved.clear()

    def _add(self, request: CheckRequest, answer: Answer, text: str, *, now: datetime) -> None:
        host = self._requested.pop(request.key)
        # A page without text is still useful if its status says that the address does not exist.
        says_something = text or (answer.failure is None and answer.status in SAYS_ABSENT)
        page = NotFoundPage(
            host=host,
            url=request.url,
            status=answer.status if answer.failure is None else None,
            text=text,
            seen_at=answer.completed_at,
            ask_again_at=now + (VALID_FOR if says_something else RETRY_AFTER),
        )
        self._pages[host] = page
        self._unsaved.append(page)
