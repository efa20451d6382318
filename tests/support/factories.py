"""Invented offices, people and releases for the tests; traits are named after states."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from breaches.models import Report
from breaches.versions import assign_numbers
from releases import scheduling
from releases.models import Contact, Membership, Producer, Release, Series
from releases.models.event import record_rows
from releases.rules.calendar import Slot, slot_at
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice.accounts.models import AccountRowRecord, User

A_LONG_TIME_AGO = datetime(2020, 1, 2, 9, 0, tzinfo=UTC)
SEED_DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)


@contextlib.contextmanager
def rolled_back() -> Iterator[None]:
    """Undo everything that one row of a table of cases wrote, so that each row begins from the same office."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person.{n}@example.gov.uk")
    password = factory.django.Password("correct horse battery")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        user = super()._create(model_class, *args, **kwargs)
        AccountRowRecord.record({User: [user.pk]})
        return user


class ProducerFactory(DjangoModelFactory):
    class Meta:
        model = Producer

    name = factory.Sequence(lambda n: f"Office for Invented Numbers {n}")
    slug = factory.Sequence(lambda n: f"office-{n}")


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    producer = factory.SubFactory(ProducerFactory)
    name = factory.Sequence(lambda n: f"Contact {n}")
    post = "Lead statistician"
    email = factory.Sequence(lambda n: f"contact.{n}@example.gov.uk")
    telephone = "020 7946 0000"


class SeriesFactory(DjangoModelFactory):
    class Meta:
        model = Series
        skip_postgeneration_save = True

    producer = factory.SubFactory(ProducerFactory)
    title = factory.Sequence(lambda n: f"State-funded schools inspections and outcomes {n}")
    slug = factory.Sequence(lambda n: f"schools-inspections-{n}")
    responsible = factory.SubFactory(ContactFactory, producer=factory.SelfAttribute("..producer"), is_public=True)
    head_of_profession = factory.SubFactory(ContactFactory, producer=factory.SelfAttribute("..producer"))


def create_member(role: Role, producer: Producer, **fields) -> User:
    """A user who holds one role for a producer."""
    user = UserFactory(**fields)
    membership = Membership.objects.create(user=user, producer=producer, role=role)
    record_rows({Membership: [membership.pk]})
    return user


class ReleaseFactory(factory.Factory):
    """A release with its page and attachments, recorded long ago: provisional, `confirmed` or also `announced`.

    The product's own functions record and move it, so that it has its events and row records.
    """

    class Meta:
        model = Release

    series = factory.SubFactory(SeriesFactory)
    reference = "schools-march-2020"
    title = "State-funded schools inspections and outcomes as at 31 March 2020"

    @classmethod
    def _create(
        cls,
        model_class: type[Release],
        *,
        series: Series,
        reference: str,
        title: str,
        due_at: datetime = SEED_DUE,
        slot: Slot | None = None,
        url: str = "https://www.example.gov.uk/statistics/schools-march-2020",
        marker: str = "31 March 2020",
        attachments: tuple[str, ...] = (),
        recorded_at: datetime = A_LONG_TIME_AGO,
        rehearsal: bool = False,
        confirmed: bool = False,
        announced: bool = False,
        welsh_title: str = "",
    ) -> Release:
        release = scheduling.record_release(
            series,
            reference=reference,
            title=title,
            welsh_title=welsh_title,
            slot=slot or slot_at(due_at),
            at=recorded_at,
            rehearsal=rehearsal,
            addresses=[
                PlannedAddress(url=url, marker=marker),
                *(PlannedAddress(url=attachment, role="attachment") for attachment in attachments),
            ],
        )
        if confirmed or announced:
            release = scheduling.confirm_release(release, by=None, at=release.recorded_at + timedelta(minutes=1))
        if announced:
            release = scheduling.announce_release(release, by=None, at=release.recorded_at + timedelta(minutes=2))
        return release


def london_slot(on: date, at: time = time(9, 30)) -> Slot:
    """The slot of a day at 9:30am, or at another time, in London."""
    return Slot(on=on, at=at)


def create_bare_report(**columns: Any) -> Report:
    """Store a bare report with the next number."""
    report = Report(**columns)
    assign_numbers([report])
    report.save()
    return report
