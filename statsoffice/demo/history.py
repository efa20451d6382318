"""The past year of the demonstration: its releases, the checks of their pages, and their verdicts.

The results are not invented. The pages follow scripts, as on the practice site. The checks are planned, examined,
stored and judged by the same code as real checks, with the times of the past (decision 91). The checks are marked as
replayed.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from django.conf import settings

from breaches import drafting
from breaches.models import Report
from releases import judge, scheduling
from releases.detection.finding import CheckOutcome, Finding
from releases.evidence.store import CheckResult, store_checks
from releases.models import Address, CheckSchedule, Release, Series
from releases.monitoring.targets import Target, load_targets
from releases.probe.adapters import get_adapter
from releases.probe.probe import finding_key
from releases.rules.calendar import (
    STANDARD_RELEASE_TIME,
    Nation,
    Slot,
    format_day,
    format_moment,
    from_london,
    local_date,
)
from releases.rules.clock_error import SCRIPTED, bound_seconds_of_check
from releases.rules.lifecycle import Role, Status
from releases.rules.parts import Part
from releases.rules.response import Answer, Hop
from releases.scheduling import PlannedAddress
from statsoffice.demo.entries import Entry, record_entries
from statsoffice.demo.office import SERIES, Edition, Every, edition_of, find_user, find_working_day
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, Scenes
from statsoffice.fake_publisher.scenes import Script, in_force, read_script, scene

RECORDED_BEFORE = timedelta(days=150)
CONFIRMED_BEFORE = timedelta(days=42)
EDITIONS = {Every.WEEK: 12, Every.MONTH: 12, Every.QUARTER: 4}
PROCESS = "replay"
WELSH_FOLLOWS_MINUTES = 15
TABLES = "area,year_before,this_year\nNorth,48.1,47.6\nMidlands,51.9,52.4\nSouth,50.3,50.8\n"

# A function that writes the reports of a story. Its arguments are the name of the story, the drafts, and the due time.
type WriteUp = Callable[[str, Sequence[Report], datetime], None]

# Checks begin this long before the due time, and end when the release is found live.
BEGINS_BEFORE = timedelta(seconds=20)
BEGINS_BEFORE_EARLY = timedelta(minutes=3)
# The shortest interval between checks. It is longer than usual, as for a host that publishes many pages at once.
CLOSEST = timedelta(seconds=5)
ANSWERED_WITHIN = timedelta(milliseconds=140)
JUDGED_WITHIN = timedelta(seconds=1)
RECENT = timedelta(days=20)
ENOUGH_TO_BE_EARLY = 2


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one past release.

    :ivar live_after: the time from the due time until the page appeared. It is negative for an early release.
    :ivar file_after: the time from the due time until the file of tables appeared. None if there is no file.
    :ivar welsh_after: the time from the due time until the Welsh page appeared. None if there is no Welsh page. The
        Welsh page may be published later than the page and the file. If there is a Welsh page, the page and the file
        are named parts.
    :ivar unreachable_until: the time from the due time until the site was available again. The site was unavailable
        from shortly before the due time. None if the site was always available.
    :ivar report: the name of the story of the breach report, or "" if there was no breach.
    """

    live_after: timedelta = timedelta(0)
    file_after: timedelta | None = None
    welsh_after: timedelta | None = None
    unreachable_until: timedelta | None = None
    report: str = ""


ON_TIME = Story()


def _late(report: str, *, minutes: float) -> Story:
    return Story(timedelta(minutes=minutes), report=report)


def _near_miss(seconds: int) -> Story:
    return Story(timedelta(seconds=seconds))


