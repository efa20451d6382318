"""What a release's page shows of a change of date that somebody has asked for."""

from dataclasses import dataclass

from releases.calendar import date_requests
from releases.core.agreement import AGREE, REQUEST, WITHDRAW, RequestState
from releases.core.roles import Role
from releases.models import DateChangeRequest, Release
from releases.permissions import Person
from releases.words import agreement_wording
from releases.words.agreement_wording import Tag


@dataclass(frozen=True, slots=True)
class Part:
    """The request that was made last, where it stands in words, and what the person may do with it."""

    asked: DateChangeRequest
    label: str
    colour: str
    sentence: str
    tags: list[Tag]
    waits: bool
    may_decide: bool
    may_withdraw: bool


def part_of(release: Release, *, person: Person, roles: frozenset[Role]) -> Part | None:
    """Gather what is to be shown of a release's last request; nothing if none was made."""
    asked = date_requests.latest_of(release)
    if asked is None:
        return None
    state = asked.state_beside(release)
    label, colour = agreement_wording.state_tag(state)
    moves = REQUEST.available(source=state, roles=roles)
    return Part(
        asked=asked,
        label=label,
        colour=colour,
        sentence=agreement_wording.state_sentence(asked, state),
        tags=agreement_wording.tags_of_request(asked),
        waits=state == RequestState.WAITING,
        may_decide=AGREE in moves,
        may_withdraw=WITHDRAW in moves and asked.requested_by_id == person.pk,
    )
