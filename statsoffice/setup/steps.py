"""The steps to set up an office, the permission for them, and their status."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releases import scheduling
from releases.models import Contact, Membership, Producer, Release, Series, Verification
from releases.models.event import record_rows
from releases.permissions import Action, NotYours, Person, check_may, producers_where
from releases.rules.calendar import Nation, slot_at
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from releases.verdict.address import Outcome
from statsoffice.accounts.invitations import InvitationRefused, invite, refuse_own_role
from statsoffice.accounts.models import Invitation, User
from statsoffice.env import OFFICE_WITHOUT_A_NAME

NEEDED = ("accounts.add_user", "releases.add_producer", "releases.add_membership")


def may_set_up(person: Person) -> bool:
    return person.is_active and person.is_staff and person.has_perms(NEEDED)


def check_may_set_up(person: Person) -> None:
    """:raises NotYours: if the person is not an administrator."""
    if not may_set_up(person):
        raise NotYours(f"{person} may not set up the office.")


A_MINUTE = timedelta(minutes=1)


class RolesExist(Exception):
    """People already have roles in this office, so the administrator must ask another person for a role."""


@transaction.atomic
def create_first_producer(*, name: str, nation: Nation, hosts: str, by: User) -> Producer:
    """Create the first producer, and make the person its calendar manager.

    The person gets the role here, because there is no one who can grant roles yet.

    :param hosts: the hosts of the producer's websites, one on each line.
    :raises NotYours: if the person is not an administrator.
    :raises RolesExist: if anyone has a role already.
    """
    check_may_set_up(by)
    if Membership.objects.exists():
        raise RolesExist(
            _(
                "This office has already been set up. Add the producer in the admin site, and ask a Head of "
                "Profession or another administrator for a role."
            )
        )
    producer = Producer.objects.create(name=name, slug=_free_slug(Producer, name), nation=nation, hosts=hosts)
    membership = Membership.objects.create(user=by, producer=producer, role=Role.CALENDAR_MANAGER)
    record_rows({Membership: [membership.pk]})
    return producer


@transaction.atomic
def appoint_head(
    producer: Producer, *, name: str, email: str, post: str, telephone: str, by: User, at: datetime
) -> tuple[Invitation, str] | None:
    """Store the Head of Profession as a contact, and grant them the role or invite them.

    If they have an account, they get the role at once. Otherwise, they get an invitation to the role.

    :returns: the invitation and the secret for its link, or None if there is an account. The secret is not stored.
    :raises NotYours: if `by` is not an administrator, or does not manage the producer's calendar.
    :raises InvitationRefused: if the Head of Profession was already invited, has a closed account, or is `by`.
    """
    check_may_set_up(by)
    check_may(by, Action.EDIT, producer)
    refuse_own_role(email, by=by)
    person = User.objects.filter(email__iexact=email).first()
    if person and not person.is_active:
        sentence = _("The account %(email)s is closed. Reopen it first, or enter someone else.")
        raise InvitationRefused(sentence % {"email": person.email}, field="email")
    address = person.email if person else email.lower()
    details = {"name": name, "post": post, "telephone": telephone, "user": person}
    Contact.objects.update_or_create(producer=producer, email=address, defaults=details)
    if person is None:
        return invite(email=address, name=name, producer=producer, role=Role.HEAD_OF_PROFESSION, by=by, at=at)
    membership, created = Membership.objects.get_or_create(user=person, producer=producer, role=Role.HEAD_OF_PROFESSION)
    if created:
        record_rows({Membership: [membership.pk]})
    return None


@transaction.atomic
def create_series(
    producer: Producer,
    *,
    title: str,
    designation: str,
    team: str,
    email: str,
    telephone: str,
    screenshots: bool = False,
    by: User,
) -> Series:
    """Store a series with its responsible contact and the producer's Head of Profession.

    :raises NotYours: if the person does not manage the producer's calendar.
    """
    check_may(by, Action.EDIT, producer)
    details = {"name": team, "telephone": telephone}
    responsible, _made = Contact.objects.get_or_create(producer=producer, email=email, defaults=details)
    return Series.objects.create(
        producer=producer,
        title=title,
        slug=_free_slug(Series, title, producer=producer),
        designation=designation,
        screenshots=screenshots,
        responsible=responsible,
        head_of_profession=heads_of(producer).order_by("pk").first(),
    )


@transaction.atomic
def schedule_rehearsal(series: Series, *, url: str, marker: str, minutes: int, by: User, at: datetime) -> Release:
    """Record and confirm a rehearsal.

    The rehearsal is due at the first whole minute that is more than `minutes` minutes after `at`.

    :raises NotYours: if the person does not manage the calendar of the series.
    """
    check_may(by, Action.EDIT, series.producer)
    due_at = at.replace(second=0, microsecond=0) + A_MINUTE * (minutes + 1)
    release = scheduling.record_release(
        series,
        # A reference has at most 100 characters.
        reference=f"rehearsal-{series.slug[:70]}-{due_at:%Y-%m-%d-%H%M}",
        title=scheduling.shorten_title(_("Rehearsal: %(series)s") % {"series": series.title}),
        slot=slot_at(due_at),
        at=at,
        by=by,
        rehearsal=True,
        addresses=[PlannedAddress(url=url, marker=marker)],
    )
    return scheduling.confirm_release(release, by=by, at=at)


def heads_of(producer: Producer) -> QuerySet[Contact]:
    """Return the contacts of a producer's Heads of Profession.

    These are the people who have the role and an open account, and the people who have an open invitation to the role.
    """
    held = Membership.objects.filter(producer=producer, role=Role.HEAD_OF_PROFESSION, user__is_active=True)
    # Accepted invitations are left out. A person who has accepted an invitation either still has the role, and is in
    # `held`, or has lost the role.
    invited = Invitation.objects.filter(
        producer=producer, role=Role.HEAD_OF_PROFESSION, accepted_at=None, withdrawn_at=None
    )
    return producer.contacts.filter(Q(user__in=held.values("user")) | Q(email__in=invited.values("email")))


def _free_slug(model: type[Model], words: str, **among: object) -> str:
    """Return a slug that no other row has. If necessary, it ends with a number.

    :param among: field lookups. The slug is unique among the rows that match them.
    """
    bare = slugify(words)[:80] or "office"
    taken = set(model._default_manager.filter(slug__startswith=bare, **among).values_list("slug", flat=True))
    numbered = (f"{bare}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (bare, *numbered) if slug not in taken)


class Step(StrEnum):
    """The steps of the setup, in order. Each value is part of the address of the step's page."""

    NAME = "name"
    PRODUCER = "producer"
    HEAD = "head-of-profession"
    SERIES = "series"
    CALENDAR = "calendar"
    REHEARSAL = "rehearsal"


