"""Detect pages shown instead of the release, such as bot challenges, consent requests and error pages."""

import re
from collections import Counter
from itertools import pairwise
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

from releases.detection.characters import words
from releases.detection.finding import Reason
from releases.detection.names import Names
from releases.detection.page_text import PageText
from releases.rules.response import Answer

_ROBOT = re.compile(
    r" (?:just a moment|attention required|checking (?:your browser|if the site connection is secure)|access denied"
    r"|are you (?:a )?(?:human|robot)|captcha|verify(?:ing)? (?:that )?you are (?:a )?human|human verification"
    r"|pardon our interruption|request unsuccessful|security check|press & hold|unusual traffic|you have been blocked"
    r"|enable javascript and cookies to continue|please enable js|requested url was rejected|support id is"
    r"|waiting room|you are (?:now )?in (?:the |a )?(?:queue|line)|ddos protection|bot protection"
    r"|not available (?:in|from) your (?:country|region|location)"
    r"|your (?:country|region|location) (?:is|has been) (?:not|blocked)) "
)
_FAULT = re.compile(
    r" (?:(?:temporarily|service|currently) unavailable|(?:under|down for|scheduled|planned) maintenance"
    r"|something went wrong|(?:unexpected|internal|fatal|application|runtime|server) error"
    r"|(?:an|unexpected|following) error (?:has )?occurred|internal server error|bad gateway"
    r"|gateway time(?: - )?out|gateway timeout|problem with (?:this|the|our) (?:service|page|site)"
    r"|backend fetch failed|guru meditation|error establishing a database connection|no healthy upstream"
    r"|encountered an (?:unexpected )?error|error (?:while )?processing your request"
    r"|technical (?:difficulties|problems?)"
    r"|out of order|(?:please )?try again later|back (?:soon|shortly)|unable to (?:process|complete) your request"
    r"|error (?:code )?5\d\d) "
)
_CONSENT = re.compile(
    r" (?:before you continue|we value your privacy|(?:accept|reject|allow) (?:all )?(?:additional )?cookies"
    r"|your (?:privacy|cookie) (?:choices|settings|preferences)|we (?:and our partners )?use cookies) "
)
_SCRIPT_NEEDED = re.compile(
    r" (?:(?:enable|enabling|switch on|turn on|requires?|needs?|without) javascript"
    r"|javascript (?:is|must be) (?:disabled|required|enabled)|javascript to run this app|loading) "
)
_SHELL, _SHELL_THAT_SAYS_SO, _THIN = 80, 160, 600
"""Limits for the number of characters in a page's own text. A script shell has fewer than 80 characters, or fewer than
160 if it asks readers to enable scripts. A page that is only a notice has fewer than 600."""


def barrier_in_heading(page: PageText, names: Names) -> Reason | None:
    forms = [names.normalise(heading) for heading in page.headings]
    return next((reason for form in forms if (reason := barrier_in(form))), None)


def barrier_in_text(page: PageText, names: Names) -> Reason | None:
    if page.has_banner and not page.own_blocks:
        return Reason.CONSENT
    if page.own_length >= _THIN:
        return None
    forms = [names.normalise(block.text) for block in page.own_blocks]
    return next((reason for form in forms if (reason := barrier_in(form))), None)


def is_script_shell(page: PageText) -> bool:
    if not page.has_script:
        return False
    own = page.own_length
    if own < _SHELL and not any(page.headings[1:]):
        return True
    return own < _SHELL_THAT_SAYS_SO and _SCRIPT_NEEDED.search(words(page.text)) is not None


def barrier_in(form: str) -> Reason | None:
    if _ROBOT.search(form):
        return Reason.OBSTACLE
    if _FAULT.search(form):
        return Reason.FAULT_TEXT
    return Reason.CONSENT if _CONSENT.search(form) else None


_HOME = frozenset({"", "index", "home", "default", "en", "cy", "en-gb"})
_LOG_IN = frozenset({
    "login", "log-in", "signin", "sign-in", "logon", "sign_in", "log_in", "wp-login", "sso", "saml", "saml2", "adfs",
    "authorize", "authenticate", "oauth2",
})  # fmt: skip

_SEARCH = frozenset({"search", "search-results", "searchresults", "site-search", "chwilio"})
_TERMS = frozenset({"q", "query", "keywords", "search", "s", "term"})
_BEFORE_A_SITE = frozenset({
    "queue", "queue-it", "queueit", "waiting-room", "waitingroom", "captcha", "captcha-delivery", "challenge",
    "perfdrive", "maintenance", "unavailable", "service-unavailable", "outage", "status", "consent", "cookie-consent",
})  # fmt: skip
"""Parts of the addresses of interstitial pages, such as waiting rooms, to which sites redirect all readers. They occur
in host names and paths."""

_NOT_FOUND = frozenset({"404", "not-found", "notfound", "page-not-found", "pagenotfound", "not_found"})


