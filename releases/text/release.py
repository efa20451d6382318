"""Texts about verdicts, checks, durations and the publisher's own times of publication."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.detection.finding import AddressRole, PublisherSays, PublisherState, Source, fills
from releases.models import Address, PublicationStatement, Release, Screenshot, Verification
from releases.rules import calendar
from releases.rules.lifecycle import Status, to_words
from releases.rules.parts import Part
from releases.rules.response import LONGEST
from releases.rules.time_axis import AxisTick, CheckStrip, Mark
from releases.text.languages import join_with_and
from releases.verdict.address import NEEDS_CHECKING, Outcome
from releases.verdict.release import AddressResult, Diagnosis, Place, Why, find_deciding_address

OUTCOMES = {
    Outcome.PENDING: (lazy("No result yet"), "grey"),
    Outcome.ON_TIME: (lazy("On time"), "green"),
    Outcome.EARLY: (lazy("Early"), "red"),
    Outcome.LATE: (lazy("Late"), "red"),
    Outcome.NOT_SEEN: (lazy("Not live when last checked"), "red"),
    Outcome.PARTIAL: (lazy("Incomplete"), "orange"),
    Outcome.UNCERTAIN: (lazy("Needs checking"), "yellow"),
    Outcome.CANNOT_TELL: (lazy("Needs checking"), "yellow"),
}
REASONS_TO_CHECK = {
    Outcome.UNCERTAIN: lazy("We found it live, but we do not know when it went live"),
    Outcome.CANNOT_TELL: lazy("Our checks do not show whether it was on time"),
}
"""The reasons why a person has to check a release."""

RESULTS = {
    "observer_fault": lazy("no response, and our own connection failed too"),
    "unreachable": lazy("no usable response"),
    "not_live": lazy("not live"),
    "live": lazy("live"),
    "unrecognised": lazy("not recognised"),
}

STATEMENTS = {
    "this_is_it": lazy("a person confirmed that this is the release"),
    "file_for_page": lazy("a file instead of a page"),
    "incomplete": lazy("the file is not complete"),
    "previous_edition": lazy("a person confirmed that this is the previous edition"),
    "not_it": lazy("a person confirmed that this is something else"),
}


@dataclass(frozen=True, slots=True)
class StatusLabel:
    label: str
    colour: str
    detail: str = ""


def name_check_result(result: str) -> str:
    """Return the name of the result of a check, beginning with a capital letter."""
    return str(RESULTS.get(result, to_words(result))).capitalize()


def name_outcome(outcome: Outcome) -> str:
    """Return a name that distinguishes an outcome from all other outcomes.

    Two outcomes have the same label, "Needs checking". Their names also contain the reason why a person has to check
    the release.
    """
    label, _colour = OUTCOMES[outcome]
    if outcome not in REASONS_TO_CHECK:
        return str(label)
    return _("%(label)s: %(reason)s") % {"label": label, "reason": REASONS_TO_CHECK[outcome]}


def status_of_release(release: Release, verification: Verification | None, *, now: datetime) -> StatusLabel:
    """Describe the status of a release at an instant.

    If there is no verdict yet, describe the next step. If there will be no verdict, say why.

    :param release: with its addresses prefetched, if there are several releases.
    """
    if release.status == Status.CANCELLED:
        return StatusLabel(_("Cancelled"), "grey", _("We do not check it"))
    if release.due_at is None or release.status == Status.PROVISIONAL:
        return StatusLabel(_("Provisional"), "grey", _("We do not check it until its date is confirmed"))
    if verification and verification.outcome != Outcome.PENDING:
        label, colour = OUTCOMES[Outcome(verification.outcome)]
        detail = ". ".join(filter(None, (delay_note(verification), awaited_note(verification))))
        return StatusLabel(str(label), colour, detail)
    if now < release.due_at:
        return StatusLabel(_("Not due yet"), "blue", _countdown(release.due_at - now))
    if reason := _reason_not_checked(release, due_at=release.due_at):
        return StatusLabel(_("Not checked"), "grey", reason)
    limit_at = verification.limit_at if verification else release.limit_at
    limit = calendar.format_time_with_seconds(limit_at)
    if now < limit_at:
        return StatusLabel(_("Due now"), "blue", _("On time until %(clock)s") % {"clock": limit})
    if now < limit_at + LONGEST:
        return StatusLabel(_("Waiting for the result"), "blue", _("The last checks are not complete yet"))
    return StatusLabel(_("No result"), "yellow", _("The checks until %(clock)s are not complete") % {"clock": limit})


def _reason_not_checked(release: Release, *, due_at: datetime) -> str:
    """Say why monitoring does not check a confirmed release. Return an empty string if it does."""
    if not release.is_fixed_before_due:
        return _("It was not confirmed before it was due")
    checked = (address for address in release.addresses.all() if address.role != Address.Role.ANNOUNCEMENT)
    if not any(release.rehearsal or address.added_at < due_at for address in checked):
        return _("It had no web page to check when it was due")
    return ""


PART_NAMES = {Part(name): label for name, label in Address.PartName.choices}


def name_part(part: str) -> str:
    return str(PART_NAMES[Part(part)])


def name_result(result: AddressResult) -> str:
    """Return the name of a part of a release. If the part has no name, return "Web page" or the name of its file."""
    if result.part:
        return name_part(result.part)
    if result.role is AddressRole.PAGE:
        return _("Web page")
    return PurePosixPath(urlsplit(result.url).path).name or _("File")


def awaited_note(verification: Verification) -> str:
    """Say which parts may still follow, and until when: "Welsh page may follow until 9:45am".

    Return an empty string if no part may still follow.
    """
    notes = [
        _("%(part)s may follow until %(clock)s")
        % {"part": name_result(result), "clock": write_follow_limit(result, verification)}
        for result in verification.results
        if result.required and result.may_follow and result.verdict.outcome is Outcome.PENDING
    ]
    return ". ".join(notes)


def write_follow_limit(result: AddressResult, verification: Verification) -> str:
    """Write the latest time at which a part may follow, without the tolerance.

    We never add the tolerance to a time that people have to meet.
    """
    until = verification.due_at + result.may_follow
    clock = calendar.format_time(until)
    if calendar.local_date(until) == calendar.local_date(verification.due_at):
        return clock
    return _("%(clock)s on %(day)s") % {"clock": clock, "day": calendar.format_day(until)}


def _countdown(left: timedelta) -> str:
    # Write only whole minutes, so that pages that update automatically change only once a minute. A script adds the
    # seconds.
    minutes = timedelta(minutes=1)
    return (
        _("Due in %(time)s") % {"time": duration(left // minutes * minutes)}
        if left >= minutes
        else _("Due in less than 1 minute")
    )


def delay_note(verification: Verification) -> str:
    """Describe the delay of a release in a short phrase.

    If the delay is an interval, the lower bound is rounded down, and the upper bound is rounded up. If a person has to
    check the release, return the reason instead. For all other verdicts without a delay, return an empty string.
    """
    start, end = verification.delay_from, verification.delay_to
    outcome, due = Outcome(verification.outcome), calendar.format_time(verification.due_at)
    if outcome is Outcome.PARTIAL and (named := _named_part_note(verification)):
        return named
    match outcome:
        case Outcome.ON_TIME if start is not None and end is not None:
            return _on_time_note(start, end, tolerance_seconds=verification.tolerance_seconds)
        case Outcome.EARLY if end is not None:
            return _("Early by %(interval)s") % {"interval": _interval(start, end)}
        case Outcome.LATE if start is not None and end is not None:
            return _("Late by %(interval)s") % {"interval": _interval(start, end)}
        case Outcome.PARTIAL if start is not None and end is not None:
            return _("A part was late by %(interval)s") % {"interval": _interval(start, end)}
        case Outcome.NOT_SEEN if start is not None:
            return _("Not live %(time)s after %(due)s") % {"time": describe_seconds(math.floor(start)), "due": due}
        case Outcome.PARTIAL if start is not None:
            return _("A part was not live %(time)s after %(due)s") % {
                "time": describe_seconds(math.floor(start)),
                "due": due,
            }
    return str(REASONS_TO_CHECK.get(outcome, ""))


def _named_part_note(verification: Verification) -> str:
    """Describe the delay of the part that decides the verdict.

    The delay is counted from the latest time at which the part could follow. Return an empty string if the part that
    decides the verdict has no name or no delay.
    """
    result = find_deciding_address(verification.results)
    if result is None or not result.part or result.verdict.delay is None:
        return ""
    follows, delay = result.may_follow.total_seconds(), result.verdict.delay
    names = {"part": name_result(result), "due": calendar.format_time(verification.due_at + result.may_follow)}
    if delay.to_seconds is not None:
        names["interval"] = _interval(delay.from_seconds - follows, delay.to_seconds - follows)
        return _("%(part)s late by %(interval)s") % names
    names["time"] = describe_seconds(math.floor(delay.from_seconds - follows))
    return _("%(part)s not live %(time)s after %(due)s") % names


def _on_time_note(start: float, end: float, *, tolerance_seconds: int) -> str:
    if end > tolerance_seconds:
        # The check was sent within the tolerance, but its response came later. The response shows the page as it was at
        # an unknown time between these two times.
        note = _(
            "Within the tolerance. We sent the check by the end of the tolerance. Its response arrived within %(time)s "
            "of the due time"
        )
    else:
        # If `start` is above 0, a check after the due time found that the page was not live yet. So the page went live
        # after the due time, within the tolerance.
        note = _("Live within %(time)s, inside the tolerance") if start > 0 else _("Live within %(time)s")
    return note % {"time": describe_seconds(max(1, math.ceil(end)))}


def describe_verdict(verification: Verification) -> str:
    sentence = str(_find_sentence(verification))
    is_partial = verification.outcome == Outcome.PARTIAL
    limit_at = verification.missed_limit_at if is_partial else verification.limit_at
    due = {
        "due": calendar.format_moment(verification.due_at),
        "limit": calendar.format_time_with_seconds(limit_at),
    }
    awaited = awaited_note(verification)
    return " ".join(filter(None, (sentence % due, known_sentence(verification), f"{awaited}." if awaited else "")))


def _find_sentence(verification: Verification) -> Promise:
    outcome, deciding = Outcome(verification.outcome), find_deciding_address(verification.results)
    if outcome is not Outcome.UNCERTAIN or deciding is None:
        return SENTENCES[outcome]
    if deciding.verdict.from_due is Outcome.ON_TIME:
        return PERHAPS_EARLY
    if any(one.vantage.live_only for one in verification.results):
        return DISPUTED
    return UNDATED if deciding.verdict.from_due is Outcome.CANNOT_TELL else SENTENCES[outcome]


def known_sentence(verification: Verification) -> str:
    """Say when the release was last found not live, and when it was first found live.

    If the release is incomplete, the times are those of the part that decides the verdict. If a person has to check the
    release, the text also describes the gaps in monitoring.
    """
    due_at, parts = verification.due_at, []
    is_partial = verification.outcome == Outcome.PARTIAL
    if verification.last_not_live_at:
        absent = _("A part was last found not live at %(at)s.") if is_partial else _("Last found not live at %(at)s.")
        parts.append(absent % {"at": _clock(verification.last_not_live_at, due_at)})
    if verification.first_live_at:
        live = _("This part was first found live at %(at)s.") if is_partial else _("First found live at %(at)s.")
        parts.append(live % {"at": clock_of_response(verification.first_live_at, due_at=due_at)})
    return " ".join([*parts, *filter(None, [_not_monitored(verification)])])


def clock_of_response(at: datetime, *, due_at: datetime) -> str:
    """Write the time at which a response came, rounded up to the second as in a breach report.

    If a time before the due time would be rounded up to the due time, it is rounded down instead.
    """
    rounded = (at + timedelta(microseconds=999_999)).replace(microsecond=0)
    return _clock(at if at < due_at <= rounded else rounded, due_at)


def _not_monitored(verification: Verification) -> str:
    """Describe the gaps in monitoring between the due time and the end of the tolerance.

    Return an empty string if there are no gaps, or if no person has to check the release.
    """
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
    sentence = _("No check shows whether it was live %(stretches)s, so we do not record it as late.")
    return sentence % {"stretches": ", ".join(stretches)}


SENTENCES = {
    Outcome.PENDING: lazy("Due at %(due)s. There is no result yet."),
    Outcome.ON_TIME: lazy(
        "Due at %(due)s. It was live when we checked within the tolerance, which ended at %(limit)s."
    ),
    Outcome.EARLY: lazy("Due at %(due)s. It was live before the due time."),
    Outcome.LATE: lazy("Due at %(due)s. It was not live at %(limit)s, when the tolerance ended."),
    Outcome.NOT_SEEN: lazy(
        "Due at %(due)s. It was not live at %(limit)s, when the tolerance ended, and we have not found it live since."
    ),
    Outcome.PARTIAL: lazy("Due at %(due)s. A part of it was not live at %(limit)s, when the tolerance ended."),
    Outcome.UNCERTAIN: lazy(
        "Due at %(due)s. We found it live later. Our checks do not show whether it was live at %(limit)s, when the "
        "tolerance ended. Check the page. Then record when it was live, or start a breach report."
    ),
    Outcome.CANNOT_TELL: lazy(
        "Due at %(due)s. Our checks do not show whether it was live at %(limit)s, when the tolerance ended. "
        "Check the page. Then record when it was live, or start a breach report."
    ),
}


PERHAPS_EARLY = lazy(
    "Due at %(due)s. It was live when we checked within the tolerance, which ended at %(limit)s. It may have been live "
    "before the due time, but our checks do not prove it. Record when it was live, or start a breach report."
)
UNDATED = lazy(
    "Due at %(due)s. A check found it live, but we could not confirm our clock at that time. So our checks do not show "
    "whether it was live at %(limit)s, when the tolerance ended. Check the page. Then record when it was live, or "
    "start a breach report."
)
DISPUTED = lazy(
    "Due at %(due)s. At %(limit)s, when the tolerance ended, it was live as seen from one vantage point and not live "
    "as seen from another. Check the page. Then record when it was live, or start a breach report."
)


def _clock(instant: datetime, due_at: datetime) -> str:
    """Write an instant to the second. If the instant is not on the due day, write the day too."""
    clock = calendar.format_time_with_seconds(instant)
    if _same_day(instant, due_at):
        return clock
    return _("%(clock)s on %(day)s") % {"clock": clock, "day": calendar.format_day(instant)}


def describe_check(result: str, reasons: Iterable[str], *, said: str = "") -> str:
    """Describe the result of a check and its reasons: "not live: page not found"."""
    words = str(RESULTS.get(result, result))
    why = [str(REASONS.get(reason, reason.replace("_", " "))) for reason in reasons]
    sentence = f"{words}: {', '.join(why)}" if why else words
    return f"{sentence} ({STATEMENTS[said]})" if said in STATEMENTS else sentence


REASONS = {
    "timeout": lazy("the response did not arrive in time"),
    "dns": lazy("the site’s name was not found"),
    "connect": lazy("we could not connect"),
    "tls": lazy("the connection was not secure"),
    "too_many_redirects": lazy("too many redirects"),
    "address_refused": lazy("it redirected to an address that we may not request"),
    "too_large": lazy("the response was too large"),
    "undecodable": lazy("we could not read the response"),
    "broken": lazy("the connection was interrupted"),
    "asked_to_wait": lazy("the site had asked us to wait, so we made no request"),
    "browser": lazy("our own browser is not available or failed, so we do not know what the page shows"),
    "controls_fail": lazy("other sites did not respond either"),
    "our_error": lazy("an error in our own program"),
    "clock_off": lazy("our own clock was wrong"),
    "examination_time": lazy("the page took too long to examine"),
    "examination_memory": lazy("the page took too much memory to examine"),
    "examination_ended": lazy("the examination of the page was interrupted"),
    "rate_limited": lazy("the site asked for fewer requests"),
    "forbidden": lazy("the site did not allow us to read it"),
    "client_error": lazy("the site did not accept the request"),
    "server_error": lazy("the website reported an error"),
    "unexpected_status": lazy("the site’s response code does not show whether it is live"),
    "not_found": lazy("page not found"),
    "gone": lazy("the page was removed"),
    "other_host": lazy("it redirected to another site"),
    "home_page": lazy("it redirected to a home page"),
    "search": lazy("it redirected to a search page"),
    "page_above": lazy("it redirected to a higher-level page"),
    "leads_on": lazy("the page sends readers to another address"),
    "log_in": lazy("it was a sign-in page"),
    "marker_hidden": lazy("the page hides the text that identifies this edition from readers"),
    "styles_unread": lazy("the page’s styles are too long for us to tell what readers see"),
    "negative_marker": lazy("the page said that the release was not available"),
    "like_not_found": lazy("it was the same as the site’s page for ‘not found’"),
    "wrong_type": lazy("the wrong type of file"),
    "file_for_page": lazy("a file instead of a page"),
    "incomplete": lazy("the file is not complete"),
    "previous_edition": lazy("a person confirmed that this is the previous edition"),
    "unchanged": lazy("the page had not changed"),
    "embedded": lazy("a part of the page comes from another site, which we did not check"),
    "changed_by_script": lazy("a script may change what the page shows to readers, and we did not run it"),
    "confirmed_by_person": lazy("a person confirmed that this is the release"),
    "marker_in_title": lazy("the title has the text that identifies this edition"),
    "marker_in_heading": lazy("the heading has the text that identifies this edition"),
    "marker_in_text": lazy("the page has the text that identifies this edition"),
    "marker_in_meta": lazy("the text that identifies this edition is only in the data for search engines"),
    "marker_in_linked_data": lazy("the text that identifies this edition is only in the page’s machine-readable data"),
    "right_type": lazy("the right type of file"),
    "no_marker": lazy("the text that identifies this edition was not there"),
    "other_period": lazy("the text that identifies this edition was only part of another date or period"),
    "other_edition": lazy("the heading named another edition"),
    "other_subject": lazy("the page seems to be about another subject"),
    "still_to_come": lazy("the page said that the release was still to come"),
    "common_marker": lazy("a year in the text is not enough to identify the edition"),
    "mentioned_once": lazy("one mention before the release time is not enough to identify the edition"),
    "empty": lazy("the page was empty"),
    "obstacle": lazy("the site asked us to prove that we are not a robot"),
    "consent": lazy("the site asked for consent before it showed the page"),
    "fault_text": lazy("the site showed an error message instead of the page"),
    "script_shell": lazy("the page is empty until a script fills it"),
    "too_deep": lazy("the page’s HTML was too complex to read"),
    "unknown_shape": lazy("we could not read the response of the publishing system"),
    "announcement": lazy("only the announcement was there"),
    "cancelled": lazy("the announcement said that the release was cancelled"),
    "moved": lazy("the announcement gave another time"),
    "withdrawn": lazy("the page was marked as withdrawn"),
    "earlier_edition": lazy("the page’s own dates show an earlier edition"),
    "updated": lazy("the page’s own dates show an update at or after the release time"),
    "not_updated": lazy("the page’s own dates show no update since the release time"),
    "other_kind": lazy("this kind of page is not used for statistics"),
    "other_page": lazy("the response was about another page"),
}


NOT_TAKEN = {
    "missed": lazy("We did not take the screenshot in time."),
    "early": lazy("A check may have found the page live before the release time, so we took no screenshot."),
    "other_host": lazy("The page redirected to another site."),
    "no_browser": lazy("No browser is installed, so we cannot take screenshots."),
    "unchecked": lazy("No check of the page was stored in time, so we saved no screenshot."),
    "browser": lazy("Our own browser failed."),
    "timeout": lazy("The page did not load in time."),
    "asked_to_wait": lazy("The site had asked us to wait."),
    "address_refused": lazy("The page led to an address that we may not request."),
    "undecodable": lazy("The address is a file, not a page."),
    "too_large": lazy("The page was too large."),
}


def describe_missing_screenshot(reason: str) -> str:
    """Say why there is no screenshot."""
    return str(NOT_TAKEN.get(reason) or _("We could not load the page."))


def describe_screenshot(shot: Screenshot) -> str:
    """Describe a screenshot for people who cannot see it.

    The text gives only the time, because we do not know the content of the page.
    """
    at = calendar.format_time_with_seconds(shot.pictured_at) if shot.pictured_at else ""
    return _("Screenshot of the web page at %(at)s.") % {"at": at}


def describe_check_times(checks: int, first_at: datetime, last_at: datetime, *, day_of: datetime | None) -> str:
    """Describe when checks were made: "24 checks, 9:29:05am to 9:31:55am".

    If all checks were made on the day of `day_of`, the text does not name the day.
    """
    start, end = (calendar.format_time_with_seconds(instant) for instant in (first_at, last_at))
    if day_of is None or not (_same_day(first_at, day_of) and _same_day(last_at, day_of)):
        end = _("%(clock)s on %(day)s") % {"clock": end, "day": calendar.format_day(last_at)}
        if not _same_day(first_at, last_at):
            start = _("%(clock)s on %(day)s") % {"clock": start, "day": calendar.format_day(first_at)}
    if checks == 1:
        return _("1 check at %(at)s") % {"at": end}
    return _("%(checks)s checks, %(start)s to %(end)s") % {"checks": checks, "start": start, "end": end}


MARKS = {
    Mark.NOT_LIVE: RESULTS["not_live"],
    Mark.OVERDUE: lazy("not live after the tolerance"),
    Mark.EARLY: lazy("live before the release time"),
    Mark.LIVE: RESULTS["live"],
    Mark.NO_ANSWER: lazy("no response"),
    Mark.NOT_RECOGNISED: RESULTS["unrecognised"],
}
MOST_RUNS = 8


def describe_strip(strip: CheckStrip) -> str:
    """Describe the drawing of checks for people who cannot see it.

    The text describes the last eight runs of checks with the same result, and the gaps in monitoring.
    """
    start, end = strip.axis.start, strip.axis.end
    sentences = [_("Checks between %(start)s and %(end)s.") % {"start": _clock(start, end), "end": _clock(end, end)}]
    if strip.early_from:
        at = _clock(strip.early_from, end)
        sentences.append(_("First found live at %(at)s, before the release time.") % {"at": at})
    for run in strip.runs[-MOST_RUNS:]:
        if run.mark is Mark.MADE:
            sentences.append(_("Checked before the release time."))
            continue
        when = describe_check_times(run.count, run.first_at, run.last_at, day_of=end)
        sentences.append(_("%(when)s: %(result)s.") % {"when": when, "result": MARKS[run.mark]})
    if not strip.runs:
        sentences.append(_("No checks during this time."))
    for begins, ends in strip.gaps:
        gap = {"begins": _clock(begins, end), "ends": _clock(ends, end)}
        sentences.append(_("Not monitored from %(begins)s to %(ends)s.") % gap)
    return " ".join(sentences)


def label_picture(strip: CheckStrip, verification: Verification | None) -> list[AxisTick]:
    """Return the labels of two checks in the drawing.

    These are the last check that found the release not live, and the first check that found the release live. If a
    check is not known, its label is left out. Before there is a verdict, both labels are left out.
    """
    if verification is None or Outcome(verification.outcome) is Outcome.PENDING:
        return []
    due_at, absent, live = verification.due_at, verification.last_not_live_at, verification.first_live_at
    labels = []
    if absent:
        labels.append((absent, _("Last not live %(at)s") % {"at": _clock(absent, due_at)}))
    if live:
        labels.append((live, _("First live %(at)s") % {"at": clock_of_response(live, due_at=due_at)}))
    return [strip.axis.label(at, text) for at, text in labels]


def describe_clock_error(bound: timedelta) -> str:
    """Return a sentence with the error bound of our clock, rounded up. Return "" if it is at most one second."""
    if bound <= timedelta(seconds=1):
        return ""
    length = describe_seconds(math.ceil(bound.total_seconds()))
    return _("Our clock may have been wrong by up to %(length)s.") % {"length": length}


def duration(length: timedelta, *, units: int = 2) -> str:
    """Write a duration, rounded down: "3 minutes 20 seconds".

    :param units: the maximum number of units in the text. Smaller units are left out.
    """
    return describe_seconds(max(0, math.floor(length.total_seconds())), units=units)


def describe_age(since: datetime, now: datetime) -> str:
    """Write how long ago an instant was, in whole days, hours or minutes: "3 minutes".

    If the instant was less than a minute ago, write "1 minute".
    """
    return duration(max(now - since, timedelta(minutes=1)), units=1)


def _interval(start: float | None, end: float) -> str:
    # The true delay lies between the two bounds, so the lower bound is rounded down, and the upper bound is rounded up.
    lower, upper = (abs(bound) if bound is not None else None for bound in (start, end))
    if lower is None or upper is None:
        return describe_seconds(math.ceil(abs(end)))
    low, high = math.floor(min(lower, upper)), math.ceil(max(lower, upper))
    if high < 60:
        return _("%(low)s to %(high)s seconds") % {"low": low, "high": high}
    return _("%(low)s to %(high)s") % {"low": describe_seconds(low), "high": describe_seconds(high)}


def describe_seconds(seconds: int, *, units: int = 4) -> str:
    """Write a duration: "1 minute 50 seconds"."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = []
    # Translate only the units that are written, because pages have hundreds of durations.
    if days:
        parts.append(ngettext("%d day", "%d days", days) % days)
    if hours:
        parts.append(ngettext("%d hour", "%d hours", hours) % hours)
    if minutes:
        parts.append(ngettext("%d minute", "%d minutes", minutes) % minutes)
    if seconds:
        parts.append(ngettext("%d second", "%d seconds", seconds) % seconds)
    return " ".join(parts[:units]) or _("0 seconds")


