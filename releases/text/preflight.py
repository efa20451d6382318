"""Texts about the findings of a preflight."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.rules import calendar
from releases.rules.cadence import Begins
from releases.rules.host_budget import GREATEST_LONGEST_GAP, Crowd
from releases.text.release import REASONS

SENTENCES = {
    PreflightCode.NOT_CONFIRMED: lazy("The date is not confirmed, so we will not check the release. Confirm the date."),
    PreflightCode.NO_PAGE: lazy("The release has no web page, so we cannot check it. Add the address of its web page."),
    PreflightCode.NO_RESPONSIBLE: lazy(
        "The series has no contact, so we can only notify the Head of Profession or deputies of problems. Add a "
        "contact to the series."
    ),
    PreflightCode.NO_HEAD: lazy("The series has no Head of Profession. Add one."),
    PreflightCode.RESPONSIBLE_CLOSED: lazy(
        "The account of the contact is closed, so they get no notifications. Choose another person."
    ),
    PreflightCode.HEAD_CLOSED: lazy(
        "The Head of Profession’s account is closed, so they get no notifications. Choose another person."
    ),
    PreflightCode.NO_ANSWER: lazy(
        "We got no usable response from the address: %(why)s. Check the address and our connection to it."
    ),
    PreflightCode.LIVE_ALREADY: lazy(
        "We found the release before its release time. Check the page now. If it is live, it is an early release."
    ),
    PreflightCode.MARKER_MATCHES_ALREADY: lazy(
        "The page already has the text that identifies this edition. The release may be live, or the text may fit "
        "another edition. We cannot tell if the release is on time. Answer the question about the page, or choose text "
        "that only this edition has."
    ),
    PreflightCode.NOT_RECOGNISED: lazy(
        "The page already has text, and we cannot tell if it is this release. Answer the question about the page."
    ),
    PreflightCode.LEADS_TO_ANOTHER_HOST: lazy(
        "The web page redirects to another website, which we may not open. Add that website to the producer, or "
        "correct the web address. Otherwise we cannot tell if the release is live."
    ),
    PreflightCode.ANNOUNCEMENT_NO_ANSWER: lazy("We could not read the announcement. Check its address."),
    PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME: lazy(
        "The publisher has announced the release for %(announced)s. In this calendar, it is planned for %(planned)s."
    ),
    PreflightCode.ANNOUNCED_DAY_NOT_FOUND: lazy("The announcement does not give the planned date, %(planned)s."),
    PreflightCode.ANNOUNCED_TIME_NOT_FOUND: lazy(
        "The announcement gives the day, but not the time planned in this calendar, %(planned)s."
    ),
    PreflightCode.ANNOUNCEMENT_CALLED_OFF: lazy(
        "The announcement mentions a cancellation, postponement or withdrawal."
    ),
    PreflightCode.ANNOUNCEMENT_LEADS_ON: lazy(
        "The announcement already redirects to another page, as it does after a release."
    ),
    PreflightCode.WATCHER_SILENT: lazy("Monitoring is not running: %(last)s. We are not checking any release."),
    PreflightCode.WATCHER_ILL: lazy(
        "Monitoring has a problem. See ‘Today’s releases’ for what is wrong and what to do."
    ),
    PreflightCode.CLOCK_OFF: lazy("The clock of our own machine is wrong, so we cannot use its checks."),
    PreflightCode.COULD_NOT_LOOK: lazy(
        "We could not check the address, because other processes were checking %(place)s all the time."
    ),
    PreflightCode.OUR_ERROR: lazy(
        "An error in our own program stopped this check. Report it to the people who operate this service."
    ),
    PreflightCode.NO_ATTACHMENTS: lazy("No files are listed, so we only check the web page."),
    PreflightCode.NO_ANNOUNCEMENT: lazy(
        "No announcement is listed, so we did not compare the announced time with this calendar."
    ),
    PreflightCode.OPEN_TASK: lazy("Task for this release: %(task)s"),
    PreflightCode.NO_BROWSER: lazy(
        "Our browser is off or not installed, so we will not take screenshots of this release."
    ),
    PreflightCode.BROWSER_DOES_NOT_START: lazy(
        "Our browser does not start, so we cannot take screenshots or check pages that need scripts. Tell the people "
        "who operate this service."
    ),
    PreflightCode.BROWSER_IN_SANDBOX: lazy("Our browser is ready. It runs in its own sandbox."),
    PreflightCode.BROWSER_WITHOUT_SANDBOX: lazy("Our browser is ready. It runs without its own sandbox."),
}

NOTED = {
    PreflightCode.NO_ATTACHMENTS: lazy("No files are listed, so we only check the web page"),
    PreflightCode.NO_ANNOUNCEMENT: lazy("No announcement is listed, so we did not compare the announced time"),
    PreflightCode.OPEN_TASK: lazy("Releases with open tasks"),
}
"""Maps each kind of note to the heading of the list of releases that have this note."""

BEGINS = {
    Begins.DAY_BEFORE: lazy("From a day to an hour before"),
    Begins.LAST_HOUR: lazy("In the last hour"),
    Begins.LAST_TEN_MINUTES: lazy("In the last 10 minutes"),
    Begins.LAST_MINUTE: lazy("In the last minute"),
}


def finding_sentence(finding: PreflightFinding, *, planned: datetime | None) -> str:
    """Describe a finding and its remedy in full sentences."""
    if finding.code is PreflightCode.SHARES_MINUTE:
        return _shares(finding.facts)
    facts = finding.facts
    last = facts.get("last")
    said = {
        "why": ", ".join(str(REASONS.get(reason, reason.replace("_", " "))) for reason in facts.get("reasons", ())),
        "planned": calendar.format_moment(planned) if planned else "",
        "announced": _announced(facts),
        "last": _("it last ran at %(at)s") % {"at": calendar.format_moment(datetime.fromisoformat(last))}
        if last
        else _("it has never run"),
        "place": facts.get("place", ""),
        "task": facts.get("task", ""),
    }
    words = str(SENTENCES[finding.code]) % said
    note = facts.get("note")
    return f"{words} {_('The note on it says ‘%(note)s’.') % {'note': note}}" if note else words


def crowd_sentence(crowd: Crowd, *, visible: int) -> str:
    """Describe a crowd to a person.

    :param visible: how many of its releases the person may view. The others may not be announced yet, so the text does
        not give their number.
    """
    facts = {
        "releases": visible, "checks": crowd.checks, "place": crowd.place,
        "at": calendar.format_moment(crowd.due_at),
    }  # fmt: skip
    if visible < len(crowd.releases):
        start = ngettext(
            "%(releases)s release is due on %(place)s at %(at)s.",
            "%(releases)s releases are due on %(place)s at %(at)s.",
            visible,
        )
        others = _("So are releases that you cannot see here, such as those of other producers.")
        return f"{start % facts} {others} {_width(crowd.seconds)}"
    start = ngettext(
        "%(releases)s release with %(checks)s addresses is due on %(place)s at %(at)s.",
        "%(releases)s releases are due on %(place)s at %(at)s.",
        visible,
    )
    return f"{start % facts} {_width(crowd.seconds)}"


def describe_length(of: timedelta) -> str:
    """Write how long an early release is live before it is due: "10 seconds", "5 minutes"."""
    seconds = round(of.total_seconds())
    if seconds < 60:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    return ngettext("%(count)s minute", "%(count)s minutes", seconds // 60) % {"count": seconds // 60}


def describe_percent(chance: float) -> str:
    """Write a chance in per cent, rounded down: "33%", "under 1%".

    Because of the rounding, "100%" always means that the event is certain.
    """
    return f"{int(chance * 100)}%" if chance >= 0.01 else _("under 1%")


def chance_of(lasting: timedelta, chance: float) -> str:
    return _("%(chance)s for %(length)s") % {"chance": describe_percent(chance), "length": describe_length(lasting)}


def outcome_name(count: int) -> str:
    if not count:
        return _("no problems")
    return ngettext("%(count)s problem", "%(count)s problems", count) % {"count": count}


def read_findings(findings: Iterable[Mapping[str, Any]]) -> list[PreflightFinding]:
    return sorted((PreflightFinding.from_json(each) for each in findings), key=lambda finding: not finding.is_problem)


def _shares(facts: Mapping[str, Any]) -> str:
    if facts["releases"] == 1:
        start = _("We check its %(looks)s addresses on %(place)s one after the other.") % facts
    else:
        # Without their number, because releases of other producers may not be announced yet.
        start = _("Other releases are due on %(place)s at the same time.") % facts
    return f"{start} {_width(facts['seconds'])}"


def _width(seconds: float) -> str:
    if not seconds:
        return _("We will check them at the same time.")
    width = _("We will make the last check up to %(seconds).1f seconds after the first.") % {"seconds": seconds}
    if seconds <= GREATEST_LONGEST_GAP.total_seconds():
        return width
    note = _(
        "Two checks of the same address will then be too far apart. If a release is not live in time, we will ask you "
        "about it."
    )
    return f"{width} {note}"


def _announced(facts: Mapping[str, Any]) -> str:
    at = facts.get("announced_for")
    text = facts.get("announced_text") or _("another time")
    return calendar.format_moment(datetime.fromisoformat(at)) if at else f"“{text}”"
