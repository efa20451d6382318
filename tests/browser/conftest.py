"""A browser, an invented office and a server, all at five past half past nine on the seed's morning."""

import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import BrowserContext, Page

from statsoffice.accounts.models import User
from tests import kept_database
from tests.browser.barriers import Thoroughness
from tests.browser.office import NOW, Morning, a_morning

# What Chromium's console says of each thing that it refused begins in several ways, and always names this.
POLICY = "Content Security Policy"


class KeptMornings:
    """The invented office as it was set up for the first test that asked, for every other to begin from."""

    def __init__(self, folder: Path) -> None:
        self._database, self._pickled, self.ready_at = folder / "morning.sqlite3", b"", NOW

    def begin(self) -> Morning:
        """Set the office up, or put it back in the database, which must be empty; each test gets objects of its own."""
        if self._pickled:
            kept_database.put_back(self._database)
            return pickle.loads(self._pickled)  # noqa: S301  # written below
        morning = a_morning()
        if kept_database.can_be_kept():
            kept_database.keep(self._database)
            self._pickled, self.ready_at = pickle.dumps(morning), datetime.now(UTC)
        return morning


@pytest.fixture(scope="session", autouse=True)
def thoroughness(pytestconfig: pytest.Config) -> None:
    """Check every page at both widths if the run is to be full."""
    Thoroughness.full = pytestconfig.option.full


@pytest.fixture(scope="session")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> KeptMornings:
    """Keep the office for all tests in a browser."""
    return KeptMornings(tmp_path_factory.mktemp("morning"))


@pytest.fixture
def morning(transactional_db: None, mornings: KeptMornings) -> Iterator[Morning]:
    """Set the invented office up, which shows breaches to everybody, and the clock of tests and server with it.

    Where the office is put back, the clock goes on from the instant at which it had been set up.
    """
    with override_settings(BREACHES_PUBLIC=True), time_machine.travel(mornings.ready_at, tick=True):
        yield mornings.begin()


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., BrowserContext]]:
    """Open contexts in which no page may do what the Content Security Policy forbids; a test where one does fails."""
    broken: list[str] = []

    def listened_to(**options: object) -> BrowserContext:
        context = new_context(**options)
        context.on("console", lambda said: broken.append(said.text) if POLICY in said.text else None)
        return context

    yield listened_to
    assert broken == []


@pytest.fixture
def sign_in(page: Page, live_server: object) -> Callable[[User], None]:
    """Give the way to sign somebody in without the log-in page."""

    def as_person(person: User) -> None:
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])

    return as_person
