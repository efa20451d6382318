"""Finding the release that a page is about, for the person who asks; what is not theirs does not exist."""

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from releases.core.status import RELEASE
from releases.models import Release
from releases.permissions import Action, Person, may, roles_of

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who has signed in, as `login_required` lets it through."""

    user: "User"


def release_of_theirs(person: Person, reference: str, action: Action = Action.VIEW) -> Release:
    """Return a release with which the table lets a person do something.

    :raises Http404: if there is none, or they may not.
    """
    found = Release.objects.select_related("series__producer").filter(reference=reference).first()
    if found is None or not may(person, action, found.series.producer):
        message = "There is no such release, or it is not yours."
        raise Http404(message)
    return found


def release_to_move(person: Person, reference: str, move: str) -> Release:
    """Return a release that a person may move as it stands.

    :raises Http404: if there is none, or none of their roles may make this move from its status.
    :raises WrongState: if their roles could make this move, and its status no longer allows it.
    """
    release = release_of_theirs(person, reference)
    roles = roles_of(person, release.series.producer)
    if move in RELEASE.available(source=release.status, roles=roles):
        return release
    starts_here = any(row.name == move and row.source == release.status for row in RELEASE.moves)
    could_once = any(row.name == move and row.roles & roles for row in RELEASE.moves)
    if starts_here or not could_once:
        message = "There is no such release, or this is not yours to do."
        raise Http404(message)
    RELEASE.find(move, source=release.status)
    raise AssertionError(move)  # find() refuses every move that does not start in this status
