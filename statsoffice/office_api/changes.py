"""Changes that an API token makes to the calendar.

Changes are made by the same functions that the pages use. A change is made only once for each Idempotency-Key.

A token acts as a calendar manager, and the person who issued the token is responsible (decision 110). A token cannot
agree to a change. So if a token changes the date of a confirmed release, only a request is recorded, and a lead decides
on the request.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from ninja.responses import NinjaJSONEncoder

from releases import date_changes, readiness, scheduling
from releases.models import Release, Series
from releases.models.event import add_facts, lock_release
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, check_may
from releases.planner import is_reference
from releases.rules import calendar
from releases.rules.calendar import Slot
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.date_change import CLOSE_TO_RELEASE
from releases.rules.departure import NO_GROUNDS, Grounds
from releases.rules.lifecycle import CHANGE_DATE, RELEASE, FieldRefused, MoveRefused, Role, Status
from releases.text.calendar import warning_sentence
from statsoffice.audit.models import What
from statsoffice.office_api.models import ApiToken, StoredAnswer
from statsoffice.office_api.tokens import record_token_event


class PersonNeeded(MoveRefused):
    """A token cannot make this change. A person must make it."""


class KeyUsed(Exception):
    """The Idempotency-Key was already used for another request."""


class ChangeOutcome(StrEnum):
    """The outcome of a change. “requested” means that a person must decide on the change."""

    # The audit trail has a sentence for each outcome.
    PLANNED = "planned"
    CHANGED = "changed"
    REQUESTED = "requested"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Change:
    """The result of a request.

    :ivar status: the HTTP status of the answer.
    :ivar warnings: sentences about a new date that is probably a mistake.
    """

    outcome: ChangeOutcome
    status: int
    release: Release
    warnings: tuple[str, ...] = ()


def answer_once(
    own: ApiToken,
    *,
    key: str,
    request: list[Any],
    act: Callable[[], Change],
    describe: Callable[[Change], dict[str, Any]],
    at: datetime,
) -> tuple[int, dict[str, Any]]:
    """Make a change, store the answer, and return the HTTP status and the answer.

    If the same request was already sent with the same key, change nothing and return the stored answer. Refusals are
    stored too, so a refused change is not tried again when the request is repeated.

    :param request: the method, the path and the body.
    :raises KeyUsed: if the key was already used for another request.
    """
    digest = sha256_hex(canonical_json(request))
    with transaction.atomic():
        # A second request with the same key waits here until the answer to the first request is stored.
        stored, is_first = StoredAnswer.objects.get_or_create(
            token=own, key=key, defaults={"request_digest": digest, "stored_at": at}
        )
        if not is_first:
            if stored.request_digest != digest:
                raise KeyUsed("This Idempotency-Key was sent with another request. Use a new key for each change.")
            return stored.status, stored.answer
        facts: dict[str, Any] = {}
        try:
            with transaction.atomic(), add_facts(api_token=own.code):
                change = act()
            status, answer = change.status, describe(change)
            facts = {"release": change.release.reference, "outcome": change.outcome}
        except MoveRefused as refusal:
            status, answer = 409, {"error": str(refusal)}
            facts = {"outcome": "refused"}
        stored.status, stored.answer = status, json.loads(json.dumps(answer, cls=NinjaJSONEncoder))
        stored.save(update_fields=["status", "answer"])
        record_token_event(What.API_TOKEN_USED, own, by=own.issued_by, path=request[1], **facts)
    return stored.status, stored.answer


def plan_release(
    own: ApiToken, series: Series, *, reference: str, title: str, welsh_title: str, slot: Slot, at: datetime
) -> Change:
    """Record a provisional release. People announce and confirm it."""
    check_may(own.issued_by, Action.EDIT, series.producer)
    if not is_reference(reference):
        raise FieldRefused("reference", "The reference may have letters, digits, hyphens and underscores only.")
    # Refuse an impossible date before the last day of the release is computed.
    slot = scheduling.normalise_slot(slot)
    if slot.last_day <= calendar.local_date(at):
        raise FieldRefused("date", "The date must be in the future.")
    # References are unique among all producers. The message does not reveal which producer uses the reference.
    taken = FieldRefused("reference", f"“{reference}” is already in use. Choose another reference.")
    if Release.objects.filter(reference=reference).exists():
        raise taken
    try:
        with transaction.atomic():
            release = scheduling.record_release(
                series,
                reference=reference,
                title=title,
                welsh_title=welsh_title,
                slot=slot,
                at=at,
                by=own.issued_by,
            )
    except IntegrityError as error:
        raise taken from error
    return Change(ChangeOutcome.PLANNED, 201, release)


def change_date(
    own: ApiToken,
    release: Release,
    *,
    slot_after: Callable[[Release], Slot],
    reason: str,
    version: int | None,
    grounds: Grounds,
    known: ReleaseQuerySet,
    at: datetime,
) -> Change:
    """Change the date of a provisional release, or request another date for a confirmed release.

    A program cannot confirm a warning as a person does on a page. So the warnings do not stop the change.

    :param slot_after: a function that takes the stored release and returns its new date.
    :param known: the releases that the token may read. The warnings name no other releases.
    """
    # Lock the release, so that no one can confirm it between the check of its status and the change.
    release = lock_release(release.pk)
    to, by = scheduling.normalise_slot(slot_after(release)), own.issued_by
    # The warnings compare the new date with the date before the change.
    (found,) = readiness.find_change_warnings([(release, to)], among=known)
    warnings = tuple(f"{warning_sentence(each)}." for each in found)
    if release.status == Status.CONFIRMED:
        request = date_changes.request_date_change(
            release, to=to, reason=reason, by=by, at=at, expected_version=version, grounds=grounds
        )
        return Change(ChangeOutcome.REQUESTED, 202, request.release, warnings)
    RELEASE.find(CHANGE_DATE, source=release.status)
    if grounds != NO_GROUNDS:
        raise PersonNeeded(
            "For a provisional date, a person must record OSR’s agreement or the reason for a release on a bank "
            "holiday."
        )
    changed = scheduling.change_date(release, to=to, reason=reason, by=by, at=at, expected_version=version)
    return Change(ChangeOutcome.CHANGED, 200, changed, warnings)


def cancel_release(own: ApiToken, release: Release, *, reason: str, version: int | None, at: datetime) -> Change:
    """Cancel a release with a public reason.

    :raises PersonNeeded: if the release is confirmed, and its due time is at most a day ahead or has passed.
    """
    release = lock_release(release.pk)
    move = scheduling.prepare_cancel(release, reason=reason, by=own.issued_by, at=at, expected_version=version)
    due_soon = release.due_at is not None and at >= release.due_at - CLOSE_TO_RELEASE
    if Role.CALENDAR_MANAGER not in move.roles or (release.status == Status.CONFIRMED and due_soon):
        raise PersonNeeded("From 24 hours before a confirmed release is due, only a person can cancel it.")
    cancelled = scheduling.cancel_release(release, reason=reason, by=own.issued_by, at=at, expected_version=version)
    return Change(ChangeOutcome.CANCELLED, 200, cancelled)
