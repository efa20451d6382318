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
    PreflightCode.NOT_CONFIRMED: lazy("Its date is not confirmed, so it will not be watched. Confirm the date."),
    PreflightCode.NO_PAGE: lazy("It has no page, so it cannot be watched. Name the address of its page."),
    PreflightCode.NO_RESPONSIBLE: lazy(
        "Its series names no responsible statistician, so nobody will be told. Name one."
    ),
    PreflightCode.NO_HEAD: lazy("Its series names no Head of Profession. Name one."),
    PreflightCode.RESPONSIBLE_CLOSED: lazy(
        "The account of its responsible statistician is closed, so no message reaches them. Name somebody else."
    ),
    PreflightCode.HEAD_CLOSED: lazy(
        "The account of its Head of Profession is closed, so no message reaches them. Name somebody else."
    ),
    PreflightCode.NO_ANSWER: lazy(
        "The address gave no usable answer from here: %(why)s. Check the address, and the way to it."
    ),
    PreflightCode.LIVE_ALREADY: lazy(
        "It was not there before and is there now, ahead of its time. If it is out, it is an early release; act now."
    ),
    PreflightCode.MARKER_MATCHES_ALREADY: lazy(
        "What stands there now has the words by which this release is to be known. Is it out, or do the words fit "
        "another edition? With such words nobody can tell whether it is on time: say what was seen, or choose words "
        "that only this release has."
    ),
    PreflightCode.NOT_RECOGNISED: lazy(
        "There is a text there already, of which the checks cannot tell whether it is this release. Say what it is."
    ),
    PreflightCode.LEADS_TO_ANOTHER_HOST: lazy(
        "The address leads to another site, which may not be asked. Allow its host for the producer, or correct the "
        "address: else nobody can tell whether the release is there."
    ),
    PreflightCode.ANNOUNCEMENT_NO_ANSWER: lazy("The announcement could not be read. Check its address."),
    PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME: lazy(
        "The publisher has announced it for %(announced)s, and it is planned here for %(planned)s."
    ),
    PreflightCode.ANNOUNCED_DAY_NOT_FOUND: lazy(
        "The announcement does not name the day for which it is planned here, %(planned)s."
    ),
    PreflightCode.ANNOUNCED_TIME_NOT_FOUND: lazy(
        "The announcement names the day, and not the time for which it is planned here, %(planned)s."
    ),
    PreflightCode.ANNOUNCEMENT_CALLED_OFF: lazy(
        "The announcement speaks of a cancellation, a postponement or a withdrawal."
    ),
    PreflightCode.ANNOUNCEMENT_LEADS_ON: lazy(
        "The announcement leads somewhere else already, as it does once a release has taken its place."
    ),
    PreflightCode.WATCHER_SILENT: lazy("The watcher is not at work: %(last)s. Without it nothing is looked at."),
    PreflightCode.WATCHER_ILL: lazy(
        "The watcher is not well by its own checks. The desk says what is wrong, and what to do."
    ),
    PreflightCode.CLOCK_OFF: lazy("The clock of our own machine is wrong. What is seen by it cannot be judged."),
    PreflightCode.COULD_NOT_LOOK: lazy(
        "Nobody could look at the address, because others were looking at %(place)s all the time."
    ),
    PreflightCode.OUR_ERROR: lazy("Our own program failed while it checked this release. Tell whoever runs it."),
    PreflightCode.NO_ATTACHMENTS: lazy("It names no attachment: only its page is watched."),
    PreflightCode.NO_ANNOUNCEMENT: lazy("It names no announcement, so the time announced was not compared with ours."),
    PreflightCode.OPEN_TASK: lazy("To be done at this release: %(task)s"),
}

NOTED = {
    PreflightCode.NO_ATTACHMENTS: lazy("Only the page is watched, because no attachment is named"),
    PreflightCode.NO_ANNOUNCEMENT: lazy("No announced time was compared with ours, because no announcement is named"),
    PreflightCode.OPEN_TASK: lazy("Something is to be done at the release"),
}
"""The heading of a list of releases, for each kind of note."""

