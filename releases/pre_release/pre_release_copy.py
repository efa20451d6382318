"""A list taken over from the release of the same series before, in one step."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from releases.core.pre_release_details import Details
from releases.core.pre_release_status import ON_THE_LIST, Asked, RequestStatus
from releases.models import PreReleaseAccess, Release
from releases.pre_release.pre_release_entries import ListRefused, check_open, hold_list, is_on_list
from releases.pre_release.pre_release_list import grant_held

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to, in numbers of entries: granted, waiting for agreement, and on the list already."""

    source: Release
    granted: int = 0
    waiting: int = 0
    there_already: int = 0


def previous_with_list(release: Release) -> Release | None:
    """Return the last release of the same series planned before this one that has anybody on its list, or None."""
    earlier = Release.objects.filter(
        series=release.series_id, rehearsal=release.rehearsal, planned_on__lt=release.planned_on
    )
    with_list = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    return earlier.filter(pk__in=with_list).order_by("-planned_on", "-pk").first()


def copy(release: Release, *, source: Release, by: "User", at: datetime) -> Copied:
    """Put everybody on a release's list who was on the earlier one, for the usual period; who is there already stays.

    Within a day before the release each of them waits for the Head of Profession to agree. Where a name was erased,
    the post is taken over without one.

    :param source: the release whose list is copied, as the person has seen it.
    :param at: the aware instant of copying.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises ListRefused: if the release is out, due or cancelled, or that is not the list to copy.
    """
    with transaction.atomic():
        release = hold_list(release, by=by)
        check_open(release, at=at)
        if source != previous_with_list(release):
            sentence = _("That is not the list of the release before this one; look at the page again.")
            raise ListRefused(sentence)
        usual = release.series.producer.usual_pre_release().period
        granted = waiting = there_already = 0
        nameless: Counter[tuple[str, str]] = Counter()
        for entry in source.pre_release_access.filter(status__in=ON_THE_LIST).order_by("pk"):
            details = replace(entry.details, period=usual, period_reason="")
            post = (details.post.casefold(), details.organisation.casefold())
            nameless[post] += not details.person
            if _is_there(release, details, holders=nameless[post]):
                there_already += 1
                continue
            outcome = grant_held(release, details, by=by, at=at)
            granted, waiting = granted + (not outcome.waits), waiting + outcome.waits
        return Copied(source, granted=granted, waiting=waiting, there_already=there_already)


def _is_there(release: Release, details: Details, *, holders: int) -> bool:
    """Tell whether somebody is on the list, or, where no name is left, as many holders of the post as there were."""
    if details.person:
        return is_on_list(release, details)
    same = {"post__iexact": details.post, "organisation__iexact": details.organisation}
    there = release.pre_release_access.filter(**same, status__in=ON_THE_LIST).count()
    waiting = release.pre_release_requests.filter(**same, kind=Asked.ADD, status=RequestStatus.WAITING).count()
    return there + waiting >= holders
