"""What anyone may read of the release calendar: announced facts, and nothing of looks, verdicts or addresses."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Case, Prefetch, Q, QuerySet, Value, When

from releases import london
from releases.calendar import Precision
from releases.judgement import LIVE_AT_LAST
from releases.models import Address, DateChange, Release, Verification
from releases.status import Status


class Shown(StrEnum):
    """Which releases of a month the calendar shows."""

    ALL = "all"
    UPCOMING = "upcoming"
    PUBLISHED = "published"


class PublicStatus(StrEnum):
    """What the calendar says of a release; "postponed" is derived and never stored."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the calendar; its first day names it."""

    first: date

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(date(self.first.year + self.first.month // 12, self.first.month % 12 + 1, 1))

    @property
    def previous(self) -> "Month":
        """The month before."""
        years, months = divmod(self.first.year * 12 + self.first.month - 2, 12)
        return Month(date(years, months + 1, 1))


def announced() -> QuerySet[Release]:
    """Return announced releases with what their public page and the calendar say of them."""
    changes = DateChange.objects.filter(announced_at__isnull=False).order_by("schedule_version")
    return (
        Release.objects.public()
        .select_related("series__producer", "series__responsible")
        .prefetch_related(Prefetch("date_changes", queryset=changes, to_attr="announced_changes"))
    )


def in_month(month: Month, *, show: Shown, now: datetime) -> QuerySet[Release]:
    """Return the announced releases of a month in the order of their dates, the vague ones last.

    One announced for two months is in both of them. A release is upcoming until its day is over in London.

    :param now: the aware instant that parts what is upcoming from what is past.
    """
    after = month.next.first
    found = announced().filter(
        Q(planned_on__gte=month.first, planned_on__lt=after)
        | Q(precision=Precision.TWO_MONTHS, planned_on__gte=month.previous.first, planned_on__lt=month.first)
    )
    if show is Shown.UPCOMING:
        today = london.local_date(now)
        still = Q(planned_on__gte=today) | ~Q(precision=Precision.EXACT)
        found = found.filter(still, status__in=[Status.PROVISIONAL, Status.CONFIRMED])
    if show is Shown.PUBLISHED:
        found = found.filter(status=Status.PUBLISHED)
    vague_last = Case(When(precision=Precision.EXACT, then=Value(0)), default=Value(1))
    return found.order_by(vague_last, "planned_on", "planned_at", "title", "pk")


def neighbours(month: Month) -> tuple[Month | None, Month | None]:
    """Return the nearest months before and after one for which anything is announced."""
    dates = Release.objects.public().values_list("planned_on", flat=True)
    before = dates.filter(planned_on__lt=month.first).order_by("-planned_on").first()
    after = dates.filter(planned_on__gte=month.next.first).order_by("planned_on").first()
    return (
        Month(before.replace(day=1)) if before else None,
        Month(after.replace(day=1)) if after else None,
    )


def status_of(release: Release) -> PublicStatus:
    """Say what the calendar calls a release that `announced` returned.

    "Postponed" is a confirmed release whose last announced change moved it from one exact date to a later one.
    """
    changes: list[DateChange] = release.announced_changes  # type: ignore[attr-defined]  # of the prefetch
    last = changes[-1] if changes else None
    if release.status == Status.CONFIRMED and last and last.was_precision == last.to_precision == Precision.EXACT:
        was, to = last.was.due_at, last.to.due_at
        if was and to and to > was:
            return PublicStatus.POSTPONED
    return PublicStatus(release.status)


def page_of(release: Release, *, now: datetime) -> str:
    """Return the address of a release's page once anyone may know it: when it is due and live; else nothing.

    A statement of a person that it was published counts as well as a look that saw it live since it was due.
    """
    if release.due_at is None or now < release.due_at or release.status == Status.CANCELLED:
        return ""
    page = release.addresses.filter(role=Address.Role.PAGE, url__startswith="http").first()
    if page is None:
        return ""
    return page.url if release.status == Status.PUBLISHED or _seen_live(release, page) else ""


def _seen_live(release: Release, page: Address) -> bool:
    verification = Verification.objects.filter(release=release, schedule_version=release.schedule_version).first()
    kept = verification.addresses if verification else []
    return any(row["address"] == page.pk and row["from_due"] in LIVE_AT_LAST for row in kept)
