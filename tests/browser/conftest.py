"""A browser, an invented office and a server, all at five past half past nine on the seed's morning."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from django.test import Client, override_settings
from playwright.sync_api import BrowserContext, Page

from statsoffice.accounts.models import User
from tests.browser.barriers import Thoroughness
from tests.browser.office import Morning
from tests.browser.saved_office import SavedOffice
from tests.support.admin_site import signed_in

# What Chromium's console says of each thing that it refused begins in several ways, and always names this.
POLICY = "Content Security Policy"


@pytest.fixture(scope="session", autouse=True)
def thoroughness(pytestconfig: pytest.Config, folder_of_run: Path) -> None:
    """Check every page at both widths if the run is to be full."""
    Thoroughness.full = pytestconfig.option.full
    Thoroughness.checked = folder_of_run / "checked-pages"
    Thoroughness.checked.mkdir(exist_ok=True)


@pytest.fixture
def morning(transactional_db: None, saved_office: SavedOffice) -> Iterator[Morning]:
    """Set the invented office up, which shows breaches to everybody, and the clock of tests and server with it.

    Where the office is put back, the clock goes on from the instant at which it had been set up.
    """
    morning, ready_at = saved_office.begin()
    with override_settings(BREACHES_PUBLIC=True), time_machine.travel(ready_at, tick=True):
        yield morning


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
def sign_in(page: Page, live_server: object) -> Callable[[User], Client]:
    """Return the way to sign someone in without the log-in page; it returns a client with the same session."""

    def as_person(person: User) -> Client:
        client = signed_in(person)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])
        return client

    return as_person