def _same_day(one: datetime, other: datetime) -> bool:
    return calendar.local_date(one) == calendar.local_date(other)


SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: lazy("the page’s scheduled time and recorded delay"),
    Source.CHANGE_HISTORY: lazy("the public history of the page"),
    Source.PUBLIC_UPDATED_AT: lazy("the time of the page’s last public update, which changes with each update"),
}

DIAGNOSES = {
    Diagnosis.EDGE_CACHE: lazy(
        "The checks show that readers still got an old copy of the page after the release was out. "
        "This may explain why they saw it late."
    ),
}

STATES = {
    PublisherState.ANNOUNCED: lazy("Announced"),
    PublisherState.PUBLISHED: lazy("Published"),
    PublisherState.EARLIER_EDITION: lazy("Shows an earlier edition"),
    PublisherState.MOVED: lazy("Announced for another time"),
    PublisherState.CANCELLED: lazy("Cancelled"),
    PublisherState.WITHDRAWN: lazy("Marked as withdrawn"),
    PublisherState.GONE: lazy("Removed"),
    PublisherState.REDIRECTED: lazy("Redirected to another page, but not stated to which"),
}


def describe_publisher(verification: Verification) -> str:
    """Say when the release was published according to the publisher's own system.

    Return an empty string if the system gives no time of publication.
    """
    if not verification.published_at_by_publisher:
        return ""
    source = Source(verification.publisher_source)
    published = _published(verification.published_at_by_publisher, source, due_at=verification.due_at)
    delay = _publisher_delay(verification)
    if not delay:
        return _("The publisher’s system says: %(published)s.") % {"published": published}
    return _("The publisher’s system says: %(published)s, %(delay)s.") % {"published": published, "delay": delay}