# The stories, keyed by series and edition number. Edition 0 is the edition at the anchor of the series (`edition_of`).
STORIES: Mapping[tuple[str, int], Story] = {
    ("road-fuel-prices", 0): _late("draft", minutes=14),
    ("labour-overview", 0): _near_miss(38),
    ("apprenticeships", 0): Story(unreachable_until=timedelta(minutes=4)),
    ("road-fuel-prices", -1): Story(timedelta(minutes=-10), report="with_hop"),
    ("rail-punctuality", 0): _late("approved", minutes=26),
    ("road-fuel-prices", -2): _late("returned", minutes=6),
    ("road-fuel-prices", -3): _near_miss(11),
    ("road-fuel-prices", -4): _late("recorded", minutes=3),
    ("labour-overview", -1): Story(file_after=timedelta(minutes=22), report="sent"),
    ("house-sales", 0): Story(file_after=timedelta(0), welsh_after=timedelta(minutes=4)),
    ("house-sales", -2): _near_miss(71),
    ("school-inspections", -2): _late("answered", minutes=57),
    ("rail-punctuality", -2): _near_miss(24),
    ("air-quality", -3): _late("closed", minutes=13),
    ("labour-overview", -3): _late("joined", minutes=18),
    ("apprenticeships", -1): _late("joined", minutes=18),
    ("house-sales", -3): _late("joined", minutes=18),
    ("house-sales", -4): _late("public", minutes=102),
    ("rail-punctuality", -4): _late("dismissed", minutes=2.6),
    ("ferry-passengers", -2): _late("withdrawn", minutes=33),
    ("air-quality", -5): Story(unreachable_until=timedelta(minutes=7)),
    ("school-inspections", -5): _near_miss(95),
    ("labour-overview", -6): _late("parted", minutes=5),
    ("apprenticeships", -2): _late("parted", minutes=9),
}
# The editions that were cancelled in good time, and the reasons.
CANCELLED: Mapping[tuple[str, int], str] = {
    ("school-inspections", -7): "The inspections of that month were not completed in time.",
}
MOVED: Mapping[tuple[str, int], tuple[int, str]] = {
    ("ferry-passengers", 0): (7, "Two ports sent their figures late, and they could not be checked in time."),
    ("labour-overview", -8): (1, "An error in the weighting was found, and the tables are being produced again."),
    ("rail-punctuality", -6): (7, "The figures of one operator have to be corrected."),
    ("air-quality", -7): (14, "The instruments of three stations are being calibrated."),
    ("house-sales", -9): (2, "The date is moved so that it does not coincide with related statistics."),
}


@dataclass(slots=True)
class PastRelease:
    """A past release and its story. `scripts` maps the URL of each address to the script of the page."""

    release: Release
    due_at: datetime
    story: Story
    scripts: dict[str, Script]


def record_past(*, today: date, last_morning: datetime, site: RehearsalSite) -> list[PastRelease]:
    """Record the releases of the past year as they were before their due times, and publish their pages.

    :param last_morning: the due time of the last release morning.
    :return: the releases that were not cancelled, sorted by due time.
    """
    found = list(_past_editions(today=today, last_morning=last_morning))
    releases = record_entries([_write_entry(one, site=site) for one in found])
    site.publish_all({path: scenes for one in found for path, scenes in one.pages.items()})
    past = []
    for one, recorded in zip(found, releases, strict=True):
        release = _change_before_due(one, recorded)
        if release.status == Status.CONFIRMED:
            scripts = {site.url(path): read_script(path, scenes) for path, scenes in one.pages.items()}
            past.append(PastRelease(release, one.due_at, one.story, scripts))
    return sorted(past, key=lambda one: (one.due_at, one.release.pk))


@dataclass(frozen=True, slots=True)
class PastEdition:
    """An edition of the past year and its story. `pages` maps the path of each page to the script of the page."""

    series: Series
    number: int
    edition: Edition
    due_at: datetime
    story: Story
    pages: Mapping[str, Scenes]

    @property
    def days_moved(self) -> int:
        return MOVED.get((self.series.slug, self.number), (0, ""))[0]


