"""Rules for dummy files, which show whether the public can open unpublished files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from releases.detection.finding import CheckOutcome, Finding, Reason
from releases.rules.response import Answer, Failure
from releases.rules.web_address import parse_address

CODE_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that are not easily confused. A code has ten of these characters, so that no real file has the
same code in its name by chance."""
CODE_LENGTH = 10


class Target(StrEnum):
    FILE = "file"
    PAGE = "page"


class Result(StrEnum):
    OPEN = "open"
    NOT_OPEN = "not_open"
    NOT_KNOWN = "not_known"


class Sign(StrEnum):
    """The evidence for a result. If there is no response, the result is never NOT_OPEN."""

    TOKEN = "token"  # noqa: S105  # a sign, not a secret
    FILE_NAME = "file_name"
    REFUSED = "refused"
    LOG_IN = "log_in"
    NOT_FOUND_PAGE = "not_found_page"
    HOME_PAGE = "home_page"
    SOMETHING_ELSE = "something_else"
    OTHER_HOST = "other_host"
    OTHER_STATUS = "other_status"
    OBSTACLE = "obstacle"
    NO_ANSWER = "no_answer"
    ADDRESS_REFUSED = "address_refused"
    ASKED_TO_WAIT = "asked_to_wait"
    UNREADABLE = "unreadable"
    NOT_AUTHORISED = "not_authorised"


@dataclass(frozen=True, slots=True)
class Judgement:
    result: Result
    sign: Sign


NOT_AUTHORISED = Judgement(Result.NOT_KNOWN, Sign.NOT_AUTHORISED)
_ANOTHER_HOST = Judgement(Result.NOT_KNOWN, Sign.OTHER_HOST)

# A server that responds with one of these statuses refuses the file to the public or does not have the file.
_REFUSALS = frozenset({401, 403, 404, 410, 451})
_BY_FAILURE = {
    Failure.ADDRESS_REFUSED: Sign.ADDRESS_REFUSED,
    Failure.ASKED_TO_WAIT: Sign.ASKED_TO_WAIT,
    Failure.TOO_LARGE: Sign.UNREADABLE,
    Failure.UNDECODABLE: Sign.UNREADABLE,
}
_ABSENT = {
    Sign.LOG_IN: frozenset({Reason.LOG_IN}),
    Sign.HOME_PAGE: frozenset({Reason.HOME_PAGE}),
    Sign.NOT_FOUND_PAGE: frozenset({Reason.NOT_FOUND, Reason.GONE, Reason.NEGATIVE_MARKER, Reason.LIKE_NOT_FOUND}),
}
_OBSTACLES = frozenset({Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT})


def judge_response(answer: Answer, found: Finding | None, *, target: Target, token: str, file_name: str) -> Judgement:
    """Judge from the response of one address whether the address is open to the public.

    If the response contains the token, the address is open. The token is in the dummy file but not in any address, so
    an error page that repeats the address cannot contain the token. An unpublished page is also open if it names the
    file. After a redirect to another host, the result is NOT_OPEN if the redirect led to a log-in page, and NOT_KNOWN
    otherwise.

    :param found: the finding of `examine` with the token as the marker, or None if the response was not examined.
    :param file_name: the last part of the file's address.
    """
    if token.encode() in answer.body:
        return Judgement(Result.OPEN, Sign.TOKEN)
    if answer.failure is not None:
        return Judgement(Result.NOT_KNOWN, _BY_FAILURE.get(answer.failure, Sign.NO_ANSWER))
    reasons = frozenset(found.reasons) if found else frozenset[Reason]()
    if answer.left_allowed_hosts:
        return Judgement(Result.NOT_OPEN, Sign.LOG_IN) if Reason.LOG_IN in reasons else _ANOTHER_HOST
    if answer.status is None or not 200 <= answer.status < 300:
        return _judge_status(answer)
    if target is Target.PAGE and file_name.casefold().encode() in answer.body.lower():
        return Judgement(Result.OPEN, Sign.FILE_NAME)
    is_absent = found is not None and found.result is CheckOutcome.NOT_LIVE
    return _judge_other_page(reasons, is_absent=is_absent)


