"""Ask the web of this machine whether it lives, as Compose does: `python -m statsoffice.web_lives 127.0.0.1:8000`.

Plain words, because not every program that reads a Compose file hands a line of Python on as it is written; and nothing
of Django, because it is asked every few seconds.
"""

import os
import sys
import urllib.error
import urllib.parse
import urllib.request

ANSWERS_WITHIN_SECONDS = 5


def main(bound: str) -> str | None:
    """Return None where the web answers `/health/live` under the service's own name, and else what is wrong.

    :param bound: host and port at which the web listens.
    """
    name = urllib.parse.urlsplit(os.environ.get("STATSOFFICE_ADDRESS", "")).hostname or "localhost"
    asked = urllib.request.Request(f"http://{bound}/health/live", headers={"Host": name})  # http, by its words
    try:
        with urllib.request.urlopen(asked, timeout=ANSWERS_WITHIN_SECONDS):  # noqa: S310
            return None
    except (OSError, urllib.error.URLError) as fault:
        return f"The web does not answer at {bound} as {name}: {fault}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
