"""The scripted page that the self-test checks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from releases.rules.cadence import CONFIRMING
from releases.verdict.address import AddressVerdict, Outcome

# Consecutive self-tests expect different verdicts, so code that always returns the same verdict never passes two
# self-tests in a row.
EXPECTED_IN_TURN = (
    Outcome.ON_TIME,
    Outcome.LATE,
    Outcome.ON_TIME,
    Outcome.CANNOT_TELL,
    Outcome.ON_TIME,
    Outcome.LATE,
    Outcome.ON_TIME,
    Outcome.EARLY,
)
DUE_AFTER = timedelta(seconds=13)
"""The time from the beginning of a self-test to the due instant.

This is long enough for two of the checks that are made every five seconds in the last minute before the due instant.
"""
TOLERANCE = timedelta(seconds=10)
LIVE_AFTER_DUE = {
    # The time from the due instant until the page goes live. An early page goes live between two checks, at least a
    # second away from each, to allow for the error of the clock.
    Outcome.ON_TIME: timedelta(seconds=2),
    Outcome.LATE: timedelta(seconds=13.5),
    Outcome.EARLY: timedelta(seconds=-11.5),
}
CHECKED_AFTER_LIVE = timedelta(seconds=5)
"""Checks are made for at least this long after the page goes live."""


@dataclass(frozen=True, slots=True)
class Script:
    """The plan of one self-test. All instants are aware.

    The page goes live at `live_at`. It answers with an error from `silent_from` on.
    """

    number: int
    expected: Outcome
    begins_at: datetime
    due_at: datetime
    limit_at: datetime
    live_at: datetime | None
    silent_from: datetime | None

    @property
    def last_check_at(self) -> datetime:
        """The instant after which no check begins and the verdict is final."""
        settled_at = self.limit_at + CONFIRMING
        return settled_at if self.live_at is None else max(settled_at, self.live_at + CHECKED_AFTER_LIVE)

    @property
    def marker(self) -> str:
        return f"number {self.number}"

    def is_right(self, outcome: Outcome, verdict: AddressVerdict) -> bool:
        """Return whether the outcome is as expected and the verdict contains the correct times.

        The times are correct if the page went live between the last check that did not find it live and the first check
        that did, within the error of the clock.
        """
        if outcome is not self.expected:
            return False
        if self.live_at is None:
            return verdict.first_live_at is None
        absent_at, seen_at, bound = verdict.last_not_live_at, verdict.first_live_at, verdict.clock_bound
        return bool(absent_at and seen_at and absent_at - bound < self.live_at <= seen_at + bound)


def script_for(number: int, *, begins_at: datetime) -> Script:
    """Return the script of a self-test.

    :param number: the number of the self-test, starting with 1. It determines the expected verdict.
    :param begins_at: the aware instant of the first check.
    """
    expected = EXPECTED_IN_TURN[(number - 1) % len(EXPECTED_IN_TURN)]
    due_at = begins_at + DUE_AFTER
    live_after = LIVE_AFTER_DUE.get(expected)
    return Script(
        number=number,
        expected=expected,
        begins_at=begins_at,
        due_at=due_at,
        limit_at=due_at + TOLERANCE,
        live_at=None if live_after is None else due_at + live_after,
        silent_from=due_at if expected is Outcome.CANNOT_TELL else None,
    )


SALT = "statsoffice.self_monitoring.page"
STAYS_UP_FOR = timedelta(minutes=1)
"""The page remains available for this long after the last check."""


class NoSuchPage(Exception):
    """The token has no valid signature, or its self-test has ended."""


@dataclass(frozen=True, slots=True)
class PageState:
    marker: str
    live: bool
    silent: bool


def page_address(script: Script) -> str:
    """Return the address of a self-test's page.

    The address contains the signed plan of the page, so any web process can show the page.
    """
    instants = (script.live_at, script.silent_from, script.last_check_at + STAYS_UP_FOR)
    token = signing.dumps([script.marker, *(at and at.timestamp() for at in instants)], salt=SALT)
    return settings.ADDRESS + reverse("canary_page", args=[token])


def page_state(token: str, *, at: datetime) -> PageState:
    """Return the state of a self-test's page at an aware instant.

    :raises NoSuchPage: if the token has no valid signature, or its self-test has ended.
    """
    try:
        marker, *stamps = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NoSuchPage from error
    live_at, silent_from, gone_at = (stamp and datetime.fromtimestamp(stamp, UTC) for stamp in stamps)
    if at >= gone_at:
        raise NoSuchPage
    return PageState(
        marker=marker,
        live=live_at is not None and at >= live_at,
        silent=silent_from is not None and at >= silent_from,
    )


@require_safe
@never_cache
def canary_page(request: HttpRequest, token: str) -> HttpResponse:
    try:
        state = page_state(token, at=timezone.now())
    except NoSuchPage as error:
        raise Http404 from error
    text = render_to_string("self_monitoring/page.html", {"shown": state})
    response = HttpResponse(text, status=503 if state.silent else 200, headers={"X-Robots-Tag": "noindex"})
    if state.silent:
        # The response is logged here, so that Django does not log it as a server error.
        log_response(
            "the page of the self-test is unavailable, as planned", response=response, request=request, level="debug"
        )
    return response
