"""The page that the rehearsals look at: what it shows follows from its address and the time alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from statsoffice.canary.script import Script

SALT = "statsoffice.canary.page"
STANDS_FOR = timedelta(minutes=1)
"""How long after the last look the page can still be asked for."""


class NoSuchPage(Exception):
    """Nobody but the canary makes such an address, or its rehearsal is long over."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows at one instant."""

    marker: str
    live: bool
    silent: bool


def url_of(script: Script) -> str:
    """Return the whole address of a rehearsal's page, below this service's own address.

    The address carries the script, signed: whichever web process is asked plays it, and nobody can make one up.
    """
    instants = (script.live_at, script.silent_from, script.last_look_at + STANDS_FOR)
    token = signing.dumps([script.marker, *(at and at.timestamp() for at in instants)], salt=SALT)
    return settings.ADDRESS + reverse("canary_page", args=[token])


def shown_at(token: str, *, at: datetime) -> Shown:
    """Return what the page of a token shows at an aware instant.

    :raises NoSuchPage: if the token was not made here, or its rehearsal is over.
    """
    try:
        marker, *stamps = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NoSuchPage from error
    live_at, silent_from, gone_at = (stamp and datetime.fromtimestamp(stamp, UTC) for stamp in stamps)
    if at >= gone_at:
        raise NoSuchPage
    return Shown(
        marker=marker,
        live=live_at is not None and at >= live_at,
        silent=silent_from is not None and at >= silent_from,
    )
