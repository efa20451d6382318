"""Texts about lists of pre-release access."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.models import PreReleaseAccess, PreReleaseRequest
from releases.pre_release_access import CopyResult
from releases.rules import calendar
from releases.rules.lifecycle import Status
from releases.rules.pre_release import AccessStatus, Ground, Oddity, RequestKind, Usual

# The name of a state and the colour of its tag.
STATUSES = {
    AccessStatus.GRANTED: (lazy("Granted"), "blue"),
    AccessStatus.BEGUN: (lazy("Has access"), "green"),
    AccessStatus.ENDED: (lazy("Ended"), "grey"),
    AccessStatus.WITHDRAWN: (lazy("Withdrawn"), "grey"),
}

HAD_ACCESS = (lazy("Had access"), "grey")

REQUESTS = {
    RequestKind.ADD: lazy("Add to the list"),
    RequestKind.CHANGE: lazy("Change an entry"),
    RequestKind.WITHDRAW: lazy("Withdraw access"),
}

ODDITIES = {
    Oddity.BEFORE_GRANT: lazy("Access began before it was granted."),
    Oddity.BEFORE_PERIOD: lazy("Access began before the period."),
}

FIELDS = {
    "post": lazy("Post"),
    "organisation": lazy("Organisation"),
    "person": lazy("Person"),
    "email": lazy("E-mail address"),
    "reason": lazy("Why access is needed"),
    "period": lazy("Period"),
    "period_reason": lazy("Reason for another period"),
}


def access_status(entry: PreReleaseAccess) -> tuple[str, str]:
    """Describe the status of an entry, with the colour of its tag; after publication the access has ended."""
    over = entry.status == AccessStatus.BEGUN and entry.release.status == Status.PUBLISHED
    words, colour = HAD_ACCESS if over else STATUSES[AccessStatus(entry.status)]
    return str(words), colour


def usual_sentence(usual: Usual) -> str:
    if usual.ground is Ground.ITS_OWN:
        return _("The usual period here is %(period)s, as set for this producer.") % {"period": usual.period}
    if usual.ground is Ground.NOT_CONFIRMED:
        return _(
            "Until an administrator sets this producer’s period, %(period)s are assumed. Scotland’s order allows more; "
            "how much has not been confirmed here."
        ) % {"period": usual.period}
    return _("The usual period is %(period)s.") % {"period": usual.period}


def period_of(entry: PreReleaseAccess) -> str:
    """Write the period of an entry with the instant at which it begins, if the release has an exact date."""
    if entry.begins_at is None:
        return _("%(period)s before the release") % {"period": entry.period}
    return _("%(period)s, from %(moment)s") % {
        "period": entry.period,
        "moment": calendar.format_moment(entry.begins_at),
    }


def recorded_of(entry: PreReleaseAccess) -> str:
    """Describe when access began and ended according to the record; empty if neither is recorded."""
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
    return _("Asked for by %(person)s, agreed by %(lead)s at %(moment)s.") % facts


def request_differences(request: PreReleaseRequest) -> list[tuple[str, str, str]]:
    if request.kind != RequestKind.CHANGE or request.entry is None:
        return []
    now, then = request.entry.details, request.details
    both = [(name, str(getattr(now, name)), str(getattr(then, name))) for name in FIELDS]
    return [(str(FIELDS[name]), was, to) for name, was, to in both if was != to]


def copied_sentence(copied: CopyResult) -> str:
    granted, waiting, there = copied.granted, copied.waiting, copied.there_already
    parts = (
        (granted, ngettext("%(n)d post is granted access", "%(n)d posts are granted access", granted)),
        (waiting, ngettext("%(n)d waits for agreement", "%(n)d wait for agreement", waiting)),
        (there, ngettext("%(n)d was on the list already", "%(n)d were on the list already", there)),
    )
    return f"{'; '.join(part % {'n': count} for count, part in parts if count)}."


def erased_sentence(erased_at: datetime) -> str:
    return _("Name erased on %(day)s") % {"day": calendar.format_day(erased_at)}
