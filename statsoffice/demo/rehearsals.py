"""The rehearsals of the demonstration, which fall due within minutes of its start, and a training on the next day."""

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

# Monitoring needs this long to start and to find a page absent. Releases are due at whole minutes.
AHEAD = timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happens in one rehearsal.

    :ivar minute: the whole minute at which it is due: 1 for the next one.
    :ivar live_after: how long after the due time its page appears; None for never, or with `live_from_start`.
    :ivar live_from_start: how long after the start of the demonstration its page appears, before it is due.
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
    # A check every 15 seconds finds this page early, and another check five seconds later confirms it. So this is the
    # first release with a verdict, however far away the next whole minute is.
    Rehearsal("live-early", "House sales by region: today", 3, live_from_start=timedelta(seconds=25)),
)
# `minute` is not used, because the training is due on the next working day.
TRAINING = Rehearsal("training", "Release morning for new colleagues", 0, timedelta(seconds=2))


def record_rehearsals(*, now: datetime, site: RehearsalSite) -> list[Release]:
    """Record rehearsals that are due in the coming minutes, with their pages.

    Two of them are due at the next whole minute that is at least `AHEAD` away: within 72 seconds.
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
    """Plan a training for two people on the afternoon of the next working day, with a page that is live on time."""
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
