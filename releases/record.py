"""What staff read of one release: verdicts, looks folded into runs, holes in the watching, and statements apart."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from releases import asking, coverage
from releases.asking import OpenQuestion
from releases.models import Address, Observation, Release, Statement, Verification
from releases.timeline import Run, Seen, fold

Hole = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """One address with its looks folded into runs, in order; `looks` counts them."""

    address: Address
    runs: list[Run]
    looks: int


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """Everything on record of one release. `verification` is the verdict on its present schedule."""

    verification: Verification | None
    earlier_verifications: list[Verification]
    addresses: list[AddressRecord]
    holes: list[Hole]
    questions: list[OpenQuestion]
    statements: list[Statement]


def record_of(release: Release, *, now: datetime) -> ReleaseRecord:
    """Gather what is on record of a release, in a number of queries that does not grow with its looks.

    :param now: the aware instant up to which holes in the watching are told.
    """
    verdicts = list(Verification.objects.filter(release=release).order_by("-schedule_version"))
    present = next((v for v in verdicts if v.schedule_version == release.schedule_version), None)
    statements = list(
        Statement.objects.filter(release=release).select_related("stated_by", "address").order_by("stated_at", "pk")
    )
    addresses = _addresses(release, statements) if release.due_at else []
    return ReleaseRecord(
        verification=present,
        earlier_verifications=[verdict for verdict in verdicts if verdict is not present],
        addresses=addresses or [AddressRecord(address, [], 0) for address in release.addresses.all()],
        holes=_holes(release, addresses, now=now),
        questions=asking.open_questions([release]),
        statements=statements,
    )


def _addresses(release: Release, statements: list[Statement]) -> list[AddressRecord]:
    said = {statement.text_digest: statement.kind for statement in statements if statement.text_digest}
    looks: dict[int, list[Seen]] = defaultdict(list)
    rows = Observation.objects.to_judge(release).values_list(
        "address_id", "result", "reasons", "sent_at", "completed_at", "text_digest"
    )
    for address, result, reasons, sent_at, completed_at, digest in rows:
        looks[address].append(Seen(result, tuple(reasons), sent_at, completed_at, said.get(digest, "")))
    due_at = release.due_at
    assert due_at is not None  # noqa: S101  # the caller asks for exact dates alone
    return [
        AddressRecord(address, fold(looks[address.pk], due_at=due_at), len(looks[address.pk]))
        for address in release.addresses.all()
    ]


def _holes(release: Release, addresses: list[AddressRecord], *, now: datetime) -> list[Hole]:
    """Find when nothing was observed, from the first look (or the due instant) to the last one or the limit."""
    if release.due_at is None or now < release.due_at or not addresses:
        return []
    limit_at = release.due_at + timedelta(seconds=release.series.tolerance_seconds)
    firsts = [record.runs[0].first_at for record in addresses if record.runs]
    lasts = [record.runs[-1].last_at for record in addresses if record.runs]
    start, end = min([*firsts, release.due_at]), max([*lasts, min(limit_at, now)])
    return coverage.holes(start=start, end=end) if start < end else []
