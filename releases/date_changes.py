"""Requests to change a confirmed date, and the decisions on them.

The functions that decide a request raise these errors:

- WrongState: if the request was already decided.
- WrongRole: if the person's roles do not allow the decision.
- ChangedMeanwhile: if another person decides the request at the same time.
- Overtaken: if the release has changed since the request.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releases import scheduling
from releases.models import DateChangeRequest, Release, ReleaseEvent
from releases.models.event import lock_release_rows, record_event
from releases.models.release import DateChangeRequestQuerySet
from releases.models.training import is_shown_to
from releases.permissions import Action, Person, User, check_may, producers_with, roles_of
from releases.rules.calendar import Slot
from releases.rules.date_change import AGREE, LAPSE, REFUSE, REQUEST, WITHDRAW, RequestState
from releases.rules.departure import NO_GROUNDS, Grounds
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, Move, MoveRefused, Status, WrongRole

REQUESTED = "date_change_asked"


class NothingToAgree(MoveRefused):
    """The date is not confirmed, so no agreement is needed to change it."""


class AlreadyRequested(MoveRefused):
    """Another change of the same release is waiting for agreement."""


class Overtaken(MoveRefused):
    """The release was moved, published or cancelled after the request, so the request has lapsed."""


def request_date_change(
    release: Release,
    *,
    to: Slot,
    reason: str,
    by: User,
    at: datetime,
    expected_version: int | None = None,
    expected_status: Status | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> DateChangeRequest:
    """Request another date or time for a confirmed release. The date does not change until a lead agrees.

    Source: Code of Practice for Statistics, edition 2.1, T3.2 (edition 3.0: 3.2).

    :param reason: the reason that is published when a lead agrees to the change.
    :param grounds: the grounds for an unusual time, a weekend or a bank holiday. The lead who agrees to the change
        counts as the person who gave the reason for a bank holiday.
    """
    check_may(by, Action.ASK_DATE_CHANGE, release.series.producer)
    _check_confirmed(release)
    release, to, _move = scheduling.prepare_date_change(
        release,
        to=to,
        reason=reason,
        roles=LEADS,
        at=at,
        expected_version=expected_version,
        expected_status=expected_status,
        grounds=grounds,
    )
    lapse_overtaken(now=at, release=release)
    _check_none_waiting(release)
    was = release.slot
    assert was.at is not None and to.at is not None  # noqa: S101, PT018  # a confirmed date is exact
    try:
        with transaction.atomic():
            request = DateChangeRequest.objects.create(
                release=release,
                schedule_version=release.schedule_version,
                was_on=was.on,
                was_at=was.at,
                to_on=to.on,
                to_at=to.at,
                zone=to.zone,
                public_reason=reason.strip(),
                osr_reference=grounds.osr_reference.strip(),
                osr_agreed_on=grounds.osr_agreed_on,
                bank_holiday_reason=grounds.bank_holiday_reason.strip(),
                requested_by=by,
                requested_at=at,
            )
            facts = {"request": request.pk, "was": str(was), "to": str(to)}
            record_event(release, REQUESTED, at=at, by=by, words=request.public_reason, **facts)
    except IntegrityError:
        _check_none_waiting(release)
        raise
    return request


def check_request_possible(release: Release) -> None:
    _check_confirmed(release)
    _check_none_waiting(release)


def check_decidable(request: DateChangeRequest, *, by: User) -> None:
    _check(request, REFUSE, by=by, reason="to be given")


def agree_to_date_change(request: DateChangeRequest, *, by: User, at: datetime) -> Release:
    """Agree to a request, and change the date of the release.

    The record names the person who requested the change and the person who agreed.
    """
    move = _check(request, AGREE, by=by)
    try:
        with transaction.atomic():
            _decide(request, move, by=by, at=at)
            return scheduling.change_date(
                request.release,
                to=request.to,
                reason=request.public_reason,
                by=by,
                at=at,
                expected_version=request.schedule_version,
                request=request,
                grounds=request.grounds,
            )
    except MoveRefused:
        _check_not_overtaken(request, at=at)
        raise


def refuse_date_change(request: DateChangeRequest, *, reason: str, by: User, at: datetime) -> DateChangeRequest:
    """Refuse a request. The reason is for the person who made the request."""
    move = _check(request, REFUSE, by=by, reason=reason)
    _check_not_overtaken(request, at=at)
    return _decide(request, move, by=by, at=at, refusal=reason.strip())


def withdraw_date_change(request: DateChangeRequest, *, by: User, at: datetime) -> DateChangeRequest:
    """Withdraw a request. Only the person who made the request can withdraw it."""
    move = _check(request, WITHDRAW, by=by)
    if request.requested_by_id != by.pk:
        raise WrongRole(_("Only the person who requested this change can withdraw it."))
    _check_not_overtaken(request, at=at)
    return _decide(request, move, by=by, at=at)


def lapse_overtaken(*, now: datetime, release: Release | None = None) -> int:
    """Mark undecided requests as lapsed if their release was moved, published or cancelled after the request.

    :param release: the release whose requests are marked. If it is None, the requests of all releases are marked.
    :return: the number of requests that were marked.
    """
    found = DateChangeRequest.objects.overtaken().select_related("release__series__producer")
    if release is not None:
        found = found.filter(release=release)
    lapsed = 0
    for request in found:
        move = REQUEST.check(LAPSE, source=request.state, roles=(), by_system=True)
        try:
            _decide(request, move, by=None, at=now)
        except ChangedMeanwhile:
            continue
        lapsed += 1
    return lapsed


def requests_to_decide(person: Person) -> DateChangeRequestQuerySet:
    """Return the requests that a person may decide, and the closed requests of the same producers."""
    found = DateChangeRequest.objects.filter(
        is_shown_to(person, column="release__training"), release__series__producer__in=producers_with(person, LEADS)
    )
    return found.select_related("release__series__producer", "requested_by")


def tokens_of(requests: Iterable[DateChangeRequest]) -> dict[int, str]:
    """Return a dict that maps the primary key of a request to the code of the API token that was used for the request.

    Requests that were not made through the API are left out.
    """
    releases = {request.release_id for request in requests}
    facts = ReleaseEvent.objects.filter(release__in=releases, kind=REQUESTED).values_list("facts", flat=True)
    return {one["request"]: one["api_token"] for one in facts if "api_token" in one}


def open_requests_for(person: Person) -> DateChangeRequestQuerySet:
    """Return the open requests that a person may decide, sorted by the due time of the release."""
    return requests_to_decide(person).waiting().order_by("release__due_at", "pk")


def latest_request(release: Release) -> DateChangeRequest | None:
    made = DateChangeRequest.objects.filter(release=release)
    made = made.select_related("requested_by", "decided_by", "release__series__producer")
    return made.order_by("-requested_at", "-pk").first()


def waiting_request(release: Release) -> DateChangeRequest | None:
    """Return the open request for a release, or None if there is no open request or the release has changed since."""
    latest = latest_request(release)
    return latest if latest and latest.current_state(release) == RequestState.WAITING else None


def _check_confirmed(release: Release) -> None:
    if release.status != Status.CONFIRMED:
        sentence = _("Only changes to confirmed dates need agreement. This release is %(status)s.")
        raise NothingToAgree(sentence % {"status": release.status})


def _check_none_waiting(release: Release) -> None:
    if waits := DateChangeRequest.objects.waiting().filter(release=release).select_related("requested_by").first():
        sentence = _("%(person)s has already requested a change to %(to)s. It is awaiting agreement.")
        raise AlreadyRequested(sentence % {"to": waits.to, "person": waits.requested_by})


def _check(request: DateChangeRequest, name: str, *, by: User, reason: str = "") -> Move:
    roles = roles_of(by, request.release.series.producer)
    return REQUEST.check(name, source=request.state, roles=roles, given={"reason"} if reason.strip() else ())


def _decide(
    request: DateChangeRequest, move: Move, *, by: User | None, at: datetime, refusal: str = ""
) -> DateChangeRequest:
    with transaction.atomic():
        # Lock the release before the request, as a change through the API does. The request is deleted with its
        # release, so both may be gone by now.
        lock_release_rows([request.release_id])
        waiting = DateChangeRequest.objects.filter(pk=request.pk, state=RequestState.WAITING)
        if not waiting.update(state=move.target, decided_by=by, decided_at=at, refusal=refusal):
            raise ChangedMeanwhile(_("Another person has already decided this request."))
        # Read a copy, so that the caller's object is unchanged if the transaction is rolled back.
        decided = DateChangeRequest.objects.select_related("release__series__producer").get(pk=request.pk)
        record_event(
            decided.release, f"date_change_{move.target}", at=at, by=by, words=refusal, request=request.pk,
            to=str(decided.to),
        )  # fmt: skip
    return decided


def _check_not_overtaken(request: DateChangeRequest, *, at: datetime) -> None:
    if lapse_overtaken(now=at, release=request.release):
        current = Release.objects.get(pk=request.release_id)
        sentence = _(
            "We did not change %(reference)s to %(to)s, because the release has changed since the "
            "request. Its status is now %(status)s and its date is %(slot)s."
        )
        facts = {"reference": current.reference, "to": request.to, "status": current.status, "slot": current.slot}
        raise Overtaken(sentence % facts)