def describe_publication(statement: PublicationStatement, *, due_at: datetime | None) -> str:
    """Write the statement of a publishing system: "Published at 9:30:02am"."""
    at = statement.published_at
    clock = _clock(at, due_at) if due_at else calendar.format_moment(at)
    return _("Published at %(clock)s") % {"clock": clock}


def describe_publications(statements: Iterable[PublicationStatement], *, due_at: datetime) -> str:
    """Write a sentence about the first statement of each publishing system. Later statements are left out."""
    first: dict[str, PublicationStatement] = {}
    for statement in statements:
        first.setdefault(statement.source_name, statement)
    words = _("%(system)s states that it published this at %(clock)s.")
    return " ".join(words % {"system": name, "clock": _clock(one.published_at, due_at)} for name, one in first.items())


def publisher_note(verification: Verification | None) -> str:
    """Describe the publisher's own time of publication in a short phrase, for use in a list.

    Return an empty string if the publisher gives no time of publication, or a time that changes with every update.
    """
    delay = _publisher_delay(verification) if verification else ""
    return _("Publisher’s time: %(delay)s") % {"delay": delay} if delay else ""


def describe_publisher_gap(start: datetime, end: datetime, verification: Verification | None) -> str:
    """Say that the publisher's own time of publication lies in a gap between our checks.

    Return an empty string if the time is not in the gap from `start` to `end`.
    """
    at = verification.published_at_by_publisher if verification else None
    if verification is None or at is None:
        return ""
    if not fills(at, Source(verification.publisher_source), start=start, end=end):
        return ""
    clock = _clock(at, verification.due_at)
    return _("The publisher’s system says that it was published during this time, at %(clock)s.") % {"clock": clock}


