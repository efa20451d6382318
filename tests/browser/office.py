"""An invented office on its release morning, with something on every page, for browser tests of the pages."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.urls import reverse

from breaches.models import Practice, Suspicion
from releases import judge, minute_briefs, scheduling, statements
from releases.detection.finding import PublisherSays, PublisherState, Source
from releases.models import Release
from releases.rules.calendar import Precision, Slot
from statsoffice.notifications import outbox
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message
from statsoffice.self_monitoring.page import page_address, script_for
from tests.browser.access_lists import pages_of_access_lists
from tests.browser.accounts import pages_of_accounts
from tests.browser.changed_dates import pages_of_changed_dates
from tests.browser.day_before import checked_releases
from tests.browser.exchange import an_announcement_that_differs, pages_of_imports
from tests.browser.notices import pages_of_notices
from tests.browser.open_files import pages_of_open_files
from tests.browser.reports import pages_of_reports, pages_of_yearly_table
from tests.browser.started import pages_of_started_reports
from tests.browser.stored_copies import pages_of_stored_bodies
from tests.browser.webhooks import pages_of_webhooks
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ReleaseFactory,
    SeriesFactory,
    london_slot,
)
from tests.support.observations import create_observation, create_observations
from tests.support.people import Office, create_office

NOW = SEED_DUE + timedelta(minutes=5)
LONG = "https://www.example.gov.uk/government/statistics/" + "state-funded-schools-inspections-and-outcomes-" * 4


@dataclass
class Morning:
    """The office at five past half past nine; addresses of pages by name."""

    office: Office
    pages: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, page: str, *args: object) -> None:
        """Name the address of one page."""
        self.pages[name] = reverse(page, args=args)


def a_morning() -> Morning:
    """Set the office up: a calendar, releases with every verdict, questions, and reports in every state."""
    office = create_office(name="Office for Invented Numbers and Very Long Organisation Names")
    morning = Morning(office)
    pages_of_yearly_table(morning)
    series = SeriesFactory(
        producer=office.producer,
        title="State-funded schools inspections and outcomes",
        responsible=ContactFactory(
            producer=office.producer,
            name="Schools inspection statistics team",
            email="schools.inspections.statistics.and.outcomes@example.gov.uk",
            is_public=True,
        ),
    )
    _calendar(morning, series)
    _verdicts(morning, series)
    morning.pages |= pages_of_stored_bodies(series)
    morning.pages |= pages_of_changed_dates(office, series)
    morning.pages |= pages_of_notices(office, series)
    morning.pages |= pages_of_open_files(office, series)
    morning.pages |= pages_of_webhooks(office)
    morning.pages |= pages_of_access_lists(office, series)
    morning.pages |= pages_of_imports(series, by=office.head)
    morning.add("a release announced otherwise", "releases:release", an_announcement_that_differs(series).reference)
    approved = pages_of_reports(morning)
    morning.pages |= pages_of_started_reports(office, series)
    morning.add("a release with problems", "releases:release", checked_releases(series).reference)
    morning.pages |= pages_of_accounts(office)
    a_watcher_that_is_well(at=NOW)
    # It begins late, so that its page is still there when the walk through all pages reaches it.
    canary = page_address(script_for(1, begins_at=NOW + timedelta(minutes=30)))
    morning.pages["the canary's page"] = canary.removeprefix(settings.ADDRESS)
    _messages(morning, approved)
    early = Suspicion.objects.get(release__reference="early")
    morning.add("an early release", "early_releases:early_release", early.pk)
    morning.add("the early releases", "early_releases:early_releases")
    morning.add("an incident contact", "early_releases:contact", office.producer.slug)
    (brief,) = minute_briefs.make_due_briefs(now=NOW)
    morning.add("a minute brief", "minute_brief", brief.pk)
    return morning


def _calendar(morning: Morning, series) -> None:
    moved = ReleaseFactory(announced=True, series=series, reference="postponed", title="Moved to a later date")
    scheduling.change_date(
        moved,
        to=london_slot(date(2020, 7, 14)),
        reason="Two schools sent their figures late.\n\nThey are being checked.",
        by=morning.office.head,
        at=NOW - timedelta(days=9),
    )
    stopped = ReleaseFactory(announced=True, series=series, reference="cancelled", title="A survey that was stopped")
    scheduling.cancel_release(
        stopped, reason="The survey was stopped.", by=morning.office.head, at=NOW - timedelta(days=9)
    )
    vague = ReleaseFactory(
        series=series,
        reference="vague",
        title="Planned for two months",
        slot=Slot(on=date(2020, 6, 1), at=None, precision=Precision.TWO_MONTHS),
    )
    scheduling.announce_release(vague, by=None, at=NOW - timedelta(days=90))
    ReleaseFactory(
        announced=True,
        series=SeriesFactory(title="Prices of whatever farms buy", producer__name="Agency for Examples"),
        reference="farms",
        title="Prices of whatever farms buy, May 2020",
        slot=london_slot(date(2020, 7, 14)),
    )
    ReleaseFactory(series=series, reference="quiet", title="Not announced yet", slot=london_slot(date(2020, 7, 8)))
    ReleaseFactory(
        announced=True, series=series, reference="tomorrow", title="Due tomorrow", slot=london_slot(date(2020, 7, 1))
    )
    for name, page, reference in (
        ("a postponed release", "releases:release", "postponed"),
        ("a cancelled release", "releases:release", "cancelled"),
        ("a vague release", "releases:release", "vague"),
        ("a release that is not announced", "releases:release", "quiet"),
        ("announcing", "releases:announce", "quiet"),
        ("confirming", "releases:confirm", "quiet"),
        ("confirming a vague date", "releases:confirm", "vague"),
        ("changing a provisional date", "releases:change_date", "quiet"),
        ("changing a confirmed date", "releases:change_date", "postponed"),
        ("cancelling", "releases:cancel", "postponed"),
        ("deciding on the day", "releases:decide_on_day", "postponed"),
        ("a move that is not possible", "releases:cancel", "cancelled"),
    ):
        morning.add(name, page, reference)
    morning.add("the calendar", "releases:calendar")
    morning.add("an empty month", "releases:month", 2031, 1)
    morning.add("all months", "releases:all_months")
    morning.add("the calendar for programs", "releases:api_guide")
    month, all_months = reverse("releases:month", args=[2020, 7]), reverse("releases:all_months")
    morning.pages["a filtered month"] = f"{month}?producer={series.producer.slug}&words=later"
    morning.pages["a filter that finds nothing"] = f"{month}?words=nothing+of+the+kind"
    morning.pages["what is cancelled"] = f"{all_months}?show=cancelled"
    morning.pages["a filter that there is not"] = f"{all_months}?producer=nowhere&show=published"
    morning.add("the desk", "desk")
    morning.add("the morning sheet", "morning_sheet")
    morning.add("the year planner", "releases:planner")
    morning.add("an empty year", "releases:planner", 2031)
    morning.add("what needs attention", "desk_missing", "due_tomorrow")
    morning.add("what is missing from nothing", "desk_missing", "no_contact")


def _verdicts(morning: Morning, series) -> None:
    step = timedelta(seconds=5)
    for name, results, every in (
        ("on time", ["not_live", "live"], step),
        ("within tolerance", ["not_live"] * 3 + ["live"], step),
        ("late", ["not_live"] * 3 + ["live"], timedelta(seconds=65)),
        ("not seen", ["not_live"] * 3, timedelta(seconds=65)),
        ("early", ["not_live", "live", "live", "live"], timedelta(seconds=-2)),
        ("cannot tell", ["unreachable"] * 4, timedelta(seconds=65)),
    ):
        reference = name.replace(" ", "-")
        url = LONG if name == "late" else f"https://www.example.gov.uk/statistics/{reference}"
        release = ReleaseFactory(announced=True, series=series, reference=reference, title=f"Seen {name}", url=url)
        start = SEED_DUE - timedelta(minutes=10) if name == "early" else SEED_DUE - timedelta(seconds=5)
        create_observations(release, *results, start=start, every=abs(every))
        judge.judge_one(release, now=NOW)
        morning.add(f"a release {name}", "releases:release", reference)
    ReleaseFactory(
        confirmed=True,
        series=series,
        reference="rehearsal",
        title="A rehearsal in ten minutes",
        rehearsal=True,
        due_at=NOW + timedelta(minutes=10),
    )
    morning.add("a rehearsal", "releases:release", "rehearsal")
    _both_clocks(morning, series)
    _question(morning, series)


def _both_clocks(morning: Morning, series) -> None:
    """A release that a cache hid from readers, with all that its publisher's own system said meanwhile."""
    release = ReleaseFactory(
        announced=True, series=series, reference="both-clocks", title="Seen late behind an edge cache"
    )
    page = release.addresses.get(role="page")
    out_at = SEED_DUE + timedelta(seconds=3)
    announced = PublisherSays(PublisherState.ANNOUNCED, announced_for=SEED_DUE, announced_text="30 June 2020 9:30am")
    moved = PublisherSays(
        PublisherState.MOVED, announced_text="30 June 2020 9:31am", change_note="Figures arrived late."
    )
    published = PublisherSays(PublisherState.PUBLISHED, published_at=out_at, source=Source.SCHEDULED_TIME_AND_DELAY)
    for seconds, says in ((-60, announced), (-5, announced), *((seconds, moved) for seconds in range(0, 121, 10))):
        create_observation(
            page, "not_live", at=SEED_DUE + timedelta(seconds=seconds), says=says, reasons=("announcement",)
        )
    create_observation(page, "live", at=SEED_DUE + timedelta(seconds=5), says=published, fresh=True)
    create_observation(page, "live", at=SEED_DUE + timedelta(seconds=180), says=published, reasons=("marker_in_title",))
    judge.judge_one(release, now=NOW)
    morning.add("a release with both clocks", "releases:release", "both-clocks")


