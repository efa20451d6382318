"""What the feeds say of announced releases, in words for readers."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.core.announced import AnnouncedRelease, Change, Happened, PublicStatus
from releases.models.series import Designation

STATUSES = {
    PublicStatus.PROVISIONAL: lazy("Provisional"),
    PublicStatus.CONFIRMED: lazy("Confirmed"),
    PublicStatus.POSTPONED: lazy("Postponed"),
    PublicStatus.PUBLISHED: lazy("Published"),
    PublicStatus.CANCELLED: lazy("Cancelled"),
}
HAPPENED = {
    Happened.ANNOUNCED: lazy("Announced"),
    Happened.CONFIRMED: lazy("Date confirmed"),
    Happened.MOVED: lazy("Date changed"),
    Happened.CANCELLED: lazy("Cancelled"),
    Happened.PUBLISHED: lazy("Published"),
}


def readable(text: str) -> str:
    """Return a text with the control characters, of which feeds allow none, made spaces; line ends stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} and char != "\n" else char for char in text)


def designation(release: AnnouncedRelease) -> str:
    """Name the designation of a release."""
    return str(Designation(release.designation).label)


def standing(release: AnnouncedRelease) -> str:
    """Say how a release stands: "Postponed. It is now announced for 14 July 2026 9:30am."."""
    words = {"date": str(release.slot), "reason": readable(release.cancellation_reason)}
    if release.status is PublicStatus.CANCELLED:
        return _("Cancelled: %(reason)s") % words
    sentences = {
        PublicStatus.PROVISIONAL: _("Provisional: planned for %(date)s."),
        PublicStatus.CONFIRMED: _("Confirmed for %(date)s."),
        PublicStatus.POSTPONED: _("Postponed: confirmed for %(date)s."),
        PublicStatus.PUBLISHED: _("Published. It was announced for %(date)s."),
    }
    return sentences[release.status] % words


def move_in_words(was: object, to: object, reason: str) -> str:
    """Say from when to when a date was changed, and why if a reason was made public."""
    sentence = _("Moved from %(was)s to %(to)s.") % {"was": was, "to": to}
    return f"{sentence} {readable(reason)}" if reason else sentence


def headline(change: Change) -> str:
    """Write what happened to which release in one line: "Date changed: Consumer prices, May 2026"."""
    return f"{HAPPENED[change.kind]}: {readable(change.release.title)}"


def account_of(change: Change) -> str:
    """Say what happened in a sentence, as the calendar said it then."""
    words = {"date": str(change.slot), "reason": readable(change.reason)}
    if change.kind is Happened.MOVED:
        return move_in_words(change.was, change.slot, change.reason)
    if change.kind is Happened.ANNOUNCED:
        if change.confirmed:
            return _("Announced, and confirmed for %(date)s.") % words
        return _("Announced as provisional, planned for %(date)s.") % words
    sentences = {
        Happened.CONFIRMED: _("Confirmed for %(date)s."),
        Happened.CANCELLED: _("Cancelled. It was planned for %(date)s. %(reason)s"),
        Happened.PUBLISHED: _("Published. It was announced for %(date)s."),
    }
    return sentences[change.kind] % words
