"""One request that the watcher wants made."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(seconds=15)
"""What one errand may take, redirects included, until it counts as timed out."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One GET: what to fetch, for which instant it was planned, and to which hosts it may lead.

    `key` is the caller's own and comes back with the answer. Hosts are written "host" or "host:port", as in
    an address; a redirect to any other host is not followed. A `fresh` errand asks every cache on the way to
    fetch anew, and adds a query of its own to the address so that none can answer from its store. `adapter` names
    who can tell from a body that it sends its reader on; that is followed as any redirect is. A `decisive` errand goes
    before the others of its host, and where the host or the page asked us to wait, it is made when the wait is over.
    """

    key: Hashable
    url: str
    allowed_hosts: frozenset[str]
    planned_at: datetime
    fresh: bool = False
    adapter: str = "page"
    decisive: bool = False
