"""The probe, which requests pages and passes the responses to the processes that examine them."""

import os
import socket
import threading
import time
import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from django.conf import settings
from django.utils import timezone

from releases.detection.finding import CheckOutcome, Expectation, Finding, Reason
from releases.detection.rules import read_not_found_text
from releases.host_budgets import budgets_from_settings
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.probe.adapters import get_adapter
from releases.probe.browser import PageFetcher, browser_from_settings
from releases.probe.client import Fetcher
from releases.probe.examiner import ExaminationError, Request
from releases.probe.examiner_pool import Examined, Examiners, Overrun
from releases.rules.canonical import sha256_hex
from releases.rules.clock_error import ClockError, Voucher
from releases.rules.host_budget import DEFAULT_BUDGET, Budget
from releases.rules.page_view import BROWSER
from releases.rules.response import Answer, CheckRequest

PRODUCT = "statsoffice-release-check"
# The maximum number of cached findings. It is larger than the number of addresses that are monitored at once. Each
# finding takes about two kilobytes.
MOST_FINDINGS = 12_000
_PAGES_POLLED_EVERY_SECONDS = 0.05

_OVERRUNS = {
    Overrun.TIME: Reason.EXAMINATION_TIME,
    Overrun.MEMORY: Reason.EXAMINATION_MEMORY,
    Overrun.ENDED: Reason.EXAMINATION_ENDED,
}


def finding_key(adapter: str, answer: Answer, expectation: Expectation) -> Hashable:
    """Return the key under which the finding of a response is cached.

    The key contains everything that a rule can read, such as the status, the redirects, the body, and whether the
    response was completed before the due time. So responses with the same key have the same finding. The function
    hashes the body, so call it only once for each response.
    """
    due_at = expectation.due_at
    return (
        adapter,
        expectation,
        due_at is not None and answer.completed_at >= due_at,
        answer.failure,
        answer.status,
        answer.requested_url,
        answer.final_url,
        answer.hops,
        answer.left_allowed_hosts,
        answer.header("content-type"),
        sha256_hex(answer.body),
    )


