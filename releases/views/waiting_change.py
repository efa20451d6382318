"""What a release's page shows of a change of date that somebody has asked for, and the way to ask."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releases import agreement_wording, date_requests
from releases.agreement import AGREE, ASKERS, REQUEST, WITHDRAW, RequestState
from releases.agreement_wording import Tag
from releases.models import DateChangeRequest, Release
from releases.permissions import Person
from releases.roles import LEADS, Role
from releases.status import Status


@dataclass(frozen=True, slots=True)
class Part:
    """The request that was made last, where it stands in words, and what the person may do with it."""

    asked: DateChangeRequest
    label: str
    colour: str
    sentence: str
    tags: list[Tag]
    may_decide: bool
    may_withdraw: bool


def part_of(release: Release, *, person: Person, roles: frozenset[Role]) -> Part | None:
    """Gather what is to be shown of a release's last request; nothing if none was made."""
    asked = date_requests.latest_of(release)
    if asked is None:
        return None
    label, colour = agreement_wording.state_tag(asked)
    moves = REQUEST.available(source=asked.state, roles=roles)
    return Part(
        asked=asked,
        label=label,
        colour=colour,
        sentence=agreement_wording.state_sentence(asked),
        tags=agreement_wording.tags_of_request(asked),
        may_decide=AGREE in moves,
        may_withdraw=WITHDRAW in moves and asked.requested_by_id == person.pk,
    )


def move_of(release: Release, *, roles: frozenset[Role]) -> Iterator[tuple[str, str]]:
    """Give the way to ask, in words and as a page's name, where there is anything to ask for and nobody has."""
    waits = release.date_requests.filter(state=RequestState.WAITING).exists()
    if release.status == Status.CONFIRMED and roles & ASKERS and not roles & LEADS and not waits:
        yield _("Ask to change the date"), "releases:ask_date_change"
