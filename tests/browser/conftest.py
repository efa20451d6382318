"""A browser, an invented office and a server, all at five past half past nine on the seed's morning."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import BrowserContext, Page

from statsoffice.accounts.models import User
from tests.browser.office import NOW, Morning, a_morning

# What Chromium's console says of each thing that it refused begins in several ways, and always names this.
POLICY = "Content Security Policy"


@pytest.fixture
def morning(transactional_db: None) -> Iterator[Morning]:
    """Set the invented office up, which shows breaches to everybody, and the clock of tests and server with it."""
    with override_settings(BREACHES_PUBLIC=True), time_machine.travel(NOW, tick=True):
        yield a_morning()


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
