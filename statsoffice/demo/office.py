"""The two invented offices of the demonstration: producers, people, contacts and series."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from releases.models import Contact, Membership, Producer, RotaEntry, Series
from releases.models.event import record_rows
from releases.permissions import prefetch_roles
from releases.rules import calendar
from releases.rules.calendar import Nation, no_release_day
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import AccountRowRecord, User
from statsoffice.fake_publisher import MEASURES, STATISTICS

PASSWORD = "release-day-demo"  # noqa: S105  # printed for everyone to read, and refused in production
PRODUCERS = (
    (STATISTICS, "Office for Invented Statistics", Nation.ENGLAND),
    (MEASURES, "Agency for Made-up Measures", Nation.SCOTLAND),
)


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
# The contacts of each series, in the order in which they are called.
CALLED = ("statistician@example.gov.uk", "deputy@example.gov.uk", "head@example.gov.uk")


class Every(Enum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Anchor(Enum):
    """The day from which the dates of a series are counted: the last release morning, or the next working day."""

    LAST_MORNING = "last morning"
    NEXT_DAY = "next day"


@dataclass(frozen=True, slots=True)
class DemoSeries:
    """A series with releases at regular intervals from its anchor. Each date is moved by the same number of `days`."""

    producer: str
    slug: str
    title: str
    designation: str
    every: Every
    anchor: Anchor = Anchor.LAST_MORNING
    days: int = 0


REHEARSALS = "rehearsal-morning"
SERIES = (
    DemoSeries(STATISTICS, "road-fuel-prices", "Road fuel prices", "in_development", Every.WEEK),
    DemoSeries(STATISTICS, "labour-overview", "Labour market overview", "accredited", Every.MONTH),
    DemoSeries(STATISTICS, "apprenticeships", "Apprenticeships and traineeships", "official", Every.QUARTER),
    DemoSeries(STATISTICS, "house-sales", "House sales by region", "official", Every.MONTH),
    DemoSeries(
        STATISTICS,
        "school-inspections",
        "State-funded schools inspections and outcomes",
        "accredited",
        Every.MONTH,
        Anchor.NEXT_DAY,
    ),
    DemoSeries(MEASURES, "rail-punctuality", "Punctuality of rail services", "official", Every.MONTH, days=-8),
    DemoSeries(MEASURES, "ferry-passengers", "Ferry passengers", "official", Every.QUARTER, days=-8),
    DemoSeries(MEASURES, "air-quality", "Air quality in towns", "in_development", Every.MONTH, Anchor.NEXT_DAY),
)


@dataclass(frozen=True, slots=True)
class Edition:
    """One release of a series.

    :ivar on: the release day, which is a working day.
    :ivar wanted: the day at the regular interval of the series. This may not be a working day.
    :ivar period: the period in the title of the release. Checks identify the page of the edition by this text.
    """

    on: date
    wanted: date
    period: str


def set_up_offices() -> None:
    for slug, name, nation in PRODUCERS:
        Producer.objects.get_or_create(slug=slug, defaults={"name": name, "nation": nation})
    # Hash the password only once, because all accounts have the same password, and hashing is slow on purpose.
    password = make_password(PASSWORD)
    for person in PEOPLE:
        _set_up_person(person, password=password)
    for series in SERIES:
        _set_up_series(series.producer, slug=series.slug, title=series.title, designation=series.designation)
    _set_up_series(STATISTICS, slug=REHEARSALS, title="Rehearsal of a release morning", designation="official")


def is_demo_loaded(*, using: str) -> bool:
    """Return whether a database contains the demonstration. If so, it has accounts whose password is public."""
    return Producer.objects.using(using).filter(slug__in=(STATISTICS, MEASURES)).exists()


_remembered: ContextVar[dict[Role, User] | None] = ContextVar("people who are read once", default=None)


@contextmanager
def remember_people() -> Iterator[None]:
    """Within the block, read each person of the demonstration and their roles only once."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def find_user(role: Role) -> User:
    remembered = _remembered.get()
    if remembered is not None and role in remembered:
        return remembered[role]
    person = User.objects.get(email=next(person.email for person in PEOPLE if person.role is role))
    if remembered is not None:
        prefetch_roles(person)
        remembered[role] = person
    return person


def find_working_day(on: date, nation: Nation, *, step: int = 1) -> date:
    """Return the first working day on or after a day.

    If `step` is -1, return the last working day on or before the day.
    """
    while no_release_day(on, nation=nation):
        on += timedelta(days=step)
    return on


def edition_of(series: DemoSeries, number: int, *, today: date, last_morning: date, nation: Nation) -> Edition:
    """Return an edition of a series.

    :param number: 0 for the edition at the anchor of the series. Later editions have positive numbers, and earlier
        editions have negative numbers.
    """
    anchor = last_morning
    if series.anchor is Anchor.NEXT_DAY:
        anchor = find_working_day(today + timedelta(days=1), nation)
    if series.every is Every.WEEK:
        wanted = anchor + timedelta(weeks=number)
        friday = wanted - timedelta(days=anchor.weekday() + 3)
        return Edition(find_working_day(wanted, nation), wanted, f"week ending {calendar.format_day(friday)}")
    months = 3 * number if series.every is Every.QUARTER else number
    # In months other than the anchor's, no day after the 28th is used, because February may end on the 28th. The period
    # is counted from the month of the anchor, so no two editions have the same period.
    first = calendar.months_after(anchor.replace(day=1), months)
    same_day = first.replace(day=min(anchor.day, 28)) if months else anchor
    before = calendar.months_after(first, -1)
    period = calendar.format_month(before)
    if series.every is Every.QUARTER:
        period = f"{calendar.months_after(before, -2):%B} to {period}"
    wanted = same_day + timedelta(days=series.days)
    return Edition(find_working_day(wanted, nation), wanted, period)


def _set_up_person(person: DemoPerson, *, password: str) -> None:
    account = User.objects.filter(email=person.email).first()
    if account is None:
        # `is_staff` gives access to the admin site. The role gives all permissions that a calendar manager needs there.
        is_staff = person.role is Role.CALENDAR_MANAGER
        account = User(email=person.email, password=password, name=person.name, is_staff=is_staff)
        with transaction.atomic():
            account.save(force_insert=True)
            EmailAddress.objects.create(user=account, email=person.email, verified=True, primary=True)
            AccountRowRecord.record({User: [account.pk]})
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
            # The tolerance for rehearsals is short, so that a rehearsal is soon late.
            "tolerance_seconds": 10 if slug == REHEARSALS else 120,
        },
    )
    if created:
        series.deputies.add(contacts["deputy@example.gov.uk"])
        RotaEntry.objects.bulk_create(
            RotaEntry(series=series, contact=contacts[email], order=order)
            for order, email in enumerate(CALLED, start=1)
        )
        if "publishing@example.gov.uk" in contacts:
            series.publishing_contacts.add(contacts["publishing@example.gov.uk"])
