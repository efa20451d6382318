"""The rehearsals that are due within minutes of the start of the demonstration, and a training on the next day."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from releases import scheduling, trainings
from releases.models import Release, Series
from releases.rules import calendar
from releases.rules.calendar import Nation, from_london, slot_at
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice.demo.office import REHEARSALS, find_user, find_working_day
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, Scenes
from statsoffice.fake_publisher.scenes import scene

# The time that monitoring needs to start and to find that a page is not live.
AHEAD = timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happens in one rehearsal.

    :ivar minute: the number of the whole minute at which the rehearsal is due. 1 is the next whole minute that is at
        least `AHEAD` away.
    :ivar live_after: the time from the due time until the page appears. None if the page never appears or
        `live_from_start` is set.
    :ivar live_from_start: the time from the start of the demonstration until the page appears, if the page appears
        before the rehearsal is due.
    """

    slug: str
    title: str
    minute: int
    live_after: timedelta | None = None
    live_from_start: timedelta | None = None
    is_announced: bool = True

    def live_at(self, *, due_at: datetime, start: datetime) -> datetime | None:
        if self.live_from_start is not None:
            return start + self.live_from_start
        return None if self.live_after is None else due_at + self.live_after


LIVE = (
    Rehearsal("live-on-time", "Labour market overview: today", 1, timedelta(seconds=2)),
    Rehearsal("live-late", "School inspections: today", 1, timedelta(seconds=40)),
    Rehearsal("live-soft-404", "Punctuality of rail services: today", 2, is_announced=False),
    # This page is checked every 15 seconds. A check finds that the page is live early, and another check five seconds
    # later confirms the result. So this release gets a verdict soon, even if the next whole minute is far away.
    Rehearsal("live-early", "House sales by region: today", 3, live_from_start=timedelta(seconds=25)),
)
# `minute` is not used, because the training is due on the next working day.
TRAINING = Rehearsal("training", "Release morning for new colleagues", 0, timedelta(seconds=2))


def record_rehearsals(*, now: datetime, site: RehearsalSite) -> list[Release]:
    """Record rehearsals that are due in the coming minutes, and publish their pages.

    Two of the rehearsals are due at the next whole minute that is at least `AHEAD` away, which is at most 72 seconds
    after `now`.
    """
    first = (now + AHEAD).replace(second=0, microsecond=0) + timedelta(minutes=1)
    published: dict[str, Scenes] = {}
    releases = []
    for rehearsal in LIVE:
        due_at = first + timedelta(minutes=rehearsal.minute - 1)
        reference = f"rehearsal-{rehearsal.slug}-{now:%Y%m%d-%H%M%S}"
        path = f"/rehearsals/{reference}"
        title = f"{rehearsal.title} ({calendar.format_day(due_at)})"
        published[path] = _write_page(rehearsal, title, due_at=due_at, start=now)
        releases.append(_record(reference, title, due_at=due_at, at=now, url=site.url(path)))
    site.publish_all(published)
    return releases


def plan_demo_training(*, now: datetime, site: RehearsalSite) -> None:
    """Plan a training for two people at 2pm London time on the next working day, with a page that is live on time."""
    day = find_working_day(calendar.local_date(now) + timedelta(days=1), Nation.ENGLAND)
    due_at = from_london(datetime.combine(day, time(14)))
    title = f"Invented figures ({calendar.format_day(due_at)})"
    path = f"/rehearsals/training-{day:%Y-%m-%d}"
    site.publish_all({path: _write_page(TRAINING, title, due_at=due_at, start=now)})
    trainings.plan_training(
        Series.objects.select_related("producer").get(slug=REHEARSALS),
        title=TRAINING.title,
        participants=[find_user(Role.STATISTICIAN), find_user(Role.PUBLISHING_TEAM)],
        due_at=due_at,
        url=site.url(path),
        marker=calendar.format_day(due_at),
        by=find_user(Role.CALENDAR_MANAGER),
        at=now,
    )


def _write_page(rehearsal: Rehearsal, title: str, *, due_at: datetime, start: datetime) -> Scenes:
    soon = pages.coming_soon_page(title, expected=calendar.format_moment(due_at))
    scenes = [scene(soon if rehearsal.is_announced else pages.not_found_page())]
    if live_at := rehearsal.live_at(due_at=due_at, start=start):
        scenes.append(scene(pages.release_page(title, published=calendar.format_day(due_at)), starts=live_at))
    return scenes


def _record(reference: str, title: str, *, due_at: datetime, at: datetime, url: str) -> Release:
    release = scheduling.record_release(
        Series.objects.get(slug=REHEARSALS),
        reference=reference,
        title=title,
        slot=slot_at(due_at),
        at=at,
        rehearsal=True,
        addresses=(PlannedAddress(url=url, marker=calendar.format_day(due_at)),),
    )
    return scheduling.confirm_release(release, by=None, at=at)
