"""The list of those who may see a release before it is out: grant, change, withdraw, or ask for it shortly before."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from releases.core.lifecycle import SomethingMissing
from releases.core.pre_release_details import PUBLIC, Details, objections
from releases.core.pre_release_period import needs_agreement
from releases.core.pre_release_status import ACCESS, CHANGE, WITHDRAW, Asked, RequestStatus
from releases.core.roles import LEADS
from releases.core.status import Status
from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.models.event import record
from releases.models.pre_release import columns_of
from releases.permissions import roles_of
from releases.pre_release.pre_release_entries import (
    ListRefused,
    Objected,
    apply_change,
    apply_withdrawal,
    as_may_be_changed,
    check_open,
    facts_of,
    hold_entry,
    hold_list,
    is_on_list,
    only_words_are_open,
    put_on_list,
)

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

ASKED = "pre_release_asked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act came to: the entry as it is now, or the request that waits for the Head of Profession."""

    entry: PreReleaseAccess | None = None
    request: PreReleaseRequest | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody has to agree first."""
        return self.request is not None


def grant(release: Release, details: Details, *, by: "User", at: datetime) -> Outcome:
    """Grant pre-release access to a post, or ask the Head of Profession for it within a day before the release.

    :param at: the aware instant of granting.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises Objected: if something is missing or wrong, field by field.
    :raises ListRefused: if the release is out, due or cancelled, or the person is on the list already.
    """
    with transaction.atomic():
        release = hold_list(release, by=by)
        check_open(release, at=at)
        _check(details, release)
        return grant_held(release, details, by=by, at=at)


def grant_held(release: Release, details: Details, *, by: "User", at: datetime) -> Outcome:
    """Grant access to a release that is held and open, or ask for it; what is written is not checked again.

    :raises ListRefused: if the person is on the list already.
    """
    if is_on_list(release, details):
        sentence = _("The list holds this person as %(post)s, %(organisation)s.") % {
            "post": details.post,
            "organisation": details.organisation,
        }
        raise ListRefused(sentence, "person")
    shortly, leads = needs_agreement(release.due_at, at=at), _leads(release, by)
    if shortly and not leads:
        return Outcome(request=_ask(release, Asked.ADD, details, by=by, at=at))
    agreed_by = by if shortly else None
    return Outcome(entry=put_on_list(release, details, granted_by=by, agreed_by=agreed_by, at=at))


def change(entry: PreReleaseAccess, details: Details, *, by: "User", at: datetime, expected_version: int) -> Outcome:
    """Change an entry of the list, or ask the Head of Profession for it within a day before the release.

    Once access began or the release is due only post and organisation are put right; the rest stays as it was.

    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since.
    :raises Objected: if something is missing or wrong, field by field.
    :raises ListRefused: if nothing would change, a change waits already, or the release is cancelled.
    :raises WrongState: if the access was withdrawn.
    """
    with transaction.atomic():
        release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.find(CHANGE, source=entry.status)
        if release.status == Status.CANCELLED:
            sentence = _("This release is cancelled; its list stays as it was.")
            raise ListRefused(sentence)
        details = as_may_be_changed(entry, details, at=at)
        if details == entry.details:
            sentence = _("Nothing is changed: the entry says this already.")
            raise ListRefused(sentence)
        _check(details, release, only=PUBLIC if only_words_are_open(entry, at=at) else ())
        if is_on_list(release, details, but=entry):
            sentence = _("The list holds this person as %(post)s, %(organisation)s already.") % {
                "post": details.post,
                "organisation": details.organisation,
            }
            raise ListRefused(sentence, "person")
        if waits := _ask_unless_agreed(entry, CHANGE, Asked.CHANGE, details, by=by, at=at):
            return waits
        return Outcome(entry=apply_change(entry, details, by=by, at=at))


def withdraw(entry: PreReleaseAccess, *, by: "User", at: datetime, expected_version: int) -> Outcome:
    """Withdraw access that has not begun, or ask the Head of Profession for it within a day before the release.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the release is out or due, or a change of the entry waits already.
    :raises WrongState: if access began, ended or was withdrawn.
    """
    with transaction.atomic():
        release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.find(WITHDRAW, source=entry.status)
        check_open(release, at=at, or_cancelled=True)
        # Whose access is to end is told by the entry; the request needs no second copy of the name.
        nobody = replace(entry.details, person="", email="")
        if waits := _ask_unless_agreed(entry, WITHDRAW, Asked.WITHDRAW, nobody, by=by, at=at):
            return waits
        return Outcome(entry=apply_withdrawal(entry, by=by, at=at))


def _check(details: Details, release: Release, *, only: tuple[str, ...] = ()) -> None:
    usual = release.series.producer.usual_pre_release().period
    found = [objection for objection in objections(details, usual=usual) if not only or objection.field in only]
    if found:
        raise Objected(found)


def _leads(release: Release, by: "User") -> bool:
    return bool(LEADS & roles_of(by, release.series.producer))


def _ask_unless_agreed(
    entry: PreReleaseAccess, move: str, kind: Asked, details: Details, *, by: "User", at: datetime
) -> Outcome | None:
    """Return the request that has to wait, or None if the table lets this person make the move at once."""
    release = entry.release
    agreed = _leads(release, by) or not needs_agreement(release.due_at, at=at)
    roles = roles_of(by, release.series.producer)
    try:
        ACCESS.check(move, source=entry.status, roles=roles, given={"agreement"} if agreed else ())
    except SomethingMissing:
        return Outcome(request=_ask(release, kind, details, entry=entry, by=by, at=at))
    return None


def _ask(
    release: Release,
    kind: Asked,
    details: Details,
    *,
    by: "User",
    at: datetime,
    entry: PreReleaseAccess | None = None,
) -> PreReleaseRequest:
    if entry and entry.requests.filter(status=RequestStatus.WAITING).exists():
        sentence = _("A change of this entry waits for the Head of Profession already.")
        raise ListRefused(sentence)
    request = PreReleaseRequest.objects.create(
        release=release,
        kind=kind,
        entry=entry,
        entry_version=entry.version if entry else None,
        asked_by=by,
        asked_at=at,
        **columns_of(details),
    )
    record(release, ASKED, at=at, by=by, asked=kind, **facts_of(request))
    return request
