"""Texts about minute briefs, which give figures but no causes."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.minute_briefs import BriefLine, ReadBrief
from releases.rules import calendar
from releases.text.release import clock_of_response, describe_publications, describe_publisher
from releases.verdict.minute_brief import HostCount

UNKNOWN_TIME = "The time is not known yet."
"""The initial text of a notice to readers. Readers see a notice as it was typed, so this text is not translated."""


def brief_headline(read: ReadBrief) -> str:
    """Say how many releases were not live when the tolerance ended: "2 of 3 releases were not live at 9:32am.".

    If only parts of these releases were missing, the text says that the releases were not complete.
    """
    brief = read.brief
    if not brief.were_not_live:
        return _("No release in this brief is now recorded as not live.")
    if brief.due == 1:
        sentence = (
            _("The release was not complete %(when)s.")
            if brief.were_incomplete
            else _("The release was not live %(when)s.")
        )
    elif brief.were_incomplete == brief.were_not_live:
        sentence = ngettext(
            "%(count)s of %(due)s releases was not complete %(when)s.",
            "%(count)s of %(due)s releases were not complete %(when)s.",
            brief.were_not_live,
        )
    elif brief.were_incomplete:
        sentence = _("%(count)s of %(due)s releases were not live or not complete %(when)s.")
    else:
        sentence = ngettext(
            "%(count)s of %(due)s releases was not live %(when)s.",
            "%(count)s of %(due)s releases were not live %(when)s.",
            brief.were_not_live,
        )
    return sentence % {"count": brief.were_not_live, "due": brief.due, "when": _when(brief.limit_at)}


def short_headline(read: ReadBrief) -> str:
    """Write the figures for the subject of an email or for a text message: "2 of 3 not live at 9:32am"."""
    brief = read.brief
    if brief.were_incomplete and brief.were_incomplete == brief.were_not_live:
        sentence = _("%(count)s of %(due)s not complete %(when)s")
    elif brief.were_incomplete:
        sentence = _("%(count)s of %(due)s not live or not complete %(when)s")
    else:
        sentence = _("%(count)s of %(due)s not live %(when)s")
    return sentence % {"count": brief.were_not_live, "due": brief.due, "when": _when(brief.limit_at)}


def host_sentence(count: HostCount) -> str:
    """Write the figures of a host: "3 of 5 releases on www.example.gov.uk were not live at 9:32am. Cause not known.".

    If only parts of these releases were missing, the text says that the releases were not complete.

    If the host has exactly the releases of the brief, the headline already says how many were not live. In this case
    the text does not repeat the number.
    """
    parts = []
    if not count.is_brief:
        counts = {"count": count.not_live, "due": count.due, "host": count.host, "when": _when(count.limit_at)}
        parts.append(_host_figures(count) % counts)
    if count.not_known:
        unknown = ngettext(
            "We do not know whether one other release was live.",
            "We do not know whether %(count)s other releases were live.",
            count.not_known,
        )
        parts.append(unknown % {"count": count.not_known})
    return " ".join([*parts, _("Cause not known.")])


def _host_figures(count: HostCount) -> str:
    if count.incomplete and count.incomplete == count.not_live:
        return ngettext(
            "%(count)s of %(due)s releases on %(host)s was not complete %(when)s.",
            "%(count)s of %(due)s releases on %(host)s were not complete %(when)s.",
            count.not_live,
        )
    if count.incomplete:
        return _("%(count)s of %(due)s releases on %(host)s were not live or not complete %(when)s.")
    return ngettext(
        "%(count)s of %(due)s releases on %(host)s was not live %(when)s.",
        "%(count)s of %(due)s releases on %(host)s were not live %(when)s.",
        count.not_live,
    )


def _when(limit_at: datetime | None) -> str:
    if limit_at is None:
        return _("at the end of their tolerance")
    clock = calendar.format_time_with_seconds if calendar.in_london(limit_at).second else calendar.format_time
    return _("at %(clock)s") % {"clock": clock(limit_at)}


def since_sentence(read: ReadBrief) -> str:
    """Say what has happened since the limit to the releases that were not live or not complete.

    Return an empty string while one of these releases is still expected and not live or not complete.
    """
    brief = read.brief
    if brief.live_at is not None:
        if brief.were_not_live == 1:
            sentence = (
                _("It is complete now. We first found it complete at %(at)s.")
                if brief.were_incomplete
                else _("It is live now. We first found it complete at %(at)s.")
            )
        else:
            sentence = (
                _("All of them are complete now. We first found the last one complete at %(at)s.")
                if brief.were_incomplete
                else _("All of them are live now. We first found the last one complete at %(at)s.")
            )
        return sentence % {"at": clock_of_response(brief.live_at, due_at=read.row.due_at)}
    if not read.not_live or not all(line.is_over for line in read.not_live):
        return ""
    if brief.were_not_live == 1:
        return _("It was moved or cancelled, so it is no longer expected.")
    if read.live_now:
        return _("Some of these releases are complete now. The rest were moved or cancelled.")
    return _("All of them were moved or cancelled, so they are no longer expected.")


def delay_sentence(read: ReadBrief) -> str:
    """Say that we made the brief late. Return an empty string if we made the brief in time.

    The text gives no cause of the delay, because no cause is recorded.
    """
    if not read.is_late:
        return ""
    row = read.row
    times = {"ready": calendar.format_time_with_seconds(row.ready_at), "made": calendar.format_moment(row.made_at)}
    return _("We made this brief late, at %(made)s. It was due at %(ready)s.") % times


def publisher_sentence(line: BriefLine) -> str:
    """Return the publisher's own statements about a release, or an empty string if there are none.

    These statements are not results of our checks.
    """
    due_at = line.verdict.due_at if line.verdict else line.release.due_at
    sentences = (
        describe_publisher(line.verdict) if line.verdict else "",
        describe_publications(line.publications, due_at=due_at) if due_at else "",
    )
    return " ".join(filter(None, sentences))
