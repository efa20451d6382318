"""The contacts to call about a release, in phone order, and the record of calls without an answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from releases.cover import find_stand_ins
from releases.models import Contact, Release, ReleaseEvent, RotaEntry, Series
from releases.models.event import lock_release, record_event
from releases.permissions import Action, User, check_may
from releases.rules.calendar import Nation, in_london
from releases.rules.lifecycle import MoveRefused, Status
from releases.rules.rota import (
    CALL_EVENTS,
    NO_ANSWER,
    NO_ANSWER_UNDONE,
    RotaDays,
    find_call_list,
    find_contacts_without_answer,
)

CALLS_BEFORE, CALLS_AFTER = timedelta(hours=1), timedelta(days=1)
"""Calls can be recorded from one hour before the due time until one day after the due time."""


class CallRefused(MoveRefused):
    """The contact is not in the call list, or calls about the release cannot be recorded at this time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that a contact did not answer.

    `at` is the instant at which the call was recorded. `by` is the name of the person who recorded the call, or "" if
    the person's account no longer exists.
    """

    contact: Contact
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """One contact to call. `attempt` is the call that the contact did not answer, or None.

    `absent` is the name of the person for whom the contact covers, or "".
    """

    contact: Contact
    attempt: Attempt | None
    absent: str


@dataclass(frozen=True, slots=True)
class CallList:
    """The contacts to call about a release, in phone order.

    `attempts` has the calls that the contacts did not answer, in the same order. `absent` maps the primary key of each
    contact who covers for another contact to the name of the contact who is away.
    """

    contacts: tuple[Contact, ...]
    attempts: tuple[Attempt, ...] = ()
    absent: Mapping[int, str] = field(default_factory=dict, hash=False)

    @property
    def next(self) -> Contact | None:
        """The first contact in phone order for whom no unanswered call is recorded, or None."""
        unanswered = {attempt.contact.pk for attempt in self.attempts}
        return next((contact for contact in self.contacts if contact.pk not in unanswered), None)

    @property
    def lines(self) -> list[CallLine]:
        attempts = {attempt.contact.pk: attempt for attempt in self.attempts}
        return [
            CallLine(contact, attempts.get(contact.pk), self.absent.get(contact.pk, "")) for contact in self.contacts
        ]


NO_CALLS = CallList(())


def find_call_lists(
    releases: Sequence[Release], *, has_rotas: bool = True, has_covers: bool = True
) -> dict[int, CallList]:
    """Return a dict that maps the primary key of each release to its call list.

    If the rota has no contacts for a release, the call list has the responsible contact and the Head of Profession of
    the series. If a person covers for a contact at the due time, the call list has that person instead of the contact.

    :param releases: releases that were read with `select_related` for the series, its producer, its responsible contact
        and its Head of Profession.
    :param has_rotas: False if the caller knows that no series has a rota.
    :param has_covers: False if the caller knows that no cover is in force at the due times of the releases.
    """
    if not releases:
        return {}
    rotas: dict[int, list[RotaEntry]] = defaultdict(list)
    series = {release.series_id for release in releases}
    for entry in RotaEntry.objects.filter(series__in=series).select_related("contact") if has_rotas else ():
        rotas[entry.series_id].append(entry)
    events: dict[int, list[ReleaseEvent]] = defaultdict(list)
    recorded = ReleaseEvent.objects.filter(release__in=[release.pk for release in releases], kind__in=CALL_EVENTS)
    for event in recorded.select_related("actor").order_by("position"):
        events[event.release_id].append(event)
    stand_ins = find_stand_ins(releases) if has_covers else {}
    found = {}
    for release in releases:
        contacts, absent = dict[int, Contact](), dict[int, str]()
        for contact in _choose_contacts(release, rotas[release.series_id]):
            chosen = stand_ins.get(release.pk, {}).get(contact.user_id or 0, contact)
            contacts[chosen.pk] = chosen
            if chosen != contact:
                absent[chosen.pk] = contact.name
        attempts = _find_attempts(contacts, events[release.pk], release)
        found[release.pk] = CallList(tuple(contacts.values()), tuple(attempts), absent)
    return found


def _choose_contacts(release: Release, rota: Sequence[RotaEntry]) -> list[Contact]:
    series = release.series
    by_key = {entry.contact_id: entry.contact for entry in rota}
    has_closed_days = any(entry.days == RotaDays.CLOSED_DAYS for entry in rota)
    local = in_london(release.due_at) if release.due_at else None
    chosen = find_call_list(
        [entry.place for entry in rota],
        at=local.time() if local else series.release_time,
        on=local.date() if local else release.planned_on,
        # The bank holidays of the office decide whether it is closed, not those of the nation of the statistics.
        nation=Nation(series.producer.nation),
        closed=series.producer.closed_days() if has_closed_days else frozenset(),
    )
    if chosen:
        return [by_key[key] for key in chosen]
    named = [contact for contact in (series.responsible, series.head_of_profession) if contact]
    return list({contact.pk: contact for contact in named}.values())


def _find_attempts(
    contacts: Mapping[int, Contact], events: Iterable[ReleaseEvent], release: Release
) -> Iterator[Attempt]:
    of_this_date = (
        (event.kind, event.facts["contact"], event)
        for event in events
        if event.facts["schedule_version"] == release.schedule_version
    )
    unanswered: Mapping[int, ReleaseEvent] = find_contacts_without_answer(of_this_date)
    for key, contact in contacts.items():
        if key in unanswered:
            yield Attempt(contact, unanswered[key].at, str(unanswered[key].actor or ""))


def may_be_called_about(release: Release, *, at: datetime) -> bool:
    """Return whether calls about a release can be recorded at an instant.

    The release must be confirmed or published. Calls can be recorded from one hour before the due time until one day
    after the due time.
    """
    if release.status not in {Status.CONFIRMED, Status.PUBLISHED} or release.due_at is None:
        return False
    return release.due_at - CALLS_BEFORE <= at < release.due_at + CALLS_AFTER


def record_no_answer(release: Release, contact: int, *, by: User, at: datetime) -> bool:
    """Record that a contact did not answer. The next contact in phone order is then the contact to call.

    :param contact: the primary key of the contact.
    :return: False if this was already recorded. A second click then changes nothing.
    :raises NotYours: if the person's roles do not allow them to record calls.
    :raises CallRefused: if the contact is not in the call list of the release, or calls about the release cannot be
        recorded at this time.
    """
    return _record(release, contact, NO_ANSWER, by=by, at=at)


def undo_no_answer(release: Release, contact: int, *, by: User, at: datetime) -> bool:
    """Undo the record that a contact did not answer.

    The parameters and the errors are the same as for `record_no_answer`.

    :return: False if there is no such record.
    """
    return _record(release, contact, NO_ANSWER_UNDONE, by=by, at=at)


def _record(release: Release, contact: int, kind: str, *, by: User, at: datetime) -> bool:
    check_may(by, Action.RECORD_CALL, release.series.producer)
    with transaction.atomic():
        stored = lock_release(release.pk)
        if not may_be_called_about(stored, at=at):
            raise CallRefused(
                _("You can record calls about a release from one hour before it is due until the day after.")
            )
        calls = find_call_lists([stored])[stored.pk]
        if contact not in {each.pk for each in calls.contacts}:
            raise CallRefused(_("This contact is no longer in the phone order of the release. Check who to call."))
        is_recorded = contact in {attempt.contact.pk for attempt in calls.attempts}
        if is_recorded == (kind == NO_ANSWER):
            return False
        record_event(stored, kind, at=at, by=by, contact=contact, schedule_version=stored.schedule_version)
    return True


def replace_rota(series: Series, entries: Sequence[RotaEntry], *, by: User) -> None:
    """Replace all entries in the rota of a series."""
    series.rota.all().delete()
    for entry in entries:
        entry.series = series
        entry._history_user = by  # type: ignore[attr-defined]  # simple-history reads it
        entry.save()
