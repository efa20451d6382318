"""From an answer to a check as it is stored: what it shows, whatever goes wrong while it is examined."""

import logging
from dataclasses import replace
from datetime import timedelta

from releases.core.judging.evidence import Finding, LookResult, Reason
from releases.core.looks.answer import Answer
from releases.core.looks.clock_error import ClockError, bound_seconds_of_check
from releases.models.observation import Purpose
from releases.record.recording import Look
from releases.watching.watch_list import Target

logger = logging.getLogger(__name__)


def fault_of_ours(fault: Exception, *, reference: str) -> Finding:
    """Log a fault of our own code on the page of a release, and return the finding that says so.

    It must neither stop the examination of others nor count for or against the release.
    """
    logger.error("cannot examine a look at %s", reference, exc_info=fault, extra={"release": reference})
    return Finding(result=LookResult.OBSERVER_FAULT, reasons=(Reason.OUR_ERROR,), text_digest="", title="")


def by_clock(finding: Finding, error: ClockError, *, largest: timedelta) -> Finding:
    """Mark what was seen while the clock was off: it is kept as it was, and can neither accuse nor clear anybody."""
    if error.is_off(largest=largest):
        return replace(finding, reasons=(*finding.reasons, Reason.CLOCK_OFF))
    return finding


def as_look(
    target: Target, answer: Answer, finding: Finding, *, purpose: Purpose, error: ClockError, largest: timedelta
) -> Look:
    """Return an examined answer as it is stored."""
    return Look(
        address=target.address,
        schedule_version=target.schedule_version,
        answer=answer,
        finding=by_clock(finding, error, largest=largest),
        purpose=purpose,
        clock_bound_seconds=bound_seconds_of_check(error, answer),
    )
