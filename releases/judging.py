"""From kept looks and statements to the verdict on a release as it was scheduled."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from releases import scheduling, statements, watch_list
from releases.cadence import GIVE_UP
from releases.errand import LONGEST
from releases.evidence import AddressRole
from releases.models import Address, Observation, Release, Series, Statement, Verification
from releases.models.event import record
from releases.status import Status
from releases.verdict import (
    AddressVerdict,
    Outcome,
    Sighting,
    judge_address,
    judge_release,
    occurred_at,
)

LIVE_AT_LAST = {Outcome.ON_TIME, Outcome.LATE, Outcome.UNCERTAIN}

# Two watchers may judge a release at once, each for an address of its own; losing that often is a fault.
ATTEMPTS = 5


class JudgedByOthers(Exception):
    """Others judged the release again and again while this was tried; nothing of this attempt is kept."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging one release came to, and which of its addresses need no further look."""

    verification: Verification
    changed: bool
    seen_live_since_due: frozenset[int]


def judge(release: Release, *, now: datetime, answered_until: Callable[[Address], datetime] | None = None) -> Judged:
    """Judge a release with an exact date from all looks kept for its present schedule, and keep what changed.

    :param now: the aware instant of judging; nothing is late before the limit has passed.
    :param answered_until: for an address, the instant up to which (included) every planned look was answered or
        has timed out; if not given, no look is under way.
    :raises JudgedByOthers: if others judged it five times in a row meanwhile.
    """
    for _ in range(ATTEMPTS):
        judged = _judge_once(release, now=now, answered_until=answered_until)
        if judged is not None:
            return judged
    message = f"{release.reference} was judged by others {ATTEMPTS} times while this was tried."
    raise JudgedByOthers(message)


def judge_unobserved(*, now: datetime) -> list[Judged]:
    """Judge the releases that fell due with nobody looking: of those nobody can tell, and a person is asked.

    :param now: the aware instant of judging; a release is left alone until its last look would have timed out.
    """
    looked_at = Observation.objects.plain().filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), sent_at__gte=OuterRef("due_at")
    )
    decided = Verification.objects.filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), decided_at__isnull=False
    )
    unobserved = (
        Release.objects.watched(now=now, ahead=-LONGEST, behind=GIVE_UP)
        .filter(~Exists(looked_at), ~Exists(decided), due_at__gt=F("recorded_at"), addresses__isnull=False)
        .select_related("series__producer")
        .distinct()
    )
    over = [release for release in unobserved if now >= watch_list.limit_of(release) + LONGEST]
    return [judge(release, now=now) for release in over]


def _judge_once(
    release: Release, *, now: datetime, answered_until: Callable[[Address], datetime] | None
) -> Judged | None:
    verification = _verification(release, now=now)
    due_at, limit_at = verification.due_at, verification.due_at + timedelta(seconds=verification.tolerance_seconds)
    looks, reasons = _sightings(release)
    verdicts: list[tuple[Address, AddressVerdict]] = []
    for address in _addresses_by_due(release, due_at=due_at):
        settled = now >= limit_at and (answered_until is None or answered_until(address) >= limit_at)
        verdict = judge_address(looks[address.pk], due_at=due_at, limit_at=limit_at, settled=settled)
        verdicts.append((address, verdict))
    outcome = judge_release([(AddressRole(a.role), a.required, v) for a, v in verdicts])
    deciding = verdicts[outcome.deciding[0]][1] if outcome.deciding else None
    found = {
        "outcome": outcome.outcome,
        "last_not_live_at": deciding.last_not_live_at if deciding else None,
        "first_live_at": deciding.first_live_at if deciding else None,
        "delay_from": deciding.delay.from_seconds if deciding and deciding.delay else None,
        "delay_to": deciding.delay.to_seconds if deciding and deciding.delay else None,
        "occurred_at": occurred_at(
            outcome.outcome, due_at=due_at, first_live_at=deciding.first_live_at if deciding else None
        ),
        "reasons": sorted({reason for address, _ in verdicts for reason in reasons[address.pk]}),
        "addresses": [
            _as_kept(address, verdict, looks=looks[address.pk], reasons=reasons[address.pk])
            for address, verdict in verdicts
        ],
    }
    pages = [verdict for address, verdict in verdicts if address.required and address.role == Address.Role.PAGE]
    live_at = _all_live_at(pages)
    changed = _keep(verification, found, release=release, live_at=live_at, now=now)
    if changed is None:
        return None
    live = frozenset(
        address.pk
        for address, verdict in verdicts
        if verdict.from_due in LIVE_AT_LAST and verdict.outcome is not Outcome.PENDING
    )
    return Judged(verification=verification, changed=changed, seen_live_since_due=live)


def _addresses_by_due(release: Release, *, due_at: datetime) -> list[Address]:
    # One that was added after the due instant was not announced for it: it is neither watched nor judged.
    judged = (address for address in release.addresses.all() if address.role != Address.Role.ANNOUNCEMENT)
    return [address for address in judged if release.rehearsal or address.added_at < due_at]


