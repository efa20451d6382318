"""Checks recorded for tests, without real requests."""

from datetime import datetime, timedelta
from typing import Any

from releases.detection.finding import PublisherSays, publisher_to_json
from releases.models import Address, Observation, Release, Verification
from releases.models.observation import Purpose
from releases.rules.canonical import sha256_hex


def create_observation(
    address: Address,
    result: str,
    *,
    at: datetime,
    reasons: tuple[str, ...] = (),
    text: str = "",
    took: timedelta = timedelta(seconds=0.2),
    bound: float | None = 0.0,
    says: PublisherSays | None = None,
    fresh: bool = False,
    body_sha256: str = "",
    hops: tuple[tuple[str, int], ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
    **columns: Any,
) -> Observation:
    """Keep one check at an address that was planned and sent at an instant."""
    row = _row(
        address,
        result,
        at=at,
        completed_at=at + took,
        reasons=list(reasons),
        status=200,
        text_digest=sha256_hex(text.encode()) if text else "",
        clock_bound_seconds=bound,
        publisher_says=publisher_to_json(says),
        body_sha256=body_sha256,
        hops=[list(hop) for hop in hops],
        headers=[list(header) for header in headers],
        **{"purpose": _purpose(address, fresh=fresh)} | columns,
    )
    return Observation.append([row])[0]


def _row(address: Address, result: str, *, at: datetime, completed_at: datetime, **columns: Any) -> Observation:
    return Observation(
        release=address.release,
        address=address,
        url=address.url,
        schedule_version=address.release.schedule_version,
        planned_at=at,
        sent_at=at,
        completed_at=completed_at,
        recorded_at=completed_at,
        result=result,
        adapter=address.adapter,
        watcher="test",
        **{"clock_bound_seconds": 0.0} | columns,
    )


def create_checks_until(address: Address, until: datetime, *, since: datetime | None = None, **columns: Any) -> None:
    """Keep a check every ten seconds from the due instant that did not find the release, so that it was monitored.

    :param since: only those later than this.
    """
    due_at = address.release.due_at
    instants = [due_at + timedelta(seconds=10 * number) for number in range(13)]
    rows = [
        _row(address, "not_live", at=at, completed_at=at, status=404, purpose=_purpose(address, fresh=False), **columns)
        for at in instants
        if at < until and (since is None or since < at)
    ]
    Observation.append(rows)


def _purpose(address: Address, *, fresh: bool) -> Purpose:
    if address.role == Address.Role.ANNOUNCEMENT:
        return Purpose.ANNOUNCEMENT
    return Purpose.FRESH if fresh else Purpose.PLAIN


def create_observations(
    release: Release, *results: str, start: datetime, every: timedelta = timedelta(seconds=5)
) -> None:
    """Keep a row of checks of a release's page, one after the other.

    From the due instant to the limit it was monitored: before each check that did not find the release, and after one
    that did not find it either, there are closer ones.
    """
    page = release.addresses.get(role="page")
    since: datetime | None = None
    for number, result in enumerate(results):
        at = start + number * every
        if result == "not_live" and release.due_at is not None and results[:number] == ("not_live",) * number:
            create_checks_until(page, at, since=since)
        create_observation(page, result, at=at)
        since = at


def set_clock_bound(verdict: Verification, seconds: float) -> None:
    """Change by how much our clock may have been wrong at the checks that decided a stored verdict."""
    addresses = [result | {"clock_bound_seconds": seconds} for result in verdict.addresses]
    Verification.objects.filter(pk=verdict.pk).update(addresses=addresses)
