"""Requests and changes of date in words for people."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.core import agreement
from releases.core.agreement import Mark, RequestState
from releases.core.dates import london
from releases.models import DateChange, DateChangeRequest

MARKS = {
    Mark.AFTER_DUE: (lazy("Made after it was due"), "red"),
    Mark.ON_THE_DAY: (lazy("On the day of release"), "orange"),
    Mark.ASKED_CLOSE_TO_RELEASE: (lazy("Asked within a day of release"), "yellow"),
}

STATES = {
    RequestState.WAITING: (lazy("Waits for agreement"), "blue"),
    RequestState.AGREED: (lazy("Agreed"), "green"),
    RequestState.REFUSED: (lazy("Refused"), "red"),
    RequestState.WITHDRAWN: (lazy("Withdrawn"), "grey"),
    RequestState.LAPSED: (lazy("Lapsed"), "grey"),
}

type Tag = tuple[str, str]


def tags_of(change: DateChange) -> list[Tag]:
    """Return what is remarkable about when a change was made, each as words and the colour of a tag."""
    found = agreement.marks(change.was, change.to, asked_at=change.requested_at, made_at=change.made_at)
    return [_tag(mark) for mark in found]


def tags_of_request(request: DateChangeRequest) -> list[Tag]:
    """Return what is remarkable about when a change was asked for, each as words and the colour of a tag."""
    close = agreement.is_asked_close(request.was, request.to, asked_at=request.requested_at)
    return [_tag(Mark.ASKED_CLOSE_TO_RELEASE)] if close else []


def state_tag(state: RequestState) -> Tag:
    """Return where a request stands, as words and the colour of a tag."""
    words, colour = STATES[state]
    return str(words), colour


def state_sentence(request: DateChangeRequest, state: RequestState) -> str:
    """Say what became of a request that is in a state; nothing while it waits."""
    said = {
        RequestState.AGREED: _("Agreed to by %(person)s at %(moment)s."),
        RequestState.REFUSED: _("Refused by %(person)s at %(moment)s:"),
        RequestState.WITHDRAWN: _("Withdrawn by %(person)s at %(moment)s."),
        RequestState.LAPSED: _("The release was changed after it was asked for, so it was not made."),
    }.get(state, "")
    moment = london.moment(request.decided_at) if request.decided_at else ""
    return said % {"person": request.decided_by, "moment": moment}


def agreed_sentence(count: int) -> str:
    """Say to how many changes a person has just agreed."""
    sentence = ngettext("%(count)s change is agreed to and made.", "%(count)s changes are agreed to and made.", count)
    return sentence % {"count": count}


def _tag(mark: Mark) -> Tag:
    words, colour = MARKS[mark]
    return str(words), colour
