"""Texts about verdicts, checks, waiting times and the publisher's own times."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.detection.finding import PublisherSays, Source, State, fills
from releases.models import Release, Verification
from releases.rules import calendar
from releases.rules.lifecycle import Status
from releases.rules.response import LONGEST
from releases.verdict.address import NEEDS_CHECKING, Outcome
from releases.verdict.release import Diagnosis, Place, Why

OUTCOMES = {
    Outcome.PENDING: (lazy("Not judged yet"), "grey"),
    Outcome.ON_TIME: (lazy("On time"), "green"),
    Outcome.EARLY: (lazy("Seen early"), "red"),
    Outcome.LATE: (lazy("Seen late"), "red"),
    Outcome.NOT_SEEN: (lazy("Not seen"), "red"),
    Outcome.PARTIAL: (lazy("In part only"), "orange"),
    Outcome.UNCERTAIN: (lazy("Uncertain"), "yellow"),
    Outcome.CANNOT_TELL: (lazy("Cannot tell"), "yellow"),
}

RESULTS = {
    "observer_fault": lazy("no answer, and our own connection failed too"),
    "unreachable": lazy("no usable answer"),
    "not_live": lazy("not live"),
    "live": lazy("live"),
    "unrecognised": lazy("not recognised"),
}

STATEMENTS = {
    "this_is_it": lazy("a person said that this is the release"),
    "file_for_page": lazy("a file came where a page was due"),
    "incomplete": lazy("the file breaks off before its end"),
    "previous_edition": lazy("a person said that this is the previous edition"),
    "not_it": lazy("a person said that this is something else"),
}


@dataclass(frozen=True, slots=True)
class StatusLabel:
    label: str
    colour: str
    detail: str = ""


def status_of_release(release: Release, verification: Verification | None, *, now: datetime) -> StatusLabel:
    """Describe the status of a release at an instant: its verdict, or the next step."""
    if release.status == Status.CANCELLED:
        return StatusLabel(_("Cancelled"), "grey", _("it is not watched"))
    if release.due_at is None or release.status == Status.PROVISIONAL:
        return StatusLabel(_("Not watched"), "grey", _("it is provisional"))
    if verification and verification.outcome != Outcome.PENDING:
        label, colour = OUTCOMES[Outcome(verification.outcome)]
        return StatusLabel(str(label), colour, delay_note(verification))
    if now < release.due_at:
        return StatusLabel(_("Waiting"), "blue", _("due in %(time)s") % {"time": duration(release.due_at - now)})
    limit_at = verification.limit_at if verification else release.limit_at
    if now < limit_at:
        left = _("on time until %(clock)s") % {"clock": calendar.format_time_with_seconds(limit_at)}
        return StatusLabel(_("Due now"), "blue", left)
    if now < limit_at + LONGEST:
        return StatusLabel(_("Being judged"), "blue", _("the last answers are coming in"))
    return StatusLabel(_("No verdict"), "yellow", _("the looks up to the end of its tolerance are not complete"))


def delay_note(verification: Verification) -> str:
    """Describe the delay behind a verdict in a short phrase; both ends of the interval are rounded outwards."""
    start, end = verification.delay_from, verification.delay_to
    match Outcome(verification.outcome):
        case Outcome.ON_TIME if start is not None and end is not None:
            return _on_time_note(start, end, tolerance_seconds=verification.tolerance_seconds)
        case Outcome.EARLY if end is not None:
            return _("%(interval)s before it was due") % {"interval": _interval(start, end)}
        case Outcome.LATE | Outcome.PARTIAL if start is not None and end is not None:
            return _("%(interval)s after it was due") % {"interval": _interval(start, end)}
        case Outcome.NOT_SEEN if start is not None:
            return _("still not there %(time)s after it was due") % {"time": _seconds(math.floor(start))}
        case Outcome.PARTIAL if start is not None:
            return _("a part still not there %(time)s after it was due") % {"time": _seconds(math.floor(start))}
    return ""


def _on_time_note(start: float, end: float, *, tolerance_seconds: int) -> str:
    if end > tolerance_seconds:
        # The page was there at an unknown time between the request and its response.
        note = _("within tolerance, by a look made in time and answered after %(time)s")
    else:
        # Not live after the due instant, so it became live within the tolerance.
        note = _("within tolerance, %(time)s") if start > 0 else _("%(time)s")
    return note % {"time": _seconds(max(1, math.ceil(end)))}


def describe_verdict(verification: Verification) -> str:
    sentence = str(SENTENCES[Outcome(verification.outcome)])
    due = {
        "due": calendar.format_moment(verification.due_at),
        "limit": calendar.format_time_with_seconds(verification.limit_at),
    }
    return " ".join(filter(None, (sentence % due, known_sentence(verification))))


def known_sentence(verification: Verification) -> str:
    """Describe when the release was last missing and first live, and relevant gaps in monitoring."""
    due_at, parts = verification.due_at, []
    if verification.last_not_live_at:
        parts.append(_("last seen not live at %(at)s") % {"at": _clock(verification.last_not_live_at, due_at)})
    if verification.first_live_at:
        at = verification.first_live_at
        # The second in which the response came, rounded up as in a breach report, but never beyond the due time.
        rounded = (at + timedelta(microseconds=999_999)).replace(microsecond=0)
        parts.append(_("first seen live at %(at)s") % {"at": _clock(at if at < due_at <= rounded else rounded, due_at)})
    summary = f"{capfirst(', '.join(parts))}." if parts else ""
    return " ".join(filter(None, (summary, _not_monitored(verification))))


def _not_monitored(verification: Verification) -> str:
    """Describe when no check was conclusive between the due time and the end of the tolerance, if relevant."""
    if Outcome(verification.outcome) not in NEEDS_CHECKING:
        return ""
    gaps = sorted({(gap.begins_at, gap.ends_at) for result in verification.results for gap in result.verdict.gaps})
    if not gaps:
        return ""
    stretches = [
        _("from %(begins)s to %(ends)s")
        % {
            "begins": _clock(begins, verification.due_at),
            "ends": _clock(ends, verification.due_at),
        }
        for begins, ends in gaps
    ]
    sentence = _(
        "%(stretches)s no check showed whether it was live. It may have been live then, so we do not call it late."
    )
    return capfirst(sentence % {"stretches": ", ".join(stretches)})


SENTENCES = {
    Outcome.PENDING: lazy("It is due at %(due)s and has not been judged yet."),
    Outcome.ON_TIME: lazy("It was due at %(due)s and was live at a look made by %(limit)s, the end of its tolerance."),
    Outcome.EARLY: lazy("It was due at %(due)s and was seen live before that."),
    Outcome.LATE: lazy("It was due at %(due)s and was not live by %(limit)s, the end of its tolerance."),
    Outcome.NOT_SEEN: lazy(
        "It was due at %(due)s, was not live by %(limit)s, the end of its tolerance, and has not been seen since."
    ),
    Outcome.PARTIAL: lazy(
        "It was due at %(due)s. A part that belongs to it was not live by %(limit)s, the end of its tolerance."
    ),
    Outcome.UNCERTAIN: lazy(
        "It was due at %(due)s. We saw it live later, but our checks do not show whether it was live by %(limit)s. "
        "Check the page, then say when it was live or start a breach report."
    ),
    Outcome.CANNOT_TELL: lazy(
        "It was due at %(due)s. Our checks do not show whether it was live by %(limit)s. "
        "Check the page, then say when it was live or start a breach report."
    ),
}


def _clock(instant: datetime, due_at: datetime) -> str:
    """Write an instant to the second, with its day if that is not the due day."""
    clock = calendar.format_time_with_seconds(instant)
    if _same_day(instant, due_at):
        return clock
    return _("%(clock)s on %(day)s") % {"clock": clock, "day": calendar.format_day(instant)}


def describe_check(result: str, reasons: Iterable[str], *, said: str = "") -> str:
    """Describe the result of a check and its reasons: "not live: there was no such page"."""
    words = str(RESULTS.get(result, result))
    why = [str(REASONS.get(reason, reason.replace("_", " "))) for reason in reasons]
    sentence = f"{words}: {', '.join(why)}" if why else words
    return f"{sentence} ({STATEMENTS[said]})" if said in STATEMENTS else sentence


REASONS = {
    "timeout": lazy("no answer came in time"),
    "dns": lazy("the site's name was not found"),
    "connect": lazy("no connection could be made"),
    "tls": lazy("the connection was not secure"),
    "too_many_redirects": lazy("it led from one address to the next without end"),
    "address_refused": lazy("it led to a machine that may not be asked"),
    "too_large": lazy("there was too much to read"),
    "undecodable": lazy("it could not be read"),
    "broken": lazy("the connection broke"),
    "asked_to_wait": lazy("the site had asked us to wait, so it was not asked"),
    "controls_fail": lazy("other sites did not answer either"),
    "our_error": lazy("our own program failed"),
    "clock_off": lazy("our own clock was wrong"),
    "examination_time": lazy("the page took too long to examine"),
    "examination_memory": lazy("the page took too much memory to examine"),
    "examination_ended": lazy("the examination of the page was interrupted"),
    "rate_limited": lazy("the site asked for fewer requests"),
    "forbidden": lazy("the site did not let us read it"),
    "client_error": lazy("the site did not accept the request"),
    "server_error": lazy("the site reported a fault of its own"),
    "unexpected_status": lazy("the site answered with a code that says nothing"),
    "not_found": lazy("there was no such page"),
    "gone": lazy("the page was taken away"),
    "other_host": lazy("it led to another site"),
    "home_page": lazy("it led to a home page"),
    "search": lazy("it led to a search"),
    "page_above": lazy("it led to a page above it"),
    "leads_on": lazy("the page sends its readers on to another address"),
    "log_in": lazy("it was a page for logging in"),
    "marker_hidden": lazy("the page hides the text that identifies this edition from its readers"),
    "styles_unread": lazy("the styles of the page are too long to tell what readers see"),
    "negative_marker": lazy("the page itself said that it was not there"),
    "like_not_found": lazy("it was like what the site shows where there is no page"),
    "wrong_type": lazy("it was not the kind of file that was due"),
    "file_for_page": lazy("a file came where a page was due"),
    "incomplete": lazy("the file breaks off before its end"),
    "previous_edition": lazy("a person had called this text the previous edition"),
    "unchanged": lazy("the page had not changed"),
    "embedded": lazy("a part of it that comes from elsewhere was not looked at"),
    "confirmed_by_person": lazy("a person had called this text the release"),
    "marker_in_title": lazy("the words it is known by were in the title"),
    "marker_in_heading": lazy("the words it is known by were in the heading"),
    "marker_in_text": lazy("the words it is known by were in the text"),
    "marker_in_meta": lazy("the words it is known by were only in what the page tells search engines"),
    "marker_in_linked_data": lazy("the words it is known by were only in the page's data for machines"),
    "right_type": lazy("it was the kind of file that was due"),
    "no_marker": lazy("the words it is known by were not there"),
    "other_period": lazy("the words it is known by were there only as part of another date or period"),
    "other_edition": lazy("its heading named another edition"),
    "other_subject": lazy("the page seems to be about something else"),
    "still_to_come": lazy("it was named as something still to come"),
    "common_marker": lazy("a year alone in the text proves nothing"),
    "mentioned_once": lazy("a sentence that names it before it was due proves nothing"),
    "empty": lazy("it was empty"),
    "obstacle": lazy("a check for robots stood before it"),
    "consent": lazy("a request for consent stood before it"),
    "fault_text": lazy("the site reported a fault in place of the page"),
    "script_shell": lazy("the page is empty until a script fills it"),
    "too_deep": lazy("the page’s HTML was too complex to read"),
    "unknown_shape": lazy("the publishing system's answer was of no known form"),
    "announcement": lazy("only its announcement was there"),
    "cancelled": lazy("its announcement said that it was cancelled"),
    "moved": lazy("its announcement gave another time"),
    "withdrawn": lazy("the page was marked as withdrawn"),
    "earlier_edition": lazy("by its own dates it was an earlier edition"),
    "updated": lazy("by its own dates it was updated at or after the due time"),
    "not_updated": lazy("by its own dates it was not updated since the due time"),
    "other_kind": lazy("it was a kind of page under which no statistics are published"),
    "other_page": lazy("what came was about another page"),
}


def describe_check_times(checks: int, first_at: datetime, last_at: datetime, *, day_of: datetime | None) -> str:
    """Describe when checks were made: "24 looks from 9:29:05am to 9:31:55am"; days other than `day_of` are included."""
    start, end = (calendar.format_time_with_seconds(instant) for instant in (first_at, last_at))
    if day_of is None or not (_same_day(first_at, day_of) and _same_day(last_at, day_of)):
        end = _("%(clock)s on %(day)s") % {"clock": end, "day": calendar.format_day(last_at)}
        if not _same_day(first_at, last_at):
            start = _("%(clock)s on %(day)s") % {"clock": start, "day": calendar.format_day(first_at)}
    if checks == 1:
        return _("1 look at %(at)s") % {"at": end}
    return _("%(looks)s looks from %(start)s to %(end)s") % {"looks": checks, "start": start, "end": end}


def duration(length: timedelta, *, units: int = 2) -> str:
    """Write a duration in its largest units, two by default, rounded down: "3 min 20 s"."""
    return _seconds(max(0, math.floor(length.total_seconds())), units=units)


def _interval(start: float | None, end: float) -> str:
    # The true delay lies between both ends, so each is rounded away from the other.
    lower, upper = (abs(bound) if bound is not None else None for bound in (start, end))
    if lower is None or upper is None:
        return _seconds(math.ceil(abs(end)))
    low, high = math.floor(min(lower, upper)), math.ceil(max(lower, upper))
    return _("%(low)s to %(high)s") % {"low": _seconds(low), "high": _seconds(high)}


def _seconds(seconds: int, *, units: int = 4) -> str:
    parts = []
    for length, name in ((86_400, _("d")), (3_600, _("h")), (60, _("min")), (1, _("s"))):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:units]) or _("0 s")


def _same_day(one: datetime, other: datetime) -> bool:
    return calendar.local_date(one) == calendar.local_date(other)


SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: lazy("its scheduled time and its delay"),
    Source.CHANGE_HISTORY: lazy("the public history of the page"),
    Source.PUBLIC_UPDATED_AT: lazy("the last public update of the page, which moves with every later one"),
}

DIAGNOSES = {
    Diagnosis.EDGE_CACHE: lazy(
        "The looks show that an old copy of the page was still handed out once the release was out; "
        "this may explain why readers saw it late."
    ),
}

STATES = {
    State.ANNOUNCED: lazy("Announced"),
    State.PUBLISHED: lazy("Published"),
    State.EARLIER_EDITION: lazy("An earlier edition stands there"),
    State.MOVED: lazy("Announced for another time"),
    State.CANCELLED: lazy("Cancelled"),
    State.WITHDRAWN: lazy("Marked as withdrawn"),
    State.GONE: lazy("Taken away"),
    State.REDIRECTED: lazy("Replaced by another page, which it does not name"),
}


def describe_publisher(verification: Verification) -> str:
    """Describe the time of publication according to the publisher's own system; empty if it has none."""
    if not verification.published_at_by_publisher:
        return ""
    source = Source(verification.publisher_source)
    published = _published(verification.published_at_by_publisher, source, due_at=verification.due_at)
    facts = {"published": published, "beside": _publisher_delay(verification)}
    return _("The publisher’s own system says: %(published)s%(beside)s.") % facts


