"""A reader who opens pages inside this process: the measured time does not include a web server."""

import time
from collections.abc import Sequence

from django.test import Client

import statsoffice.wsgi  # noqa: F401  # a web process has imported all its code too, and the collector does not search it
from statsoffice.accounts.models import User


class Reader:
    """A person who is signed in, or an anonymous reader."""

    def __init__(self, person: User | None) -> None:
        self.client = Client(SERVER_NAME="localhost")
        if person is not None:
            self.client.force_login(person)

    def open(self, address: str) -> float:
        """Open a page and return the milliseconds.

        :raises AssertionError: if the status of the response is not 200.
        """
        began = time.perf_counter()
        response = self.client.get(address)
        took = (time.perf_counter() - began) * 1000
        assert response.status_code == 200, f"{address}: {response.status_code}"
        return took


def slowest_but_five_percent(figures: Sequence[float]) -> float:
    """Return the 95th percentile: one figure in twenty is larger."""
    return sorted(figures)[min(len(figures) - 1, round(0.95 * len(figures)))]
