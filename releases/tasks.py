"""Tasks for the next release of a series."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from releases.models import Release, ReleaseTask, Series
from releases.models.event import lock_release, record_event
from releases.models.release import ReleaseQuerySet, ReleaseTaskQuerySet
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules.lifecycle import MissingFields, MoveRefused, Status


def announced_after(release: Release) -> Release | None:
    return _first_after(release, Release.objects.public())


def planned_after(release: Release) -> Release | None:
    """Return the next release of the same series, whether or not it is announced.

    Rehearsals are ignored. If the given release is a rehearsal, return None.
    """
    return None if release.rehearsal else _first_after(release, Release.objects.official())


def _first_after(release: Release, releases: ReleaseQuerySet) -> Release | None:
    # Releases that are planned for the same day follow each other in the order in which they were recorded.
    later = Q(planned_on__gt=release.planned_on) | Q(planned_on=release.planned_on, pk__gt=release.pk)
    found = releases.filter(later, series=release.series_id).exclude(status=Status.CANCELLED)
    return found.order_by("planned_on", "pk").first()


DONE, OPEN_AGAIN = TICKED = ("task_done", "task_open_again")


class AlreadyTicked(MoveRefused):
    """Someone has already ticked off or reopened the task."""


def add_task(
    series: Series, *, text: str, origin: str = "", rehearsal: bool = False, by: User, at: datetime
) -> ReleaseTask:
    """Add a task for the next release of a series. The release need not be planned yet.

    :param origin: the source of the task, such as the reference of a report.
    :param at: the aware instant at which the task is added. The task belongs to the first release after this instant.
    :raises NotYours: if none of the person's roles allows it.
    :raises MissingFields: if the text is empty.
    """
    check_may(by, Action.KEEP_TASKS, series.producer)
    return ReleaseTask.objects.create(
        series=series, text=_said(text), origin=origin, rehearsal=rehearsal, added_by=by, added_at=at
    )


def tick_task(task: ReleaseTask, *, done: bool, by: User, at: datetime) -> ReleaseTask:
    """Tick off or reopen a task. If the task belongs to a release, also record an event of the release.

    :raises NotYours: if none of the person's roles allows it.
    :raises AlreadyTicked: if the task is already in the requested state.
    """
    check_may(by, Action.KEEP_TASKS, task.series.producer)
    values = {"done_by": by, "done_at": at} if done else {"done_by": None, "done_at": None}
    with transaction.atomic():
        release = release_of_task(task)
        if release is not None:
            lock_release(release.pk)
        if not ReleaseTask.objects.filter(pk=task.pk, done_at__isnull=done).update(**values):
            raise AlreadyTicked(
                _("Someone has already marked this task as done.") if done else _("This task is not marked as done.")
            )
        if release is not None:
            record_event(release, DONE if done else OPEN_AGAIN, at=at, by=by, words=task.text, task=task.pk)
    return ReleaseTask.objects.select_related("series__producer", "done_by").get(pk=task.pk)


def reword_task(task: ReleaseTask, *, text: str, by: User) -> None:
    """Change the text of an open task.

    :raises NotYours: if none of the person's roles allows it.
    :raises MissingFields: if the text is empty.
    :raises AlreadyTicked: if the task has been ticked off.
    """
    check_may(by, Action.KEEP_TASKS, task.series.producer)
    if not ReleaseTask.objects.open().filter(pk=task.pk).update(text=_said(text)):
        raise AlreadyTicked(_("Someone has already marked this task as done."))


def release_of_task(task: ReleaseTask) -> Release | None:
    """Return the release to which a task belongs, or None if this release is not planned yet.

    The result can change when the calendar changes.
    """
    found = ReleaseTask.objects.with_release().get(pk=task.pk)
    return Release.objects.filter(pk=found.at_release).first()  # type: ignore[attr-defined]  # annotated


def tasks_of_release(release: Release) -> ReleaseTaskQuerySet:
    tasks = ReleaseTask.objects.filter(series=release.series_id).with_release()
    at_it = tasks.filter(at_release=release.pk)  # type: ignore[misc]  # annotated
    return at_it.select_related("done_by", "added_by")


def tasks_waiting_for(person: Person, *conditions: Q, most: int) -> list[tuple[ReleaseTask, Release | None]]:
    """Return the open tasks that a person may tick off, each with its release or None.

    The tasks are sorted by the planned date of the release. Tasks without a release come last.

    :param conditions: which of the tasks to return.
    :param most: the maximum number of tasks.
    """
    theirs = ReleaseTask.objects.open().filter(
        *conditions, series__producer__in=producers_where(person, Action.KEEP_TASKS)
    )
    tasks = list(theirs.with_release().select_related("series"))
    keys = {task.at_release for task in tasks}  # type: ignore[attr-defined]  # annotated
    releases = Release.objects.in_bulk(keys - {None})
    paired = [(task, releases.get(task.at_release)) for task in tasks]  # type: ignore[attr-defined]  # annotated
    paired.sort(key=lambda pair: (pair[1] is None, pair[1].planned_on if pair[1] else pair[0].added_at.date()))
    return paired[:most]


def _said(text: str) -> str:
    if not text.strip():
        raise MissingFields("text", _("Describe the task."))
    return text.strip()
