"""Where the programs are that the tests need; one that is missing is named with what installs it."""

import os
import shutil
import sys
from pathlib import Path

POSTGRESQL_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")


def _program(*names: str, package: str) -> str:
    """Find the first of some programs on PATH.

    :raises FileNotFoundError: if there is none of them.
    """
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    message = f"{' or '.join(names)} was not found. On Debian and Ubuntu: apt-get install {package}"
    raise FileNotFoundError(message)


def redis_server() -> str:
    return _program("redis-server", "valkey-server", package="redis-server")


def network_namespace() -> list[str]:
    """Return the command that runs another one in a new network namespace, with or without the rights of root."""
    unshare = _program("unshare", package="util-linux")
    return [unshare, "--net"] if os.geteuid() == 0 else [unshare, "--user", "--map-root-user", "--net"]


def ip() -> str:
    return _program("ip", "/usr/sbin/ip", package="iproute2")


def celery_beat(folder: Path) -> list[str]:
    """Return the command of a Celery beat that keeps its file in a folder."""
    return [
        *(sys.executable, "-m", "celery", "-A", "statsoffice", "beat", "--pidfile", ""),
        *("--schedule", str(folder / "celerybeat-schedule"), "--loglevel", "INFO"),
    ]


def chromium() -> str:
    """Find the browser. The shell without windows takes two thirds of the processor time of the complete one."""
    return _program(
        *("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"), package="chromium-headless-shell"
    )


def nginx() -> str:
    """Find the web server; Debian keeps it off the PATH of accounts without rights."""
    return shutil.which("nginx") or _program("/usr/sbin/nginx", package="nginx-light")


def wrk() -> str:
    """Find the program that asks a web server as fast as it answers."""
    return _program("wrk", package="wrk")


def xgettext() -> str:
    """Find the program that collects the texts for translators."""
    return _program("xgettext", package="gettext")


def postgresql(name: str) -> str:
    """Find a program of the newest PostgreSQL server; Debian keeps them off PATH.

    :raises FileNotFoundError: if no PostgreSQL server is installed.
    """
    found = [path for folder in POSTGRESQL_FOLDERS for path in Path(folder).glob(f"*/bin/{name}")]
    if found:
        return str(max(found, key=_version))
    return _program(name, package="postgresql")


def _version(program: Path) -> int:
    digits = "".join(letter for letter in program.parent.parent.name if letter.isdigit())
    return int(digits or 0)
