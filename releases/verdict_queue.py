"""The queue of releases that need a verdict, for an office that judges in processes of its own.

The queue is a table. A sweep writes what it knows about checks that have no response yet, and a judging process claims
some releases at a time, by compare-and-set. So a release is judged as the sweep itself would have judged it. A process
that dies loses nothing: its claims end after some seconds.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from releases import judge
from releases.judge import AnsweredUntil, JudgedByOthers
from releases.models import Address, Release, VerdictRequest, Verification
from releases.models.claim import is_unclaimed
from releases.rules.lifecycle import Status
from releases.rules.response import LONGEST

logger = logging.getLogger(__name__)

# A sweep also judges this many releases at a time, which takes some tenths of a second.
CLAIMED_AT_A_TIME = 200
# The longest time that a process may need for so many releases, on a busy machine. After that another process judges
# them. Two processes that judge the same release store one verdict.
CLAIM_DURATION = timedelta(seconds=20)
OLD_AFTER = timedelta(seconds=30)
"""An older request was not claimed by any judging process, or its processes died more than once."""
MOST_SECONDS = 600.0
"""A process ends after this time, so that a job that hangs can be distinguished from a job that has much to do."""


def request_verdicts(releases: Collection[Release], *, answered_until: AnsweredUntil, now: datetime) -> None:
    """Request that releases be judged from the checks that are stored by now.

    :param answered_until: as for `judge_all`. If another sweep has also requested a verdict for an address, the later
        of both instants counts, because both are true.
    """
    by_key = {release.pk: release for release in releases}
    addresses = list(Address.objects.filter(release__in=by_key).exclude(role=Address.Role.ANNOUNCEMENT).order_by("pk"))
    with transaction.atomic():
        stored = VerdictRequest.objects.select_for_update().filter(address__in=addresses).order_by("pk")
        known = {(row.pk, row.schedule_version): row.answered_until for row in stored}
        VerdictRequest.objects.bulk_create(
            [
                VerdictRequest(
                    address=address,
                    release_id=address.release_id,
                    schedule_version=(version := by_key[address.release_id].schedule_version),
                    answered_until=max(at := answered_until(address), known.get((address.pk, version), at)),
                    requested_at=now,
                    version=uuid4(),
                )
                for address in addresses
            ],
            update_conflicts=True,
            unique_fields=["address"],
            # Do not update the claim, nor `requested_at`, which is when the release began to wait.
            update_fields=["schedule_version", "answered_until", "version"],
        )


def find_verdicts(releases: Collection[int]) -> list[Verification]:
    """Return the verifications of releases, by key, for their present schedules."""
    return list(Verification.objects.filter(release__in=releases, schedule_version=F("release__schedule_version")))


def find_open_requests(releases: Collection[int]) -> set[int]:
    """Return which releases, by key, wait to be judged."""
    return set(VerdictRequest.objects.filter(release__in=releases).values_list("release_id", flat=True))


@dataclass(frozen=True, slots=True)
class Claim:
    """Some requests that belong to this process until its claim ends: the version of each by the address's key."""

    releases: list[Release]
    versions: Mapping[int, UUID]
    answered_until_by_address: Mapping[int, datetime]

    def answered_until(self, *, now: datetime) -> AnsweredUntil:
        """Return the function for `judge_all`.

        Without a request for an address, all its checks that were sent at least 15 seconds ago have timed out.
        """
        return lambda address: self.answered_until_by_address.get(address.pk, now - LONGEST)


