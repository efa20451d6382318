"""How a release moves: the table asked, the state compared and set, and one event written, in one transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases.core.dates import london
from releases.core.lifecycle import Move, MoveRefused, SomebodyWasFaster
from releases.core.status import RELEASE, Status
from releases.models import Release
from releases.models.event import record, record_rows
from releases.models.series import GREATEST_TOLERANCE_SECONDS
from releases.permissions import roles_of

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

# The last look planned up to the limit has timed out by then, and the verdict stands.
JUDGING_TAKES = timedelta(seconds=30)


class BeingJudged(MoveRefused):
    """The release has fallen due and its verdict is not in yet."""


def check(release: Release, name: str, *, by: "User | None", given: Collection[str] = ()) -> Move:
    """Return the row of the table for a move of a release by a person, or by the system.

    :raises MoveRefused: if its status, the person's roles or what was given do not allow it.
    """
    roles = roles_of(by, release.series.producer) if by else frozenset()
    return RELEASE.check(name, source=release.status, roles=roles, given=given, by_system=by is None)


def apply(
    release: Release,
    move: Move,
    *,
    by: "User | None",
    at: datetime,
    values: dict[str, Any],
    words: str = "",
    **facts: Any,
) -> Release:
    """Make a move that was checked, and write its event.

    :param at: the aware instant of moving.
    :param values: the release's other fields that change with it.
    :param words: what a person wrote about it.
    :param facts: JSON-able facts of the event.
    :raises SomebodyWasFaster: if its status or its schedule is not what was read any more.
    """
    with transaction.atomic():
        unchanged = Release.objects.filter(pk=release.pk, status=move.source, schedule_version=release.schedule_version)
        if not unchanged.update(status=move.target, **values):
            sentence = _("This release was changed by somebody else; look at it again before you go on.")
            raise SomebodyWasFaster(sentence)
        release.refresh_from_db()
        record(release, move.name, at=at, by=by, words=words, status=[move.source, move.target], **facts)
        record_rows({Release: [release.pk]})
    return release


def is_due(release: Release, *, at: datetime) -> bool:
    """Tell whether a release has fallen due by an aware instant; one with a vague date has not."""
    return release.due_at is not None and at >= release.due_at


def refuse_while_judged(release: Release, *, at: datetime) -> None:
    """Require that no verdict on a release is falling: nobody hides a breach by moving or cancelling it.

    :raises BeingJudged: if it has fallen due and is being looked at.
    """
    if times := _times_while_judged(release, at=at):
        sentence = _(
            "This release fell due at %(due)s and is being looked at; it can be moved or cancelled from %(free)s on."
        )
        raise BeingJudged(sentence % times)


def refuse_other_names_while_judged(releases: QuerySet[Release], *, at: datetime) -> None:
    """Require that no verdict on any of some releases is falling: nobody hides a breach by what its page is known by.

    Afterwards a wrong name may be corrected, so that the page is known at the looks to come; the verdict stands.

    :raises BeingJudged: if one of them has fallen due and is being looked at.
    """
    longest = timedelta(seconds=GREATEST_TOLERANCE_SECONDS) + JUDGING_TAKES
    for release in releases.filter(due_at__gt=at - longest, due_at__lte=at).select_related("series"):
        if times := _times_while_judged(release, at=at):
            sentence = _(
                "%(reference)s fell due at %(due)s and is being looked at; what it is known by can be changed from "
                "%(free)s on."
            )
            raise BeingJudged(sentence % {"reference": release.reference, **times})


def _times_while_judged(release: Release, *, at: datetime) -> dict[str, str]:
    """Return since when and until when the verdict on a release falls, for a sentence; nothing while it does not."""
    # A published one too: somebody may have said so of it who saw its page, and its attachments are still to come.
    if release.status not in {Status.CONFIRMED, Status.PUBLISHED} or release.due_at is None or at < release.due_at:
        return {}
    free_at = release.limit_at + JUDGING_TAKES
    if at >= free_at:
        return {}
    return {"due": london.clock_time(release.due_at), "free": london.clock_time_to_the_second(free_at)}
