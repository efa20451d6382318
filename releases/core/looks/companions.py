"""Looks made beside the plain ones: past the caches on the way, and at an address that cannot exist."""

from datetime import datetime, timedelta

from releases.core.web_address import read

FRESH_AFTER = (timedelta(seconds=5), timedelta(minutes=10), timedelta(hours=1))
"""How long after the due instant a look past the caches goes out beside a plain one, while nothing was seen live."""


def fresh_looks_by(planned_at: datetime, *, due_at: datetime) -> int:
    """Count the looks past the caches that belong to an address by the time of one of its plain looks.

    :param planned_at: the aware instant for which the plain look was planned.
    :param due_at: the aware instant at which the release is due.
    """
    return sum(planned_at >= due_at + after for after in FRESH_AFTER)


def address_that_cannot_exist(url: str, *, token: str) -> str:
    """Name an address beside another one at which nothing can stand.

    What a site answers there is its own page for what is not there, which some sites send as if all were well.

    :param url: an address of the site; its folder is kept, because parts of a site have pages of their own for this.
    :param token: letters and digits that no address of the site ends in.
    :raises NotAWebAddressError: if the address is none.
    """
    folder, _, _ = read(url).url.partition("?")[0].rpartition("/")
    return f"{folder}/no-such-page-{token}"
