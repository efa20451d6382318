"""The machine on which the figures were measured, and its load."""

import os
import platform
import re
import sqlite3
from pathlib import Path


def sentence() -> str:
    """Describe the machine, and the versions of Python and SQLite."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {_memory_gb()} GB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def load() -> float:
    """Return the average number of processes that were ready to run in the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE) if described.exists() else None
    return found[1] if found else platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
