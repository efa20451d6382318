#!/usr/bin/env python3
"""Django's command-line entry point; whichever Python starts it, the environment of ./run does the work."""

import os
import sys
from pathlib import Path

PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    """Run Django's commands, in the environment that ./run made unless another one is active.

    :raises SystemExit: if Django is not there.
    """
    if sys.prefix == sys.base_prefix and PYTHON.exists():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit(f"Django is not installed for {sys.executable}. ./run --setup sets everything up.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
