"""The command that runs every periodic job without a broker."""

import signal
import threading
from typing import Any

from django.core.checks import Tags

from releases.management.base import PlainCommand
from statsoffice import jobs


class Command(PlainCommand):
    # The other system checks (URLs, templates and the admin site) import the code of all pages. This code takes 64 MB,
    # and monitoring does not need the code until a message is written.
    requires_system_checks = (Tags.caches, Tags.database, Tags.files, Tags.models, Tags.security)
    help = (
        "Monitors releases, drafts reports and sends messages in a loop, in this process and without a broker. "
        "Stop it with Ctrl-C."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Monitoring. Stop with Ctrl-C.")
        jobs.run_until(stop)
        self.stdout.write("Stopped.")
