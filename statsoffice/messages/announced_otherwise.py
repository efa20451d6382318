"""Who is told that a public announcement differs from our calendar, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from releases import announcements
from releases.models import Address, Release
from statsoffice.messages.owed import NEWS, Owed, about_release, people_concerned


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for announcements that were found to differ in something new, and still do.

    A message names the release by its reference alone: the comparison is read here, after signing in.

    :param told: the events that were told already.
    :param now: the aware instant of asking; once a release is due there is nothing left to bring together.
    """
    recent = announcements.announcements_to_come(now=now).filter(comparison__news_at__gt=now - NEWS)
    related = ("release__series__responsible__user", "release__series__head_of_profession__user", "comparison")
    for address in recent.select_related("release__series__producer", *related):
        if _event(address) not in told and any(each.differences for each in announcements.latest_comparison([address])):
            told_to, release = people_concerned(address.release), address.release
            yield Owed(_event(address), told_to, _subject(release), _text(release), about_release(release))


def _event(address: Address) -> str:
    return f"comparison-{address.comparison.pk}-{address.comparison.news}"


def _subject(release: Release) -> str:
    return _("GOV.UK announces %(reference)s otherwise") % {"reference": release.reference}


def _text(release: Release) -> str:
    path = reverse("releases:release", args=[release.reference])
    lines = [
        _("The announcement of the release %(reference)s on GOV.UK differs from our calendar.")
        % {"reference": release.reference},
        "",
        _("In what it differs is here, after signing in:"),
        "",
        f"{settings.ADDRESS}{path}#announced",
    ]
    return "\n".join(lines) + "\n"
