"""What confirms the clock of the checks: an office is told before it opens where nothing is set up that does."""

import shutil
from typing import Any

from django.conf import settings
from django.core import checks

from releases.probe import clock_source
from releases.rules.clock_error import HOSTS_THAT_CONFIRM


def check_clock(**_: Any) -> list[checks.CheckMessage]:
    """Warn where neither the machine nor a setting names anything that confirms the clock."""
    kept_by_machine = shutil.which(clock_source.CHRONY[0]) or clock_source.kernel()
    if settings.CLOCK_SERVERS or len(settings.PROBE_CONTROLS) >= HOSTS_THAT_CONFIRM or kept_by_machine:
        return []
    said = "Nothing is set up that confirms the clock of the checks."
    hint = (
        "Run chrony on this machine, or set STATSOFFICE_CLOCK_SERVERS to NTP servers. Without them a check counts only "
        "if the response that it got tells the same time within 2 seconds."
    )
    return [checks.Warning(said, hint=hint, id="statsoffice.W001")]
