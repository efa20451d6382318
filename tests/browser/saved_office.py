"""The invented office as it was set up for the first test that asked, for every other of the same run to begin from."""

import fcntl
import pickle
from datetime import UTC, datetime
from pathlib import Path

import time_machine

from tests.browser.office import NOW, Morning, a_morning
from tests.support import saved_database
from tests.support.factories import ContactFactory, ProducerFactory, SeriesFactory, UserFactory

NUMBERED = (ContactFactory, ProducerFactory, SeriesFactory, UserFactory)


class SavedOffice:
    """The office in a folder that the processes of a run share, so that one of them sets it up for all."""

    def __init__(self, folder: Path) -> None:
        self._database, self._pickled, self._lock = (
            folder / f"morning.{kind}" for kind in ("sqlite3", "pickle", "lock")
        )

    def begin(self) -> tuple[Morning, datetime]:
        """Put the office in the database, which must be empty; return it and the instant at which it was set up."""
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._pickled.exists():
                return self._set_up()
        saved_database.restore(self._database)
        made, numbers = pickle.loads(self._pickled.read_bytes())  # noqa: S301  # written below
        # Another process set the office up and has its own numbers: none may be given again.
        for factory, number in zip(NUMBERED, numbers, strict=True):
            factory.reset_sequence(max(number, factory._meta.next_sequence()))
        return made

    def _set_up(self) -> tuple[Morning, datetime]:
        with time_machine.travel(NOW, tick=True):
            made = a_morning(), datetime.now(UTC)
        if saved_database.can_be_saved():
            saved_database.save(self._database)
            numbers = [factory._meta.next_sequence() for factory in NUMBERED]
            self._pickled.write_bytes(pickle.dumps((made, numbers)))
        return made
