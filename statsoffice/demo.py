"""The demonstration: two invented offices with their calendar, and past and future release mornings."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from breaches import decisions, drafting, editing, pdf, versions
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import Cause, DismissalReason, ReportStatus
from releases import date_changes, pre_release_access, preflight, scheduling
from releases.models import Contact, Membership, Producer, Release, RotaEntry, Series, Verification
from releases.models.event import record_rows
from releases.monitoring.sweep import Sweep
from releases.probe.probe import probe_from_settings
from releases.rules import calendar
from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, Precision, Slot, no_release_day, slot_at
from releases.rules.lifecycle import Role, Status
from releases.rules.pre_release import Details, Period
from releases.scheduling import PlannedAddress
from statsoffice.accounts.models import User
from statsoffice.fake_publisher import MEASURES, STATISTICS, pages
from statsoffice.fake_publisher.client import RehearsalSite, ReplayClock
from statsoffice.fake_publisher.scenes import scene

PASSWORD = "release-day-demo"  # noqa: S105  # printed for everybody to read, and refused in production


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    email: str
    role: Role
    post: str
    producers: tuple[str, ...] = (STATISTICS, MEASURES)


PEOPLE = (
    DemoPerson("Sam Okafor", "statistician@example.gov.uk", Role.STATISTICIAN, "Senior statistician"),
    DemoPerson("Helen Ward", "head@example.gov.uk", Role.HEAD_OF_PROFESSION, "Head of Profession for Statistics"),
    DemoPerson("Dev Mistry", "deputy@example.gov.uk", Role.DEPUTY, "Deputy Head of Profession"),
    DemoPerson("Cal Price", "calendar@example.gov.uk", Role.CALENDAR_MANAGER, "Calendar manager"),
    DemoPerson("Pat Lindqvist", "publishing@example.gov.uk", Role.PUBLISHING_TEAM, "Publishing officer", (STATISTICS,)),
    DemoPerson("Ada Brook", "auditor@example.gov.uk", Role.AUDITOR, "Internal auditor", (STATISTICS,)),
)
SERIES = (
    (STATISTICS, "school-inspections", "State-funded schools inspections and outcomes", "accredited"),
    (STATISTICS, "labour-overview", "Labour market overview", "accredited"),
    (STATISTICS, "house-sales", "House sales by region", "official"),
    (MEASURES, "rail-punctuality", "Punctuality of rail services", "official"),
    (MEASURES, "air-quality", "Air quality in towns", "in_development"),
    (STATISTICS, "rehearsal-morning", "Rehearsal of a release morning", "official"),
)
# In phone order.
CALLED = ("statistician@example.gov.uk", "deputy@example.gov.uk", "head@example.gov.uk")


def set_up_offices() -> None:
    for slug, name, nation in (
        (STATISTICS, "Office for Invented Statistics", Nation.ENGLAND),
        (MEASURES, "Agency for Made-up Measures", Nation.SCOTLAND),
    ):
        Producer.objects.get_or_create(slug=slug, defaults={"name": name, "nation": nation})
    for person in PEOPLE:
        _set_up_person(person)
    for producer, slug, title, designation in SERIES:
        _set_up_series(producer, slug=slug, title=title, designation=designation)


def is_demo_loaded(*, using: str) -> bool:
    """Return whether a database contains the demonstration, and so accounts whose password is public."""
    return Producer.objects.using(using).filter(slug__in=(STATISTICS, MEASURES)).exists()


def find_user(role: Role) -> User:
    return User.objects.get(email=next(person.email for person in PEOPLE if person.role is role))


def _set_up_person(person: DemoPerson) -> None:
    account = User.objects.filter(email=person.email).first()
    if account is None:
        # The role gives access to everything that a calendar manager needs in the admin site.
        is_staff = person.role is Role.CALENDAR_MANAGER
        account = User.objects.create_user(person.email, PASSWORD, name=person.name, is_staff=is_staff)
    for producer in Producer.objects.filter(slug__in=person.producers):
        membership, created = Membership.objects.get_or_create(user=account, producer=producer, role=person.role)
        if created:
            record_rows({Membership: [membership.pk]})
        Contact.objects.get_or_create(
            producer=producer,
            email=person.email,
            defaults={
                "name": person.name,
                "post": person.post,
                "telephone": "020 7946 0123",
                "is_public": person.role is Role.STATISTICIAN,
                "user": account,
            },
        )


def _set_up_series(producer: str, *, slug: str, title: str, designation: str) -> None:
    contacts = {contact.email: contact for contact in Contact.objects.filter(producer__slug=producer)}
    series, created = Series.objects.get_or_create(
        producer=Producer.objects.get(slug=producer),
        slug=slug,
        defaults={
            "title": title,
            "designation": designation,
            "responsible": contacts["statistician@example.gov.uk"],
            "head_of_profession": contacts["head@example.gov.uk"],
            # Short, so that a release is soon late.
            "tolerance_seconds": 10 if slug == "rehearsal-morning" else 120,
        },
    )
    if created:
        series.deputies.add(contacts["deputy@example.gov.uk"])
        for order, email in enumerate(CALLED, start=1):
            RotaEntry.objects.create(series=series, contact=contacts[email], order=order)
        if "publishing@example.gov.uk" in contacts:
            series.publishing_contacts.add(contacts["publishing@example.gov.uk"])


# Days from today; past ones are older than the week in which a release is checked.
PUBLISHED = (-96, -66, -36)
CONFIRMED = (1, 33)
PROVISIONAL = (70, 100)
# Its publisher has announced another day than the calendar, which a preflight detects.
ANNOUNCED_WRONGLY = "air-quality"
CHECKED = 2


def set_up_calendar(*, now: datetime, site: RehearsalSite) -> None:
    today = calendar.local_date(now)
    for shift, series in enumerate(Series.objects.exclude(slug="rehearsal-morning").order_by("slug")):
        for days in PUBLISHED:
            _record_published(series, on=_working_day(today + timedelta(days=days - shift), series), now=now)
        for days in CONFIRMED:
            _record_upcoming(series, on=_working_day(today + timedelta(days=days + shift), series), now=now, site=site)
        for days in PROVISIONAL:
            _record_provisional(series, on=(today + timedelta(days=days)).replace(day=1), now=now)
    _grant_upcoming_access(now=now)
    _change_three_releases(now=now)


def request_checks(*, now: datetime) -> None:
    """Request preflights of the next releases, so that the worker makes them at once instead of at the planned time."""
    upcoming = Release.objects.public().filter(due_at__gt=now, status=Status.CONFIRMED).order_by("due_at")
    for release in upcoming[:CHECKED]:
        preflight.request_preflight(release, by=None, now=now)


def _working_day(on: date, series: Series) -> date:
    while no_release_day(on, nation=Nation(series.producer.nation)):
        on += timedelta(days=1)
    return on


def _record(series: Series, slot: Slot, *, at: datetime, addresses: tuple[PlannedAddress, ...] = ()) -> Release | None:
    period = calendar.format_month(slot.on.replace(day=1) - timedelta(days=1))
    reference = f"{series.slug}-{slot.on:%Y-%m}" + (f"-{slot.on:%d}" if slot.due_at else "")
    if Release.objects.filter(series=series, reference__startswith=f"{series.slug}-{slot.on:%Y-%m}").exists():
        return None
    title = f"{series.title}: {period}"
    return scheduling.record_release(series, reference=reference, title=title, slot=slot, at=at, addresses=addresses)


def _record_published(series: Series, *, on: date, now: datetime) -> None:
    recorded_at = now - timedelta(days=400)
    release = _record(series, Slot(on=on, at=STANDARD_RELEASE_TIME), at=recorded_at)
    if release is None or release.due_at is None:
        return
    scheduling.confirm_release(release, by=None, at=recorded_at)
    scheduling.announce_release(release, by=None, at=recorded_at)
    if series.slug in ACCESS_SERIES:
        _grant_access(release, at=release.due_at - timedelta(days=10))
        statistician = find_user(Role.STATISTICIAN)
        for granted in release.pre_release_access.select_related("release__series__producer"):
            if granted.begins_at:
                began = pre_release_access.record_begin(
                    granted,
                    began_at=granted.begins_at,
                    by=statistician,
                    at=granted.begins_at,
                    expected_version=granted.version,
                )
                pre_release_access.record_end(
                    began, ended_at=release.due_at, by=statistician, at=release.due_at, expected_version=began.version
                )
    seconds_after = timedelta(seconds=20 + on.day)
    scheduling.publish(release, by=None, at=release.due_at + seconds_after, published_at=release.due_at + seconds_after)


def _record_upcoming(series: Series, *, on: date, now: datetime, site: RehearsalSite) -> None:
    path = f"/{series.slug}/{on:%Y-%m-%d}"
    page = PlannedAddress(url=site.url(path), marker=calendar.format_month(on.replace(day=1) - timedelta(days=1)))
    announcement = PlannedAddress(url=site.url(f"/announcements{path}"), role="announcement", required=False)
    release = _record(
        series, Slot(on=on, at=STANDARD_RELEASE_TIME), at=now - timedelta(days=60), addresses=(page, announcement)
    )
    if release:
        announced = on + timedelta(days=1) if series.slug == ANNOUNCED_WRONGLY else on
        shown = pages.coming_soon_page(release.title, expected=f"{calendar.format_day(announced)} 9:30am")
        site.publish(f"/announcements{path}", [scene(shown)])
        scheduling.confirm_release(release, by=None, at=now - timedelta(days=40))
        scheduling.announce_release(release, by=None, at=now - timedelta(days=40))


def _record_provisional(series: Series, *, on: date, now: datetime) -> None:
    precision = Precision.TWO_MONTHS if on.month % 2 else Precision.MONTH
    release = _record(series, Slot(on=on, at=None, precision=precision), at=now - timedelta(days=20))
    if release:
        scheduling.announce_release(release, by=None, at=now - timedelta(days=20))


def _change_three_releases(*, now: datetime) -> None:
    head = find_user(Role.HEAD_OF_PROFESSION)
    upcoming = Release.objects.public().filter(due_at__gt=now + timedelta(days=10), status=Status.CONFIRMED)
    if Release.objects.filter(status=Status.CANCELLED).exists():
        return
    moved, cancelled, waiting = upcoming.order_by("due_at")[:3]
    to = Slot(on=_working_day(moved.planned_on + timedelta(days=7), moved.series), at=STANDARD_RELEASE_TIME)
    scheduling.change_date(
        moved, to=to, reason="More time is needed to check the data from two regions.", by=head, at=now
    )
    scheduling.cancel_release(cancelled, reason="The survey was not run this month.", by=head, at=now)
    date_changes.request_date_change(
        waiting,
        to=Slot(on=_working_day(waiting.planned_on + timedelta(days=1), waiting.series), at=STANDARD_RELEASE_TIME),
        reason="The regional figures arrive a day later than planned.",
        by=find_user(Role.CALENDAR_MANAGER),
        at=now,
    )


# The series with pre-release access; the first has the release that is due next.
ACCESS_SERIES = ("air-quality", "school-inspections")
DEPARTMENT = "Department for Invented Affairs"
LISTED = (
    Details(
        post="Minister of State for Invented Affairs",
        organisation=DEPARTMENT,
        person="Robin Marsh",
        email="robin.marsh@example.gov.uk",
        period=Period(24),
        reason="Answers questions in Parliament on the day of the release.",
    ),
    Details(
        post="Permanent Secretary",
        organisation=DEPARTMENT,
        person="Ines Calder",
        email="ines.calder@example.gov.uk",
        period=Period(24),
        reason="Accounts for the department’s work.",
    ),
    Details(
        post="Chief press officer",
        organisation=DEPARTMENT,
        person="Tom Quill",
        email="tom.quill@example.gov.uk",
        period=Period(3),
        reason="Answers the press from the release on.",
        period_reason="A press officer needs no more than the morning.",
    ),
)
ADDED_LATER = Details(
    post="Private secretary to the Minister",
    organisation=DEPARTMENT,
    person="Lena Frost",
    email="lena.frost@example.gov.uk",
    period=Period(24),
    reason="Prepares the Minister’s answers.",
)


def _grant_access(release: Release, *, at: datetime) -> None:
    for details in LISTED:
        pre_release_access.grant_access(release, details, by=find_user(Role.STATISTICIAN), at=at)


def _grant_upcoming_access(*, now: datetime) -> None:
    """Add the access list of the next release of each of these series, and request one more post.

    Within a day before the release that post needs the Head of Profession's decision; earlier it is granted at once.
    """
    for series in ACCESS_SERIES:
        upcoming = Release.objects.public().filter(series__slug=series, status=Status.CONFIRMED, due_at__gt=now)
        release = upcoming.order_by("due_at").first()
        if release and not release.pre_release_access.exists():
            _grant_access(release, at=now - timedelta(days=10))
            pre_release_access.grant_access(release, ADDED_LATER, by=find_user(Role.STATISTICIAN), at=now)


TICK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Story:
    """One rehearsal: its name, and the content of its page.

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
        _record_rehearsal(
            story, reference=f"rehearsal-{story.slug}-{due_at:%Y-%m-%d}", due_at=due_at, at=now, site=site
        )
        for story in REPLAYED
    ]
    known: set[tuple[int, str]] = set()
    next_draft_at = due_at - timedelta(minutes=12)

    def draft(instant: datetime) -> None:
        # A sweep lasts as long as checks follow each other. Drafts are made only after new verdicts, because trying at
        # each of some thousand steps would take a minute.
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
        releases.append(_record_rehearsal(story, reference=reference, due_at=due_at, at=now, site=site))
    return releases


