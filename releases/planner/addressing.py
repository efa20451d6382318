"""One address for each of many releases, from a pattern: what it would do, and doing it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from releases import permissions
from releases.calendar import corrections
from releases.calendar.scheduling import PlannedAddress
from releases.core import web_address
from releases.core.dates import address_pattern
from releases.core.dates.address_pattern import BadPattern, Facts
from releases.core.dates.calendar import Precision
from releases.core.lifecycle import MoveRefused
from releases.core.status import Status
from releases.core.web_address import NotAWebAddressError
from releases.models import Address, Observation, Release
from releases.permissions import Action

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class Objection(StrEnum):
    """Why a release keeps the addresses that it has."""

    NOT_YOURS = "not_yours"
    DUE = "due"
    CANCELLED = "cancelled"
    NOTHING_TO_CHANGE = "nothing_to_change"
    HAS_ONE = "has_one"
    NAMED_ALREADY = "named_already"
    LOOKED_AT = "looked_at"
    NOT_TOLD_APART = "not_told_apart"
    PATTERN = "pattern"
    NOT_AN_ADDRESS = "not_an_address"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Patterns of the address and of the words by which an edition is known, and how the address is read.

    A release that has an address of this role already keeps it, unless `replaces`.
    """

    url: str
    marker: str = ""
    role: str = Address.Role.PAGE
    adapter: str = "page"
    required: bool = True
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pattern makes of one release: the address planned, the one in whose place it comes, or an objection."""

    release: Release
    planned: PlannedAddress | None = None
    instead_of: Address | None = None
    objection: Objection | None = None
    fault: BadPattern | None = None

    @property
    def may_be_set(self) -> bool:
        """Whether nothing speaks against it."""
        return self.objection is None


def propose(releases: QuerySet[Release], pattern: Pattern, *, by: "User", now: datetime) -> list[Proposal]:
    """Say what a pattern would make of each of some releases; nothing is changed.

    :param now: the aware instant of asking: the addresses of what is due by then stay as they are.
    """
    looked_at = Exists(Observation.objects.filter(address=OuterRef("pk")))
    addresses = Prefetch("addresses", Address.objects.annotate(looked_at=looked_at), to_attr="present_addresses")
    found = releases.select_related("series__producer").prefetch_related(addresses).order_by("planned_on", "reference")
    mine = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    each = [_proposal(release, pattern, mine=release.series.producer_id in mine, now=now) for release in found]
    return _told_apart(each) if pattern.role == Address.Role.PAGE else each


def apply(proposals: Iterable[Proposal], *, by: "User", at: datetime) -> tuple[int, list[str]]:
    """Set the addresses to which there is no objection; each release for itself, with an event of its own.

    :param at: the aware instant of setting.
    :return: how many were set, and of the others, which were refused at the last moment, why.
    :raises NotYours: if one of the releases is not theirs to edit any more.
    """
    done, refusals = 0, []
    for proposal in proposals:
        if proposal.planned is None or not proposal.may_be_set:
            continue
        try:
            if proposal.instead_of is None:
                corrections.add_address(proposal.release, proposal.planned, by=by, at=at)
            else:
                corrections.change_address(proposal.instead_of, proposal.planned, by=by, at=at)
        except MoveRefused as refusal:
            refusals.append(str(refusal))
        else:
            done += 1
    return done, refusals


def _proposal(release: Release, pattern: Pattern, *, mine: bool, now: datetime) -> Proposal:
    if not mine:
        return Proposal(release, objection=Objection.NOT_YOURS)
    if corrections.addresses_are_fixed(release, now=now):
        return Proposal(release, objection=Objection.DUE)
    if release.status == Status.CANCELLED:
        return Proposal(release, objection=Objection.CANCELLED)
    try:
        planned = _planned(release, pattern)
        web_address.read(planned.url)
    except BadPattern as fault:
        return Proposal(release, objection=Objection.PATTERN, fault=fault)
    except NotAWebAddressError:
        return Proposal(release, planned, objection=Objection.NOT_AN_ADDRESS)
    present: Sequence[Address] = release.present_addresses  # type: ignore[attr-defined]  # of the prefetch
    return _beside(release, planned, present, replaces=pattern.replaces)


def _told_apart(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Object to what would give two releases one page and one marker: the first that is live would prove both."""
    wanted = Counter(_known_by(proposal.planned) for proposal in proposals if proposal.planned)
    urls = {url for url, _ in wanted}
    others = Address.objects.filter(url__in=urls, role=Address.Role.PAGE)
    others = others.exclude(release__in=[proposal.release.pk for proposal in proposals])
    taken = set(others.values_list("url", "marker"))
    return [
        replace(proposal, objection=Objection.NOT_TOLD_APART)
        if proposal.planned
        and proposal.may_be_set
        and (wanted[_known_by(proposal.planned)] > 1 or _known_by(proposal.planned) in taken)
        else proposal
        for proposal in proposals
    ]


def _known_by(planned: PlannedAddress) -> tuple[str, str]:
    return planned.url, planned.marker


def _planned(release: Release, pattern: Pattern) -> PlannedAddress:
    facts = Facts(
        on=release.planned_on,
        precision=Precision(release.precision),
        slug=release.series.slug,
        reference=release.reference,
        title=release.title,
    )
    return PlannedAddress(
        url=address_pattern.address(pattern.url, facts),
        marker=address_pattern.words(pattern.marker, facts),
        role=pattern.role,
        adapter=pattern.adapter,
        required=pattern.required,
    )


def _beside(release: Release, planned: PlannedAddress, present: Sequence[Address], *, replaces: bool) -> Proposal:
    """Compare the planned address with those that the release has."""
    same = next((address for address in present if address.url == planned.url), None)
    if same is not None and same.role != planned.role:
        return Proposal(release, planned, same, Objection.NAMED_ALREADY)
    of_role = [address for address in present if address.role == planned.role]
    # A page stands by itself; attachments stand beside each other, so that one more takes nobody's place.
    other = of_role[0] if of_role and planned.role == Address.Role.PAGE else None
    was = same or other
    if was is None:
        return Proposal(release, planned)
    if all(getattr(was, name) == getattr(planned, name) for name in ("url", "marker", "adapter", "required")):
        return Proposal(release, planned, was, Objection.NOTHING_TO_CHANGE)
    if not replaces:
        return Proposal(release, planned, was, Objection.HAS_ONE)
    looked_at: bool = was.looked_at  # type: ignore[attr-defined]  # annotated
    if looked_at and was.url != planned.url:
        return Proposal(release, planned, was, Objection.LOOKED_AT)
    return Proposal(release, planned, was)
