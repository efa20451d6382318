"""The liveness check of Compose: `python -m statsoffice.web_lives 127.0.0.1:8000`.

The check is a module and not a line of Python in the Compose file, because some programs that read Compose files would
change the line. It does not load Django, because it runs every few seconds.
"""

import os
import sys
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_SECONDS = 5


def main(bound: str) -> str | None:
    """Check that the web process responds. Return None if it does, or else a sentence about the fault.

    :param bound: the host and port at which the web process listens.
    """
    name = urllib.parse.urlsplit(os.environ.get("STATSOFFICE_ADDRESS", "")).hostname or "localhost"
    request = urllib.request.Request(f"http://{bound}/health/live", headers={"Host": name})  # always http
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return None
    except (OSError, urllib.error.URLError) as fault:
        return f"The web process at {bound} failed the liveness check with the host name {name}: {fault}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