def _question(morning: Morning, series) -> None:
    release = ReleaseFactory(
        announced=True,
        series=series,
        reference="renamed",
        title="Renamed at the last moment",
        attachments=("https://www.example.gov.uk/media/tables.ods",),
    )
    page = release.addresses.get(role="page")
    create_observation(page, "unrecognised", at=SEED_DUE, text="A renamed title", reasons=("no_marker",))
    create_observation(page, "unrecognised", at=NOW, text="Are you a robot?", reasons=("no_marker",))
    statements.record_text_statement(
        release,
        page,
        "not_it",
        text_digest=statements.find_open_questions([release])[1].text_digest,
        words="A check for robots.",
        by=morning.office.statistician,
        at=NOW,
    )
    statements.record_live_time(release, live_at=SEED_DUE, by=morning.office.deputy, at=NOW, words="I saw it.")
    (question,) = statements.find_open_questions([Release.objects.get(pk=release.pk)])
    morning.add("a release with a question", "releases:release", "renamed")
    morning.add("is this it", "releases:say", "renamed", page.pk, question.text_digest)
    morning.add("it was live at", "releases:was_live", "renamed")


def _messages(morning: Morning, report: str) -> None:
    """The messages of this morning: sent, waiting after a fault, abandoned, and posted to a webhook."""
    outbox.create_missing(now=NOW + timedelta(hours=2))
    first, second, third, *_ = Message.objects.filter(report__reference=report)
    reason = "SMTPRecipientsRefused: {'somebody@example.gov.uk': (550, b'5.1.1 No such mailbox')}"
    Message.objects.filter(pk=first.pk).update(sent_at=NOW + timedelta(hours=2))
    Message.objects.filter(pk=second.pk).update(attempts=3, last_error="TimeoutError: timed out")
    Message.objects.filter(pk=third.pk).update(attempts=MOST_ATTEMPTS, last_error=reason)
    room = {"channel": Channel.WEBHOOK, "recipient": "publishing-desk", "subject": report, "text": settings.ADDRESS}
    about = {"event": first.event, "producer": first.producer, "report": first.report}
    Message.objects.create(**room, **about, created_at=first.created_at, due_at=first.due_at)
    morning.add("the messages", "outbox:sent")
    address = reverse("outbox:sent")
    morning.pages["messages about a report"] = f"{address}?about={report}"
    morning.pages["messages that there are not"] = f"{address}?about=nothing&state=left"
    morning.pages["a state of messages that there is not"] = f"{address}?state=eaten"
    morning.add("the register", "breaches:register")
    morning.pages["a register that fits nothing"] = f"{reverse('breaches:register')}?kind=pra&state=sent"
    morning.add("downloading the register", "breaches:export")
    morning.add("the figures", "breaches:figures")
    morning.add("the Code of Practice", "breaches:code_of_practice")
    unsettled = Practice.objects.get(edition__number="2.0", code="V2")
    morning.add("a wording to settle", "breaches:settle_wording", unsettled.pk)
    morning.add("the audit trail", "audit:trail")
    morning.pages["an audit trail that fits nothing"] = f"{reverse('audit:trail')}?kind=permission&first=2031-01-01"


PUBLIC = (
    "the calendar",
    "an empty month",
    "all months",
    "a filtered month",
    "a filter that finds nothing",
    "a filter that there is not",
    "what is cancelled",
    "the calendar for programs",
    "a postponed release",
    "a cancelled release",
    "a vague release",
    "a release late",
    "a release on time",
    "a corrected reason",
    "a delayed release",
    "a release with kept bodies",
    "the canary's page",
    "a published access list",
    "the access lists of a producer",
    "a release with an access list",
    "what is public of breaches",
    "a public breach",
    "accepting an invitation",
    "who shows punctuality",
    "punctuality",
)
