"""Writes the database of the present version as the archive from which later versions are tested to upgrade.

`python -m tests.upgrade.make` is run once for each version, before it is tagged; docs/upgrading.md says when and how.
"""

import os
import sys
import tempfile
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parent.parent / "pyproject.toml"


def main() -> None:
    """Fill a fresh SQLite database with the office of the browser's tests, and back it up."""
    version = tomllib.loads(PROJECT.read_text())["project"]["version"]
    archive = FOLDER / f"from_{version}.zip"
    with tempfile.TemporaryDirectory(prefix="test-upgrade-") as var:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "statsoffice.settings",
            "STATSOFFICE_VAR": var,
            "DATABASE_URL": f"sqlite:///{var}/test.sqlite3",
        }
        import django  # here, because settings read the environment

        django.setup()
        fill()
        from django.core.management import call_command

        call_command("backup", str(archive), "--overwrite")
        archive.chmod(0o644)


def fill() -> None:
    """Set the office up, at the morning that its story tells of."""
    import time_machine
    from django.core.management import call_command
    from django.test.utils import override_settings

    call_command("migrate", verbosity=0)
    from tests.browser.office import NOW, a_morning

    # Nobody logs in by a password of the archive, so that it can be one that is made in no time.
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(BREACHES_PUBLIC=True, PASSWORD_HASHERS=quick), time_machine.travel(NOW, tick=True):
        a_morning()


if __name__ == "__main__":
    sys.exit(main())
