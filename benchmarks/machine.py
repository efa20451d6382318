"""The machine on which the figures were taken, and how busy it was with other work."""

import os
import platform
import re
import sqlite3
from pathlib import Path


def sentence() -> str:
    """Say what the machine is, and which versions of what the product rests on ran there."""
    return (
        f"{os.cpu_count()} cores ({_processor()}), {_memory_gb()} GB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def load() -> float:
    """Return how many processes wanted to run, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE) if described.exists() else None
    return found[1] if found else platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
