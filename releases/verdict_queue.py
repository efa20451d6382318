"""The queue of releases to judge, for offices that judge releases in separate processes.

The queue is a table. For each address, a sweep stores the time up to which every check has a response or has timed out.
So a judging process reaches the same verdict as the sweep would. Judging processes use compare-and-set to claim some
releases at a time. If a process dies, its claims end after some seconds, and another process can judge the releases.
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

# The maximum number of releases that a process claims at a time. A sweep judges as many in one batch. Judging this many
# releases takes a few tenths of a second.
CLAIMED_AT_A_TIME = 200
# Even on a busy machine, a process needs at most this long for the releases that it has claimed. Afterwards, another
# process may claim and judge them. If two processes judge the same release, only one verdict is stored.
CLAIM_DURATION = timedelta(seconds=20)
OLD_AFTER = timedelta(seconds=30)
"""If a request is older, no judging process has claimed it, or the processes that claimed it have died."""
MOST_SECONDS = 600.0
"""A job ends after this time even if there are more requests. So a job that runs longer is stuck."""


def request_verdicts(releases: Collection[Release], *, answered_until: AnsweredUntil, now: datetime) -> None:
    """Request verdicts on releases from the checks that are already stored.

    :param answered_until: the function that returns the time up to which every check of an address has a response or
        has timed out. If another sweep has also requested a verdict for an address, the later of the two times is
        stored, because both are correct.
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
            # Do not update the claim. Do not update `requested_at`, because the release has been waiting since then.
            update_fields=["schedule_version", "answered_until", "version"],
        )


def find_verdicts(releases: Collection[int]) -> list[Verification]:
    """Return the verifications for the current schedules of releases.

    :param releases: the keys of the releases.
    """
    return list(Verification.objects.filter(release__in=releases, schedule_version=F("release__schedule_version")))


def find_open_requests(releases: Collection[int]) -> set[int]:
    """Return the keys of the releases that are still waiting to be judged.

    :param releases: the keys of the releases to check.
    """
    return set(VerdictRequest.objects.filter(release__in=releases).values_list("release_id", flat=True))


@dataclass(frozen=True, slots=True)
class Claim:
    """The requests that this process has claimed, and their releases.

    `versions` maps the key of each address to the version of its request. `answered_until_by_address` maps the same
    keys to `VerdictRequest.answered_until`.
    """

    releases: list[Release]
    versions: Mapping[int, UUID]
    answered_until_by_address: Mapping[int, datetime]

    def answered_until(self, *, now: datetime) -> AnsweredUntil:
        """Return the function `answered_until` for `judge_all`.

        If an address has no request, the function returns the time 15 seconds ago, because checks that were sent before
        that time have timed out.
        """
        return lambda address: self.answered_until_by_address.get(address.pk, now - LONGEST)


def claim_requests(*, process: str, now: datetime, among: Q | None = None) -> Claim:
    """Claim the requests of the releases that have waited longest, except requests that another process has claimed.

    :param among: a condition for the requests to claim. None means all requests.
    """
    free = VerdictRequest.objects.filter(is_unclaimed(CLAIM_DURATION, now=now), among or Q())
    waiting = free.order_by("requested_at", "release_id").values_list("release_id", flat=True)
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
            # If a release was moved or cancelled meanwhile, `judge_without_checks` judges it.
            for release in Release.objects.filter(
                pk__in={row.release_id for row in claimed}, due_at__isnull=False
            ).exclude(status=Status.CANCELLED)
            if (release.pk, release.schedule_version) in versions_of_schedules
        ],
        versions={row.pk: row.version for row in claimed},
        answered_until_by_address={row.pk: row.answered_until for row in claimed},
    )


def judge_claim(claimed: Claim, *, now: Callable[[], datetime]) -> list[Exception]:
    """Judge claimed releases and delete their requests.

    If a request was made again meanwhile, or other processes kept judging the release, the request is kept and its
    claim ends.

    :return: the exceptions that our own code raised for some releases. The other releases are still judged.
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
    """Judge requested releases until there are no more requests, or for up to ten minutes.

    :param process: the unique name of this process. It starts with the name of the machine and a colon.
    :param most: if this many other processes on the machine are judging already, return 0. The job starts every second,
        so without this limit it would occupy all processes of a worker on a busy morning.
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
    """Judge the releases whose requests have been waiting for at least half a minute.

    So if no judging process runs, verdicts are delayed but not lost.

    :return: the number of releases judged.
    :raises ExceptionGroup: if our own code failed on some releases. All others are judged first.
    """
    number, faults = 0, list[Exception]()
    old = Q(requested_at__lte=now - OLD_AFTER)
    while (claimed := claim_requests(process=process, now=now, among=old)).versions:
        if not number:
            logger.error(
                "releases have waited for at least %d seconds to be judged, so this process judges them. Check that a "
                "worker for the queue “judge” is running",
                OLD_AFTER.total_seconds(),
            )
        faults += judge_claim(claimed, now=lambda: now)
        number += len(claimed.releases)
    _raise(faults)
    return number


def _raise(faults: Iterable[Exception]) -> None:
    if faults := list(faults):
        raise ExceptionGroup(f"our own code failed on {len(faults)} releases", faults)
