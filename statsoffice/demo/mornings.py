"""The demonstration's rehearsed mornings, and their reports in every status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from breaches import drafting, editing, pdf, sign_off, versions
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.rules.lifecycle import Cause, DismissalReason, ReportStatus
from breaches.rules.validation import ReportSection
from releases import scheduling
from releases.models import Release, Series, Verification
from releases.monitoring.sweep import Sweep
from releases.probe.probe import probe_from_settings
from releases.rules import calendar
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice.demo import office
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, ReplayClock
from statsoffice.fake_publisher.scenes import scene

TICK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Story:
    """One rehearsal: its name, and what its page shows.

    :param live_after: seconds after the due time, or None if the release never appears.
    """

    slug: str
    title: str
    live_after: float | None
    is_announced: bool = True


REPLAYED = (
    Story("late-an-hour", "School inspections as at 31 March", 57 * 60 - 2),
    Story("late-minutes", "Labour market overview: first quarter", 13 * 60),
    Story("early", "House sales by region: spring", -10 * 60),
    Story("on-time", "Punctuality of rail services: spring", 3),
    Story("late-seconds", "Air quality in towns: spring", 44),
    Story("late-not-decided", "House sales by region: summer", 8 * 60),
)
LIVE = (
    (Story("live-on-time", "Labour market overview: today", 2), 1),
    (Story("live-late", "School inspections: today", 40), 1),
    (Story("live-soft-404", "Punctuality of rail services: today", None, is_announced=False), 2),
    (Story("live-early", "House sales by region: today", -25), 2),
)


def replay_morning(*, now: datetime, site: RehearsalSite) -> None:
    """Replay the last morning at 9:30am, unless that was done before: real checks of real pages, marked as replayed."""
    if Release.objects.filter(reference__startswith="rehearsal-late-an-hour").exists():
        return
    due_at = _last_morning(now)
    releases = [
        _record(story, reference=f"rehearsal-{story.slug}-{due_at:%Y-%m-%d}", due_at=due_at, at=now, site=site)
        for story in REPLAYED
    ]
    known: set[tuple[int, str]] = set()
    next_draft_at = due_at - timedelta(minutes=12)

    def draft(instant: datetime) -> None:
        # A sweep lasts as long as checks follow each other. Only a new verdict makes a draft; to check for one at each
        # of some thousand steps takes a minute.
        nonlocal next_draft_at
        if instant < next_draft_at:
            return
        next_draft_at = instant + TICK
        verdicts = set(Verification.objects.filter(release__in=releases).values_list("pk", "outcome"))
        if verdicts - known:
            known.update(verdicts)
            drafting.draft_missing(now=instant)

    clock = ReplayClock(site, due_at - timedelta(minutes=12), meanwhile=draft)
    try:
        with probe_from_settings(now=clock.now) as probe:
            while clock.now() < due_at + timedelta(minutes=59):
                Sweep(clock=clock, probe=probe, name="replay", replayed=True).run()
                drafting.draft_missing(now=clock.now())
                clock.sleep_until(clock.now() + TICK)
    finally:
        site.run_clock()


def record_rehearsals(*, now: datetime, site: RehearsalSite) -> list[Release]:
    """Record rehearsals that are due in the coming minutes, with their pages.

    The first are due at the first whole minute that is at least 35 seconds ahead.
    """
    first = (now + timedelta(seconds=95)).replace(second=0, microsecond=0)
    releases = []
    for story, minute in LIVE:
        due_at = first + timedelta(minutes=minute - 1)
        reference = f"rehearsal-{story.slug}-{now:%Y%m%d-%H%M%S}"
        releases.append(_record(story, reference=reference, due_at=due_at, at=now, site=site))
    return releases


def _last_morning(now: datetime) -> datetime:
    day = calendar.in_london(now).replace(hour=9, minute=30, second=0, microsecond=0, tzinfo=None)
    due_at = calendar.from_london(day)
    while due_at + timedelta(hours=2) > now or calendar.in_london(due_at).weekday() >= 5:
        day -= timedelta(days=1)
        due_at = calendar.from_london(day)
    return due_at


def _record(story: Story, *, reference: str, due_at: datetime, at: datetime, site: RehearsalSite) -> Release:
    path = f"/rehearsals/{reference}"
    title = f"{story.title} ({calendar.format_day(due_at)})"
    if story.is_announced:
        scenes = [scene(pages.coming_soon_page(title, expected=calendar.format_moment(due_at)))]
    else:
        scenes = [scene(pages.not_found_page())]
    if story.live_after is not None:
        live = pages.release_page(title, published=calendar.format_day(due_at))
        scenes.append(scene(live, starts=due_at + timedelta(seconds=story.live_after)))
    site.publish(path, scenes)
    page = PlannedAddress(url=site.url(path), marker=calendar.format_day(due_at))
    release = scheduling.record_release(
        Series.objects.get(slug="rehearsal-morning"),
        reference=reference,
        title=title,
        slot=slot_at(due_at),
        at=at,
        rehearsal=True,
        addresses=(page,),
    )
    return scheduling.confirm(release, by=None, at=at)


@dataclass(frozen=True, slots=True)
class Narrative:
    """What the authors of a report write about the breach."""

    code: Cause
    cause: str
    impact: str
    actions: str


NARRATIVES = {
    "late-an-hour": Narrative(
        code=Cause.SCHEDULER_FAULT,
        cause=(
            "Shortly after 9.30am the statistician on duty looked for the release, did not find it, and rang the "
            "publishing team. The scheduler had not published the page; the team published it by hand shortly before "
            "10.30am. Why the scheduler failed is being looked into."
        ),
        impact=(
            "Access to the statistics was delayed for all users. Two users asked the statistics mailbox when the "
            "release would appear; both were answered within the hour. No media interest was identified."
        ),
        actions=(
            "Short-term: the page was published by hand, and the publishing team checked the other releases of the "
            "morning.\n\n"
            "Long-term: the publishing team is reviewing the scheduler’s settings, and a manual check is planned for "
            "the next release of the series."
        ),
    ),
    "late-minutes": Narrative(
        code=Cause.NOT_AUTHORISED,
        cause=(
            "The statistician on duty noticed at 9.32am that the release was missing and told the publishing team. "
            "The page had not been authorised; a publishing officer authorised it shortly before 9.43am."
        ),
        impact=(
            "Access to the statistics was delayed for all users. Some of them asked the statistics mailbox when the "
            "release would appear. No media interest was identified."
        ),
        actions=(
            "Short-term: the page was authorised, and the publishing team checked the other releases of the morning."
            "\n\n"
            "Long-term: authorisations will be checked on the day before a release."
        ),
    ),
    "early": Narrative(
        code=Cause.HUMAN_ERROR,
        cause=(
            "At 9.25am a statistician who was preparing for the release found it at its address already, and told the "
            "publishing team and the Head of Profession. The page had been scheduled by hand, for 9.20am in place of "
            "9.30am. It was left up, because it could not be taken back from those who had read it."
        ),
        impact=(
            "For some ten minutes the statistics could be read by those who knew the address, while other users "
            "waited for the announced time. The site counted 14 visits in these minutes, four of them from inside "
            "the office. No media interest was identified."
        ),
        actions=(
            "Short-term: the publishing team compared the scheduled times of the week’s other releases with the "
            "release calendar, and found no other difference.\n\n"
            "Long-term: the publishing team copies the time from the release calendar, and a second person compares "
            "both on the day before."
        ),
    ),
}


def create_reports(*, now: datetime) -> None:
    """Complete, submit, return, approve and dismiss the drafts of the replayed morning, each once."""
    drafts = Report.objects.filter(status=ReportStatus.DRAFT, suspicions__release__reference__startswith="rehearsal-")
    if Report.objects.exclude(status=ReportStatus.DRAFT).exists():
        return
    by_story = {report.suspicions.get().release.reference: report for report in drafts.distinct()}

    def report(story: str) -> Report:
        return next(each for reference, each in by_story.items() if reference.startswith(f"rehearsal-{story}-"))

    statistician, head = office.find_user(Role.STATISTICIAN), office.find_user(Role.HEAD_OF_PROFESSION)
    for story, narrative in NARRATIVES.items():
        _complete(report(story), narrative, now=now)
    approved = sign_off.submit_report(report("late-an-hour"), by=statistician, at=now - timedelta(minutes=50))
    sign_off.approve_report(approved, by=head, at=now - timedelta(minutes=20), render=pdf.render_pdf)
    returned = sign_off.submit_report(report("late-minutes"), by=statistician, at=now - timedelta(minutes=40))
    comment = "Please say how many users asked, and who will check authorisations, from which release on."
    sign_off.return_report(returned, comment=comment, by=head, at=now - timedelta(minutes=15))
    sign_off.submit_report(report("early"), by=statistician, at=now - timedelta(minutes=10))
    sign_off.dismiss_report(
        report("late-seconds"),
        reason=DismissalReason.CACHE_ONLY,
        words="The page was live in time at the publisher; only a cache served the old copy for some seconds.",
        by=head,
        at=now - timedelta(minutes=5),
    )


def _complete(report: Report, narrative: Narrative, *, now: datetime) -> None:
    statistician = office.find_user(Role.STATISTICIAN)
    content = versions.content_of(report)
    circumstances = {"circumstances": f"{content.circumstances}\n\n{narrative.cause}"}
    for section, values in (
        (ReportSection.CIRCUMSTANCES, circumstances),
        (ReportSection.IMPACT, {"impact": narrative.impact}),
        (ReportSection.CORRECTIVE_ACTIONS, {"corrective_actions": narrative.actions}),
    ):
        report.refresh_from_db()
        whole = {field: getattr(content, field) for field in editing.FIELDS[section]} | values
        editing.save_section(
            report,
            section=section,
            values=whole,
            expected_version=report.version,
            by=statistician,
            at=now - timedelta(minutes=55),
        )
    report.refresh_from_db()
    editing.choose_cause(report, ChosenCause(narrative.code), by=statistician, at=now - timedelta(minutes=55))
    report.refresh_from_db()
