"""Releases that are due at one instant, as if they had been recorded long before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from releases.models import Address, Contact, Producer, Release, Series
from releases.rules.lifecycle import Status


def record(
    urls: Sequence[str], *, marker: str, due_at: datetime, rehearsal: bool = True, tolerance_seconds: int | None = None
) -> list[Address]:
    """Record a confirmed release for each address, all due at one aware instant, and return their pages.

    :param marker: text that the pages show from the due instant on.
    :param rehearsal: otherwise they are announced, and two people are notified of each suspicion.
    :param tolerance_seconds: the tolerance of their series; by default that of the product.
    """
    long_ago = due_at - timedelta(days=90)
    series = _series({} if tolerance_seconds is None else {"tolerance_seconds": tolerance_seconds})
    releases = Release.objects.bulk_create(
        Release(
            series=series,
            reference=f"due-{number}",
            title=f"{series.title}, part {number}: {marker}",
            status=Status.CONFIRMED,
            planned_on=due_at.date(),
            planned_at=due_at.time(),
            due_at=due_at,
            rehearsal=rehearsal,
            recorded_at=long_ago,
            announced_at=None if rehearsal else long_ago,
            confirmed_at=long_ago,
        )
        for number, _ in enumerate(urls)
    )
    return Address.objects.bulk_create(
        Address(release=release, url=url, marker=marker, added_at=long_ago)
        for release, url in zip(releases, urls, strict=True)
    )


def _series(tolerance: dict[str, int]) -> Series:
    producer = Producer.objects.create(name="Office for Invented Numbers", slug="invented")
    people = [
        Contact.objects.create(producer=producer, name=name, email=f"{name.lower()}@example.gov.uk")
        for name in ("Ada", "Bernard")
    ]
    return Series.objects.create(
        producer=producer,
        title="Pupil absence in schools",
        slug="absence",
        responsible=people[0],
        head_of_profession=people[1],
        **tolerance,
    )
