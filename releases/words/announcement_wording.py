"""What was read of a GOV.UK announcement, and why nothing was, in words for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from releases.core.judging.reading.govuk_announcement import Announcing, Problem

STATES: dict[Announcing, Promise] = {
    Announcing.PROVISIONAL: lazy("Provisional"),
    Announcing.CONFIRMED: lazy("Confirmed"),
    Announcing.CANCELLED: lazy("Cancelled"),
}
PROBLEMS: dict[Problem, Promise] = {
    Problem.UNREACHABLE: lazy("GOV.UK could not be reached, or answered with a fault of its own."),
    Problem.ASKED_TO_WAIT: lazy("GOV.UK has asked us to wait before we ask again."),
    Problem.UNKNOWN_SHAPE: lazy("What stands at this address is in a form that is not known here."),
    Problem.NOT_FOUND: lazy("There is no page at this address."),
    Problem.GONE: lazy("The announcement at this address was taken away."),
    Problem.PUBLISHED: lazy("This address leads to statistics that are published; it is no announcement any more."),
    Problem.LED_ELSEWHERE: lazy("This address leads to another website."),
    Problem.OTHER_KIND: lazy("What stands at this address is no announcement of statistics."),
}
