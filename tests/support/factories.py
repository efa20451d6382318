"""Invented offices, people and releases for the tests; traits are named after states."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

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


def member(role: Role, producer: Producer, **fields) -> User:
    """A user who holds one role for a producer."""
    user = UserFactory(**fields)
    membership = Membership.objects.create(user=user, producer=producer, role=role)
    record_rows({Membership: [membership.pk]})
    return user


def a_release(
    *,
    due_at: datetime = SEED_DUE,
    series: Series | None = None,
    reference: str = "schools-march-2020",
    title: str = "State-funded schools inspections and outcomes as at 31 March 2020",
    url: str = "https://www.example.gov.uk/statistics/schools-march-2020",
    marker: str = "31 March 2020",
    recorded_at: datetime = A_LONG_TIME_AGO,
    rehearsal: bool = False,
    attachments: tuple[str, ...] = (),
    slot: Slot | None = None,
) -> Release:
    """A provisional release with its page and attachments, recorded long ago."""
    return scheduling.record_release(
        series or SeriesFactory(),
        reference=reference,
        title=title,
        slot=slot or slot_at(due_at),
        at=recorded_at,
        rehearsal=rehearsal,
        addresses=[
            PlannedAddress(url=url, marker=marker),
            *(PlannedAddress(url=attachment, role="attachment") for attachment in attachments),
        ],
    )


def a_confirmed_release(**fields) -> Release:
    """A release that is confirmed for its exact date and time."""
    release = a_release(**fields)
    return scheduling.confirm(release, by=None, at=release.recorded_at + timedelta(minutes=1))


def an_announced_release(**fields) -> Release:
    """A confirmed release that the public calendar shows."""
    release = a_confirmed_release(**fields)
    return scheduling.announce(release, by=None, at=release.recorded_at + timedelta(minutes=2))


def london_slot(on: date, at: time = time(9, 30)) -> Slot:
    """The slot of a day at 9.30am, or at another time, in London."""
    return Slot(on=on, at=at)