BEGINS = {
    Begins.DAY_BEFORE: lazy("from a day to an hour before"),
    Begins.LAST_HOUR: lazy("in the last hour"),
    Begins.LAST_TEN_MINUTES: lazy("in the last ten minutes"),
    Begins.LAST_MINUTE: lazy("in the last minute"),
}


def finding_sentence(finding: PreflightFinding, *, planned: datetime | None) -> str:
    """Describe a finding in one or two full sentences, and the remedy."""
    if finding.code is PreflightCode.SHARES_MINUTE:
        return _shares(finding.facts)
    facts = finding.facts
    last = facts.get("last")
    said = {
        "why": ", ".join(str(REASONS.get(reason, reason.replace("_", " "))) for reason in facts.get("reasons", ())),
        "planned": calendar.format_moment(planned) if planned else "",
        "announced": _announced(facts),
        "last": _("it was last so at %(at)s") % {"at": calendar.format_moment(datetime.fromisoformat(last))}
        if last
        else _("it has never been"),
        "place": facts.get("place", ""),
        "task": facts.get("task", ""),
    }
    words = str(SENTENCES[finding.code]) % said
    note = facts.get("note")
    return f"{words} {_('Its note says: “%(note)s”') % {'note': note}}" if note else words


def crowd_sentence(crowd: Crowd) -> str:
    facts = {"releases": len(crowd.releases), "looks": crowd.checks, "place": crowd.place}
    start = ngettext(
        "%(releases)s release with %(looks)s addresses at %(place)s at %(at)s",
        "%(releases)s releases at %(place)s at %(at)s",
        len(crowd.releases),
    ) % {**facts, "at": calendar.format_moment(crowd.due_at)}
    return f"{start}: {_width(crowd.seconds)}"


def describe_length(of: timedelta) -> str:
    """Write the duration of an exposure: "10 seconds", "5 minutes"."""
    seconds = round(of.total_seconds())
    if seconds < 60:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    return ngettext("%(count)s minute", "%(count)s minutes", seconds // 60) % {"count": seconds // 60}


def describe_percent(chance: float) -> str:
    """Write a chance, rounded down: "33%", "under 1%"; "100%" means certain."""
    return f"{int(chance * 100)}%" if chance >= 0.01 else _("under 1%")


def chance_of(lasting: timedelta, chance: float) -> str:
    return _("%(chance)s for %(length)s") % {"chance": describe_percent(chance), "length": describe_length(lasting)}


def outcome_name(count: int) -> str:
    if not count:
        return _("no problem")
    return ngettext("%(count)s problem", "%(count)s problems", count) % {"count": count}


def read_findings(findings: Iterable[Mapping[str, Any]]) -> list[PreflightFinding]:
    return sorted((PreflightFinding.from_json(each) for each in findings), key=lambda finding: not finding.is_problem)


def _shares(facts: Mapping[str, Any]) -> str:
    others = facts["releases"] - 1
    if not others:
        start = _("Its %(looks)s addresses at %(place)s wait for one another") % facts
        return f"{start}: {_width(facts['seconds'])}"
    start = ngettext(
        "It shares its minute at %(place)s with %(others)s other release",
        "It shares its minute at %(place)s with %(others)s other releases",
        others,
    ) % {"place": facts["place"], "others": others}
    return f"{start}: {_width(facts['seconds'])}"


def _width(seconds: float) -> str:
    if not seconds:
        return _("all are looked at in the same instant.")
    width = _("the last is looked at up to %(seconds).1f s after the first.") % {"seconds": seconds}
    if seconds <= GREATEST_LONGEST_GAP.total_seconds():
        return width
    note = _("We will ask you about each release that is not live in time, because two checks of it are too far apart.")
    return f"{width} {note}"


def _announced(facts: Mapping[str, Any]) -> str:
    at = facts.get("announced_for")
    text = facts.get("announced_text") or _("another time")
    return calendar.format_moment(datetime.fromisoformat(at)) if at else f"“{text}”"
