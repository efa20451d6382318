"""An invented office on one summer morning, as the pictures of the documentation show it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from unittest.mock import patch

from django.urls import reverse

from breaches import compliance, decisions, drafting
from breaches.models import Report
from breaches.rules.compliance import PolicySection
from releases import corrections, judge, minute_briefs, receipts, scheduling
from releases.detection.year_review import PageKind
from releases.imports import uploads
from releases.models import AccessLink, Release, Series
from releases.rules.calendar import LONDON
from releases.rules.lifecycle import Role
from releases.rules.receipts import Answer
from releases.scheduling import PlannedAddress
from statsoffice.accounts.models import User
from statsoffice.office_api import tokens
from statsoffice.office_api.models import Scope
from statsoffice.webhooks import endpoints
from statsoffice.webhooks.deliveries import write_deliveries
from statsoffice.webhooks.events import WebhookEvent
from statsoffice.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint
from tests.browser.open_files import pages_of_open_files
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support import api_tokens
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.import_files import csv_of
from tests.support.observations import create_observation, create_observations
from tests.support.people import Office, add_role, write_sections
from tests.support.pre_release_lists import granted, someone
from tests.support.report_mornings import record_coverage
from tests.support.stored_imports import turn
from tests.support.webhooks import create_webhook
from tests.support.year_reviews import add_page, create_review, postponed, publication

DUE = SEED_DUE
NOW = DUE + timedelta(minutes=61)
STEP = timedelta(seconds=5)
NAMES = {
    Role.STATISTICIAN: "Sam Okafor",
    Role.HEAD_OF_PROFESSION: "Helen Ward",
    Role.DEPUTY: "Dev Mistry",
    Role.CALENDAR_MANAGER: "Cal Price",
    Role.PUBLISHING_TEAM: "Pat Lindqvist",
    Role.AUDITOR: "Ada Brook",
}


@dataclass(frozen=True)
class Picture:
    """One picture: the file's name, who opens which page, the element at its top (CSS), and the steps before."""

    name: str
    who: User | None
    address: str
    element: str = ""
    prepare: Callable[[], None] = lambda: None


def pictures() -> list[Picture]:
    """Set the office up, and list the pictures to be taken of it one after the other."""
    office = _an_office()
    statistician, head = office.statistician, office.head
    calendar_manager = _a_calendar_manager(office)
    report = _a_morning(office)
    page = f"/reports/{report.reference}/"
    return [
        Picture("calendar", None, "/calendar/2020/7/"),
        Picture("dashboard", statistician, reverse("desk")),
        Picture("release-late", statistician, "/releases/schools-june-2020/", ".office-picture"),
        Picture("morning-sheet", statistician, f"{reverse('morning_sheet')}?on=2020-07-01"),
        Picture("search", statistician, f"{reverse('search')}?q=labour"),
        Picture("report-drafted", statistician, page),
        Picture("report-impact", statistician, f"{page}impact/", "label[for=id_impact]"),
        Picture("report-to-decide", head, page, "#decision", prepare=lambda: _submitted(report, by=statistician)),
        Picture("report-approve", head, f"{page}approve/"),
        Picture("import-checked", calendar_manager, _a_checked_file(office)),
        Picture("add-release", calendar_manager, reverse("admin:releases_release_add")),
        Picture("register", head, reverse("breaches:register")),
        Picture("open-file", head, _an_open_file(office), "h1"),
        Picture("api-tokens", head, reverse("api_tokens"), prepare=lambda: _api_tokens(office)),
        Picture("webhook", head, _a_webhook(office), "h1"),
        Picture("compliance-table", head, _a_compliance_table(office), "#table"),
        Picture("year-planner", calendar_manager, reverse("releases:planner", args=[2020])),
        Picture("past-year", head, _a_past_year(office), "h2"),
        Picture("set-up", _an_administrator(office), reverse("setting_up:overview")),
        Picture("minute-brief", head, reverse("minute_brief", args=[1]), prepare=lambda: _a_brief(office)),
        Picture(
            "access-list",
            statistician,
            reverse("releases:pre_release_list", args=["houses-july-2020"]),
            "h2",
            prepare=lambda: _an_access_list(office),
        ),
        Picture("parts", head, "/releases/bus-june-2020/", "#record", prepare=lambda: _a_set_of_parts(office)),
    ]


def _an_open_file(office: Office) -> str:
    series = Series.objects.get(producer=office.producer, title="House sales by region")
    return pages_of_open_files(office, series)["a dummy file that is open"]


def _api_tokens(office: Office) -> None:
    """A token that was used and expires soon, and one that was revoked."""
    # The part that names a token is random, and two runs make the same picture.
    with patch.object(tokens.secrets, "choice", side_effect=cycle("k7m2p9x4rainweek")):
        _two_tokens(office)