class Probe:
    """Makes many requests at a time, and passes the responses to other processes that examine them within hard limits.

    Findings are cached, so unchanged pages are not examined again. A probe may only be used by one thread.
    """

    def __init__(self, fetcher: Fetcher, examiners: Examiners | None = None, pages: PageFetcher | None = None) -> None:
        """:param pages: makes the requests that need a browser. If it is None, the fetcher makes these requests too."""
        self._fetcher = fetcher
        self._pages = pages
        self._examiners = examiners or Examiners()
        self._findings: dict[Hashable, Finding] = {}
        self._under_examination: dict[Hashable, tuple[Request, Hashable]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        return self._fetcher.in_flight + self._pages_in_flight

    @property
    def held_until(self) -> datetime | None:
        return None if self._pages_in_flight else self._fetcher.held_until

    @property
    def _pages_in_flight(self) -> int:
        return self._pages.in_flight if self._pages else 0

    def fetched_address(self, adapter: str, url: str) -> str:
        """:raises NoSuchAdapterError: if no adapter has this name."""
        return get_adapter(adapter).address(url)

    def start(self, request: CheckRequest) -> None:
        if self._pages and request.adapter == BROWSER:
            self._pages.start(request, wait=self._fetcher.requested_wait(request.url))
        else:
            self._fetcher.start(request)

    def waits(self, key: Hashable) -> bool:
        return self._fetcher.waits(key) or bool(self._pages and self._pages.waits(key))

    def hand_turn(self, key: Hashable, request: CheckRequest) -> None:
        (self._pages if self._pages and request.adapter == BROWSER else self._fetcher).hand_turn(key, request)

    def poll(self, timeout_seconds: float) -> list[tuple[CheckRequest, Answer]]:
        """Return the complete responses. Wait at most `timeout_seconds` for the first response."""
        until = time.monotonic() + timeout_seconds
        while self._pages_in_flight and self._pages:
            viewed = self._pages.poll()
            for _, answer in viewed:
                self._fetcher.take_wait(answer)
            left = 0.0 if viewed else max(0.0, until - time.monotonic())
            answers = viewed + self._fetcher.poll(min(left, _PAGES_POLLED_EVERY_SECONDS))
            if answers or time.monotonic() >= until:
                return answers
        if self._pages:
            self._pages.end_if_idle()
        return self._fetcher.poll(max(0.0, until - time.monotonic()))

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """
        :raises NoSuchAdapterError: if no adapter has this name.
        :raises ExaminationError: if our own code failed on the response.
        """
        page, known = self._recall(adapter, answer, expectation)
        if known:
            return known
        request = Request(adapter, answer, expectation)
        found = self._found(request, page, self._examiners.examine(request))
        if isinstance(found, Finding):
            return found
        raise found if isinstance(found, Exception) else ExaminationError(found)

    def begin_examination(
        self, key: Hashable, adapter: str, answer: Answer, expectation: Expectation
    ) -> Finding | None:
        """:raises NoSuchAdapterError: if no adapter has this name."""
        page, known = self._recall(adapter, answer, expectation)
        if known is None:
            self._begin(key, Request(adapter, answer, expectation), page)
        return known

    def begin_text_of(self, key: Hashable, answer: Answer) -> str | None:
        if not answer.body:
            return read_not_found_text(answer)
        self._begin(key, Request("", answer), None)
        return None

    def examined(self, timeout_seconds: float) -> list[tuple[Hashable, Finding | str | Exception]]:
        return [
            (key, self._found(*self._under_examination.pop(key), found))
            for key, found in self._examiners.collect(timeout_seconds)
        ]

    def give_up_examinations(self, *, after_seconds: float | None) -> None:
        self._examiners.give_up_after(after_seconds)

    def _recall(self, adapter: str, answer: Answer, expectation: Expectation) -> tuple[Hashable, Finding | None]:
        """Return the cache key of a response and its finding. The finding is None if the response must be examined.

        If the response has no body, its finding is determined here and is not cached, so the key is None.
        """
        reader = get_adapter(adapter)
        if not answer.body:
            return None, reader.examine(answer, expectation)
        page = finding_key(adapter, answer, expectation)
        return page, self._findings.get(page)

    def _begin(self, key: Hashable, request: Request, page: Hashable) -> None:
        self._under_examination[key] = request, page
        self._examiners.begin(key, request)

    def _found(self, request: Request, page: Hashable, found: Examined) -> Finding | str | Exception:
        if isinstance(found, str | ExaminationError):
            return found
        if request.expectation is None:
            return ""
        if isinstance(found, Overrun):
            shown = Finding(CheckOutcome.OBSERVER_FAULT, (_OVERRUNS[found],))
            if found is Overrun.ENDED or not self._examiners.is_last(request.answer.requested_url):
                return shown  # not cached, because the machine may be at fault
            found = shown
        self._findings[page] = found
        if len(self._findings) > MOST_FINDINGS:
            del self._findings[next(iter(self._findings))]
        return found

    @property
    def pauses(self) -> Mapping[str, datetime]:
        return self._fetcher.pauses

    def pause(self, name: str, *, until: datetime) -> None:
        self._fetcher.pause(name, until=until)

    def give_up_waits(self) -> None:
        self._fetcher.give_up_waits()

    def rest(self, place: str, *, seconds: float) -> None:
        self._fetcher.rest(place, seconds=seconds)

    def close(self) -> None:
        self._fetcher.close()
        if self._pages:
            self._pages.close()
        self._examiners.close()
        self._under_examination.clear()


def probe_from_settings(
    *, now: Callable[[], datetime], adhoc: bool = False, also_private: frozenset[str] = frozenset()
) -> Probe:
    """Create a probe from the settings STATSOFFICE_PROBE_*.

    :param now: the wall clock, real or replayed.
    :param adhoc: whether the probe is for ad hoc checks. Ad hoc checks get a small part of each host's budget. If a
        budget is too small to divide, either the sweep or ad hoc checks use the whole budget, but never both at once.
    :param also_private: additional "host:port" entries on private networks that this probe may request.
    """

    def part_of(budget: Budget) -> Budget:
        return (budget.adhoc_share or budget) if adhoc else budget.monitoring_share

    agent = user_agent_from_settings()
    browser = browser_from_settings(user_agent=agent, also_private=also_private)
    return Probe(
        pages=PageFetcher(browser, now=now, vantage=settings.PROBE_VANTAGE),
        fetcher=Fetcher(
            now=now,
            user_agent=agent,
            allow_private=settings.PROBE_ALLOW_PRIVATE | also_private,
            budgets={host: part_of(budget) for host, budget in budgets_from_settings().items()},
            default_budget=part_of(DEFAULT_BUDGET),
            proxy=settings.PROBE_PROXY,
            vantage=settings.PROBE_VANTAGE,
        ),
    )


@contextmanager
def open_adhoc_means(*, seconds: float, process: str = "web") -> Iterator[AdhocMeans]:
    """Open a probe for requests that are not stored as checks, and close it at the end.

    :param seconds: the time limit for all requests together.
    :param process: the kind of process, which is part of the name of the lease holder.
    """
    until = time.monotonic() + seconds
    with probe_from_settings(now=timezone.now, adhoc=True) as probe:
        yield AdhocMeans(
            probe=probe,
            holder=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()} {process}",
            budgets=budgets_from_settings(),
            clock_error=ClockError(Voucher.NOBODY, None),
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            stop=lambda: time.monotonic() > until,
        )


def user_agent_from_settings() -> str:
    return user_agent(office=settings.OFFICE_NAME, contact=settings.PROBE_CONTACT)


def user_agent(*, office: str, contact: str) -> str:
    """Return the user agent of all requests. It names the product, the office and a contact.

    A header must be ASCII, on one line and without nested brackets. So accents, line breaks and brackets are removed
    from the names.
    """
    words = "; ".join(part for part in (_plain(office), _plain(contact)) if part)
    return f"{PRODUCT} ({words})" if words else PRODUCT


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(decomposed.replace("(", " ").replace(")", " ").split())