def describe_diagnosis(verification: Verification) -> list[str]:
    return [str(sentence) for code, sentence in DIAGNOSES.items() if code in verification.diagnoses]


def _join_names(names: Iterable[str]) -> str:
    return join_with_and(f"‘{name}’" for name in names)


def describe_vantage(verification: Verification) -> list[str]:
    """Return sentences about results that differ between the vantage points."""
    results = verification.results
    live_only = sorted({name for result in results for name in result.vantage.live_only})
    not_live = sorted({name for result in results for name in result.vantage.not_live})
    sentences = []
    if live_only:
        is_live_elsewhere = verification.outcome == Outcome.UNCERTAIN and verification.first_live_at is not None
        sentence = (
            _("Found live in time from %(names)s only.") if is_live_elsewhere else _("Found live from %(names)s only.")
        )
        sentences.append(sentence % {"names": _join_names(live_only)})
    if not_live:
        names = _join_names(not_live)
        sentences.append(_("Not live from %(names)s at the end of the tolerance.") % {"names": names})
    return sentences


def describe_publisher_state(says: PublisherSays, *, due_at: datetime) -> str:
    """Describe the state of a release according to the publisher's own system."""
    sentence = str(STATES[says.state])
    if says.state in {PublisherState.ANNOUNCED, PublisherState.MOVED, PublisherState.CANCELLED}:
        named = says.announced_text or (calendar.format_moment(says.announced_for) if says.announced_for else "")
        sentence = f"{sentence}: {named}" if named else sentence
    elif says.published_at and says.source:
        published = _published(says.published_at, says.source, due_at=due_at)
        sentence = published if says.state is PublisherState.PUBLISHED else f"{sentence}; {published}"
    elif says.state is PublisherState.PUBLISHED:
        sentence = _("Published, without a reliable time")
    return capfirst(sentence)