def _judge_status(answer: Answer) -> Judgement:
    if answer.status not in _REFUSALS:
        return Judgement(Result.NOT_KNOWN, Sign.OTHER_STATUS)
    # This header marks a bot challenge, which does not show whether other readers get the file.
    if answer.header("cf-mitigated"):
        return Judgement(Result.NOT_KNOWN, Sign.OBSTACLE)
    return Judgement(Result.NOT_OPEN, Sign.REFUSED)


def _judge_other_page(reasons: frozenset[Reason], *, is_absent: bool) -> Judgement:
    """Judge a successful response that does not contain the token.

    :param is_absent: whether the finding says that the expected content is absent.
    """
    if is_absent:
        for sign, of_sign in _ABSENT.items():
            if reasons & of_sign:
                return Judgement(Result.NOT_OPEN, sign)
    return Judgement(Result.NOT_KNOWN, Sign.OBSTACLE if reasons & _OBSTACLES else Sign.SOMETHING_ELSE)


class AddressFault(StrEnum):
    """Reasons why an address is not accepted."""

    NO_CODE = "no_code"
    HAS_QUERY = "has_query"
    HAS_TOKEN = "has_token"  # noqa: S105  # a fault, not a secret
    NAMES_FILE = "names_file"


def find_file_fault(url: str, *, code: str, token: str) -> AddressFault | None:
    """Return why the address of a dummy file is not accepted, or None if it is accepted.

    The file name in the address must contain the code.

    :raises NotAWebAddressError: if the address may not be requested.
    """
    address = parse_address(url)
    if token in unquote(address.url).casefold():
        return AddressFault.HAS_TOKEN
    if code not in file_name_of(url).casefold():
        return AddressFault.NO_CODE
    # A server may select the file by the query. If so, the name in the path is not the name of the file.
    return AddressFault.HAS_QUERY if urlsplit(address.url).query else None


def find_page_fault(url: str, *, file_name: str, token: str) -> AddressFault | None:
    """Return why the address of an unpublished page is not accepted, or None if it is accepted.

    The address must not contain the token or the file name. Otherwise, an error page that repeats the address would
    look like proof.

    :raises NotAWebAddressError: if the address may not be requested.
    """
    written = unquote(parse_address(url).url).casefold()
    if token in written:
        return AddressFault.HAS_TOKEN
    return AddressFault.NAMES_FILE if file_name.casefold() in written else None


def file_name_of(url: str) -> str:
    """Return the last part of an address's path, without percent-encoding."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def is_same_place(url: str, other: str) -> bool:
    """Return whether two valid addresses have the same host and path.

    Upper and lower case and a final slash make no difference.
    """
    return _place(url) == _place(other)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(parse_address(url).url)
    return parts.netloc, unquote(parts.path).rstrip("/").casefold()


class DummyFileState(StrEnum):
    """The state of a dummy file after its last checks.

    DEALT_WITH means that a person has recorded that an open address is dealt with, but that no later check has
    confirmed this.
    """

    NOT_CHECKED = "not_checked"
    OPEN = "open"
    DEALT_WITH = "dealt_with"
    NOT_KNOWN = "not_known"
    NOT_OPEN = "not_open"


@dataclass(frozen=True, slots=True)
class AddressResult:
    """The result of one address in one check. `at` is the aware instant at which the result was recorded."""

    url: str
    result: Result
    at: datetime


def decide_file_state(checked: Iterable[AddressResult], remedied_at: datetime | None) -> DummyFileState:
    """Return the state of a dummy file from the results of its checks.

    After an address was open, a person must record that it is dealt with, and a later check of the same address must
    find that it is not open. Until then, checks of other addresses do not change the state.

    :param remedied_at: when a person last recorded that an open address is dealt with.
    """
    in_order = sorted(checked, key=lambda one: one.at)
    if not in_order:
        return DummyFileState.NOT_CHECKED
    last = {one.url: one for one in in_order}
    opened = {one.url: one.at for one in in_order if one.result is Result.OPEN}
    if any(remedied_at is None or remedied_at < at for at in opened.values()):
        return DummyFileState.OPEN
    if any(last[url].result is not Result.NOT_OPEN for url in opened):
        return DummyFileState.DEALT_WITH
    results = {one.result for one in last.values()}
    return DummyFileState.NOT_OPEN if results == {Result.NOT_OPEN} else DummyFileState.NOT_KNOWN


TASKS = frozenset({DummyFileState.OPEN, DummyFileState.DEALT_WITH})
"""The states in which a person has to act on a dummy file."""
