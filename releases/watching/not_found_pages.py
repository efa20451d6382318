"""A host's own page for an address that does not exist: requested once a day, and compared with a release's page."""

import secrets
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta

from releases.core.judging.looker import Looker
from releases.core.looks.answer import Answer
from releases.core.looks.companions import address_that_cannot_exist
from releases.core.looks.errand import Errand
from releases.models import Address, NotFoundPage
from releases.watching.watch_list import Target

VALID_FOR = timedelta(days=1)
# A host whose response said nothing is asked again sooner.
RETRY_AFTER = timedelta(minutes=15)
SAYS_ABSENT = frozenset({404, 410})
# Other adapters ask a publishing system, which says by itself what is not there.
ADAPTER = "page"


class NotFoundPages:
    """The page of each host of a sweep: from the database, or requested where the stored one is missing or too old."""

    def __init__(self, probe: Looker) -> None:
        self._probe = probe
        self._pages: dict[str, NotFoundPage | None] = {}
        self._requested: dict[Hashable, str] = {}
        self._examining: dict[Hashable, tuple[Errand, Answer]] = {}
        self._unsaved: list[NotFoundPage] = []

    def __len__(self) -> int:
        """Return how many responses are being examined."""
        return len(self._examining)

    def get(self, host: str) -> NotFoundPage | None:
        """Return the page of a host, or None if it is not known."""
        return self._pages.get(host)

    def request_missing(self, targets: Iterable[Target], *, now: datetime) -> None:
        """Read the stored pages of the targets' hosts, and request those that are missing or due again."""
        new = {target.host: target for target in targets if _applies_to(target) and target.host not in self._pages}
        if not new:
            return
        stored = {page.host: page for page in NotFoundPage.objects.filter(host__in=new)}
        for host, target in new.items():
            page = self._pages[host] = stored.get(host)
            if page is None or page.ask_again_at <= now:
                self._request(target, now=now)

    def is_requested(self, key: Hashable) -> bool:
        """Tell whether a request is one of these."""
        return key in self._requested

    def take_response(self, errand: Errand, answer: Answer, *, now: datetime) -> None:
        """Begin to examine the response to such a request."""
        text = self._probe.begin_text_of(errand.key, answer)
        if text is None:
            self._examining[errand.key] = errand, answer
        else:
            self._add(errand, answer, text, now=now)

    def is_examining(self, key: Hashable) -> bool:
        """Tell whether the result of an examination belongs to one of these requests."""
        return key in self._examining

    def take_text(self, key: Hashable, text: str, *, now: datetime) -> None:
        """Take the result of an examination; an empty text if our own code failed on the page."""
        errand, answer = self._examining.pop(key)
        self._add(errand, answer, text, now=now)

    def save(self) -> None:
        """Save the new pages."""
        for page in self._unsaved:
            page.save()
        self._unsaved.clear()

    def _request(self, target: Target, *, now: datetime) -> None:
        url = address_that_cannot_exist(target.address.url, token=secrets.token_hex(8))
        key = ("not found", target.host)
        self._requested[key] = target.host
        self._probe.start(Errand(key=key, url=url, allowed_hosts=target.allowed_hosts, planned_at=now))

    def _add(self, errand: Errand, answer: Answer, text: str, *, now: datetime) -> None:
        host = self._requested.pop(errand.key)
        # An empty page is an answer too where its status says that there is nothing.
        says_something = text or (answer.failure is None and answer.status in SAYS_ABSENT)
        page = NotFoundPage(
            host=host,
            url=errand.url,
            status=answer.status if answer.failure is None else None,
            text=text,
            seen_at=answer.completed_at,
            ask_again_at=now + (VALID_FOR if says_something else RETRY_AFTER),
        )
        self._pages[host] = page
        self._unsaved.append(page)


def _applies_to(target: Target) -> bool:
    return target.address.role == Address.Role.PAGE and target.address.adapter == ADAPTER
