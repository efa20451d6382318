"""A real mail server for the tests of the outbox."""

import pytest

from tests.statsoffice.notifications.mail_server import free_port, mail_server


@pytest.fixture
def smtp_port(settings):
    """Send mail to a port of loopback on which nothing listens yet."""
    port = free_port()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }
    return port


@pytest.fixture
def mailbox(smtp_port):
    """Run a mail server; gives what it accepted."""
    with mail_server(smtp_port) as box:
        yield box
