"""Checks with bodies, stored as monitoring stores them, without real requests."""

from datetime import timedelta

from releases.detection.finding import CheckOutcome, Finding
from releases.evidence import store
from releases.evidence.store import CheckResult
from releases.models import Address, Observation
from releases.models.observation import Purpose
from releases.rules.response import Answer, Hop
from tests.support.factories import SEED_DUE


def make_check(
    address: Address,
    result: str,
    body: bytes,
    *,
    at: float,
    media_type: str = "text/html; charset=utf-8",
    reasons: tuple = (),
    purpose: Purpose = Purpose.PLAIN,
    hops: tuple[str, ...] = (),
    due_at=SEED_DUE,
) -> CheckResult:
    """A check that was sent so many seconds after a release was due, and what it brought.

    `hops` are the addresses at which it ended up on the way; its own if none are given.
    """
    sent_at = due_at + timedelta(seconds=at)
    return CheckResult(
        address=address,
        schedule_version=address.release.schedule_version,
        answer=Answer(
            requested_url=address.url,
            planned_at=sent_at,
            sent_at=sent_at,
            completed_at=sent_at + timedelta(seconds=0.2),
            status=200,
            hops=tuple(Hop(url, 200) for url in hops or (address.url,)),
            headers=(("content-type", media_type),),
            body=body,
        ),
        finding=Finding(CheckOutcome(result), reasons),
        purpose=purpose,
        clock_bound_seconds=0.0,
    )


def store_checks(*looks: CheckResult) -> list[Observation]:
    """Keep checks as monitoring does."""
    return list(store.store_checks(looks, process="test", at=looks[-1].answer.completed_at))
