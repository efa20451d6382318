"""The probe for addresses that the operator of this service named, and no publisher."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from releases.probe.probe import Probe, probe_from_settings
from releases.rules.web_address import parse_address


def own_probe(url: str, *, now: Callable[[], datetime]) -> Probe:
    """Make a probe like the watcher's that may also connect to one address of our own on a private network.

    The watcher's own probe stays as it is: no release can lead it to this service's private side. Behind an egress
    proxy nothing is opened, so that the proxy is part of what is tried; the operator can still open the address
    with STATSOFFICE_PROBE_ALLOW_PRIVATE.

    :param url: the address; its host and port alone are opened.
    :param now: the clock.
    :raises NotAWebAddressError: if it is none.
    """
    opened = frozenset() if settings.PROBE_PROXY else frozenset({parse_address(url).host_with_port})
    return probe_from_settings(now=now, also_private=opened)