def _last_morning(now: datetime) -> datetime:
    day = calendar.in_london(now).replace(hour=9, minute=30, second=0, microsecond=0, tzinfo=None)
    due_at = calendar.from_london(day)
    while due_at + timedelta(hours=2) > now or calendar.in_london(due_at).weekday() >= 5:
        day -= timedelta(days=1)
        due_at = calendar.from_london(day)
    return due_at


def _record_rehearsal(story: Story, *, reference: str, due_at: datetime, at: datetime, site: RehearsalSite) -> Release:
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
    return scheduling.confirm_release(release, by=None, at=at)


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
            "Shortly after 9:30am the statistician on duty looked for the release, did not find it, and rang the "
            "publishing team. The scheduler had not published the page; the team published it by hand shortly before "
            "10:30am. Why the scheduler failed is being looked into."
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
            "The statistician on duty noticed at 9:32am that the release was missing and told the publishing team. "
            "The page had not been authorised; a publishing officer authorised it shortly before 9:43am."
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
            "At 9:25am a statistician who was preparing for the release found it at its address already, and told the "
            "publishing team and the Head of Profession. The page had been scheduled by hand, for 9:20am in place of "
            "9:30am. It was left up, because it could not be taken back from those who had read it."
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

    statistician, head = find_user(Role.STATISTICIAN), find_user(Role.HEAD_OF_PROFESSION)
    for story, narrative in NARRATIVES.items():
        _complete(report(story), narrative, now=now)
    approved = decisions.submit_report(report("late-an-hour"), by=statistician, at=now - timedelta(minutes=50))
    decisions.approve_report(approved, by=head, at=now - timedelta(minutes=20), render=pdf.render_pdf)
    returned = decisions.submit_report(report("late-minutes"), by=statistician, at=now - timedelta(minutes=40))
    comment = "Please say how many users asked, and who will check authorisations, from which release on."
    decisions.return_report(returned, comment=comment, by=head, at=now - timedelta(minutes=15))
    decisions.submit_report(report("early"), by=statistician, at=now - timedelta(minutes=10))
    decisions.dismiss_report(
        report("late-seconds"),
        reason=DismissalReason.CACHE_ONLY,
        words="The page was live in time at the publisher; only a cache served the old copy for some seconds.",
        by=head,
        at=now - timedelta(minutes=5),
    )


def _complete(report: Report, narrative: Narrative, *, now: datetime) -> None:
    statistician = find_user(Role.STATISTICIAN)
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