def _two_tokens(office: Office) -> None:
    old = api_tokens.issue(office, Scope.READ_CALENDAR, purpose="Dashboard", at=NOW - timedelta(days=200), days=300)
    tokens.revoke_token(old.token, by=office.deputy, at=NOW - timedelta(days=2))
    scopes = (Scope.READ_CALENDAR, Scope.READ_RESULTS, Scope.CHANGE_CALENDAR)
    used = api_tokens.issue(office, *scopes, at=NOW - timedelta(days=100), days=109).token
    for use in (tokens.Use.READ, tokens.Use.READ, tokens.Use.WRITE):
        tokens.count_use(used, use, at=NOW - timedelta(minutes=5))


def _a_webhook(office: Office) -> str:
    """A webhook whose system has accepted three events and does not answer now."""
    types = [EventType.ANNOUNCED, EventType.MOVED, EventType.PUBLISHED, EventType.RESULT]
    url = "https://data.example.gov.uk/hooks/releases"
    created_at = NOW - timedelta(days=9)
    webhook, _secret = create_webhook(office, url, at=created_at, types=types, name="Dashboard of the data team")
    endpoints.send_test(webhook, by=office.deputy, at=created_at + timedelta(minutes=4))
    for event_type, minutes in ((EventType.PUBLISHED, 60), (EventType.RESULT, 59), (EventType.RESULT, 4)):
        event = WebhookEvent(f"{event_type}:{minutes}", event_type, "{}")
        write_deliveries(webhook, [event], now=NOW - timedelta(minutes=minutes))
    queued = WebhookDelivery.objects.filter(endpoint=webhook)
    queued.update(attempts=1, delivered_at=NOW, last_status=204)
    queued.filter(created_at=NOW - timedelta(minutes=4)).update(
        attempts=2, delivered_at=None, last_status=503, due_at=NOW + timedelta(minutes=1)
    )
    WebhookEndpoint.objects.filter(pk=webhook.pk).update(failing_since=NOW - timedelta(minutes=4))
    return reverse("webhooks:webhook", args=[webhook.pk])


def _a_compliance_table(office: Office) -> str:
    text = "This policy says how we release our official statistics. The Head of Profession is responsible for it."
    section = PolicySection.INTRODUCTION
    compliance.save_policy_section(office.producer, NOW.year, section, text, seen=0, by=office.statistician, at=NOW)
    return reverse("breaches:yearly_table", args=[office.producer.slug, NOW.year])


def _an_office() -> Office:
    producer = ProducerFactory(name="Office for Invented Statistics", slug="office-for-invented-statistics")
    return Office(producer, {role: create_member(role, producer, name=name) for role, name in NAMES.items()})


def _series(office: Office, title: str, slug: str) -> Series:
    head = office.producer.contacts.filter(name=NAMES[Role.HEAD_OF_PROFESSION]).first() or ContactFactory(
        producer=office.producer, name=NAMES[Role.HEAD_OF_PROFESSION], email="head@example.gov.uk"
    )
    responsible = ContactFactory(producer=office.producer, name=f"{title} team", email=f"{slug}@example.gov.uk")
    return SeriesFactory(
        producer=office.producer, title=title, slug=slug, responsible=responsible, head_of_profession=head
    )


def _a_morning(office: Office) -> Report:
    """One release in time, one late with its draft, one that is due later, and the weeks to come."""
    labour = _series(office, "Labour market overview", "labour")
    schools = _series(office, "School inspections and outcomes", "schools")
    houses = _series(office, "House sales by region", "houses")
    _a_year_before(labour)
    on_time = _announced(labour, "labour-june-2020", "Labour market overview: June 2020")
    create_observations(on_time, "not_live", "not_live", "live", start=DUE - STEP, every=STEP)
    judge.judge_one(on_time, now=NOW)
    late = _announced(schools, "schools-june-2020", "School inspections and outcomes as at 31 March 2020")
    record_coverage(late)
    create_observations(late, *["not_live"] * 58, "live", start=DUE - timedelta(minutes=1), every=timedelta(minutes=1))
    judge.judge_one(late, now=NOW)
    _announced(houses, "houses-july-2020", "House sales by region: May 2020", due_at=DUE + timedelta(days=1))
    for month, day in ((7, 14), (8, 11), (9, 15)):
        due_at = datetime(2020, month, day, 8, 30, tzinfo=UTC)
        _announced(labour, f"labour-2020-{month}", f"Labour market overview: {due_at:%B %Y}", due_at=due_at)
    ReleaseFactory(
        series=houses,
        reference="houses-october-2020",
        title="House sales by region: August 2020",
        slot=london_slot(date(2020, 10, 7)),
    )
    a_watcher_that_is_well(at=NOW)
    (report,) = drafting.draft_missing(now=NOW)
    return report