def _past_editions(*, today: date, last_morning: datetime) -> Iterator[PastEdition]:
    last_day = local_date(last_morning)
    of_slug = {series.slug: series for series in Series.objects.select_related("producer")}
    for demo_series in SERIES:
        series = of_slug[demo_series.slug]
        nation = Nation(series.producer.nation)
        for number in range(1 - EDITIONS[demo_series.every], 1):
            edition = edition_of(demo_series, number, today=today, last_morning=last_day, nation=nation)
            if edition.on <= last_day:
                story = STORIES.get((series.slug, number), ON_TIME)
                due_at = from_london(datetime.combine(edition.on, STANDARD_RELEASE_TIME))
                written = _write_pages(series, edition, story, due_at=due_at)
                yield PastEdition(series, number, edition, due_at, story, written)


def path_of(series: Series, edition: Edition) -> str:
    return f"/{series.slug}/{edition.on:%Y-%m-%d}"


def title_of(series: Series, edition: Edition) -> str:
    return f"{series.title}: {edition.period}"


def welsh_title_of(edition: Edition) -> str:
    """Return the Welsh title for the series "House sales by region", the only series with a Welsh page."""
    return f"Gwerthiant tai yn ôl rhanbarth: {edition.period}"


def reference_of(series: Series, edition: Edition) -> str:
    return f"{series.slug}-{edition.on:%Y-%m-%d}"


def _write_pages(series: Series, edition: Edition, story: Story, *, due_at: datetime) -> dict[str, Scenes]:
    """Return the scripts of a release's page, and of its file and its Welsh page if there are any, keyed by path."""
    title = title_of(series, edition)
    soon = pages.coming_soon_page(title, expected=format_moment(due_at))
    live = pages.release_page(title, published=format_day(due_at))
    script = [scene(soon), scene(live, starts=due_at + story.live_after)]
    if story.unreachable_until is not None:
        script = [
            scene(soon),
            scene("Service unavailable", status=503, starts=due_at - BEGINS_BEFORE / 2),
            scene(live, starts=due_at + story.unreachable_until),
        ]
    written: dict[str, Scenes] = {path_of(series, edition): script}
    if story.file_after is not None:
        tables = scene(TABLES, starts=due_at + story.file_after, content_type="text/csv")
        written[f"{path_of(series, edition)}/tables.csv"] = [scene(pages.not_found_page(), status=404), tables]
    if story.welsh_after is not None:
        welsh = pages.release_page(welsh_title_of(edition), published=format_day(due_at))
        appears = scene(welsh, starts=due_at + story.welsh_after)
        written[f"/cy{path_of(series, edition)}"] = [scene(pages.not_found_page(), status=404), appears]
    return written


def _write_entry(past: PastEdition, *, site: RehearsalSite) -> Entry:
    planned = past.edition.on
    if past.days_moved:
        nation = Nation(past.series.producer.nation)
        planned = find_working_day(planned - timedelta(days=past.days_moved), nation, step=-1)
    return Entry(
        past.series,
        reference=reference_of(past.series, past.edition),
        title=title_of(past.series, past.edition),
        slot=Slot(on=planned, at=STANDARD_RELEASE_TIME),
        recorded_at=past.due_at - RECORDED_BEFORE,
        confirmed_at=past.due_at - CONFIRMED_BEFORE,
        addresses=tuple(_plan_addresses(past, site=site)),
        welsh_title="" if past.story.welsh_after is None else welsh_title_of(past.edition),
    )


def _plan_addresses(past: PastEdition, *, site: RehearsalSite) -> Iterator[PlannedAddress]:
    is_set = past.story.welsh_after is not None
    page, *others = past.pages
    yield PlannedAddress(site.url(page), marker=past.edition.period, part=Part.ENGLISH_PAGE if is_set else "")
    for path in others:
        if path.startswith("/cy/"):
            yield PlannedAddress(
                site.url(path),
                marker=past.edition.period,
                part=Part.WELSH_PAGE,
                may_follow_minutes=WELSH_FOLLOWS_MINUTES,
            )
        else:
            yield PlannedAddress(site.url(path), role=Address.Role.ATTACHMENT, part=Part.TABLES if is_set else "")


