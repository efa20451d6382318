"""The embargo on what was seen too early: which bodies are sealed, and who may read them all the same."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import F, Q, QuerySet

from releases.core.judging.evidence import LookResult
from releases.core.status import Status
from releases.models import Observation
from releases.models.observation import Purpose
from releases.permissions import Action, Person, producers_where

# By the body's hash: the keys of the producers whose embargo it is under.
type Seals = Mapping[str, frozenset[int]]


def seals_on(hashes: Collection[str], *, now: datetime) -> Seals:
    """Find which of some bodies are sealed: seen before a release was due, by a look that did not find it absent.

    A seal is lifted by the facts alone: once the release has been due and seen live. One that was moved to a later
    date is sealed until then, one that was cancelled for good. The same bytes are sealed wherever they were seen.

    :param hashes: SHA-256 of the bodies.
    :param now: the aware instant at which somebody would read them.
    """
    too_early = (
        Observation.objects.filter(body_sha256__in=hashes)
        .filter(Q(release__due_at__isnull=True) | Q(sent_at__lt=F("release__due_at")))
        .exclude(release__status=Status.PUBLISHED, release__due_at__lte=now)
        .order_by()
    )
    seals: dict[str, set[int]] = defaultdict(set)
    for sha256, producer in _perhaps_live(too_early):
        seals[sha256].add(producer)
    return {sha256: frozenset(producers) for sha256, producers in seals.items()}


def may_read(person: Person, sealed_by: Collection[int]) -> bool:
    """Tell whether a person may read a body under the embargo of some producers: who leads every one of them may.

    :param sealed_by: the producers' keys; none if the body is not sealed.
    """
    return set(sealed_by) <= set(producers_where(person, Action.READ_SEALED).values_list("pk", flat=True))


def _perhaps_live(looks: QuerySet[Observation]) -> Iterable[tuple[str, int]]:
    """Give hash and producer of each look that may have seen the release itself."""
    seen = ("body_sha256", "release__series__producer_id")
    yield from looks.exclude(result=LookResult.NOT_LIVE).values_list(*seen).distinct()
    # An announcement is public. Where it leads elsewhere, that may be the release in its place.
    announced = looks.filter(purpose=Purpose.ANNOUNCEMENT, result=LookResult.NOT_LIVE)
    for sha256, producer, hops in announced.values_list(*seen, "hops"):
        if len(hops) > 1:
            yield sha256, producer
