"""The loader of the demonstration, which records everything in the order in which an office would record it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from releases import morning_summary
from releases.models import Release
from releases.models.event import batch_events
from releases.rules import calendar
from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, from_london
from statsoffice.demo import access, history, office, policy, rehearsals, reports, year_ahead
from statsoffice.demo.office import find_working_day
from statsoffice.fake_publisher.client import RehearsalSite

# The time from the due time of a release morning until the end of the morning. By then, all decisions in the stories of
# the last morning are made.
MORNING_TAKES = timedelta(hours=1, minutes=15)
# The series and edition of the release for which a person stated when it was live.
ANSWERED = ("air-quality", -5)
# The series and edition of the release in which an error was found after publication.
CORRECTED = ("house-sales", -2)


def load_demo(*, now: datetime, site: RehearsalSite) -> None:
    """Load the offices and the releases of their past and coming year. Do nothing if there are releases already."""
    if Release.objects.exists():
        return
    last_morning = find_last_morning(now)
    with transaction.atomic():
        with batch_events():
            office.set_up_offices()
        with office.remember_people():
            _load_past_and_year(now=now, last_morning=last_morning, site=site)


def _load_past_and_year(*, now: datetime, last_morning: datetime, site: RehearsalSite) -> None:
    with batch_events():
        past = history.record_past(today=calendar.local_date(now), last_morning=last_morning, site=site)
        access.record_past_access([one.release for one in past])
        year_ahead.record_year_ahead(now=now, last_morning=last_morning, site=site)
        access.grant_upcoming_access(now=now)
        year_ahead.change_three_releases(now=now, last_morning=last_morning)
    history.replay(past, now=last_morning + MORNING_TAKES, write_up=reports.write_up)
    reports.answer_for_unreachable_site(_find_release(past, ANSWERED))
    reports.record_demo_correction(_find_release(past, CORRECTED))
    morning_summary.record_missing_summaries(now=last_morning + MORNING_TAKES)
    year_ahead.request_checks(now=now)
    policy.write_policy(now=now)
    rehearsals.plan_demo_training(now=now, site=site)


def _find_release(past: Sequence[history.PastRelease], edition: tuple[str, int]) -> Release:
    (key,) = [one.release.pk for one in past if one.story is history.STORIES[edition]]
    return Release.objects.select_related("series__producer").get(pk=key)


def find_last_morning(now: datetime) -> datetime:
    """Return the due time of the last release morning that is over. It is 9:30am in London on a working day."""
    day = calendar.local_date(now)
    due_at = from_london(datetime.combine(day, STANDARD_RELEASE_TIME))
    if due_at + MORNING_TAKES > now:
        day -= timedelta(days=1)
    day = find_working_day(day, Nation.ENGLAND, step=-1)
    return from_london(datetime.combine(day, STANDARD_RELEASE_TIME))
