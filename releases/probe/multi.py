"""Many curl transfers in one thread, driven by the operating system's own readiness events."""

import selectors
import time

import pycurl

# curl's `select` cannot wait for file numbers above 1023, and its `perform` visits every transfer at each
# step; readiness events have neither trouble.
_READS = {pycurl.POLL_IN: selectors.EVENT_READ, pycurl.POLL_OUT: selectors.EVENT_WRITE}
_READS[pycurl.POLL_INOUT] = selectors.EVENT_READ | selectors.EVENT_WRITE

Ended = tuple[pycurl.Curl, int, str]


class Multi:
    """A curl multi handle and the selector that says which of its sockets are ready."""

    def __init__(self, *, most_connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._timer_at: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, most_connections)
        # Without this, idle connections to one host would stand beside new ones to another.
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, most_connections)

    def add(self, curl: pycurl.Curl) -> None:
        """Put a transfer on its way; its connection is begun by the next `kick` or `run`."""
        self._multi.add_handle(curl)

    def remove(self, curl: pycurl.Curl) -> None:
        """Take a transfer out, over or not; its connection stays open for the next one if it can."""
        self._multi.remove_handle(curl)

    def kick(self) -> None:
        """Begin what was added since the last time."""
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def run(self, *, seconds: float) -> list[Ended]:
        """Drive every transfer, waiting at most so long for something to happen, and return what ended.

        :return: handle, libcurl's code (0 for success) and its message, of each transfer that is over.
        """
        self.kick()
        # A transfer can end while it is begun: refused by the guard, or answered by what its socket held.
        ended = self._ended()
        if ended:
            seconds = 0.0
        elif self._timer_at is not None:
            seconds = min(seconds, self._timer_at - time.monotonic())
        for key, ready in self._selector.select(max(0.0, seconds)):
            mask = pycurl.CSELECT_IN if ready & selectors.EVENT_READ else 0
            mask |= pycurl.CSELECT_OUT if ready & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, mask)
        self.kick()
        return ended + self._ended()

    def close(self) -> None:
        """Close every idle connection; the transfers have been removed before."""
        self._multi.close()
        self._selector.close()

    def _ended(self) -> list[Ended]:
        ended: list[Ended] = []
        more = True
        while more:
            left, good, bad = self._multi.info_read()
            ended += [(curl, 0, "") for curl in good]
            ended += bad
            more = left > 0
        return ended

    def _watch(self, event: int, fd: int, _multi: object, _attached: object) -> None:
        known = fd in self._selector.get_map()
        if event == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, _READS[event])
        else:
            self._selector.register(fd, _READS[event])

    def _set_timer(self, milliseconds: int) -> None:
        self._timer_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000
