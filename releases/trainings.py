"""Trainings: a rehearsal for named people of a producer (decision 87)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases import scheduling
from releases.models import Membership, Producer, Release, Series, Training
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import FieldRefused
from releases.scheduling import PlannedAddress

# A check of the day before would find nothing, and later ones need a few minutes to begin.
SHORTEST_WAIT = timedelta(minutes=2)


class TrainingRefused(FieldRefused):
    """A training that cannot be accepted; `field` names the invalid field."""


def people_of(producer: Producer) -> "QuerySet[User]":
    """Return the people with an open account and a role at a producer, who may take part in its trainings."""
    held = Membership.objects.filter(producer=producer).values("user")
    return get_user_model().objects.filter(pk__in=held, is_active=True).order_by("name", "email")


def trainings_visible_to(person: Person) -> QuerySet[Training]:
    """Return the trainings that a person planned for, manages or takes part in, the latest first."""
    managed = Training.objects.filter(producer__in=producers_where(person, Action.PLAN_TRAINING))
    own = Training.objects.filter(participants=person.pk) if person.pk else Training.objects.none()
    return Training.objects.filter(pk__in=managed.values("pk").union(own.values("pk")))


def plan_training(
    series: Series,
    *,
    title: str,
    participants: Collection[User],
    due_at: datetime,
    url: str,
    marker: str,
    by: User,
    at: datetime,
) -> Training:
    """Plan a training with one rehearsal of a series. Only its participants are notified.

    :param due_at: when the rehearsal is due (aware, a whole minute).
    :raises NotYours: if none of the person's roles allows it.
    :raises TrainingRefused: if something is missing, a participant has no role, or the time is too soon.
    """
    check_may(by, Action.PLAN_TRAINING, series.producer)
    if not title.strip():
        raise TrainingRefused("title", _("Enter a name for the training."))
    if not participants:
        raise TrainingRefused("participants", _("Select at least one participant."))
    known = set(people_of(series.producer).values_list("pk", flat=True))
    if not known.issuperset(person.pk for person in participants):
        raise TrainingRefused("participants", _("Select people with an open account and a role at this producer."))
    if due_at < at + SHORTEST_WAIT:
        raise TrainingRefused("due_time", _("The rehearsal must be due at least 2 minutes from now."))
    with transaction.atomic():
        training = Training.objects.create(producer=series.producer, title=title.strip(), planned_by=by, planned_at=at)
        training.participants.set(participants)
        release = scheduling.record_release(
            series,
            reference=f"training-{training.pk}-{series.slug}"[:100],
            title=_("Training: %(series)s") % {"series": series.title},
            slot=slot_at(due_at),
            at=at,
            by=by,
            rehearsal=True,
            training=training,
            addresses=[PlannedAddress(url=url, marker=marker)],
        )
        scheduling.confirm_release(release, by=by, at=at)
    return training


def participant_addresses(release: Release, *, only: Collection[int] | None = None) -> frozenset[str]:
    """Return the email addresses of the participants of a training with an open account and a role at its producer.

    :param only: the keys of accounts to which they are limited.
    """
    assert release.training is not None  # noqa: S101  # callers ask for trainings only
    people = people_of(release.series.producer).filter(pk__in=release.training.participants.values("pk"))
    if only is not None:
        people = people.filter(pk__in=only)
    return frozenset(email.lower() for email in people.values_list("email", flat=True))