def _published(at: datetime, source: Source, *, due_at: datetime) -> str:
    said = {"clock": _clock(at, due_at), "source": SOURCES[source]}
    if source is Source.PUBLIC_UPDATED_AT:
        return _("published at %(clock)s or earlier (%(source)s)") % said
    return _("published at %(clock)s (%(source)s)") % said


def _publisher_delay(verification: Verification) -> str:
    """Say how long before or after the due time the release was published, according to the publisher.

    Return an empty string if the publisher gives no time of publication, or a time that changes with every update.
    """
    at = verification.published_at_by_publisher
    if at is None or verification.publisher_source == Source.PUBLIC_UPDATED_AT:
        return ""
    due = calendar.format_time(verification.due_at)
    seconds = math.floor((at - verification.due_at).total_seconds())
    if seconds == 0:
        return _("at %(due)s") % {"due": due}
    delay = _("%(length)s after %(due)s") if seconds > 0 else _("%(length)s before %(due)s")
    return delay % {"length": duration(timedelta(seconds=abs(seconds)), units=4), "due": due}


_BEFORE, _SINCE = False, True
PLACES = {
    Place(Why.FIRST_SEEN, _BEFORE): lazy("first copy"),
    Place(Why.ANNOUNCEMENT, _BEFORE): lazy("last copy of the announcement before release time"),
    Place(Why.LAST_BEFORE_DUE, _BEFORE): lazy("last copy before release time"),
    Place(Why.LAST_NOT_LIVE, _BEFORE): lazy("last copy that was not live, before release time"),
    Place(Why.LAST_NOT_LIVE, _SINCE): lazy("last copy that was not live, after release time"),
    Place(Why.FIRST_PARTIAL, _SINCE): lazy("first ‘not found’ copy while the page was live"),
    Place(Why.FIRST_LIVE, _BEFORE): lazy("first live copy, before release time"),
    Place(Why.FIRST_LIVE, _SINCE): lazy("first live copy, after release time"),
    Place(Why.FIRST_LIVE_FRESH, _BEFORE): lazy("first live copy that bypassed caches, before release time"),
    Place(Why.FIRST_LIVE_FRESH, _SINCE): lazy("first live copy that bypassed caches, after release time"),
}


def describe_places(places: Sequence[Place]) -> str:
    """Describe why the body of a check is stored: "Last copy before release time; last copy that was not live, ..."."""
    sentence = "; ".join(str(PLACES[place]) for place in places)
    return capfirst(sentence)
