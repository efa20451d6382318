"""Asking past the caches on the way: a header that says so, and a query that no cache has in store."""

import re
import secrets
from urllib.parse import parse_qsl, urlsplit

from releases.core.web_address import MOST_CHARACTERS, NotAWebAddressError, WebAddress, read

HEADERS = ("Cache-Control: no-cache", "Pragma: no-cache")
PARAMETER = "statsoffice-fresh"

# What stores and delivery networks call the signature of a whole query, or what only stands beside one.
_SIGNED = frozenset({
    "signature", "sig", "x-amz-signature", "x-goog-signature", "x-oss-signature", "key-pair-id", "hdnea", "hdnts",
    "__gda__", "hmac", "token", "verify", "policy",
})  # fmt: skip
_OURS = re.compile(rf"([?&]){PARAMETER}=[0-9a-f]+(&|$)")


def past_caches(address: WebAddress) -> WebAddress:
    """Add a query of its own to an address, so that no cache on the way can answer from its store.

    What stands in the address stays as it is, to the byte. A query that is signed, or that is one word rather than
    names with values, would mean something else with an addition: such an address is asked with the header alone.
    """
    query = urlsplit(address.url).query
    if query and not _takes_an_addition(query):
        return address
    own = f"{'&' if query else '?'}{PARAMETER}={secrets.token_hex(8)}"
    if len(address.url) + len(own) > MOST_CHARACTERS:
        return address
    try:
        return read(address.url + own)
    except NotAWebAddressError:
        # An address whose escapes grow beyond the limit when it is read again is asked as it stands.
        return address


def as_meant(url: str) -> str:
    """Return an address that was asked past the caches as it would have been asked without that."""
    return _OURS.sub(lambda found: found[1] if found[2] else "", url)


def _takes_an_addition(query: str) -> bool:
    named = parse_qsl(query, keep_blank_values=True)
    return "=" in query and not any(name.lower() in _SIGNED for name, _ in named)
