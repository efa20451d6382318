"""Responses to the checks of a sweep, until each is examined."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from releases.core.judging.evidence import Finding
from releases.core.judging.looker import Looker
from releases.core.looks.answer import NO_ANSWER, Answer
from releases.core.looks.controls import Controls
from releases.models import NotFoundPage
from releases.watching import examination
from releases.watching.watch_list import CheckKey, Target

# Each takes some tenths of a millisecond; no check that falls due may wait for thousands of them.
EXAMINED_AT_A_TIME = 250


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one check."""

    key: CheckKey
    target: Target
    answer: Answer


@dataclass(frozen=True, slots=True)
class Examined:
    """A response, what it shows, and the fault if our own code failed on it."""

    response: Response
    finding: Finding
    fault: Exception | None = None


class ExaminationQueue:
    """Has responses examined by other processes, the oldest first.

    Two responses wait for longer: one that failed, until the control checks have shown whether the fault is our own;
    and one whose address has an earlier response in examination, because that shows what was on the page before.
    """

    def __init__(self, probe: Looker, controls: Controls, not_found_page: Callable[[str], NotFoundPage | None]) -> None:
        """Begin with nothing.

        :param not_found_page: gives what a host answers for an address that does not exist, if that is known.
        """
        self._probe, self._controls, self._not_found_page = probe, controls, not_found_page
        self._waiting: deque[Response] = deque()
        self._failed: deque[Response] = deque()
        self._examining: dict[CheckKey, Response] = {}

    def __len__(self) -> int:
        """Return how many responses have no result, without those that wait for the control checks."""
        return len(self._waiting) + len(self._examining)

    @property
    def is_examining(self) -> bool:
        """Whether a page is being examined now."""
        return bool(self._examining)

    def add(self, response: Response) -> None:
        """Add a response at the end."""
        self._waiting.append(response)

    def examine(self, *, now: datetime, most: int | None = None) -> Iterator[Examined]:
        """Examine the oldest responses; gives the results that are known at once, and `take_result` gives the others.

        The caller must use each result before the next: what a later response of the address is compared with may
        depend on it.

        :param now: the aware instant of a control check, if one is needed.
        :param most: how many at most; by default `EXAMINED_AT_A_TIME`.
        """
        busy = {key.address for key in self._examining}
        postponed = []
        for _ in range(min(EXAMINED_AT_A_TIME if most is None else most, len(self._waiting))):
            response = self._waiting.popleft()
            if response.key.address in busy:
                postponed.append(response)
            elif self._may_be_our_fault(response.answer):
                self._failed.append(response)
                for control in self._controls.errands(now=now):
                    self._probe.start(control)
            else:
                yield from self._examine(response)
                if response.key in self._examining:
                    busy.add(response.key.address)
        self._waiting.extendleft(reversed(postponed))
        while self._failed and not self._controls.pending:
            yield from self._examine(self._failed.popleft())

    def take_result(self, key: Hashable, found: Finding | str | Exception) -> Examined | None:
        """Take the result of an examination; None if it was not begun here."""
        if not isinstance(key, CheckKey) or key not in self._examining:
            return None
        response = self._examining.pop(key)
        if isinstance(found, Finding):
            return Examined(response, found)
        return _faulty(response, found if isinstance(found, Exception) else TypeError(found))

    @staticmethod
    def _may_be_our_fault(answer: Answer) -> bool:
        # A gateway of our own may redirect everything, to a log-in or to a notice; the control checks as well.
        return answer.failure in NO_ANSWER or answer.left_allowed_hosts

    def _examine(self, response: Response) -> Iterator[Examined]:
        target, answer = response.target, response.answer
        controls_fail = self._controls.fail
        if answer.left_allowed_hosts:
            controls_fail = self._controls.lead_away_to(urlsplit(answer.final_url).netloc)
        try:
            expectation = target.expectation(controls_fail=controls_fail, not_found=self._not_found_page(target.host))
            finding = self._probe.begin_examination(response.key, target.address.adapter, answer, expectation)
        except Exception as fault:  # noqa: BLE001  # logged there
            yield _faulty(response, fault)
            return
        if finding is None:
            self._examining[response.key] = response
        else:
            yield Examined(response, finding)


def _faulty(response: Response, fault: Exception) -> Examined:
    reference = response.target.address.release.reference
    return Examined(response, examination.fault_of_ours(fault, reference=reference), fault)
