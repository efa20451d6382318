"""The liveness check of Compose: `python -m statsoffice.web_lives 127.0.0.1:8000`.

It is a module because not every program that reads a Compose file passes a line of Python unchanged. It does without
Django because it runs every few seconds.
"""

import os
import sys
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_SECONDS = 5


def main(bound: str) -> str | None:
    """Return None if the web process answers at this host and port for the service's name, or else the fault."""
    name = urllib.parse.urlsplit(os.environ.get("STATSOFFICE_ADDRESS", "")).hostname or "localhost"
    request = urllib.request.Request(f"http://{bound}/health/live", headers={"Host": name})  # always http
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return None
    except (OSError, urllib.error.URLError) as fault:
        return f"The web does not answer at {bound} as {name}: {fault}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
