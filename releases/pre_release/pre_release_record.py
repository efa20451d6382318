"""When access before a release really began and ended: recorded by a person, and put right by those who lead."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from releases.core.dates import london
from releases.core.pre_release_status import ACCESS, BEGIN, END, TAKE_BACK, AccessStatus
from releases.models import PreReleaseAccess
from releases.models.event import record
from releases.permissions import roles_of
from releases.pre_release.pre_release_entries import ListRefused, advance, facts_of, hold_entry

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

BEGAN = "pre_release_began"
ENDED = "pre_release_ended"
TAKEN_BACK = "pre_release_record_taken_back"


def begin(
    entry: PreReleaseAccess, *, began_at: datetime, by: "User", at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record that access began. Outside its period it is recorded all the same: what happened is what happened.

    :param began_at: the aware instant at which it began, as the person says.
    :param at: the aware instant of recording.
    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the time is in the future, or the release was out by then.
    :raises WrongState: if it began already or was withdrawn.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.check(BEGIN, source=entry.status, roles=_roles(entry, by), given=("time",))
        _check_time(entry, began_at, at=at)
        return _recorded(entry, AccessStatus.BEGUN, BEGAN, by=by, at=at, began_at=began_at)


def end(
    entry: PreReleaseAccess, *, ended_at: datetime, by: "User", at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record that access ended before the release was out.

    :param ended_at: the aware instant at which it ended, as the person says.
    :param at: the aware instant of recording.
    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the time is in the future, before the access began, or the release was out by then.
    :raises WrongState: if it has not begun, or ended already.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.check(END, source=entry.status, roles=_roles(entry, by), given=("time",))
        _check_time(entry, ended_at, at=at)
        if entry.began_at and ended_at < entry.began_at:
            sentence = _("The access began at %(moment)s: it cannot have ended before that.") % {
                "moment": london.moment(entry.began_at)
            }
            raise ListRefused(sentence, "time")
        return _recorded(entry, AccessStatus.ENDED, ENDED, by=by, at=at, ended_at=ended_at)


def take_back(entry: PreReleaseAccess, *, by: "User", at: datetime, expected_version: int) -> PreReleaseAccess:
    """Take back the last thing that was recorded of an access, because it was recorded by mistake.

    What was taken back stays among the events of the release.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if nothing is recorded of it.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        move = ACCESS.check(TAKE_BACK, source=entry.status, roles=_roles(entry, by))
        column = "began_at" if entry.status == AccessStatus.BEGUN else "ended_at"
        moved = advance(entry, move.target, **{column: None})
        said = {column: getattr(entry, column).isoformat()}
        record(moved.release, TAKEN_BACK, at=at, by=by, **said, **facts_of(moved))
        return moved


def _roles(entry: PreReleaseAccess, by: "User") -> Any:
    return roles_of(by, entry.release.series.producer)


def _check_time(entry: PreReleaseAccess, time: datetime, *, at: datetime) -> None:
    if time > at:
        sentence = _("%(moment)s is still to come: record it once it has happened.") % {"moment": london.moment(time)}
        raise ListRefused(sentence, "time")
    published_at = entry.release.published_at
    if published_at is not None and time > published_at:
        sentence = _("The release was out at %(moment)s; from then on everybody had access.") % {
            "moment": london.moment(published_at)
        }
        raise ListRefused(sentence, "time")


def _recorded(
    entry: PreReleaseAccess, status: AccessStatus, kind: str, *, by: "User", at: datetime, **times: datetime
) -> PreReleaseAccess:
    moved = advance(entry, status, **times)
    instants = {name: instant.isoformat() for name, instant in times.items()}
    record(moved.release, kind, at=at, by=by, **instants, **facts_of(moved))
    return moved