class StepStatus(StrEnum):
    DONE = "done"
    UNDER_WAY = "under_way"
    TO_DO = "to_do"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Office:
    """The status of each step of an office's setup. `producer` is None until the producer has been added."""

    producer: Producer | None
    standings: dict[Step, StepStatus]

    @property
    def left(self) -> list[Step]:
        return [step for step, standing in self.standings.items() if standing is not StepStatus.DONE]


def producer_of(person: Person) -> Producer | None:
    return producers_where(person, Action.EDIT).order_by("pk").first()


def office_of(person: Person) -> Office:
    producer = producer_of(person)
    named = settings.OFFICE_NAME != OFFICE_WITHOUT_A_NAME
    found = {Step.NAME: StepStatus.DONE if named else StepStatus.TO_DO}
    if producer is None:
        found |= dict.fromkeys(list(Step)[1:], StepStatus.WAITS) | {Step.PRODUCER: StepStatus.TO_DO}
        return Office(None, found)
    series = Series.objects.filter(producer=producer)
    found[Step.PRODUCER] = StepStatus.DONE
    found[Step.HEAD] = _head_status(producer)
    has_series = series.filter(head_of_profession__isnull=False, responsible__isnull=False).exists()
    found[Step.SERIES] = StepStatus.DONE if has_series else StepStatus.TO_DO
    if found[Step.HEAD] is StepStatus.TO_DO and not series.exists():
        found[Step.SERIES] = StepStatus.WAITS
    has_release = Release.objects.filter(series__producer=producer, rehearsal=False).exists()
    found[Step.CALENDAR] = StepStatus.DONE if has_release else StepStatus.TO_DO
    found[Step.REHEARSAL] = _rehearsal_status(producer) if series.exists() else StepStatus.WAITS
    return Office(producer, found)


def last_rehearsal(producer: Producer) -> Release | None:
    found = Release.objects.without_trainings().filter(series__producer=producer, rehearsal=True)
    return found.order_by("-due_at", "-pk").first()


def _head_status(producer: Producer) -> StepStatus:
    held = Membership.objects.filter(producer=producer, role=Role.HEAD_OF_PROFESSION, user__is_active=True).values(
        "user"
    )
    if producer.contacts.filter(user__in=held).exists():
        return StepStatus.DONE
    return StepStatus.UNDER_WAY if heads_of(producer).exists() else StepStatus.TO_DO


def _rehearsal_status(producer: Producer) -> StepStatus:
    judged = Verification.objects.filter(
        release__series__producer=producer, release__rehearsal=True, release__training__isnull=True
    )
    if judged.exclude(outcome=Outcome.PENDING).exists():
        return StepStatus.DONE
    return StepStatus.UNDER_WAY if last_rehearsal(producer) else StepStatus.TO_DO
