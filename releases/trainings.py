"""Training sessions, in which selected people of a producer rehearse releases (decision 93)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from releases import scheduling
from releases.models import Producer, Release, Series, Training
from releases.models.event import lock_producer, lock_releases, record_event
from releases.permissions import Action, Person, User, check_may, people_with, producers_where
from releases.rules.calendar import format_day, slot_at
from releases.rules.lifecycle import EVERY_ROLE, ChangedMeanwhile, FieldRefused, MoveRefused, Status
from releases.scheduling import PlannedAddress

# A training ends this long after its last rehearsal is due. In the days after the rehearsal, people work on the report.
DAYS_AFTER_REHEARSAL = timedelta(days=7)
# A rehearsal must be planned at least this far ahead, because monitoring needs a few minutes to start checking a page.
SHORTEST_WAIT = timedelta(minutes=2)


class TrainingRefused(FieldRefused):
    """The training cannot be accepted. `field` names the invalid field."""


class TrainingOver(MoveRefused):
    """The training has ended, so its participants can no longer be changed."""


def trainings_visible_to(person: Person) -> QuerySet[Training]:
    """Return the trainings that a person manages or takes part in, the latest first.

    If a person may plan trainings for a producer, the person manages all trainings of the producer. A participant who
    no longer has a role at the producer sees none of its trainings.
    """
    managed = Training.objects.filter(producer__in=producers_where(person, Action.PLAN_TRAINING))
    viewed = producers_where(person, Action.VIEW)
    own = Training.objects.filter(participants=person.pk, producer__in=viewed) if person.pk else Training.objects.none()
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
    """Plan a training with one rehearsal of a series. Only the participants of the training are notified.

    If the person submits the same details twice, the second call returns the training that was planned by the first
    call. Other details, or the details of a training that was cancelled, make a training of their own.

    :param due_at: when the rehearsal is due (aware, a whole minute).
    :raises NotYours: if none of the person's roles allows it.
    :raises TrainingRefused: if something is missing, a participant has no role, or the time is too soon.
    """
    check_may(by, Action.PLAN_TRAINING, series.producer)
    if not title.strip():
        raise TrainingRefused("title", _("Enter a name for the training session."))
    keys = _check_participants(series.producer, participants)
    if due_at < at + SHORTEST_WAIT:
        raise TrainingRefused("due_time", _("The rehearsal must be due at least 2 minutes from now."))
    with transaction.atomic():
        lock_producer(series.producer_id)
        same = Release.objects.exclude(status=Status.CANCELLED).filter(
            series=series,
            due_at=due_at,
            training__title=title.strip(),
            training__planned_by=by,
            addresses__url=url,
            addresses__marker=marker,
        )
        for earlier in Training.objects.filter(pk__in=same.values("training")):
            if set(earlier.participants.values_list("pk", flat=True)) == keys:
                return earlier
        training = Training.objects.create(producer=series.producer, title=title.strip(), planned_by=by, planned_at=at)
        training.participants.set(keys)
        release = scheduling.record_release(
            series,
            reference=f"training-{training.pk}-{series.slug}"[:100],
            title=scheduling.shorten_title(_("Training: %(series)s") % {"series": series.title}),
            slot=slot_at(due_at),
            at=at,
            by=by,
            rehearsal=True,
            training=training,
            addresses=[PlannedAddress(url=url, marker=marker)],
        )
        scheduling.confirm_release(release, by=by, at=at)
        _record_participants(training, release, added=keys, removed=(), by=by, at=at)
    return training


def ends_at(training: Training) -> datetime | None:
    """Return when a training ends. Return None if a rehearsal has no exact date.

    A training ends seven days after its last rehearsal is due.
    """
    due = list(training.rehearsals.values_list("due_at", flat=True))
    found = [instant for instant in due if instant is not None]
    return max(found) + DAYS_AFTER_REHEARSAL if due and len(found) == len(due) else None


def may_change_participants(training: Training, *, at: datetime) -> bool:
    end = ends_at(training)
    return end is None or at < end


def change_participants(
    training: Training, participants: Collection[User], *, by: User, at: datetime, seen: int
) -> bool:
    """Replace the participants of a training. From then on, only the new participants are notified.

    :param seen: the version of the list that the person read.
    :return: False if these people already are the participants, for example after a second click.
    :raises NotYours: if none of the person's roles allows it.
    :raises TrainingRefused: if no one is left, or a new participant has no role.
    :raises TrainingOver: if the training has ended.
    :raises ChangedMeanwhile: if another person changed the participants meanwhile.
    """
    check_may(by, Action.PLAN_TRAINING, training.producer)
    with transaction.atomic():
        releases = lock_releases(list(training.rehearsals.values_list("pk", flat=True)))
        end = ends_at(training)
        if end is not None and at >= end:
            sentence = _("This training session ended on %(day)s. You can no longer change its participants.")
            raise TrainingOver(sentence % {"day": format_day(end)})
        stored = Training.objects.select_for_update(no_key=True).get(pk=training.pk)
        before = set(stored.participants.values_list("pk", flat=True))
        keys = _check_participants(training.producer, participants, known=before)
        if keys == before:
            return False
        if not Training.objects.filter(pk=stored.pk, version=seen).update(version=F("version") + 1):
            raise ChangedMeanwhile(_("Another person changed the participants. Check the list and save again."))
        stored.participants.set(keys)
        for release in releases.values():
            _record_participants(training, release, added=keys - before, removed=before - keys, by=by, at=at)
    return True


def _check_participants(producer: Producer, participants: Collection[User], *, known: Collection[int] = ()) -> set[int]:
    """Return the keys of the participants.

    A participant who is not in `known` must have an open account and a role at the producer.

    :param known: the keys of the present participants.
    """
    if not participants:
        raise TrainingRefused("participants", _("Select at least one participant."))
    keys = {person.pk for person in participants}
    if not keys.difference(known).issubset(people_with(producer, EVERY_ROLE).values_list("pk", flat=True)):
        raise TrainingRefused("participants", _("Select people who have an open account and a role at this producer."))
    return keys


def _record_participants(
    training: Training, release: Release, *, added: Collection[int], removed: Collection[int], by: User, at: datetime
) -> None:
    """Record which participants were added and removed.

    The event contains the keys of their accounts instead of their names, because the chain of events must not contain
    names.
    """
    record_event(
        release,
        "participants_changed",
        at=at,
        by=by,
        training=training.pk,
        added=sorted(added),
        removed=sorted(removed),
    )


def participant_addresses(training: int, *, only: Collection[int] | None = None) -> frozenset[str]:
    """Return the email addresses of the participants of a training.

    Participants who have no open account or no role at the producer are left out.

    :param training: the key of the training.
    :param only: the keys of some accounts. If given, all other participants are left out.
    """
    owner = Producer.objects.get(trainings=training)
    people = people_with(owner, EVERY_ROLE).filter(pk__in=Training.objects.filter(pk=training).values("participants"))
    if only is not None:
        people = people.filter(pk__in=only)
    return frozenset(email.lower() for email in people.values_list("email", flat=True))
