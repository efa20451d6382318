"""An office of many producers with a full calendar: the releases of nine past years and of the next year.

Checks, verdicts, suspicions and drafts are made by the product's own functions, so the rows are as in production.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import batched

from django.db import connection
from simple_history.utils import bulk_create_with_history

from breaches import drafting
from breaches.models import Report
from breaches.rules.lifecycle import DismissalReason, ReportStatus
from releases import judge as releases_judge
from releases.detection.finding import CheckOutcome, Reason
from releases.models import Address, CheckSchedule, Contact, Membership, Observation, Producer, Release, Series
from releases.rules import calendar
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role, Status
from statsoffice.accounts.models import User

PRODUCERS, SERIES = 50, 1_000
PAST, TO_COME = timedelta(days=9 * 365), timedelta(days=365)
# Releases of the last weeks have messages and reminders to send. Without them, a larger calendar has only more rows,
# and not more work.
PAST_ENDS = timedelta(days=60)
AT_A_TIME = 2_000
LONG_BEFORE = timedelta(days=90)
MARKER = "this edition"


@dataclass(frozen=True, slots=True)
class Office:
    """The series of all producers, and the person who is Head of Profession of all of them."""

    series: Sequence[Series]
    head: User


def found(*, producers: int = PRODUCERS, series: int = SERIES) -> Office:
    """Record the producers with their contacts and series, and the Head of Profession."""
    head = User.objects.create(name="Ada Hill", email="ada.hill@example.gov.uk")
    created = Producer.objects.bulk_create(
        Producer(name=f"Office for Invented Numbers {number}", slug=f"office-{number}") for number in range(producers)
    )
    Membership.objects.bulk_create(
        Membership(user=head, producer=producer, role=Role.HEAD_OF_PROFESSION) for producer in created
    )
    contacts = Contact.objects.bulk_create(
        Contact(producer=producer, name="Ada Hill", email=head.email, user=head) for producer in created
    )
    new = [
        Series(
            producer=created[number % producers],
            title=f"Pupil absence in schools, part {number}",
            slug=f"absence-{number}",
            responsible=contacts[number % producers],
            head_of_profession=contacts[number % producers],
        )
        for number in range(series)
    ]
    return Office(series=bulk_create_with_history(new, Series), head=head)


def fill(office: Office, *, releases: int, late: int, now: datetime, decided: bool = True) -> None:
    """Add releases spread evenly over nine past years, without the last weeks, and over the next year.

    Of the past ones, `late` were late.

    At the end the database collects the statistics that it would collect automatically.

    :param decided: whether nearly all reports on the late releases are decided. The decisions have no events.
    """
    past = releases * 9 // 10
    every = max(1, past // late) if late else 0
    for numbers in batched(range(past), AT_A_TIME):
        dues = [_weekday(now - PAST + (PAST - PAST_ENDS) * number / past) for number in numbers]
        added = announce(office, dues)
        judge(
            [one for number, one in zip(numbers, added, strict=True) if not (every and number % every == 0)],
            live_after=timedelta(seconds=20),
        )
        judge(
            [one for number, one in zip(numbers, added, strict=True) if every and number % every == 0],
            live_after=timedelta(minutes=30),
        )
        drafting.draft_missing(now=max(dues) + timedelta(hours=1))
        if decided:
            _decide()
    to_come = releases - past
    for numbers in batched(range(to_come), AT_A_TIME):
        announce(office, [_weekday(now + timedelta(days=2) + TO_COME * number / to_come) for number in numbers])
    tidy_tables()


def tidy_tables() -> None:
    """Collect statistics and vacuum the tables. A database in use does this automatically.

    Until a table of PostgreSQL is vacuumed, queries read its rows even if an index has all the columns that they need.
    VACUUM cannot run in a transaction.
    """
    can_vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if can_vacuum else "ANALYZE")


def announce(office: Office, dues: Sequence[datetime]) -> list[Address]:
    """Add one confirmed, announced release for each aware instant, and return their pages."""
    begun = Release.objects.count()
    releases = Release.objects.bulk_create(
        Release(
            series=office.series[(begun + number) % len(office.series)],
            reference=f"absence-{begun + number}",
            title=f"Pupil absence in schools, edition {begun + number}",
            status=Status.CONFIRMED,
            planned_on=calendar.local_date(due_at),
            planned_at=due_at.astimezone(calendar.LONDON).time(),
            due_at=due_at,
            recorded_at=due_at - LONG_BEFORE,
            announced_at=due_at - LONG_BEFORE,
            confirmed_at=due_at - LONG_BEFORE,
        )
        for number, due_at in enumerate(dues)
    )
    return Address.objects.bulk_create(
        Address(
            release=release,
            url=f"https://www.example.gov.uk/statistics/{release.reference}",
            marker=MARKER,
            added_at=release.recorded_at,
        )
        for release in releases
    )


def judge(pages: Sequence[Address], *, live_after: timedelta | None) -> None:
    """Store the checks of releases from before the due time up to their limit, and judge them.

    :param live_after: how long after the due time they were found live; None if never.
    """
    Observation.append([check for page in pages for check in build_checks(page, live_after)])
    # In production this row remains when monitoring of the release has ended.
    CheckSchedule.objects.bulk_create(CheckSchedule(address=page, schedule_version=1) for page in pages)
    for some in batched(pages, 500):
        now = max(map(_due_at, some)) + (live_after or timedelta(0)) + timedelta(minutes=5)
        _, faults = releases_judge.judge_all([page.release for page in some], now=now)
        assert not faults, faults


def build_checks(page: Address, live_after: timedelta | None) -> Iterator[Observation]:
    due_at, limit = _due_at(page), timedelta(seconds=page.release.series.tolerance_seconds)
    yield _build_check(page, due_at - timedelta(seconds=5), CheckOutcome.NOT_LIVE)
    if live_after is None or live_after > limit:
        for seconds in range(0, int(limit.total_seconds()), 10):
            yield _build_check(page, due_at + timedelta(seconds=seconds), CheckOutcome.NOT_LIVE)
        yield _build_check(page, due_at + limit, CheckOutcome.NOT_LIVE)
    if live_after is not None:
        yield _build_check(page, due_at + live_after, CheckOutcome.LIVE)


def _due_at(page: Address) -> datetime:
    assert page.release.due_at is not None
    return page.release.due_at


def _build_check(page: Address, at: datetime, result: CheckOutcome) -> Observation:
    return Observation(
        release=page.release,
        address=page,
        url=page.url,
        schedule_version=1,
        planned_at=at,
        sent_at=at,
        completed_at=at + timedelta(seconds=0.2),
        recorded_at=at + timedelta(seconds=0.2),
        result=result,
        reasons=[Reason.MARKER_IN_TITLE if result is CheckOutcome.LIVE else Reason.NOT_FOUND],
        adapter="page",
        status=200 if result is CheckOutcome.LIVE else 404,
        text_digest=sha256_hex(page.url.encode()) if result is CheckOutcome.LIVE else "",
        watcher="benchmark",
        clock_bound_seconds=0.0,
    )


def _decide() -> None:
    """Decide all reports except every fiftieth one: most are sent, without a dispatch, and every tenth is dismissed."""
    left = list(Report.objects.undecided().order_by("pk").values_list("pk", "drafted_at"))
    decided = [Report(pk=key, status=ReportStatus.SENT, decided_at=at) for key, at in left if key % 50]
    for report in decided[::10]:
        report.status, report.decision_reason = ReportStatus.DISMISSED, next(iter(DismissalReason))
    Report.objects.bulk_update(decided, ["status", "decided_at", "decision_reason"], batch_size=500)


def _weekday(instant: datetime) -> datetime:
    """Return 9:30am in London on the day of an instant, or on the Monday after a weekend."""
    on = calendar.local_date(instant)
    on += timedelta(days=max(0, 7 - on.weekday()) if on.weekday() > 4 else 0)
    return calendar.from_london(datetime.combine(on, time(9, 30)))
