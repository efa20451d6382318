"""The steps of setting an office up; whether one is done follows from what is stored, and is itself kept nowhere."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from releases.models import Membership, Producer, Release, Series, Verification
from releases.permissions import Action, Person, producers_where
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from statsoffice.configuration.environment import OFFICE_WITHOUT_A_NAME
from statsoffice.setting_up.first import heads_of


class Step(StrEnum):
    """One step, in the order in which they build on each other; its value is a part of its address."""

    NAME = "name"
    PRODUCER = "producer"
    HEAD = "head-of-profession"
    SERIES = "series"
    CALENDAR = "calendar"
    REHEARSAL = "rehearsal"


class Standing(StrEnum):
    """Where a step stands."""

    DONE = "done"
    UNDER_WAY = "under_way"
    TO_DO = "to_do"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Office:
    """How far an office is: its producer, once there is one, and where each step stands."""

    producer: Producer | None
    standings: dict[Step, Standing]

    @property
    def left(self) -> list[Step]:
        """The steps that are not done."""
        return [step for step, standing in self.standings.items() if standing is not Standing.DONE]


def producer_of(person: Person) -> Producer | None:
    """Return the producer whose office a person sets up: the first one whose calendar they keep."""
    return producers_where(person, Action.EDIT).order_by("pk").first()


def office_of(person: Person) -> Office:
    """Read from what is stored how far the office is that a person sets up."""
    producer = producer_of(person)
    named = settings.OFFICE_NAME != OFFICE_WITHOUT_A_NAME
    found = {Step.NAME: Standing.DONE if named else Standing.TO_DO}
    if producer is None:
        found |= dict.fromkeys(list(Step)[1:], Standing.WAITS) | {Step.PRODUCER: Standing.TO_DO}
        return Office(None, found)
    series = Series.objects.filter(producer=producer)
    found[Step.PRODUCER] = Standing.DONE
    found[Step.HEAD] = _head(producer)
    found[Step.SERIES] = _done_if(series.filter(head_of_profession__isnull=False, responsible__isnull=False).exists())
    if found[Step.HEAD] is Standing.TO_DO and not series.exists():
        found[Step.SERIES] = Standing.WAITS
    found[Step.CALENDAR] = _done_if(Release.objects.filter(series__producer=producer, rehearsal=False).exists())
    found[Step.REHEARSAL] = _rehearsal(producer) if series.exists() else Standing.WAITS
    return Office(producer, found)


def last_rehearsal(producer: Producer) -> Release | None:
    """Return the rehearsal of a producer that is due last."""
    return Release.objects.filter(series__producer=producer, rehearsal=True).order_by("-due_at", "-pk").first()


def _head(producer: Producer) -> Standing:
    """Say whether somebody holds the role and can be reached, or is at least invited to it."""
    held = Membership.objects.filter(producer=producer, role=Role.HEAD_OF_PROFESSION, user__is_active=True).values(
        "user"
    )
    if producer.contacts.filter(user__in=held).exists():
        return Standing.DONE
    return Standing.UNDER_WAY if heads_of(producer).exists() else Standing.TO_DO


def _rehearsal(producer: Producer) -> Standing:
    judged = Verification.objects.filter(release__series__producer=producer, release__rehearsal=True)
    if judged.exclude(outcome=Outcome.PENDING).exists():
        return Standing.DONE
    return Standing.UNDER_WAY if last_rehearsal(producer) else Standing.TO_DO


def _done_if(there: bool) -> Standing:  # noqa: FBT001  # it is the whole question
    return Standing.DONE if there else Standing.TO_DO
