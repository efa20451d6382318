"""What an office's database holds after the morning, read by a process of the office and printed as JSON."""

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from breaches.models import Report, ReportEvent, Suspicion
from releases.evidence.store import NOT_STORED
from releases.models import Observation, ReleaseEvent, Verification
from releases.models.append_only import check_chain
from statsoffice.notifications.models import Message
from tests.support.mail_server import with_slug


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verification; the bounds of the interval are ISO instants or None."""

    release: str
    outcome: str
    last_not_live_at: str | None
    first_live_at: str | None

    def between(self) -> tuple[datetime | None, datetime | None]:
        """Return the interval in which publication lies."""
        return _instant(self.last_not_live_at), _instant(self.first_live_at)


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored check; instants are ISO."""

    url: str
    purpose: str
    planned_at: str
    sent_at: str
    recorded_at: str
    result: str
    reasons: tuple[str, ...]
    watcher: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything of the morning that the office's database holds."""

    verdicts: tuple[Verdict, ...]
    suspicions: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, str], ...]
    messages: tuple[tuple[str, str], ...]
    looks: tuple[Kept, ...]
    broken_chains: tuple[str, ...]
    bodies_not_kept: int

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what this module prints."""
        read = json.loads(text)
        pairs = {name: tuple(tuple(pair) for pair in read[name]) for name in ("suspicions", "reports", "messages")}
        return cls(
            verdicts=tuple(Verdict(**one) for one in read["verdicts"]),
            looks=tuple(Kept(**{**one, "reasons": tuple(one["reasons"])}) for one in read["looks"]),
            broken_chains=tuple(read["broken_chains"]),
            bodies_not_kept=read["bodies_not_kept"],
            **pairs,
        )


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def tell() -> None:
    """Print what the database of this process holds."""

    def text(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    def rows(found: Any) -> Any:
        return [tuple(map(text, row)) for row in found]

    verdicts = Verification.objects.values_list("release__reference", "outcome", "last_not_live_at", "first_live_at")
    looks = Observation.objects.order_by("position").values_list(
        "url", "purpose", "planned_at", "sent_at", "recorded_at", "result", "reasons", "watcher"
    )
    broken = [check_chain(chain)[1] for chain in (ReleaseEvent, Observation, ReportEvent)]
    sent = Message.objects.filter(sent_at__isnull=False).values_list("recipient", "subject")
    stored = Stored(
        verdicts=tuple(Verdict(*row) for row in rows(verdicts)),
        suspicions=tuple(rows(Suspicion.objects.values_list("release__reference", "kind"))),
        reports=tuple(rows(Report.objects.values_list("suspicions__release__reference", "suspicions__kind"))),
        messages=tuple((recipient, with_slug(subject)) for recipient, subject in rows(sent)),
        looks=tuple(Kept(*row) for row in rows(looks)),
        broken_chains=tuple(filter(None, broken)),
        bodies_not_kept=ReleaseEvent.objects.filter(kind=NOT_STORED).count(),
    )
    json.dump(asdict(stored), sys.stdout)
