"""What stands before a page: a check for robots, a request for consent, a fault of the site, an empty shell.

None of it says anything of the release, and most of it is shown whatever address is asked for.
"""

import re

from releases.core.judging.reading.characters import words
from releases.core.judging.reading.finding import Reason
from releases.core.judging.reading.names import Names
from releases.core.judging.reading.page_text import PageText

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
"""Characters of own text below which a page with scripts is a shell, a shell that asks for scripts, or a notice."""


def barrier_in_heading(page: PageText, names: Names) -> Reason | None:
    """Return what the title or an h1 tells that stands before the page, or None."""
    forms = [names.told(heading) for heading in page.headings]
    return next((reason for form in forms if (reason := barrier_in(form))), None)


def barrier_in_text(page: PageText, names: Names) -> Reason | None:
    """Return what stands in place of a page with little text of its own, or None."""
    if page.has_banner and not page.own_blocks:
        return Reason.CONSENT
    if page.own_length >= _THIN:
        return None
    forms = [names.told(block.text) for block in page.own_blocks]
    return next((reason for form in forms if (reason := barrier_in(form))), None)


def is_script_shell(page: PageText) -> bool:
    """Say whether a page has next to nothing to read and is filled by a script."""
    if not page.has_script:
        return False
    own = page.own_length
    if own < _SHELL and not any(page.headings[1:]):
        return True
    return own < _SHELL_THAT_SAYS_SO and _SCRIPT_NEEDED.search(words(page.text)) is not None


def barrier_in(form: str) -> Reason | None:
    """Return what a text tells that stands before a page or a file, or None."""
    if _ROBOT.search(form):
        return Reason.OBSTACLE
    if _FAULT.search(form):
        return Reason.FAULT_TEXT
    return Reason.CONSENT if _CONSENT.search(form) else None
