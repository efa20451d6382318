"""What comes back to one sweep: answers to its looks, to its control looks, and to those beside them."""

import logging
from dataclasses import replace
from urllib.parse import urlsplit

from releases.core.judging.evidence import Finding, LookResult, Reason
from releases.core.looks.answer import NO_ANSWER, Answer
from releases.core.looks.clock_error import bound_seconds_of_check, time_told
from releases.core.looks.errand import Errand
from releases.core.web_address import place_of
from releases.models.observation import Purpose
from releases.record.recording import Look
from releases.watching import not_found_pages
from releases.watching.watch_round import LookKey, Round

logger = logging.getLogger(__name__)


# Examining takes some tenths of a millisecond for each; no look that falls due may wait for thousands of them.
EXAMINED_AT_A_TIME = 250


def take(going: Round, *, wait_seconds: float, examine: bool = True) -> None:
    """Take in what was answered, and examine the oldest of it; an answer that stayed away waits for the control looks.

    :param wait_seconds: how long to wait for the first answer.
    :param examine: whether there is time for that now; else what was answered waits, and is as it came.
    """
    answers = going.look.poll(max(0.0, wait_seconds)) if going.look.in_flight else []
    for errand, answer in answers:
        if isinstance(errand.key, LookKey) and errand.key in going.flying:
            going.answered.append((errand.key, answer))
        elif errand.key in going.not_found_asked:
            not_found_pages.take(going, errand, answer)
        elif going.controls.asked_for(errand):
            going.controls.take(errand.url, answer)
            _hear_time(going, errand, answer)
        else:
            logger.warning("an answer came after the sweep that asked for it had failed, and is not kept")
    if examine:
        examine_some(going)


def examine_some(going: Round, *, most: int = EXAMINED_AT_A_TIME) -> None:
    """Examine the oldest answers, and those that stayed away once the control looks have told whose fault that is.

    :param most: how many answers at most.
    """
    for _ in range(min(most, len(going.answered))):
        _take_look(going, *going.answered.popleft())
    if going.unanswered and not going.controls.pending:
        for key, answer in going.unanswered:
            _examine(going, key, answer)
        going.unanswered.clear()


def _take_look(going: Round, key: LookKey, answer: Answer) -> None:
    # A gateway of our own may lead everybody away, to a log-in or to a notice; it leads the control looks away as well.
    if answer.failure not in NO_ANSWER and not answer.left_allowed_hosts:
        _examine(going, key, answer)
        return
    going.unanswered.append((key, answer))
    for control in going.controls.errands(now=going.clock.now()):
        going.look.start(control)


def _examine(going: Round, key: LookKey, answer: Answer) -> None:
    target = going.flying.pop(key)
    led_away = answer.left_allowed_hosts and going.controls.lead_away_to(urlsplit(answer.final_url).netloc)
    expectation = target.expectation(
        controls_fail=led_away if answer.left_allowed_hosts else going.controls.fail,
        not_found=going.not_found_known.get(target.host),
    )
    try:
        finding = going.look.examine(target.address.adapter, answer, expectation)
    except Exception as fault:
        # A fault of our own on one page must neither stop the others nor count for or against the release.
        reference = target.address.release.reference
        logger.exception("cannot examine a look at %s", reference, extra={"release": reference})
        going.faults.append(fault)
        finding = Finding(result=LookResult.OBSERVER_FAULT, reasons=(Reason.OUR_ERROR,), text_digest="", title="")
    error = going.clock.error()
    if error.is_off(largest=going.clock_largest_error):
        # What was seen is kept as it was; by a clock that is wrong it can neither accuse nor clear anybody.
        finding = replace(finding, reasons=(*finding.reasons, Reason.CLOCK_OFF))
    if key.purpose is Purpose.PLAIN:
        target.note(answer, finding, now=going.clock.now())
    going.looks.append(
        Look(
            address=target.address,
            schedule_version=target.schedule_version,
            answer=answer,
            finding=finding,
            purpose=key.purpose,
            clock_bound_seconds=bound_seconds_of_check(error, answer),
        )
    )


def _hear_time(going: Round, errand: Errand, answer: Answer) -> None:
    """Let the clock compare itself with that of an unrelated host."""
    date = time_told(answer)
    if date is not None and answer.failure is None:  # not every host tells the time, and none has to
        host = place_of(errand.url)
        going.clock.hear(host, sent_at=answer.sent_at, completed_at=answer.completed_at, date=date)
