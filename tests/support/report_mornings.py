"""Release mornings as the stored record holds them: checks stored as evidence, judged by the real rules, drafted."""

from datetime import timedelta

from breaches import drafting
from breaches.models import Report
from releases import corrections, judge, scheduling
from releases.detection.finding import CheckOutcome
from releases.models import Coverage, MonitoringRowRecord, Observation, Series
from releases.models.observation import Purpose
from releases.rules.canonical import sha256_hex
from releases.scheduling import PlannedAddress
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.report_evidence import london

NOT_LIVE, LIVE = CheckOutcome.NOT_LIVE, CheckOutcome.LIVE
MONITORED = tuple((f"09:3{seconds // 60}:{seconds % 60:02}", NOT_LIVE) for seconds in range(0, 121, 10))
"""No two checks up to the limit are further apart than is allowed of a window that was monitored."""
NOT_SEEN_MORNING = (("09:29:55", NOT_LIVE), *MONITORED)
SEED_MORNING = (
    *NOT_SEEN_MORNING,
    ("10:26:55", NOT_LIVE),
    ("10:27", LIVE),
)
EARLY_MORNING = (
    ("09:00", NOT_LIVE),
    ("09:10", LIVE),
    ("09:11", LIVE),
    ("09:30", LIVE),
    ("09:32", LIVE),
)

LATE_PART = "Welsh page: between 17 minutes and 22 minutes 5 seconds after the English page"
"""What lists say of the report that `create_draft_about_a_part` makes."""


def record_checks(release, *seen, address=None, day=None, text="", replayed=False, vantage=""):
    """Store checks of an address (the page by default), each as (London clock, result), and judge after the last.

    With the name of a further vantage point, the checks are its checks.
    """
    address = address or release.addresses.get(role="page")
    day = day or f"{release.planned_on:%Y-%m-%d}"
    rows = []
    for clock, result in seen:
        at = london(clock, day)
        rows.append(
            Observation(
                release=release,
                address=address,
                url=address.url,
                schedule_version=release.schedule_version,
                replayed=replayed,
                planned_at=at,
                sent_at=at,
                completed_at=at,
                recorded_at=at,
                result=result,
                reasons=["not_found"] if result == NOT_LIVE else ["marker_in_title"],
                adapter="page",
                text_digest=sha256_hex(text.encode()) if text else "",
                watcher="test",
                clock_bound_seconds=0.0,
                purpose=Purpose.VANTAGE if vantage else Purpose.PLAIN,
                vantage=vantage,
            )
        )
    Observation.append(rows)
    return judge.judge_one(release, now=rows[-1].completed_at + timedelta(seconds=1))


def record_coverage(release, start="09:00", end="11:00"):
    """Record that a monitoring process was alive through a release's morning."""
    day = f"{release.planned_on:%Y-%m-%d}"
    ended_at = london(end, day)
    began_at = london(start, day)
    row = Coverage.objects.create(watcher="test", began_at=began_at, ended_at=ended_at, recorded_until=ended_at)
    MonitoringRowRecord.record({Coverage: [row.pk]})


def create_late_release(**fields):
    """The seed's release: due at 9:30am on 30 June 2020, first seen live at 10:27am."""
    release = ReleaseFactory(confirmed=True, **fields)
    record_coverage(release)
    record_checks(release, *SEED_MORNING)
    return release


def create_draft(*, series: Series | None = None, producer=None, at="10:27:02", **fields) -> Report:
    """The report that the machine drafts of the seed's late release."""
    if series is None and producer is not None:
        series = SeriesFactory(producer=producer)
    release = create_late_release(series=series or SeriesFactory(), **fields)
    drafted = drafting.draft_missing(now=london(at))
    return next(report for report in drafted if report.suspicions.filter(release=release).exists())


def create_draft_about_a_part(producer) -> Report:
    """The draft about an incomplete release: its English page was live at 9:30am, and its Welsh page after 9:47am.

    The Welsh page may follow until 9:45am, and the tolerance is 2 minutes.
    """
    release = ReleaseFactory(confirmed=True, series__producer=producer, reference="in-parts")
    english = release.addresses.get()
    named = PlannedAddress(english.url, marker=english.marker, part="english_page")
    english = corrections.change_address(english, named, by=None, at=release.recorded_at)
    welsh = scheduling.add_address(
        release,
        PlannedAddress(f"{english.url}/cy", marker="Mawrth 2020", part="welsh_page", may_follow_minutes=15),
        at=release.recorded_at,
    )
    record_coverage(release)
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:30", LIVE), address=english)
    missing = [(f"09:{30 + seconds // 60}:{seconds % 60:02}", NOT_LIVE) for seconds in range(0, 1021, 30)]
    record_checks(release, *missing, ("09:52", LIVE), address=welsh)
    (report,) = drafting.draft_missing(now=london("09:52:05"))
    return report
