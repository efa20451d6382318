"""The entries of a list as they are stored: read under a lock, moved by compare-and-set, each act with its event."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.translation import gettext as _

from releases.core.lifecycle import MoveRefused, SomebodyWasFaster
from releases.core.pre_release_details import PUBLIC, Details, Objection
from releases.core.pre_release_status import ON_THE_LIST, AccessStatus, Asked, RequestStatus
from releases.core.status import Status
from releases.models import PreReleaseAccess, Release
from releases.models.event import hold, record
from releases.models.pre_release import AccessDetails, columns_of
from releases.permissions import Action, check_may

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

GRANTED = "pre_release_granted"
CHANGED = "pre_release_changed"
WITHDRAWN = "pre_release_withdrawn"


class ListRefused(MoveRefused):
    """The list cannot be changed in this way; `field` names what is wrong with what was written, if anything."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Objected(ListRefused):
    """What was written cannot stay as it is; `objections` says why, field by field."""

    def __init__(self, found: Iterable[Objection]) -> None:
        self.objections = tuple(found)
        super().__init__(" ".join(objection.sentence for objection in self.objections), self.objections[0].field)


def hold_list(release: Release, *, by: "User") -> Release:
    """Return a release as it is stored, locked, so that two who change its list do so one after the other.

    :raises NotYours: if the person does not keep the lists of its producer.
    """
    stored = hold(release.pk)
    check_may(by, Action.KEEP_ACCESS_LIST, stored.series.producer)
    return stored


def hold_entry(
    entry: PreReleaseAccess, *, by: "User", expected_version: int | None = None
) -> tuple[Release, PreReleaseAccess]:
    """Return an entry and its release as they are stored, the release locked.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry is not the expected version any more.
    """
    release = hold_list(entry.release, by=by)
    stored = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
    if expected_version not in {None, stored.version}:
        raise _was_faster()
    return release, stored


def check_open(release: Release, *, at: datetime, or_cancelled: bool = False) -> None:
    """Require that access before the release can still be given or taken away.

    :raises ListRefused: if it is out, due or, unless that is no hindrance, cancelled.
    """
    if release.status == Status.CANCELLED and not or_cancelled:
        sentence = _("This release is cancelled: there is nothing to have access to.")
        raise ListRefused(sentence)
    if release.status == Status.PUBLISHED or (release.due_at is not None and at >= release.due_at):
        sentence = _("This release has been due: access before it can no longer be granted or withdrawn.")
        raise ListRefused(sentence)


def only_words_are_open(entry: PreReleaseAccess, *, at: datetime) -> bool:
    """Tell whether of an entry only post and organisation can still be put right.

    Once access began, or the release is due, who had it and for how long is a fact.
    """
    due_at = entry.release.due_at
    return entry.status != AccessStatus.GRANTED or (due_at is not None and at >= due_at)


def as_may_be_changed(entry: PreReleaseAccess, details: Details, *, at: datetime) -> Details:
    """Return what an entry would say: everything as written, or post and organisation alone once access is a fact."""
    if only_words_are_open(entry, at=at):
        return replace(entry.details, **{field: getattr(details, field) for field in PUBLIC})
    return details


def is_on_list(release: Release, details: Details, *, but: PreReleaseAccess | None = None) -> bool:
    """Tell whether a person is on the list in the same post already, or waits to be; without a name nobody is.

    :param but: an entry that does not count.
    """
    if not details.person:
        return False
    same = {f"{name}__iexact": getattr(details, name) for name in ("post", "organisation", "person")}
    entries = release.pre_release_access.filter(**same, status__in=ON_THE_LIST, erased_at__isnull=True)
    waiting = release.pre_release_requests.filter(**same, kind=Asked.ADD, status=RequestStatus.WAITING)
    if but is not None:
        return entries.exclude(pk=but.pk).exists()
    return entries.exists() or waiting.exists()


def put_on_list(
    release: Release, details: Details, *, granted_by: "User", agreed_by: "User | None", at: datetime
) -> PreReleaseAccess:
    """Write an entry and its event; whoever calls has checked, in the same transaction, that it may be.

    :param granted_by: who keeps the list and wrote the entry.
    :param agreed_by: the Head of Profession or deputy who agreed, where that was needed.
    """
    entry = PreReleaseAccess.objects.create(
        release=release,
        granted_by=granted_by,
        granted_at=at,
        agreed_by=agreed_by,
        agreed_at=at if agreed_by else None,
        **columns_of(details),
    )
    record(release, GRANTED, at=at, by=agreed_by or granted_by, **facts_of(entry))
    return entry


def apply_change(entry: PreReleaseAccess, details: Details, *, by: "User", at: datetime) -> PreReleaseAccess:
    """Write a change of an entry and its event; whoever calls has checked that it may be.

    :raises SomebodyWasFaster: if the entry was changed since it was read; nothing is changed then.
    """
    was, new = columns_of(entry.details), columns_of(details)
    fields = [name for name in new if new[name] != was[name]]
    entry = advance(entry, entry.status, **new)
    earlier: dict[str, Any] = {"was": [was[field] for field in PUBLIC]} if {*fields} & {*PUBLIC} else {}
    record(entry.release, CHANGED, at=at, by=by, fields=fields, **earlier, **facts_of(entry))
    return entry


def apply_withdrawal(entry: PreReleaseAccess, *, by: "User", at: datetime) -> PreReleaseAccess:
    """Write that access was withdrawn before it began, and the event; whoever calls has checked that it may be.

    :raises SomebodyWasFaster: if the entry was changed since it was read; nothing is changed then.
    """
    entry = advance(entry, AccessStatus.WITHDRAWN, withdrawn_at=at)
    record(entry.release, WITHDRAWN, at=at, by=by, **facts_of(entry))
    return entry


def advance(entry: PreReleaseAccess, status: str, **values: Any) -> PreReleaseAccess:
    """Move an entry on by compare-and-set on the status and version with which it was read.

    :raises SomebodyWasFaster: if it has moved on since; nothing is changed then.
    """
    unchanged = PreReleaseAccess.objects.filter(pk=entry.pk, status=entry.status, version=entry.version)
    if not unchanged.update(status=status, version=F("version") + 1, **values):
        raise _was_faster()
    return PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)


def facts_of(row: AccessDetails) -> dict[str, str]:
    """Return what an event says of an entry: what the published list says of it, and nothing of the person."""
    return {"post": row.post, "organisation": row.organisation, "period": str(row.period)}


def _was_faster() -> SomebodyWasFaster:
    sentence = _("Somebody else changed this entry meanwhile; look at it again before you go on.")
    return SomebodyWasFaster(sentence)
