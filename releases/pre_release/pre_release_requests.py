"""Changes of a list that were asked for shortly before the release: agreed, refused or taken back, each once."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases.core.lifecycle import SomebodyWasFaster
from releases.core.pre_release_status import ACCESS, AGREE, REFUSE, REQUEST, TAKE_BACK, WITHDRAW, Asked, RequestStatus
from releases.core.roles import LEADS
from releases.core.status import Status
from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.models.event import record
from releases.permissions import Person, producers_with, roles_of
from releases.pre_release.pre_release_entries import (
    ListRefused,
    apply_change,
    apply_withdrawal,
    as_may_be_changed,
    check_open,
    facts_of,
    hold_list,
    is_on_list,
    put_on_list,
)

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

AGREED = "pre_release_agreed"
REFUSED = "pre_release_refused"
TAKEN_BACK = "pre_release_request_taken_back"
KINDS = {AGREE: AGREED, REFUSE: REFUSED, TAKE_BACK: TAKEN_BACK}


def waiting_for(person: Person) -> QuerySet[PreReleaseRequest]:
    """Return the requests that wait for a person to agree, the oldest first."""
    theirs = Release.objects.filter(series__producer__in=producers_with(person, LEADS))
    return PreReleaseRequest.objects.filter(status=RequestStatus.WAITING, release__in=theirs).order_by("asked_at", "pk")


def agree(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Agree to a change of a list, and make it.

    :param at: the aware instant of agreeing.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if it is decided already.
    :raises ListRefused: if it can no longer be made; then it waits as before, and can be refused.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        decided = _decide(release, request, AGREE, by=by, at=at)
        _make(release, request, by=by, at=at)
    return decided


def refuse(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Refuse a change of a list; the list stays as it is.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if it is decided already.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        return _decide(release, request, REFUSE, by=by, at=at)


def take_back(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Take back a change that was asked for and waits.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongState: if it is decided already.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        return _decide(release, request, TAKE_BACK, by=by, at=at)


def _held(request: PreReleaseRequest, *, by: "User") -> tuple[Release, PreReleaseRequest]:
    release = hold_list(request.release, by=by)
    return release, PreReleaseRequest.objects.select_related("release", "asked_by").get(pk=request.pk)


def _decide(release: Release, request: PreReleaseRequest, name: str, *, by: "User", at: datetime) -> PreReleaseRequest:
    move = REQUEST.check(name, source=request.status, roles=roles_of(by, release.series.producer))
    # The name goes with the decision: it is on the list, or it has no purpose.
    still_waits = PreReleaseRequest.objects.filter(pk=request.pk, status=move.source)
    if not still_waits.update(status=move.target, decided_by=by, decided_at=at, person="", email=""):
        sentence = _("Somebody else decided this meanwhile.")
        raise SomebodyWasFaster(sentence)
    record(release, KINDS[name], at=at, by=by, asked=request.kind, **facts_of(request))
    return PreReleaseRequest.objects.get(pk=request.pk)


def _make(release: Release, request: PreReleaseRequest, *, by: "User", at: datetime) -> None:
    """Make the change that was agreed to, as it was asked for."""
    if request.kind == Asked.ADD:
        check_open(release, at=at)
        if is_on_list(release, request.details):
            sentence = _("The list holds this person as %(request)s already; refuse the request.") % {
                "request": request
            }
            raise ListRefused(sentence)
        put_on_list(release, request.details, granted_by=request.asked_by, agreed_by=by, at=at)
        return
    assert request.entry is not None  # noqa: S101  # so says the database
    entry = _as_it_was(request.entry, request)
    if request.kind == Asked.WITHDRAW:
        check_open(release, at=at, or_cancelled=True)
        roles = roles_of(by, release.series.producer)
        ACCESS.check(WITHDRAW, source=entry.status, roles=roles, given=("agreement",))
        apply_withdrawal(entry, by=by, at=at)
    elif release.status == Status.CANCELLED:
        sentence = _("This release is cancelled; its list stays as it was.")
        raise ListRefused(sentence)
    else:
        details = as_may_be_changed(entry, request.details, at=at)
        if details == entry.details:
            sentence = _("The release has been due meanwhile: what was asked for can no longer be changed. Refuse it.")
            raise ListRefused(sentence)
        apply_change(entry, details, by=by, at=at)


def _as_it_was(entry: PreReleaseAccess, request: PreReleaseRequest) -> PreReleaseAccess:
    entry = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
    if entry.version != request.entry_version:
        sentence = _("The entry was changed since this was asked for; refuse it, and have it asked for again.")
        raise ListRefused(sentence)
    return entry
