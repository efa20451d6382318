"""Where a look ended up after its redirects: a home page, a search or a log-in is not the release."""

from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

from releases.core.judging.reading.finding import Reason
from releases.core.looks.answer import Answer

_HOME = frozenset({"", "index", "home", "default", "en", "cy", "en-gb"})
_LOG_IN = frozenset({
    "login", "log-in", "signin", "sign-in", "logon", "sign_in", "log_in", "wp-login", "sso", "saml", "saml2", "adfs",
    "authorize", "authenticate", "oauth2",
})  # fmt: skip

_SEARCH = frozenset({"search", "search-results", "searchresults", "site-search", "chwilio"})
_ASKED = frozenset({"q", "query", "keywords", "search", "s", "term"})
_BEFORE_A_SITE = frozenset({
    "queue", "queue-it", "queueit", "waiting-room", "waitingroom", "captcha", "captcha-delivery", "challenge",
    "perfdrive", "maintenance", "unavailable", "service-unavailable", "outage", "status", "consent", "cookie-consent",
})  # fmt: skip
"""Names of hosts and paths to which sites send all their readers while something stands before them."""

_NOT_FOUND = frozenset({"404", "not-found", "notfound", "page-not-found", "pagenotfound", "not_found"})


def is_elsewhere(final: str, *, requested: str) -> Reason | None:
    """Return what kind of page a redirect led to that cannot be the release, or None if it may be."""
    if is_log_in_address(final, requested=requested):
        return Reason.LOG_IN
    if is_home_page(final, requested=requested):
        return Reason.HOME_PAGE
    if _is_new(_NOT_FOUND, final, requested):
        return Reason.NOT_FOUND
    return Reason.SEARCH if _is_search(urlsplit(final)) and not _is_search(urlsplit(requested)) else None


def stands_before(final: str, *, requested: str) -> bool:
    """Say whether a redirect led to what stands before a site: a queue, a check for robots, a notice of a fault."""
    names, known = ({*(urlsplit(url).hostname or "").split("."), *_names(urlsplit(url))} for url in (final, requested))
    return bool(_BEFORE_A_SITE & names) and not _BEFORE_A_SITE & known


def is_same_host(target: str, *, requested: str) -> bool:
    """Say whether two addresses are of one host; the port does not count."""
    return urlsplit(target).hostname == urlsplit(requested).hostname


def is_page_above(final: str, *, requested: str) -> bool:
    """Say whether a redirect led up to a page of which the requested one would be a part, such as its collection.

    A front page that draws others by itself ("/#/release") is one too.
    """
    above, below = ([part for part in urlsplit(url).path.lower().split("/") if part] for url in (final, requested))
    if not above and not _draws_others(urlsplit(final)):
        return False
    return len(above) < len(below) and below[: len(above)] == above and not urlsplit(final).query


def leads_to(target: str, answer: Answer) -> str:
    """Return the address to which a page sends its readers on, or an empty text where it only loads itself again."""
    if not target:
        return ""
    here = answer.final_url or answer.requested_url
    try:
        there = urljoin(here, target)
        same = urlsplit(there)._replace(fragment="", query="") == urlsplit(here)._replace(fragment="", query="")
    except ValueError:
        return ""  # no browser could follow it either
    return "" if same else there


def is_home_page(final: str, *, requested: str) -> bool:
    """Say whether a redirect led from another page to the front page of a site."""
    arrived = urlsplit(final)
    draws_it = bool(arrived.query) or _draws_others(arrived)
    return _is_front(arrived) and not draws_it and not _is_front(urlsplit(requested))


def is_log_in_address(final: str, *, requested: str) -> bool:
    """Say whether a redirect led to an address that is a log-in by its path."""
    return _is_new(_LOG_IN, final, requested)


def _draws_others(url: SplitResult) -> bool:
    """A fragment that is a path names a page that a script draws; any other one is a place on the same page."""
    return "/" in url.fragment


def _is_new(names: frozenset[str], final: str, requested: str) -> bool:
    return bool(names & _names(urlsplit(final))) and not names & _names(urlsplit(requested))


def _is_search(url: SplitResult) -> bool:
    last = url.path.lower().rstrip("/").rpartition("/")[2].partition(".")[0]
    return last in _SEARCH or (not url.path.strip("/") and any(name in _ASKED for name, _ in parse_qsl(url.query)))


def _is_front(url: SplitResult) -> bool:
    names = [part for part in url.path.lower().split("/") if part]
    return len(names) <= 1 and "".join(names).partition(".")[0] in _HOME


def _names(url: SplitResult) -> set[str]:
    return {part.partition(".")[0] for part in unquote(url.path).lower().split("/")}