def publisher_note(verification: Verification | None) -> str:
    """Describe the publisher's own time in a short phrase for a list; empty if there is none."""
    delay = _publisher_delay(verification) if verification else ""
    return _("publisher’s own system%(beside)s") % {"beside": delay.replace(",", ":", 1)} if delay else ""


def describe_publisher_gap(start: datetime, end: datetime, verification: Verification | None) -> str:
    """Describe the gap between our checks in which the publisher's own time lies; empty if it lies in none."""
    at = verification.published_at_by_publisher if verification else None
    if verification is None or at is None:
        return ""
    if not fills(at, Source(verification.publisher_source), start=start, end=end):
        return ""
    clock = _clock(at, verification.due_at)
    return _("The publisher’s own system says that it was published in that time, at %(clock)s.") % {"clock": clock}


def describe_diagnosis(verification: Verification) -> list[str]:
    return [str(sentence) for code, sentence in DIAGNOSES.items() if code in verification.diagnoses]


def describe_publisher_state(says: PublisherSays, *, due_at: datetime) -> str:
    """Describe the statements of the publisher's own system at some checks."""
    sentence = str(STATES[says.state])
    if says.state in {State.ANNOUNCED, State.MOVED, State.CANCELLED}:
        named = says.announced_text or (calendar.format_moment(says.announced_for) if says.announced_for else "")
        sentence = f"{sentence}: {named}" if named else sentence
    elif says.published_at and says.source:
        published = _published(says.published_at, says.source, due_at=due_at)
        sentence = published if says.state is State.PUBLISHED else f"{sentence}; {published}"
    elif says.state is State.PUBLISHED:
        sentence = _("Published, with no time that can be relied on")
    return capfirst(sentence)


