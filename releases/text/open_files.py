"""Texts about the states of dummy files and the results of their checks."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.detection.open_files import DummyFileState, Result, Sign, Target
from releases.models import OpenFileFinding
from releases.open_files import DummyFileRecord

# The text of a tag and its colour.
RESULTS = {
    Result.OPEN: (lazy("Open to the public"), "red"),
    Result.NOT_OPEN: (lazy("Not open"), "green"),
    Result.NOT_KNOWN: (lazy("Not known"), "yellow"),
}
STATES = {
    DummyFileState.NOT_CHECKED: (lazy("Not checked"), "grey"),
    DummyFileState.OPEN: RESULTS[Result.OPEN],
    DummyFileState.DEALT_WITH: (lazy("Check again"), "orange"),
    DummyFileState.NOT_KNOWN: RESULTS[Result.NOT_KNOWN],
    DummyFileState.NOT_OPEN: RESULTS[Result.NOT_OPEN],
}
TARGETS = {Target.FILE: lazy("Dummy file"), Target.PAGE: lazy("Unpublished page")}
SIGNS = {
    Sign.REFUSED: lazy("HTTP status %(status)s."),
    Sign.LOG_IN: lazy("The address leads to a sign-in page."),
    Sign.NOT_FOUND_PAGE: lazy("The website says that there is no such page."),
    Sign.HOME_PAGE: lazy("The address leads to the home page of the website."),
    Sign.SOMETHING_ELSE: lazy("The website responded with HTTP status %(status)s, but without the dummy file’s token."),
    Sign.OTHER_HOST: lazy("The address redirects to another host. We did not follow the redirect."),
    Sign.OTHER_STATUS: lazy("HTTP status %(status)s does not show whether the file is open."),
    Sign.OBSTACLE: lazy("The website showed something else first, such as a robot check or an error message."),
    Sign.NO_ANSWER: lazy("There was no response."),
    Sign.ADDRESS_REFUSED: lazy(
        "We did not request the address, because it leads to a private network. Ask the people who "
        "operate this service if this is right."
    ),
    Sign.ASKED_TO_WAIT: lazy("We did not request the address, because the website had asked us to wait. Check again."),
    Sign.UNREADABLE: lazy("We could not read the response."),
    Sign.NOT_AUTHORISED: lazy("We did not request the address, because the authorisation of the host was withdrawn."),
}


def name_result(finding: OpenFileFinding) -> tuple[Any, str]:
    """Return the name of a result, and the colour of its tag."""
    return RESULTS[Result(finding.result)]


def name_target(finding: OpenFileFinding) -> str:
    return str(TARGETS[Target(finding.target)])


def describe_finding(finding: OpenFileFinding) -> str:
    """Describe the evidence for the result of a check."""
    sign, target = Sign(finding.sign), Target(finding.target)
    if sign is Sign.TOKEN and target is Target.FILE:
        return _("The file can be fetched. The response contained its token.")
    if sign is Sign.TOKEN:
        return _("The page can be read. The response contained the token of the dummy file.")
    if sign is Sign.FILE_NAME:
        return _("The page can be read. The response named the dummy file.")
    return str(SIGNS[sign]) % {"status": finding.status}


def name_state(record: DummyFileRecord) -> tuple[Any, str]:
    """Return the name of a dummy file's state, and the colour of its tag."""
    # A dummy file that was found open is shown as open while it is checked again.
    if record.is_waiting and record.state is not DummyFileState.OPEN:
        return _("Check requested"), "blue"
    return STATES[record.state]
