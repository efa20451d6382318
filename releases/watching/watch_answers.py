"""What comes back to one sweep: answers to its looks, to its control looks, and to those beside them."""

import logging
from urllib.parse import urlsplit

from releases.core.judging.evidence import Finding
from releases.core.looks.answer import NO_ANSWER, Answer
from releases.core.looks.clock_error import time_told
from releases.core.looks.errand import Errand
from releases.core.web_address import place_of
from releases.models.observation import Purpose
from releases.watching import examination, not_found_pages
from releases.watching.watch_round import LookKey, Round

logger = logging.getLogger(__name__)


# Examining takes some tenths of a millisecond for each; no look that falls due may wait for thousands of them.
EXAMINED_AT_A_TIME = 250
EXAMINATION_AWAITED_SECONDS = 0.02
# What is under examination when a sweep has to end gets so long.
ENDS_WITHIN_SECONDS = 4.0


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
            not_found_pages.read(going, errand, answer)
        elif going.controls.asked_for(errand):
            going.controls.take(errand.url, answer)
            _hear_time(going, errand, answer)
        else:
            logger.warning("an answer came after the sweep that asked for it had failed, and is not kept")
    if examine:
        examine_some(going)
        # Where nothing else is to be done the next result is waited for, and no longer than an answer may wait.
        idle = going.examining and not (going.looks or going.unjudged)
        take_findings(going, wait_seconds=EXAMINATION_AWAITED_SECONDS if idle else 0.0)


def examine_some(going: Round, *, most: int = EXAMINED_AT_A_TIME) -> None:
    """Examine the oldest answers, and those that stayed away once the control looks have told whose fault that is.

    An answer waits while an earlier one from its address is under examination, which says what stood there before.

    :param most: how many answers at most.
    """
    under_examination = {key.address for key in going.examining}
    waiting = []
    for _ in range(min(most, len(going.answered))):
        key, answer = going.answered.popleft()
        if key.address in under_examination:
            waiting.append((key, answer))
            continue
        _take_look(going, key, answer)
        if key in going.examining:
            under_examination.add(key.address)
    going.answered.extendleft(reversed(waiting))
    if going.unanswered and not going.controls.pending:
        for key, answer in going.unanswered:
            _examine(going, key, answer)
        going.unanswered.clear()


def take_findings(going: Round, *, wait_seconds: float) -> None:
    """Take in what was examined, waiting for the first result at most so long."""
    for key, found in going.look.examined(wait_seconds):
        if key in going.not_found_reading:
            errand, answer = going.not_found_reading.pop(key)
            not_found_pages.take(going, errand, answer, text=found if isinstance(found, str) else "")
        elif isinstance(key, LookKey) and key in going.examining:
            answer = going.examining.pop(key)
            if isinstance(found, Finding):
                _take_finding(going, key, answer, found)
            else:
                _take_fault(going, key, answer, found if isinstance(found, Exception) else TypeError(found))


def finish(going: Round) -> None:
    """Examine all that was answered, as far as that takes no more than seconds, because the sweep has to end."""
    going.look.give_up_examinations(after_seconds=ENDS_WITHIN_SECONDS)
    try:
        while True:
            examine_some(going, most=len(going.answered))
            if not (going.examining or going.not_found_reading):
                return
            take_findings(going, wait_seconds=ENDS_WITHIN_SECONDS)
    finally:
        going.look.give_up_examinations(after_seconds=None)


def _take_look(going: Round, key: LookKey, answer: Answer) -> None:
    # A gateway of our own may lead everybody away, to a log-in or to a notice; it leads the control looks away as well.
    if answer.failure not in NO_ANSWER and not answer.left_allowed_hosts:
        _examine(going, key, answer)
        return
    going.unanswered.append((key, answer))
    for control in going.controls.errands(now=going.clock.now()):
        going.look.start(control)


def _examine(going: Round, key: LookKey, answer: Answer) -> None:
    target = going.flying[key]
    led_away = answer.left_allowed_hosts and going.controls.lead_away_to(urlsplit(answer.final_url).netloc)
    try:
        expectation = target.expectation(
            controls_fail=led_away if answer.left_allowed_hosts else going.controls.fail,
            not_found=going.not_found_known.get(target.host),
        )
        finding = going.look.begin_examination(key, target.address.adapter, answer, expectation)
    except Exception as fault:  # noqa: BLE001  # logged there
        _take_fault(going, key, answer, fault)
        return
    if finding is None:
        going.examining[key] = answer
    else:
        _take_finding(going, key, answer, finding)


def _take_fault(going: Round, key: LookKey, answer: Answer, fault: Exception) -> None:
    going.faults.append(fault)
    reference = going.flying[key].address.release.reference
    _take_finding(going, key, answer, examination.fault_of_ours(fault, reference=reference))


def _take_finding(going: Round, key: LookKey, answer: Answer, finding: Finding) -> None:
    target, error = going.flying.pop(key), going.clock.error()
    look = examination.as_look(
        target, answer, finding, purpose=key.purpose, error=error, largest=going.clock_largest_error
    )
    if key.purpose is Purpose.PLAIN:
        target.note(answer, look.finding, now=going.clock.now())
    going.looks.append(look)


def _hear_time(going: Round, errand: Errand, answer: Answer) -> None:
    """Let the clock compare itself with that of an unrelated host."""
    date = time_told(answer)
    if date is not None and answer.failure is None:  # not every host tells the time, and none has to
        host = place_of(errand.url)
        going.clock.hear(host, sent_at=answer.sent_at, completed_at=answer.completed_at, date=date)
