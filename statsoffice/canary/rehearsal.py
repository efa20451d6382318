"""One rehearsal: our own page looked at as any release's is, through the same functions, and nothing put on record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from releases.detection.finding import AddressRole, Expectation, Reason
from releases.detection.page import TextsBefore
from releases.leases import Looker
from releases.monitoring import examination
from releases.monitoring.clock import Clock
from releases.rules import cadence
from releases.rules.host_budget import LEAST_LONGEST_GAP
from releases.rules.response import Answer, Errand
from releases.rules.web_address import place_of
from releases.verdict.address import AddressVerdict, Outcome, Sighting, judge_address
from releases.verdict.release import judge_release
from releases.verdict.statements import counts_as
from statsoffice.canary.script import Script

ADAPTER = "page"
TITLE = "Rehearsal of the watcher"
GLANCE = timedelta(seconds=0.5)
"""How often the rehearsal asks whether it is to stop."""


class Stopped(Exception):
    """The rehearsal was told to stop before its end, and says nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the chain made of one rehearsal; the reasons are those of its last look."""

    outcome: Outcome
    verdict: AddressVerdict
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Seen:
    sightings: list[Sighting] = field(default_factory=list)
    texts_before: TextsBefore = field(default_factory=TextsBefore)
    reasons: tuple[Reason, ...] = ()


def rehearse(
    script: Script, *, url: str, clock: Clock, look: Looker, stop: Callable[[], bool] = lambda: False
) -> Played:
    """Look at a rehearsal's page by the cadence of every release, and judge what was seen.

    :param url: where its page stands.
    :param clock: the watcher's clock.
    :param look: the probe.
    :param stop: asked twice a second whether to end.
    :raises Stopped: if it is told to end before the last look was answered.
    """
    seen = _Seen()
    planned = _plan(script, url=url, clock=clock)
    next_at = next(planned, None)
    while next_at is not None or look.in_flight:
        if stop():
            raise Stopped
        now = clock.now()
        if next_at is not None and next_at <= now:
            look.start(_errand(url, look=look, planned_at=next_at))
            next_at = next(planned, None)
            continue
        wake_at = min(now + GLANCE, next_at or now + GLANCE)
        if look.in_flight:
            for _, answer in look.poll((wake_at - now).total_seconds()):
                _take(seen, answer, script=script, url=url, clock=clock, look=look)
        else:
            clock.sleep_until(wake_at)
    # Every look up to the limit was answered or has timed out: that is why the loop ended.
    verdict = judge_address(
        seen.sightings,
        due_at=script.due_at,
        limit_at=script.limit_at,
        longest_gap=LEAST_LONGEST_GAP,
        settled=True,
    )
    outcome = judge_release([(AddressRole.PAGE, True, verdict)]).outcome
    return Played(outcome=outcome, verdict=verdict, reasons=seen.reasons)


def _plan(script: Script, *, url: str, clock: Clock) -> Iterator[datetime]:
    """Give the instant of one look after the other, as the cadence plans them."""
    after: datetime | None = None
    while True:
        after = cadence.next_check_at(
            due_at=script.due_at, limit_at=script.limit_at, after=after, now=clock.now(), key=url
        )
        if after is None or after > script.last_look_at:
            return
        yield after


def _errand(url: str, *, look: Looker, planned_at: datetime) -> Errand:
    address = look.fetched_address(ADAPTER, url)
    return Errand(key=planned_at, url=address, allowed_hosts=frozenset({place_of(url)}), planned_at=planned_at)


def _take(seen: _Seen, answer: Answer, *, script: Script, url: str, clock: Clock, look: Looker) -> None:
    expectation = Expectation(
        role=AddressRole.PAGE,
        url=url,
        marker=script.marker,
        release_title=f"{TITLE}, {script.marker}",
        series_title=TITLE,
        texts_not_live=seen.texts_before.standing,
        texts_before=seen.texts_before.all,
        due_at=script.due_at,
    )
    finding = look.examine(ADAPTER, answer, expectation)
    if answer.completed_at < script.due_at:
        sent_at, reasons = answer.sent_at, finding.reasons
        seen.texts_before.note(finding.result, reasons, finding.text_digest, first=sent_at, last=sent_at)
    error = clock.error()
    clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    seen.reasons = examination.by_clock(finding, error, largest=settings.CLOCK_LARGEST_ERROR).reasons
    seen.sightings.append(
        Sighting(
            result=counts_as(finding.result, None, clock_off=clock_off),
            planned_at=answer.planned_at,
            sent_at=answer.sent_at,
            completed_at=answer.completed_at,
            clock_bound=error.bound or timedelta(0),
            text_digest=finding.text_digest,
        )
    )
