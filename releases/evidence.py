"""What one look at an address shows: not live, live, or nothing that can be relied on."""

from releases.answer import NO_ANSWER, Answer
from releases.reading.destination import is_home_page, is_log_in_address
from releases.reading.file_evidence import examine_file
from releases.reading.finding import AddressRole, Expectation, Finding, LookResult, Reason
from releases.reading.page_evidence import examine_page

__all__ = ["AddressRole", "Expectation", "Finding", "LookResult", "Reason", "examine"]

_BY_STATUS = {
    404: (LookResult.NOT_LIVE, Reason.NOT_FOUND),
    410: (LookResult.NOT_LIVE, Reason.GONE),
    401: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    403: (LookResult.UNREACHABLE, Reason.FORBIDDEN),
    429: (LookResult.UNREACHABLE, Reason.RATE_LIMITED),
}


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
    if reason_elsewhere := _ended_elsewhere(answer):
        return Finding(LookResult.NOT_LIVE, (reason_elsewhere,))
    if expectation.role is AddressRole.ATTACHMENT:
        return examine_file(answer, expectation)
    return examine_page(answer, expectation)


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


def _ended_elsewhere(answer: Answer) -> Reason | None:
    final = answer.final_url or answer.requested_url
    if is_log_in_address(final, requested=answer.requested_url):
        return Reason.LOG_IN
    if answer.left_allowed_hosts:
        return Reason.OTHER_HOST
    return Reason.HOME_PAGE if is_home_page(final, requested=answer.requested_url) else None
