"""The dear parts of the public calendar as text: written once for all readers who are shown the same facts.

Each is kept in the memory of its process under everything that it is made from, which every request reads afresh from
the database. So nothing of before is shown: where a fact has changed, the text is another one.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from releases.core.announced import AnnouncedRelease
from releases.forms.calendar_filter import CalendarFilter

# Nearly everybody who refreshes asks for the present month; a list of fifty releases is some 40 kB.
KEPT = 32


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form under everything that it is made from."""

    made_from: Hashable
    form: CalendarFilter = field(compare=False)


def list_of(releases: tuple[AnnouncedRelease, ...], *, today: date) -> SafeString:
    """Write releases as a list in their order.

    :param today: London's, which is pointed out in the list.
    """
    return _list(releases, today, get_language())


def filter_of(form: CalendarFilter) -> SafeString:
    """Write the form that narrows the calendar, with what was asked for and what is wrong with it."""
    return _filter(_Asked(form.made_from, form), get_language())


@lru_cache(maxsize=KEPT)
def _list(releases: tuple[AnnouncedRelease, ...], today: date, _language: str | None) -> SafeString:
    return render_to_string("releases/calendar_list.html", {"listed": releases, "today": today})


@lru_cache(maxsize=KEPT)
def _filter(asked: _Asked, _language: str | None) -> SafeString:
    return render_to_string("releases/calendar_filter.html", {"form": asked.form})
