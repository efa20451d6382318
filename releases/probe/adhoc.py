"""The means of requests outside the schedule that a page or a command makes."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import timezone

from releases.host_budgets import budgets_from_settings
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.probe.probe import probe_from_settings
from releases.rules.clock_error import ClockError, Voucher


@contextmanager
def open_adhoc_means(*, seconds: float, process: str = "web") -> Iterator[AdhocMeans]:
    """Open a probe and a lease holder for some requests that store no checks, with a time limit for all of them."""
    until = time.monotonic() + seconds
    with probe_from_settings(now=timezone.now, adhoc=True) as probe:
        yield AdhocMeans(
            probe=probe,
            holder=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()} {process}",
            budgets=budgets_from_settings(),
            clock_error=ClockError(Voucher.NOBODY, None),
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            stop=lambda: time.monotonic() > until,
        )
