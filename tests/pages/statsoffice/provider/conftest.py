"""A provider of sign-in in its own process, and an office that uses it."""

import pytest

from statsoffice.env import OfficeProvider
from tests.servers.openid_provider import CLIENT_ID, CLIENT_SECRET
from tests.servers.private_openid_provider import openid_provider


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A provider of sign-in, and yield its address."""
    with openid_provider(tmp_path_factory.mktemp("provider") / "log") as address:
        yield address


@pytest.fixture(autouse=True)
def _office(settings, server):
    settings.ADDRESS = "http://127.0.0.1:8000"
    settings.OFFICE_PROVIDER = OfficeProvider(server, CLIENT_ID, CLIENT_SECRET, name="your office account")