def _change_before_due(past: PastEdition, release: Release) -> Release:
    """Cancel or move a release in good time, if its edition is in `CANCELLED` or `MOVED`."""
    edition, head = (past.series.slug, past.number), find_user(Role.HEAD_OF_PROFESSION)
    if edition in CANCELLED:
        at = _working_time_before(past.due_at, days=15)
        return scheduling.cancel_release(release, reason=CANCELLED[edition], by=head, at=at)
    if edition in MOVED:
        days, reason = MOVED[edition]
        to = Slot(on=past.edition.on, at=STANDARD_RELEASE_TIME)
        at = _working_time_before(past.due_at, days=days + 9)
        return scheduling.change_date(release, to=to, reason=reason, by=head, at=at)
    return release


def _working_time_before(due_at: datetime, *, days: int) -> datetime:
    """Return 11:10am London time on a working day that is at least this many days before a release."""
    day = find_working_day(local_date(due_at) - timedelta(days=days), Nation.ENGLAND, step=-1)
    return from_london(datetime.combine(day, time(11, 10)))


def replay(past: Sequence[PastRelease], *, now: datetime, write_up: WriteUp) -> None:
    """Make and judge the checks of past releases, and draft the reports of their breaches.

    Mornings with breaches are replayed one by one. The releases of all other mornings are judged together.

    :param now: the aware instant at which the releases of the other mornings are judged.
    :param write_up: called for each story of a morning with breaches, after the morning is replayed.
    """
    found = Address.objects.filter(release__in=[one.release.pk for one in past])
    targets = load_targets(found.select_related("release__series__producer").order_by("release_id", "pk"))
    of_release = {key: list(some) for key, some in groupby(targets, lambda target: target.address.release_id)}
    findings: dict[Hashable, Finding] = {}
    checked = [_check(one, of_release[one.release.pk], findings=findings) for one in past]
    breaches = {one.due_at for one in past if one.story.report}
    _judge([one for one in checked if one.past.due_at not in breaches], now=now)
    for due_at, morning in groupby(checked, lambda one: one.past.due_at):
        if due_at not in breaches:
            continue
        stories = _judge_morning(list(morning), now=now)
        for story, releases in stories.items():
            drafts = Report.objects.all().about(releases).select_related("producer")
            write_up(story, list(drafts.order_by("pk")), due_at)
    # Store the check schedules, so that monitoring continues to check the releases of the last few days.
    CheckSchedule.objects.bulk_create(
        CheckSchedule(
            address=target.address,
            schedule_version=target.schedule_version,
            next_check_at=target.next_check_at,
            live_since=target.live_since,
        )
        for target in targets
    )


@dataclass(frozen=True, slots=True)
class CheckedRelease:
    """The checks of one release in the order in which they were sent.

    `judged_at` has the instants at which the verdict on the release is made or changes.
    """

    past: PastRelease
    checks: Sequence[CheckResult]
    judged_at: Sequence[datetime]

    def between(self, since: datetime, until: datetime) -> "CheckedRelease":
        """Return a copy with only the checks that were completed after `since` and not later than `until`."""
        return replace(self, checks=[one for one in self.checks if since < one.answer.completed_at <= until])