def is_elsewhere(final: str, *, requested: str) -> Reason | None:
    """Return the kind of page to which a redirect led, or None if this page may be the release."""
    if _is_new(_LOG_IN, final, requested):
        return Reason.LOG_IN
    if _leads_to_front(final, requested) and _site_of(final) == _site_of(requested):
        return Reason.HOME_PAGE
    if _is_new(_NOT_FOUND, final, requested):
        return Reason.NOT_FOUND
    return Reason.SEARCH if _is_search(urlsplit(final)) and not _is_search(urlsplit(requested)) else None


def leads_to_other_site(final: str, *, requested: str) -> bool:
    """Return whether a redirect led to the front page of another site.

    A release may have a site of its own, such as a dashboard, so this page may be the release.
    """
    return _leads_to_front(final, requested) and _site_of(final) != _site_of(requested)


def leads_to_gateway(final: str, *, requested: str) -> bool:
    names, known = ({*(urlsplit(url).hostname or "").split("."), *_names(urlsplit(url))} for url in (final, requested))
    return bool(_BEFORE_A_SITE & names) and not _BEFORE_A_SITE & known


def is_page_above(final: str, *, requested: str) -> bool:
    """Return whether a redirect led to a parent of the requested page, such as its collection.

    The home page counts only if the fragment of its address is a path, such as "/#/release". In this case, a script
    shows another page there.
    """
    above, below = ([part for part in urlsplit(url).path.lower().split("/") if part] for url in (final, requested))
    if not above and not _draws_others(urlsplit(final)):
        return False
    return len(above) < len(below) and below[: len(above)] == above and not urlsplit(final).query


def leads_to(target: str, answer: Answer) -> str:
    """Return the address to which a page redirects its readers, or an empty string if there is none.

    If the page only reloads itself, the result is also an empty string.

    :param target: the target as the page states it, which may be relative to the address of the page.
    """
    if not target:
        return ""
    here = answer.final_url or answer.requested_url
    try:
        there = urljoin(here, target)
        same = urlsplit(there)._replace(fragment="", query="") == urlsplit(here)._replace(fragment="", query="")
    except ValueError:
        return ""  # browsers cannot follow an invalid address either
    return "" if same else there


def _draws_others(url: SplitResult) -> bool:
    """Return whether the fragment of an address is a path.

    If so, a script shows another page. Any other fragment is the name of a place on the page.
    """
    return "/" in url.fragment


def _is_new(names: frozenset[str], final: str, requested: str) -> bool:
    return bool(names & _names(urlsplit(final))) and not names & _names(urlsplit(requested))


def _is_search(url: SplitResult) -> bool:
    last = url.path.lower().rstrip("/").rpartition("/")[2].partition(".")[0]
    return last in _SEARCH or (not url.path.strip("/") and any(name in _TERMS for name, _ in parse_qsl(url.query)))


def _leads_to_front(final: str, requested: str) -> bool:
    arrived = urlsplit(final)
    draws_page = bool(arrived.query) or _draws_others(arrived)
    return _is_front(arrived) and not draws_page and not _is_front(urlsplit(requested))


def _site_of(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _is_front(url: SplitResult) -> bool:
    names = [part for part in url.path.lower().split("/") if part]
    return len(names) <= 1 and "".join(names).partition(".")[0] in _HOME


def _names(url: SplitResult) -> set[str]:
    return {part.partition(".")[0] for part in unquote(url.path).lower().split("/")}


MOST_CHARACTERS = 20_000
_FEWEST_WORDS = 8
_LIKE = 0.85
_ECHO = re.compile(r"(?<!\S)\S*/\S*|https?:\S+")
_DIGITS = re.compile(r"\d+")


def own_text(page: PageText) -> str:
    lines = (page.headings[0], *(block.text for block in page.own_blocks))
    return "\n".join(line for line in lines if line)[:MOST_CHARACTERS]


def is_like_not_found(text: str, not_found_text: str, *, url: str) -> bool:
    """Return whether a text is nearly the same as the site's page for missing addresses.

    Differences in addresses and digits are ignored. If one of the texts is very short, the result is False.

    :param not_found_text: the text that the same site returns for an address that cannot exist.
    :param url: the requested address. Words of its path are ignored in both texts, because sites repeat the requested
        address on such pages.
    """
    echoed = set(words(unquote(urlsplit(url).path)).split())
    ours, theirs = _counted(text, without=echoed), _counted(not_found_text, without=echoed)
    if min(ours.total(), theirs.total()) < _FEWEST_WORDS:
        return False
    return 2 * (ours & theirs).total() >= _LIKE * (ours.total() + theirs.total())


def _counted(text: str, *, without: set[str]) -> Counter[tuple[str, str]]:
    """Count the pairs of neighbouring words in a text. Pairs are used so that the order of words matters."""
    found = [
        _DIGITS.sub("0", word)
        for word in words(_ECHO.sub(" ", text)).split()
        if word not in without and word[0].isalnum()
    ]
    return Counter(pairwise(found))
