"""In what an announcement differs from our calendar, in words for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from releases.core.announced_differences import Difference, Kind

_SENTENCES: dict[Kind, Promise] = {
    Kind.DATE: lazy("GOV.UK announces it for %(theirs)s, and it is planned here for %(ours)s."),
    Kind.TIME: lazy("GOV.UK announces it for %(theirs)s, and it is planned here for %(ours)s."),
    Kind.PRECISION: lazy("GOV.UK gives its date as %(theirs)s, and it is given here as %(ours)s."),
    Kind.STATE: lazy("GOV.UK calls it %(theirs)s, and it is %(ours)s here."),
    Kind.TITLE: lazy("GOV.UK calls it “%(theirs)s”, and its title here is “%(ours)s”."),
    Kind.NOT_FOUND: lazy("There is no page at the address of its announcement."),
    Kind.GONE: lazy("Its announcement on GOV.UK was taken away."),
    Kind.PUBLISHED: lazy(
        "Its announcement on GOV.UK leads to statistics that are published. If they are this release, it is out early."
    ),
    Kind.LED_ELSEWHERE: lazy("Its announcement on GOV.UK leads to another website."),
    Kind.OTHER_KIND: lazy("What stands at the address of its announcement is no announcement of statistics."),
}


def sentence(difference: Difference) -> str:
    """Say in one or two full sentences what differs."""
    return str(_SENTENCES[difference.kind]) % {"theirs": difference.theirs, "ours": difference.ours}
