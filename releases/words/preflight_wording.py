"""What the check before a release found, in words for people: codes and facts go in, sentences come out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.core.dates import london
from releases.core.looks.exposure import Begins
from releases.core.looks.pacing import GREATEST_LONGEST_GAP, Crowd
from releases.core.preflight_findings import Code, Finding
from releases.words.wording import REASONS

SENTENCES = {
    Code.NOT_CONFIRMED: lazy("Its date is not confirmed, so it will not be watched. Confirm the date."),
    Code.NO_PAGE: lazy("It has no page, so it cannot be watched. Name the address of its page."),
    Code.NO_RESPONSIBLE: lazy("Its series names no responsible statistician, so nobody will be told. Name one."),
    Code.NO_HEAD: lazy("Its series names no Head of Profession. Name one."),
    Code.RESPONSIBLE_CLOSED: lazy(
        "The account of its responsible statistician is closed, so no message reaches them. Name somebody else."
    ),
    Code.HEAD_CLOSED: lazy(
        "The account of its Head of Profession is closed, so no message reaches them. Name somebody else."
    ),
    Code.NO_ANSWER: lazy("The address gave no usable answer from here: %(why)s. Check the address, and the way to it."),
    Code.LIVE_ALREADY: lazy(
        "It was not there before and is there now, ahead of its time. If it is out, it is an early release; act now."
    ),
    Code.MARKER_MATCHES_ALREADY: lazy(
        "What stands there now has the words by which this release is to be known. Is it out, or do the words fit "
        "another edition? With such words nobody can tell whether it is on time: say what was seen, or choose words "
        "that only this release has."
    ),
    Code.NOT_RECOGNISED: lazy(
        "There is a text there already, of which the checks cannot tell whether it is this release. Say what it is."
    ),
    Code.LEADS_TO_ANOTHER_HOST: lazy(
        "The address leads to another site, which may not be asked. Allow its host for the producer, or correct the "
        "address: else nobody can tell whether the release is there."
    ),
    Code.ANNOUNCEMENT_NO_ANSWER: lazy("The announcement could not be read. Check its address."),
    Code.ANNOUNCED_FOR_ANOTHER_TIME: lazy(
        "The publisher has announced it for %(announced)s, and it is planned here for %(planned)s."
    ),
    Code.ANNOUNCED_DAY_NOT_FOUND: lazy(
        "The announcement does not name the day for which it is planned here, %(planned)s."
    ),
    Code.ANNOUNCED_TIME_NOT_FOUND: lazy(
        "The announcement names the day, and not the time for which it is planned here, %(planned)s."
    ),
    Code.ANNOUNCEMENT_CALLED_OFF: lazy("The announcement speaks of a cancellation, a postponement or a withdrawal."),
    Code.ANNOUNCEMENT_LEADS_ON: lazy(
        "The announcement leads somewhere else already, as it does once a release has taken its place."
    ),
    Code.WATCHER_SILENT: lazy("The watcher is not at work: %(last)s. Without it nothing is looked at."),
    Code.WATCHER_ILL: lazy("The watcher is not well by its own checks. The desk says what is wrong, and what to do."),
    Code.CLOCK_OFF: lazy("The clock of our own machine is wrong. What is seen by it cannot be judged."),
    Code.COULD_NOT_LOOK: lazy(
        "Nobody could look at the address, because others were looking at %(place)s all the time."
    ),
    Code.OUR_ERROR: lazy("Our own program failed while it checked this release. Tell whoever runs it."),
    Code.NO_ATTACHMENTS: lazy("It names no attachment: only its page is watched."),
    Code.NO_ANNOUNCEMENT: lazy("It names no announcement, so the time announced was not compared with ours."),
    Code.OPEN_TASK: lazy("To be done at this release: %(task)s"),
}

NOTED = {
    Code.NO_ATTACHMENTS: lazy("Only the page is watched, because no attachment is named"),
    Code.NO_ANNOUNCEMENT: lazy("No announced time was compared with ours, because no announcement is named"),
    Code.OPEN_TASK: lazy("Something is to be done at the release"),
}
"""What is worth knowing of releases, before a list of them."""

BEGINS = {
    Begins.DAY_BEFORE: lazy("from a day to an hour before"),
    Begins.LAST_HOUR: lazy("in the last hour"),
    Begins.LAST_TEN_MINUTES: lazy("in the last ten minutes"),
    Begins.LAST_MINUTE: lazy("in the last minute"),
}


def sentence(finding: Finding, *, planned: datetime | None) -> str:
    """Say in one or two full sentences what was found, and what there is to do about it.

    :param planned: the aware instant for which the release is planned.
    """
    if finding.code is Code.SHARES_MINUTE:
        return _shares(finding.facts)
    facts = finding.facts
    last = facts.get("last")
    said = {
        "why": ", ".join(str(REASONS.get(reason, reason.replace("_", " "))) for reason in facts.get("reasons", ())),
        "planned": london.moment(planned) if planned else "",
        "announced": _announced(facts),
        "last": _("it was last so at %(at)s") % {"at": london.moment(datetime.fromisoformat(last))}
        if last
        else _("it has never been"),
        "place": facts.get("place", ""),
        "task": facts.get("task", ""),
    }
    words = str(SENTENCES[finding.code]) % said
    note = facts.get("note")
    return f"{words} {_('Its note says: “%(note)s”') % {'note': note}}" if note else words


def crowd_sentence(crowd: Crowd) -> str:
    """Say how many releases share a host and a minute, and what that means for the first looks at them."""
    facts = {"releases": len(crowd.releases), "looks": crowd.looks, "place": crowd.place}
    start = ngettext(
        "%(releases)s release with %(looks)s addresses at %(place)s at %(at)s",
        "%(releases)s releases at %(place)s at %(at)s",
        len(crowd.releases),
    ) % {**facts, "at": london.moment(crowd.due_at)}
    return f"{start}: {_width(crowd.seconds)}"


def length(of: timedelta) -> str:
    """Write for how long a release is out: "10 seconds", "5 minutes"."""
    seconds = round(of.total_seconds())
    if seconds < 60:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    return ngettext("%(count)s minute", "%(count)s minutes", seconds // 60) % {"count": seconds // 60}


def percent(chance: float) -> str:
    """Write a chance, never as more than it is: "33%", "under 1%"; "100%" is certain."""
    return f"{int(chance * 100)}%" if chance >= 0.01 else _("under 1%")


def chance_of(lasting: timedelta, chance: float) -> str:
    """Write a chance with what it belongs to: "33% for 5 minutes"."""
    return _("%(chance)s for %(length)s") % {"chance": percent(chance), "length": length(lasting)}


def outcome(count: int) -> str:
    """Write how many problems were found: "2 problems", "no problem"."""
    if not count:
        return _("no problem")
    return ngettext("%(count)s problem", "%(count)s problems", count) % {"count": count}


def codes(findings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Read findings as they were kept, the problems first."""
    return sorted((Finding.from_json(each) for each in findings), key=lambda finding: not finding.is_problem)


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
    asks = _("We will ask you about each release that is not live in time, because two checks of it are too far apart.")
    return f"{width} {asks}"


def _announced(facts: Mapping[str, Any]) -> str:
    at = facts.get("announced_for")
    text = facts.get("announced_text") or _("another time")
    return london.moment(datetime.fromisoformat(at)) if at else f"“{text}”"
