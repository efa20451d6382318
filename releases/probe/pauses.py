"""Which hosts and pages asked us to wait, and until when."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from releases.core.canonical import sha256_hex
from releases.core.looks.retry_after import LONGEST_FOR_HOST, LONGEST_OF_ALL

_PAGE = "page "
_LONGEST_NAME = 200


class Pauses:
    """Waits by name: of a host (host or host:port) or of one page (its address).

    A page waits for as long as it asked. Its host waits with it, for a minute at most, but only once: a page that asks
    again and again says something of itself, and must not keep the other pages of its host from being checked.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin with no waits.

        :param now: the wall clock; gives aware instants.
        """
        self._now = now
        self._until: dict[str, datetime] = {}
        self._paused_host_at: dict[str, datetime] = {}

    def add(self, name: str, *, until: datetime) -> None:
        """Let a host or a page wait until an aware instant, or longer if it waits longer already."""
        self._until[name] = max(until, self._until.get(name, until))

    def take_request(self, *, place: str, url: str, wait: timedelta) -> bool:
        """Let a page wait that asked for it; tells whether its host waits too.

        :param place: the host that gave the answer.
        """
        now = self._now()
        self.add(page_name(url), until=now + wait)
        last = self._paused_host_at.get(url)
        if last is not None and timedelta(0) <= now - last <= LONGEST_OF_ALL:
            return False
        self._paused_host_at[url] = now
        self.add(place, until=now + min(wait, LONGEST_FOR_HOST))
        return True

    def find(self, *, place: str, url: str) -> tuple[str, datetime] | None:
        """Return who waits longest of a host and a page on it, and until when; None if neither waits."""
        waits = [(until, name) for name in (place, page_name(url)) if (until := self._of(name))]
        return (max(waits)[1], max(waits)[0]) if waits else None

    def all(self) -> Mapping[str, datetime]:
        """Return until when each host or page waits."""
        return dict(self._all())

    def _all(self) -> Iterator[tuple[str, datetime]]:
        for name in list(self._until):
            if until := self._of(name):
                yield name, until

    def _of(self, name: str) -> datetime | None:
        until = self._until.get(name)
        # A wait beyond the longest is of a clock that was set back.
        if until and not timedelta(0) < until - self._now() <= LONGEST_OF_ALL:
            del self._until[name]
            return None
        return until


def page_name(url: str) -> str:
    """Return the name under which the wait of a page is stored; no host's name is like it."""
    return _PAGE + (url if len(url) <= _LONGEST_NAME else sha256_hex(url.encode()))


def is_page(name: str) -> bool:
    """Tell whether a name is of a page, not of a host."""
    return name.startswith(_PAGE)
