"""Breach reports as a plain list, for programs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Prefetch

from breaches.core.content import from_json
from breaches.models import Report, ReportVersion, Suspicion


@dataclass(frozen=True, slots=True)
class Entry:
    """One report; where it tells of several suspicions, release, time and delay are those of the first raised.

    Of one that a person started there is no recorded time: the day of occurrence is in the report itself.
    """

    reference: str
    release: str
    kind: str
    status: str
    practices: tuple[str, ...]
    occurred_at: datetime | None
    delay_seconds: tuple[float | None, float | None] | None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain values, instants in ISO 8601 with their offset."""
        return {
            "reference": self.reference,
            "release": self.release,
            "kind": self.kind,
            "status": self.status,
            "practices": list(self.practices),
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat() if self.occurred_at else None,
            "delay_seconds": list(self.delay_seconds) if self.delay_seconds else None,
        }


def entries() -> list[Entry]:
    """List every report, rehearsals too, in the order of drafting, with a fixed number of queries."""
    standing = ReportVersion.objects.filter(number=F("report__version"))
    suspicions = Suspicion.objects.select_related("release", "verification")
    reports = (
        Report.objects.order_by("drafted_at", "pk")
        .select_related("started__release")
        .prefetch_related(
            Prefetch("versions", standing, to_attr="standing"), Prefetch("suspicions", suspicions, to_attr="raised")
        )
    )
    return [_entry(report, report.standing[0], report.raised) for report in reports]  # type: ignore[attr-defined]  # by the prefetches


def _entry(report: Report, version: ReportVersion, raised: list[Suspicion]) -> Entry:
    first = raised[0] if raised else None
    verdict = first.verification if first else None
    return Entry(
        reference=report.reference,
        release=first.release.reference if first else _started_about(report),
        kind=report.kind,
        status=report.status,
        practices=tuple(practice.code for practice in from_json(version.content).practices),
        occurred_at=verdict.occurred_at if verdict else None,
        delay_seconds=(verdict.delay_from, verdict.delay_to) if verdict and verdict.delay_from is not None else None,
    )


def _started_about(report: Report) -> str:
    release = report.started.release if hasattr(report, "started") else None
    return release.reference if release else ""
