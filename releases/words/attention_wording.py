"""What needs attention in the calendar, in words for people: how many releases, and what there is to do."""

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy

from releases.overview.attention import Concern

TITLES = {
    Concern.NO_ADDRESS: lazy("Due within two weeks, with no page to check"),
    Concern.NO_CONTACT: lazy("Due within two weeks, with no contact"),
    Concern.NO_HEAD: lazy("Due within two weeks, with no Head of Profession"),
    Concern.PREFLIGHT_PROBLEMS: lazy("Problems found before the day"),
    Concern.PAST_ITS_DATE: lazy("Provisional, and past the date"),
    Concern.NOT_CONFIRMED: lazy("Planned within four weeks, and not confirmed"),
    Concern.NOT_ANNOUNCED: lazy("Not announced yet"),
    Concern.DUE_TOMORROW: lazy("Due tomorrow"),
}

COUNTED = {
    Concern.NO_ADDRESS: ngettext_lazy(
        "%(count)s release is due within two weeks and has no page to check",
        "%(count)s releases are due within two weeks and have no page to check",
        "count",
    ),
    Concern.NO_CONTACT: ngettext_lazy(
        "%(count)s release is due within two weeks and its series has no contact",
        "%(count)s releases are due within two weeks and their series have no contact",
        "count",
    ),
    Concern.NO_HEAD: ngettext_lazy(
        "%(count)s release is due within two weeks and its series has no Head of Profession",
        "%(count)s releases are due within two weeks and their series have no Head of Profession",
        "count",
    ),
    Concern.PREFLIGHT_PROBLEMS: ngettext_lazy(
        "%(count)s release has problems that its check before the day found",
        "%(count)s releases have problems that their checks before the day found",
        "count",
    ),
    Concern.PAST_ITS_DATE: ngettext_lazy(
        "%(count)s release is still provisional and its date is past",
        "%(count)s releases are still provisional and their dates are past",
        "count",
    ),
    Concern.NOT_CONFIRMED: ngettext_lazy(
        "%(count)s release is planned within four weeks and not confirmed",
        "%(count)s releases are planned within four weeks and not confirmed",
        "count",
    ),
    Concern.NOT_ANNOUNCED: ngettext_lazy(
        "%(count)s release is not announced yet", "%(count)s releases are not announced yet", "count"
    ),
    Concern.DUE_TOMORROW: ngettext_lazy(
        "%(count)s release is due tomorrow", "%(count)s releases are due tomorrow", "count"
    ),
}

# What there is to do about it, and why.
ADVICE = {
    Concern.NO_ADDRESS: lazy("Without the address of its page a release cannot be watched. Name it."),
    Concern.NO_CONTACT: lazy("Readers have nobody to ask, and nobody is told if it is late. Name one on the series."),
    Concern.NO_HEAD: lazy("A breach report needs to name one. Name one on the series."),
    Concern.PREFLIGHT_PROBLEMS: lazy("Mend them before the release is due."),
    Concern.PAST_ITS_DATE: lazy("Readers were told a date that has passed. Give another one, confirm, or cancel."),
    Concern.NOT_CONFIRMED: lazy("The exact date and time are announced four weeks ahead where possible. Confirm them."),
    Concern.NOT_ANNOUNCED: lazy("The public calendar does not show them."),
    Concern.DUE_TOMORROW: lazy("Is everything in its place?"),
}


def counted(concern: Concern, count: int) -> str:
    """Write how many releases give reason for a concern, as the text of a link to them."""
    return str(COUNTED[concern] % {"count": count})
