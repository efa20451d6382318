"""Where a look ended up after its redirects: a home page or a log-in is not the release."""

from urllib.parse import SplitResult, unquote, urlsplit

_HOME = frozenset({"", "index", "home", "default", "en", "cy", "en-gb"})
_LOG_IN = frozenset({
    "login", "log-in", "signin", "sign-in", "logon", "sign_in", "log_in", "wp-login", "sso", "saml", "saml2", "adfs",
    "authorize", "authenticate", "oauth2",
})  # fmt: skip


def is_home_page(final: str, *, requested: str) -> bool:
    """Say whether a redirect led from another page to the front page of a site."""
    arrived = urlsplit(final)
    return _is_front(arrived) and not arrived.query and not arrived.fragment and not _is_front(urlsplit(requested))


def is_log_in_address(final: str, *, requested: str) -> bool:
    """Say whether a redirect led to an address that is a log-in by its path."""
    return bool(_LOG_IN & _names(urlsplit(final))) and not _LOG_IN & _names(urlsplit(requested))


def _is_front(url: SplitResult) -> bool:
    names = [part for part in url.path.lower().split("/") if part]
    return len(names) <= 1 and "".join(names).partition(".")[0] in _HOME


def _names(url: SplitResult) -> set[str]:
    return {part.partition(".")[0] for part in unquote(url.path).lower().split("/")}
