"""Releases as they are, or were, scheduled: what one verdict is about."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from releases.core.dates.calendar import Precision
from releases.core.limit import limit_at
from releases.core.looks.cadence import GIVE_UP
from releases.core.looks.errand import LONGEST
from releases.core.status import Status
from releases.core.web_address import place_if_any
from releases.models import DateChange, HostLease, Observation, Release, Verification, Watch
from releases.record import leases


@dataclass(frozen=True, slots=True)
class Schedule:
    """One release under one version of its schedule, due at an aware instant."""

    release: Release
    version: int
    due_at: datetime

    @property
    def key(self) -> tuple[int, int]:
        """The release's key and the version."""
        return self.release.pk, self.version


def present(release: Release) -> Schedule:
    """Return a release as it is scheduled now.

    :raises ValueError: if it has no exact date.
    """
    if release.due_at is None:
        message = f"{release.reference} has no exact date, so nothing can be judged."
        raise ValueError(message)
    return Schedule(release, release.schedule_version, release.due_at)


def unobserved(*, now: datetime) -> list[Schedule]:
    """List the watched releases that fell due with nobody looking and have no verdict.

    One whose answers only wait to be read and stored is left to its watcher, which judges it itself.

    :param now: the aware instant of asking; a release is left out until its last look would have timed out.
    """
    looked_at = Observation.objects.plain().filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), sent_at__gte=OuterRef("due_at")
    )
    found = Release.objects.watched(now=now, ahead=-LONGEST, behind=GIVE_UP).filter(
        ~Exists(looked_at), ~_decided(), due_at__gt=F("recorded_at"), addresses__isnull=False
    )
    # Only the keys at first: in the minutes after a due instant these may be thousands whose limit is still to come.
    limits = found.values_list("pk", "due_at", "series__tolerance_seconds").distinct()
    over_by = now - LONGEST
    over = {key for key, at, tolerance in limits if at and limit_at(at, tolerance_seconds=tolerance) <= over_by}
    over -= _in_hand(over, now=now)
    return [present(release) for release in Release.objects.filter(pk__in=over).select_related("series__producer")]


def _in_hand(releases: Collection[int], *, now: datetime) -> set[int]:
    """Return those of some releases, by key, at which a watcher that lives looks, though it has stored nothing yet.

    It holds the host, and the look that is due by the database is one whose answer it has not stored.
    """
    until = now + 2 * leases.DURATION  # beyond that somebody's clock was wrong
    held = set(
        HostLease.objects.filter(until__gt=now, until__lte=until).exclude(holder="").values_list("host", flat=True)
    )
    due = Watch.objects.filter(
        address__release__in=releases,
        schedule_version=F("address__release__schedule_version"),
        next_look_at__lte=now,
    )
    pages = due.values_list("address__release_id", "address__url") if held else ()
    return {release for release, url in pages if place_if_any(url) in held}


def left_unjudged(*, now: datetime) -> list[Schedule]:
    """List the schedules that were left without a verdict although they had fallen due: moved or cancelled since.

    A release that was moved or cancelled before it was due is not among them: it was not to be published then.

    :param now: the aware instant of asking; what was moved more than a week before is not asked about any more.
    """
    return [*_moved(now=now), *_cancelled(now=now)]


def _decided() -> Exists:
    decided = Verification.objects.filter(decided_at__isnull=False, release=OuterRef("pk"))
    return Exists(decided.filter(schedule_version=OuterRef("schedule_version")))


def _moved(*, now: datetime) -> Iterable[Schedule]:
    decided = Verification.objects.filter(
        decided_at__isnull=False, release=OuterRef("release"), schedule_version=OuterRef("schedule_version") - 1
    )
    # Nobody agrees to the change of a date that is not confirmed.
    changes = DateChange.objects.filter(~Exists(decided), agreed_at__gt=now - GIVE_UP, was_precision=Precision.EXACT)
    for change in changes.filter(release__addresses__isnull=False).select_related("release__series").distinct():
        release, due_at = change.release, change.was.due_at
        if due_at is not None and due_at <= change.made_at and _was_watched(release, due_at=due_at):
            yield Schedule(release, change.schedule_version - 1, due_at)


def _cancelled(*, now: datetime) -> Iterable[Schedule]:
    cancelled = Release.objects.filter(
        ~_decided(),
        Q(rehearsal=True) | Q(due_at__gt=F("confirmed_at")),
        status=Status.CANCELLED,
        due_at__gt=now - GIVE_UP,
        due_at__lte=F("cancelled_at"),
        recorded_at__lt=F("due_at"),
        confirmed_at__isnull=False,
        addresses__isnull=False,
    )
    return [present(release) for release in cancelled.select_related("series").distinct()]


def _was_watched(release: Release, *, due_at: datetime) -> bool:
    confirmed_in_time = release.confirmed_at is not None and release.confirmed_at < due_at
    return release.recorded_at < due_at and (release.rehearsal or confirmed_in_time)
