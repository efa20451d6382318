"""A piece of news that is owed to some people, before it is written into the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from releases.models import Contact

# What is older than this is no news any more; nobody is mailed about a record that was imported or restored.
NEWS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Owed:
    """One piece of news: the event that it tells of, to whom, and in which words."""

    event: str
    recipients: frozenset[str]
    subject: str
    text: str


def addresses_of(contacts: Iterable[Contact]) -> frozenset[str]:
    """Return the e-mail addresses of contacts, each once; whoever's account was closed is left out."""
    return frozenset(
        contact.email.strip().lower() for contact in contacts if contact.user is None or contact.user.is_active
    )
