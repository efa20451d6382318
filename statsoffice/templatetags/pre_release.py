"""Lists of pre-release access in pages, worded by `releases.text.pre_release`."""

from datetime import datetime

from django import template

from releases.models import PreReleaseAccess, PreReleaseRequest
from releases.rules.pre_release import Asked, Usual
from releases.text import pre_release

register = template.Library()


@register.filter
def status_words(entry: PreReleaseAccess) -> str:
    return pre_release.access_status(entry)[0]


@register.filter
def status_colour(entry: PreReleaseAccess) -> str:
    return pre_release.access_status(entry)[1]


@register.filter
def asked_words(request: PreReleaseRequest) -> str:
    return str(pre_release.ASKED[Asked(request.kind)])


@register.filter
def period_of(entry: PreReleaseAccess) -> str:
    return pre_release.period_of(entry)


@register.filter
def recorded_of(entry: PreReleaseAccess) -> str:
    return pre_release.recorded_of(entry)


@register.filter
def granted_of(entry: PreReleaseAccess) -> str:
    return pre_release.granted_of(entry)


@register.filter
def oddities_of(entry: PreReleaseAccess) -> list[str]:
    return [str(pre_release.ODDITIES[oddity]) for oddity in entry.oddities]


@register.filter
def changes_of(request: PreReleaseRequest) -> list[tuple[str, str, str]]:
    """Give what a request would change: the field, what it says now, and what it would say."""
    return pre_release.changes_of(request)


@register.filter
def usual_sentence(usual: Usual) -> str:
    return pre_release.usual_sentence(usual)


@register.filter
def erased_sentence(erased_at: datetime) -> str:
    return pre_release.erased_sentence(erased_at)
