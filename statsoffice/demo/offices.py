"""Invented offices and people; every address is at example.gov.uk."""

from dataclasses import dataclass

from releases.models import Contact, Membership, Producer, Series
from releases.models.event import record_rows
from releases.rules.calendar import Nation
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User

PASSWORD = "release-day-demo"  # noqa: S105  # printed for everybody to read, and refused in production
STATISTICS, MEASURES = "office-for-invented-statistics", "agency-for-made-up-measures"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One account of the demonstration."""

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


def set_up() -> None:
    """Create the offices, people and series that are not there yet."""
    for slug, name, nation in (
        (STATISTICS, "Office for Invented Statistics", Nation.ENGLAND),
        (MEASURES, "Agency for Made-up Measures", Nation.SCOTLAND),
    ):
        Producer.objects.get_or_create(slug=slug, defaults={"name": name, "nation": nation})
    for person in PEOPLE:
        _set_up_person(person)
    for producer, slug, title, designation in SERIES:
        _set_up_series(producer, slug=slug, title=title, designation=designation)


def are_loaded(*, using: str) -> bool:
    """Whether a database contains the demonstration, and so accounts whose password is public.

    :param using: the alias of the database.
    """
    return Producer.objects.using(using).filter(slug__in=(STATISTICS, MEASURES)).exists()


def user(role: Role) -> User:
    """Return the account that holds a role in the demonstration."""
    return User.objects.get(email=next(person.email for person in PEOPLE if person.role is role))


def _set_up_person(person: DemoPerson) -> None:
    account = User.objects.filter(email=person.email).first()
    if account is None:
        keeps_calendar = person.role is Role.CALENDAR_MANAGER
        # The role opens all that a calendar manager needs in the admin site.
        account = User.objects.create_user(person.email, PASSWORD, name=person.name, is_staff=keeps_calendar)
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
            # Short, so that one need not wait two minutes to see what is late.
            "tolerance_seconds": 10 if slug == "rehearsal-morning" else 120,
        },
    )
    if created:
        series.deputies.add(contacts["deputy@example.gov.uk"])
        if "publishing@example.gov.uk" in contacts:
            series.publishing_contacts.add(contacts["publishing@example.gov.uk"])
