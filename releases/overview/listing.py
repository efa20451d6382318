"""Releases as a plain list, for programs: where each stands."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from releases.core.dates import london
from releases.core.judging.verdict import Outcome
from releases.models import Release, Verification


class NoSuchRelease(LookupError):
    """There is no release of this reference."""


def standings(references: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return where releases stand on their present schedule, by due time, or in the order that was asked for.

    Instants are ISO 8601 in UTC. `delay_seconds` is [from, to], negative before the due time, `to` null while
    nothing was seen live; null where the looks do not hold the publication between two instants. What the
    publisher's own system says stands apart from what was seen: `published_at_by_publisher`, with the figure that it
    was taken from as `publisher_source`. `diagnoses` may explain a late sighting.

    :param references: which releases; every one, rehearsals too, if there are none.
    :raises NoSuchRelease: if one of the references is not known.
    """
    releases = Release.objects.filter(reference__in=references) if references else Release.objects.all()
    found = {release.reference: release for release in releases}
    for reference in references:
        if reference not in found:
            message = f"There is no release {reference}."
            raise NoSuchRelease(message)
    verifications = _present_verifications(found.values())
    asked = dict.fromkeys(references or found)
    return [_standing(found[reference], verifications.get(found[reference].pk)) for reference in asked]


def sentence(standing: dict[str, Any]) -> str:
    """Write where a release stands in one line for people, in London time."""
    due_at = standing["due_at"]
    due = f"due {london.moment(datetime.fromisoformat(due_at))}" if due_at else "due on no exact date"
    # Without a verdict the status says more: what was published before anybody watched is not waiting for one.
    judged = standing["outcome"] != Outcome.PENDING
    where = standing["outcome"].replace("_", " ") if judged else f"{standing['status']}, not judged"
    line = f"{standing['reference']}: {where}, {due}"
    first, last = standing["delay_seconds"] or (None, None)
    if first is None:
        return line
    if last is None:
        return f"{line}, not live {math.floor(first)} seconds after it was due"
    side = "before" if first < 0 and last <= 0 else "after"
    lower, upper = sorted((abs(first), abs(last))) if side == "before" else (max(first, 0), last)
    return f"{line}, live between {math.floor(lower)} and {math.ceil(upper)} seconds {side} it was due"


def _present_verifications(releases: Iterable[Release]) -> dict[int, Verification]:
    versions = {release.pk: release.schedule_version for release in releases}
    rows = (
        Verification.objects.all() if len(versions) > 500 else Verification.objects.filter(release__in=list(versions))
    )
    return {row.release_id: row for row in rows.iterator() if versions.get(row.release_id) == row.schedule_version}


def _standing(release: Release, verification: Verification | None) -> dict[str, Any]:
    found = verification or Verification()
    late = verification is not None and verification.delay_from is not None
    return {
        "reference": release.reference,
        "status": release.status,
        "due_at": _written(release.due_at),
        "outcome": found.outcome or Outcome.PENDING.value,
        "last_not_live_at": _written(found.last_not_live_at),
        "first_live_at": _written(found.first_live_at),
        "delay_seconds": [found.delay_from, found.delay_to] if late else None,
        "reasons": list(found.reasons),
        "published_at": _written(release.published_at),
        "published_at_by_publisher": _written(found.published_at_by_publisher),
        "publisher_source": found.publisher_source or None,
        "diagnoses": list(found.diagnoses),
    }


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
