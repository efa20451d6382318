"""Looks put on record for tests, without anybody having looked."""

from datetime import datetime, timedelta

from releases.core.canonical import sha256_hex
from releases.core.judging.publisher import PublisherSays, as_json
from releases.models import Address, Observation, Release
from releases.models.observation import Purpose


def a_look(
    address: Address,
    result: str,
    *,
    at: datetime,
    reasons: tuple[str, ...] = (),
    text: str = "",
    took: timedelta = timedelta(seconds=0.2),
    bound: float | None = None,
    says: PublisherSays | None = None,
    fresh: bool = False,
    body_sha256: str = "",
    hops: tuple[tuple[str, int], ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Observation:
    """Keep one look at an address that was planned and sent at an instant."""
    row = Observation(
        release=address.release,
        address=address,
        url=address.url,
        schedule_version=address.release.schedule_version,
        planned_at=at,
        sent_at=at,
        completed_at=at + took,
        recorded_at=at + took,
        result=result,
        reasons=list(reasons),
        adapter=address.adapter,
        status=200,
        text_digest=sha256_hex(text.encode()) if text else "",
        watcher="test",
        clock_bound_seconds=bound,
        publisher_says=as_json(says),
        purpose=_purpose(address, fresh=fresh),
        body_sha256=body_sha256,
        hops=[list(hop) for hop in hops],
        headers=[list(header) for header in headers],
    )
    return Observation.append([row])[0]


def _purpose(address: Address, *, fresh: bool) -> Purpose:
    if address.role == Address.Role.ANNOUNCEMENT:
        return Purpose.ANNOUNCEMENT
    return Purpose.FRESH if fresh else Purpose.PLAIN


def looks_at(release: Release, *results: str, start: datetime, every: timedelta = timedelta(seconds=5)) -> None:
    """Keep a row of looks at a release's page, one after the other."""
    page = release.addresses.get(role="page")
    for number, result in enumerate(results):
        a_look(page, result, at=start + number * every)
