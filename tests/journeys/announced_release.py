"""A release of the morning that the public calendar shows: it is late until a test lets it appear."""

from datetime import date, datetime
from unittest import mock

from breaches.rules.lifecycle import ReportKind
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from statsoffice.accounts.models import User
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.journeys.release_morning import COMING_SOON, LIVE, MARKER, SERIES, TITLE, TOLERANCE, Story, address, page
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory, create_member

ANNOUNCED = Story("school-meals", page(COMING_SOON), None, 0, Outcome.LATE, ReportKind.LATE)
PATH = f"/morning/{ANNOUNCED.slug}"
STATISTICIAN, HEAD = "meals.statistician@example.gov.uk", "meals.head@example.gov.uk"
ANNOUNCED_TOLD = 2
"""So many people are notified that it is suspected, and that it was seen."""


def create_announced_release(*, due_at: datetime, site: RehearsalSite) -> dict[Role, User]:
    """Announce the release, whose page comes soon, and return the people of its office by their roles.

    :param due_at: the aware instant at which it is due, a whole minute.
    """
    producer = ProducerFactory()
    people = {
        role: create_member(role, producer, name=email.partition("@")[0], email=email)
        for role, email in ((Role.STATISTICIAN, STATISTICIAN), (Role.HEAD_OF_PROFESSION, HEAD))
    }
    contacts = {
        role: ContactFactory(producer=producer, name=user.name, email=user.email, user=user)
        for role, user in people.items()
    }
    series = SeriesFactory(
        producer=producer,
        title=SERIES,
        tolerance_seconds=TOLERANCE.seconds,
        responsible=contacts[Role.STATISTICIAN],
        head_of_profession=contacts[Role.HEAD_OF_PROFESSION],
        release_time=slot_at(due_at).at,
        alternative_time_reference="OSR 2026/1",
        alternative_time_approved_on=date(2026, 1, 5),
    )
    site.publish(PATH, [scene(**ANNOUNCED.first)])
    # The morning is played on the day on which someone runs the tests, a Sunday or a bank holiday too.
    with mock.patch("releases.scheduling._check_day"):
        ReleaseFactory(
            announced=True,
            series=series,
            reference=ANNOUNCED.slug,
            title=TITLE,
            url=address(PATH, host=ANNOUNCED.host, site=site),
            marker=MARKER,
            slot=slot_at(due_at),
        )
    return people


def appear(site: RehearsalSite) -> None:
    """Let the release appear now."""
    site.publish(PATH, [scene(**page(LIVE))])