def _all_live_at(pages: list[AddressVerdict]) -> datetime | None:
    """Return when every required page had been seen live, or None while one was not."""
    seen = [verdict.first_live_at for verdict in pages if verdict.from_due in LIVE_AT_LAST and verdict.first_live_at]
    return max(seen) if seen and len(seen) == len(pages) else None


def _verification(release: Release, *, now: datetime) -> Verification:
    # The limit follows the series up to the due time and is fixed from then on: nobody widens it afterwards.
    due_at, series = release.due_at, release.series
    assert due_at is not None  # noqa: S101  # what is judged has an exact date
    verification, created = Verification.objects.get_or_create(
        release=release,
        schedule_version=release.schedule_version,
        # Asked for only if there is no such row yet.
        defaults={"due_at": due_at, "tolerance_seconds": lambda: _tolerance_at(due_at, series, now=now)},  # type: ignore[misc]  # the stubs know no callables
    )
    if not created and verification.tolerance_seconds != series.tolerance_seconds:
        in_force = _tolerance_at(due_at, series, now=now, unknown=verification.tolerance_seconds)
        if verification.tolerance_seconds != in_force:
            Verification.objects.filter(pk=verification.pk).update(tolerance_seconds=in_force)
            verification.refresh_from_db()
    return verification


def _tolerance_at(due_at: datetime, series: Series, *, now: datetime, unknown: int | None = None) -> int:
    """Return the tolerance that a series had when its release was due, or has now if that is still to come.

    :param unknown: what is returned where the series' history begins after the due instant; the present one if None.
    """
    if now < due_at:
        return series.tolerance_seconds
    then = series.history.filter(history_date__lte=due_at).order_by("-history_date", "-history_id").first()
    if then is None:
        return series.tolerance_seconds if unknown is None else unknown
    return int(then.tolerance_seconds)


def _sightings(release: Release) -> tuple[dict[int, list[Sighting]], dict[int, list[str]]]:
    # What a person said of a text corrects every look that saw that text; the look itself stays as it was kept.
    spoken = Statement.objects.filter(release=release).order_by("stated_at", "pk")
    said = statements.last_said(spoken.values_list("text_digest", "kind"))
    looks: dict[int, list[Sighting]] = defaultdict(list)
    reasons: dict[int, list[str]] = defaultdict(list)
    rows = Observation.objects.to_judge(release).values_list(
        "address_id", "result", "planned_at", "sent_at", "completed_at", "text_digest", "reasons"
    )
    for address, result, planned_at, sent_at, completed_at, digest, codes in rows:
        looks[address].append(
            Sighting(
                result=statements.counts_as(result, said.get(digest)),
                planned_at=planned_at,
                sent_at=sent_at,
                completed_at=completed_at,
            )
        )
        reasons[address] = codes
    return looks, reasons


def _as_kept(address: Address, verdict: AddressVerdict, *, looks: list[Sighting], reasons: list[str]) -> dict[str, Any]:
    return {
        "address": address.pk,
        "url": address.url,
        "role": address.role,
        "required": address.required,
        "outcome": verdict.outcome,
        "before_due": verdict.before,
        "from_due": verdict.from_due,
        "last_not_live_at": verdict.last_not_live_at and verdict.last_not_live_at.isoformat(),
        "first_live_at": verdict.first_live_at and verdict.first_live_at.isoformat(),
        "live_before_due_at": verdict.live_before_due_at and verdict.live_before_due_at.isoformat(),
        "gone_again_at": verdict.gone_again_at and verdict.gone_again_at.isoformat(),
        "delay": [verdict.delay.from_seconds, verdict.delay.to_seconds] if verdict.delay else None,
        "looks": len(looks),
        "reasons": reasons,
    }


def _keep(
    verification: Verification, found: dict[str, Any], *, release: Release, live_at: datetime | None, now: datetime
) -> bool | None:
    """Store what was found if it differs from what is kept; None says that somebody else judged it meanwhile."""
    if all(getattr(verification, name) == value for name, value in found.items()):
        return False
    before, settled = verification.outcome, found["outcome"] != Outcome.PENDING
    with transaction.atomic():
        unchanged = Verification.objects.filter(pk=verification.pk, revision=verification.revision)
        decided_at = (verification.decided_at or now) if settled else None
        if not unchanged.update(**found, decided_at=decided_at, revision=F("revision") + 1):
            return None
        verification.refresh_from_db()
        if before != verification.outcome:
            delay = [verification.delay_from, verification.delay_to]
            record(release, "judged", at=now, outcome=[before, verification.outcome], delay_seconds=delay)
        if live_at is not None:
            _publish(release, published_at=live_at, now=now)
    return True


def _publish(release: Release, *, published_at: datetime, now: datetime) -> None:
    # On time or late, what readers can see is published; somebody may have moved or cancelled it meanwhile.
    current = Release.objects.select_related("series__producer").get(pk=release.pk)
    if current.status == Status.CONFIRMED and current.schedule_version == release.schedule_version:
        scheduling.publish(current, by=None, at=now, published_at=published_at)
