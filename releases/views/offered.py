"""What a person may do next with a release, each as words and a page: moves, and what goes round them."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.calendar.moving import is_due
from releases.core.agreement import is_to_be_asked
from releases.core.roles import Role
from releases.core.status import ANNOUNCE, CANCEL, CANCEL_ONCE_DUE, CHANGE_DATE, CONFIRM, RELEASE, Status
from releases.models import Release
from releases.permissions import TABLE, Action
from releases.views.waiting_change import Part

MOVES = {
    CONFIRM: (lazy("Confirm the date"), "releases:confirm"),
    ANNOUNCE: (lazy("Announce"), "releases:announce"),
    CHANGE_DATE: (lazy("Change the date"), "releases:change_date"),
    CANCEL: (lazy("Cancel this release"), "releases:cancel"),
}


def offered(
    release: Release, *, roles: frozenset[Role], requested: Part | None, now: datetime
) -> list[tuple[str, str]]:
    """Return what the roles may do with a release as it stands, in words and as the name of a page.

    :param requested: the change of date that was asked for last, if any was.
    :param now: the aware instant of asking.
    """
    moves = [MOVES[move] for move in RELEASE.available(source=release.status, roles=roles) if move in MOVES]
    if release.announced_at or release.rehearsal:
        moves = [move for move in moves if move != MOVES[ANNOUNCE]]
    once_due = release.status == Status.CONFIRMED and is_due(release, at=now)
    if once_due and CANCEL_ONCE_DUE not in RELEASE.available(source=release.status, roles=roles):
        moves = [move for move in moves if move != MOVES[CANCEL]]
    return [
        *((str(text), page) for text, page in moves),
        *_ask(release, roles, requested),
        *_tell_of_delay(release, roles),
    ]


def _ask(release: Release, roles: frozenset[Role], requested: Part | None) -> Iterator[tuple[str, str]]:
    waits = requested is not None and requested.waits
    if is_to_be_asked(release.status, roles=roles, waits=waits):
        yield _("Ask to change the date"), "releases:ask_date_change"


def _tell_of_delay(release: Release, roles: frozenset[Role]) -> Iterator[tuple[str, str]]:
    if release.status == Status.CONFIRMED and release.announced_at and TABLE[Action.POST_DELAY_NOTICE] & roles:
        yield _("Tell readers of a delay"), "releases:delay_notice"