def _check(past: PastRelease, targets: Sequence[Target], *, findings: dict[Hashable, Finding]) -> CheckedRelease:
    """Check each address of a release at the times that the cadence plans, until it is found live after the due time.

    The checks begin shortly before the due time. If the release was early, they begin shortly before it went live.
    """
    checks: list[CheckResult] = []
    judged_at: set[datetime] = set()
    starts = past.due_at - BEGINS_BEFORE
    if past.story.live_after < timedelta(0):
        starts = past.due_at + past.story.live_after - BEGINS_BEFORE_EARLY
    for target in targets:
        target.closest, target.last_planned_at = CLOSEST, starts
        target.plan_next(now=starts)
        found_early = 0
        while (at := target.next_check_at) is not None and target.live_since is None:
            check = _make_check(target, past.scripts[target.address.url], planned_at=at, findings=findings)
            checks.append(check)
            target.last_planned_at = at
            target.note(check.answer, check.finding, now=at)
            if check.finding.result is CheckOutcome.LIVE:
                if check.answer.completed_at < past.due_at:
                    found_early += 1
                    if found_early == ENOUGH_TO_BE_EARLY:
                        judged_at.add(check.answer.completed_at)
                else:
                    target.live_since = check.answer.completed_at
                    judged_at.add(check.answer.completed_at)
            target.plan_next(now=at)
        limit_at = target.part_limit_at or target.limit_at
        if target.live_since is not None and target.live_since > limit_at:
            judged_at.add(limit_at + ANSWERED_WITHIN)
    checks.sort(key=lambda check: check.answer.sent_at)
    return CheckedRelease(past, checks, sorted(judged_at))


def _make_check(
    target: Target, script: Script, *, planned_at: datetime, findings: dict[Hashable, Finding]
) -> CheckResult:
    """Make one check of a page that follows a script, without a network."""
    url = target.address.url
    shown = in_force(script, at=planned_at)
    assert shown is not None, url  # noqa: S101  # each script has a scene without a beginning
    sent_at = planned_at + timedelta(milliseconds=2)
    answer = Answer(
        requested_url=url,
        planned_at=planned_at,
        sent_at=sent_at,
        completed_at=sent_at + ANSWERED_WITHIN / 2,
        status=shown.status,
        hops=(Hop(url, shown.status),),
        final_url=url,
        headers=tuple((name.decode(), value.decode()) for name, value in shown.headers),
        body=shown.body,
        vantage=settings.PROBE_VANTAGE,
        seconds={"total": (ANSWERED_WITHIN / 2).total_seconds()},
    )
    expectation = target.expectation(controls_fail=False, not_found=None)
    key = finding_key(target.address.adapter, answer, expectation)
    if key not in findings:
        findings[key] = get_adapter(target.address.adapter).examine(answer, expectation)
    return CheckResult(
        address=target.address,
        schedule_version=target.schedule_version,
        answer=answer,
        finding=findings[key],
        clock_bound_seconds=bound_seconds_of_check(SCRIPTED, answer),
    )


def _judge_morning(checked: Sequence[CheckedRelease], *, now: datetime) -> dict[str, list[int]]:
    """Store and judge the checks of one morning, and draft reports.

    The releases are judged at each instant at which a verdict is made or changes. But if they were due longer ago than
    `RECENT`, they are judged only once, at the last of these instants.

    :return: a dict that maps the name of each story to the primary keys of its releases.
    """
    instants = sorted({instant for one in checked for instant in one.judged_at})
    if checked[0].past.due_at < now - RECENT:
        instants = instants[-1:]
    since = datetime.min.replace(tzinfo=UTC)
    for at in instants:
        due = [one.between(since, at) for one in checked]
        _judge([one for one in due if one.checks], now=at + JUDGED_WITHIN)
        drafting.draft_missing(now=at + 2 * JUDGED_WITHIN)
        since = at
    stories: dict[str, list[int]] = defaultdict(list)
    for one in checked:
        if one.past.story.report:
            stories[one.past.story.report].append(one.past.release.pk)
    return stories


def _judge(checked: Sequence[CheckedRelease], *, now: datetime) -> None:
    checks = sorted((check for one in checked for check in one.checks), key=lambda check: check.answer.completed_at)
    store_checks(checks, process=PROCESS, at=now, replayed=True)
    _, faults = judge.judge_all([one.past.release for one in checked], now=now)
    if faults:
        raise ExceptionGroup("Past releases could not be judged", [fault for _, fault in faults])