def _published(at: datetime, source: Source, *, due_at: datetime) -> str:
    said = {"clock": _clock(at, due_at), "source": SOURCES[source]}
    if source is Source.PUBLIC_UPDATED_AT:
        return _("published by %(clock)s at the latest (%(source)s)") % said
    return _("published at %(clock)s (%(source)s)") % said


def _publisher_delay(verification: Verification) -> str:
    """Describe how far the publisher's time is from the due time; empty for a time that changes with every update."""
    at = verification.published_at_by_publisher
    if at is None or verification.publisher_source == Source.PUBLIC_UPDATED_AT:
        return ""
    seconds = math.floor((at - verification.due_at).total_seconds())
    if seconds == 0:
        return _(", at the due time")
    sentence = _(", %(length)s after it was due") if seconds > 0 else _(", %(length)s before it was due")
    return sentence % {"length": duration(timedelta(seconds=abs(seconds)), units=4)}


_BEFORE, _SINCE = False, True
WORDS = {
    Place(Why.FIRST_SEEN, _BEFORE): lazy("the first that was seen"),
    Place(Why.ANNOUNCEMENT, _BEFORE): lazy("the announcement as it was last seen before the release was due"),
    Place(Why.LAST_BEFORE_DUE, _BEFORE): lazy("the last before it was due"),
    Place(Why.LAST_NOT_LIVE, _BEFORE): lazy("the last that was not live, before it was due"),
    Place(Why.LAST_NOT_LIVE, _SINCE): lazy("the last that was not live, since it was due"),
    Place(Why.FIRST_PARTIAL, _SINCE): lazy("the first that was missing while the page was live"),
    Place(Why.FIRST_LIVE, _BEFORE): lazy("the first that was live, before it was due"),
    Place(Why.FIRST_LIVE, _SINCE): lazy("the first that was live, since it was due"),
    Place(Why.FIRST_LIVE_FRESH, _BEFORE): lazy("the first that was live past the caches, before it was due"),
    Place(Why.FIRST_LIVE_FRESH, _SINCE): lazy("the first that was live past the caches, since it was due"),
}


def describe_places(places: Sequence[Place]) -> str:
    """Describe why the body of a check is stored: "The last before it was due; the last that was not live, ..."."""
    sentence = "; ".join(str(WORDS[place]) for place in places)
    return capfirst(sentence)