def _a_year_before(series: Series) -> None:
    """Eleven months of releases in time, on the first Tuesday of each month."""
    for number in range(11):
        first = date(2019 + (number + 6) // 12, (number + 6) % 12 + 1, 1)
        day = first + timedelta(days=(1 - first.weekday()) % 7)
        due_at = datetime.combine(day, time(9, 30), LONDON)
        release = _announced(
            series,
            f"labour-{day:%Y-%m}",
            f"Labour market overview: {day:%B %Y}",
            due_at=due_at,
            recorded_at=due_at - timedelta(days=60),
        )
        create_observations(release, "not_live", "not_live", "live", start=due_at - STEP, every=STEP)
        judge.judge_one(release, now=due_at + timedelta(hours=1))


def _announced(series: Series, reference: str, title: str, *, due_at: datetime = DUE, **facts: datetime) -> Release:
    url = f"https://www.example.gov.uk/statistics/{reference}"
    return ReleaseFactory(
        announced=True, series=series, reference=reference, title=title, url=url, due_at=due_at, **facts
    )


def _a_brief(office: Office) -> None:
    """A release of the same minute that is not live yet, so that the brief has both."""
    rail = _series(office, "Rail punctuality", "rail")
    late = _announced(rail, "rail-june-2020", "Rail punctuality: January to March 2020")
    create_observations(late, *["not_live"] * 62, start=DUE - timedelta(minutes=1), every=timedelta(minutes=1))
    judge.judge_one(late, now=NOW)
    drafting.draft_missing(now=NOW)
    minute_briefs.make_due_briefs(now=DUE + timedelta(minutes=2, seconds=5))


def _a_set_of_parts(office: Office) -> None:
    """A release whose Welsh page followed four minutes after its English page, and whose tables were there at once."""
    release = _announced(_series(office, "Bus fares", "bus"), "bus-june-2020", "Bus fares: June 2020")
    english, added_at = release.addresses.get(), release.recorded_at
    named = replace(PlannedAddress.of(english), part="english_page")
    corrections.change_address(english, named, by=None, at=added_at)
    welsh = PlannedAddress(f"{english.url}/cy", marker="Mehefin 2020", part="welsh_page", may_follow_minutes=15)
    tables = PlannedAddress(f"{english.url}/tables.ods", role="attachment", part="tables")
    followed = scheduling.add_address(release, welsh, at=added_at)
    at_once = scheduling.add_address(release, tables, at=added_at)
    for address, absent, live in ((english, -5, 0), (followed, 230, 240), (at_once, 0, 2)):
        create_observation(address, "not_live", at=DUE + timedelta(seconds=absent))
        create_observation(address, "live", at=DUE + timedelta(seconds=live))
    judge.judge_one(release, now=NOW)


def _an_access_list(office: Office) -> None:
    """The list of tomorrow's release: one person has confirmed, one did so by phone, and one has not."""
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
    houses = Release.objects.get(reference="houses-july-2020")
    by = office.statistician
    posts = ("Minister of State for Housing", "Private secretary", "Chief economist")
    minister, secretary, _economist = (
        granted(houses, someone(post, email=f"{number}@example.gov.uk"), by=by, at=DUE - timedelta(days=20))
        for number, post in enumerate(posts)
    )
    receipts.make_due_links(now=NOW - timedelta(hours=2))
    links = {link.entry_id: link for link in AccessLink.objects.all()}
    AccessLink.objects.update(sent_at=NOW - timedelta(hours=2))
    receipts.answer_link(receipts.token_of(links[minister.pk]), Answer.CONFIRMED, at=NOW - timedelta(minutes=50))
    receipts.record_phone_confirmation(secretary, by=by, at=NOW - timedelta(minutes=10))


def _submitted(report: Report, *, by: User) -> None:
    write_sections(report, by=by, at=NOW)
    report.refresh_from_db()
    decisions.submit_report(report, by=by, at=NOW)


def _a_calendar_manager(office: Office) -> User:
    person = office.people[Role.CALENDAR_MANAGER]
    person.is_staff = True
    person.save()
    return person


def _an_administrator(office: Office) -> User:
    person = User.objects.create_superuser("it@example.gov.uk", name="Ines Technau")
    add_role(person, office.producer, Role.CALENDAR_MANAGER)
    return person


def _a_past_year(office: Office) -> str:
    """A year of GOV.UK with a delay for nine publications, and an announcement whose date was changed."""
    review = create_review(office.producer, year=2019)
    for month, delay in enumerate((36, 22, 110, 48, None, 27, 64, None, 41, 29, None, 33), start=1):
        title = f"House sales by region: {date(2019, month, 1):%B %Y}"
        add_page(review, publication(month, year=2019, delay=delay, title=title))
    add_page(review, postponed(2019), PageKind.ANNOUNCEMENT)
    return reverse("exchange:year_review", args=[review.pk])


def _a_checked_file(office: Office) -> str:
    name = office.producer.name
    rows = [
        {"producer": name, "series": "House sales by region", "title": f"House sales by region: {month} 2020"}
        | {"scheduled_for": f"2020-{number}-04 09:30", "reference": f"houses-{number}"}
        for number, month in (("11", "September"), ("12", "October"))
    ]
    keeper = office.people[Role.CALENDAR_MANAGER]
    found = uploads.upload_file(csv_of(*rows), name="autumn.csv", create_missing=False, by=keeper, at=NOW)
    turn(NOW)
    return reverse("exchange:import", args=[found.public_id])
