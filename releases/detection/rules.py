"""What one look at an address shows: not live, live, or nothing that can be relied on."""

from releases.detection.files import examine_file
from releases.detection.finding import AddressRole, Expectation, Finding, LookResult, Reason
from releases.detection.interstitials import is_elsewhere, stands_before
from releases.detection.page import examine_page, not_found_text
from releases.rules.response import NO_ANSWER, Answer

__all__ = ["AddressRole", "Expectation", "Finding", "LookResult", "Reason", "examine", "text_of"]

_BY_STATUS = {
    404: (LookResult.NOT_LIVE, Reason.NOT_FOUND),
    410: (LookResult.NOT_LIVE, Reason.GONE),
    401: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    403: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    429: (LookResult.UNREACHABLE, Reason.RATE_LIMITED),
}
_SAYS_SOMETHING = frozenset({200, 203, 404, 410})


def examine(answer: Answer, expectation: Expectation) -> Finding:
    """Say what one answer shows of the release that is expected at its address.

    The possibilities are tried in the order of LookResult. Where words on the page speak for and against the release
    at once, the finding is UNRECOGNISED: a person is asked, and nobody accused.
    """
    if answer.failure is not None:
        reason = Reason(answer.failure.value)
        if expectation.controls_fail and answer.failure in NO_ANSWER:
            return Finding(LookResult.OBSERVER_FAULT, (reason, Reason.CONTROLS_FAIL))
        return Finding(LookResult.UNREACHABLE, (reason,))
    if told := _by_status(answer):
        return told
    if answer.left_allowed_hosts and expectation.controls_fail:
        return Finding(LookResult.OBSERVER_FAULT, (Reason.OTHER_HOST, Reason.CONTROLS_FAIL))
    if elsewhere := _ended_elsewhere(answer):
        return elsewhere
    if expectation.role is AddressRole.ATTACHMENT:
        return examine_file(answer, expectation)
    return examine_page(answer, expectation)


def text_of(answer: Answer) -> str:
    """Return the folded text of what a host answered for an address that cannot exist, for `not_found_text`.

    Empty where the answer says nothing of what is not there: a fetch that failed, a refusal, a fault, a file, an empty
    shell, a check for robots, a request for consent or to log in, or a page elsewhere that a redirect led to. At most
    20,000 characters.
    """
    if answer.failure is not None or answer.status not in _SAYS_SOMETHING or _ended_elsewhere(answer):
        return ""
    return not_found_text(answer)


def _by_status(answer: Answer) -> Finding | None:
    status = answer.status
    if status is None:
        return Finding(LookResult.UNREACHABLE, (Reason.BROKEN,))
    if status in _BY_STATUS:
        result, reason = _BY_STATUS[status]
        return Finding(result, (reason,))
    if status >= 500:
        return Finding(LookResult.UNREACHABLE, (Reason.SERVER_ERROR,))
    if status >= 400:
        return Finding(LookResult.UNREACHABLE, (Reason.CLIENT_ERROR,))
    if status < 200 or (status >= 300 and not answer.left_allowed_hosts):
        return Finding(LookResult.UNREACHABLE, (Reason.UNEXPECTED_STATUS,))
    return None


def _ended_elsewhere(answer: Answer) -> Finding | None:
    final, requested = answer.final_url or answer.requested_url, answer.requested_url
    reason = is_elsewhere(final, requested=requested)
    if not answer.left_allowed_hosts:
        return Finding(LookResult.NOT_LIVE, (reason,)) if reason else None
    # The host may not be fetched. Its address alone shows nothing of what readers find there.
    if reason is Reason.LOG_IN:
        return Finding(LookResult.UNRECOGNISED, (Reason.OTHER_HOST, Reason.LOG_IN))
    if stands_before(final, requested=requested):
        return Finding(LookResult.UNRECOGNISED, (Reason.OTHER_HOST, Reason.OBSTACLE))
    return Finding(LookResult.UNRECOGNISED, (Reason.OTHER_HOST,))
