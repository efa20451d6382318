"""How a message on a rehearsal says that it is about one: in its subject, and in its first sentence."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

BEFOREHAND = lazy("This is a rehearsal: nothing is to be released.")
AFTERWARDS = lazy("This is a rehearsal: nothing was released and nothing is to be reported.")


def subject(words: str, *, rehearsal: bool) -> str:
    """Return the subject of a message, which begins with the word where it is about a rehearsal."""
    return _("Rehearsal: %(subject)s") % {"subject": words} if rehearsal else words


def opening(sentence: Promise, *, rehearsal: bool) -> list[str]:
    """Return what a message on a rehearsal begins with; nothing for any other.

    :param sentence: BEFOREHAND or AFTERWARDS.
    """
    return [str(sentence)] if rehearsal else []
