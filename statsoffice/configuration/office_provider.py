"""The settings of the office's own provider of sign-in (OpenID Connect); off unless they are set."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from statsoffice.configuration import environment

SERVER, CLIENT = "STATSOFFICE_OIDC_SERVER", "STATSOFFICE_OIDC_CLIENT_ID"
SECRET, NAME = "STATSOFFICE_OIDC_CLIENT_SECRET", "STATSOFFICE_OIDC_NAME"
# It is kept beside each account that is linked, in a column of this length.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class OfficeProvider:
    """Where people of the office sign in, and what we are there; the server's address is the issuer of its tokens."""

    server: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


def read(*, strict: bool) -> OfficeProvider | None:
    """Read the office's provider, or None where none of its settings is set.

    :param strict: whether its address has to be https, as in production.
    :raises ImproperlyConfigured: if some are set and others not, or the address is none that tokens can come from.
    """
    written = {name: environment.text(name) for name in (SERVER, CLIENT, SECRET, NAME)}
    if not any(written.values()):
        return None
    missing = [name for name, value in written.items() if not value]
    if missing:
        message = f"Sign-in by the office's own provider is half set: {', '.join(missing)} must be set too."
        raise ImproperlyConfigured(message)
    return OfficeProvider(
        server=_server(written[SERVER], strict=strict),
        client_id=written[CLIENT],
        client_secret=written[SECRET],
        name=written[NAME],
    )


def _server(written: str, *, strict: bool) -> str:
    server, parts = environment.web_address(SERVER, ""), urlsplit(written)
    if parts.query or parts.fragment or "@" in parts.netloc or "/.well-known/" in written or len(written) > LONGEST:
        message = f"{SERVER} must be the bare address of the issuer in at most {LONGEST} characters."
        raise ImproperlyConfigured(message)
    if strict and parts.scheme != "https":
        message = f'{SERVER} is "{written}"; in production it must start with https://.'
        raise ImproperlyConfigured(message)
    return server
