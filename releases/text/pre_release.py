"""Texts about lists of pre-release access."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.models import DateChangeRequest, PreReleaseAccess, PreReleaseRequest, Release, Series
from releases.pre_release_access import CopyResult
from releases.rules import calendar
from releases.rules.calendar import Nation, Slot
from releases.rules.lifecycle import TO_COME, Status
from releases.rules.pre_release import (
    AccessStatus,
    Ground,
    Longer,
    Oddity,
    Period,
    RequestKind,
    Terms,
    Unit,
)
from releases.text import dates

# The name of each status, and the colour of its tag.
STATUSES = {
    AccessStatus.GRANTED: (lazy("Granted"), "blue"),
    AccessStatus.BEGUN: (lazy("Has access"), "green"),
    AccessStatus.ENDED: (lazy("Ended"), "grey"),
    AccessStatus.WITHDRAWN: (lazy("Withdrawn"), "grey"),
}

HAD_ACCESS = (lazy("Access ended"), "grey")

REQUESTS = {
    RequestKind.ADD: lazy("Add to the list"),
    RequestKind.CHANGE: lazy("Change an entry"),
    RequestKind.WITHDRAW: lazy("Withdraw access"),
}

ODDITIES = {
    Oddity.OVER_LIMIT: lazy("The period is longer than the limit for these statistics."),
    Oddity.BEFORE_GRANT: lazy("Access began before it was granted."),
    Oddity.BEFORE_PERIOD: lazy("Access began before the granted period."),
}

FIELDS = {
    "post": lazy("Post"),
    "organisation": lazy("Organisation"),
    "person": lazy("Person"),
    "email": lazy("Email address"),
    "reason": lazy("Why access is needed"),
    "period": lazy("Period"),
    "period_reason": lazy("Reason for a different period"),
    "public_benefit": lazy("Why the public benefit outweighs the limit"),
    "authority_notified_on": lazy("Date on which the Authority was notified"),
}


def access_status(entry: PreReleaseAccess) -> tuple[str, str]:
    """Return the name of an entry's status, and the colour of its tag.

    If access has begun, and the release has been published since, the status is "Access ended".
    """
    over = entry.status == AccessStatus.BEGUN and entry.release.status == Status.PUBLISHED
    words, colour = HAD_ACCESS if over else STATUSES[AccessStatus(entry.status)]
    return str(words), colour


SUNDAY = 6
# Any Monday can be used here, if neither the Monday nor the days just before it are bank holidays.
_A_MONDAY = date(2026, 1, 12)
# A hint for forms in which the series is not chosen yet.
ON_MONDAYS = lazy(
    "For a Monday release, pre-release access of 24 hours opens on the Sunday. Some producers avoid "
    "Mondays for this reason."
)

# How sentences name the order of each nation. The order of 2008 applies to both the UK and England, so it has two names
# here.
ORDERS = {
    Nation.UNITED_KINGDOM: lazy("The order for the UK"),
    Nation.ENGLAND: lazy("The order for England"),
    Nation.WALES: lazy("The order for Wales"),
    Nation.SCOTLAND: lazy("The law for Scotland"),
    Nation.NORTHERN_IRELAND: lazy("The order for Northern Ireland"),
}


def terms_sentences(terms: Terms) -> list[str]:
    """Return sentences that describe the usual period and the limit.

    If we have not confirmed the limit, the sentences say so.
    """
    order = ORDERS[terms.nation]
    if terms.usual is None:
        return [_("%(order)s does not allow pre-release access to these statistics.") % {"order": order}]
    if terms.ground is Ground.ITS_OWN:
        usual = _("The usual period is %(period)s, as set for this producer.")
    else:
        usual = _("The usual period is %(period)s.")
    return [usual % {"period": terms.usual}, _limit_sentence(terms)]


def _limit_sentence(terms: Terms) -> str:
    if terms.order is None:
        return _("We have not confirmed the limit of the order for Wales. Check the order before you grant access.")
    facts = {"order": ORDERS[terms.nation], "limit": terms.order.limit}
    if terms.replaces_order:
        sentence = _(
            "%(order)s allows %(limit)s. An administrator set a longer period. We have not confirmed that the order "
            "allows it."
        )
    elif terms.longer is Longer.JUDGEMENT:
        sentence = _(
            "%(order)s allows %(limit)s. For a longer period, you must record why the public benefit outweighs the "
            "limit and notify the Authority. We publish both."
        )
    else:
        sentence = _("%(order)s allows up to %(limit)s for these statistics.")
    return sentence % facts


def opening_sentence(release: Release) -> str:
    """Say that the usual period opens on a weekend or a bank holiday. Return an empty string if it does not."""
    return opening_sentence_before(release.due_at, series=release.series)


def opening_sentence_of_request(request: DateChangeRequest) -> str:
    """Say that the usual period before the requested date opens on a weekend or a bank holiday.

    Return an empty string if it does not.
    """
    return opening_sentence_before(request.to.due_at, series=request.release.series)


def opening_sentence_before(due_at: datetime | None, *, series: Series) -> str:
    """Say that the usual period before a due time opens on a weekend or a bank holiday.

    Return an empty string if it does not.
    """
    begins, terms = series.find_opening_on_rest_day(due_at), series.pre_release_terms()
    return describe_opening_day(begins, period=terms.usual, nation=terms.nation) if begins and terms.usual else ""


def monday_sentence(series: Series) -> str:
    """Say that the usual period before a Monday release opens on a weekend, and on which day.

    Return an empty string if it does not.
    """
    begins = series.find_opening_on_rest_day(Slot(on=_A_MONDAY, at=series.release_time).due_at)
    if begins is None:
        return ""
    sentence = _(
        "For a Monday release, pre-release access of %(period)s opens on the %(day)s. Some producers "
        "avoid Mondays for this reason."
    )
    return sentence % {
        "period": series.pre_release_terms().usual,
        "day": dates.WEEKDAYS[calendar.local_date(begins).weekday()],
    }


def opening_note(release: Release) -> str:
    """Say in a few words that the usual period opens on a weekend or a bank holiday.

    Return an empty string if it does not, or if the release is published or cancelled.
    """
    begins = release.series.find_opening_on_rest_day(release.due_at)
    if begins is None or release.status not in TO_COME:
        return ""
    return _("Pre-release access opens on %(day)s") % {"day": calendar.format_weekday(begins)}


def describe_opening_day(begins: datetime, *, period: Period, nation: Nation) -> str:
    day = calendar.local_date(begins)
    holiday = calendar.bank_holidays(day.year, nation=nation).get(day)
    facts = {
        "period": period,
        "time": calendar.time_of_day(calendar.in_london(begins).time()),
        "day": calendar.format_weekday(day),
        "holiday": holiday,
    }
    opens = _("Pre-release access of %(period)s opens at %(time)s on %(day)s, a bank holiday (%(holiday)s).")
    if holiday is None:
        opens = _("Pre-release access of %(period)s opens at %(time)s on %(day)s.")
    avoided = _("Some producers avoid Mondays for this reason.")
    if day.weekday() != SUNDAY:
        avoided = _("Some producers avoid such dates.")
    return f"{opens % facts} {avoided}"


def judgement_sentence(row: PreReleaseAccess | PreReleaseRequest) -> str:
    """Return the text in the published list that justifies a period that exceeds the limit.

    The text says why the public benefit outweighs the limit, and when the Authority was notified. If the period needs
    no justification, return an empty string.
    """
    if not row.public_benefit or row.authority_notified_on is None:
        return ""
    return _("Reason for exceeding the limit: %(why)s The Authority was notified on %(day)s.") % {
        "why": _end_sentence(row.public_benefit),
        "day": dates.write_day(row.authority_notified_on),
    }


def write_period(period: Period) -> str:
    """Write a period: "24 hours", "1 working day"."""
    if period.unit is Unit.HOURS:
        return ngettext("%(length)d hour", "%(length)d hours", period.length) % {"length": period.length}
    return ngettext("%(length)d working day", "%(length)d working days", period.length) % {"length": period.length}


def _end_sentence(text: str) -> str:
    written = " ".join(text.split())
    return written if written.endswith((".", "!", "?")) else f"{written}."


def period_of(entry: PreReleaseAccess) -> str:
    """Write the period of an entry. If the release has an exact date, also write when the period begins."""
    if entry.begins_at is None:
        return _("%(period)s before the release") % {"period": entry.period}
    return _("%(period)s, from %(moment)s") % {
        "period": entry.period,
        "moment": calendar.format_moment(entry.begins_at),
    }


def recorded_of(entry: PreReleaseAccess) -> str:
    """Say when access began and ended, as recorded. Return an empty string if the beginning is not recorded."""
    if entry.began_at is None:
        return ""
    began = _("Access began at %(moment)s") % {"moment": calendar.format_moment(entry.began_at)}
    if entry.ended_at is None:
        return f"{began}."
    return _("%(began)s and ended at %(moment)s.") % {"began": began, "moment": calendar.format_moment(entry.ended_at)}


def granted_of(entry: PreReleaseAccess) -> str:
    facts = {"person": entry.granted_by, "moment": calendar.format_moment(entry.granted_at), "lead": entry.agreed_by}
    if entry.agreed_by is None:
        return _("Granted by %(person)s at %(moment)s.") % facts
    if entry.agreed_by == entry.granted_by:
        return _("Granted and agreed by %(person)s at %(moment)s.") % facts
    return _("Requested by %(person)s. Agreed by %(lead)s at %(moment)s.") % facts


def request_differences(request: PreReleaseRequest) -> list[tuple[str, str, str]]:
    if request.kind != RequestKind.CHANGE or request.entry is None:
        return []
    now, then = request.entry.details, request.details
    both = [(name, str(getattr(now, name) or ""), str(getattr(then, name) or "")) for name in FIELDS]
    return [(str(FIELDS[name]), was, to) for name, was, to in both if was != to]


def copied_sentence(copied: CopyResult) -> str:
    granted, waiting, there = copied.granted, copied.waiting, copied.there_already
    parts = (
        (granted, ngettext("%(n)d post granted access", "%(n)d posts granted access", granted)),
        (waiting, ngettext("%(n)d awaiting agreement", "%(n)d awaiting agreement", waiting)),
        (there, ngettext("%(n)d already on the list", "%(n)d already on the list", there)),
    )
    return f"{'; '.join(part % {'n': count} for count, part in parts if count)}."


def erased_sentence(erased_at: datetime) -> str:
    return _("Name deleted on %(day)s") % {"day": calendar.format_day(erased_at)}
