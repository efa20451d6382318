"""One turn of the canary: a rehearsal, and the ping of the dead man's switch if it and all else is well."""

import contextlib
from collections.abc import Callable

from django.conf import settings

from releases.leases import Looker
from releases.monitoring.clock import Clock
from statsoffice import health
from statsoffice.canary import performing, ping
from statsoffice.canary.own_probe import own_probe


def take(*, clock: Clock, stop: Callable[[], bool] = lambda: False) -> None:
    """Play the next rehearsal, and then ping if its verdict was right and nothing else is wrong.

    :param clock: the watcher's clock.
    :param stop: asked twice a second whether to end.
    """
    with contextlib.ExitStack() as stack:

        def look(url: str) -> Looker:
            return stack.enter_context(own_probe(url, now=clock.now))

        played = performing.perform_next(clock=clock, look=look, stop=stop)
        if not settings.HEALTH_PING or played is None or not played.right or stop():
            return
        if all(check.well for check in health.checks_at(clock.now())):
            ping.ping(settings.HEALTH_PING, look=look(settings.HEALTH_PING), now=clock.now, stop=stop)