def claim_requests(*, process: str, now: datetime, among: Q | None = None) -> Claim:
    """Claim the requests of the releases that have waited longest. No other process has a claim to them.

    :param among: which requests, None for all.
    """
    free = VerdictRequest.objects.filter(is_unclaimed(CLAIM_DURATION, now=now), among or Q())
    waiting = free.order_by("requested_at", "release").values_list("release_id", flat=True)
    releases = list(dict.fromkeys(waiting[: CLAIMED_AT_A_TIME * 2]))[:CLAIMED_AT_A_TIME]
    if not releases:
        return Claim([], {}, {})
    with transaction.atomic():
        # Skip requests that a sweep is writing, so that neither process waits long for the other.
        found = free.filter(release__in=releases).select_for_update(skip_locked=True).order_by("pk")
        keys = list(found.values_list("pk", flat=True))
        free.filter(pk__in=keys).update(claimed_by=process, claimed_until=now + CLAIM_DURATION)
    claimed = list(VerdictRequest.objects.filter(pk__in=keys, claimed_by=process, claimed_until=now + CLAIM_DURATION))
    versions_of_schedules = {(row.release_id, row.schedule_version) for row in claimed}
    return Claim(
        releases=[
            release
            # A release that was moved or cancelled meanwhile is judged by `judge_without_checks`.
            for release in Release.objects.filter(
                pk__in={row.release_id for row in claimed}, due_at__isnull=False
            ).exclude(status=Status.CANCELLED)
            if (release.pk, release.schedule_version) in versions_of_schedules
        ],
        versions={row.pk: row.version for row in claimed},
        answered_until_by_address={row.pk: row.answered_until for row in claimed},
    )


def judge_claim(claimed: Claim, *, now: Callable[[], datetime]) -> list[Exception]:
    """Judge claimed requests, and remove the requests that were not renewed meanwhile.

    :return: the faults of our own code on some releases; these do not stop others.
    """
    at = now()
    _, faults = judge.judge_all(claimed.releases, now=at, answered_until=claimed.answered_until(now=at))
    again: set[int] = set()
    for release, fault in faults:
        logger.error("cannot judge %s", release.reference, exc_info=fault, extra={"release": release.reference})
        if isinstance(fault, JudgedByOthers):
            again.add(release.pk)
    with transaction.atomic():
        rows = VerdictRequest.objects.select_for_update().filter(pk__in=claimed.versions).order_by("pk")
        present = {row.pk: row for row in rows}
        done = [
            key for key, row in present.items() if row.version == claimed.versions[key] and row.release_id not in again
        ]
        VerdictRequest.objects.filter(pk__in=done).delete()
        VerdictRequest.objects.filter(pk__in=present.keys() - set(done)).update(
            claimed_by="", claimed_until=None, requested_at=at
        )
    return [fault for _, fault in faults]


def judge_requests(*, process: str, most: int, now: Callable[[], datetime], stop: Callable[[], bool]) -> int:
    """Judge what is requested until nothing is left, or for ten minutes.

    :param process: the name of this process: its machine, a colon, and what makes it unique there.
    :param most: if so many other processes of this machine are judging now, this one ends. Otherwise the
        job, which begins every second, would take all processes of a worker on a busy morning.
    :return: the number of releases judged.
    :raises ExceptionGroup: if our own code failed on some releases. All others are judged first.
    """
    if _count_others(process, now=now()) >= most:
        return 0
    number, faults = 0, list[Exception]()
    until = time.monotonic() + MOST_SECONDS
    while not stop() and time.monotonic() < until:
        claim = claim_requests(process=process, now=now())
        if not claim.versions:
            break
        faults += judge_claim(claim, now=now)
        number += len(claim.releases)
    _raise(faults)
    return number


def _count_others(process: str, *, now: datetime) -> int:
    machine = f"{process.partition(':')[0]}:"
    others = VerdictRequest.objects.filter(claimed_by__startswith=machine, claimed_until__gt=now)
    return others.exclude(claimed_by=process).order_by().values("claimed_by").distinct().count()


def judge_old_requests(*, process: str, now: datetime) -> int:
    """Judge requests that no judging process has judged within half a minute, and return how many releases there were.

    So if no judging process runs, verdicts are delayed, but none is lost.

    :raises ExceptionGroup: if our own code failed on some releases. All others are judged first.
    """
    number, faults = 0, list[Exception]()
    old = Q(requested_at__lte=now - OLD_AFTER)
    while (claimed := claim_requests(process=process, now=now, among=old)).versions:
        if not number:
            logger.error(
                "releases waited for %d seconds to be judged, so this process judges them: is a worker running that "
                "takes the queue “judge”?",
                OLD_AFTER.total_seconds(),
            )
        faults += judge_claim(claimed, now=lambda: now)
        number += len(claimed.releases)
    _raise(faults)
    return number


def _raise(faults: Iterable[Exception]) -> None:
    if faults := list(faults):
        raise ExceptionGroup(f"our own code failed on {len(faults)} releases", faults)
