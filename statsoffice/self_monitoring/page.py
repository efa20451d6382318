"""The page that the self-test checks, by its script."""

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
from statsoffice.self_monitoring import page

# Neighbours differ, so that a chain that always says the same is never right twice in a row.
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
"""How long after its beginning the rehearsed release is due: two looks of the last minute come before that."""
TOLERANCE = timedelta(seconds=10)
LIVE_AFTER_DUE = {
    # Between a look that must see nothing and one that must see the page, a second and more from either: so far off
    # the clock may be.
    Outcome.ON_TIME: timedelta(seconds=2),
    Outcome.LATE: timedelta(seconds=13.5),
    Outcome.EARLY: timedelta(seconds=-11.5),
}
LOOKED_ON = timedelta(seconds=5)
"""How long after it went live the page is looked for at most: the cadence looks every five seconds."""


@dataclass(frozen=True, slots=True)
class Script:
    """One rehearsal as it is to go; instants are aware.

    The page says that nothing is published until `live_at`; from `silent_from` on it does not answer.
    """

    number: int
    expected: Outcome
    begins_at: datetime
    due_at: datetime
    limit_at: datetime
    live_at: datetime | None
    silent_from: datetime | None

    @property
    def last_look_at(self) -> datetime:
        """The instant after which no look begins; with it the verdict is settled."""
        settled_at = self.limit_at + CONFIRMING
        return settled_at if self.live_at is None else max(settled_at, self.live_at + LOOKED_ON)

    @property
    def marker(self) -> str:
        """What this rehearsal's page shows and no other's."""
        return f"number {self.number}"

    def is_right(self, outcome: Outcome, verdict: AddressVerdict) -> bool:
        """Say whether a verdict is the expected one and its interval holds the instant at which the page went live."""
        if outcome is not self.expected:
            return False
        if self.live_at is None:
            return verdict.first_live_at is None
        absent_at, seen_at, bound = verdict.last_not_live_at, verdict.first_live_at, verdict.clock_bound
        return bool(absent_at and seen_at and absent_at - bound < self.live_at <= seen_at + bound)


def script_for(number: int, *, begins_at: datetime) -> Script:
    """Write the script of the rehearsal of a number.

    :param number: counts rehearsals from 1; it says which verdict is expected.
    :param begins_at: the aware instant of the first look.
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
STANDS_FOR = timedelta(minutes=1)
"""How long after the last look the page can still be asked for."""


class NoSuchPage(Exception):
    """Nobody but the canary makes such an address, or its rehearsal is long over."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows at one instant."""

    marker: str
    live: bool
    silent: bool


def url_of(script: Script) -> str:
    """Return the whole address of a rehearsal's page, below this service's own address.

    The address carries the script, signed: whichever web process is asked plays it, and nobody can make one up.
    """
    instants = (script.live_at, script.silent_from, script.last_look_at + STANDS_FOR)
    token = signing.dumps([script.marker, *(at and at.timestamp() for at in instants)], salt=SALT)
    return settings.ADDRESS + reverse("canary_page", args=[token])


def shown_at(token: str, *, at: datetime) -> Shown:
    """Return what the page of a token shows at an aware instant.

    :raises NoSuchPage: if the token was not made here, or its rehearsal is over.
    """
    try:
        marker, *stamps = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NoSuchPage from error
    live_at, silent_from, gone_at = (stamp and datetime.fromtimestamp(stamp, UTC) for stamp in stamps)
    if at >= gone_at:
        raise NoSuchPage
    return Shown(
        marker=marker,
        live=live_at is not None and at >= live_at,
        silent=silent_from is not None and at >= silent_from,
    )


@require_safe
@never_cache
def canary_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of a rehearsal as it stands now; it shows nothing of any release."""
    try:
        shown = page.shown_at(token, at=timezone.now())
    except page.NoSuchPage as error:
        raise Http404 from error
    text = render_to_string("self_monitoring/page.html", {"shown": shown})
    response = HttpResponse(text, status=503 if shown.silent else 200, headers={"X-Robots-Tag": "noindex"})
    if shown.silent:
        # Written here, it is not written as an error of the server.
        log_response(
            "the canary's page is silent, as its script wants it", response=response, request=request, level="debug"
        )
    return response
